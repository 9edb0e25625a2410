/** For whoever runs the gateway: is it alive, is it ready, how is each Asterisk, and the figures. */
import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import type { Context } from 'hono'
import type { NameList } from '../config/astdb.ts'
import type { Secret } from '../config/secret.ts'
import type { Clock } from '../env/clock.ts'
import type { Metrics } from './metrics.ts'
import { iso, refuse } from './reply.ts'
import { mayScrape } from './scraper.ts'

type Env = { Bindings: HttpBindings }

/** Health of one Asterisk host. Names nodes, not addresses. */
export interface HostHealth {
  readonly nodes: readonly string[]
  /** Of the AMI session: up, down, connecting, or idle while nobody watches. */
  readonly status: string
  /** Why it is down, a permanent code; null = it is not. */
  readonly code: string | null
  /** Epoch ms. */
  readonly since: number
  /** How far the clock there is behind this one's, ms; left out, not so far that it matters. */
  readonly clockBehind?: number
}

export interface HealthOptions {
  readonly clock: Clock
  readonly version: string
  hosts(): readonly HostHealth[]
  viewers(): number
  /** Where names come from, and how old that is; left out, nowhere. */
  nameLists?(): readonly NameList[]
  /** False while the gateway stops: a balancer should send nobody new. */
  ready(): boolean
  /** Which nodes whoever asks may know of. */
  maySee(c: Context): Promise<(node: string) => boolean>
  readonly metrics: Metrics
  /** What a scraper on another machine must show; null = none may come. */
  readonly metricsToken: Secret | null
}

export function createHealth(options: HealthOptions): Hono {
  const app = new Hono<Env>()
  const startedAt = options.clock.monotonic()

  app.get('/healthz', async (c) => {
    const may = await options.maySee(c)
    const hosts = options.hosts().map((host) => ({ ...host, nodes: host.nodes.filter(may) }))
    return c.json({
      status: options.ready() ? 'ok' : 'stopping',
      version: options.version,
      uptime: Math.floor((options.clock.monotonic() - startedAt) / 1000),
      viewers: options.viewers(),
      // Hosts of nodes that are hidden from this visitor are hidden with them.
      hosts: hosts.filter(({ nodes }) => nodes.length > 0),
      names: options.nameLists?.() ?? [],
    })
  })
  // Supermon-NG's own name for it.
  app.get('/health', (c) => {
    const ready = options.ready()
    return c.json({ status: ready ? 'ok' : 'stopping', version: options.version, timestamp: iso(options.clock.now()) }, ready ? 200 : 503)
  })
  // An Asterisk that is down is no reason to restart the gateway, nor to keep viewers from being told so.
  app.get('/healthz/live', (c) => c.json({ status: 'ok' }))
  app.get('/healthz/ready', (c) => (options.ready() ? c.json({ status: 'ok' }) : c.json({ status: 'stopping' }, 503)))

  app.get('/metrics', async (c) => {
    if (!mayScrape(c, options.metricsToken)) {
      const message = 'Only this machine, or whoever sends the token of --metrics-token-file as a bearer token, may read the metrics.'
      return refuse(c, 403, 'metrics-not-allowed', 'Not allowed', message)
    }
    return c.body(await options.metrics.text(), 200, { 'content-type': options.metrics.contentType })
  })
  return app as unknown as Hono
}
