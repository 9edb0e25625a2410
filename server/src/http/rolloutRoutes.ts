/** The rollout over HTTP: the flag that pages decide by, the figures that they report, and what these come to. */
import { Hono } from 'hono'
import type { Context } from 'hono'
import * as v from 'valibot'
import { figuresSchema, MAX_REPORT } from '../../../protocol/rollout.ts'
import type { Authority } from '../access/authority.ts'
import type { Secret } from '../config/secret.ts'
import { AddressPace } from '../env/addressPace.ts'
import type { Clock } from '../env/clock.ts'
import type { Proxies, Visitor } from '../env/visitor.ts'
import { paceLimit, reportAllowances, reportedMinutes } from '../gateway/limits.ts'
import type { Limits } from '../gateway/limits.ts'
import type { Meter } from '../gateway/meter.ts'
import { originAllowed } from '../gateway/origin.ts'
import { isPlausible } from '../rollout/figures.ts'
import type { Figures } from '../rollout/figures.ts'
import { reportOf } from '../rollout/report.ts'
import { total } from '../rollout/totals.ts'
import { flagOf } from '../rollout/flag.ts'
import type { RolloutSource } from '../rollout/rolloutWatch.ts'
import { identityOf } from './identity.ts'
import type { MaySee } from './nodes.ts'
import { readJson } from './jsonBody.ts'
import { iso, refuse } from './reply.ts'
import { mayScrape } from './scraper.ts'
import { visitorOf } from './socketAddress.ts'

export interface RolloutRoutesOptions {
  readonly clock: Clock
  /** Who may see what; null = everybody may see all. */
  readonly access: Authority | null
  readonly maySee: MaySee
  readonly rollout: RolloutSource
  readonly figures: Figures
  readonly proxies: Proxies
  readonly limits: Limits
  readonly metrics: Pick<Meter, 'refused'>
  /** What somebody on another machine must show for the report, who did not sign in; null = nobody there is told. */
  readonly metricsToken: Secret | null
  /** May whoever asks see the state of the system (`SYSINFUSER`)? */
  maySeeSystem(c: Context): Promise<boolean>
  /** Pages of these origins may report, besides those that come from here; `*` = all. */
  readonly origins: readonly string[]
}

export function createRollout(options: RolloutRoutesOptions): Hono {
  const app = new Hono()
  const { clock, access, maySee, rollout, figures, limits } = options
  const reports = new AddressPace(clock, ...reportAllowances(limits))
  const minutes = new AddressPace(clock, ...reportedMinutes(limits))

  const tooMany = (c: Context, what: 'reportsPerMinute' | 'reportPages', { crowd }: Visitor, waitMs: number) => {
    options.metrics.refused(paceLimit(what, crowd), 429)
    c.header('retry-after', String(Math.ceil(waitMs / 1000)))
    return refuse(c, 429, 'too-many-reports', 'Too many reports', 'Too many figures from your address; wait a little.')
  }

  app.get('/config/realtime', async (c) => {
    const user = access === null ? null : (await identityOf(access, c)).user
    return c.json({ success: true, data: flagOf(rollout.rollout, user, await maySee(c)), timestamp: iso(clock.now()) })
  })

  // A beacon carries no header of ours, so there is no token: the figures change nothing that anybody could want for himself.
  app.post('/rollout/figures', async (c) => {
    const visitor = visitorOf(c, options.proxies)
    const { address, crowd, hosts } = visitor
    if (!originAllowed(c.req.header('origin'), hosts, options.origins)) {
      options.metrics.refused('origin', 403)
      return refuse(c, 403, 'origin', 'Not allowed', 'Pages from other sites may not report here.')
    }
    const waitMs = reports.take(address, crowd)
    if (waitMs > 0) return tooMany(c, 'reportsPerMinute', visitor, waitMs)
    const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
    if (!TYPES.includes(type)) return refuse(c, 400, 'bad-figures', 'Bad figures', `Send them as ${TYPES.join(' or ')}.`)
    const body = await readJson(c, MAX_REPORT)
    if (!body.ok && body.code === 'too-long') return refuse(c, 413, 'too-long', 'Too long', `A report has ${MAX_REPORT} bytes at most.`)
    const report = v.safeParse(figuresSchema, body.ok ? body.value : null)
    if (!report.success || !isPlausible(report.output)) return refuse(c, 400, 'bad-figures', 'Bad figures', 'This is not a report from a page.')
    const restMs = minutes.take(address, crowd, total(report.output) / 60_000)
    if (restMs > 0) return tooMany(c, 'reportPages', visitor, restMs)
    if (!figures.take(report.output, clock.now())) return refuse(c, 400, 'bad-figures', 'Bad figures', 'This stage has not been in force.')
    return c.body(null, 204)
  })

  app.get('/rollout/report', async (c) => {
    if (!mayScrape(c, options.metricsToken) && !(await options.maySeeSystem(c))) {
      return refuse(c, 403, 'not-allowed', 'Not allowed', 'Sign in with an account that has the right SYSINFUSER, ask from this machine, or send the token of --metrics-token-file.')
    }
    return c.json({ success: true, data: reportOf(rollout.rollout, figures, clock.now()), timestamp: iso(clock.now()) })
  })
  return app
}

/** As pages send them, and as `sendBeacon` sends text. */
const TYPES = ['application/json', 'text/plain']
