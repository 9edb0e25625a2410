/** Who is at the page of a test, and what he may do: `auth/*` and `csrf-token` of the fake gateway. */

export interface FakeUser {
  readonly name: string
  /** Default: any is right. */
  readonly password?: string
  /** By Supermon-NG's names, `CONNECTUSER`. Default: all commands. */
  readonly permissions?: readonly string[]
}

const COMMANDS = ['CONNECTUSER', 'PERMUSER', 'MONUSER', 'LMONUSER', 'DISCUSER', 'DTMFUSER']
/** The right that each command takes. */
const RIGHT: Readonly<Record<string, string>> = {
  connect: 'CONNECTUSER', monitor: 'MONUSER', 'local-monitor': 'LMONUSER', disconnect: 'DISCUSER', 'disconnect-all': 'DISCUSER', dtmf: 'DTMFUSER',
}

export class FakeAccounts {
  readonly #users: readonly FakeUser[]
  #user: FakeUser | null
  #sessions = 1

  /** @param signedIn a name of theirs; null = nobody */
  constructor(users: readonly FakeUser[] = [{ name: 'operator' }], signedIn: string | null = users[0]?.name ?? null) {
    this.#users = users
    this.#user = users.find(({ name }) => name === signedIn) ?? null
  }

  /** Who is signed in; null = nobody. */
  get user(): string | null {
    return this.#user?.name ?? null
  }

  /** null = not one of these routes. */
  answer(route: string, init: RequestInit | undefined): Response | null {
    switch (route) {
      case 'auth/me':
      case 'auth/check':
        return Response.json({ success: true, data: this.#me() })
      case 'csrf-token':
        return Response.json({ success: true, csrf_token: this.#token })
      case 'auth/login':
        return this.#login(bodyOf(init) as { username?: string; password?: string })
      case 'auth/logout':
        if (!this.#mayChange(init)) return csrfRefused()
        this.#begin(null)
        return Response.json({ success: true, message: 'Logged out', data: { authenticated: false } })
      default:
        return null
    }
  }

  /** Why he who asks may command nothing at all; null = go on. */
  stranger(init: RequestInit | undefined): Response | null {
    if (this.#users.length === 0) return refuse(403, 'no-accounts', 'This gateway has no accounts, so nobody may control a node.')
    if (this.#user === null) return refuse(401, 'not-signed-in', 'Sign in first.')
    return this.#mayChange(init) ? null : csrfRefused()
  }

  /** The right that he lacks for this command; null = none. */
  lacking(action: string, permanent: boolean): Response | null {
    const may = (right: string) => this.#permissions.includes(right)
    const right = RIGHT[action] ?? ''
    if (!may(right)) return refuse(403, 'not-allowed', `${this.user} has no right to ${action} (${right}).`)
    return permanent && !may('PERMUSER') ? refuse(403, 'permanent-not-allowed', `${this.user} has no right to permanent links (PERMUSER).`) : null
  }

  get #permissions(): readonly string[] {
    return this.#user === null ? [] : (this.#user.permissions ?? COMMANDS)
  }

  /** Each session has its own. */
  get #token(): string {
    return `csrf-${this.#sessions}-of-the-test`
  }

  #me(): object {
    return {
      user: this.#user === null ? null : { name: this.#user.name },
      authenticated: this.#user !== null,
      permissions: Object.fromEntries(this.#permissions.map((right) => [right, true])),
      config_source: 'test',
      sign_in: this.#users.length === 0 ? 'none' : 'here',
      sign_in_url: null,
    }
  }

  #login({ username, password }: { username?: string; password?: string }): Response {
    const user = this.#users.find(({ name, password: right }) => name === username && (right === undefined || right === password))
    if (user === undefined) return refuse(401, 'bad-credentials', 'Invalid username or password')
    this.#begin(user)
    return Response.json({ success: true, message: 'Login successful', data: { user: user.name, authenticated: true } })
  }

  #begin(user: FakeUser | null): void {
    this.#user = user
    this.#sessions += 1
  }

  #mayChange(init: RequestInit | undefined): boolean {
    return new Headers(init?.headers).get('x-csrf-token') === this.#token
  }
}

export function bodyOf(init: RequestInit | undefined): unknown {
  return JSON.parse(typeof init?.body === 'string' ? init.body : '{}')
}

export function refuse(status: number, code: string, message: string): Response {
  return Response.json({ success: false, code, message }, { status })
}

/** Asterisk does not answer. */
export function away(reason: { readonly code: string; readonly message: string } | null): Response {
  return refuse(503, reason?.code ?? 'other', reason?.message ?? 'Asterisk does not answer for this node.')
}

function csrfRefused(): Response {
  return refuse(403, 'csrf', 'CSRF token validation failed. Please refresh the page and try again.')
}
