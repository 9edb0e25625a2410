/** The figures at /metrics, in Prometheus' words. docs/metrics.md says what each is good for. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Meter } from '../gateway/meter.ts'
import { registerFleet } from './fleetMetrics.ts'
import type { FleetFigures } from './fleetMetrics.ts'
import { registerRollout } from './rolloutMetrics.ts'
import type { RolloutFigures } from './rolloutMetrics.ts'

/** How one Asterisk is, by the first of its nodes, as its address is nobody's business. */
export interface HostFigures {
  readonly node: string
  readonly status: string
}

export interface MetricsOptions {
  readonly version: string
  readonly hosts: () => readonly HostFigures[]
  /** CPU, memory and event loop of the process. Default true. */
  readonly process?: boolean
  /** Left out, nobody rolls anything out. */
  readonly rollout?: () => RolloutFigures
  /** Left out, there is no broker. */
  readonly fleet?: { readonly at: 'edge' | 'front'; readonly read: () => FleetFigures }
}

const STATUSES = ['up', 'down', 'connecting', 'idle']
const PREFIX = 'supermon_live_'

/** Counts on the hot way in plain numbers; Prometheus' own objects are filled when somebody looks. */
export class Metrics implements Meter {
  readonly contentType: string
  readonly #registry = new Registry()
  readonly #viewers = new Map<string, number>()
  readonly #totals = { sentFrames: 0, sentBytes: 0, receivedFrames: 0, receivedBytes: 0, held: 0 }
  readonly #connections: Counter<'dialect'>
  readonly #closes: Counter<'code'>
  readonly #refusals: Counter<'limit' | 'code'>
  readonly #latency: Histogram
  readonly #commands: Counter<'action' | 'outcome'>
  readonly #requests: Counter<'route' | 'status'>

  constructor({ version, hosts, process = true, rollout, fleet }: MetricsOptions) {
    const registers = [this.#registry]
    this.contentType = this.#registry.contentType
    // Its clock for the event loop ticks every 10 ms unless told otherwise, which alone costs 0.3 CPU seconds a minute: each tick wakes the process.
    if (process) collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: 500 })

    new Gauge({ name: `${PREFIX}info`, help: 'Version of the gateway.', labelNames: ['version'], registers }).set({ version }, 1)
    const viewers = this.#viewers
    new Gauge({
      name: `${PREFIX}viewers`,
      help: 'Sockets that are open.',
      labelNames: ['dialect'],
      registers,
      collect() {
        for (const [dialect, count] of viewers) this.set({ dialect }, count)
      },
    })
    new Gauge({
      name: `${PREFIX}ami_host_status`,
      help: 'The AMI session of each Asterisk: 1 for the status it is in. node is the first of its nodes.',
      labelNames: ['node', 'status'],
      registers,
      collect() {
        this.reset()
        for (const { node, status } of hosts()) {
          for (const each of new Set([...STATUSES, status])) this.set({ node, status: each }, each === status ? 1 : 0)
        }
      },
    })
    const total = (name: string, help: string, read: () => number) =>
      new Counter({
        name: `${PREFIX}${name}`,
        help,
        registers,
        collect() {
          this.reset()
          this.inc(read())
        },
      })
    total('frames_sent_total', 'Messages written to viewers.', () => this.#totals.sentFrames)
    total('bytes_sent_total', 'Bytes of these messages, without WebSocket and TCP headers.', () => this.#totals.sentBytes)
    total('frames_received_total', 'Messages from viewers.', () => this.#totals.receivedFrames)
    total('bytes_received_total', 'Bytes of these messages.', () => this.#totals.receivedBytes)
    total('held_total', 'Viewers held back: they read more slowly than news come, or asked for too many whole states.', () => this.#totals.held)
    this.#connections = new Counter({ name: `${PREFIX}connections_total`, help: 'Sockets that were let in.', labelNames: ['dialect'], registers })
    this.#closes = new Counter({ name: `${PREFIX}closes_total`, help: 'Sockets that ended, by the close code of the gateway, or else of the viewer.', labelNames: ['code'], registers })
    this.#refusals = new Counter({
      name: `${PREFIX}refusals_total`,
      help: 'Refused or sent away, by the limit that was met and the close code or HTTP status.',
      labelNames: ['limit', 'code'],
      registers,
    })
    this.#latency = new Histogram({
      name: `${PREFIX}publish_seconds`,
      help: 'From the bytes of Asterisk that bring a change to having handed it to the sockets of everybody who watches.',
      buckets: [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1],
      registers,
    })
    this.#commands = new Counter({ name: `${PREFIX}commands_total`, help: 'Commands for nodes.', labelNames: ['action', 'outcome'], registers })
    this.#requests = new Counter({
      name: `${PREFIX}http_requests_total`,
      help: 'Answered requests, by route and status.',
      labelNames: ['route', 'status'],
      registers,
    })
    if (rollout !== undefined) registerRollout(this.#registry, rollout)
    if (fleet !== undefined) registerFleet(this.#registry, fleet.at, fleet.read)
  }

  /** Everything, as Prometheus reads it. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }

  came(dialect: string): void {
    this.#viewers.set(dialect, (this.#viewers.get(dialect) ?? 0) + 1)
    this.#connections.inc({ dialect })
  }

  left(dialect: string, code: number): void {
    this.#viewers.set(dialect, (this.#viewers.get(dialect) ?? 0) - 1)
    // Anybody may close with any code from 3000 on; each would be a line for ever.
    const known = (code >= 1000 && code < 1016) || (code >= 4000 && code < 5000)
    this.#closes.inc({ code: known ? String(code) : 'other' })
  }

  refused(limit: string, code: number): void {
    this.#refusals.inc({ limit, code: String(code) })
  }

  sent(bytes: number): void {
    this.#totals.sentFrames += 1
    this.#totals.sentBytes += bytes
  }

  received(bytes: number): void {
    this.#totals.receivedFrames += 1
    this.#totals.receivedBytes += bytes
  }

  held(): void {
    this.#totals.held += 1
  }

  published(latencyMs: number): void {
    this.#latency.observe(latencyMs / 1000)
  }

  commanded(action: string, outcome: string): void {
    this.#commands.inc({ action, outcome })
  }

  /** @param route as it was mounted, so that strangers cannot make up new ones */
  answered(route: string, status: number): void {
    this.#requests.inc({ route, status: String(status) })
  }
}
