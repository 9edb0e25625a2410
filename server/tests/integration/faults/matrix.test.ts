/**
 * Every way in which an Asterisk fails, end to end: a viewer who stays and does nothing is told, and sees the truth again
 * by himself, with events and without. All on one gateway, a few at a time, beside a node whose Asterisk is well. What is
 * promised in seconds is held in `feed/promises.test.ts`; here ceilings are for machines that are busy.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { App } from '../../../src/app.ts'
import { claimsToKnow } from '../../support/brokenAsterisk.ts'
import type { Mode } from '../../support/brokenAsterisk.ts'
import { FAILURES } from '../../support/failures.ts'
import type { Failure } from '../../support/failures.ts'
import { KeyMeter, pause, Subject, together } from '../../support/faultStage.ts'
import { runApp } from '../../support/running.ts'

/** What a busy machine may add, ms. */
const PATIENCE_MS = 15_000
/** Longer outages teach nothing that held time does not. */
const LONGEST_MS = 2_500

interface Row {
  readonly told: string
  readonly back: string
  readonly reasons: string
  readonly neighbour: string
}
interface Cell {
  readonly name: string
  readonly failure: Failure
  readonly mode: Mode
  readonly node: string
}

const cells: Cell[] = Object.entries(FAILURES).flatMap(([name, failure], i) =>
  (['event', 'poll'] as const).map((mode, j) => ({ name: `${name}, ${mode} mode`, failure, mode, node: String(2_100 + 2 * i + j) })),
)
const subjects = new Map<string, Subject>()
const rows: Record<string, Row> = {}
let app: App
let neighbour: Subject
let meter: KeyMeter
let before: { readonly p50: number; readonly max: number }

beforeAll(async () => {
  neighbour = await Subject.start('546051', 'event')
  for (const { node, mode } of cells) subjects.set(node, await Subject.start(node, mode))
  app = await runApp([neighbour, ...subjects.values()].map((subject) => subject.config()), {
    // Refused logins are tried again after 10 to 20 s.
    random: () => 0,
  })
  for (const subject of [neighbour, ...subjects.values()]) subject.watch(app)
  for (const subject of [neighbour, ...subjects.values()]) await subject.true()
  meter = new KeyMeter(neighbour)
  while (meter.samples.length < 40) await meter.sample()
  before = meter.over()
})

afterAll(async () => {
  console.table(rows)
  await app.close(0)
  for (const subject of [neighbour, ...subjects.values()]) await subject.close()
})

async function runCell({ name, failure, node }: Cell): Promise<void> {
  const subject = subjects.get(node) as Subject
  const { watcher } = subject
  await subject.talk()
  const struck = performance.now()
  await failure.strike(subject)
  if (failure.codes.length > 0) await watcher.until(({ reach }) => reach === 'down', `${name}: told`, 5_000 + PATIENCE_MS)
  await pause(struck + Math.min(failure.lastsMs, LONGEST_MS) - performance.now())
  await subject.changeTopology()
  const repaired = performance.now()
  await failure.repair(subject)
  await subject.true(failure.backMs + PATIENCE_MS)

  const told = subject.firstTold(struck, ({ reach }) => reach === 'down')
  const back = subject.firstTold(repaired, (state) => subject.lies(state).length === 0)
  rows[name] = {
    told: told === null ? '-' : `${Math.round(told.at - struck)} ms`,
    back: back === null ? '-' : `${Math.round(back.at - repaired)} ms`,
    reasons: subject.reasons(struck).join(' '),
    neighbour: `${(meter.over(struck, back?.at).p50 / before.p50).toFixed(2)}`,
  }
  expect(subject.history().filter(({ state }) => claimsToKnow(state))).toEqual([])
  if (failure.codes.length === 0) {
    expect(told).toBeNull()
    return
  }
  // Since when: the moment it was noticed, by the server's clock, and no reason that comes later moves it.
  const since = new Set(subject.history().flatMap(({ at, state }) => (at >= struck && state.reach === 'down' ? state.reachSince : [])))
  expect(since.size).toBe(1)
  expect(Math.abs(([...since][0] ?? 0) - (performance.timeOrigin + (told?.at ?? 0)))).toBeLessThan(2_000)
  for (const code of subject.reasons(struck)) expect(failure.codes).toContain(code)
  expect(subject.reasons(struck)).toContain(failure.codes.at(-1))
}

let left = cells.length
together({
  'a viewer who stays is told, and sees the truth again by itself': Object.fromEntries(
    cells.map((cell) => [cell.name, () => runCell(cell).finally(() => { left -= 1 })]),
  ),
})

let watched: Promise<number>
beforeAll(() => {
  const watch = async () => {
    const from = performance.now()
    while (left > 0) {
      await meter.sample()
      await pause(40)
    }
    return from
  }
  watched = watch()
  // Its test tells of it.
  watched.catch(() => undefined)
})

it('the node of another Asterisk is up all the while, and its key-ups come as fast as before', async () => {
  const { count, p50, max } = meter.over(await watched)
  const words = (what: { p50: number; max: number }) => `${what.p50.toFixed(2)} ms, ${what.max.toFixed(0)} ms at most`
  rows['before'] = { told: '', back: '', reasons: '40 key-ups of the neighbour', neighbour: words(before) }
  rows['during'] = { told: '', back: '', reasons: `${count} key-ups of the neighbour`, neighbour: words({ p50, max }) }
  expect(count).toBeGreaterThan(20)
  // Who waited for an Asterisk that says nothing would wait for five seconds; a busy machine stands still for less.
  expect(p50).toBeLessThan(Math.max(100, 10 * before.p50))
  expect(max).toBeLessThan(Math.max(4_000, 5 * before.max))
  const reach = neighbour.history().map(({ state }) => state.reach)
  expect(reach.slice(reach.indexOf('up')).every((each) => each === 'up')).toBe(true)
}, 60_000)
