/** The way to the broker: TLS, accounts, certificates, the access list of deploy/mqtt, and a broker that takes too little. */
import { readFileSync, writeFileSync } from 'node:fs'
import { connectAsync } from 'mqtt'
import type { IClientOptions, MqttClient } from 'mqtt'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { EMPTY_LINK, EMPTY_NODE } from '../../../protocol/nodeState.ts'
import { brokerOf } from '../../src/brokerOf.ts'
import { parseOptions } from '../../src/config/options.ts'
import { systemClock } from '../../src/env/clock.ts'
import type { Clock } from '../../src/env/clock.ts'
import { NodeFeed } from '../../src/feed/nodeFeed.ts'
import { MqttBroker } from '../../src/fleet/broker.ts'
import { brokerFault } from '../../src/fleet/brokerFault.ts'
import { BEAT_MS, Edge } from '../../src/fleet/edge.ts'
import { MAX_BACKLOG } from '../../src/fleet/edgeTopic.ts'
import { homeConfigTopic } from '../../src/fleet/homeDevice.ts'
import { patchTopic, stateTopic, statusTopic } from '../../src/fleet/topics.ts'
import { publicNode } from '../../src/http/nodes.ts'
import { cookieFor, openClub } from '../support/club.ts'
import { Fleet } from '../support/fleet.ts'
import { club, FRONTS } from '../support/orders.ts'
import { nodeConfig, runApp, until, Watcher } from '../support/running.ts'
import { Certificates, SecureMosquitto } from '../support/secureMosquitto.ts'
import type { TcpProxy } from '../support/tcpProxy.ts'

const PASSWORD = 'correct horse battery'
const ACCOUNTS = { shack: PASSWORD, attic: PASSWORD, club: PASSWORD, homeassistant: PASSWORD }
const NODE = '546051'

let certificates: Certificates
beforeAll(() => { certificates = new Certificates(['shack', 'club']) })
afterAll(() => { certificates.remove() })

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function secure(accounts: Readonly<Record<string, string>> | null = ACCOUNTS) {
  const broker = await SecureMosquitto.start(certificates, accounts)
  closers.push(() => broker.mosquitto.stop())
  const way = broker.mosquitto.way()
  await way.listen()
  closers.push(() => way.close())
  return { broker, way }
}

function passwordFile(password: string): string {
  const path = certificates.path('password')
  writeFileSync(path, `${password}\n`)
  return path
}

const byPassword = (name: string, password = PASSWORD, ca = 'ca.crt') =>
  ['--mqtt-name', name, '--mqtt-ca', certificates.path(ca), '--mqtt-user', name, '--mqtt-password-file', passwordFile(password)]
const byCertificate = (name: string) =>
  ['--mqtt-name', name, '--mqtt-ca', certificates.path('ca.crt'), '--mqtt-cert', certificates.path(`${name}.crt`), '--mqtt-key', certificates.path(`${name}.key`)]

/** A connection as the gateway's options make it, and its log. */
async function connection(way: TcpProxy, options: readonly string[], { scheme = 'mqtts', as = '--mqtt' } = {}) {
  const lines: { readonly code?: string; readonly message: string }[] = []
  const write = (fields: object, message: string) => { lines.push({ ...fields, message }) }
  const log = { info: write, warn: write }
  const { edge, front } = await brokerOf(parseOptions([as, `${scheme}://127.0.0.1:${way.port}`, ...options], {}), log)
  const open = () => {
    const broker = edge?.connect({ topic: statusTopic(edge.name), payload: JSON.stringify({ up: false, run: 'run' }) })
    if (broker === undefined) throw new Error('these are no options of an edge')
    closers.push(() => broker.close())
    return broker
  }
  return { edge, front, lines, open }
}

/** Somebody with an account, by a client of its own. */
async function guest(way: TcpProxy, username: string): Promise<MqttClient> {
  const options: IClientOptions = { protocolVersion: 5, username, password: PASSWORD, ca: readFileSync(certificates.path('ca.crt')), reconnectPeriod: 0 }
  const client = await connectAsync(`mqtts://127.0.0.1:${way.port}`, options)
  closers.push(() => client.endAsync(true))
  return client
}

describe('TLS', () => {
  it('hides what is said from whoever stands between', async () => {
    const { way } = await secure()
    const { open } = await connection(way, byPassword('shack'))
    const broker = open()
    await until(() => broker.up, 'connects')
    broker.publish(statusTopic('shack'), '{"up":true,"run":"run"}', { qos: 1 })
    const heard: string[] = []
    broker.subscribe(statusTopic('shack'), ({ payload }) => { heard.push(payload) })
    broker.publish(statusTopic('shack'), 'again', { qos: 1 })
    await until(() => heard.includes('again'), 'the broker took it')
    expect(way.said.length).toBeGreaterThan(200)
    for (const word of ['supermon-live', PASSWORD, 'shack', 'MQTT']) expect(way.said).not.toContain(word)
  })

  it('with a broker for whom nobody vouches nothing is said, and the log says what to do', async () => {
    const { way } = await secure()
    const { open, lines } = await connection(way, byPassword('shack', PASSWORD, 'stranger.crt'))
    const broker = open()
    await until(() => lines.length > 0 && way.accepted > 1, 'says so, and tries again')
    expect(lines).toEqual([expect.objectContaining({ code: 'mqtt-certificate', message: expect.stringMatching(/^MQTT broker: its certificate is not accepted \(.+\); name who signed it with --mqtt-ca/) as string })])
    expect(broker.up).toBe(false)
    for (const word of ['supermon-live', PASSWORD, 'shack', 'MQTT']) expect(way.said).not.toContain(word)
  })

  it('that is not there, or not expected, is told apart from a broker that is down', async () => {
    const { way } = await secure()
    const clear = await connection(way, ['--mqtt-name', 'shack'], { scheme: 'mqtt' })
    clear.open()
    await until(() => clear.lines.length > 0, 'says so')
    expect(clear.lines[0]).toMatchObject({ code: 'mqtt-closed', message: expect.stringContaining('mqtts://') as string })
    const fleet = await Fleet.start()
    closers.push(() => fleet.close())
    const plain = fleet.mosquitto.way()
    await plain.listen()
    closers.push(() => plain.close())
    const tls = await connection(plain, ['--mqtt-name', 'shack'])
    tls.open()
    await until(() => tls.lines.length > 0, 'says so')
    expect(tls.lines[0]?.code).toMatch(/^mqtt-(?:no-tls|closed)$/)
    await plain.refuse()
    await until(() => tls.lines.some(({ code }) => code === 'mqtt-unreachable'), 'says that it is down')
  })
})

it.each([
  // A name whose addresses all refuse: there is no message.
  [new AggregateError([]), 'ECONNREFUSED', 'mqtt-unreachable', 'ECONNREFUSED; check the address'],
  [new Error('getaddrinfo ENOTFOUND broker.example'), 'ENOTFOUND', 'mqtt-unreachable', 'getaddrinfo ENOTFOUND broker.example; check the address'],
  [new Error('certificate has expired'), 'CERT_HAS_EXPIRED', 'mqtt-certificate', '(certificate has expired)'],
  [new Error('Hostname/IP does not match'), 'ERR_TLS_CERT_ALTNAME_INVALID', 'mqtt-certificate', 'as the certificate does'],
  [new Error('tlsv1 alert unknown ca'), 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'mqtt-own-certificate', '--mqtt-cert'],
  [new Error('Connection refused: Server busy'), 137, 'mqtt-refused', 'Server busy; check its log'],
  [new Error('connack timeout'), undefined, 'mqtt-other', 'connack timeout; check its log'],
])('what may fail else has a code and a sentence as well: %s', (error, code, expected, words) => {
  expect(brokerFault(Object.assign(error, code === undefined ? {} : { code }))).toEqual({ code: expected, message: expect.stringContaining(words) as string })
})

describe('an account', () => {
  it('whose password is wrong is said once, without the password, and tried until the broker knows it', async () => {
    const { broker, way } = await secure({ ...ACCOUNTS, shack: 'another one' })
    const { open, lines } = await connection(way, byPassword('shack'))
    const connected = open()
    await until(() => way.accepted >= 3, 'keeps trying')
    expect(lines).toEqual([expect.objectContaining({ code: 'mqtt-account', message: expect.stringContaining('check --mqtt-user and --mqtt-password-file') as string })])
    expect(JSON.stringify(lines)).not.toContain(PASSWORD)
    broker.setAccounts(ACCOUNTS)
    await broker.mosquitto.pause()
    await broker.mosquitto.resume()
    await until(() => connected.up, 'is in', 20_000)
  })

  it('may be a certificate, whose name is the gateway\'s', async () => {
    const { way } = await secure(null)
    const bare = await connection(way, ['--mqtt-name', 'shack', '--mqtt-ca', certificates.path('ca.crt')])
    bare.open()
    await until(() => bare.lines.length > 0, 'says so')
    expect(bare.lines[0]).toMatchObject({ code: 'mqtt-own-certificate', message: expect.stringContaining('--mqtt-cert and --mqtt-key') as string })
    const { open, lines } = await connection(way, byCertificate('shack'))
    const broker = open()
    const heard: string[] = []
    broker.subscribe(statusTopic('shack'), ({ payload }) => { heard.push(payload) })
    await until(() => broker.up, 'connects')
    broker.publish(statusTopic('shack'), 'mine', { qos: 1 })
    broker.publish(statusTopic('attic'), 'not mine', { qos: 1 })
    await until(() => heard.includes('mine') && lines.some(({ message }) => message.includes('check its access list')), 'is let into its own')
  })
})

describe('the access list that is shipped', () => {
  it('lets a fleet work, and Home Assistant see it', async () => {
    const { way } = await secure()
    const fleet = await Fleet.start()
    closers.push(() => fleet.close())
    const fake = await fleet.fake()
    const beside = await connection(way, [...byPassword('shack'), '--mqtt-home-assistant', 'homeassistant'])
    const away = await connection(way, byPassword('club'), { as: '--from-mqtt' })
    const house = await guest(way, 'homeassistant')
    const seen = new Set<string>()
    house.on('message', (topic) => { seen.add(topic) })
    await house.subscribeAsync('homeassistant/#')
    const edge = await runApp(fake.nodes.map((node) => nodeConfig(node, fake.port)), { edge: beside.edge })
    closers.push(() => edge.close(0))
    const front = await runApp(null, { front: away.front })
    closers.push(() => front.close(0))
    const watcher = new Watcher(front, NODE)
    closers.push(() => { watcher.close() })
    await watcher.up()
    const [link = ''] = Object.keys(watcher.state.links)
    await fake.linkKey({ node: NODE, link, on: true })
    await until(() => watcher.link(link)?.keyed === true, 'is keyed')
    await until(() => seen.has(homeConfigTopic('homeassistant', 'shack', NODE)), 'Home Assistant is told')
    expect([...beside.lines, ...away.lines].filter(({ message }) => message.includes('refuses'))).toEqual([])
  })

  it('lets commands of a front through to an edge, and their answers back', async () => {
    const { way } = await secure()
    const beside = await connection(way, byPassword('shack'))
    const away = await connection(way, byPassword('club'), { as: '--from-mqtt' })
    if (beside.edge === null || away.front === null) throw new Error('these are no options of an edge and a front')
    // It began a while ago: at first it takes no orders.
    let ahead = -10_000
    const clock = { ...systemClock, now: () => Date.now() + ahead }
    const { fake } = await openClub(closers, 'read', { edge: { ...beside.edge, fronts: () => FRONTS }, clock })
    ahead = 0
    const { app } = await openClub(closers, 'read', { front: { ...away.front, signKey: club.privateKey } })
    const cookie = await cookieFor(app, 'W5GLE')
    const { csrf_token: token } = (await (await fetch(`${app.url}api/v1/csrf-token`, { headers: { cookie } })).json()) as { csrf_token: string }
    const response = await fetch(`${app.url}api/v1/nodes/connect`, {
      method: 'POST', headers: { 'content-type': 'application/json', cookie, 'x-csrf-token': token }, body: JSON.stringify({ localnode: NODE, remotenode: '48752' }),
    })
    expect(await response.json()).toMatchObject({ data: { outcome: 'done', code: 'linked' } })
    expect(fake.state().nodes[NODE]?.links['48752']?.state).toBe('ESTABLISHED')
    expect([...beside.lines, ...away.lines].filter(({ message }) => message.includes('refuses'))).toEqual([])
  })

  it('lets no edge speak for another, nor hear what others want of it, nor a front speak for an edge', async () => {
    const { way } = await secure()
    const refused = [
      ['attic', statusTopic('shack')],
      ['attic', stateTopic('shack', NODE)],
      ['attic', homeConfigTopic('homeassistant', 'shack', NODE)],
      ['attic', 'supermon-live/v1/demand/shack/club'],
      ['attic', 'supermon-live/v1/order/shack'],
      ['club', patchTopic('shack', NODE)],
      ['club', 'supermon-live/v1/demand/shack/attic'],
      ['homeassistant', stateTopic('shack', NODE)],
    ] as const
    const guests = { attic: await guest(way, 'attic'), club: await guest(way, 'club'), homeassistant: await guest(way, 'homeassistant') }
    const heard: string[] = []
    guests.attic.on('message', (topic) => { heard.push(topic) })
    await guests.attic.subscribeAsync('supermon-live/v1/#')
    for (const [name, topic] of refused) {
      const answer = await guests[name].publishAsync(topic, 'a lie', { qos: 1 }).then(() => 0, (error: { readonly code?: number }) => error.code)
      expect(answer, `${name} to ${topic}`).toBe(135)
    }
    for (const topic of ['supermon-live/v1/demand/shack/club', 'supermon-live/v1/order/shack']) await guests.club.publishAsync(topic, '{}', { qos: 1 })
    await guests.attic.publishAsync(statusTopic('attic'), 'mine', { qos: 1 })
    await until(() => heard.length > 0, 'hears its own')
    expect(heard).toEqual([statusTopic('attic')])
  })
})

describe('a broker that takes too little', () => {
  /** An edge's connection by a way that can stop, and a front and a reader by another one. */
  async function plainFleet() {
    const fleet = await Fleet.start()
    closers.push(() => fleet.close())
    const way = fleet.mosquitto.way()
    await way.listen()
    closers.push(() => way.close())
    const broker = new MqttBroker({ url: `mqtt://127.0.0.1:${way.port}`, clientId: 'edge', clock: systemClock, random: Math.random, log: { info: () => undefined, warn: () => undefined } })
    closers.push(() => broker.close())
    const reader = await connectAsync(fleet.mosquitto.url, { protocolVersion: 5 })
    closers.push(() => reader.endAsync(true))
    return { broker, way, reader, front: await fleet.front('club') }
  }

  async function secureFleet() {
    const { broker: server, way } = await secure()
    const other = server.mosquitto.way()
    other.remembers = false
    await other.listen()
    closers.push(() => other.close())
    const broker = (await connection(way, byPassword('shack'))).open()
    const reader = await guest(other, 'homeassistant')
    const front = await runApp(null, { front: (await connection(other, byPassword('club'), { as: '--from-mqtt' })).front })
    closers.push(() => front.close(0))
    return { broker, way, reader, front }
  }

  it.each(['in clear', 'over TLS'])('is told fewer changes and no backlog grows; the state follows, and a front is right: %s', async (how) => {
    const { broker, way, front, reader } = how === 'in clear' ? await plainFleet() : await secureFleet()
    way.remembers = false
    const feed = new NodeFeed(NODE, 'run-0', Date.now())
    const leave = () => undefined
    // Neither its sign of life nor the state that it repeats is to bring the front what it lacks.
    const clock: Clock = { ...systemClock, setTimeout: (fn, ms) => (ms < BEAT_MS ? systemClock.setTimeout(fn, ms) : undefined) }
    const edge = new Edge({
      name: 'shack', run: 'run', broker, clock,
      nodes: { feed: () => feed, watch: () => leave },
      voters: { feed: () => null, watch: () => leave },
      list: () => [publicNode(nodeConfig(NODE, 5038), () => null)],
    })
    closers.push(() => { edge.close() })
    const change = (turn: number) => {
      const links = Object.fromEntries(Array.from({ length: 256 }, (_, index) => [String(2000 + index), { ...EMPTY_LINK, description: `${turn} ${'x'.repeat(200)}` }]))
      feed.update({ ...EMPTY_NODE, reach: 'up', links }, Date.now())
    }
    change(0)
    await until(() => front.nodes > 0, 'the front knows of the edge')
    const watcher = new Watcher(front, NODE)
    closers.push(() => { watcher.close() })
    await watcher.up()
    let changes = 0
    reader.on('message', () => { changes += 1 })
    await reader.subscribeAsync(patchTopic('shack', NODE))

    way.mute(true)
    let most = 0
    let full = 0
    // The system's own buffers take megabytes first.
    for (let turn = 1; full < 20 && turn < 1_000; turn += 1) {
      change(turn)
      if (broker.backlog > MAX_BACKLOG) full += 1
      most = Math.max(most, broker.backlog)
      await new Promise(setImmediate)
    }
    expect(most).toBeGreaterThan(MAX_BACKLOG)
    // One message more than the bound: each has 60,000 bytes.
    expect(most).toBeLessThan(MAX_BACKLOG + 100_000)
    way.mute(false)
    await until(() => watcher.place?.seq === feed.seq, 'the front has caught up')
    expect(watcher.place?.epoch).toBe(feed.epoch)
    expect(watcher.state).toEqual(feed.state)
    expect(changes).toBeGreaterThan(0)
    expect(changes).toBeLessThan(feed.seq - 10)
  })
})
