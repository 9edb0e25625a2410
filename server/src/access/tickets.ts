import { Secret } from '../config/secret.ts'
import type { Clock } from '../env/clock.ts'
import type { VisitorSession } from './authority.ts'
import { secureToken } from './randomToken.ts'
import type { RandomToken } from './randomToken.ts'
import { fingerprint } from './safeEqual.ts'

/** What a ticket opens: all that its session may see, or these nodes of it. */
export type TicketScope = 'all' | ReadonlySet<string>

export type Redemption =
  | { readonly ok: true; readonly scope: TicketScope }
  | { readonly ok: false; readonly code: 'unknown' | 'expired' | 'other-session' | 'other-node' }

export interface TicketOptions {
  readonly clock: Clock
  readonly randomToken?: RandomToken
  /** Default 30 s: long enough for a slow handshake, too short for whoever reads the access log later. */
  readonly lifeMs?: number
  /** Tickets out at once, for the signed-in and for everybody else each; the oldest goes first. Default 16,384. */
  readonly maxOut?: number
}

interface Ticket {
  readonly session: string | null
  readonly scope: TicketScope
  /** By {@link Clock.monotonic}, ms. */
  readonly expiresAt: number
}

/**
 * Tickets for sockets: one per attempt, good once, for the session that fetched it. A ticket travels in a URL and may
 * end in a log; by then it is spent.
 */
export class Tickets {
  readonly lifeMs: number
  readonly #clock: Clock
  readonly #randomToken: RandomToken
  readonly #maxOut: number
  /** By digest, oldest first. Visitors cannot push out tickets of users. */
  readonly #signedIn = new Map<string, Ticket>()
  readonly #visitors = new Map<string, Ticket>()

  constructor(options: TicketOptions) {
    this.#clock = options.clock
    this.#randomToken = options.randomToken ?? secureToken
    this.lifeMs = options.lifeMs ?? 30_000
    this.#maxOut = options.maxOut ?? 16_384
  }

  /** Tickets held, spent and expired ones left out as far as they were noticed. */
  get size(): number {
    return this.#signedIn.size + this.#visitors.size
  }

  /**
   * @param session who asks; null = a visitor without a session, and only such a one may redeem it
   * @returns 48 hex characters
   */
  issue(session: VisitorSession | null, scope: TicketScope): Secret {
    const ticket = this.#randomToken(24)
    const shelf = session?.user == null ? this.#visitors : this.#signedIn
    const now = this.#clock.monotonic()
    for (const [key, { expiresAt }] of shelf) {
      if (expiresAt > now && shelf.size < this.#maxOut) break
      shelf.delete(key)
    }
    shelf.set(fingerprint(ticket), {
      session: session?.id ?? null,
      scope: scope === 'all' ? scope : new Set(scope),
      expiresAt: now + this.lifeMs,
    })
    return new Secret(ticket)
  }

  /**
   * Any attempt spends the ticket, a refused one too: whoever stole it shall not try twice.
   *
   * @param session of the request that brings the ticket
   * @param node that the socket is for; null = for many, which takes a ticket for all
   */
  redeem(ticket: string, session: VisitorSession | null, node: string | null): Redemption {
    const key = fingerprint(ticket)
    const found = this.#signedIn.get(key) ?? this.#visitors.get(key)
    if (found === undefined) return { ok: false, code: 'unknown' }
    this.#signedIn.delete(key)
    this.#visitors.delete(key)
    if (this.#clock.monotonic() >= found.expiresAt) return { ok: false, code: 'expired' }
    if (found.session !== (session?.id ?? null)) return { ok: false, code: 'other-session' }
    if (found.scope !== 'all' && (node === null || !found.scope.has(node))) return { ok: false, code: 'other-node' }
    return { ok: true, scope: found.scope }
  }
}
