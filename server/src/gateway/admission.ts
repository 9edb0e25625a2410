import { addressKey } from '../env/addressKey.ts'
import type { Clock } from '../env/clock.ts'
import { TokenBuckets } from '../env/tokenBuckets.ts'
import type { LimitName, Limits } from './limits.ts'

/** Addresses whose attempts are remembered; the one that came longest ago is forgotten first. */
const MAX_ADDRESSES = 20_000

export type Entry =
  | { readonly ok: true; leave(): void }
  | { readonly ok: false; readonly limit: LimitName; readonly reason: string }

/** How many are here, and whether there is room for one more. Everything by address; rights are not its matter. */
export class Admission {
  readonly #limits: Limits
  readonly #attempts: TokenBuckets
  readonly #byAddress = new Map<string, number>()
  #inside = 0

  constructor(limits: Limits, clock: Clock) {
    this.#limits = limits
    this.#attempts = new TokenBuckets(clock, {
      burst: limits.attemptBurst,
      refillMs: Math.ceil(60_000 / limits.attemptsPerMinute),
      maxKeys: MAX_ADDRESSES,
    })
  }

  /** Counts one attempt. Returns how long to wait, ms; 0 = come in. An attempt that must wait is not counted. */
  knock(address: string): number {
    const key = addressKey(address)
    const wait = this.#attempts.waitMs(key)
    if (wait === 0) this.#attempts.take(key)
    return wait
  }

  /** Takes a place until `leave`, which may be called twice. */
  enter(address: string): Entry {
    const key = addressKey(address)
    const { viewers, viewersPerAddress, viewersPerLoopback } = this.#limits
    if (this.#inside >= viewers) return { ok: false, limit: 'viewers', reason: 'this server is full; try again later' }
    const here = this.#byAddress.get(key) ?? 0
    const [limit, most] = isLoopback(address)
      ? (['viewersPerLoopback', viewersPerLoopback] as const)
      : (['viewersPerAddress', viewersPerAddress] as const)
    if (here >= most) return { ok: false, limit, reason: 'too many connections from your address; close some' }
    this.#inside += 1
    this.#byAddress.set(key, here + 1)
    let left = false
    return {
      ok: true,
      leave: () => {
        if (left) return
        left = true
        this.#inside -= 1
        const rest = (this.#byAddress.get(key) ?? 1) - 1
        if (rest === 0) this.#byAddress.delete(key)
        else this.#byAddress.set(key, rest)
      },
    }
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}
