/** Signing in and out, in Supermon-NG's shapes. The cookie is the only proof of who somebody is. */
import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import type { Context } from 'hono'
import * as v from 'valibot'
import type { Access, Identity } from '../access/access.ts'
import { CSRF_HEADER, CSRF_REFUSED } from '../access/csrf.ts'
import type { Clock } from '../env/clock.ts'

type Env = { Bindings: HttpBindings }

const loginSchema = v.object({
  username: v.pipe(v.string(), v.minLength(1), v.maxLength(256)),
  password: v.pipe(v.string(), v.minLength(1), v.maxLength(1_024)),
})

export interface Visitor {
  readonly address: string
  /** Did the visitor come over TLS? */
  readonly secure: boolean
}

/**
 * Where a request comes from. Only a proxy on this machine is believed when it speaks for somebody else, and then its last
 * word: what stands before it the visitor may have written himself.
 */
export function visitorOf(request: { remoteAddress: string | undefined; header(name: string): string | undefined }): Visitor {
  const peer = request.remoteAddress ?? ''
  const isProxy = peer === '::1' || peer.replace(/^::ffff:/, '').startsWith('127.')
  const forwarded = isProxy ? request.header('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined
  return {
    address: forwarded === undefined || forwarded === '' ? peer : forwarded,
    secure: isProxy && request.header('x-forwarded-proto')?.trim().toLowerCase() === 'https',
  }
}

export function identityOf(access: Access, c: Context): Promise<Identity> {
  return Promise.resolve(access.identify({ cookie: c.req.header('cookie') }))
}

export function createAuth(access: Access, clock: Clock): Hono<Env> {
  const app = new Hono<Env>()
  const visitor = (c: Context<Env>) =>
    visitorOf({ remoteAddress: c.env.incoming.socket.remoteAddress, header: (name) => c.req.header(name) })
  const now = () => new Date(clock.now()).toISOString()

  const me = async (c: Context<Env>) => {
    const identity = await identityOf(access, c)
    const renewed = access.renewedCookie({ cookie: c.req.header('cookie') }, identity, visitor(c).secure)
    if (renewed !== null) c.header('set-cookie', renewed)
    return c.json({
      success: true,
      data: {
        user: identity.user === null ? null : { name: identity.user },
        authenticated: identity.user !== null,
        permissions: access.permissionTable(identity),
        config_source: 'allmon.ini',
      },
      timestamp: now(),
    })
  }
  app.get('/auth/me', me)
  app.get('/auth/check', me)

  app.get('/csrf-token', async (c) => {
    const { session, token } = access.ensureSession(await identityOf(access, c))
    if (token !== null) c.header('set-cookie', access.cookie(token, visitor(c).secure))
    return c.json({ success: true, csrf_token: session.csrf.reveal() })
  })

  app.post('/auth/login', async (c) => {
    const body = v.safeParse(loginSchema, await c.req.json().catch(() => null))
    if (!body.success) {
      return c.json({ success: false, message: 'Give username and password as JSON.', data: null, timestamp: now() }, 400)
    }
    const { address, secure } = visitor(c)
    const { username, password } = body.output
    const result = await access.login(username, password, address, (await identityOf(access, c)).session)
    if (result.ok) {
      c.header('set-cookie', access.cookie(result.token, secure))
      return c.json({ success: true, message: 'Login successful', data: { user: username, authenticated: true }, timestamp: now() })
    }
    if (result.code === 'bad-credentials') {
      return c.json({ success: false, message: 'Invalid username or password', data: null, timestamp: now() }, 401)
    }
    c.header('retry-after', String(Math.ceil(result.retryAfterMs / 1000)))
    return c.json({ success: false, message: 'Too many attempts. Wait a little.', data: null, timestamp: now() }, 429)
  })

  app.post('/auth/logout', async (c) => {
    const identity = await identityOf(access, c)
    // Signing somebody out from another site is a nuisance, and costs one header to prevent.
    if (identity.session !== null && !access.csrfOk(identity, c.req.header(CSRF_HEADER))) {
      return c.json({ success: false, message: CSRF_REFUSED }, 403)
    }
    access.logout(identity)
    c.header('set-cookie', access.noCookie(visitor(c).secure))
    return c.json({ success: true, message: 'Logged out', data: { authenticated: false }, timestamp: now() })
  })
  return app
}
