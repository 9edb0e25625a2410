/** The doctor at a machine that is well, and at one with a single fault: it names that one, and no other. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { UsageError } from '../../src/config/optionValues.ts'
import { doctorCommand } from '../../src/doctor/command.ts'
import { refusedPort } from '../support/tcpProxy.ts'
import { examine, NODE } from './patient.ts'
import type { Plant } from './patient.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})
let fake: FakeAsterisk
beforeAll(async () => { fake = await startFakeAsterisk({ nodes: [NODE], links: 1 }) })
afterAll(() => fake.close())

const page = (html: string, status = 200, path = /./) => ({ url = '' }: IncomingMessage) => (path.test(url) ? { status, html } : null)
const events = (read: string) => ({ 'asterisk -rx manager show user admin': { stdout: `      read perm: ${read}\n     write perm: <none>\n` } })
const unit = (properties: string) => ({ 'systemctl show': { stdout: `LoadState=loaded\n${properties.replaceAll(' ', '\n')}\n` } })
const elsewhere = async (): Promise<string> => { const { host, port } = await refusedPort(); return `${host}:${port}` }

async function banner(text: string): Promise<string> {
  const server = createServer((socket) => { socket.on('error', () => undefined).write(text) })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  closers.push(() => new Promise((resolve) => { server.close(resolve) }))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** What is planted → the one id that must be named, and what its sentence must say. */
const FAULTS: readonly (readonly [what: string, plant: Plant | (() => Promise<Plant>), id: string, says: RegExp])[] = [
  ['a word in the settings that means nothing', { settings: (well) => `${well}prot = 8105\n` }, 'settings-broken', /there is no setting "prot"/],
  ['a nodes\' file that is not there', { settings: (well) => well.replace('allmon.ini', 'allmon.in') }, 'config-missing', /there is no such file/],
  ['a service that ended', { programs: unit('ActiveState=failed SubState=failed Result=exit-code NRestarts=0 UnitFileState=enabled') }, 'service-failed', /exit-code/],
  ['a service that ends and is started over and over', {
    programs: unit('ActiveState=activating SubState=auto-restart Result=exit-code NRestarts=7 UnitFileState=enabled'),
  }, 'service-restarting', /ends over and over \(exit-code\)/],
  ['a service that nobody started', { programs: unit('ActiveState=inactive SubState=dead Result=success NRestarts=0 UnitFileState=enabled') }, 'service-down', /does not run \(inactive\)/],
  ['a service that is not started with the machine', {
    programs: unit('ActiveState=active SubState=running Result=success NRestarts=0 UnitFileState=disabled'),
  }, 'service-disabled', /next start/],
  ['an older gateway that still runs', { version: '1.0.0' }, 'version-differs', /Version 1\.0\.0 runs, and 1\.2\.3 is installed/],
  ['no Asterisk at the AMI port', async () => { const at = await elsewhere(); return { allmon: (well) => well.replace(/127\.0\.0\.1:\d+/, at) } }, 'ami-refused', /start Asterisk/],
  ['something else at the AMI port', async () => { const at = await banner('SSH-2.0-OpenSSH_9.2\r\n\r\n'); return { allmon: (well) => well.replace(/127\.0\.0\.1:\d+/, at) } }, 'ami-not-ami', /is not AMI/],
  ['a nodes\' file without a node', { allmon: () => '[default_node]\nnodes = 546051\n' }, 'no-nodes', /no section has a host/],
  ['a wrong password of AMI', { allmon: (well) => well.replace('demo', 'not-to-be-seen') }, 'ami-login-refused', /refused the login of user "admin"/],
  ['a node that Asterisk does not run', { allmon: (well) => well.replace(NODE, '2000') }, 'node-unknown', /does not run node 2000/],
  ['an AMI user without call events', { programs: events('system,log') }, 'events-missing', /add call to its read/],
  ['another page in the folder, as an Alias shows', { front: { instead: page('<title>Supermon-NG</title>') } }, 'web-other-page', /an Alias, a rewrite rule or another site/],
  ['a web server that does not know the folder', { front: { instead: page('Not Found', 404) } }, 'web-no-route', /HTTP 404/],
  ['a web server that lets nobody in', { front: { instead: page('Forbidden', 403) } }, 'web-forbidden', /lets nobody in/],
  ['a web server that looks at another port', async () => ({ front: { gatewayPort: Number((await elsewhere()).split(':')[1]) } }), 'web-no-gateway', /another port/],
  ['an API that another rule takes', { front: { instead: page('{}', 404, /\/api\/v1\/nodes$/) } }, 'api-other', /rule of the web server for \/api/],
  ['a rewrite rule that takes the sockets', { front: { instead: page('<html>', 200, /\/ws/) } }, 'socket-alias', /answered with a page/],
  ['no module for upgrades', { front: { upgrades: () => false } }, 'no-upgrade', /HTTP 400/],
  ['a rule that wants the header of Chrome', { front: { upgrades: (connection) => connection === 'Upgrade' } }, 'firefox-shut-out', /Firefox does not/],
  ['sockets that are cut at once', { front: { cutAfterMs: 20 }, tools: { holdMs: 20_000 } }, 'socket-cut', /does not let it stay open/],
  ['a clock that nobody sets', { programs: { 'timedatectl show': { stdout: 'NTPSynchronized=no\n' } } }, 'clock-free', /not set by the network/],
  ['a clock that lost its battery', { tools: { builtAt: Date.now() + 3 * 86_400_000 } }, 'clock-past', /before this version was built/],
  ['a clock that differs from the server\'s', { front: { date: new Date(Date.now() - 600_000).toUTCString() } }, 'clock-differs', /6\d\d s apart|599 s apart/],
  ['a password that everybody may read', { mode: 0o644 }, 'secrets-open', /Everybody on this machine may read .*allmon\.ini/],
  ['a nodes\' file that the service may not read', { programs: { 'setpriv --reuid=supermon-live --regid=supermon-live --groups=999 test -r': { code: 1 } } }, 'not-readable', /may not read/],
  ['a state folder that the service may not write', { programs: { 'setpriv --reuid=supermon-live --regid=supermon-live --groups=999 test -w': { code: 1 } } }, 'state-not-writable', /may not write/],
]

describe('the doctor', () => {
  it('finds nothing wrong where nothing is', async () => {
    const { code, wrong, findings, text } = await examine(closers, {}, fake)
    expect(wrong).toEqual([])
    expect(code).toBe(0)
    expect(findings.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'settings ok', 'service ok', 'gateway ok', 'ami ok', 'events ok', 'page ok', 'api ok', 'socket ok', 'socket ok', 'forwarded ok', 'tls skipped', 'clock ok', 'files ok',
    ])
    expect(text).toMatch(/^ok +Settings +1 node in .*\n/)
    expect(text).toMatch(/\nNothing is wrong\.\n$/)
  })

  it.each(FAULTS)('%s', async (_what, plant, id, says) => {
    const { code, wrong, findings, text } = await examine(closers, typeof plant === 'function' ? await plant() : plant, fake)
    expect(wrong).toEqual([id])
    expect(code).toBe(1)
    const found = findings.find((finding) => finding.id === id)
    expect(found?.sentence).toMatch(says)
    expect(found?.sentence).not.toContain('\n')
    expect(found?.fix).toMatch(/^[a-z].*[^.]$/)
    expect(text).toMatch(new RegExp(`^FAIL +${found?.title.replace(/[[\]]/g, '\\$&') ?? ''} +`, 'm'))
    expect(JSON.stringify(findings) + text).not.toContain('not-to-be-seen')
  })

  it('has an id of its own for each of them', () => {
    expect(new Set(FAULTS.map(([, , id]) => id)).size).toBe(FAULTS.length)
  })

  it('tells a gateway that is silent from a port that somebody else has', async () => {
    const silent = await examine(closers, { silent: true }, fake)
    expect(silent.wrong).toEqual(['gateway-silent', 'web-no-gateway'])
    const port = await examine(closers, { settings: (well) => well.replace(/port = \d+/, `port = ${fake.port}`) }, fake)
    expect(port.wrong[0]).toBe('gateway-silent')
  })

  it('knows a service that ends over and over while it is at its next start, and shows its log', async () => {
    const { findings } = await examine(closers, { programs: unit('ActiveState=activating SubState=start Result=success NRestarts=7 UnitFileState=enabled') }, fake)
    expect(findings.find(({ title }) => title === 'Service')).toMatchObject({ id: 'service-restarting', fix: 'journalctl -u supermon-live -n 20 --no-pager' })
    const first = await examine(closers, { programs: unit('ActiveState=activating SubState=start Result=success NRestarts=0 UnitFileState=enabled') }, fake)
    expect(first.findings.find(({ title }) => title === 'Service')?.id).toBe('service-down')
  })

  it('leaves to systemd what systemd runs, be it disabled', async () => {
    const state = (active: string) => unit(`ActiveState=${active} SubState=running Result=success NRestarts=0 UnitFileState=disabled`)
    const fixes = async (plant: Plant) => (await examine(closers, plant, fake)).findings.filter(({ title, state }) => ['Service', 'Gateway'].includes(title) && state === 'wrong').map(({ id, fix }) => `${id}: ${fix ?? ''}`)
    const enable = 'sudo systemctl enable --now supermon-live'
    expect(await fixes({ programs: state('inactive') })).toEqual([`service-down: ${enable}`])
    expect(await fixes({ programs: state('active'), version: '1.0.0' })).toEqual([`service-disabled: ${enable}`, 'version-differs: sudo systemctl restart supermon-live'])
    expect(await fixes({ programs: state('active'), silent: true })).toEqual([`service-disabled: ${enable}`, 'gateway-silent: journalctl -u supermon-live -n 20 --no-pager'])
    expect(await fixes({ tools: { systemd: false }, silent: true })).toEqual(['gateway-silent: supermon-live'])
  })

  it('names the file that is to be mended, in the demo too', async () => {
    const settings = async (plant: Plant) => {
      const { findings: [first, ...others], code } = await examine(closers, plant, fake)
      expect([code, others]).toEqual([1, []])
      return first
    }
    const edit = (name: string) => expect.stringMatching(new RegExp(`^sudo nano \\S+/${name}$`)) as string
    const demo = (well: string) => well.replace(/^config.*\n/, '')
    expect(await settings({ webConf: 'server = lighttpd\n' })).toMatchObject({ id: 'settings-broken', sentence: expect.stringContaining('web.conf:1: server') as string, fix: edit('web.conf') })
    expect(await settings({ webConf: null })).toMatchObject({ id: 'settings-unreadable', sentence: expect.stringContaining('EISDIR') as string, fix: expect.stringMatching(/^ls -ld \S+\/web\.conf$/) as string })
    for (const lines of [(well: string) => `${well}host = 192.0.2.1\n`, (well: string) => `${demo(well)}host = 192.0.2.1\n`, (well: string) => demo(well).replace(/port = \d+/, 'port = 0')]) {
      expect(await settings({ settings: lines })).toMatchObject({ id: 'settings-broken', fix: edit('supermon-live.conf') })
    }
    expect(await settings({ allmon: (well) => well.replace(/host = .*/, 'host = 127.0.0.1:99999') })).toMatchObject({ id: 'config-broken', fix: edit('allmon.ini') })
  })

  it('tells that the web server hides the site\'s name, by the socket that is refused for it', async () => {
    const { wrong } = await examine(closers, { front: { hideHost: true } }, fake)
    expect(wrong).toEqual(['origin-refused', 'host-hidden'])
  })

  it('says that more rights than needed are no fault, and asks nothing of a console it cannot reach', async () => {
    const all = { stdout: '      read perm: system,call,all\n     write perm: system,command,originate\n' }
    const generous = await examine(closers, { programs: { 'asterisk -rx manager show user admin': all } }, fake)
    expect(generous.wrong).toEqual([])
    expect(generous.findings.find(({ id }) => id === 'events')?.sentence).toContain('may write system, originate as well')
    const none = await examine(closers, { programs: { 'asterisk -rx manager show user admin': { code: 1 } } }, fake)
    expect(none.findings.find(({ id }) => id === 'events')?.state).toBe('unknown')
  })

  it('reads manager.conf where the console does not answer, templates and included files too', async () => {
    const told = async (read: string) => {
      const asterisk = { 'manager.conf': '[general]\nenabled = yes\n[watch](!)\nwrite = command\n#include users.conf\n', 'users.conf': `[admin](watch)\nsecret = demo\nread = ${read}\n` }
      const { findings } = await examine(closers, { programs: { 'asterisk -rx manager show user admin': { code: 1 } }, asterisk }, fake)
      return findings.find(({ title }) => title.startsWith('Events'))
    }
    expect(await told('call')).toMatchObject({ state: 'ok', sentence: 'admin reads call events.' })
    expect(await told('system')).toMatchObject({ id: 'events-missing', state: 'wrong' })
  })

  it('sees as root only what root sees, and says so', async () => {
    const { wrong, findings } = await examine(closers, { tools: { uid: 1000 } }, fake)
    expect(wrong).toEqual([])
    expect(findings.find(({ id }) => id === 'files')).toMatchObject({ state: 'unknown', fix: 'sudo supermon-live doctor' })
  })

  it('gives the service\'s user the further groups that its unit has', async () => {
    const { ran } = await examine(closers, { programs: { 'id -G': { stdout: '999 33\n' } } }, fake)
    expect(ran.filter((line) => line.startsWith('setpriv')).every((line) => line.includes('--groups=999,33 test'))).toBe(true)
  })

  it('says what is wrong with its words', async () => {
    const say = (...words: string[]) => doctorCommand(words, { env: {}, write: () => undefined }, {} as never)
    for (const words of [['--ulr', 'x'], ['now'], ['--url', 'node.example'], ['--url', 'ftp://node.example'], ['--url', 'https://w5gle:pw@node.example/']]) {
      await expect(say(...words), words.join(' ')).rejects.toThrow(UsageError)
    }
    let help = ''
    expect(await doctorCommand(['--help'], { env: {}, write: (text) => { help += text } }, {} as never)).toBe(0)
    expect(help).toContain('Usage: supermon-live doctor')
  })
})

describe('the doctor at TLS', () => {
  let folder: string
  const make = (name: string, days: number, san: string) => {
    const path = (what: string) => join(folder, `${name}.${what}`)
    execFileSync('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', String(days), '-subj', `/CN=${name}`, '-addext', `subjectAltName=${san}`,
      '-keyout', path('key'), '-out', path('crt'),
    ], { stdio: 'ignore' })
    return { cert: readFileSync(path('crt'), 'utf8'), key: readFileSync(path('key'), 'utf8') }
  }
  beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'supermon-live-')) })
  afterAll(() => { rmSync(folder, { recursive: true }) })

  it('is content with a certificate that fits, is vouched for and counts for long', async () => {
    const tls = make('well', 60, 'IP:127.0.0.1')
    const { wrong, findings } = await examine(closers, { front: { tls }, tools: { ca: tls.cert } }, fake)
    expect(wrong).toEqual([])
    expect(findings.find(({ id }) => id === 'tls')?.sentence).toMatch(/counts for (?:59|60) more days/)
    const hidden = await examine(closers, { front: { tls, hideScheme: true }, tools: { ca: tls.cert } }, fake)
    expect(hidden.wrong).toEqual(['scheme-hidden'])
  })

  it('names what is wrong with one', async () => {
    const soon = make('soon', 5, 'IP:127.0.0.1')
    expect((await examine(closers, { front: { tls: soon }, tools: { ca: soon.cert } }, fake)).wrong).toEqual(['tls-ends-soon'])
    const other = make('other', 60, 'DNS:other.example')
    expect((await examine(closers, { front: { tls: other }, tools: { ca: other.cert } }, fake)).wrong).toEqual(['tls-name'])
    const unknown = make('unknown', 60, 'IP:127.0.0.1')
    expect((await examine(closers, { front: { tls: unknown } }, fake)).wrong).toEqual(['tls-untrusted'])
    const late = Date.now() + 70 * 86_400_000
    // The web server's clock is right, and ours is set forward here: both are told.
    expect((await examine(closers, { front: { tls: unknown }, tools: { ca: unknown.cert, now: () => late } }, fake)).wrong).toEqual(['tls-expired', 'clock-differs'])
  })
})
