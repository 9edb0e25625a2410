/** What control over HTTP is tested with: a fake Asterisk behind a tap, a gateway with accounts, and visitors who sign in. */
import { watchAccounts } from '../../src/accounts.ts'
import { loadConfig } from '../../src/config/loadConfig.ts'
import { DEFAULT_OPTIONS } from '../../src/config/options.ts'
import type { Clock } from '../../src/env/clock.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsteriskOptions } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { tap } from '../control/tap.ts'
import { accountsFolder, cookieOf, grant, signIn } from './club.ts'
import { letRun, ManualClock } from './manualClock.ts'
import { logbook, runApp } from './running.ts'

export const NODE = '546051'
export const OTHER = '546055'
export const ALL_RIGHTS = ['CONNECTUSER', 'MONUSER', 'LMONUSER', 'DISCUSER', 'DTMFUSER']
/** W5GLE may all but permanent links; WB6NIL may all, on 546055 only; KJ6AAA may connect. */
export const RIGHTS = [
  ...ALL_RIGHTS.map((name) => `$${name} = array("W5GLE", "WB6NIL"${name === 'CONNECTUSER' ? ', "KJ6AAA"' : ''});`),
  '$PERMUSER = array("WB6NIL");',
].join('\n')

export interface Answer {
  readonly status: number
  /** By the gateway's clock. */
  readonly ms: number
  readonly body: {
    readonly success: boolean
    readonly error?: string
    readonly message: string
    readonly code?: string
    readonly data?: Readonly<Record<string, unknown>>
  }
}

/** A gateway, and the clock it lives by. */
export interface Gateway {
  readonly url: string
  readonly clock: Pick<Clock, 'now'>
}

export async function post({ url, clock }: Gateway, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const from = clock.now()
  const response = await fetch(`${url}api/v1/${path}`, {
    method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const answer = (await response.json()) as Answer['body']
  return { status: response.status, ms: clock.now() - from, body: answer }
}

/** Signs in; the result asks as that user. */
export async function visit(gateway: Gateway, username: string) {
  const { status, cookie: setCookie } = await signIn(gateway, username)
  if (status !== 200) throw new Error(`${username} cannot sign in: ${status}`)
  const cookie = cookieOf(setCookie)
  const { csrf_token: token } = (await (await fetch(`${gateway.url}api/v1/csrf-token`, { headers: { cookie } })).json()) as { csrf_token: string }
  const headers = { cookie, 'x-csrf-token': token }
  return {
    headers,
    link: (action: string, remotenode: unknown, more: object = {}) => post(gateway, `nodes/${action}`, { localnode: NODE, remotenode, ...more }, headers),
    send: (path: string, body: unknown, other: Record<string, string> = headers) => post(gateway, path, body, other),
  }
}

export class ControlStage {
  readonly #closers: (() => unknown)[] = []

  onClose(close: () => unknown): void {
    this.#closers.push(close)
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close()
  }

  /** Time runs faster here: what takes seconds is seen in tenths of them. */
  async open(options: FakeAsteriskOptions = {}) {
    const clock = new ManualClock()
    this.onClose(letRun(clock))
    const fake = await startFakeAsterisk({ nodes: [NODE, OTHER], links: {}, clock, ...options })
    this.onClose(() => fake.close())
    const ami = await tap(fake.port, () => clock.now())
    this.onClose(() => { ami.close() })
    const { folder, config } = await accountsFolder(this.#closers, { nodes: fake.nodes, port: ami.port }, ['W5GLE', 'WB6NIL', 'KJ6AAA'], RIGHTS)
    const accounts = await watchAccounts(folder, { ...DEFAULT_OPTIONS, config }, { info: () => undefined, warn: () => undefined })
    this.onClose(() => { accounts.stop() })
    const { lines, log } = logbook()
    const app = await runApp((await loadConfig(config)).nodes, { access: accounts.access, clock, log })
    this.onClose(() => app.close(0))
    return {
      fake,
      ami,
      app,
      /** The gateway's log. */
      log: lines,
      accounts,
      /** Other rights from now on; the accounts have to be read again. */
      grant: (authusers: string) => grant(folder, authusers),
      /** What the node itself knows of a link. */
      link: (node: string, name: string) => fake.state().nodes[node]?.links[name],
      visitor: (username = 'W5GLE') => visit({ url: app.url, clock }, username),
    }
  }
}
