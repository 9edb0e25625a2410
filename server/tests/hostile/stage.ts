/** The gateway with accounts and one healthy Asterisk behind a tap, and a viewer who must not notice what strangers do. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { watchAccounts } from '../../src/accounts.ts'
import type { AppOptions } from '../../src/app.ts'
import { loadConfig } from '../../src/config/loadConfig.ts'
import { DEFAULT_OPTIONS } from '../../src/config/options.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { cookieFor, HASH } from '../support/club.ts'
import { runApp, until, Watcher } from '../support/running.ts'

export const NODE = '546051'
/** Has 300 links, so that a state of it is heavy. */
export const HUB = '546055'
export const SECRET = 'S3cret-of-AMI'

const RIGHTS = ['CONNECTUSER', 'DISCUSER', 'MONUSER', 'LMONUSER', 'DTMFUSER', 'PERMUSER', 'RSTATUSER', 'SYSINFUSER', 'BUBLUSER', 'DBTUSER']

/** All bytes that went to Asterisk through it. */
async function tap(target: number): Promise<{ port: number; sent(): string; close(): void }> {
  const chunks: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => { near.destroy(); far.destroy(); sockets.delete(socket) })
    }
    near.on('data', (data: Buffer) => { chunks.push(data); far.write(data) })
    far.pipe(near)
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return {
    port: (server.address() as AddressInfo).port,
    sent: () => Buffer.concat(chunks).toString('latin1'),
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** The files of a club, and a page: W5GLE may do everything, WB6NIL watches the hub, visitors watch all. */
async function accountsOf(amiPort: number) {
  const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  const config = join(folder, 'allmon.ini')
  const section = (id: string) => `[${id}]\nhost=127.0.0.1:${amiPort}\nuser=admin\npasswd=${SECRET}\n`
  await writeFile(config, section(NODE) + section(HUB))
  await writeFile(join(folder, 'hub.ini'), section(HUB))
  await writeFile(join(folder, '.htpasswd'), `W5GLE:${HASH}\nWB6NIL:${HASH}\n`)
  await writeFile(join(folder, 'authusers.inc'), `<?php\n${RIGHTS.map((right) => `$${right} = array("W5GLE");`).join('\n')}\n`)
  await writeFile(join(folder, 'authini.inc'), '<?php\n$ININAME[\'WB6NIL\'] = "hub.ini";\n')
  const page = join(folder, 'page')
  await mkdir(page)
  await writeFile(join(page, 'index.html'), '<!doctype html><p>page</p>')
  const accounts = await watchAccounts(folder, { ...DEFAULT_OPTIONS, config }, { info: () => undefined, warn: () => undefined })
  return { page, access: accounts.access, nodes: (await loadConfig(config)).nodes, end: () => { accounts.stop(); return rm(folder, { recursive: true, force: true }) } }
}

export async function stage(options: Partial<AppOptions> = {}) {
  const links = { [NODE]: [{ name: '2000' }, { name: '2001' }], [HUB]: Array.from({ length: 300 }, (_, i) => ({ name: String(2100 + i) })) }
  const fake = await startFakeAsterisk({ nodes: [NODE, HUB], links, secret: SECRET })
  const ami = await tap(fake.port)
  const accounts = await accountsOf(ami.port)
  const app = await runApp(accounts.nodes, { access: accounts.access, sweepMs: 250, files: accounts.page, ...options })
  const viewer = new Watcher(app, NODE)
  await viewer.up()
  let keyups = 0
  let playing = true
  const net = (async () => {
    while (playing) {
      await fake.key({ node: NODE, on: ++keyups % 2 === 1 })
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    if (keyups % 2 === 1) await fake.key({ node: NODE, on: ++keyups % 2 === 1 })
  })()

  return {
    app,
    ami,
    fake,
    viewer,
    /** A session of that user: its cookie, and the token for changing requests. */
    async session(user: string) {
      const cookie = await cookieFor(app, user)
      const answer = await fetch(`${app.url}api/v1/csrf-token`, { headers: { cookie } })
      return { cookie, token: ((await answer.json()) as { csrf_token: string }).csrf_token }
    },
    async figure(name: string): Promise<number> {
      const text = await (await fetch(`${app.url}metrics`)).text()
      return Number(new RegExp(`^supermon_live_${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
    },
    /** Ends the net and says what the viewer saw of it: every key-up, in order, without a gap. */
    async verdict() {
      playing = false
      await net
      const patches = () => viewer.frames.filter((frame) => frame.type === 'patch')
      const seen = () => patches().filter(({ patch }) => typeof patch.rx === 'boolean' && patch.reach === undefined).length
      const others = () => viewer.frames.filter((frame) => frame.type !== 'patch' || frame.patch.reach !== undefined).map((frame) => JSON.stringify(frame).slice(0, 200))
      await until(() => seen() >= keyups, () => `${keyups} key-ups and releases, ${seen()} seen; ${others().join('\n')}`, 60_000)
      const gaps = patches().filter(({ seq }, i, all) => i > 0 && seq !== (all[i - 1]?.seq ?? 0) + 1)
      return { keyups, seen: seen(), gaps: gaps.length, closed: viewer.closed }
    },
    async end() {
      playing = false
      await net
      viewer.close()
      await app.close(0)
      await accounts.end()
      ami.close()
      await fake.close()
    },
  }
}
export type Scene = Awaited<ReturnType<typeof stage>>

/** Only these lines may reach Asterisk, whatever strangers send. */
const ALLOWED = [
  /^Action: (Challenge|Login|Ping|RptStatus|Command|VoterStatus|Logoff)$/,
  /^ActionID: [0-9A-Za-z-]+$/, /^AuthType: MD5$/, /^Username: admin$/, /^Key: [0-9a-f]{32}$/, /^Events: [a-z,]+$/,
  /^COMMAND: (XStat|SawStat)$/, /^NODE: (546051|546055)$/, /^Command: echolink dbget nodename \d{1,6}$/, /^$/,
  // Of whoever is signed in and has the right.
  /^Command: rpt cmd (546051|546055) ilink (2|3|8|11|12|13|18) [0-9A-Za-z-]{1,20}$/,
  /^Command: rpt fun (546051|546055) [0-9A-D*#]+$/,
]

/** Lines to Asterisk that are none of these. */
export function strangeLines(sent: string): string[] {
  return sent.split('\r\n').filter((line) => !ALLOWED.some((pattern) => pattern.test(line)))
}
