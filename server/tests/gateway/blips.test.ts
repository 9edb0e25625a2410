/** An address that holds all its places loses all its sockets at once, again and again: how soon they are back, by the client's own policy. */
import { describe, expect, it } from 'vitest'
import { step } from '../../../frontend/src/services/connectionMachine.ts'
import { deadlineOf, initialMachine } from '../../../frontend/src/services/machine.ts'
import type { MachineEvent } from '../../../frontend/src/services/machine.ts'
import { seededRandom } from '../../src/fake-asterisk/seededRandom.ts'
import { Admission } from '../../src/gateway/admission.ts'
import { DEFAULT_LIMITS } from '../../src/gateway/limits.ts'
import { ManualClock } from '../support/manualClock.ts'

const SEEDS = Array.from({ length: 10 }, (_, i) => i + 1)

/** One socket of a page, whose handshakes take no time. */
class Socket {
  readonly #event: () => { readonly now: number; readonly luck: number }
  readonly #admission: Admission
  #machine = initialMachine({ online: true, visible: true })
  #leave = () => undefined as unknown

  constructor(admission: Admission, event: () => { readonly now: number; readonly luck: number }) {
    this.#admission = admission
    this.#event = event
    this.#send({ type: 'connect' })
  }

  get isLive(): boolean {
    return this.#machine.state.status === 'live'
  }

  tick(now: number): void {
    if (this.#machine.state.status === 'waiting' && now >= (deadlineOf(this.#machine) ?? Infinity)) this.#send({ type: 'deadline' })
  }

  breaks(): void {
    if (!this.isLive) return
    this.#leave()
    this.#close(1006)
  }

  #send(event: MachineEvent): void {
    const { now, luck } = this.#event()
    const { machine, effects } = step(this.#machine, event, now, luck)
    this.#machine = machine
    if (effects.some(({ type }) => type === 'open')) this.#knock()
  }

  #knock(): void {
    const comer = { address: '198.51.100.7', crowd: false }
    // A browser tells its page nothing of a bare 429.
    if (this.#admission.knock(comer) > 0) {
      this.#close(1006)
      return
    }
    const entry = this.#admission.enter(comer)
    if (!entry.ok) {
      this.#close(4429)
      return
    }
    this.#leave = () => { entry.leave() }
    this.#send({ type: 'socket-message', generation: this.#machine.generation })
  }

  #close(code: number): void {
    this.#send({ type: 'socket-close', generation: this.#machine.generation, code, reason: '' })
  }
}

class Crowd {
  readonly #clock = new ManualClock()
  readonly #sockets: readonly Socket[]

  constructor(seed: number, count: number) {
    const random = seededRandom(seed)
    const admission = new Admission(DEFAULT_LIMITS, this.#clock)
    this.#sockets = Array.from({ length: count }, () => new Socket(admission, () => ({ now: this.#clock.monotonic(), luck: random() })))
  }

  get live(): number {
    return this.#sockets.filter(({ isLive }) => isLive).length
  }

  breakAll(): void {
    for (const socket of this.#sockets) socket.breaks()
  }

  pass(ms: number): void {
    for (const end = this.#clock.monotonic() + ms; this.#clock.monotonic() < end;) {
      this.#clock.advance(50)
      for (const socket of this.#sockets) socket.tick(this.#clock.monotonic())
    }
  }

  /** @returns until so many are live, ms */
  until(live: number): number {
    const from = this.#clock.monotonic()
    while (this.live < live && this.#clock.monotonic() - from < 120_000) this.pass(50)
    return this.#clock.monotonic() - from
  }
}

describe('the places of one address', () => {
  const { viewersPerAddress: places } = DEFAULT_LIMITS

  it.each([1, 2, 3])('are all live again within 6 s of a blip that is number %i, 3 s after the one before', (blips) => {
    for (const seed of SEEDS) {
      const crowd = new Crowd(seed, places)
      for (let blip = 1; blip <= blips; blip += 1) {
        crowd.pass(3_000)
        crowd.breakAll()
      }
      expect(crowd.until(places), `seed ${seed}`).toBeLessThan(6_000)
    }
  })

  it('are all taken again within 6 s, though half as many wait for one and have tried all the time', () => {
    for (const seed of SEEDS) {
      const crowd = new Crowd(seed, places * 1.5)
      crowd.pass(120_000)
      expect(crowd.live).toBe(places)
      crowd.breakAll()
      expect(crowd.until(places), `seed ${seed}`).toBeLessThan(6_000)
    }
  })

  it('are no licence: who floods may knock ten times a second after that, and no more', () => {
    const clock = new ManualClock()
    const admission = new Admission(DEFAULT_LIMITS, clock)
    const flood = () => Array.from({ length: 5_000 }, () => admission.knock({ address: '198.51.100.7', crowd: false })).filter((wait) => wait === 0).length
    expect(flood()).toBe(places * 3)
    clock.advance(1_000)
    expect(flood()).toBe(10)
  })
})
