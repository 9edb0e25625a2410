import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { brokerOf } from '../../src/brokerOf.ts'
import { parseOptions } from '../../src/config/options.ts'
import { parseOrderFronts } from '../../src/config/orderFronts.ts'
import { OrderFrontsWatch } from '../../src/orderFrontsWatch.ts'

const spki = () => generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
const KEY = spki()
const parse = (text: string) => parseOrderFronts(text, 'orders.ini')
const section = (change: Readonly<Record<string, string>> = {}, name = 'club') =>
  [`[${name}]`, ...Object.entries({ key: KEY, nodes: '546051, 546055', actions: 'connect, permanent', users: 'W5GLE,WB6NIL', ...change }).map(([key, value]) => `${key} = ${value}`), ''].join('\n')

describe('the file of --mqtt-orders', () => {
  it('says by front whose key it has, and which nodes, actions and users', () => {
    const { value, broken } = parse(`; fronts of the club\n${section()}\n${section({ key: spki(), nodes: '*', users: '*' }, 'attic')}`)
    expect(broken).toBe(false)
    expect(value.get('club')).toMatchObject({ nodes: new Set(['546051', '546055']), actions: new Set(['connect', 'permanent']), users: new Set(['W5GLE', 'WB6NIL']) })
    expect(value.get('attic')).toMatchObject({ nodes: '*', users: '*' })
    expect(parse('').value.size).toBe(0)
  })

  it('is understood as docs/configuration.md shows it', () => {
    const shown = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8').split('## Commands over a broker')[1] ?? ''
    const { value, warnings } = parse(/```ini\n([^]*?)```/.exec(shown)?.[1] ?? '')
    expect([[...value.keys()], warnings]).toEqual([['club'], []])
  })

  it('takes the line that openssl writes of a key that it made', () => {
    const pem = execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519'])
    const [, key = ''] = execFileSync('openssl', ['pkey', '-pubout'], { input: pem }).toString().split('\n')
    expect(parse(section({ key }))).toMatchObject({ broken: false })
  })

  it.each([
    [section({ key: 'MC4CAQAwBQYDK2VwBCIEIHx' }), ':2: this is no public Ed25519 key; write the line between BEGIN and END'],
    [section({ key: generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'der' }).toString('base64') }), ':2: this is no public Ed25519 key'],
    [section({ key: '' }), ':2: this is no public Ed25519 key'],
    [section({ nodes: '' }), ':3: nodes is no list; write node numbers like 546051'],
    [section({ nodes: '546051 546055' }), ':3: nodes is no list'],
    [section({ nodes: '546051,*' }), ':3: nodes is no list'],
    [section({ actions: '*' }), ':4: actions is no list of actions; write some of connect, monitor, local-monitor, disconnect, disconnect-all, dtmf, permanent'],
    [section({ actions: 'connect, restart' }), ':4: actions is no list of actions'],
    [section({ users: ' , ' }), ':5: users is no list; write names of users like W5GLE'],
    [section().replace(/users.*/, ''), ':1: the front "club" has no users; write all four'],
    [section({ more: '1' }), ':6: there is no field "more"; those there are: key, nodes, actions, users'],
    [`${section()}nodes = 2000\n`, ':6: nodes stands there twice'],
    [`${section()}${section()}`, ':6: the front "club" stands there twice'],
    [`${section()}${section({}, 'attic')}`, ':7: two fronts have this key; give each front a key of its own'],
    [section({}, 'a/b'), ':1: "a/b" is no name of a front; write the name'],
    ['nodes = *\n', ':1: this line belongs to no front'],
    [`${section()}nonsense\n`, ':6: this line belongs to no front, or says nothing'],
    ['[club\n', ':1: this section header has no closing bracket'],
  ])('that has a fault is broken as a whole, and is told where and what to do: %#', (text, told) => {
    const { value, broken, warnings } = parse(text)
    expect([value.size, broken]).toEqual([0, true])
    expect(warnings).toEqual([expect.stringContaining(`orders.ini${told}`)])
    expect(warnings[0]).not.toContain('MC4CAQ')
  })
})

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})
async function fileOf(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  folders.push(folder)
  await writeFile(join(folder, 'file'), text)
  return join(folder, 'file')
}
const quiet = { info: () => undefined, warn: () => undefined }

describe('a running gateway', () => {
  it('starts with no broken file, and keeps what it had when one is broken later, and says so', async () => {
    const path = await fileOf('[club]\n')
    await expect(OrderFrontsWatch.open(path, quiet)).rejects.toThrow('--mqtt-orders: ')
    await expect(OrderFrontsWatch.open(`${path}.gone`, quiet)).rejects.toThrow('there is no such file; no orders are taken')
    await writeFile(path, section())
    const log: string[] = []
    const watch = await OrderFrontsWatch.open(path, { warn: (_fields, message) => { log.push(message) } })
    await writeFile(path, section({ actions: 'everything' }))
    await watch.refresh()
    expect([...watch.fronts.keys()]).toEqual(['club'])
    expect(log.join()).toContain('actions is no list of actions')
    await writeFile(path, section({}, 'attic'))
    await watch.refresh()
    expect([...watch.fronts.keys()]).toEqual(['attic'])
    await rm(path)
    await watch.refresh()
    expect(watch.fronts.size).toBe(0)
  })

  it('signs with a private Ed25519 key and starts with nothing else', async () => {
    const open = (path: string) => brokerOf(parseOptions(['--from-mqtt', 'mqtt://127.0.0.1', '--mqtt-sign-key', path], {}), quiet)
    const pem = (kind: 'ed25519' | 'x25519') => generateKeyPairSync(kind as 'ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
    expect((await open(await fileOf(pem('ed25519')))).front?.signKey?.asymmetricKeyType).toBe('ed25519')
    for (const text of ['', 'nonsense', pem('x25519'), KEY]) {
      await expect(open(await fileOf(text))).rejects.toThrow('--mqtt-sign-key holds no private Ed25519 key; make one with: openssl genpkey')
    }
    await expect(open('/nowhere/KEY.pem')).rejects.toThrow('--mqtt-sign-key cannot be read (ENOENT)')
  })

  it.each([
    ['--mqtt-sign-key k', '--mqtt-sign-key needs --from-mqtt'],
    ['--mqtt mqtt://a --mqtt-sign-key k', '--mqtt-sign-key needs --from-mqtt'],
    ['--mqtt-orders o', '--mqtt-orders needs --mqtt'],
    ['--from-mqtt mqtt://a --mqtt-orders o', '--mqtt-orders needs --mqtt'],
    ['--mqtt mqtt://a --mqtt-orders o', '--mqtt-orders needs --users or --auth'],
  ])('is told which options need each other: %s', (argv, told) => {
    expect(() => parseOptions(argv.split(' '), {})).toThrow(told)
  })
})
