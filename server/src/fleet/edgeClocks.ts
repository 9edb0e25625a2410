/**
 * How far edges' clocks are behind the front's, as a Pi's is by what it was switched off until its NTP is there; and their times, set
 * right. A sign of life says when it was sent and comes later, so the least of many differences is nearest to the truth, and what makes
 * it greater may as well be a way on which they wait.
 */
import type { Clock } from '../env/clock.ts'
import { ClockSteps } from '../env/clockSteps.ts'

/** Signs of life that are looked at: five minutes. A queue is empty once in that time. */
const SAMPLES = 60
/** The newest: half a minute. */
const NEWEST = 6
/** Fewer may all have waited behind something. */
const ENOUGH = 3
/** Nothing waits so long on its way, ms. */
const LATE_MS = 60_000
/** Less than this is let be, ms: nobody sees it. */
const SEEN_MS = 2_000
/** What is held stays while the truth is no further from it, ms: each other offset is told whole to all viewers. */
const MOVED_MS = 1_000
/** Beyond this, what came just now did not happen when it says, ms. Pages take it for a clock that was set. */
const TIMELY_MS = 5_000

export class EdgeClocks {
  readonly #clock: Clock
  readonly #steps: ClockSteps
  readonly #samples = new Map<string, readonly number[]>()
  readonly #behind = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
    this.#steps = new ClockSteps(clock, MOVED_MS)
  }

  /** What is to be added to its times, whole seconds in ms; 0 = they are right, or not known to be wrong. */
  behind(edge: string): number {
    return this.#behind.get(edge) ?? 0
  }

  /** @returns whether {@link EdgeClocks.behind} says something else now */
  heard(edge: string, at: number): boolean {
    // By our clock until then all came too early. Where it is set back they came too late, which is nothing new.
    if (this.#steps.taken() > 0) this.#samples.clear()
    const samples = ofOneClock([...(this.#samples.get(edge) ?? []), this.#clock.now() - at].slice(-SAMPLES))
    this.#samples.set(edge, samples)
    const [least, held] = [Math.min(...samples), this.behind(edge)]
    if (samples.length < ENOUGH || Math.abs(least - held) <= MOVED_MS || !(least < held || isNoWait(samples, held))) return false
    const next = Math.abs(least) > SEEN_MS ? Math.round(least / 1_000) * 1_000 : 0
    this.#behind.set(edge, next)
    return next !== held
  }

  forget(edge: string): void {
    this.#samples.delete(edge)
    this.#behind.delete(edge)
  }
}

/** Those that the clock gave that it has now: one that was set back is much further behind than before. */
function ofOneClock(samples: readonly number[]): readonly number[] {
  const newest = samples.slice(-NEWEST)
  return Math.min(...newest) - Math.min(...samples) > LATE_MS ? newest : samples
}

/** Is the clock further behind than was held, and not only the way longer? The first ones are believed where they agree. */
function isNoWait(samples: readonly number[], held: number): boolean {
  const least = Math.min(...samples)
  if (least - held > LATE_MS || samples.length === SAMPLES) return true
  return samples.length <= NEWEST && Math.max(...samples) - least < MOVED_MS
}

/** When a change happened that came just now, by our clock, ms. */
export function changedAt(at: number, behind: number, now: number): number {
  const ours = at + behind
  return Math.abs(now - ours) > TIMELY_MS ? now : ours
}

/** Its place, once its times are set right by so much: states whose times differ must not have one place. */
export function epochBehind(epoch: string, behind: number): string {
  return behind === 0 ? epoch : `${epoch}~${behind / 1_000}`
}
