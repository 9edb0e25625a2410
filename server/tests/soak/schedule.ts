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

/** A part of a run. */
export interface Phase {
  readonly forMs: number
  /** The gateway's process must live through it. */
  readonly sparing: boolean
}

/**
 * The acts of each phase; one bag lasts through all of them.
 * @param among faults to draw from
 */
export function plan(seed: number, phases: readonly Phase[], among: readonly Fault[]): readonly (readonly Act[])[] {
  const rng = rngOf(seed, 2)
  const bag = new Bag(rng, among)
  return phases.map(({ forMs, sparing }) => {
    const acts: Act[] = []
    for (let planned = 0; planned < forMs; ) {
      const act = draw(rng, bag, sparing)
      if (act === null) break
      acts.push(act)
      planned += lastOf(act) + act.restMs + RECOVERY_MS
    }
    return acts
  })
}

/** Each fault has its turn before one comes again. Those that end the gateway's process come first: later on it must live. */
class Bag {
  readonly #rng: Rng
  readonly #among: readonly Fault[]
  #left: Fault[] = []

  constructor(rng: Rng, among: readonly Fault[]) {
    this.#rng = rng
    this.#among = among
  }

  /** The next that fits; null = none in the bag does. */
  take(fits: (fault: Fault) => boolean): Fault | null {
    const at = this.#left.findIndex(fits)
    return at < 0 ? null : (this.#left.splice(at, 1)[0] ?? null)
  }

  /** All that are not in it are put back. */
  fill(): void {
    const back = shuffled(this.#rng, this.#among.filter((fault) => !this.#left.includes(fault)))
    const ends = ({ endsProcess }: Fault) => endsProcess === true
    this.#left.push(...back.filter(ends), ...back.filter((fault) => !ends(fault)))
  }
}

/** When the last blow of an act ends, ms from its beginning. */
export function lastOf({ blows }: Act): number {
  return Math.max(...blows.map(({ afterMs, lastsMs }) => afterMs + lastsMs))
}

/** null = there is none that spares the gateway's process. */
function draw(rng: Rng, bag: Bag, sparing: boolean): Act | null {
  const may = ({ endsProcess }: Fault) => !(sparing && endsProcess === true)
  let first = bag.take(may)
  if (first === null) {
    bag.fill()
    first = bag.take(may)
  }
  if (first === null) return null
  const one = first
  const blows = [blow(rng, one, 0)]
  const second = rng.chance(PAIRS) ? bag.take((fault) => may(fault) && !clash(one, fault)) : null
  if (second !== null) blows.push(blow(rng, second, rng.int(0, blows[0]?.lastsMs ?? 0)))
  return { blows, restMs: rng.int(1_000, 4_000) }
}

/** Nobody can kill what is dead, and a gateway that is started on a broken configuration ends, as it should. */
function clash(one: Fault, other: Fault): boolean {
  const starts = (a: Fault, b: Fault) => a.endsProcess === true && b.forbidsStart === true
  return one.area === other.area || starts(one, other) || starts(other, one)
}

function blow(rng: Rng, fault: Fault, afterMs: number): Blow {
  return { fault, afterMs, lastsMs: rng.int(...fault.lasts) }
}

function shuffled<T>(rng: Rng, list: readonly T[]): T[] {
  return list.map((item) => ({ item, at: rng.next() })).sort((a, b) => a.at - b.at).map(({ item }) => item)
}
