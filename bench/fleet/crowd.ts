/** Viewers, many to a process: such that only count and note when, and the library's own client where its way back is looked at. */
import { WebSocketService } from '../../frontend/src/services/WebSocketService.ts'
import { nodeEnv } from '../../server/tests/support/nodeEnv.ts'
import { balanced } from './balanced.ts'
import type { Landing } from './balanced.ts'
import { Plain } from './plain.ts'
import type { Sight, Told } from './plain.ts'
import { serve } from './remote.ts'

export interface Seat {
  /** Tells viewers apart, over all processes. */
  readonly viewer: number
  readonly node: string
  /** Of the gateway, with a `/` at its end. */
  readonly url: string
}
export interface Opened {
  readonly count: number
  /** From the beginning of the handshake to the first whole state, ms. */
  readonly firstMs: readonly number[]
}
export interface Received {
  readonly messages: number
  /** With the headers of WebSocket, and without those of TCP. */
  readonly bytes: number
}

/** So many come at once, and then the next. */
const AT_ONCE = 20

let plain: Plain[] = []
let clients: WebSocketService[] = []
const sights: Sight[] = []
const told: Told[] = []
const landings: Landing[] = []
let fronts: readonly string[] = []

const api = {
  /** Opens one after another until all are there, or one is not told its node's state in time. */
  async open(seats: readonly Seat[]): Promise<Opened> {
    const before = plain.length
    const firstMs: number[] = []
    for (let from = 0; from < seats.length; from += AT_ONCE) {
      const batch = await Promise.all(seats.slice(from, from + AT_ONCE).map((seat) => Plain.open(seat, sights, told)))
      const came = batch.filter((one) => one !== null)
      plain.push(...came)
      firstMs.push(...came.map((one) => one.firstMs))
      if (came.length < batch.length) break
    }
    return { count: plain.length - before, firstMs }
  },
  /** The library's client for each seat; where its socket leads is up to the balancer. Settles when all are live. */
  async openClients(seats: readonly Seat[]): Promise<void> {
    const Socket = balanced(() => fronts, (landing) => { landings.push(landing) }, told)
    const env = { ...nodeEnv('http://balancer.invalid/'), webSocket: () => Socket }
    for (let from = 0; from < seats.length; from += AT_ONCE) {
      await Promise.all(seats.slice(from, from + AT_ONCE).map(async ({ node }) => {
        const service = new WebSocketService({ env, topology: 'per-node' })
        clients.push(service)
        await service.connectToNode(node)
      }))
    }
  },
  /** Where the balancer sends whoever comes from now on. */
  behind(urls: readonly string[]): void {
    fronts = urls
  },
  live(): number {
    return clients.filter((service) => service.getAllConnectedNodes().length > 0).length
  },
  received(): Received {
    return plain.reduce((sum, { messages, bytes }) => ({ messages: sum.messages + messages, bytes: sum.bytes + bytes }), { messages: 0, bytes: 0 })
  },
  /** What was seen since the last question; likewise below. */
  takeSights(): readonly Sight[] {
    return sights.splice(0)
  },
  takeTold(): readonly Told[] {
    return told.splice(0)
  },
  takeLandings(): readonly Landing[] {
    return landings.splice(0)
  },
  leave(): void {
    for (const one of plain) one.close()
    for (const service of clients) service.dispose()
    plain = []
    clients = []
  },
}
export type CrowdApi = typeof api
serve(api)
