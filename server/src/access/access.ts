import type { Secret } from '../config/secret.ts'
import type { Clock } from '../env/clock.ts'
import type { Visitor } from '../env/visitor.ts'
import { AccessFiles } from './accessFiles.ts'
import type { AccessFilesOptions, ReloadReport } from './accessFiles.ts'
import type { AccessChange, Authority, CookieHeader, Identity, IssuedTicket, SignIn, VisitorSession } from './authority.ts'
import { cookieNameAt, cookieValuesOfAnyPort, serialiseCookie } from './cookies.ts'
import { csrfMatches } from './csrf.ts'
import { LoginLimiter } from './loginLimiter.ts'
import { ACTION_PERMISSION, PEERS, PERMANENT, PERMISSION_NAMES } from './permissions.ts'
import type { ControlAction } from './permissions.ts'
import { secureToken } from './randomToken.ts'
import type { RandomToken } from './randomToken.ts'
import { Sessions } from './sessions.ts'
import type { Session, SessionOptions } from './sessions.ts'
import { Tickets } from './tickets.ts'
import type { Redemption } from './tickets.ts'
import { Turns } from './turns.ts'

export type LoginResult =
  /** `token` belongs into the cookie ({@link Access.cookie}) and nowhere else. */
  | { readonly ok: true; readonly session: Session; readonly token: Secret }
  /** Says the same whether the user or the password is wrong. */
  | { readonly ok: false; readonly code: 'bad-credentials' }
  | { readonly ok: false; readonly code: 'too-many-attempts'; readonly retryAfterMs: number }

export interface AccessOptions extends AccessFilesOptions {
  readonly clock: Clock
  /** Base path of the gateway, `''` or `/a/b`: the path of the cookie. */
  readonly base: string
  /** The port by which a visitor came is added to it. */
  readonly cookieName?: string
  readonly randomToken?: RandomToken
  readonly sessions?: Omit<SessionOptions, 'clock' | 'randomToken'>
}

/** How a visitor came: over TLS, and to which host and port. */
type Came = Pick<Visitor, 'secure' | 'hosts'>

/** Password checks that may wait or run at once. */
const MAX_CHECKS = 16
const BUSY_MS = 2_000
const TOKEN = /^[0-9a-f]{64}$/

/**
 * Who may what, by the gateway's own accounts. Every answer is given from the files and sessions as they are at that
 * moment. All is closed before the first {@link Access.reload}.
 */
export class Access implements Authority {
  readonly #files: AccessFiles
  readonly #sessions: Sessions
  readonly #tickets: Tickets
  readonly #limiter: LoginLimiter
  readonly #turns = new Turns(MAX_CHECKS)
  readonly #cookieName: string
  readonly #base: string
  readonly #listeners = new Set<(change: AccessChange) => void>()

  constructor(options: AccessOptions) {
    const { clock, randomToken = secureToken } = options
    this.#files = new AccessFiles(options)
    this.#sessions = new Sessions({ ...options.sessions, clock, randomToken })
    this.#tickets = new Tickets({ clock, randomToken })
    this.#limiter = new LoginLimiter(clock)
    this.#cookieName = options.cookieName ?? 'supermon_live'
    this.#base = options.base
  }

  /** Reads what changed on disk, now: at start, and when somebody asks for it. Never throws. */
  reload(): Promise<ReloadReport> {
    return this.#reload(false)
  }

  /** The same for what two looks in a row found: call it every second or two. Nothing is signed out by a file that is being written. */
  look(): Promise<ReloadReport> {
    return this.#reload(true)
  }

  get signIn(): SignIn {
    return { at: 'here', accounts: this }
  }

  onChange(listener: (change: AccessChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Counts as use of the session. Of several, e.g. by two ports, one that somebody signed in with, and of these that of the port he came by. */
  identify(headers: CookieHeader): Identity {
    const all = this.#sessionsOf(headers)
    return this.#identity(all.find(({ user }) => user !== null) ?? all[0] ?? null)
  }

  /**
   * Checks a password. A right one opens a new session; those from before, if any, end, so nobody can plant a
   * session on a visitor and have it signed in by him.
   *
   * @param address of the visitor, as far as the proxies in front are trusted to tell it
   * @param before what came with the request
   */
  async login(user: string, password: string, address: string, before: CookieHeader = {}): Promise<LoginResult> {
    const admission = this.#limiter.admit(user, address)
    if (!admission.ok) return { ok: false, code: 'too-many-attempts', retryAfterMs: admission.retryAfterMs }
    const check = this.#turns.run(() => this.#files.accounts.verify(user, password))
    if (check === null) {
      this.#limiter.giveBack(admission.attempt)
      return { ok: false, code: 'too-many-attempts', retryAfterMs: BUSY_MS }
    }
    const version = await check
    if (version === null) return { ok: false, code: 'bad-credentials' }
    this.#limiter.succeeded(admission.attempt)
    this.logout(before)
    return { ok: true, ...this.#sessions.create(user, version) }
  }

  /** Ends all that a browser holds here, by whatever port: whoever signs out is signed in no more. */
  logout(headers: CookieHeader): void {
    for (const session of this.#sessionsOf(headers)) this.#end(session)
  }

  /**
   * The session of a visitor, made if need be: `token` is null when he has one already. For handing out CSRF tokens.
   */
  ensureSession(identity: Identity): { readonly session: Session; readonly token: Secret | null } {
    const session = identity.session === null ? null : this.#sessions.byId(identity.session.id)
    return session === null ? this.#sessions.create(null) : { session, token: null }
  }

  /**
   * `Set-Cookie` for a new session's token, for as long as the session can live at most: a socket that keeps it alive
   * cannot renew a cookie. Whether it still lives is decided here at every use.
   */
  cookie(token: Secret, visitor: Came): string {
    return this.#setCookie(token.reveal(), visitor, this.#sessions.lifeMs)
  }

  /** `Set-Cookie` that takes the cookie away. */
  noCookie(visitor: Came): string {
    return this.#setCookie('', visitor, 0)
  }

  csrfOk(identity: Identity, offered: string | undefined): boolean {
    return identity.session !== null && csrfMatches(identity.session.csrf, offered)
  }

  touch(identity: Identity): void {
    if (identity.session !== null) this.#sessions.touch(identity.session.id)
  }

  nodesOf(identity: Identity): ReadonlySet<string> {
    return this.nodesFor(this.userOf(identity))
  }

  /** Null also when his password is another one since. */
  userOf(identity: Identity): string | null {
    const session = identity.session === null ? null : this.#sessions.byId(identity.session.id)
    return session !== null && this.#holds(session) ? session.user : null
  }

  /** Nodes of a user, null = of a visitor, right now. */
  nodesFor(user: string | null): ReadonlySet<string> {
    return this.#files.nodesFor(user)
  }

  canWatch(identity: Identity, node: string): boolean {
    return this.nodesOf(identity).has(node)
  }

  canControl(identity: Identity, node: string, action: ControlAction): boolean {
    const user = this.userOf(identity)
    return this.#files.rights.can(user, ACTION_PERMISSION[action]) && this.nodesFor(user).has(node)
  }

  /** The same of a user whom another gateway vouches for: what he may here, if he has an account here. */
  mayControl(user: string, node: string, action: ControlAction): boolean {
    return this.#hasRight(user, ACTION_PERMISSION[action]) && this.nodesFor(user).has(node)
  }

  mayPermanent(user: string): boolean {
    return this.#hasRight(user, PERMANENT)
  }

  canPermanent(identity: Identity): boolean {
    return this.#files.rights.can(this.userOf(identity), PERMANENT)
  }

  canSeePeers(identity: Identity, node: string): boolean {
    return this.can(identity, PEERS) && this.canWatch(identity, node)
  }

  can(identity: Identity, permission: string): boolean {
    return this.#files.rights.can(this.userOf(identity), permission)
  }

  permissionTable(identity: Identity): Readonly<Record<string, boolean>> {
    const names = new Set([...PERMISSION_NAMES, ...this.#files.rights.names])
    return Object.fromEntries([...names].map((name) => [name, this.can(identity, name)]))
  }

  issueTicket(identity: Identity, nodes: 'all' | readonly string[]): IssuedTicket | null {
    if (nodes !== 'all' && !nodes.every((node) => this.canWatch(identity, node))) return null
    const ticket = this.#tickets.issue(identity.session, nodes === 'all' ? nodes : new Set(nodes))
    return { ticket, expiresInMs: this.#tickets.lifeMs }
  }

  redeemTicket(ticket: string, identity: Identity, node: string | null): Redemption {
    return this.#tickets.redeem(ticket, identity.session, node)
  }

  async #reload(settledOnly: boolean): Promise<ReloadReport> {
    const report = await this.#files.reload(settledOnly)
    if (report.changed) this.#tell({ kind: 'rights' })
    return report
  }

  #identity(session: Session | null): Identity {
    const user = session?.user ?? null
    return { user, session, permissions: this.#files.rights.permissionsOf(user) }
  }

  #hasRight(user: string, permission: string): boolean {
    return this.#files.accounts.versionOf(user) !== null && this.#files.rights.can(user, permission)
  }

  #sessionsOf(headers: CookieHeader): readonly Session[] {
    const { cookie, host = '', 'x-forwarded-host': forwarded = [] } = headers
    const hosts = [forwarded.toString().split(',').at(-1)?.trim() ?? '', host].filter((each) => each !== '')
    return cookieValuesOfAnyPort(cookie, this.#cookieName, hosts).flatMap((token) => {
      const session = TOKEN.test(token) ? this.#sessions.byToken(token) : null
      return session !== null && this.#holds(session) ? [session] : []
    })
  }

  #holds(session: Session): boolean {
    return session.user === null || this.#files.accounts.versionOf(session.user) === session.version
  }

  #end(session: VisitorSession): void {
    this.#sessions.destroy(session.id)
    this.#tell({ kind: 'session-ended', session: session.id })
  }

  #setCookie(value: string, { secure, hosts }: Came, maxAgeMs: number): string {
    return serialiseCookie(value, { name: cookieNameAt(this.#cookieName, hosts.at(-1)), base: this.#base, secure, maxAgeMs })
  }

  #tell(change: AccessChange): void {
    for (const listener of [...this.#listeners]) listener(change)
  }
}
