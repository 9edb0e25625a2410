/** I-3, the part about single tries: each has a socket, and a wake finds dead sockets and overdue tries, soon. */
import type { PageSignal } from '../../src/env/env.ts'
import type { ConnectionState } from '../../src/services/connectionState.ts'
import { linkOf, LONGEST_SILENCE } from './scene.ts'
import type { Fail, Scene } from './scene.ts'
import type { VirtualSocket } from './virtualSocket.ts'

const WAKES = new Set<PageSignal>(['online', 'visible', 'pageshow', 'resume'])
/** The page's own 2.5 s, and one turn of this watch. */
const PROBE = 2_750
/** Where only the clock tells; such a sleep must be longer than what a slow timer may be late. */
const CLOCK_PROBE = 3_000
const NOTICEABLE_SLEEP = 4_500
/** A wake signal starts a try a second after the one before it. */
const REDIAL = 1_300
const OVERDUE_TRY = 10_000

interface Expected {
  readonly socket: VirtualSocket
  readonly since: number
  readonly by: number
}

export class WakeWatch {
  /** When the page's clock was last set back: ages across that moment are not known to it. */
  setBackAt = 0
  readonly #scene: Scene
  readonly #fail: Fail
  /** A wake came upon this dead socket; by then the page must know. */
  readonly #probes = new Map<string, Expected>()
  /** A wake came upon this overdue try; by then there must be another one. */
  readonly #redials = new Map<string, Expected>()
  /** When the page last stood still, was hidden, or seen again, by its clock. */
  #disturbedAt = 0
  /** By the page's clock. */
  readonly #bornAt = new WeakMap<VirtualSocket, number>()

  constructor(scene: Scene, fail: Fail) {
    this.#scene = scene
    this.#fail = fail
  }

  born(socket: VirtualSocket): void {
    this.#bornAt.set(socket, this.#scene.page.now())
  }

  /** A try that ends for want of time has had a socket, whatever else it had to wait for; on a page that was seen all the while. */
  ended(node: string, before: ConnectionState, state: ConnectionState): void {
    if (before.status !== 'connecting' || state.status !== 'waiting' || state.reason.code !== 'connect-timeout') return
    if (!this.#scene.page.visible || before.since <= this.#disturbedAt) return
    const socket = linkOf(this.#scene, node)?.socket
    if (socket === undefined || (this.#bornAt.get(socket) ?? 0) < before.since) this.#fail('I-3', `${node}: a try had no socket in all its time`)
  }

  forget(node?: string): void {
    if (node === undefined) this.#disturbedAt = this.#scene.page.now()
    for (const expected of [this.#probes, this.#redials]) {
      if (node === undefined) expected.clear()
      else expected.delete(node)
    }
  }

  /** A signal reached the page. Those that wake it make it ask its sockets whether they live. */
  signalled(signal: PageSignal, nodes: Iterable<string>): void {
    const { time, page } = this.#scene
    if (!page.visible || page.away || time.standing || !WAKES.has(signal)) {
      if (signal === 'hidden' || signal === 'freeze' || signal === 'pagehide') this.forget()
      return
    }
    this.#disturbedAt = page.now()
    for (const node of nodes) {
      this.#expectProbe(node, PROBE)
      this.#expectRedial(node)
    }
  }

  /** The page goes on after a sleep of which nobody told it. */
  slept(ms: number, nodes: Iterable<string>): void {
    const { page } = this.#scene
    if (ms < NOTICEABLE_SLEEP || !page.visible || page.away) return
    for (const node of nodes) this.#expectProbe(node, CLOCK_PROBE)
  }

  check(node: string, state: ConnectionState): void {
    const { now } = this.#scene.time
    const probe = this.#probes.get(node)
    if (probe !== undefined && now > probe.by) {
      this.#probes.delete(node)
      if (probe.socket.readyState === 1)
        this.#fail('I-3', `${node}: a wake ${now - probe.since} ms ago, and a dead socket still counts as live`)
    }
    const redial = this.#redials.get(node)
    if (redial !== undefined && now > redial.by) {
      this.#redials.delete(node)
      const newest = linkOf(this.#scene, node)?.socket === redial.socket && state.status !== 'live'
      // Given up for another try, which may be waiting for its ticket.
      const followed = redial.socket.readyState > 0 && state.status === 'connecting'
      if (newest && !followed)
        this.#fail('I-3', `${node}: a wake ${now - redial.since} ms ago, and an overdue try is still the newest`)
    }
  }

  #expectProbe(node: string, within: number): void {
    const { now } = this.#scene.time
    if (this.#probes.has(node) || this.#scene.client().sockets.getNodeState(node).status !== 'live') return
    const link = linkOf(this.#scene, node)
    if (link === undefined || !link.dead || link.socket.readyState > 1) return
    // Whatever was heard in the last second is proof enough for the page.
    if (now - link.deadAt > 1_000 && link.deadAt > this.setBackAt + LONGEST_SILENCE)
      this.#probes.set(node, { socket: link.socket, since: now, by: now + within })
  }

  #expectRedial(node: string): void {
    const { time, page } = this.#scene
    const state = this.#scene.client().sockets.getNodeState(node)
    const socket = linkOf(this.#scene, node)?.socket
    if (state.status !== 'connecting' || socket?.readyState !== 0 || !page.online) return
    // A try's deadline counts from its socket's birth: before that it may have waited for a ticket.
    if (page.now() - (this.#bornAt.get(socket) ?? 0) > OVERDUE_TRY) this.#redials.set(node, { socket, since: time.now, by: time.now + REDIAL })
  }
}
