import type { Clock } from '../env/clock.ts'
import type { NodeTiming } from './nodeTiming.ts'
import type { TimerSet } from './timers.ts'

/** The silence after an announcement. */
const TELEMETRY_HANG_MS = 480

export interface TransmitterSurroundings {
  readonly clock: Clock
  readonly timers: TimerSet
  readonly timing: NodeTiming
  readonly startedAt: number
  /** A hub without a radio: its transmitter never keys although links talk. */
  readonly radioless: boolean
  readonly rx: () => boolean
  readonly linkAudio: () => boolean
  readonly set: (name: 'RPT_TXKEYED' | 'RPT_ETXKEYED', on: boolean) => void
}

/** A node's transmitter. Keyed while there is something to send, and for a hang time after. */
export class Transmitter {
  /** Hang time included. */
  keyed = false
  /** Receiver or announcement; neither link audio nor hang time counts. */
  demand = false
  lastKeyedAt: number
  #txMs = 0
  #keyedSince = 0
  #speaking = false
  #stopSpeaking: (() => void) | null = null
  #stopHanging: (() => void) | null = null
  readonly #env: TransmitterSurroundings

  constructor(env: TransmitterSurroundings) {
    this.#env = env
    this.lastKeyedAt = env.startedAt
  }

  /** Time transmitted since start, ms. */
  get txMs(): number {
    return this.#txMs + (this.keyed ? this.#env.clock.now() - this.#keyedSince : 0)
  }

  /** Looks again at what there is to send; when that is nothing, unkeys after `hangMs`. */
  update(hangMs: number): void {
    if (this.#env.radioless) return
    const demand = this.#env.rx() || this.#speaking
    const busy = demand || this.#env.linkAudio()
    if (busy) {
      this.#stopHanging?.()
      this.#stopHanging = null
    }
    if (busy && !this.keyed) this.#set(true)
    if (demand !== this.demand) {
      this.demand = demand
      this.#env.set('RPT_ETXKEYED', demand)
    }
    if (!busy && this.keyed && this.#stopHanging === null) {
      this.#stopHanging = this.#env.timers.after(hangMs, () => {
        this.#stopHanging = null
        this.#set(false)
      })
    }
  }

  /** The same one frame later: link audio reaches the transmitter with the next frame. */
  updateSoon(hangMs: number): void {
    this.#env.timers.after(this.#env.timing.frameMs, () => {
      this.update(hangMs)
    })
  }

  /** Speaks for `ms`, starting after `delayMs`. */
  speak(ms: number, delayMs: number): void {
    if (ms === 0) return
    if (delayMs > 0) {
      this.#env.timers.after(delayMs, () => {
        this.speak(ms, 0)
      })
      return
    }
    this.#stopSpeaking?.()
    this.#speaking = true
    this.update(TELEMETRY_HANG_MS)
    this.#stopSpeaking = this.#env.timers.after(ms, () => {
      this.#stopSpeaking = null
      this.#speaking = false
      this.update(TELEMETRY_HANG_MS)
    })
  }

  /** The time in an event: of the last transmission at key-up, of the end at unkey (rpt_manager.c). */
  #set(on: boolean): void {
    const now = this.#env.clock.now()
    this.keyed = on
    if (on) this.#keyedSince = now
    else {
      this.#txMs += now - this.#keyedSince
      this.lastKeyedAt = now
    }
    this.#env.set('RPT_TXKEYED', on)
    if (on) this.lastKeyedAt = now
  }
}
