/** `config/*`, `bootstrap` and what else a page asks before it shows anything. Fields are named one by one: nothing leaks by being there. */
import { Hono } from 'hono'
import type { Context } from 'hono'
import type { Clock } from '../env/clock.ts'
import type { SiteTexts } from '../site/siteWatch.ts'
import { menuSections } from './menu.ts'
import type { MenuSource } from './menu.ts'
import { iso, refuse } from './reply.ts'
import type { MaySee, PublicNode } from './nodes.ts'

/** What the configuration says besides its nodes; `AllmonConfig` is one. */
export interface Site extends MenuSource {
  readonly defaultNodes: readonly string[]
}
export const NO_SITE: Site = { groups: [], voters: [], links: [], order: [], defaultNodes: [] }

export interface ConfigRoutesOptions {
  readonly clock: Clock
  readonly version: string
  nodes(): readonly PublicNode[]
  site(): Site
  /** What it says about itself, now. */
  readonly texts: SiteTexts
  readonly maySee: MaySee
  /** As `auth/me` answers. */
  me(c: Context): Promise<unknown>
  /** May whoever asks see the state of the system (`SYSINFUSER`)? */
  maySeeSystem(c: Context): Promise<boolean>
  /** Entries of the node list. */
  names(): number
  hosts(): readonly { readonly status: string }[]
}

export function createConfigRoutes(options: ConfigRoutesOptions): Hono {
  const app = new Hono()
  const { clock } = options
  const ok = (c: Context, data: unknown) => c.json({ success: true, data, timestamp: iso(clock.now()) })
  const configNodes = async (c: Context) => {
    const may = await options.maySee(c)
    const nodes = options.nodes().filter(({ id }) => may(id))
    const config = Object.fromEntries(
      nodes.map(({ id, system, menu, hideNodeURL, listenlive, archive, lsnodes }) => [id, { system, menu, hideNodeURL, listenlive, archive, lsnodes }]),
    )
    const defaultNodes = options.site().defaultNodes.filter(may)
    const chosen = defaultNodes.length > 0 ? defaultNodes.join() : (nodes[0]?.id ?? null)
    // Supermon-NG's `default_node` names the first node where the file names none; this one is what the file names.
    return { config, ini_file: 'allmon.ini', default_node: chosen, default_nodes: defaultNodes }
  }
  const menu = async (c: Context) => ({ sections: menuSections(options.site(), options.nodes(), await options.maySee(c)) })
  const systemInfo = async (c: Context) => {
    const { facts, logo } = options.texts
    return {
      ...Object.fromEntries(NOT_TOLD.map((name) => [name, null])),
      titleLogged: PRODUCT,
      titleNotLogged: PRODUCT,
      ...facts,
      smServerName: facts.smServerName ?? PRODUCT,
      // Below the API's own base, wherever that is: an absolute address would be wrong behind the next proxy.
      logoImage: logo === null ? null : `config/logo?v=${logo.version}`,
      iniFile: 'allmon.ini',
      versionDate: options.version,
      username: ((await options.me(c)) as { user: { name: string } | null }).user?.name ?? null,
    }
  }
  const database = () => ({ entries_count: options.names(), file_exists: options.names() > 0, auto_update_enabled: false })

  app.get('/config/nodes', async (c) => ok(c, await configNodes(c)))
  app.get('/config/menu', async (c) => ok(c, await menu(c)))
  app.get('/config/system-info', async (c) => ok(c, await systemInfo(c)))
  app.get('/config/logo', (c) => {
    const { logo } = options.texts
    if (logo === null) return refuse(c, 404, 'no-logo', 'No logo', 'Name a PNG, JPEG, GIF or WebP file as $LOGO_NAME in global.inc, and put it beside that file.')
    return c.body(logo.bytes, 200, {
      'content-type': logo.type,
      // Its address changes with its content.
      'cache-control': 'public, max-age=86400',
      'content-security-policy': "default-src 'none'; sandbox",
    })
  })
  app.get('/database/status', (c) => ok(c, database()))
  app.get('/version/check', (c) => ok(c, { current: options.version, latest: null, update_available: false }))
  app.get('/bootstrap', async (c) =>
    ok(c, {
      auth: await options.me(c),
      systemInfo: await systemInfo(c),
      databaseStatus: database(),
      nodes: await configNodes(c),
      menu: await menu(c),
      setup: { needs_setup: false, setup_complete: true },
    }),
  )
  app.get('/system/health', async (c) => {
    if (!(await options.maySeeSystem(c))) {
      return refuse(c, 403, 'not-allowed', 'Not allowed', 'Sign in with an account that has the right SYSINFUSER; /healthz is for machines.')
    }
    const up = options.hosts().every(({ status }) => status !== 'down')
    const check = (good: boolean, state: string) => ({ ok: good, state })
    return ok(c, {
      healthy: up,
      checks: {
        backend_service: check(true, 'active'),
        websocket_service: check(true, 'active'),
        asterisk: check(up, up ? 'reachable' : 'an Asterisk does not answer; /healthz says which'),
      },
      checked_at: iso(clock.now()),
    })
  })
  return app
}

const PRODUCT = 'Supermon Live'

/** What pages of Supermon-NG look for besides; nothing here knows it. */
const NOT_TOLD = ['uptime', 'upSince', 'loadAverage', 'coreDumps', 'cpuTemp', 'cpuTime', 'customHeaderBackground'] as const
