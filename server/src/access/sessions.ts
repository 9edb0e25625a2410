import { Secret } from '../config/secret.ts'
import type { Clock } from '../env/clock.ts'
import type { VisitorSession } from './authority.ts'
import { newCsrfToken } from './csrf.ts'
import { secureToken } from './randomToken.ts'
import type { RandomToken } from './randomToken.ts'
import { fingerprint } from './safeEqual.ts'

/** One visitor's session. Holds nothing that could be sent back as a cookie: printing it harms nobody. */
export interface Session extends VisitorSession {
  /** `Accounts.versionOf` at sign-in: after a change of the password the session counts for nothing. */
  readonly version: string | null
  /** By {@link Clock.monotonic}, ms: nobody is signed out, or kept, because the clock was set. */
  readonly createdAt: number
  readonly lastSeenAt: number
}

export interface SessionOptions {
  readonly clock: Clock
  readonly randomToken?: RandomToken
  /** Life without a request, ms. Default 24 h, as Supermon-NG. */
  readonly idleMs?: number
  /** Life at most, ms. Default 30 days. */
  readonly lifeMs?: number
  /** Signed-in sessions at most; the one idle longest goes first. Default 1,000. */
  readonly maxSignedIn?: number
  /** Sessions of one user at most, likewise. Default 32. */
  readonly maxPerUser?: number
  /** Sessions of visitors at most. They never push out somebody who signed in. Default 2,000. */
  readonly maxVisitors?: number
}

type Stored = { -readonly [K in keyof Session]: Session[K] }

/**
 * All sessions, in memory: a restart signs everybody out. Nothing ticks; a session that is over is noticed when
 * somebody asks for it, or swept out when room is needed.
 */
export class Sessions {
  readonly #clock: Clock
  readonly #randomToken: RandomToken
  readonly #idleMs: number
  readonly #lifeMs: number
  readonly #maxSignedIn: number
  readonly #maxPerUser: number
  readonly #maxVisitors: number
  /** Both by id, in order of last use. */
  readonly #signedIn = new Map<string, Stored>()
  readonly #visitors = new Map<string, Stored>()

  constructor(options: SessionOptions) {
    this.#clock = options.clock
    this.#randomToken = options.randomToken ?? secureToken
    this.#idleMs = options.idleMs ?? 24 * 3_600_000
    this.#lifeMs = options.lifeMs ?? 30 * 24 * 3_600_000
    this.#maxSignedIn = options.maxSignedIn ?? 1_000
    this.#maxPerUser = options.maxPerUser ?? 32
    this.#maxVisitors = options.maxVisitors ?? 2_000
  }

  get size(): number {
    return this.#signedIn.size + this.#visitors.size
  }

  /** Life at most, ms: also that of the cookie. */
  get lifeMs(): number {
    return this.#lifeMs
  }

  /** @returns the session and, this once, the token to put into its cookie: 64 hex characters */
  create(user: string | null, version: string | null = null): { readonly session: Session; readonly token: Secret } {
    const token = this.#randomToken(32)
    const now = this.#clock.monotonic()
    const csrf = newCsrfToken(this.#randomToken)
    const session: Stored = { id: fingerprint(token), user, version, csrf, createdAt: now, lastSeenAt: now }
    const shelf = this.#shelf(session)
    if (user !== null) {
      const own = [...shelf.values()].filter((other) => other.user === user)
      for (const { id } of own.slice(0, Math.max(0, own.length + 1 - this.#maxPerUser))) shelf.delete(id)
    }
    shelf.set(session.id, session)
    this.#makeRoom(shelf, user === null ? this.#maxVisitors : this.#maxSignedIn)
    return { session, token: new Secret(token) }
  }

  /** The living session of a cookie's token, counted as used just now; null when there is none. */
  byToken(token: string): Session | null {
    return this.touch(fingerprint(token))
  }

  /** The living session of that id; null when it is over. Does not count as use. */
  byId(id: string): Session | null {
    const session = this.#signedIn.get(id) ?? this.#visitors.get(id)
    if (session === undefined) return null
    if (this.#lives(session)) return session
    this.destroy(id)
    return null
  }

  /** Counts as use, e.g. by a page that is open all day. Returns the session, or null when it is over. */
  touch(id: string): Session | null {
    if (this.byId(id) === null) return null
    const shelf = this.#signedIn.has(id) ? this.#signedIn : this.#visitors
    const session = shelf.get(id)
    if (session === undefined) return null
    session.lastSeenAt = this.#clock.monotonic()
    shelf.delete(id)
    shelf.set(id, session)
    return session
  }

  destroy(id: string): void {
    this.#signedIn.delete(id)
    this.#visitors.delete(id)
  }

  #lives(session: Session): boolean {
    const now = this.#clock.monotonic()
    return now - session.lastSeenAt < this.#idleMs && now - session.createdAt < this.#lifeMs
  }

  #shelf(session: Session): Map<string, Stored> {
    return session.user === null ? this.#visitors : this.#signedIn
  }

  #makeRoom(shelf: Map<string, Stored>, max: number): void {
    for (const id of shelf.keys()) {
      if (shelf.size <= max) return
      shelf.delete(id)
    }
  }
}
