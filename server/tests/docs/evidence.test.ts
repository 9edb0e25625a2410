/** docs/evidence.md says what was measured, and nothing that somebody typed. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { aimsOf } from '../../../bench/evidence/aims.ts'
import { recallAll } from '../../../bench/evidence/recall.ts'
import { FOLDER } from '../../../bench/evidence/record.ts'
import { render } from '../../../bench/evidence/render.ts'
import { FAULTS } from '../soak/schedule.ts'

const all = recallAll()

it('is what the figures in docs/evidence say, plots and all', () => {
  const { markdown, quoted, plots } = render(all)
  expect(readFileSync(join(FOLDER, '../../README.md'), 'utf8')).toContain(`<!-- evidence -->\n${quoted}\n<!-- /evidence -->`)
  expect(readFileSync(`${FOLDER}.md`, 'utf8')).toBe(markdown)
  expect(readdirSync(FOLDER).filter((name) => name.endsWith('.svg')).sort()).toEqual(Object.keys(plots).sort())
  for (const [name, text] of Object.entries(plots)) expect(readFileSync(join(FOLDER, name), 'utf8'), name).toBe(text)
})

const none = { browsers: null, faults: null, gateway: null, screen: null, page: null, start: null, rollout: null, 'sign-in': null }

it('judges by the figures: one that is worse than was aimed at is missed, and what was not measured is not met', () => {
  const figures = { way: 'socket', keyUps: 1, p99Ms: 1, longestMs: 1, frameP50Ms: 1, frameP99Ms: 1, histogram: [1], histogramStepMs: 5 } as const
  const aim = (p50Ms: number) => aimsOf({ ...none, screen: [{ ...figures, p50Ms }] }).find(({ aim: text }) => text.includes('changed row'))
  expect(aim(19)).toMatchObject({ measured: '19 ms', met: true })
  expect(aim(21)).toMatchObject({ measured: '21 ms', met: false })
  expect(aimsOf(none).find(({ aim: text }) => text.startsWith('B: KB'))).toMatchObject({ measured: null, met: false })
})

it('counts the kinds of fault that came, and quotes the slower way of watching', () => {
  const names = FAULTS.map(({ name }) => name)
  const faults = (came: readonly string[]) => ({
    minutes: 6, viewers: 50,
    seeds: [{ seed: 1, found: null, report: { outcomes: [{ faults: came, socketsMs: 16_700, pollingMs: 19_100 }], changes: 1, before: null, after: null } }],
  })
  const kinds = (came: readonly string[]) => aimsOf({ ...none, faults: faults(came) }).find(({ aim }) => aim.startsWith('Kinds of fault'))
  expect(kinds([...names, 'gone by now'])).toEqual({ aim: `Kinds of fault that came: all ${names.length}`, measured: String(names.length), met: true })
  expect(kinds(names.slice(1))).toMatchObject({ measured: String(names.length - 1), met: false })
  const record = { at: '', commit: '', command: '', machine: '', load: [0, 0] as const, data: faults(names.slice(1)) }
  const { quoted } = render({ ...none, faults: record })
  expect(quoted).toContain(`${names.length - 1} of ${names.length} kinds of fault`)
  expect(quoted).toContain('right again 19.1 s after')
})
