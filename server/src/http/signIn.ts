/** Signing in and out, in Supermon-NG's shapes: with the accounts of this gateway, or the way to where it is done. */
import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import type { Context } from 'hono'
import * as v from 'valibot'
import type { Access } from '../access/access.ts'
import type { Authority } from '../access/authority.ts'
import { secureToken } from '../access/randomToken.ts'
import type { Visitor } from '../env/visitor.ts'
import type { Meter } from '../gateway/meter.ts'
import { originAllowed } from '../gateway/origin.ts'
import { csrfOk, refuseCsrf } from './csrf.ts'
import { cookieOf, identityOf } from './identity.ts'
import { readJson } from './jsonBody.ts'
import { refuse } from './reply.ts'

type Env = { Bindings: HttpBindings }

export interface SignInOptions {
  readonly visitorOf: (c: Context<Env>) => Visitor
  /** ISO 8601. */
  readonly now: () => string
  /** Pages of these origins may sign people in, besides those that come from here; `*` = all. */
  readonly origins: readonly string[]
  readonly metrics: Pick<Meter, 'refused'>
}

const loginSchema = v.object({
  username: v.pipe(v.string(), v.minLength(1), v.maxLength(256)),
  password: v.pipe(v.string(), v.minLength(1), v.maxLength(1_024)),
})

/** A name and a password of the lengths above, escaped, have less. */
const MAX_BODY = 16_384

export function signInHere(access: Access, { visitorOf, now, origins, metrics }: SignInOptions): Hono<Env> {
  const app = new Hono<Env>()

  app.get('/csrf-token', async (c) => {
    const { session, token } = access.ensureSession(await identityOf(access, c))
    if (token !== null) c.header('set-cookie', access.cookie(token, visitorOf(c)))
    return c.json({ success: true, csrf_token: session.csrf.reveal() })
  })

  // There is no token yet. Another site's page would sign people in as somebody else, or use up an operator's attempts from his own address.
  app.post('/auth/login', async (c) => {
    const visitor = visitorOf(c)
    if (!originAllowed(c.req.header('origin'), visitor.hosts, origins)) {
      metrics.refused('origin', 403)
      return refuse(c, 403, 'origin', 'Not allowed', 'Open this page under the name of the gateway, or allow its address there (--origins), then sign in.')
    }
    const read = await readJson(c, MAX_BODY)
    const body = v.safeParse(loginSchema, read.ok ? read.value : null)
    if (!body.success) return refuse(c, 400, 'bad-request', 'Bad request', 'Give username and password as JSON.')
    const { username, password } = body.output
    const result = await access.login(username, password, visitor.address, cookieOf(c))
    if (result.ok) {
      c.header('set-cookie', access.cookie(result.token, visitor))
      return c.json({ success: true, message: 'Login successful', data: { user: username, authenticated: true }, timestamp: now() })
    }
    if (result.code === 'bad-credentials') return refuse(c, 401, result.code, 'Not signed in', 'Invalid username or password')
    c.header('retry-after', String(Math.ceil(result.retryAfterMs / 1000)))
    return refuse(c, 429, result.code, 'Too many attempts', 'Too many attempts. Wait a little.')
  })

  app.post('/auth/logout', async (c) => {
    const identity = await identityOf(access, c)
    // Signing somebody out from another site is a nuisance, and costs one token to prevent.
    if (identity.session !== null) {
      const body = await readJson(c, MAX_BODY)
      if (!csrfOk(c, access, identity, body.ok ? body.value : null)) return refuseCsrf(c)
    }
    access.logout(cookieOf(c))
    c.header('set-cookie', access.noCookie(visitorOf(c)))
    return c.json({ success: true, message: 'Logged out', data: { authenticated: false }, timestamp: now() })
  })
  return app
}

/** @param url of the page where it is done; goes out to everybody */
export function signInElsewhere(authority: Authority, url: string): Hono<Env> {
  const app = new Hono<Env>()

  app.get('/csrf-token', async (c) => {
    const { session } = await identityOf(authority, c)
    // Supermon-NG's clients ask before they sign in and want an answer; without a session no token is good for anything.
    return c.json({ success: true, csrf_token: session?.csrf.reveal() ?? secureToken(32) })
  })

  for (const [path, what] of [['/auth/login', 'Sign in'], ['/auth/logout', 'Sign out']] as const) {
    app.post(path, (c) =>
      refuse(c, 404, 'sign-in-elsewhere', 'Not here', `${what} on the Supermon-NG page at ${url}; this gateway follows within seconds.`),
    )
  }
  return app
}
