/** Who somebody is and what he may do, in Supermon-NG's shapes. */
import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import type { Context } from 'hono'
import type { Authority, Identity } from '../access/authority.ts'
import type { Clock } from '../env/clock.ts'
import type { Proxies } from '../env/visitor.ts'
import { identityOf } from './identity.ts'
import { refuse } from './reply.ts'
import { signInElsewhere, signInHere } from './signIn.ts'
import type { SignInOptions } from './signIn.ts'

type Env = { Bindings: HttpBindings }

/** Who sends this request, as `auth/me` tells it. */
export async function whoIs(authority: Authority, c: Context) {
  return told(authority, await identityOf(authority, c))
}

function told(authority: Authority, identity: Identity) {
  return {
    user: identity.user === null ? null : { name: identity.user },
    authenticated: identity.user !== null,
    permissions: authority.permissionTable(identity),
    config_source: 'allmon.ini',
    sign_in: authority.signIn.at,
    sign_in_url: authority.signIn.at === 'elsewhere' ? authority.signIn.url : null,
  }
}

export interface AuthOptions extends Pick<SignInOptions, 'origins' | 'metrics'> {
  readonly clock: Clock
  readonly proxies: Proxies
}

export function createAuth(authority: Authority, { clock, proxies, origins, metrics }: AuthOptions): Hono<Env> {
  const app = new Hono<Env>()
  const { signIn } = authority
  const visitorOf = (c: Context<Env>) =>
    proxies.visitorOf({ remoteAddress: c.env.incoming.socket.remoteAddress, header: (name) => c.req.header(name) })
  const now = () => new Date(clock.now()).toISOString()

  const me = async (c: Context<Env>) => {
    const identity = await identityOf(authority, c)
    // A page asks again by itself.
    if (authority.isUnknown?.(identity) === true) return refuse(c, 503, 'not-known-yet', 'Not known yet', 'Supermon-NG, which knows who is signed in, is slow: ask again.')
    return c.json({ success: true, data: told(authority, identity), timestamp: now() })
  }
  app.get('/auth/me', me)
  app.get('/auth/check', me)
  app.route('/', signIn.at === 'here' ? signInHere(signIn.accounts, { visitorOf, now, origins, metrics }) : signInElsewhere(authority, signIn.url))
  return app
}
