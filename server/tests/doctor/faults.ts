/** Everything that the doctor knows to be wrong, planted one at a time in a machine that is well. */
import { execFileSync } from 'node:child_process'
import { readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { join } from 'node:path'
import { connectAsync } from 'mqtt'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { statusTopic } from '../../src/fleet/topics.ts'
import { Mosquitto } from '../support/mosquitto.ts'
import { refusedPort } from '../support/tcpProxy.ts'
import { frame, opens, proofOf } from './front.ts'
import { NODE } from './patient.ts'
import type { Plant } from './patient.ts'

export interface Stage {
  /** What must be closed afterwards, in the other order. */
  readonly closers: (() => unknown)[]
  /** For certificates. */
  readonly folder: string
}

export interface Fault {
  readonly what: string
  readonly plant: Plant | ((stage: Stage) => Plant | Promise<Plant>)
  /** All that must be named, in the order of the checks; of the last one the sentence must say … */
  readonly ids: readonly string[]
  readonly says: RegExp
}

type Row = readonly [what: string, plant: Fault['plant'], ids: string | readonly string[], says: RegExp]

const page = (html: string, status = 200, path = /./, location?: string) => ({ url = '' }: IncomingMessage) =>
  (path.test(url) ? { status, html, ...(location === undefined ? {} : { location }) } : null)
export const events = (read: string) => ({ 'asterisk -rx manager show user admin': { stdout: `      read perm: ${read}\n     write perm: <none>\n` } })
export const unit = (properties: string) => ({ 'systemctl show': { stdout: `LoadState=loaded\n${properties.replaceAll(' ', '\n')}\n` } })
const twice = (runs: string, units: string, byHand = runs) => ({
  programs: {
    'systemctl show': {
      stdout: `LoadState=loaded\nActiveState=active\nFragmentPath=${units}/supermon-live.service\nExecStart={ path=${runs}/bin/supermon-live ; argv[]=${runs}/bin/supermon-live ; status=0/0 }\n`,
    },
  },
  folders: ['/usr', byHand].map((prefix) => `${prefix}/lib/supermon-live/main.js`),
})
const elsewhere = async (): Promise<string> => { const { host, port } = await refusedPort(); return `${host}:${port}` }

export async function listen({ closers }: Pick<Stage, 'closers'>, server: Server): Promise<string> {
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  closers.push(() => new Promise((resolve) => { server.close(resolve) }))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const banner = (stage: Stage, text: string) => listen(stage, createServer((socket) => { socket.on('error', () => undefined).resume().write(text) }))
export const amiAt = (at: string): Plant => ({ allmon: (well) => well.replace(/127\.0\.0\.1:\d+/, at) })
const portOf = (at: string): Plant => ({ settings: (well) => well.replace(/port = \d+/, `port = ${at.split(':')[1] ?? ''}`) })

/** Another Asterisk, which does not answer for its nodes. */
async function refusing({ closers }: Stage, message: string): Promise<Plant> {
  const fake = await startFakeAsterisk({ nodes: [NODE], knobs: { faults: [{ action: 'RptStatus', kind: 'refuse', message }] } })
  closers.push(() => fake.close())
  return amiAt(`127.0.0.1:${fake.port}`)
}

/** Another Asterisk, on which that node is a remote base: the first of two in the nodes' file. */
async function withRemoteBase({ closers }: Stage): Promise<Plant> {
  const other = '546055'
  const fake = await startFakeAsterisk({ nodes: [NODE, other], knobs: { remoteBases: [NODE] } })
  closers.push(() => fake.close())
  return { allmon: (well) => { const own = well.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${fake.port}`); return own + own.replace(NODE, other) } }
}

/** Another Asterisk, which hangs over that node, and does not run the one that is asked for before it. */
async function hangingAfterUnknown({ closers }: Stage): Promise<Plant> {
  const fake = await startFakeAsterisk({ nodes: [NODE], knobs: { faults: [{ kind: 'never', command: 'XStat', node: NODE }] } })
  closers.push(() => fake.close())
  return { allmon: (well) => { const own = well.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${fake.port}`); return own.replace(NODE, '546055') + own } }
}

/** A self-made certificate. @param san whom it is for */
export function certificate({ folder }: Stage, days: number, san = 'IP:127.0.0.1') {
  const path = (what: string) => join(folder, `${days}-${san.replace(/\W/g, '-')}.${what}`)
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', String(days), '-subj', '/CN=club', '-addext', `subjectAltName=${san}`,
    '-keyout', path('key'), '-out', path('crt'),
  ], { stdio: 'ignore' })
  return { cert: readFileSync(path('crt'), 'utf8'), key: readFileSync(path('key'), 'utf8') }
}

/** A web server with that certificate, for which somebody vouches. */
function certified(stage: Stage, days: number, san?: string, tools: Plant['tools'] = {}): Plant {
  const tls = certificate(stage, days, san)
  return { front: { tls }, tools: { ca: tls.cert, ...tools } }
}

/** The gateway is called shack, and a broker keeps of gateways whether they are there. @param as its own nodes are told there, or those of others heard */
export async function atBroker({ closers }: Pick<Stage, 'closers'>, as: 'mqtt' | 'from-mqtt', kept: Readonly<Record<string, boolean>> = {}, more = ''): Promise<Plant> {
  const mosquitto = await Mosquitto.start()
  closers.push(() => mosquitto.stop())
  const client = await connectAsync(mosquitto.url, { protocolVersion: 5 })
  for (const [edge, up] of Object.entries(kept)) await client.publishAsync(statusTopic(edge), JSON.stringify({ up, run: 'run' }), { retain: true, qos: 1 })
  await client.endAsync()
  return { settings: (well) => `${as === 'mqtt' ? well : well.replace(/^config = .*\n/m, '')}${as} = ${mosquitto.url}\nmqtt-name = shack\n${more}` }
}

function emptyFile({ folder }: Stage): string {
  const path = join(folder, 'empty')
  writeFileSync(path, '')
  return path
}

function ordersAmiss(stage: Stage): string {
  const path = join(stage.folder, 'orders.conf')
  writeFileSync(path, 'nodes = 546051\n')
  return `users = ${emptyFile(stage)}\nmqtt-orders = ${path}\n`
}

/** What the service's user is asked. */
const TEST = 'setpriv --reuid=supermon-live --regid=supermon-live --groups=999 test'
/** Of the machine, by what is well in its settings. */
export const rootOf = (well: string) => /^figures = (.*)\/figures\.json$/m.exec(well)?.[1] ?? ''
export const HIDDEN_NAMES: Plant = { settings: (well) => `${well}astdb = ${rootOf(well)}/home/pi/astdb.txt\n`, folders: ['home/pi/astdb.txt'] }

const DAY_MS = 86_400_000

function oldNames({ folder }: Stage): Plant {
  const path = join(folder, 'astdb.txt')
  writeFileSync(path, '546051|W5GLE|Repeater|Texas\n')
  utimesSync(path, new Date(), new Date(Date.now() - 40 * DAY_MS))
  return { settings: (well) => `${well}astdb = ${path}\n` }
}

/** A folder of accounts that somebody has begun. */
function accountsWithout(left: '.htpasswd' | 'authusers.inc') {
  return ({ folder }: Stage): Plant => {
    const all = { '.htpasswd': `W5GLE:{SHA}${'A'.repeat(27)}=\n`, 'authusers.inc': "<?php\n$CONNECTUSER = array('W5GLE');\n" }
    for (const [name, text] of Object.entries(all)) if (name !== left) writeFileSync(join(folder, name), text)
    return { settings: (well) => `${well}users = ${folder}\n` }
  }
}

const closes = (code: number, reason: string) => (request: IncomingMessage) => opens(proofOf(request), 'supermon.v2', frame(8, String.fromCharCode(code >> 8, code & 255) + reason))

const ROWS: readonly Row[] = [
  ['a word in the settings that means nothing', { settings: (well) => `${well}prot = 8105\n` }, 'settings-broken', /there is no setting "prot"/],
  ['a nodes\' file that is not there', { settings: (well) => well.replace('allmon.ini', 'allmon.in') }, 'config-missing', /there is no such file/],
  ['a service that ended', { programs: unit('ActiveState=failed SubState=failed Result=exit-code NRestarts=0 UnitFileState=enabled') }, 'service-failed', /exit-code/],
  ['a service that ends and is started over and over', {
    programs: unit('ActiveState=activating SubState=auto-restart Result=exit-code NRestarts=7 UnitFileState=enabled'),
  }, 'service-restarting', /keeps ending \(exit-code\)/],
  ['a service that nobody started', { programs: unit('ActiveState=inactive SubState=dead Result=success NRestarts=0 UnitFileState=enabled') }, 'service-down', /is not running \(inactive\)/],
  ['a service that is not started with the machine', {
    programs: unit('ActiveState=active SubState=running Result=success NRestarts=0 UnitFileState=disabled'),
  }, 'service-disabled', /will not start with this machine/],
  ['a version of install.sh in front of the package', twice('/usr/local', '/etc/systemd/system'), 'installed-twice', /below \/usr\/local by install\.sh .*systemd runs the one below \/usr\/local, by \/etc\/systemd\/system\/supermon-live\.service/],
  ['the same at a place of its own', twice('/opt/live', '/etc/systemd/system'), 'installed-twice', /below \/opt\/live by install\.sh and below \/usr by the Debian package/],
  ['its command in front of the package', twice('/usr', '/lib/systemd/system', '/usr/local'), 'installed-twice', /below \/usr\/local by install\.sh .*systemd runs the one below \/usr, by \/lib\/systemd/],
  ['an older gateway that still runs', { version: '1.0.0' }, 'version-differs', /Version 1\.0\.0 is running, but 1\.2\.3 is installed/],
  ['no Asterisk at the AMI port', async () => amiAt(await elsewhere()), 'ami-refused', /start Asterisk/],
  ['something else at the AMI port', async (stage) => amiAt(await banner(stage, 'SSH-2.0-OpenSSH_9.2\r\n\r\n')), 'ami-not-ami', /is not AMI/],
  ['a nodes\' file without a node', { allmon: () => '[default_node]\nnodes = 546051\n' }, 'no-nodes', /no section has a host/],
  ['a wrong password of AMI', { allmon: (well) => well.replace('demo', 'not-to-be-seen') }, 'ami-login-refused', /refused the login of user "admin"/],
  ['a node that Asterisk does not run', { allmon: (well) => well.replace(NODE, '2000') }, 'node-unknown', /does not run node 2000/],
  ['an AMI user without call events', { programs: events('system,log') }, 'events-missing', /add call to its read/],
  ['no Supermon-NG at its address', async () => { const at = await elsewhere(); return { settings: (well) => `${well}auth = supermon=http://${at}\n` } }, 'supermon-ng-silent', /cannot be reached \(ECONNREFUSED\): everybody counts as a visitor/],
  ['no broker at its address', async () => { const at = await elsewhere(); return { settings: (well) => `${well}mqtt = mqtt://${at}\n` } }, 'mqtt-unreachable', /ECONNREFUSED/],
  ['a file for the broker\'s password with nothing in it', (stage) => atBroker(stage, 'mqtt', { shack: true }, `mqtt-user = shack\nmqtt-password-file = ${emptyFile(stage)}\n`), 'broker-files', /holds no password/],
  ['a file of orders with a line that belongs to nobody', (stage) => atBroker(stage, 'mqtt', { shack: true }, ordersAmiss(stage)), 'orders-broken', /orders\.conf:1: this line belongs to no front/],
  ['a broker that this gateway tells nothing', (stage) => atBroker(stage, 'mqtt', { shack: false, attic: true }), 'edge-untold', /shack is not there/],
  ['a broker that nobody tells of nodes', (stage) => atBroker(stage, 'from-mqtt'), 'no-edges', /no gateway reports any nodes to it/],
  ['a site that is gone from the broker', (stage) => atBroker(stage, 'from-mqtt', { shack: false, attic: true }), 'edge-away', /shack is not connected to it; attic is\./],
  ['another page in the folder, as an Alias shows', { front: { instead: page('<title>Supermon-NG</title>') } }, 'web-other-page', /an Alias, a rewrite rule or another site/],
  ['a web server that does not know the folder', { front: { instead: page('Not Found', 404) } }, 'web-no-route', /HTTP 404/],
  ['a web server that lets nobody in', { front: { instead: page('Forbidden', 403) } }, 'web-forbidden', /lets nobody in/],
  ['a web server that looks at another port', async () => ({ front: { gatewayPort: Number((await elsewhere()).split(':')[1]) } }), 'web-no-gateway', /somewhere other than/],
  ['an API that another rule takes', { front: { instead: page('{}', 404, /\/api\/v1\/nodes$/) } }, 'api-other', /web server rule for \/api/],
  ['a rewrite rule that takes the sockets', { front: { instead: page('<html>', 200, /\/ws/) } }, 'socket-alias', /answered with a page/],
  ['no module for upgrades', { front: { upgrades: () => false } }, 'no-upgrade', /HTTP 400/],
  ['a rule that wants the header of Chrome', { front: { upgrades: (connection) => connection === 'Upgrade' } }, 'firefox-shut-out', /Firefox does not/],
  ['sockets that are cut at once', { front: { cutAfterMs: 20 }, tools: { holdMs: 20_000 } }, 'socket-cut', /does not let it stay open/],
  ['a clock that nobody sets', { programs: { 'timedatectl show': { stdout: 'NTPSynchronized=no\n' } } }, 'clock-free', /not set by the network/],
  ['a clock that lost its battery', { tools: { builtAt: Date.now() + 3 * 86_400_000 } }, 'clock-past', /before this version was built/],
  ['a clock that differs from the server\'s', { front: { date: new Date(Date.now() - 600_000).toUTCString() } }, 'clock-differs', /differs from this one by (?:6\d\d|599) s/],
  ['a password that everybody may read', { mode: 0o644 }, 'secrets-open', /Everybody on this machine can read .*allmon\.ini/],
  ['a nodes\' file that the service may not read', { programs: { [`${TEST} -r`]: { code: 1 } } }, 'not-readable', /may not read/],
  ['accounts that the service may not read', {
    settings: (well) => `${well}users = ${rootOf(well)}/etc/users\n`, folders: ['etc/users/.htpasswd'], programs: { [`${TEST} -r /etc/users/.htpasswd`]: { code: 1 } },
  }, 'not-readable', /may not read \S+\/etc\/users\/\.htpasswd\./],
  ['accounts of which there is no file', { settings: (well) => `${well}users = ${rootOf(well)}/etc/users\n`, folders: ['etc/users'] }, 'accounts-broken', /users\/\.htpasswd: there is no such file; nobody can sign in/],
  ['the same where no service is installed', {
    settings: (well) => `${well}users = ${rootOf(well)}/etc/users\n`, folders: ['etc/users'], programs: { 'getent passwd': { code: 2 } },
  }, 'accounts-broken', /users\/\.htpasswd: there is no such file; nobody can sign in/],
  ['accounts without rights', accountsWithout('authusers.inc'), 'accounts-broken', /authusers\.inc: there is no such file; nobody may control a node/],
  ['call signs in a folder that the unit hides', HIDDEN_NAMES, 'file-hidden', /cannot see \S+\/home\/pi\/astdb\.txt, whatever its mode: its unit hides \/home\./],
  ['a state folder that the service may not write', { programs: { [`${TEST} -w`]: { code: 1 } } }, 'state-not-writable', /may not write/],
  ['no settings', { unset: true }, 'settings-missing', /There are no settings yet/],
  ['a file of the web server\'s settings that is a folder', { webConf: null }, 'settings-unreadable', /web\.conf cannot be read \(EISDIR\)/],
  ['a port in the nodes\' file that there is not', { allmon: (well) => well.replace(/host = .*/, 'host = 127.0.0.1:99999') }, 'config-broken', /allmon\.ini:2/],
  ['private nodes of which there is no file', { settings: (well) => `${well}private-nodes = /nowhere/privatenodes.txt\n` }, 'file-missing', /name \/nowhere\/privatenodes\.txt, which is not there/],
  ['call signs that nobody fetches', oldNames, 'names-old', /not been updated for 4\d days/],
  ['a gateway that does not run', { silent: true }, ['gateway-silent', 'web-no-gateway'], /HTTP 503/],
  ['something at the gateway\'s port that speaks no HTTP', async (stage) => portOf(await banner(stage, 'Asterisk Call Manager/11.0.0\r\n')), 'port-taken', /Something other than Supermon Live/],
  ['another page at the gateway\'s port', async (stage) => portOf(await listen(stage, createHttpServer((_request, response) => { response.end('<html>') }))), 'port-taken', /uses 8105 as well/],
  ['an Asterisk without app_rpt', (stage) => refusing(stage, 'Invalid/unknown command: RptStatus. Use Action: ListCommands to show available commands.'), 'no-app-rpt', /has no app_rpt/],
  ['an Asterisk that tells nothing of its nodes', (stage) => refusing(stage, 'Permission denied'), 'node-not-told', /gives no status for node/],
  ['a remote base among the nodes', withRemoteBase, 'node-ends-session', /asked about node 546051: it is a remote base/],
  ['an Asterisk that hangs over a node, and does not run another', hangingAfterUnknown, ['node-unknown', 'ami-no-answer'], /did not answer/],
  ['a web server that does not run', async () => { const at = await elsewhere(); return { url: () => `http://${at}/supermon-live/` } }, 'web-down', /ECONNREFUSED/],
  ['a name that leads nowhere', { url: () => 'http://node.invalid/supermon-live/' }, 'web-name', /node\.invalid does not resolve/],
  ['a site that moved', { front: { instead: page('', 301, /./, 'http://club.example/live/') } }, 'web-elsewhere', /redirects to http:\/\/club\.example\/live\//],
  ['a web server that asks for a password', { front: { instead: page('', 401) } }, 'web-password', /a password of its own/],
  ['a web server that fails', { front: { instead: page('', 500) } }, 'web-error', /HTTP 500/],
  ['an API that never comes', { front: { instead: page('', 0, /\/api\/v1\/nodes$/) } }, 'api-silent', /the API does not \(ECONNRESET\)/],
  ['sockets that get no answer', { front: { instead: page('', 0, /\/ws$/) } }, 'socket-silent', /gets no answer/],
  ['an Apache without a thread for sockets', { front: { instead: page('', 503, /\/ws$/) } }, 'socket-no-gateway', /no thread left/],
  ['a web server that lets no socket through', { front: { instead: page('', 403, /\/ws$/) } }, 'socket-forbidden', /HTTP 403/],
  ['a gateway that refuses sockets, in colours', { front: { answersSocket: closes(4526, 'an\x1b[31mold\x07 version') } }, 'socket-refused', /\(4526 an \[31mold version\)/],
  ['another one that greets', { front: { answersSocket: (request) => opens(proofOf(request), 'supermon.v2', frame(1, '{"type":"welcome"}')) } }, 'socket-other', /something other than Supermon Live/],
  ['a proxy that drops the subprotocol', { front: { answersSocket: (request) => opens(proofOf(request), null) } }, 'socket-protocol', /drops Sec-WebSocket-Protocol/],
  ['a web server that hides the site\'s name', { front: { hideHost: true } }, ['origin-refused', 'host-hidden'], /hides the name of the site/],
  ['a web server that hides TLS', (stage) => { const tls = certificate(stage, 60); return { front: { tls, hideScheme: true }, tools: { ca: tls.cert } } }, 'scheme-hidden', /X-Forwarded-Proto/],
  ['a folder in clear beside a site that leads to TLS', { front: { instead: page('', 301, /^\/$/, 'https://127.0.0.1/') } }, 'http-open', /SetEnvIf Request_URI "\^\/supermon-live" no-proxy/],
  ['no TLS at the port of TLS', { url: (port) => `https://127.0.0.1:${port}/supermon-live/` }, ['web-down', 'tls-broken'], /No TLS connection to \S+ could be made/],
  ['a certificate that nobody renewed', (stage) => certified(stage, 5), 'tls-ends-soon', /expires in [45] days/],
  ['a certificate for another name', (stage) => certified(stage, 60, 'DNS:other.example'), 'tls-name', /is for DNS:other\.example/],
  ['a certificate that nobody vouches for', (stage) => ({ front: { tls: certificate(stage, 60) } }), 'tls-untrusted', /Browsers warn/],
  // The web server's clock is right, and ours is another one here: both are told.
  ['a certificate that ended', (stage) => certified(stage, 60, undefined, { now: () => Date.now() + 70 * DAY_MS }), ['tls-expired', 'clock-differs'], /differs from this one/],
  ['a certificate of the future', (stage) => certified(stage, 60, undefined, { now: () => Date.now() - 3 * DAY_MS }), ['tls-not-yet', 'clock-differs'], /differs from this one/],
]

export const FAULTS: readonly Fault[] = ROWS.map(([what, plant, ids, says]) => ({ what, plant, ids: typeof ids === 'string' ? [ids] : ids, says }))
