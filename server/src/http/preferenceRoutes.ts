/**
 * How somebody likes his page: `config/display` and `config/user/preferences`. Kept in his browser, in cookies, `display-data[…]` named
 * as Supermon-NG names them; this process keeps nothing of it.
 */
import { Hono } from 'hono'
import type { Context } from 'hono'
import * as v from 'valibot'
import type { Authority } from '../access/authority.ts'
import { cookieValues, serialiseCookie } from '../access/cookies.ts'
import type { Clock } from '../env/clock.ts'
import type { Proxies } from '../env/visitor.ts'
import { csrfRefusal } from './csrf.ts'
import { readJson } from './jsonBody.ts'
import { iso, refuse } from './reply.ts'
import { visitorOf } from './socketAddress.ts'

export interface PreferenceOptions {
  readonly clock: Clock
  readonly base: string
  readonly proxies: Proxies
  /** null = there are no accounts. */
  readonly access: Authority | null
}

const MAX_BODY = 2_048
const YEAR_MS = 365 * 24 * 3_600_000

const flag = v.pipe(v.union([v.boolean(), v.picklist(['0', '1', 0, 1])]), v.transform((given) => (Number(given) === 1 ? '1' : '0')))
const count = v.pipe(v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,4}$/), v.transform(Number))]), v.integer(), v.minValue(0), v.maxValue(9_999), v.transform(String))

/** What each route takes and tells: the cookie's text by key, how it is checked, and how it is told. */
const DISPLAY = {
  'number-displayed': { schema: count, fallback: '0' },
  'show-number': { schema: flag, fallback: '0' },
  'show-all': { schema: flag, fallback: '1' },
  'show-detailed': { schema: flag, fallback: '1' },
  'show-date-time': { schema: flag, fallback: '1' },
} as const
const PREFERENCES = {
  showDetail: { schema: flag, fallback: '1' },
  displayedNodes: { schema: count, fallback: '999' },
  showCount: { schema: flag, fallback: '0' },
  showAll: { schema: flag, fallback: '1' },
} as const

type Settings = Readonly<Record<string, { readonly schema: typeof flag | typeof count; readonly fallback: string }>>
type Values = Readonly<Record<string, string>>

export function createPreferences(options: PreferenceOptions): Hono {
  const app = new Hono()
  const route = (path: string, cookie: string, settings: Settings, told: (values: Values) => object) => {
    app.get(path, (c) => c.json({ success: true, data: told(kept(c, cookie, settings)), timestamp: iso(options.clock.now()) }))
    app.put(path, async (c) => {
      const body = await readJson(c, MAX_BODY)
      const refused = await csrfRefusal(c, options.access, body.ok ? body.value : null)
      if (refused !== null) return refused
      const given = readSettings(settings, body.ok ? body.value : null)
      if (given === null) {
        return refuse(c, 400, 'bad-request', 'Bad request', `Give some of ${Object.keys(settings).join(', ')} as JSON: 0 or 1, numbers up to 9999.`)
      }
      const { secure } = visitorOf(c, options.proxies)
      for (const [key, value] of Object.entries(given)) {
        c.header('set-cookie', serialiseCookie(value, { name: `${cookie}[${key}]`, base: options.base, secure, maxAgeMs: YEAR_MS }), { append: true })
      }
      return c.json({ success: true, data: told({ ...kept(c, cookie, settings), ...given }), timestamp: iso(options.clock.now()) })
    })
  }
  route('/config/display', 'display-data', DISPLAY, (values) => values)
  route('/config/user/preferences', 'preferences', PREFERENCES, ({ showDetail, displayedNodes, showCount, showAll }) => ({
    showDetail: showDetail === '1',
    displayedNodes: Number(displayedNodes),
    showCount: showCount === '1',
    showAll: showAll === '1',
  }))
  return app
}

/** What the visitor's cookies say; a value that nobody set here counts as none. */
function kept(c: Context, cookie: string, settings: Settings): Values {
  const header = c.req.header('cookie')
  return Object.fromEntries(
    Object.entries(settings).map(([key, { schema, fallback }]) => {
      const read = v.safeParse(schema, cookieValues(header, `${cookie}[${key}]`)[0])
      return [key, read.success ? read.output : fallback]
    }),
  )
}

/** null = nothing of it is a setting, or one of them is none of its values. Others' keys are passed over. */
function readSettings(settings: Settings, body: unknown): Values | null {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null
  const given: Record<string, string> = {}
  for (const [written, value] of Object.entries(body as Record<string, unknown>)) {
    // Supermon-NG tells `show-all` and takes `show_all` (ConfigController::updateDisplayConfig).
    const key = written.replaceAll('_', '-')
    const setting = Object.hasOwn(settings, key) ? settings[key] : undefined
    if (setting === undefined) continue
    const read = v.safeParse(setting.schema, value)
    if (!read.success) return null
    given[key] = read.output
  }
  return Object.keys(given).length === 0 ? null : given
}
