/** The whole server put together: what is behind → gateway and HTTP on one port. Used by `main.ts` and by tests. */
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { Identity } from '../../protocol/nodeState.ts'
import type { Authority } from './access/authority.ts'
import type { Behind } from './behind.ts'
import type { NodeConfig } from './config/allmonIni.ts'
import type { NameList } from './config/astdb.ts'
import type { TicketUse } from './config/options.ts'
import { NOBODY } from './config/rolloutFile.ts'
import type { Secret } from './config/secret.ts'
import { Arrival } from './env/arrival.ts'
import { steadyClock } from './env/clock.ts'
import type { Clock, Random } from './env/clock.ts'
import { Proxies } from './env/visitor.ts'
import type { OrderRights } from './fleet/orderDoor.ts'
import { Gateway } from './gateway/gateway.ts'
import { DEFAULT_LIMITS } from './gateway/limits.ts'
import type { Limits } from './gateway/limits.ts'
import { doorkeeperOf } from './guests.ts'
import { createApi } from './http/api.ts'
import type { NodeNames } from './http/astdbRoutes.ts'
import { NO_SITE } from './http/configRoutes.ts'
import type { Site } from './http/configRoutes.ts'
import { InFlight } from './http/inFlight.ts'
import { Metrics } from './http/metrics.ts'
import { NodePorts } from './http/nodePorts.ts'
import { createRequestPace } from './http/requestPace.ts'
import { createHttpServer } from './http/server.ts'
import { overAmi } from './overAmi.ts'
import type { EdgeSetup } from './overAmi.ts'
import { overMqtt } from './overMqtt.ts'
import type { FrontSetup } from './overMqtt.ts'
import { Figures } from './rollout/figures.ts'
import { newsOf } from './rollout/flag.ts'
import { NO_ROLLOUT } from './rollout/rolloutWatch.ts'
import type { RolloutSource } from './rollout/rolloutWatch.ts'
import { NO_TEXTS } from './site/siteWatch.ts'
import type { SiteTexts } from './site/siteWatch.ts'

export interface AppOptions {
  /** null = whatever is heard of, which only a front can show. */
  readonly nodes: readonly NodeConfig[] | null
  readonly names: (id: string) => Identity | null
  /** The node list to search in; left out, nothing is found. */
  readonly search?: Pick<NodeNames, 'size' | 'search' | 'refresh'> & { readonly lists: readonly NameList[] }
  /** What the configuration says besides its nodes. */
  readonly site?: Site
  /** What the site says about itself, always as of now. */
  readonly texts?: SiteTexts
  /** 0 = any free port. */
  readonly port: number
  readonly host: string
  readonly base: string
  readonly version: string
  readonly dialect: 'plan' | 'supermon-ng'
  /** Folder of the built dashboard; null = none. */
  readonly files: string | null
  readonly demo: boolean
  /** Port of the first node's own server; left out, nodes have none. */
  readonly nodePorts?: number | null
  /** The same for the first voter that the site names. */
  readonly voterPorts?: number | null
  /** What a scraper of /metrics on another machine must show; left out, none may come. */
  readonly metricsToken?: Secret | null
  readonly log: AppLog
  /** Who may see what; left out, everybody may see all. Not disposed of here. */
  readonly access?: Authority | null
  /** Who holds sockets; left out, everybody. Not stopped here. */
  readonly rollout?: RolloutSource
  /** Where pages' figures are summed up; left out, in memory only. */
  readonly figures?: Figures
  /** Must every socket bring a ticket? Only where there are accounts. Default optional. */
  readonly tickets?: TicketUse
  /** What users may who order over the broker of `edge`; left out, nothing. */
  readonly orderRights?: OrderRights | null
  /** A broker is told of the nodes; left out, none is. */
  readonly edge?: EdgeSetup | null
  /** The nodes are those of other gateways, heard over a broker; left out, those of `nodes`. */
  readonly front?: FrontSetup | null
  /** What differs from the defaults. */
  readonly limits?: Partial<Limits>
  /** Pages of these origins may connect, besides those that come from here; `*` = all. */
  readonly origins?: readonly string[]
  /** Proxies that are believed when they speak for somebody, besides those on this machine. */
  readonly trustedProxies?: readonly string[]
  readonly lingerMs?: number
  readonly beatMs?: number
  /** See {@link GatewayOptions.sweepMs}. */
  readonly sweepMs?: number
  /** See {@link GatewayOptions.departureMs}. */
  readonly departureMs?: number
  /** Default: those of the system. */
  readonly clock?: Clock
  readonly random?: Random
}

/** What the application says about itself while it runs; pino's logger fits. */
export interface AppLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export interface App {
  readonly port: number
  /** How many nodes there are now. */
  readonly nodes: number
  /** The node's own port; null when it has none. */
  nodePort(node: string): number | null
  /** The same for the node's voter. */
  voterPort(node: string): number | null
  /** Every route, `GET /api/v1/nodes`. */
  readonly routes: readonly string[]
  /** Where a browser on this machine finds the dashboard. */
  readonly url: string
  /** These are the nodes from now on; viewers of a node that is the same as before notice nothing. */
  reconfigure(nodes: readonly NodeConfig[], site?: Site): void
  /** The node list says something else now: viewers are told of the names that differ. */
  namesChanged(): void
  /** Asks viewers to come back within `spreadMs`, lets them go, ends everything. */
  close(spreadMs?: number): Promise<void>
}

/** How long a stopping server waits for its viewers' sockets to close, ms. */
const GRACE_MS = 2_000
/** How long for requests to be answered; an HTTP question about a node waits 2 s for Asterisk's first word. */
const ANSWERS_MS = 3_000

/** @throws the listen error (`EADDRINUSE`, `EACCES` …) when the port cannot be had */
export async function startApp(options: AppOptions): Promise<App> {
  const { clock = steadyClock, random = Math.random, rollout = NO_ROLLOUT, figures = new Figures() } = options
  let site = options.site ?? NO_SITE

  const limits: Limits = { ...DEFAULT_LIMITS, ...options.limits }
  const arrival = new Arrival()
  let nodesChanged: () => void = () => undefined
  const run = `${clock.now().toString(36)}-${randomBytes(4).toString('hex')}`
  const { edge = null, front = null } = options
  const common = { clock, run, version: options.version, log: options.log, ...(options.lingerMs === undefined ? {} : { lingerMs: options.lingerMs }) }
  const metrics: Metrics = new Metrics({
    version: options.version,
    rollout: () => ({ rollout: rollout.rollout, counted: figures.counted }),
    // A front's edges are no Asterisks.
    hosts: () => (front === null ? behind.hosts().map(({ nodes: [node = ''], status }) => ({ node, status })) : []),
    ...(edge === null && front === null ? {} : { fleet: { at: front === null ? 'edge' : 'front', read: () => behind.fleet() } }),
  })
  const asterisks = front === null
    ? overAmi({ ...common, nodes: options.nodes ?? [], names: options.names, random, arrival, amiSessions: limits.amiSessions, meter: metrics, edge, rights: options.orderRights ?? null, oneTooMany: () => { metrics.refused('amiSessions', 0) } })
    : null
  const behind: Behind = asterisks ?? (await overMqtt({ ...common, front: front as FrontSetup, nodes: options.nodes, meter: metrics, onNodes: () => { nodesChanged() } }))
  const proxies = new Proxies(options.trustedProxies)
  const gateway = new Gateway({
    source: behind.nodes,
    voters: behind.voters,
    clock,
    version: options.version,
    legacyDialect: options.dialect,
    names: options.names,
    ...(options.access ? { doorkeeper: doorkeeperOf(options.access, options.tickets ?? 'optional') } : {}),
    limits,
    changeTimer: () => arrival.timer(),
    origins: options.origins ?? [],
    proxies,
    meter: metrics,
    ...(options.beatMs === undefined ? {} : { beatMs: options.beatMs }),
    rollout: newsOf(rollout.rollout),
    random,
    ...(options.departureMs === undefined ? {} : { departureMs: options.departureMs }),
    ...(options.sweepMs === undefined ? {} : { sweepMs: options.sweepMs }),
  })
  // A file that cannot be read says no stage: once it can, that may be the one whose figures are kept.
  const enterStage = () => { if (rollout.rollout !== NOBODY) figures.enter(rollout.rollout.percent, clock.now()) }
  enterStage()
  const stopRollout = rollout.onChange(() => {
    enterStage()
    gateway.setRollout(newsOf(rollout.rollout))
  })
  let stopping = false
  let port = options.port
  let nodePorts: NodePorts | null = null
  const api = createApi({
    clock,
    version: options.version,
    base: options.base,
    port: () => port,
    nodePort: (node) => nodePorts?.portOf(node) ?? null,
    proxies,
    configSource: options.demo ? 'demo' : 'allmon.ini',
    nodes: () => behind.list(),
    fresh: (node) => behind.nodes.fresh(node),
    hosts: () => behind.hosts(),
    viewers: () => gateway.viewers,
    nameLists: () => options.search?.lists ?? [],
    ready: () => !stopping,
    metrics,
    rollout,
    figures,
    origins: options.origins ?? [],
    metricsToken: options.metricsToken ?? null,
    access: options.access ?? null,
    limits,
    log: options.log,
    desk: behind.desk,
    site: () => site,
    texts: options.texts ?? NO_TEXTS,
    names: {
      get size() {
        return options.search?.size ?? 0
      },
      lookup: (id) => options.names(id),
      search: (text, limit) => options.search?.search(text, limit) ?? [],
      refresh: () => options.search?.refresh() ?? Promise.resolve(),
    },
    voter: async (node) => ((await behind.nodes.fresh(node)) === null ? null : behind.voters.look(node)),
  })
  const inFlight = new InFlight()
  const server = createHttpServer({
    api,
    pace: createRequestPace({ clock, limits, proxies, meter: metrics }),
    inFlight,
    files: options.files,
    base: options.base,
    upgrade: (request, socket, head, path) => { gateway.upgrade(request, socket, head, path) },
  })
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(options.port, options.host, resolve)
    })
  } catch (error) {
    stopRollout()
    await gateway.close(0, 0)
    await behind.dispose()
    throw error
  }
  port = (server.address() as AddressInfo).port
  const openPorts = async (from: number | null | undefined, option: string, pathOf: (node: string) => string, ids: readonly string[]) => {
    if (from == null) return null
    const ports = new NodePorts({
      from, option, pathOf,
      host: options.host,
      mainPort: port,
      upgrade: (request, socket, head, path) => { gateway.upgrade(request, socket, head, path) },
      warn: (fields, message) => { options.log.warn(fields, message) },
    })
    await ports.configure(ids)
    return ports
  }
  nodePorts = await openPorts(options.nodePorts, '--node-ports', (node) => `/ws/${node}`, behind.list().map(({ id }) => id))
  const voterPorts = await openPorts(options.voterPorts, '--voter-ports', (node) => `/ws/voter/${node}`, voterNodes(site))

  nodesChanged = () => {
    gateway.recheck()
    const ids = behind.list().map(({ id }) => id)
    void nodePorts?.configure(ids)
  }

  return {
    port,
    get nodes() {
      return behind.list().length
    },
    nodePort: (node) => nodePorts?.portOf(node) ?? null,
    voterPort: (node) => voterPorts?.portOf(node) ?? null,
    routes: [...new Set(api.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`))],
    url: `http://${urlHost(options.host)}:${port}${options.base}/`,
    reconfigure(next, nextSite) {
      site = nextSite ?? site
      behind.configure(next)
      nodesChanged()
      void voterPorts?.configure(voterNodes(site))
    },
    namesChanged() {
      asterisks?.refreshNames()
    },
    async close(spreadMs = 5_000) {
      stopping = true
      stopRollout()
      behind.stopOrders()
      server.close()
      nodePorts?.close()
      voterPorts?.close()
      await Promise.all([gateway.close(spreadMs, GRACE_MS), inFlight.finish(clock, ANSWERS_MS)])
      await behind.dispose()
      server.closeAllConnections()
    },
  }
}

/** Nodes that the site names as voters, each once. */
function voterNodes(site: Site): string[] {
  return [...new Set(site.voters.map(({ node }) => node))]
}

/** The address to show: one that listens everywhere is reached here too. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
