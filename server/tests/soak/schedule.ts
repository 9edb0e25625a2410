/** What fails when, all by the seed: the same seed plans the same again, whatever the machine. */
import { rngOf } from '../../../frontend/tests/simulation/rng.ts'
import type { Rng } from '../../../frontend/tests/simulation/rng.ts'
import { ASTERISK_FAULTS } from './asteriskFaults.ts'
import type { Fault } from './fault.ts'
import { FILE_FAULTS } from './fileFaults.ts'
import { GATEWAY_FAULTS } from './gatewayFaults.ts'

export const FAULTS: readonly Fault[] = [...ASTERISK_FAULTS, ...GATEWAY_FAULTS, ...FILE_FAULTS]

export interface Blow {
  readonly fault: Fault
  /** From the act's beginning, ms. */
  readonly afterMs: number
  readonly lastsMs: number
}

/** One or two faults that overlap, and a rest after all is right again. */
export interface Act {
  readonly blows: readonly Blow[]
  readonly restMs: number
}

/** An act takes its blows, its rest, and about this for all to be right again, ms. */
const RECOVERY_MS = 10_000
const PAIRS = 0.45

/**
 * Acts for so long.
 * @param among faults to draw from
 */
export function plan(seed: number, stream: number, forMs: number, among: readonly Fault[]): readonly Act[] {
  const rng = rngOf(seed, stream)
  const acts: Act[] = []
  let bag: Fault[] = []
  for (let planned = 0; planned < forMs; ) {
    if (bag.length < 2) bag = [...bag, ...shuffled(rng, among)]
    const act = draw(rng, bag)
    acts.push(act)
    planned += lastOf(act) + act.restMs + RECOVERY_MS
  }
  return acts
}

/** When the last blow of an act ends, ms from its beginning. */
export function lastOf({ blows }: Act): number {
  return Math.max(...blows.map(({ afterMs, lastsMs }) => afterMs + lastsMs))
}

/** Each fault has its turn before one comes again. */
function draw(rng: Rng, bag: Fault[]): Act {
  const first = bag.shift() as Fault
  const blows = [blow(rng, first, 0)]
  const at = rng.chance(PAIRS) ? bag.findIndex(({ area }) => area !== first.area) : -1
  if (at >= 0) {
    const [second] = bag.splice(at, 1) as [Fault]
    blows.push(blow(rng, second, rng.int(0, blows[0]?.lastsMs ?? 0)))
  }
  return { blows, restMs: rng.int(1_000, 4_000) }
}

function blow(rng: Rng, fault: Fault, afterMs: number): Blow {
  return { fault, afterMs, lastsMs: rng.int(...fault.lasts) }
}

function shuffled<T>(rng: Rng, list: readonly T[]): T[] {
  return list.map((item) => ({ item, at: rng.next() })).sort((a, b) => a.at - b.at).map(({ item }) => item)
}
