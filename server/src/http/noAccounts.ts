/** The answers about who somebody is where nobody can sign in: everybody is a visitor, and is told so. */
import { Hono } from 'hono'
import { PERMISSION_NAMES } from '../access/permissions.ts'
import { secureToken } from '../access/randomToken.ts'
import type { Clock } from '../env/clock.ts'
import { refuse } from './reply.ts'

/** A visitor, as `auth/me` tells of him. */
export const NOBODY = {
  user: null,
  authenticated: false,
  permissions: Object.fromEntries(PERMISSION_NAMES.map((name) => [name, false])),
  config_source: 'allmon.ini',
  sign_in: 'none',
  sign_in_url: null,
}

export function createNoAccounts(clock: Clock): Hono {
  const app = new Hono()
  for (const path of ['/auth/me', '/auth/check']) {
    app.get(path, (c) =>
      c.json({
        success: true,
        data: NOBODY,
        timestamp: new Date(clock.now()).toISOString(),
      }),
    )
  }
  // Clients ask for one before each command; what they hear of the command is why nobody may give any.
  app.get('/csrf-token', (c) => c.json({ success: true, csrf_token: secureToken(32) }))
  for (const path of ['/auth/login', '/auth/logout']) {
    app.post(path, (c) =>
      refuse(c, 404, 'no-accounts', 'No accounts', 'This gateway has no accounts, so nobody can sign in: start it with --users or --auth.'),
    )
  }
  return app
}
