/** docs/evidence.md says what was measured, and nothing that somebody typed. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { aimsOf } from '../../../bench/evidence/aims.ts'
import { recallAll } from '../../../bench/evidence/recall.ts'
import { FOLDER } from '../../../bench/evidence/record.ts'
import { render } from '../../../bench/evidence/render.ts'
import { middle } from '../../../bench/gateway.ts'
import type { Figures } from '../../../bench/gateway.ts'
import { FAULTS } from '../soak/schedule.ts'

const all = recallAll()

it('is what the figures in docs/evidence say, plots and all', () => {
  const { markdown, quoted, scaling, plots } = render(all)
  expect(readFileSync(join(FOLDER, '../../README.md'), 'utf8')).toContain(`<!-- evidence -->\n${quoted}\n<!-- /evidence -->`)
  expect(readFileSync(join(FOLDER, '../scaling.md'), 'utf8')).toContain(`<!-- scaling -->\n${scaling}\n<!-- /scaling -->`)
  expect(readFileSync(`${FOLDER}.md`, 'utf8')).toBe(markdown)
  expect(readdirSync(FOLDER).filter((name) => name.endsWith('.svg')).sort()).toEqual(Object.keys(plots).sort())
  for (const [name, text] of Object.entries(plots)) expect(readFileSync(join(FOLDER, name), 'utf8'), name).toBe(text)
})

const none = { browsers: null, faults: null, gateway: null, radio: null, screen: null, page: null, start: null, rollout: null, fleet: null, 'sign-in': null }

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

it('says of how many rounds a figure is, and of how many key-ups; of older records that nobody noted it', () => {
  const of = (changes?: number): Figures => ({
    viewers: 1, p50Ms: 2, p99Ms: 7, missed: 0, messagesPerViewerMinute: 1, pingsPerViewerMinute: 0, kilobytesPerViewerMinute: 1, cpuSecondsPerMinute: 1,
    floorCpuSecondsPerMinute: null, kibPerViewer: null, kibAtRest: null, firstStateMs: null, amiActionsPerMinute: 1, amiSessions: 1,
    ...(changes === undefined ? {} : { changes, seconds: 15 }),
  })
  const said = (rounds: readonly Figures[], noted = true) => {
    const figures = middle(rounds)
    const each = noted ? figures : of()
    const cases = [{ name: 'A net', ways: { sockets: each, shared: each, polling: each }, ratios: { cpu: 1, bytes: 1, delay: 1 } }]
    const data = { cases, floorKibPerSocket: 1, ...(noted ? { rounds: rounds.length } : {}) }
    return render({ ...none, gateway: { at: '', commit: '', command: '', machine: '', load: [0, 0], data } }).markdown
  }
  expect(said([of(6), of(7), of(9)])).toMatch(/median of 3 rounds[^]*\| A net \| sockets \| 1 \| 15 \| 22 \| 2 \| 7 \|/)
  expect(said([of(6)])).toMatch(/one round[^]*\| 15 \| 6 \|/)
  expect(said([of(6)], false)).toMatch(/rounds each figure is of was not noted[^]*\| 1 \| not noted \| not noted \| 2 \| 7 \|/)
})
