/** Figures of a gateway that talks to a broker, in Prometheus' words. docs/metrics.md says what each is good for. */
import { Counter, Gauge } from 'prom-client'
import type { Registry } from 'prom-client'

/** Messages, and their bytes without topics and headers. */
export interface Traffic {
  readonly sentMessages: number
  readonly sentBytes: number
  readonly receivedMessages: number
  readonly receivedBytes: number
}

const NO_TRAFFIC: Traffic = { sentMessages: 0, sentBytes: 0, receivedMessages: 0, receivedBytes: 0 }

export interface FleetFigures {
  readonly up: boolean
  readonly traffic: Traffic
  /** Fronts whose viewers watch nodes of this edge. */
  readonly fronts: number
  /** Edges that this front knows. */
  readonly edges: readonly { readonly name: string; readonly up: boolean }[]
  /** Changes that this front missed and asked for anew. */
  readonly missed: number
}

export const NO_FLEET: FleetFigures = { up: false, traffic: NO_TRAFFIC, fronts: 0, edges: [], missed: 0 }

const PREFIX = 'supermon_live_mqtt_'

/** @param at an edge tells of its fronts, a front of its edges */
export function registerFleet(registry: Registry, at: 'edge' | 'front', read: () => FleetFigures): void {
  const registers = [registry]
  const traffic = (name: string, help: string, values: (traffic: Traffic) => { readonly sent: number; readonly received: number }) =>
    new Counter({ name: `${PREFIX}${name}`, help, labelNames: ['direction'], registers, collect() {
      this.reset()
      const { sent, received } = values(read().traffic)
      this.inc({ direction: 'sent' }, sent)
      this.inc({ direction: 'received' }, received)
    } })
  new Gauge({ name: `${PREFIX}up`, help: 'Is the broker there?', registers, collect() { this.set(Number(read().up)) } })
  traffic('messages_total', 'Messages to and from the broker.', ({ sentMessages, receivedMessages }) => ({ sent: sentMessages, received: receivedMessages }))
  traffic('bytes_total', 'Bytes of these messages, without topics and headers.', ({ sentBytes, receivedBytes }) => ({ sent: sentBytes, received: receivedBytes }))
  if (at === 'edge') {
    new Gauge({ name: `${PREFIX}fronts`, help: 'Fronts whose viewers watch nodes of this gateway.', registers, collect() { this.set(read().fronts) } })
    return
  }
  new Gauge({
    name: `${PREFIX}edge_up`,
    help: 'Is the gateway beside its Asterisk connected to the broker, and alive?',
    labelNames: ['edge'],
    registers,
    collect() {
      this.reset()
      for (const { name, up } of read().edges) this.set({ edge: name }, Number(up))
    },
  })
  new Counter({
    name: `${PREFIX}missed_total`,
    help: 'Changes that did not arrive, so that the whole state was asked for.',
    registers,
    collect() {
      this.reset()
      this.inc(read().missed)
    },
  })
}
