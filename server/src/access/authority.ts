import type { Secret } from '../config/secret.ts'
import type { Access } from './access.ts'
import type { ControlAction } from './permissions.ts'
import type { Redemption } from './tickets.ts'

/** What holds one visitor's requests together. */
export interface VisitorSession {
  /** SHA-256 of the cookie's value, hex: names the session inside this process and is no secret. */
  readonly id: string
  /** null = nobody signed in. */
  readonly user: string | null
  readonly csrf: Secret
}

/** Who sends this request, as far as the cookie proves it. No other header counts. */
export interface Identity {
  readonly user: string | null
  /** May be there without a user. null = no cookie, or one of a session that is over. */
  readonly session: VisitorSession | null
  /** As of now; later questions go to {@link Authority.canControl}, which knows later answers. */
  readonly permissions: ReadonlySet<string>
}

/** `rights`: ask again for everybody. `session-ended`: ask again for the viewers of that session. */
export type AccessChange = { readonly kind: 'rights' } | { readonly kind: 'session-ended'; readonly session: string }

/** Where visitors sign in: with the accounts of this gateway, or on the page at `url`, which may be a path of the same site. */
export type SignIn =
  | { readonly at: 'here'; readonly accounts: Access }
  | { readonly at: 'elsewhere'; readonly url: string }

/** The header that identifies, and those that say by which port of a host; names as in node:http, in lower case. */
export interface CookieHeader {
  readonly cookie?: string | undefined
  readonly host?: string | undefined
  /** Whoever forges it chooses among his own cookies. */
  readonly 'x-forwarded-host'?: string | readonly string[] | undefined
}

/** For one attempt to open a socket. */
export interface IssuedTicket {
  readonly ticket: Secret
  readonly expiresInMs: number
}

/**
 * Who may what. Identities may be old: every question is answered as things are now, so a viewer that came in yesterday
 * is judged by asking again; {@link Authority.onChange} says when it is worth it.
 */
export interface Authority {
  readonly signIn: SignIn

  /** May have to ask somebody. Never fails: who cannot be identified is a visitor. */
  identify(headers: CookieHeader): Identity | Promise<Identity>

  /** Is he a visitor only because who could tell has not said yet? Left out: it always tells. */
  isUnknown?(identity: Identity): boolean

  /** The user of an identity, right now: null once his session is over. */
  userOf(identity: Identity): string | null

  /** Nodes that this visitor may know of, right now. */
  nodesOf(identity: Identity): ReadonlySet<string>
  canWatch(identity: Identity, node: string): boolean

  /** Never true for a visitor who did not sign in; nor are the three that follow. */
  canControl(identity: Identity, node: string, action: ControlAction): boolean
  /** May he make links that are redialled for ever? Besides the right to make the link. */
  canPermanent(identity: Identity): boolean
  /** The addresses of a node's peers: `rpt lstats` shows them, and this is the permission for it. */
  canSeePeers(identity: Identity, node: string): boolean
  /** Any other permission of `authusers.inc`, e.g. `RSTATUSER`. */
  can(identity: Identity, permission: string): boolean

  /** Every permission by name, true or false: what `auth/me` answers. */
  permissionTable(identity: Identity): Readonly<Record<string, boolean>>

  /** @param offered value of the `X-CSRF-Token` header */
  csrfOk(identity: Identity, offered: string | undefined): boolean

  /**
   * @param nodes those the ticket is good for, or all that this visitor may see
   * @returns null when one of the nodes is not his to watch
   */
  issueTicket(identity: Identity, nodes: 'all' | readonly string[]): IssuedTicket | null
  /** Spends a ticket. It opens the door only: whether a node may be watched is {@link Authority.canWatch}'s to say. */
  redeemTicket(ticket: string, identity: Identity, node: string | null): Redemption

  /** A viewer is still there: his session does not end of idleness. */
  touch(identity: Identity): void

  /** Returns the way out. A listener must not throw: there is nobody to tell. */
  onChange(listener: (change: AccessChange) => void): () => void
}
