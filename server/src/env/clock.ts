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

/** A source of chance: a number in [0, 1). Seeded in tests. */
export type Random = () => number
