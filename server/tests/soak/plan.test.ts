import { describe, expect, it } from 'vitest'
import { kindOf } from './crowd.ts'
import { History } from './history.ts'
import { Jar } from './jar.ts'
import { MEMBERS } from './rights.ts'
import { phasesOf } from './run.ts'
import { FAULTS, lastOf, plan } from './schedule.ts'
import type { Act } from './schedule.ts'

const MINUTE_MS = 60_000
const whole = (seed: number, minutes: number, among = FAULTS) => plan(seed, phasesOf(minutes * MINUTE_MS), among)
const namesOf = (acts: readonly Act[]) => acts.flatMap(({ blows }) => blows.map(({ fault }) => fault.name))

describe('what fails when', () => {
  const acts = whole(4711, 60).flat()

  it('is the same for the same seed, and not for another', () => {
    expect(whole(4711, 60).flat()).toEqual(acts)
    expect(whole(4712, 60).flat()).not.toEqual(acts)
  })

  it('is every fault, in the ten minutes of docs/evidence.md and for any seed', () => {
    const missing = (seed: number) => {
      const came = namesOf(whole(seed, 10).flat())
      return FAULTS.filter(({ name }) => !came.includes(name)).map(({ name }) => `${seed}: ${name}`)
    }
    expect(Array.from({ length: 200 }, (_, i) => missing(i + 1)).flat()).toEqual([])
  })

  it('is each fault before one comes again, through all phases', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const names = namesOf(whole(seed, 10).flat())
      expect(new Set(names.slice(0, FAULTS.length)).size, `seed ${seed}`).toBe(FAULTS.length)
    }
  })

  it('ends the gateway\'s process in the first phase, and in no other: memory is compared within one', () => {
    const [first, ...rest] = whole(7, 10).map((phase) => phase.flatMap(({ blows }) => blows.filter(({ fault }) => fault.endsProcess === true)))
    expect(first?.length).toBeGreaterThan(2)
    expect(rest.flat()).toEqual([])
  })

  it('is nothing in a phase that has to spare the gateway, where no fault does', () => {
    const [first, ...rest] = whole(1, 1, FAULTS.filter(({ name }) => name === 'gateway killed'))
    expect(first?.length).toBeGreaterThan(0)
    expect(rest).toEqual([[], []])
  })

  it('starts no gateway on a broken configuration', () => {
    const broken = FAULTS.find(({ name }) => name === 'allmon.ini broken')
    const among = FAULTS.filter((fault) => fault === broken || fault.endsProcess === true)
    const pairs = Array.from({ length: 50 }, (_, seed) => whole(seed, 5, among).flat()).flat().filter(({ blows }) => blows.length === 2)
    expect(pairs).toEqual([])
  })

  it('is each fault, in an hour more than once, and some of them two at once', () => {
    const names = namesOf(acts)
    for (const { name } of FAULTS) expect(names.filter((each) => each === name).length).toBeGreaterThan(1)
    expect(acts.filter(({ blows }) => blows.length === 2).length).toBeGreaterThan(acts.length / 4)
  })

  it('is never two faults of one area at once, nor one that begins after the first is over', () => {
    for (const { blows } of acts) {
      expect(new Set(blows.map(({ fault }) => fault.area)).size).toBe(blows.length)
      const [first, second] = blows
      if (second !== undefined) expect(second.afterMs).toBeLessThanOrEqual(first?.lastsMs ?? 0)
      expect(lastOf({ blows, restMs: 0 })).toBeGreaterThan(0)
    }
  })
})

it('who looks: of fifty pages strangers, and those with either account, come by every way', () => {
  const jars = MEMBERS.map((name) => new Jar(name))
  const kinds = Array.from({ length: 50 }, (_, i) => kindOf(i, jars))
  for (const jar of [null, ...jars]) {
    const ways = new Set(kinds.filter((kind) => kind.jar === jar).map(({ way }) => way))
    expect([...ways].sort(), jar?.user ?? 'strangers').toEqual(['auto', 'per-node', 'polling', 'shared'])
  }
})

describe('a history', () => {
  it('knows what was true since a moment, and nothing that nobody noted', () => {
    const history = new History()
    expect(history.wasSince('keyed', true, 0)).toBe(false)
    history.note('keyed', true, 10)
    history.note('keyed', true, 20)
    history.note('keyed', false, 30)
    expect([history.wasSince('keyed', true, 30), history.wasSince('keyed', true, 31)]).toEqual([true, false])
    expect(history.wasSince('keyed', false, 1_000)).toBe(true)
    expect(history.current('keyed')).toEqual({ value: false, since: 30 })
  })
})
