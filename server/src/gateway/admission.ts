import { addressKey } from '../env/addressKey.ts'
import { AddressPace } from '../env/addressPace.ts'
import type { Clock } from '../env/clock.ts'
import type { Visitor } from '../env/visitor.ts'
import { attemptAllowances } from './limits.ts'
import type { LimitName, Limits } from './limits.ts'

export type Entry =
  | { readonly ok: true; leave(): void }
  | { readonly ok: false; readonly limit: LimitName; readonly reason: string }

/** Of a visitor, what counts here. */
type Comer = Pick<Visitor, 'address' | 'crowd'>

/** How many are here, and whether there is room for one more. Everything by address; rights are not its matter. */
export class Admission {
  readonly #limits: Limits
  readonly #attempts: AddressPace
  readonly #byAddress = new Map<string, number>()
  #inside = 0

  constructor(limits: Limits, clock: Clock) {
    this.#limits = limits
    this.#attempts = new AddressPace(clock, ...attemptAllowances(limits))
  }

  /** Counts one attempt. Returns how long to wait, ms; 0 = come in. An attempt that must wait is not counted. */
  knock({ address, crowd }: Comer): number {
    return this.#attempts.take(address, crowd)
  }

  /** Takes a place until `leave`, which may be called twice. */
  enter({ address, crowd }: Comer): Entry {
    const key = addressKey(address)
    const { viewers, viewersPerAddress, viewersPerLoopback } = this.#limits
    if (this.#inside >= viewers) return { ok: false, limit: 'viewers', reason: 'this server is full' }
    const here = this.#byAddress.get(key) ?? 0
    const [limit, most] = crowd
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
