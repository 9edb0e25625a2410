import { Secret } from '../config/secret.ts'
import type { RandomToken } from './randomToken.ts'
import { safeEqual } from './safeEqual.ts'

/** Header in which pages send the token back, in the lower case of node:http. */
export const CSRF_HEADER = 'x-csrf-token'

/** Supermon-NG's clients tell a refused token by this text, and fetch another. Goes out with 403. */
export const CSRF_REFUSED = 'CSRF token validation failed. Please refresh the page and try again.'

/** 64 hex characters, kept as long as the session. */
export function newCsrfToken(randomToken: RandomToken): Secret {
  return new Secret(randomToken(32))
}

/** Did the request bring its session's token? Takes the same time wherever the two differ. */
export function csrfMatches(expected: Secret, offered: string | undefined): boolean {
  return offered !== undefined && offered !== '' && safeEqual(offered, expected.reveal())
}
