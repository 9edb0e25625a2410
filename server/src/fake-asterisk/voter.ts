import type { Clock } from '../env/clock.ts'
import { noise } from './seededRandom.ts'

export interface Receiver {
  readonly name: string
  readonly address: string
  /** Carries the master timing source. */
  readonly master: boolean
  /** Audio is mixed, not timed. */
  readonly mix: boolean
  /** Heard from. */
  active: boolean
  /** Set from outside; null = moves by itself while the node receives. */
  rssi: number | null
}

export interface ReceiverSpec {
  readonly name: string
  readonly address?: string
  readonly master?: boolean
  readonly mix?: boolean
  readonly active?: boolean
  readonly rssi?: number | null
}

const SITES = ['Downtown', 'Ridge', 'Lakeside', 'Airport', 'North Hill', 'Harbor', 'Valley', 'Water Tower', 'Campus']

/** A master, one receiver with mixed audio, and one that never came up, as far as `count` allows. */
export function exampleReceivers(count: number): readonly ReceiverSpec[] {
  return Array.from({ length: count }, (_, i) => ({
    name: SITES[i] ?? `Site ${i + 1}`,
    address: `198.51.100.${(i % 250) + 11}:${i === 0 ? 667 : 49152 + i}`,
    master: i === 0,
    mix: i === 2,
    active: count < 4 || i !== count - 1,
  }))
}

/** The receivers of one voter node (chan_voter.c). */
export class Voter {
  readonly receivers: readonly Receiver[]
  readonly #clock: Clock
  readonly #seed: number

  constructor(specs: readonly ReceiverSpec[], clock: Clock, seed: number) {
    this.#clock = clock
    this.#seed = seed
    this.receivers = specs.map((spec, i) => ({
      name: spec.name,
      address: spec.address ?? `198.51.100.${(i % 250) + 11}:${49152 + i}`,
      master: spec.master ?? false,
      mix: spec.mix ?? false,
      active: spec.active ?? true,
      rssi: spec.rssi ?? null,
    }))
  }

  receiver(name: string): Receiver | undefined {
    return this.receivers.find((r) => r.name === name)
  }

  /** Signal strength, 0 to 255. Fades over seconds and flutters over tenths of a second. */
  rssi(receiver: Receiver, keyed: boolean): number {
    if (!receiver.active) return 0
    if (receiver.rssi !== null) return receiver.rssi
    if (!keyed) return 0
    const now = this.#clock.now()
    const index = this.#seed * 64 + this.receivers.indexOf(receiver)
    const second = Math.floor(now / 1_000)
    const part = (now % 1_000) / 1_000
    const fade = noise(index, second) * (1 - part) + noise(index, second + 1) * part
    const flutter = noise(index + 977, Math.floor(now / 100)) * 40 - 20
    return Math.round(Math.min(255, Math.max(0, 40 + fade * 190 + flutter)))
  }

  /** The receiver that is heard best, if any hears anything. */
  voted(keyed: boolean): Receiver | null {
    let best: Receiver | null = null
    let strength = 0
    for (const receiver of this.receivers) {
      const rssi = this.rssi(receiver, keyed)
      if (rssi > strength) {
        best = receiver
        strength = rssi
      }
    }
    return best
  }
}
