import { describe, expect, it } from 'vitest'
import { Figures, isPlausible, lastHours } from '../../src/rollout/figures.ts'
import { fallbackMs, noTotals, viewerMs, withoutNewsMs } from '../../src/rollout/totals.ts'
import { latency, MINUTE, report } from '../support/report.ts'

const NOON = Date.parse('2026-08-01T12:00:00Z')
const [HOUR, DAY] = [3_600_000, 86_400_000]

function at(percent: number) {
  const figures = new Figures()
  figures.enter(percent, NOON)
  return figures
}

describe('figures', () => {
  it('sum up what pages report, by stage and group', () => {
    const figures = at(10)
    expect(figures.take(report({
      ms: { socket: MINUTE, polling: 3_000 }, reconnects: 2, fallbacks: { 'no-answer': 2 }, requests: { made: 3, saved: 60 }, gaps: 1, latency: latency({ 40: 5 }),
      compared: 7, mismatches: [{ field: 'links.keyed', count: 1, example: 'true / false' }],
    }), NOON)).toBe(true)
    figures.take(report({ browser: 'firefox', fallbacks: { 'no-answer': 1, 'socket-closed': 1 }, latency: latency({ 40: 1, 20_000: 1 }), mismatches: [{ field: 'links.keyed', count: 2, example: 'another' }] }), NOON)
    figures.take(report({ group: 'off', ms: { polling: MINUTE }, requests: { made: 60, saved: 0 } }), NOON)
    const { since, on, off } = figures.stages['10']!
    expect(since).toBe(NOON)
    expect(on).toEqual({
      ...noTotals(), ms: { ...noTotals().ms, socket: 2 * MINUTE, polling: 3_000 }, requests: { made: 3, saved: 120 }, reconnects: 2,
      fallbacks: { 'no-answer': 3, 'socket-closed': 1 }, latency: latency({ 40: 6, 20_000: 1 }), gaps: 1, compared: 7,
      mismatches: { 'links.keyed': { count: 3, example: 'true / false' } }, browsers: { chromium: 1, firefox: 1, safari: 0, other: 0 }, reports: 2,
    })
    expect(off).toMatchObject({ ms: { polling: MINUTE }, requests: { made: 60, saved: 0 }, reports: 1 })
  })

  it('begin anew when their stage is entered anew, keep those of other stages, and take nothing of one that never was', () => {
    const figures = at(10)
    figures.take(report(), NOON)
    figures.enter(10, NOON + HOUR)
    expect(figures.stages['10']).toMatchObject({ since: NOON, on: { reports: 1 } })
    figures.enter(50, NOON + HOUR)
    figures.take(report({ percent: 50 }), NOON + HOUR)
    // A page that has not heard of the change yet.
    figures.take(report(), NOON + HOUR)
    expect(figures.stages).toMatchObject({ '10': { on: { reports: 2 } }, '50': { since: NOON + HOUR, on: { reports: 1 } } })
    figures.enter(10, NOON + 2 * HOUR)
    expect(figures.stages).toMatchObject({ '10': { since: NOON + 2 * HOUR, on: { reports: 0 } }, '50': { on: { reports: 1 } } })
    expect(figures.take(report({ percent: 77 }), NOON)).toBe(false)
    expect(Object.keys(figures.stages)).toEqual(['10', '50'])
  })

  it('keep forty names of each kind and call the rest "other", whatever strangers make up', () => {
    const figures = at(10)
    for (const name of ['constructor', 'toString', 'hasOwnProperty']) figures.take(report({ fallbacks: { [name]: 1 }, mismatches: [{ field: name, count: 1, example: '\u202ea\nb' }] }), NOON)
    for (let i = 0; i < 100; i += 1) figures.take(report({ fallbacks: { [`made-up-${i}`]: 1 }, mismatches: [{ field: `f${i}`, count: 1, example: 'x' }] }), NOON)
    const { fallbacks, mismatches } = figures.stages['10']!.on
    expect([Object.keys(fallbacks).length, Object.keys(mismatches).length]).toEqual([41, 41])
    expect([fallbacks['toString'], fallbacks['other'], mismatches['other']?.count]).toEqual([1, 63, 63])
    expect(mismatches['toString']).toEqual({ count: 1, example: 'a b' })
  })

  it('keep 48 hours of both groups', () => {
    const figures = at(10)
    for (let hour = 0; hour < 60; hour += 1) {
      figures.take(report({ requests: { made: hour, saved: 1 } }), NOON + hour * HOUR + 5)
      figures.take(report({ group: 'off', ms: { polling: 1_000 } }), NOON + hour * HOUR + HOUR - 1)
    }
    expect(figures.hours).toHaveLength(48)
    expect(figures.hours.at(-1)).toMatchObject({ at: NOON + 59 * HOUR, on: { ms: { socket: MINUTE }, requests: { made: 59, saved: 1 } }, off: { ms: { polling: 1_000 } } })
    figures.take(report(), NOON + 1_000 * HOUR)
    expect(figures.hours).toHaveLength(48)
    expect(lastHours(figures.hours, NOON + 1_000 * HOUR)).toHaveLength(1)
  })

  it('keep days of who holds sockets at 100 percent, 400 at most, and of nobody else', () => {
    const figures = at(100)
    figures.take(report({ percent: 100, group: 'off', ms: { polling: MINUTE } }), NOON)
    expect(figures.days).toEqual([])
    for (let day = 0; day < 410; day += 1) figures.take(report({ percent: 100, ms: { socket: MINUTE, polling: 60, hidden: HOUR } }), NOON + day * DAY)
    figures.take(report({ percent: 100, ms: { stale: 40 } }), NOON + 409 * DAY + HOUR)
    expect(figures.days).toHaveLength(400)
    expect(figures.days.at(-1)).toEqual({ at: NOON - 12 * HOUR + 409 * DAY, ms: MINUTE + 100, fallbackMs: 100 })
  })

  it.each([['behind', -500], ['ahead', 500]])('keep their hours and days, in order, when the clock is %s for one report', (_where, wrong) => {
    const figures = at(100)
    const told = (day: number) => { figures.take(report({ percent: 100 }), NOON + day * DAY) }
    for (let day = 0; day < 30; day += 1) told(day)
    told(30 + wrong)
    told(30)
    const days = [...Array.from({ length: 31 }, (_, day) => day), 30 + wrong].toSorted((a, b) => a - b)
    expect(figures.hours.map(({ at: begin }) => begin)).toEqual(days.map((day) => NOON + day * DAY))
    expect(figures.days).toEqual(days.map((day) => ({ at: NOON - 12 * HOUR + day * DAY, ms: MINUTE, fallbackMs: 0 })))
  })

  it('forget what a wrong clock brought before anything that is near', () => {
    const figures = at(100)
    for (let hour = 0; hour < 48; hour += 1) figures.take(report({ percent: 100 }), NOON + (1_000_000 + hour) * HOUR)
    for (let hour = 0; hour < 48; hour += 1) figures.take(report({ percent: 100 }), NOON + hour * HOUR)
    expect(figures.hours.map(({ at: begin }) => begin)).toEqual(Array.from({ length: 48 }, (_, hour) => NOON + hour * HOUR))
  })

  it('come back from their text as they were', () => {
    const figures = at(100)
    figures.take(report({ percent: 100, fallbacks: { 'no-answer': 1 }, mismatches: [{ field: 'rx', count: 1, example: 'x' }] }), NOON)
    const again = Figures.parse(figures.text)
    expect(again.text).toBe(figures.text)
    again.enter(100, NOON + HOUR)
    expect(again.stages['100']).toMatchObject({ since: NOON, on: { reports: 1 } })
    for (const broken of ['', '{}', 'null', '{"v":1}', figures.text.replace('"v":1', '"v":2'), figures.text.replace('"since"', '"sinse"')]) {
      expect(() => Figures.parse(broken), broken.slice(0, 20)).toThrow()
    }
  })
})

it('time counts while news could come; polling that fails is both fallback and without news', () => {
  const ms = { socket: 1, polling: 10, trying: 100, stale: 1_000, offline: 1e9, hidden: 1e9, 'needs-auth': 10_000, refused: 100_000 }
  expect([viewerMs(ms), fallbackMs(ms), withoutNewsMs(ms)]).toEqual([111_111, 1_010, 111_100])
})

it('a report that no page can have made is none', () => {
  const day = 86_400_000
  expect([report(), report({ ms: { socket: day } }), report({ requests: { made: 0, saved: 6_000 } }), report({ ms: {}, reconnects: 940 })].map(isPlausible)).toEqual([true, true, true, true])
  const wrong = [
    report({ ms: { socket: day, polling: 1 } }), report({ requests: { made: 10_000_000, saved: 0 } }), report({ requests: { made: 0, saved: 7_001 } }),
    report({ ms: {}, gaps: 1_001 }), report({ latency: latency({ 5: 7_001 }) }), report({ mismatches: [{ field: 'rx', count: 7_001, example: '' }] }),
    report({ fallbacks: { a: 7_001 } }), report({ compared: 7_001 }), report({ reconnects: 7_001 }),
  ]
  expect(wrong.map(isPlausible)).toEqual(wrong.map(() => false))
})
