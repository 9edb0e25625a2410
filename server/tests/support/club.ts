/** A gateway with accounts, from files on disk as Supermon-NG lays them out: W5GLE has all nodes, WB6NIL only 546055. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import type { ServerFrame } from '../../../protocol/frames.ts'
import { watchAccounts } from '../../src/accounts.ts'
import type { AccountsWatch } from '../../src/accounts.ts'
import type { App, AppOptions } from '../../src/app.ts'
import { loadConfig } from '../../src/config/loadConfig.ts'
import { DEFAULT_OPTIONS } from '../../src/config/options.ts'
import { systemClock } from '../../src/env/clock.ts'
import type { Clock } from '../../src/env/clock.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { runApp } from './running.ts'

export const PASSWORD = 'correct horse'
/** `{SHA}` of the password, as htpasswd -s writes it. */
export const HASH = `{SHA}${execFileSync('openssl', ['dgst', '-sha1', '-binary'], { input: PASSWORD }).toString('base64')}`

export interface Club {
  readonly app: Awaited<ReturnType<typeof runApp>>
  readonly fake: FakeAsterisk
  readonly accounts: AccountsWatch
  /** Holds `.htpasswd`, `authusers.inc`, `authini.inc` and `one.ini`. */
  readonly folder: string
}

/**
 * A folder as Supermon leaves it: the nodes of one Asterisk, who has an account and what he may. WB6NIL sees 546055 only.
 * @param closers what must be closed afterwards, in the other order
 */
export async function accountsFolder(closers: (() => unknown)[], { nodes, port }: Pick<FakeAsterisk, 'nodes' | 'port'>, users: readonly string[], authusers: string) {
  const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  closers.push(() => rm(folder, { recursive: true, force: true }))
  const config = join(folder, 'allmon.ini')
  const section = (id: string) => `[${id}]\nhost=127.0.0.1:${port}\nuser=admin\npasswd=demo\n`
  await writeFile(config, nodes.map(section).join('\n'))
  await writeFile(join(folder, 'one.ini'), section('546055'))
  await writeFile(join(folder, '.htpasswd'), users.map((user) => `${user}:${HASH}\n`).join(''))
  await writeFile(join(folder, 'authini.inc'), '<?php\n$ININAME[\'WB6NIL\'] = "one.ini";\n')
  await grant(folder, authusers)
  return { folder, config }
}

/** Writes what users may, which counts once the accounts are read again. */
export const grant = (folder: string, authusers: string) => writeFile(join(folder, 'authusers.inc'), `<?php\n${authusers}\n`)

/**
 * @param closers what must be closed afterwards, in the other order
 * @param clock of the accounts; the gateway's own is an option
 */
export async function openClub(
  closers: (() => unknown)[],
  anonymous: 'read' | 'none',
  options: Partial<AppOptions> = {},
  authusers = '$CONNECTUSER = array("W5GLE");',
  clock: Clock = systemClock,
): Promise<Club> {
  const fake = await startFakeAsterisk({ nodes: 2, links: 2 })
  closers.push(() => fake.close())
  const { folder, config } = await accountsFolder(closers, fake, ['W5GLE', 'WB6NIL'], authusers)
  const accounts = await watchAccounts(folder, { ...DEFAULT_OPTIONS, config, anonymous }, { info: () => undefined, warn: () => undefined }, clock)
  closers.push(() => { accounts.stop() })
  const app = await runApp((await loadConfig(config)).nodes, { access: accounts.access, orderRights: accounts.access, ...options })
  closers.push(() => app.close(0))
  return { app, fake, accounts, folder }
}

export async function signIn(app: Pick<App, 'url'>, username: string, password = PASSWORD, headers: Record<string, string> = {}) {
  const response = await fetch(`${app.url}api/v1/auth/login`, {
    method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ username, password }),
  })
  return { status: response.status, cookie: response.headers.get('set-cookie') ?? '', body: await response.text() }
}
export const cookieOf = (setCookie: string) => setCookie.split(';')[0] ?? ''
export async function cookieFor(app: Pick<App, 'url'>, username: string): Promise<string> {
  return cookieOf((await signIn(app, username)).cookie)
}

/** A socket by its path below the base, what it is told and how it ends. */
export function openSocket(app: Pick<App, 'url'>, path: string, headers: Record<string, string> = {}, protocols: string[] = ['supermon.v2']) {
  const socket = new WebSocket(`${app.url.replace('http', 'ws')}${path}`, protocols, { headers })
  const seen = {
    socket,
    frames: [] as ServerFrame[],
    types: [] as string[],
    code: null as number | null,
    reason: '',
    /** Of a handshake that was refused. */
    status: null as number | null,
    retryAfter: null as string | null,
  }
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as ServerFrame | { type: 'batch'; frames: ServerFrame[] }
    for (const each of frame.type === 'batch' ? frame.frames : [frame]) {
      seen.frames.push(each)
      seen.types.push(each.type)
    }
  })
  socket.on('close', (code, reason) => {
    seen.code = code
    seen.reason = reason.toString()
  })
  socket.on('unexpected-response', (_request, response) => {
    seen.status = response.statusCode ?? 0
    seen.retryAfter = response.headers['retry-after'] ?? null
    response.resume()
    response.on('end', () => { socket.terminate() })
  })
  socket.on('error', () => undefined)
  return seen
}
