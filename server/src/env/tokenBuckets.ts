import type { Clock } from './clock.ts'

export interface BucketOptions {
  /** So many at once after a long rest. */
  readonly burst: number
  /** Afterwards one per so many milliseconds. */
  readonly refillMs: number
  /** So many keys are remembered; the one used longest ago is forgotten first. */
  readonly maxKeys: number
}

/** At the moment `at` (ms, by the clock that nobody sets) the bucket will be full in `debtMs`. Whole milliseconds, so nothing is lost in rounding. */
interface Bucket {
  readonly debtMs: number
  readonly at: number
}

/** Token buckets by key. No timers: a bucket is filled up when somebody looks into it. */
export class TokenBuckets {
  readonly #clock: Clock
  readonly #options: BucketOptions
  /** In order of last use; full ones are left out. */
  readonly #buckets = new Map<string, Bucket>()

  constructor(clock: Clock, options: BucketOptions) {
    this.#clock = clock
    this.#options = options
  }

  get size(): number {
    return this.#buckets.size
  }

  /** Milliseconds until a token is there, or so many; 0 = now. Takes nothing. */
  waitMs(key: string, tokens = 1): number {
    const { burst, refillMs } = this.#options
    return Math.max(0, Math.ceil(this.#debtMs(key) - (burst - tokens) * refillMs))
  }

  take(key: string, tokens = 1): void {
    this.#put(key, this.#debtMs(key) + Math.ceil(tokens * this.#options.refillMs))
  }

  giveBack(key: string): void {
    this.#put(key, this.#debtMs(key) - this.#options.refillMs)
  }

  #debtMs(key: string): number {
    const bucket = this.#buckets.get(key)
    if (bucket === undefined) return 0
    return Math.max(0, bucket.debtMs - (this.#now() - bucket.at))
  }

  #now(): number {
    return Math.floor(this.#clock.monotonic())
  }

  #put(key: string, debtMs: number): void {
    this.#buckets.delete(key)
    if (debtMs <= 0) return
    this.#buckets.set(key, {
      debtMs: Math.min(debtMs, this.#options.burst * this.#options.refillMs),
      at: this.#now(),
    })
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= this.#options.maxKeys) break
      this.#buckets.delete(oldest)
    }
  }
}
