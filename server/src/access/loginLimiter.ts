import type { Clock } from '../env/clock.ts'
import { addressKey } from '../env/addressKey.ts'
import { fingerprint } from './safeEqual.ts'
import { TokenBuckets } from '../env/tokenBuckets.ts'

/** Failed attempts only: who types the right password is never slowed down by having done so. */
const PER_ACCOUNT = { burst: 5, refillMs: 30_000, maxKeys: 10_000 }
/** Wider, as a club house or a mobile network stands behind one address. */
const PER_ADDRESS = { burst: 20, refillMs: 10_000, maxKeys: 10_000 }
/** Pairs of account and address that signed in before. */
const MAX_KNOWN = 1_000

/** One attempt that was counted; hand it to {@link LoginLimiter.succeeded} when the password was right. */
export interface Attempt {
  readonly account: string
  readonly address: string
}

export type Admission =
  { readonly ok: true; readonly attempt: Attempt } | { readonly ok: false; readonly retryAfterMs: number }

/**
 * Slows down guessing, per account and per address. An account is counted whether it exists or not. An address from
 * which somebody signed in before has a count of its own for that account, so that a stranger who tries an operator's
 * name all day does not lock the operator out.
 */
export class LoginLimiter {
  readonly #accounts: TokenBuckets
  readonly #addresses: TokenBuckets
  /** In order of last success. */
  readonly #known = new Set<string>()

  constructor(clock: Clock) {
    this.#accounts = new TokenBuckets(clock, PER_ACCOUNT)
    this.#addresses = new TokenBuckets(clock, PER_ADDRESS)
  }

  /** Counts an attempt before the password is looked at. A refused one costs nothing, or waiting would never end. */
  admit(user: string, address: string): Admission {
    const place = addressKey(address)
    const account = fingerprint(user)
    const pair = pairKey(account, place)
    const attempt = { account: this.#known.has(pair) ? pair : account, address: place }
    const retryAfterMs = Math.max(this.#accounts.waitMs(attempt.account), this.#addresses.waitMs(place))
    if (retryAfterMs > 0) return { ok: false, retryAfterMs }
    this.#accounts.take(attempt.account)
    this.#addresses.take(place)
    return { ok: true, attempt }
  }

  /** The attempt was no guess: it is not counted, and the pair is known from now on. */
  succeeded(attempt: Attempt): void {
    this.giveBack(attempt)
    const pair = attempt.account.includes('@') ? attempt.account : pairKey(attempt.account, attempt.address)
    this.#known.delete(pair)
    this.#known.add(pair)
    for (const oldest of this.#known) {
      if (this.#known.size <= MAX_KNOWN) break
      this.#known.delete(oldest)
    }
  }

  /** The attempt was never made, e.g. because the server was too busy. */
  giveBack(attempt: Attempt): void {
    this.#accounts.giveBack(attempt.account)
    this.#addresses.giveBack(attempt.address)
  }
}

/** The account is a hex digest and has no `@`, so no account can pass for a pair. */
function pairKey(account: string, place: string): string {
  return `${account}@${place}`
}
