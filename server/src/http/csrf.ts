import type { Context } from 'hono'
import type { Authority, Identity } from '../access/authority.ts'
import { CSRF_HEADER, CSRF_REFUSED } from '../access/csrf.ts'
import { identityOf } from './identity.ts'
import { refuse, signInFirst } from './reply.ts'

/** The token that a request brings: in the header, or as the field `csrf_token` of its JSON body, as Supermon-NG takes it too. */
export function csrfOffered(c: Context, body: unknown): string | undefined {
  const header = c.req.header(CSRF_HEADER)
  if (header !== undefined) return header
  const field = typeof body === 'object' && body !== null ? (body as { csrf_token?: unknown }).csrf_token : undefined
  return typeof field === 'string' ? field : undefined
}

/** Did it bring its session's? */
export function csrfOk(c: Context, access: Authority, identity: Identity, body: unknown): boolean {
  return access.csrfOk(identity, csrfOffered(c, body))
}

export function refuseCsrf(c: Context): Response {
  return refuse(c, 403, 'csrf', 'Not allowed', CSRF_REFUSED)
}

/** For requests that change something and need no account: the refusal, or null. Without accounts there is no session to hold a token. */
export async function csrfRefusal(c: Context, access: Authority | null, body: unknown): Promise<Response | null> {
  if (access === null) return null
  const identity = await identityOf(access, c)
  // A session elsewhere cannot be made here, so fetching another token would not help.
  if (identity.session === null && access.signIn.at === 'elsewhere') {
    return refuse(c, 401, 'not-signed-in', 'Authentication required', signInFirst(access.signIn))
  }
  return csrfOk(c, access, identity, body) ? null : refuseCsrf(c)
}
