import { addressKey } from './addressKey.ts'
import type { Clock } from './clock.ts'
import { TokenBuckets } from './tokenBuckets.ts'

/** How often somebody may do something. */
export interface Allowance {
  /** So many at once after a rest. */
  readonly burst: number
  /** So many come back each minute, 60,000 at most. */
  readonly perMinute: number
}

/** Addresses that are remembered; the one that came longest ago is forgotten first. */
const MAX_ADDRESSES = 20_000

/** How often each address does something. One that many may stand behind has another allowance. */
export class AddressPace {
  readonly #one: TokenBuckets
  readonly #crowd: TokenBuckets

  constructor(clock: Clock, one: Allowance, crowd: Allowance) {
    this.#one = buckets(clock, one)
    this.#crowd = buckets(clock, crowd)
  }

  /** Counts one, or so many. Returns how long to wait first, ms; 0 = go on. One that must wait is not counted. */
  take(address: string, crowd: boolean, count = 1): number {
    const key = addressKey(address)
    const pace = crowd ? this.#crowd : this.#one
    const wait = pace.waitMs(key, count)
    if (wait === 0) pace.take(key, count)
    return wait
  }
}

function buckets(clock: Clock, { burst, perMinute }: Allowance): TokenBuckets {
  return new TokenBuckets(clock, { burst, refillMs: Math.ceil(60_000 / perMinute), maxKeys: MAX_ADDRESSES })
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}
