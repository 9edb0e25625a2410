/**
 * The HTTP routes, in Supermon-NG's shapes and without its leaks: no AMI host, user or password is in any answer,
 * because nothing in this room knows them. docs/http-api.md lists them.
 */
import { Hono } from 'hono'
import type { Context } from 'hono'
import { routePath } from 'hono/route'
import type { SiteTexts } from '../site/siteWatch.ts'
import { createActions } from './actions.ts'
import { createAstDb } from './astdbRoutes.ts'
import type { NodeNames } from './astdbRoutes.ts'
import { createAuth, whoIs } from './auth.ts'
import { createConfigRoutes } from './configRoutes.ts'
import type { Site } from './configRoutes.ts'
import { createControl } from './control.ts'
import type { ControlOptions } from './control.ts'
import { createHealth } from './health.ts'
import type { HealthOptions } from './health.ts'
import { identityOf } from './identity.ts'
import { createNoAccounts, NOBODY } from './noAccounts.ts'
import { createNodes } from './nodes.ts'
import type { NodesOptions } from './nodes.ts'
import { createPreferences } from './preferenceRoutes.ts'
import { refuse } from './reply.ts'
import { createRollout } from './rolloutRoutes.ts'
import type { RolloutRoutesOptions } from './rolloutRoutes.ts'
import { createSocketAddress } from './socketAddress.ts'
import type { SocketAddressOptions } from './socketAddress.ts'
import { createTickets } from './tickets.ts'
import type { TicketRoutesOptions } from './tickets.ts'
import { createVoter } from './voter.ts'
import type { VoterOptions } from './voter.ts'

export interface ApiOptions
  extends Omit<HealthOptions, 'maySee'>, SocketAddressOptions, Omit<NodesOptions, 'maySee' | 'addressOf'>, Pick<TicketRoutesOptions, 'limits'>,
    Omit<RolloutRoutesOptions, 'maySee' | 'maySeeSystem' | 'metrics'> {
  /** What the configuration says besides its nodes. */
  site(): Site
  readonly texts: SiteTexts
  readonly names: NodeNames
  readonly desk: ControlOptions['desk']
  readonly voter: VoterOptions['look']
  /** Masks secrets, as the one of this server does. */
  readonly log: { warn(fields: object, message: string): void }
}

export function createApi(options: ApiOptions): Hono {
  const app = new Hono()
  app.use(async (c, next) => {
    await next()
    options.metrics.answered(routePath(c, -1), c.res.status)
    // Nearly all depends on who asks, so nothing is kept that does not say so itself.
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-cache, no-store')
    c.header('x-content-type-options', 'nosniff')
  })

  const { access, clock } = options
  const maySee = async (c: Context): Promise<(node: string) => boolean> => {
    if (access === null) return () => true
    const mine = access.nodesOf(await identityOf(access, c))
    return (node) => mine.has(node)
  }
  const maySeeSystem = async (c: Context) => access !== null && access.can(await identityOf(access, c), 'SYSINFUSER')
  const addressOf = createSocketAddress(options)
  const mount = (routes: Hono) => { app.route('/api/v1', routes) }
  if (access === null) mount(createNoAccounts(clock))
  else {
    mount(createAuth(access, options) as unknown as Hono)
    mount(createTickets(access, addressOf, options))
  }
  mount(createControl(options))
  mount(createActions(options))
  mount(createPreferences(options))
  mount(createVoter({ maySee, look: options.voter }))
  mount(createNodes({ ...options, maySee, addressOf }))
  mount(createRollout({ ...options, maySee, maySeeSystem }))
  mount(createAstDb(options.names, clock))
  mount(
    createConfigRoutes({
      ...options,
      maySee,
      me: (c) => (access === null ? Promise.resolve(NOBODY) : whoIs(access, c)),
      maySeeSystem,
      names: () => options.names.size,
    }),
  )
  app.route('/', createHealth({ ...options, maySee }))

  const methods = methodsByPath(app)
  app.notFound((c) => {
    // Before Supermon-NG's API had a version; nobody is left wondering where it went.
    if (c.req.path.startsWith('/api/') && !c.req.path.startsWith('/api/v1/')) {
      return refuse(c, 410, 'gone', 'Gone', 'The routes are below /api/v1 now; docs/http-api.md lists them.')
    }
    const allowed = methods(c.req.path)
    if (allowed.length === 0) return refuse(c, 404, 'no-such-route', 'Not found', 'There is no such route; see docs/http-api.md.')
    c.header('allow', allowed.join(', '))
    return refuse(c, 405, 'wrong-method', 'Method not allowed', `This route accepts only ${allowed.join(' and ')}.`)
  })
  app.onError((error, c) => {
    options.log.warn({ err: error, route: routePath(c, -1) }, 'a request could not be answered')
    return refuse(c, 500, 'internal', 'Internal server error', 'Internal error of the gateway; see its log.')
  })
  return app
}

/** What a path could be asked with, by the routes that are mounted. */
function methodsByPath(app: Hono): (path: string) => string[] {
  const routes = app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => ({ method, pattern: new RegExp(`^${path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:[A-Za-z]+/g, '[^/]+')}$`) }))
  return (path) => {
    const found = new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))
    return [...found, ...(found.has('GET') ? ['HEAD'] : [])]
  }
}
