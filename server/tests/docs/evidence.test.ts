/** docs/evidence.md says what was measured, and nothing that somebody typed. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { aimsOf } from '../../../bench/evidence/aims.ts'
import { recallAll } from '../../../bench/evidence/recall.ts'
import { FOLDER } from '../../../bench/evidence/record.ts'
import { render } from '../../../bench/evidence/render.ts'

const all = recallAll()

it('is what the figures in docs/evidence say, plots and all', () => {
  const { markdown, quoted, plots } = render(all)
  expect(readFileSync(join(FOLDER, '../../README.md'), 'utf8')).toContain(`<!-- evidence -->\n${quoted}\n<!-- /evidence -->`)
  expect(readFileSync(`${FOLDER}.md`, 'utf8')).toBe(markdown)
  expect(readdirSync(FOLDER).filter((name) => name.endsWith('.svg')).sort()).toEqual(Object.keys(plots).sort())
  for (const [name, text] of Object.entries(plots)) expect(readFileSync(join(FOLDER, name), 'utf8'), name).toBe(text)
})

it('judges by the figures: one that is worse than was aimed at is missed, and what was not measured is not met', () => {
  const none = { browsers: null, faults: null, gateway: null, screen: null, page: null, start: null, rollout: null, 'sign-in': null }
  const figures = { way: 'socket', keyUps: 1, p99Ms: 1, longestMs: 1, frameP50Ms: 1, frameP99Ms: 1, histogram: [1], histogramStepMs: 5 } as const
  const aim = (p50Ms: number) => aimsOf({ ...none, screen: [{ ...figures, p50Ms }] }).find(({ aim: text }) => text.includes('changed row'))
  expect(aim(19)).toMatchObject({ measured: '19 ms', met: true })
  expect(aim(21)).toMatchObject({ measured: '21 ms', met: false })
  expect(aimsOf(none).find(({ aim: text }) => text.startsWith('B: KB'))).toMatchObject({ measured: null, met: false })
})
