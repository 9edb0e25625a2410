/** What a stage's figures come to: rates, verdicts, and the end of polling. */
import { describe, expect, it } from 'vitest'
import * as v from 'valibot'
import { CRITERIA, rolloutReportSchema } from '../../../protocol/rolloutReport.ts'
import type { Criterion } from '../../../protocol/rolloutReport.ts'
import type { Figures as Report } from '../../../protocol/rollout.ts'
import { EVERYBODY } from '../../src/config/rolloutFile.ts'
import type { Rollout } from '../../src/config/rolloutFile.ts'
import { Figures } from '../../src/rollout/figures.ts'
import { reportOf } from '../../src/rollout/report.ts'
import { reportText } from '../../src/rollout/reportText.ts'
import { latency, MINUTE, report } from '../support/report.ts'

const NOW = Date.parse('2026-08-01T12:00:00Z')
const DAY = 86_400_000

/** What comes of these reports. */
function come(reports: readonly Partial<Report>[], rollout: Partial<Rollout> = {}) {
  const full = { ...EVERYBODY, percent: 10, ...rollout }
  const figures = new Figures()
  figures.enter(full.percent, NOW)
  for (const each of reports) figures.take(report({ percent: full.percent, ...each }), NOW + 1)
  const result = v.parse(rolloutReportSchema, reportOf(full, figures, NOW + 2))
  const verdict = (criterion: Criterion) => result.verdicts.find((each) => each.criterion === criterion)
  return { result, verdict }
}
/** A good stage: a thousand minutes of each group. */
const ON: Partial<Report> = {
  ms: { socket: 1_000 * MINUTE }, requests: { made: 100, saved: 59_900 }, latency: latency({ 40: 95, 200: 5 }), compared: 100, reconnects: 10,
}
const OFF: Partial<Report> = { group: 'off', ms: { polling: 1_000 * MINUTE }, requests: { made: 60_000, saved: 0 }, latency: latency({ 750: 50, 1_000: 50 }) }

describe('a report', () => {
  it('of a good stage says go, to each criterion and in all', () => {
    const { result } = come([ON, OFF])
    expect(result.verdicts.map(({ criterion, verdict }) => `${criterion} ${verdict}`)).toEqual(CRITERIA.map((criterion) => `${criterion} go`))
    expect(result).toMatchObject({ overall: 'go', since: NOW, enabled: true, percent: 10, shadow: 0.1 })
    for (const { threshold, why, viewerMinutes } of result.verdicts) {
      expect(threshold).not.toBe('')
      expect(why).toMatch(/^[A-Z0-9].*\.$/)
      expect(viewerMinutes).toBe(1_000)
    }
  })

  it('puts both groups side by side, in shares and rates of the time in which news could come', () => {
    const { result } = come([
      { ms: { socket: 90 * MINUTE, polling: 6 * MINUTE, trying: 4 * MINUTE, hidden: 100 * MINUTE }, requests: { made: 50, saved: 150 }, reconnects: 5, gaps: 1, browser: 'safari', latency: latency({ 40: 10, 200: 10 }), fallbacks: { 'socket-closed': 3 } },
      OFF,
    ])
    const { on, off } = result.groups
    expect(on).toMatchObject({
      viewerMinutes: 100, ways: { socket: 0.45, polling: 0.03, hidden: 0.5 }, requestsPerMinute: 0.5, reconnectsPerHour: 3, gapsPerHour: 0.6, fallbacks: { 'socket-closed': 3 },
      browsers: { safari: 1, chromium: 0 }, latencyCounts: latency({ 40: 10, 200: 10 }),
    })
    // Half of the first bucket that reaches it, spread evenly: all ten of 30 to 50; nine of ten of 150 to 200.
    expect(on.latency).toEqual({ p50: 50, p95: 195, count: 20 })
    expect(off).toMatchObject({ viewerMinutes: 1_000, requestsPerMinute: 60, latency: { p50: 750 } })
    expect(result.reduction.basis).toBe('measured')
    expect(result.reduction.share).toBeCloseTo(1 - 0.5 / 60)
    expect(come([]).result.groups.on).toMatchObject({ viewerMinutes: 0, requestsPerMinute: null, latency: null, reconnectsPerHour: null, ways: { socket: 0 } })
    expect(come([{ latency: latency({ 60_000: 1 }) }]).result.groups.on.latency).toEqual({ p50: 10_000, p95: 10_000, count: 1 })
  })

  it('estimates the requests spared by what pages say, where too few poll to measure', () => {
    expect(come([{ ...ON, requests: { made: 10, saved: 90 } }, { ...OFF, ms: { polling: 59 * MINUTE } }]).result.reduction).toEqual({ share: 0.9, basis: 'estimated' })
    expect(come([{ ...ON, requests: { made: 0, saved: 0 } }]).result.reduction).toEqual({ share: null, basis: null })
  })

  it('holds while there is too little data, and says so', () => {
    const { result } = come([{ ms: { socket: 59 * MINUTE }, latency: latency({ 40: 19 }), compared: 49 }])
    for (const { verdict, why, criterion } of result.verdicts) expect([criterion, verdict, why]).toEqual([criterion, 'hold', expect.stringMatching(/^Too little data: /)])
    expect(result.overall).toBe('hold')
    const more = come([{ ...ON, ms: { socket: 499 * MINUTE } }, OFF])
    expect([more.verdict('data')?.verdict, more.verdict('fallback')?.verdict, more.result.overall]).toEqual(['hold', 'go', 'hold'])
    expect(come([{ ...ON, ms: { socket: 500 * MINUTE } }, OFF]).result.overall).toBe('go')
  })

  const socket = (share: number, rest: Partial<Report['ms']>) => ({ ...ON, ms: { socket: share * 1_000 * MINUTE, ...rest } })
  it.each<[Criterion, string, readonly Partial<Report>[], Partial<Rollout>, 'go' | 'hold' | 'back']>([
    ['fallback', '1.9 %', [socket(0.981, { polling: 19 * MINUTE }), OFF], {}, 'go'],
    ['fallback', '2 %', [socket(0.98, { polling: 20 * MINUTE }), OFF], {}, 'hold'],
    ['fallback', 'failing polls too', [socket(0.89, { polling: 60 * MINUTE, stale: 50 * MINUTE }), OFF], {}, 'back'],
    ['fallback', 'hidden time thins nothing', [socket(0.9, { polling: 110 * MINUTE, hidden: 9_000 * MINUTE }), OFF], {}, 'back'],
    ['requests', '80 %', [{ ...ON, requests: { made: 12_000, saved: 0 } }, OFF], {}, 'go'],
    ['requests', '79 %', [{ ...ON, requests: { made: 12_600, saved: 0 } }, OFF], {}, 'hold'],
    ['requests', '49 %', [{ ...ON, requests: { made: 30_600, saved: 0 } }, OFF], {}, 'back'],
    ['latency', 'within 500 ms', [{ ...ON, latency: latency({ 500: 100 }) }, OFF], {}, 'go'],
    ['latency', 'within 750 ms', [{ ...ON, latency: latency({ 750: 100 }) }, OFF], {}, 'hold'],
    ['latency', 'above those who poll', [{ ...ON, latency: latency({ 300: 100 }) }, { ...OFF, latency: latency({ 200: 100 }) }], {}, 'back'],
    ['latency', 'few of them poll', [{ ...ON, latency: latency({ 300: 100 }) }, { ...OFF, latency: latency({ 200: 19 }) }], {}, 'go'],
    ['latency', 'above 1,500 ms', [{ ...ON, latency: latency({ 2_000: 100 }) }], {}, 'back'],
    ['without-news', '0.5 points more', [socket(0.985, { trying: 15 * MINUTE }), { ...OFF, ms: { polling: 990 * MINUTE, stale: 10 * MINUTE } }], {}, 'go'],
    ['without-news', '1 point more', [socket(0.98, { refused: 20 * MINUTE }), { ...OFF, ms: { polling: 990 * MINUTE, stale: 10 * MINUTE } }], {}, 'hold'],
    ['without-news', '2.1 points more', [socket(0.969, { 'needs-auth': 31 * MINUTE }), { ...OFF, ms: { polling: 990 * MINUTE, stale: 10 * MINUTE } }], {}, 'back'],
    ['without-news', '0.4 %, nobody polls', [socket(0.996, { trying: 4 * MINUTE })], {}, 'go'],
    ['without-news', '0.5 %, nobody polls', [socket(0.995, { trying: 5 * MINUTE })], {}, 'hold'],
    ['without-news', '2.1 %, nobody polls', [socket(0.979, { trying: 21 * MINUTE })], {}, 'back'],
    ['reconnects', '6 an hour', [{ ...ON, reconnects: 100 }, OFF], {}, 'go'],
    ['reconnects', '12 an hour', [{ ...ON, reconnects: 200 }, OFF], {}, 'hold'],
    ['reconnects', '31 an hour', [{ ...ON, reconnects: 517 }, OFF], {}, 'back'],
    ['lost-news', '0.06 an hour', [{ ...ON, gaps: 1 }, OFF], {}, 'go'],
    ['lost-news', '0.12 an hour', [{ ...ON, gaps: 2 }, OFF], {}, 'hold'],
    ['lost-news', '2.1 an hour', [{ ...ON, gaps: 35 }, OFF], {}, 'back'],
    ['mismatches', 'one of 100', [{ ...ON, mismatches: [{ field: 'rx', count: 1, example: '' }] }, OFF], {}, 'back'],
    ['mismatches', 'two of 2,000', [{ ...ON, compared: 2_000, mismatches: [{ field: 'rx', count: 2, example: '' }] }, OFF], {}, 'hold'],
    ['mismatches', 'three of very many', [{ ...ON, compared: 90_000, mismatches: [{ field: 'rx', count: 2, example: '' }, { field: 'tx', count: 1, example: '' }] }, OFF], {}, 'back'],
    ['mismatches', 'three, early', [{ ...ON, compared: 3, mismatches: [{ field: 'rx', count: 3, example: '' }] }, OFF], {}, 'back'],
    ['mismatches', 'one, early', [{ ...ON, compared: 3, mismatches: [{ field: 'rx', count: 1, example: '' }] }, OFF], {}, 'hold'],
    ['mismatches', 'nobody compares', [{ ...ON, compared: 0 }, OFF], { percent: 50 }, 'go'],
    ['mismatches', 'somebody should', [{ ...ON, compared: 0 }, OFF], { percent: 50, shadow: 0.2 }, 'hold'],
  ])('%s, %s', (criterion, _what, reports, rollout, expected) => {
    const { result, verdict } = come(reports, rollout)
    expect(verdict(criterion), verdict(criterion)?.why).toMatchObject({ verdict: expected })
    expect(result.overall).toBe(expected)
  })

  it('goes back if one criterion says so, whatever the others say', () => {
    expect(come([{ ms: { socket: 100 * MINUTE }, gaps: 10 }]).result).toMatchObject({ overall: 'back' })
  })

  it('speaks of the present stage only, its last twenty changes, and the hours of both groups', () => {
    const figures = new Figures()
    figures.enter(10, NOW)
    figures.take(report({ ms: { socket: MINUTE, stale: MINUTE, hidden: MINUTE }, requests: { made: 5, saved: 0 } }), NOW)
    figures.take(report({ group: 'off', ms: { polling: MINUTE }, requests: { made: 60, saved: 0 } }), NOW)
    figures.enter(50, NOW + 3_600_000)
    figures.take(report({ percent: 50 }), NOW + 3_600_000)
    const history = Array.from({ length: 30 }, (_, i) => ({ at: '2026-08-01T12:00:00Z', by: 'w5gle', did: `set ${i}` }))
    const { groups, hours, history: told, since } = reportOf({ ...EVERYBODY, percent: 50, history }, figures, NOW + 3_700_000)
    expect([groups.on.viewerMinutes, since, told.length, told.at(-1)?.did]).toEqual([1, NOW + 3_600_000, 20, 'set 29'])
    expect(hours).toEqual([
      { at: NOW, socket: 1, polling: 1, neither: 1, requests: 65 },
      { at: NOW + 3_600_000, socket: 1, polling: 0, neither: 0, requests: 0 },
    ])
  })

  it('holds the hours of the last two days, also where nobody has reported since', () => {
    const figures = new Figures()
    figures.enter(100, NOW)
    figures.take(report({ percent: 100 }), NOW)
    figures.take(report({ percent: 100 }), NOW + 3_600_000)
    const hours = (now: number) => reportOf(EVERYBODY, figures, now).hours.map(({ at }) => at)
    expect(hours(NOW + 2 * DAY - 1)).toEqual([NOW, NOW + 3_600_000])
    expect(hours(NOW + 2 * DAY)).toEqual([NOW + 3_600_000])
    expect(hours(NOW + 7 * DAY)).toEqual([])
  })
})

describe('the end of the fallback', () => {
  /** @param fallback share of each day, newest last; null = too few were there */
  function after(fallback: readonly (number | null)[], rollout: Partial<Rollout> = {}, entered = 0) {
    const figures = new Figures()
    const begin = NOW - fallback.length * DAY
    const full = { ...EVERYBODY, ...rollout }
    figures.enter(100, begin)
    fallback.forEach((share, i) => {
      if (i === entered && i > 0) {
        figures.enter(50, begin + i * DAY)
        figures.enter(100, begin + i * DAY)
      }
      const polling = (share ?? 0.5) * 100 * MINUTE
      figures.take(report({ percent: 100, ms: share === null ? { socket: 30 * MINUTE, polling: 29 * MINUTE } : { socket: 100 * MINUTE - polling, polling } }), begin + i * DAY)
    })
    return reportOf(full, figures, NOW).phase6
  }
  const good = (days: number): (number | null)[] => Array.from({ length: days }, () => 0.000_9)

  it('is near after fourteen days at 100 percent on which nearly nobody needed it', () => {
    expect(after(good(13))).toEqual({ ready: false, days: 13, needed: 14, why: "13 of 14 days with less than 0.1 % of the viewers' time on polling so far." })
    expect(after(good(14))).toMatchObject({ ready: true, days: 14, why: expect.stringContaining('createSupermonLive({ fallback: false })') as string })
  })

  it('is put off by a day on which it was needed, and not by days with too few viewers', () => {
    expect(after([...good(20), 0.001, ...good(3)])).toMatchObject({ ready: false, days: 3, why: expect.stringMatching(/^On 2026-07-28 polling was needed for 0\.1 % .*3 days since were better, of 14\.$/) as string })
    expect(after([0.5, ...good(7), null, null, ...good(7)])).toMatchObject({ ready: true, days: 14 })
  })

  it('comes no nearer by days that a clock ahead of the time wrote, and no farther by a clock behind it', () => {
    const figures = new Figures()
    const told = (day: number) => { figures.take(report({ percent: 100, ms: { socket: 100 * MINUTE } }), NOW + day * DAY) }
    figures.enter(100, NOW - 13 * DAY)
    for (let day = -13; day < 0; day += 1) told(day)
    told(300)
    told(-500)
    const phase6 = () => reportOf(EVERYBODY, figures, NOW).phase6
    expect(phase6()).toMatchObject({ ready: false, days: 13 })
    told(0)
    expect(phase6()).toMatchObject({ ready: true, days: 14 })
  })

  it('begins anew with the stage and with the kill switch, and is far at any other stage', () => {
    expect(after(good(20), {}, 10)).toMatchObject({ ready: false, days: 10 })
    const off = { at: new Date(NOW - 4.5 * DAY).toISOString(), by: 'w5gle', did: 'off' }
    expect(after(good(20), { history: [off] })).toMatchObject({ ready: false, days: 4 })
    expect(after(good(20), { history: [{ ...off, did: 'allow user W5GLE' }] })).toMatchObject({ ready: true, days: 20 })
    for (const rollout of [{ percent: 50 }, { enabled: false }]) expect(after(good(20), rollout)).toMatchObject({ ready: false, days: 0 })
  })
})

it('is printed as tables that fit a terminal, with a line to each criterion', () => {
  const { result } = come([{ ...ON, ms: { socket: 900 * MINUTE, polling: 100 * MINUTE }, mismatches: [{ field: 'links.keyed', count: 4, example: 'true\u001b[2J/ false' }] }, OFF])
  const text = reportText(result)
  expect(text).toMatch(/^10 percent hold sockets\.\nSince 2026-08-01 12:00 UTC\. In all: BACK\n/)
  expect(text).toMatch(/^ +on sockets +polling$/m)
  expect(text).toMatch(/^viewer-minutes +1,000 +1,000$/m)
  expect(text).toMatch(/^ {2}polling +10 % +100 %$/m)
  expect(text).toMatch(/^requests a minute +0\.1 +60$/m)
  expect(text).toContain('Requests spared: 100 % (measured)')
  for (const criterion of CRITERIA) {
    expect(text).toMatch(new RegExp(`^(?:GO|HOLD|BACK) +${criterion} `, 'm'))
    expect(text).toMatch(new RegExp(`^${criterion}: .*\\. Asked for: .*\\.$`, 'm'))
  }
  expect(text).toContain('links.keyed differed 4 times, once as: true [2J/ false')
  expect(text).toContain('Without the polling fallback: not yet. Not everybody holds sockets')
  expect(Math.max(...text.split('\n').filter((line) => /^(?:GO|HOLD|BACK|viewer| )/.test(line)).map((line) => line.length))).toBeLessThanOrEqual(100)
})
