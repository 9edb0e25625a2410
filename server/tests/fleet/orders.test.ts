/** Orders from a front's user over a real broker to an Asterisk, and what anybody else who can write to that broker brings about: nothing. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync } from 'mqtt'
import type { MqttClient } from 'mqtt'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Access } from '../../src/access/access.ts'
import { watchAccounts } from '../../src/accounts.ts'
import { DEFAULT_OPTIONS } from '../../src/config/options.ts'
import { parseOrderFronts } from '../../src/config/orderFronts.ts'
import { ACTIONS } from '../../src/control/order.ts'
import type { Asker } from '../../src/control/pendingOrder.ts'
import { systemClock } from '../../src/env/clock.ts'
import { MqttBroker } from '../../src/fleet/broker.ts'
import { OrderDesk } from '../../src/fleet/orderDesk.ts'
import { OrderDoor } from '../../src/fleet/orderDoor.ts'
import { correlationOf, readReply, replyText, signOrder } from '../../src/fleet/orderToken.ts'
import type { OrderToken } from '../../src/fleet/orderToken.ts'
import { orderTopic, replyTopic } from '../../src/fleet/topics.ts'
import { tap } from '../control/tap.ts'
import type { Tap } from '../control/tap.ts'
import { cookieFor, HASH } from '../support/club.ts'
import { Fleet } from '../support/fleet.ts'
import { ManualClock } from '../support/manualClock.ts'
import { until } from '../support/running.ts'

const NODE = '546051'
const OTHER = '546055'
const club = generateKeyPairSync('ed25519')
const stranger = generateKeyPairSync('ed25519')
/** The edge's list: no DTMF, no permanent links, nothing of KJ6AAA. */
const LIST = `[club]\nkey = ${club.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}\nnodes = ${NODE}\nactions = connect, disconnect\nusers = W5GLE, WB6NIL, W1AW\n`

let fleet: Fleet
let ami: Tap
const closers: (() => unknown)[] = []
beforeEach(async () => {
  fleet = await Fleet.start()
  closers.push(() => fleet.close())
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** @param users who have an account */
async function accounts(users: readonly string[], authusers: string): Promise<Access> {
  const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  closers.push(() => rm(folder, { recursive: true, force: true }))
  const config = join(folder, 'allmon.ini')
  await writeFile(config, [NODE, OTHER].map((id) => `[${id}]\nhost=127.0.0.1\nuser=admin\npasswd=demo\n`).join('\n'))
  await writeFile(join(folder, '.htpasswd'), users.map((user) => `${user}:${HASH}\n`).join(''))
  await writeFile(join(folder, 'authusers.inc'), `<?php\n${authusers}\n`)
  const watch = await watchAccounts(folder, { ...DEFAULT_OPTIONS, config }, { info: () => undefined, warn: () => undefined })
  closers.push(() => { watch.stop() })
  return watch.access
}

/** Its log, with all fields. */
function logbook() {
  const lines: Record<string, unknown>[] = []
  const write = (fields: object, message: string) => { lines.push({ ...fields, message }) }
  return { lines, log: { info: write, warn: write } }
}

/** A gateway beside an Asterisk, which takes the orders of its list. W5GLE may connect and disconnect there, and WB6NIL and W1AW may not. */
async function openEdge({ orders = true } = {}) {
  const fake = await fleet.fake({ nodes: [NODE, OTHER], links: {} })
  ami = await tap(fake.port, Date.now)
  closers.push(() => { ami.close() })
  const access = await accounts(['W5GLE', 'WB6NIL'], '$CONNECTUSER = array("W5GLE", "W1AW"); $DISCUSER = array("W5GLE");')
  const { lines, log } = logbook()
  const { value } = parseOrderFronts(LIST, 'orders.ini', ACTIONS)
  /** @param sinceMs how long ago it began: at first it takes no orders */
  const run = (sinceMs: number) => {
    let ahead = -sinceMs
    const clock = { ...systemClock, now: () => Date.now() + ahead }
    const app = fleet.edge('shack', { nodes: fake.nodes, port: ami.port }, { access, log, clock }, undefined, orders ? { fronts: () => value } : {})
    ahead = 0
    return app
  }
  const app = await run(10_000)
  return { fake, app, lines, again: () => run(0) }
}

/** A front whose user has signed in. Its own rights are wider than the edge's. */
async function openFront({ signKey, user = 'W5GLE' }: { readonly signKey?: KeyObject; readonly user?: string } = {}) {
  const { lines, log } = logbook()
  const access = await accounts([user], `$CONNECTUSER = array("${user}");`)
  const app = await fleet.front('club', { access, log }, undefined, signKey === undefined ? {} : { signKey })
  const cookie = await cookieFor(app, user)
  const { csrf_token: token } = (await (await fetch(`${app.url}api/v1/csrf-token`, { headers: { cookie } })).json()) as { csrf_token: string }
  const connect = async (remotenode = '48752') => {
    const response = await fetch(`${app.url}api/v1/nodes/connect`, {
      method: 'POST', headers: { 'content-type': 'application/json', cookie, 'x-csrf-token': token }, body: JSON.stringify({ localnode: NODE, remotenode }),
    })
    return { status: response.status, ...((await response.json()) as { message: string; code?: string; data?: { outcome: string; code: string } }) }
  }
  return { app, lines, connect }
}

/** Somebody who has the broker's password, and may write and read anything there. */
async function thief() {
  const client: MqttClient = await connectAsync(fleet.mosquitto.url, { protocolVersion: 5 })
  closers.push(() => client.endAsync(true))
  const answers: { readonly code: string; readonly of: string }[] = []
  client.on('message', (topic, payload, packet) => {
    if (topic !== replyTopic('club')) return
    answers.push({ code: readReply(payload.toString())?.result.code ?? '', of: packet.properties?.correlationData?.toString('hex') ?? '' })
  })
  await client.subscribeAsync(replyTopic('club'))
  return {
    client,
    answers,
    codeOf: (payload: string) => answers.filter(({ of }) => of === correlationOf(payload).toString('hex')).map(({ code }) => code),
    bring: (payload: string, retain = false) => client.publishAsync(orderTopic('shack'), payload, {
      retain, properties: { responseTopic: 'supermon-live/v1/edge/shack/status', correlationData: Buffer.from('mine') },
    }),
  }
}

async function connected(clientId: string): Promise<MqttBroker> {
  const broker = new MqttBroker({ url: fleet.mosquitto.url, clientId, clock: systemClock, random: Math.random, log: logbook().log })
  closers.push(() => broker.close())
  await until(() => broker.up, 'connects')
  return broker
}

function order(change: Partial<OrderToken> = {}, key = club.privateKey, at = Date.now()): string {
  return signOrder({
    front: 'club', edge: 'shack', user: 'W5GLE', order: { action: 'connect', node: NODE, target: '48752', permanent: false },
    issued: at, expires: at + 10_000, nonce: randomBytes(16).toString('base64url'), ...change,
  }, key)
}
const sent = () => ami.commands.map(({ line }) => line)

describe('an order of a front', () => {
  it('reaches the node as its user gave it, is answered by what the node then shows, and is in both logs (O-1)', async () => {
    const { fake, lines } = await openEdge()
    const front = await openFront({ signKey: club.privateKey })
    expect(await front.connect()).toMatchObject({ status: 200, message: '546051 is connected to 48752.', data: { outcome: 'done', code: 'linked' } })
    expect(fake.state().nodes[NODE]?.links['48752']?.state).toBe('ESTABLISHED')
    expect(sent()).toEqual(['rpt cmd 546051 ilink 3 48752'])
    expect(lines).toContainEqual(expect.objectContaining({ user: 'W5GLE', front: 'club', node: NODE, action: 'connect', target: '48752', outcome: 'done' }))
    expect(front.lines).toContainEqual(expect.objectContaining({ user: 'W5GLE', edge: 'shack', node: NODE, action: 'connect', outcome: 'done' }))
  })

  it('that the edge does not permit its user is refused there, whatever the front permits (O-5)', async () => {
    const { lines } = await openEdge()
    const front = await openFront({ signKey: club.privateKey, user: 'WB6NIL' })
    expect(await front.connect()).toMatchObject({ status: 403, code: 'no-right', message: expect.stringContaining('authusers.inc') as string })
    expect(lines).toContainEqual(expect.objectContaining({ code: 'no-right', front: 'club', user: 'WB6NIL', node: NODE, action: 'connect' }))
    expect(sent()).toEqual([])
  })

  it('that waits for its turn is asked again whether it may, by the list and the rights as they are then (O-5)', async () => {
    const broker = await connected('edge-shack')
    let fronts = parseOrderFronts(LIST, 'orders.ini', ACTIONS).value
    let rights = true
    const askers: Asker[] = []
    const clock = new ManualClock()
    const door = new OrderDoor({
      edge: 'shack', broker, clock, fronts: () => fronts, log: logbook().log,
      rights: { mayControl: () => rights, mayPermanent: () => false },
      desk: { run: (_order, asker) => { askers.push(asker); return new Promise(() => undefined) } },
    })
    closers.push(() => { door.close() })
    clock.advance(60_000)
    await (await thief()).bring(order({}, club.privateKey, clock.now()))
    await until(() => askers.length > 0, 'waits')
    const may = () => askers[0]?.may()
    expect(may()).toBe(true)
    rights = false
    expect(may()).toBe(false)
    rights = true
    fronts = new Map()
    expect(may()).toBe(false)
  })

  it('is not given without a key, not taken without a list, and not sent while the broker is away', async () => {
    await openEdge({ orders: false })
    expect(await (await openFront()).connect()).toMatchObject({ status: 403, code: 'no-orders' })
    const front = await openFront({ signKey: club.privateKey })
    expect(await front.connect()).toMatchObject({ status: 403, code: 'no-orders', message: expect.stringContaining('--mqtt-orders') as string })
    await fleet.mosquitto.pause()
    let status = ''
    while (status !== 'connecting') status = ((await (await fetch(`${front.app.url}healthz`)).json()) as { hosts: { status: string }[] }).hosts[0]?.status ?? ''
    expect(await front.connect()).toMatchObject({ status: 503, code: 'broker-away' })
    expect(sent()).toEqual([])
  })

  it('is sent once, and one that is not answered in time may have been carried out: answers of others, and to others, do not count (O-6)', async () => {
    const { client } = await thief()
    const broker = await connected('front-club')
    const clock = new ManualClock()
    const edge = { name: 'shack', up: true, run: 'r', since: 0, nodes: [] }
    const desk = new OrderDesk({ name: 'club', key: club.privateKey, broker, clock, edgeOf: (node) => (node === OTHER ? { ...edge, up: false } : node === NODE ? edge : null), log: logbook().log })
    const heard: string[] = []
    client.on('message', (topic, payload) => { if (topic === orderTopic('shack')) heard.push(payload.toString()) })
    await client.subscribeAsync(orderTopic('shack'))
    const asker = { user: 'W5GLE', key: 'one session', may: () => true }
    const give = (node: string) => desk.run({ action: 'disconnect-all', node }, asker)
    expect(await give('2000')).toMatchObject({ outcome: 'not-sent', code: 'edge-silent' })
    expect(await give(OTHER)).toMatchObject({ outcome: 'not-sent', code: 'edge-away' })

    const results: string[] = []
    for (const result of [give(NODE), give(NODE)]) void result.then(({ outcome, code }) => { results.push(`${outcome} ${code}`) })
    await until(() => heard.length > 0, 'is sent')
    const said = replyText('shack', { outcome: 'done', code: 'linked', message: '', response: null })
    const answer = (payload: string, correlationData: Buffer) => client.publishAsync(replyTopic('club'), payload, { qos: 1, properties: { correlationData } })
    await answer(said, Buffer.alloc(16))
    await answer(replyText('attic', { outcome: 'done', code: 'linked', message: '', response: null }), correlationOf(heard[0] ?? ''))
    await answer('nonsense', correlationOf(heard[0] ?? ''))
    let passed = false
    broker.subscribe(replyTopic('end'), () => { passed = true })
    await client.publishAsync(replyTopic('end'), '')
    await until(() => passed, 'has heard all of that')
    clock.advance(4_799)
    await Promise.resolve()
    expect(results).toEqual([])
    clock.advance(1)
    await until(() => results.length > 0, 'gives up')
    expect(results).toEqual(['not-confirmed no-answer-yet', 'not-confirmed no-answer-yet'])
    expect(heard).toHaveLength(1)

    const late = give(NODE)
    await until(() => heard.length === 2, 'is sent')
    await answer(said, correlationOf(heard[1] ?? ''))
    expect(await late).toMatchObject({ outcome: 'done', code: 'linked' })
    const last = give(NODE)
    desk.dispose()
    expect(await last).toMatchObject({ outcome: 'not-confirmed', code: 'no-answer-yet' })
    expect(await give(NODE)).toMatchObject({ outcome: 'not-sent', code: 'stopping' })
  })
})

describe("whoever has the broker's password", () => {
  it('keys nothing with what no front signed for this edge, node, action, user and moment: each is refused by its code, and logged (O-2, O-3, O-4)', async () => {
    const { lines } = await openEdge()
    const { bring, answers, codeOf } = await thief()
    const now = Date.now()
    const link = { action: 'connect', node: NODE, target: '48752', permanent: false } as const
    const cases: readonly (readonly [code: string, payload: string, answered: boolean])[] = [
      ['bad-signature', order({}, stranger.privateKey), true],
      ['front-unknown', order({ front: 'attic' }, stranger.privateKey), false],
      ['other-edge', order({ edge: 'attic' }), true],
      ['order-expired', order({ issued: now - 20_000, expires: now - 10_000 }), true],
      ['order-from-future', order({ issued: now + 60_000, expires: now + 65_000 }), true],
      ['order-lasts-too-long', order({ expires: now + 60_000 }), true],
      ['node-not-allowed', order({ order: { ...link, node: OTHER } }), true],
      ['action-not-allowed', order({ order: { action: 'dtmf', node: NODE, digits: '*70' } }), true],
      ['action-not-allowed', order({ order: { ...link, permanent: true } }), true],
      ['user-not-allowed', order({ user: 'KJ6AAA' }), true],
      ['no-right', order({ user: 'WB6NIL' }), true],
      // Named in authusers.inc, and without an account there.
      ['no-right', order({ user: 'W1AW' }), true],
      ['order-not-understood', 'nonsense', false],
      ['order-not-understood', '', false],
      ['order-not-understood', 'x'.repeat(5_000_000), false],
      ['order-not-understood', order().replace('48752', '48753'.repeat(1_000)), false],
    ]
    for (const [, payload] of cases) await bring(payload)
    const refused = () => lines.filter(({ message }) => String(message).startsWith('order refused: ')).map(({ code }) => code)
    await until(() => refused().length === cases.length, () => `are all logged: ${refused().join()}`)
    expect(refused()).toEqual(cases.map(([code]) => code))
    const expected = cases.filter(([, , answered]) => answered)
    await until(() => answers.length >= expected.length, () => `are answered: ${JSON.stringify(answers)}`)
    for (const [code, payload, answered] of cases) expect(codeOf(payload), code).toEqual(answered ? [code] : [])
    expect(sent()).toEqual([])
    expect(JSON.stringify(lines)).not.toContain('*70')

    // The same thief, had he the front's key.
    const good = order()
    await bring(good)
    await until(() => codeOf(good).length > 0, 'is carried out')
    expect([codeOf(good), sent()]).toEqual([['linked'], ['rpt cmd 546051 ilink 3 48752']])
  })

  it('keys nothing by playing an order again: at once, kept by the broker, or to the next run (O-4)', async () => {
    const edge = await openEdge()
    const { client, bring, codeOf } = await thief()
    const once = order()
    await bring(once)
    await bring(once)
    await until(() => codeOf(once).length > 0, 'is carried out')
    const kept = order({ order: { action: 'disconnect', node: NODE, target: '48752', permanent: false } })
    const logged = (code: string) => until(() => edge.lines.some((line) => line['code'] === code), code)
    await logged('order-used')
    // Its own answer is the only one.
    expect(codeOf(once)).toEqual(['linked'])

    await edge.app.close(0)
    await bring(kept, true)
    await edge.again()
    await logged('order-retained')
    await bring(once)
    await logged('order-before-start')
    await client.publishAsync(orderTopic('shack'), '', { retain: true })
    expect(sent()).toEqual(['rpt cmd 546051 ilink 3 48752'])
  })

  it('has only so many signatures looked at in a moment, and no line written for each', async () => {
    const { lines } = await openEdge()
    const { bring } = await thief()
    await Promise.all(Array.from({ length: 60 }, () => bring(order({}, stranger.privateKey))))
    await until(() => lines.some(({ code }) => code === 'too-many-orders'), 'is too much')
    expect(lines.filter(({ code }) => code === 'bad-signature')).toHaveLength(5)
    expect(sent()).toEqual([])
  })
})
