/** The doctor at a machine that is well, and at one with a single fault: it names that one, and no other. */
import { createServer } from 'node:net'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { UsageError } from '../../src/config/optionValues.ts'
import { doctorCommand, textOf } from '../../src/doctor/command.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { amiAt, atBroker, certificate, FAULTS, HIDDEN_NAMES, listen, rootOf, unit } from './faults.ts'
import { startSupermon } from '../support/supermonStandIn.ts'
import { refusedPort } from '../support/tcpProxy.ts'
import { examine, NODE } from './patient.ts'
import type { Plant } from './patient.ts'

const SOURCES = new URL('../../src/doctor/', import.meta.url)
const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})
let fake: FakeAsterisk
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'supermon-live-'))
  fake = await startFakeAsterisk({ nodes: [NODE], links: 1 })
})
afterAll(async () => {
  await fake.close()
  rmSync(folder, { recursive: true })
})

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

  it('looks at the broker of a gateway that has one, and asks no Asterisk where the nodes are those of others', async () => {
    const broker = async (as: 'mqtt' | 'from-mqtt') => {
      const { wrong, findings } = await examine(closers, await atBroker({ closers }, as, { shack: true, attic: true }), fake)
      expect(wrong).toEqual([])
      return findings.filter(({ id }) => ['settings', 'ami', 'broker'].includes(id)).map(({ id, state, sentence }) => `${id} ${state}: ${sentence}`).slice(1)
    }
    expect(await broker('mqtt')).toEqual([expect.stringContaining('ami ok: Asterisk accepts admin'), 'broker ok: It lets us in, and holds what shack reports about its nodes.'])
    expect(await broker('from-mqtt')).toEqual(['ami skipped: The nodes are those of other gateways: no Asterisk is asked from here.', 'broker ok: It lets us in, and hears from attic, shack.'])
  })

  it('asks the Supermon-NG that says who is signed in, and is unsure of one that is slow', async () => {
    const supermon = await startSupermon({}, { path: '' })
    closers.push(() => supermon.stop())
    const found = async () => {
      const { wrong, findings } = await examine(closers, { settings: (well) => `${well}auth = supermon=${supermon.url}/\n` }, fake)
      expect(wrong).toEqual([])
      return findings.filter(({ id }) => id === 'supermon-ng').map(({ state, sentence }) => `${state}: ${sentence}`)
    }
    expect(await found()).toEqual(['ok: It says who is signed in.'])
    expect(supermon.asked.map(({ path }) => path)).toEqual(['/api/v1/auth/me'])
    supermon.answer = () => undefined
    expect(await found()).toEqual(['unknown: It does not say who is signed in, it took longer than 2000 ms: it may be busy.'])
  })

  it.each(FAULTS)('at $what', async ({ plant, ids, says }) => {
    const { code, wrong, findings, text } = await examine(closers, typeof plant === 'function' ? await plant({ closers, folder }) : plant, fake)
    expect(wrong).toEqual(ids)
    expect(code).toBe(1)
    const failures = findings.filter(({ state }) => state === 'wrong')
    expect(failures.at(-1)?.sentence).toMatch(says)
    for (const { title, sentence, fix } of failures) {
      expect(sentence).not.toMatch(/\p{Cc}/u)
      expect(fix).toMatch(/^[a-z].*[^.]$/)
      expect(text).toMatch(new RegExp(`^FAIL +${title.replace(/[[\]]/g, '\\$&')} +`, 'm'))
    }
    expect(JSON.stringify(findings) + text).not.toContain('not-to-be-seen')
  })

  it('speaks of others that may come of the first where there are others', () => {
    const finding = (state: Finding['state']): Finding => ({ id: 'x', title: 'Asterisk', state, sentence: 'It does not answer.' })
    const sum = (...states: Finding['state'][]) => textOf(states.map(finding)).trimEnd().split('\n').at(-1)
    expect(sum('wrong', 'ok')).toBe('1 of 2 checks failed.')
    expect(sum('wrong', 'ok', 'wrong')).toBe('2 of 3 checks failed. Start with the first: the others may come of it.')
  })

  it('is planted each thing that it can find', () => {
    const sources = readdirSync(SOURCES).map((name) => readFileSync(new URL(name, SOURCES), 'utf8')).join('')
    const named = [...sources.matchAll(/\.wrong\(([^,]*),/g)].flatMap(([, what = '']) => [...what.matchAll(/'([a-z]+(?:-[a-z]+)+)'(?! *[:)]? *\?)/g)].map(([, id = '']) => id))
    expect(named.length).toBeGreaterThan(50)
    const planted = new Set(FAULTS.flatMap(({ ids }) => ids))
    // Root, as whom tests may run, reads everything.
    expect(named.filter((id) => !planted.has(id))).toEqual(['config-unreadable'])
    // Those of AMI and of the way to a broker have tests of their own, by their codes.
    expect([...planted].filter((id) => !named.includes(id) && !/^(?:ami|mqtt)-/.test(id))).toEqual([])
  })

  it('knows a service that ends over and over while it is at its next start, and shows its log', async () => {
    const { findings } = await examine(closers, { programs: unit('ActiveState=activating SubState=start Result=success NRestarts=7 UnitFileState=enabled') }, fake)
    expect(findings.find(({ title }) => title === 'Service')).toMatchObject({ id: 'service-restarting', fix: 'journalctl -u supermon-live -n 20 --no-pager' })
    const first = await examine(closers, { programs: unit('ActiveState=activating SubState=start Result=success NRestarts=0 UnitFileState=enabled') }, fake)
    expect(first.findings.find(({ title }) => title === 'Service')?.id).toBe('service-down')
  })

  it('says which install.sh to take away, and lets either be there alone', async () => {
    const service = async (runs: string, ...folders: string[]) => {
      const programs = { 'systemctl show': { stdout: `LoadState=loaded\nActiveState=active\nFragmentPath=/etc/systemd/system/supermon-live.service\nExecStart={ path=${runs}/bin/supermon-live ; argv[]=${runs}/bin/supermon-live ; }\n` } }
      const { findings } = await examine(closers, { programs, folders: folders.map((prefix) => `${prefix}/lib/supermon-live/main.js`) }, fake)
      return findings.filter(({ title }) => title === 'Service').map(({ id, fix }) => `${id}: ${fix ?? ''}`)
    }
    expect(await service('/usr/local', '/usr/local', '/usr')).toEqual(['installed-twice: sudo sh install.sh --uninstall'])
    expect(await service('/opt/live', '/opt/live', '/usr')).toEqual(['installed-twice: sudo sh install.sh --uninstall --prefix /opt/live'])
    for (const alone of ['/usr', '/usr/local', '/opt/live']) expect(await service(alone, alone)).toEqual(['service: '])
    // A unit of the package that somebody copied to change it.
    expect(await service('/usr', '/usr')).toEqual(['service: '])
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

  it('asks for a certificate at the address without the brackets and the port', async () => {
    const tls = async (url: string) => (await examine(closers, { url: () => url }, fake)).findings.find(({ id }) => id === 'tls-broken')
    expect((await tls('https://[::1]:1/supermon-live/'))?.sentence).not.toContain('ENOTFOUND')
    expect(await tls('https://127.0.0.1:1/supermon-live/')).toMatchObject({ sentence: expect.stringContaining('ECONNREFUSED') as string, fix: 'openssl s_client -connect 127.0.0.1:1' })
  })

  it('shows the log of the web server that is there', async () => {
    const logOf = async (plant: Plant) => (await examine(closers, { ...plant, front: { instead: () => ({ status: 500, html: '' }) } }, fake)).findings.find(({ id }) => id === 'web-error')?.fix
    expect(await logOf({})).toBe('sudo tail -n 20 /var/log/apache2/error.log')
    expect(await logOf({ webConf: 'server = apache\n', folders: ['etc/httpd/conf.d'] })).toBe('sudo tail -n 20 /var/log/httpd/error_log')
    expect(await logOf({ webConf: 'server = nginx\n', folders: ['etc/nginx/nginx.conf'] })).toBe('sudo tail -n 20 /var/log/nginx/error.log')
  })

  it('says that more rights than needed are no fault, and asks nothing of a console it cannot reach', async () => {
    const all = { stdout: '      read perm: system,call,all\n     write perm: system,command,originate\n' }
    const generous = await examine(closers, { programs: { 'asterisk -rx manager show user admin': all } }, fake)
    expect(generous.wrong).toEqual([])
    expect(generous.findings.find(({ id }) => id === 'events')?.sentence).toContain('may write system, originate as well')
    const none = await examine(closers, { programs: { 'asterisk -rx manager show user admin': { code: 1 } } }, fake)
    expect(none.findings.find(({ id }) => id === 'events')?.state).toBe('unknown')
  })

  it('says that nobody may command where people sign in and the AMI user only watches, which is no fault', async () => {
    const said = async (write: string, plant: Plant = {}) => {
      const programs = { 'asterisk -rx manager show user admin': { stdout: `      read perm: call\n     write perm: ${write}\n` } }
      const { wrong, findings } = await examine(closers, { programs, ...plant }, fake)
      expect(wrong).toEqual([])
      return findings.find(({ id }) => id === 'events')?.sentence
    }
    const supermon = await startSupermon()
    closers.push(() => supermon.stop())
    const accounts: Plant = { settings: (well) => `${well}auth = supermon=${supermon.url}\n` }
    expect(await said('<none>')).toBe('admin reads call events.')
    expect(await said('command', accounts)).toBe('admin reads call events.')
    expect(await said('<none>', accounts)).toMatch(/^admin reads call events\. It may not command nodes, .* add command to its write= line in manager\.conf\.$/)
  })

  it('takes a user who may sign in only once, and has, for no fault: it is the gateway', async () => {
    const once = await listen({ closers }, createServer((socket) => {
      socket.on('error', () => undefined).write('Asterisk Call Manager/11.0.0\r\n')
      // As Asterisk 22 does it, but for the second that it waits: tests/fixtures/captures, 62.
      socket.on('data', (bytes) => {
        const action = /^Action: (\w+)/.exec(String(bytes))?.[1]
        const id = /ActionID: (.*?)\r\n/.exec(String(bytes))?.[1] ?? ''
        if (action === 'Challenge') socket.write(`Response: Success\r\nActionID: ${id}\r\nChallenge: 707497042\r\n\r\n`)
        else socket.end(`Response: Error\r\nActionID: ${id}\r\nMessage: Login Already In Use\r\n\r\n`)
      })
    }))
    const { wrong, findings } = await examine(closers, amiAt(once), fake)
    expect(wrong).toEqual([])
    expect(findings.find(({ id }) => id === 'ami')).toMatchObject({
      state: 'unknown', sentence: expect.stringContaining('admin is signed in already') as string, fix: 'sudo asterisk -rx "manager show connected"',
    })
    expect(findings.find(({ id }) => id === 'events')?.state).toBe('ok')
  })

  it('starts no Asterisk that runs: what is closed is its AMI', async () => {
    const { port } = await refusedPort()
    const fix = async (programs: NonNullable<Plant['programs']>) => (await examine(closers, { ...amiAt(`127.0.0.1:${port}`), programs }, fake)).findings.find(({ id }) => id === 'ami-refused')?.fix
    expect(await fix({})).toBe('sudo systemctl start asterisk')
    expect(await fix({ 'asterisk -rx core show uptime': { stdout: 'System uptime: 1 minute\n' } })).toBe('sudo asterisk -rx "manager show settings"')
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

  it('looks at each file that the service reads, and at no other: beside Supermon-NG those of users\' nodes, and of who orders over a broker', async () => {
    const beside = ['.htpasswd', 'authusers.inc', 'authini.inc', 'nolog.ini', 'global.inc', 'orders.conf']
    const asked = async (more: string) => {
      const folders = beside.map((name) => `etc/supermon-live/${name}`)
      const { ran } = await examine(closers, { settings: (well) => `${well}auth = supermon=http://localhost:8000\n${more.replace('ROOT', rootOf(well))}`, folders }, fake)
      return ran.flatMap((line) => / test -r \/etc\/supermon-live\/(.*)$/.exec(line)?.[1] ?? []).sort()
    }
    expect(await asked('')).toEqual(['allmon.ini', 'authini.inc', 'global.inc', 'nolog.ini', 'supermon-live.conf'])
    expect(await asked('mqtt = mqtt://127.0.0.1:1\nmqtt-orders = ROOT/etc/supermon-live/orders.conf\n')).toEqual(['.htpasswd', 'allmon.ini', 'authini.inc', 'authusers.inc', 'global.inc', 'nolog.ini', 'orders.conf', 'supermon-live.conf'])
  })

  it('takes it that nothing is hidden where the operator opened the unit, or where no unit runs the gateway', async () => {
    const files = async (plant: Plant) => (await examine(closers, { ...HIDDEN_NAMES, ...plant }, fake)).findings.find(({ title }) => title === 'Files')?.id
    expect(await files({})).toBe('file-hidden')
    expect(await files({ programs: { 'systemctl show -p ProtectHome': { stdout: 'ProtectHome=read-only\nPrivateTmp=yes\n' } } })).toBe('files')
    expect(await files({ tools: { systemd: false } })).toBe('files')
  })

  it('gives the service\'s user the further groups that its unit has', async () => {
    const { ran } = await examine(closers, { programs: { 'id -G': { stdout: '999 33\n' } } }, fake)
    expect(ran.filter((line) => line.startsWith('setpriv')).every((line) => line.includes('--groups=999,33 test'))).toBe(true)
  })

  it('tells of a state folder only where there is one', async () => {
    const said = async (plant: Plant) => (await examine(closers, plant, fake)).findings.find(({ id }) => id === 'files')?.sentence
    expect(await said({})).toMatch(/^supermon-live can read its files, and write to \S+\.$/)
    expect(await said({ settings: (well) => well.replace(/figures = .*/, 'figures = /nowhere/figures.json') })).toBe('supermon-live can read its files.')
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
  it('is content with a certificate that fits, is vouched for and counts for long', async () => {
    const tls = certificate({ closers, folder }, 60)
    const { wrong, findings } = await examine(closers, { front: { tls }, tools: { ca: tls.cert } }, fake)
    expect(wrong).toEqual([])
    expect(findings.find(({ id }) => id === 'tls')?.sentence).toMatch(/is valid for (?:59|60) more days/)
  })
})
