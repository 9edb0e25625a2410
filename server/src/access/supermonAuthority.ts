import { createHmac } from 'node:crypto'
import type { Anonymous } from '../config/options.ts'
import { Secret } from '../config/secret.ts'
import type { Clock, Timer } from '../env/clock.ts'
import type { AccessChange, Authority, CookieHeader, Identity, IssuedTicket, SignIn } from './authority.ts'
import { Callers } from './callers.ts'
import type { Caller } from './callers.ts'
import { cookieValues } from './cookies.ts'
import { csrfMatches } from './csrf.ts'
import { ACTION_PERMISSION, PEERS, PERMANENT, PERMISSION_NAMES } from './permissions.ts'
import type { ControlAction } from './permissions.ts'
import { secureToken } from './randomToken.ts'
import type { RandomToken } from './randomToken.ts'
import { sameRights } from './supermonAnswer.ts'
import type { SupermonAnswer } from './supermonAnswer.ts'
import { SUPERMON_COOKIE, SupermonClient, SupermonError } from './supermonClient.ts'
import { Tickets } from './tickets.ts'
import type { Redemption } from './tickets.ts'
import { Trouble } from './trouble.ts'
import type { AccessLog } from './trouble.ts'

export interface SupermonAuthorityOptions {
  /** Where Supermon-NG answers: http or https, a path is allowed. What else stands in it is dropped, and told nobody. */
  readonly url: string
  /** Where people are told to sign in, an address or a path of the site that our page is on; null or left out = at `url`. */
  readonly page?: string | null
  readonly clock: Clock
  readonly fetch: typeof fetch
  /** `read`: visitors may watch the gateway's nodes. `none`: they see nothing before they sign in. */
  readonly anonymous: Anonymous
  /** The gateway's nodes, as of now. */
  nodes(): ReadonlySet<string>
  /** Does Supermon-NG keep to the rights that it tells, as of now? If not, nobody has any. Left out: it does. */
  readonly keepsRights?: () => boolean
  readonly log: AccessLog
  readonly randomToken?: RandomToken
}

/** An answer is not asked for again before, ms. */
const FRESH_MS = 5_000
/** Who was just given no answer in time waits so long for the next one, ms: what counted until then does as well meanwhile. */
const MOMENT_MS = 250
/** So long ago is just, ms: who watches is asked about again in less. Whoever comes later waits for what he then may. */
const JUST_MS = 10_000
/** So long it counts while Supermon-NG fails, ms: a restart of it signs nobody out. */
const KEEP_MS = 60_000
/** Who watches is asked about this often, ms: open sockets follow within 5 s while an answer takes less than one. */
const REFRESH_MS = 4_000
/** Viewers say every 5 s that they are there; who did not twice has gone, ms. */
const WATCHING_MS = 12_000
const MAX_CALLERS = 1_000

/** What a cookie may hold, RFC 6265: no blank, quote, comma, semicolon or backslash, and nothing that ends a line. */
const COOKIE_VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{1,256}$/

const NOBODY: Identity = { user: null, session: null, permissions: new Set() }
const NO_NODES: ReadonlySet<string> = new Set()

/**
 * Who may what, by an unmodified Supermon-NG beside this gateway: it is asked who the visitor's cookie belongs to, and
 * its answer counts for seconds. People sign in and out there. While it fails, who was known less than a minute ago keeps
 * his rights; everybody else is a visitor.
 */
export class SupermonAuthority implements Authority {
  readonly signIn: SignIn
  readonly #options: SupermonAuthorityOptions
  readonly #clock: Clock
  readonly #client: SupermonClient
  readonly #tickets: Tickets
  readonly #callers = new Callers(MAX_CALLERS, (caller) => { this.#forget(caller) })
  readonly #csrfKey: string
  readonly #trouble: Trouble
  readonly #listeners = new Set<(change: AccessChange) => void>()
  #disposed = false

  /** @throws TypeError when the url is none, or not http or https */
  constructor(options: SupermonAuthorityOptions) {
    const { clock, log, randomToken = secureToken } = options
    const url = plainUrl(options.url)
    this.signIn = { at: 'elsewhere', url: options.page ?? url }
    this.#options = options
    this.#clock = clock
    this.#client = new SupermonClient({ clock, url, fetch: options.fetch })
    this.#tickets = new Tickets({ clock, randomToken })
    this.#csrfKey = randomToken(32)
    this.#trouble = new Trouble({
      clock,
      log,
      what: `Supermon-NG at ${url}`,
      effect: `who was known keeps his rights for ${KEEP_MS / 1000} s, others are visitors; check the address and whether it runs`,
    })
  }

  /** Only the first well-formed cookie of that name is asked for: it is the one that Supermon-NG itself would take. */
  async identify(headers: CookieHeader): Promise<Identity> {
    const cookie = cookieValues(headers.cookie, SUPERMON_COOKIE).find((value) => COOKIE_VALUE.test(value))
    if (cookie === undefined) return NOBODY
    const caller = this.#callers.of(cookie)
    const age = this.#clock.monotonic() - (caller.askedAt ?? -Infinity)
    if (age >= FRESH_MS) await this.#asked(caller)
    return this.#identity(caller)
  }

  onChange(listener: (change: AccessChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  touch(identity: Identity): void {
    const caller = this.#callerOf(identity)
    if (caller === null) return
    caller.watchedAt = this.#clock.monotonic()
    this.#callers.used(caller)
    this.#keepAsking(caller)
  }

  /**
   * Its one process is busy for seconds whenever somebody opens its page: whoever comes over from there, or wakes his computer with both pages
   * open, waits, and is not told that he is nobody.
   */
  isUnknown(identity: Identity): boolean {
    const caller = this.#callerOf(identity)
    if (caller === null || caller.slowAt === -Infinity) return false
    return caller.answer?.user !== null && this.#standing(caller) === null
  }

  userOf(identity: Identity): string | null {
    return this.#answerFor(identity)?.user ?? null
  }

  nodesOf(identity: Identity): ReadonlySet<string> {
    const answer = this.#answerFor(identity)
    if (answer !== null) return answer.nodes
    return this.#options.anonymous === 'read' ? this.#options.nodes() : NO_NODES
  }

  canWatch(identity: Identity, node: string): boolean {
    return this.nodesOf(identity).has(node)
  }

  canControl(identity: Identity, node: string, action: ControlAction): boolean {
    return this.can(identity, ACTION_PERMISSION[action]) && this.canWatch(identity, node)
  }

  canPermanent(identity: Identity): boolean {
    return this.can(identity, PERMANENT)
  }

  canSeePeers(identity: Identity, node: string): boolean {
    return this.can(identity, PEERS) && this.canWatch(identity, node)
  }

  can(identity: Identity, permission: string): boolean {
    return this.#answerFor(identity)?.permissions.get(permission) === true
  }

  permissionTable(identity: Identity): Readonly<Record<string, boolean>> {
    const names = new Set([...PERMISSION_NAMES, ...(this.#answerFor(identity)?.permissions.keys() ?? [])])
    return Object.fromEntries([...names].map((name) => [name, this.can(identity, name)]))
  }

  csrfOk(identity: Identity, offered: string | undefined): boolean {
    return identity.session !== null && csrfMatches(identity.session.csrf, offered)
  }

  issueTicket(identity: Identity, nodes: 'all' | readonly string[]): IssuedTicket | null {
    if (nodes !== 'all' && !nodes.every((node) => this.canWatch(identity, node))) return null
    const ticket = this.#tickets.issue(identity.session, nodes === 'all' ? nodes : new Set(nodes))
    return { ticket, expiresInMs: this.#tickets.lifeMs }
  }

  redeemTicket(ticket: string, identity: Identity, node: string | null): Redemption {
    return this.#tickets.redeem(ticket, identity.session, node)
  }

  /** Asks nobody any more. */
  dispose(): void {
    this.#disposed = true
    this.#callers.clear()
    this.#client.dispose()
  }

  #identity(caller: Caller): Identity {
    const answer = this.#standing(caller)
    const user = answer?.user ?? null
    const csrf = new Secret(createHmac('sha256', this.#csrfKey).update(caller.id).digest('hex'))
    const granted = [...(answer?.permissions ?? [])].filter(([, has]) => has).map(([name]) => name)
    return { user, session: { id: caller.id, user, csrf }, permissions: new Set(granted) }
  }

  #callerOf({ session }: Identity): Caller | null {
    return session === null ? null : this.#callers.byId(session.id)
  }

  /** What is known of somebody who signed in; null = he is a visitor, or by now another user. */
  #answerFor(identity: Identity): SupermonAnswer | null {
    const caller = this.#callerOf(identity)
    const answer = caller === null ? null : this.#standing(caller)
    if (answer === null || (identity.user !== null && identity.user !== answer.user)) return null
    return answer
  }

  /** The answer that counts now; null = nobody signed in, or nobody knows. */
  #standing({ answer, answeredAt }: Caller): SupermonAnswer | null {
    const age = this.#clock.monotonic() - answeredAt
    return answer !== null && answer.user !== null && age < KEEP_MS ? answer : null
  }

  /** Never rejects. All who ask about one cookie at the same time wait for the same answer. */
  #ask(caller: Caller): Promise<void> {
    caller.flight ??= this.#client
      .ask(caller.cookie, caller.answer?.user != null)
      .then(
        (answer) => {
          caller.answer = this.#options.keepsRights?.() === false ? { ...answer, permissions: new Map() } : answer
          caller.answeredAt = this.#clock.monotonic()
          caller.slowAt = -Infinity
          this.#trouble.worked()
        },
        (error: unknown) => {
          caller.slowAt = isSlow(error) ? this.#clock.monotonic() : -Infinity
          this.#failed(error)
        },
      )
      .finally(() => {
        caller.flight = null
        this.#settle(caller)
      })
    return caller.flight
  }

  /** While Supermon-NG hangs nobody waits for it with each request. What it says later is told to those who watch. */
  async #asked(caller: Caller): Promise<void> {
    const asked = this.#ask(caller)
    if (this.#clock.monotonic() - caller.slowAt >= JUST_MS) return asked
    let timer: Timer
    const moment = new Promise<void>((resolve) => { timer = this.#clock.setTimeout(resolve, MOMENT_MS) })
    await Promise.race([asked, moment])
    this.#clock.clearTimeout(timer)
  }

  #failed(error: unknown): void {
    if (this.#disposed) return
    const { code, message } = error instanceof SupermonError ? error : { code: 'other', message: 'asking it failed' }
    this.#trouble.failed(code, message)
  }

  #settle(caller: Caller): void {
    const isFirst = caller.askedAt === null
    const before = caller.settled
    caller.askedAt = this.#clock.monotonic()
    caller.settled = this.#standing(caller)
    if (isFirst || this.#disposed || sameRights(before, caller.settled)) return
    const change: AccessChange = caller.settled === null ? { kind: 'session-ended', session: caller.id } : { kind: 'rights' }
    for (const listener of [...this.#listeners]) listener(change)
  }

  /** As long as he watches. A cookie that nobody signed in with is left alone: most visitors have one. */
  #keepAsking(caller: Caller): void {
    const isVisitor = caller.answer !== null && caller.answer.user === null
    if (caller.timer !== null || isVisitor || this.#callers.byId(caller.id) !== caller) return
    const now = this.#clock.monotonic()
    const wait = Math.max(0, Math.min(REFRESH_MS, (caller.askedAt ?? now) + REFRESH_MS - now))
    caller.timer = this.#clock.setTimeout(() => {
      caller.timer = null
      if (this.#clock.monotonic() - caller.watchedAt > WATCHING_MS) return
      void this.#ask(caller).then(() => { this.#keepAsking(caller) })
    }, wait)
  }

  #forget(caller: Caller): void {
    this.#clock.clearTimeout(caller.timer)
    caller.timer = null
  }
}

/** It may be as slow the next time, other than one that answers at once that it cannot. */
function isSlow(error: unknown): boolean {
  return error instanceof SupermonError && (error.code === 'slow' || error.code === 'busy')
}

function plainUrl(text: string): string {
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError('the address of Supermon-NG starts with http:// or https://')
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}
