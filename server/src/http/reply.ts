import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { SignIn } from '../access/authority.ts'

/** A refusal, in the one shape that all have: `error` is short, `message` says what to do, `code` is permanent. */
export function refuse(c: Context, status: ContentfulStatusCode, code: string, error: string, message: string): Response {
  return c.json({ success: false, error, message, code }, status)
}

export function badNode(c: Context): Response {
  return refuse(c, 400, 'bad-node', 'Bad node', 'Give the node as 1 to 40 letters, digits, / _ or -.')
}

export function noSuchNode(c: Context): Response {
  return refuse(c, 404, 'no-such-node', 'Node not found', 'There is no such node here, or you may not see it.')
}

export function iso(ms: number): string {
  return new Date(ms).toISOString()
}

export function signInFirst(signIn: SignIn): string {
  return signIn.at === 'here' ? 'Sign in first.' : `Sign in first, on the Supermon-NG page at ${signIn.url}.`
}
