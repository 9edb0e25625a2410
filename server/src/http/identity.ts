import type { Context } from 'hono'
import type { Authority, CookieHeader, Identity } from '../access/authority.ts'

/** What of a request identifies its sender. */
export function cookieOf(c: Context): CookieHeader {
  return { cookie: c.req.header('cookie'), host: c.req.header('host'), 'x-forwarded-host': c.req.header('x-forwarded-host') }
}

/** Who sends this request: the cookie is the only proof. */
export function identityOf(authority: Authority, c: Context): Promise<Identity> {
  return Promise.resolve(authority.identify(cookieOf(c)))
}
