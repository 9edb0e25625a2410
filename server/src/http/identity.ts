import type { Context } from 'hono'
import type { Authority, Identity } from '../access/authority.ts'

/** Who sends this request: the cookie is the only proof. */
export function identityOf(authority: Authority, c: Context): Promise<Identity> {
  return Promise.resolve(authority.identify({ cookie: c.req.header('cookie') }))
}
