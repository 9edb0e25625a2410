/** The server's one door to time. Rooms are handed a clock so that tests and the simulation can hold it still. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Milliseconds since any moment, by a clock that nobody sets: where it and {@link Clock.now} part, that one was set. */
  monotonic(): number
  /** Runs `fn` once after `ms` milliseconds. */
  setTimeout(fn: () => void, ms: number): Timer
  clearTimeout(timer: Timer): void
}

/** Opaque: only a {@link Clock} looks inside. */
export type Timer = unknown

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (fn, ms) => setTimeout(fn, ms),
  clearTimeout: (timer) => {
    clearTimeout(timer as NodeJS.Timeout | undefined)
  },
}

/** A time of day that was set by less than this is let be, ms: nobody sees it. */
const SEEN_MS = 2_000

/** What a {@link steady} clock was set by is more than this, ms, and the rounding of its times is less: the least that who moves times by it looks for. */
export const LEAST_STEP_MS = SEEN_MS / 2

/**
 * The same clock, whose time of day goes on evenly while it is set by little: what happens before and after that lies as far apart as it did.
 * Smaller steps count once they come to {@link SEEN_MS} together.
 */
export function steady(clock: Clock): Clock {
  let ahead = clock.now() - clock.monotonic()
  return {
    now: () => {
      const passed = clock.monotonic()
      const isAhead = clock.now() - passed
      if (Math.abs(isAhead - ahead) >= SEEN_MS) ahead = isAhead
      return Math.round(passed + ahead)
    },
    monotonic: () => clock.monotonic(),
    setTimeout: (fn, ms) => clock.setTimeout(fn, ms),
    clearTimeout: (timer) => { clock.clearTimeout(timer) },
  }
}

/** What a gateway dates and tells times by. */
export const steadyClock = steady(systemClock)

/** A source of chance: a number in [0, 1). Seeded in tests. */
export type Random = () => number
