/** Orders from a front's user over a real broker to an Asterisk, and what anybody else who can write to that broker brings about: nothing. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Asker } from '../../src/control/pendingOrder.ts'
import { OrderDesk } from '../../src/fleet/orderDesk.ts'
import { OrderDoor } from '../../src/fleet/orderDoor.ts'
import { correlationOf, replyText } from '../../src/fleet/orderToken.ts'
import { orderTopic, replyTopic } from '../../src/fleet/topics.ts'
import { ManualClock } from '../support/manualClock.ts'
import { club, FRONTS, NODE, order, OrderStage, OTHER, stranger } from '../support/orders.ts'
import { logbook, until } from '../support/running.ts'

let stage: OrderStage
beforeEach(async () => {
  stage = await OrderStage.open()
})
afterEach(() => stage.close())

describe('an order of a front', () => {
  it('reaches the node as its user gave it, is answered by what the node then shows, and is in both logs (O-1)', async () => {
    const { fake, lines } = await stage.edge()
    const front = await stage.front({ signKey: club.privateKey })
    expect(await front.connect()).toMatchObject({ status: 200, message: '546051 is connected to 48752.', data: { outcome: 'done', code: 'linked' } })
    expect(fake.state().nodes[NODE]?.links['48752']?.state).toBe('ESTABLISHED')
    expect(stage.sent).toEqual(['rpt cmd 546051 ilink 3 48752'])
    expect(lines).toContainEqual(expect.objectContaining({ user: 'W5GLE', front: 'club', node: NODE, action: 'connect', target: '48752', outcome: 'done' }))
    expect(front.lines).toContainEqual(expect.objectContaining({ user: 'W5GLE', edge: 'shack', node: NODE, action: 'connect', outcome: 'done' }))
  })

  it('that the edge does not permit its user is refused there, whatever the front permits (O-5)', async () => {
    const { lines } = await stage.edge()
    const front = await stage.front({ signKey: club.privateKey, user: 'WB6NIL' })
    expect(await front.connect()).toMatchObject({ status: 403, code: 'no-right', message: expect.stringContaining('authusers.inc') as string })
    expect(lines).toContainEqual(expect.objectContaining({ code: 'no-right', front: 'club', user: 'WB6NIL', node: NODE, action: 'connect' }))
    expect(stage.sent).toEqual([])
  })

  it('that waits for its turn is asked again whether it may, by the list and the rights as they are then (O-5)', async () => {
    const broker = await stage.broker('edge-shack')
    let fronts = FRONTS
    let rights = true
    const askers: Asker[] = []
    const clock = new ManualClock()
    const door = new OrderDoor({
      edge: 'shack', broker, clock, fronts: () => fronts, log: logbook().log,
      rights: { mayControl: () => rights, mayPermanent: () => false },
      desk: { run: (_order, asker) => { askers.push(asker); return new Promise(() => undefined) } },
    })
    stage.onClose(() => { door.close() })
    clock.advance(60_000)
    await (await stage.thief()).bring(order({}, club.privateKey, clock.now()))
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
    await stage.edge({ orders: false })
    const mute = await stage.front()
    expect(await mute.connect()).toMatchObject({ status: 403, code: 'no-orders' })
    // Two of one name throw each other off the broker.
    await mute.app.close(0)
    const front = await stage.front({ signKey: club.privateKey })
    expect(await front.connect()).toMatchObject({ status: 403, code: 'no-orders', message: expect.stringContaining('--mqtt-orders') as string })
    await stage.fleet.mosquitto.pause()
    let status = ''
    while (status !== 'connecting') status = ((await (await fetch(`${front.app.url}healthz`)).json()) as { hosts: { status: string }[] }).hosts[0]?.status ?? ''
    expect(await front.connect()).toMatchObject({ status: 503, code: 'broker-away' })
    expect(stage.sent).toEqual([])
  })

  it('is sent once, and one that is not answered in time may have been carried out: answers of others, and to others, do not count (O-6)', async () => {
    const { client } = await stage.thief()
    const broker = await stage.broker('front-club')
    const clock = new ManualClock()
    const edge = { name: 'shack', up: true, silent: false, run: 'r', since: 0, nodes: [] }
    const desk = new OrderDesk({ name: 'club', key: club.privateKey, broker, clock, edgeOf: (node) => (node === OTHER ? { ...edge, up: false } : node === '2001' ? { ...edge, up: false, silent: true } : node === NODE ? edge : null), log: logbook().log })
    const heard: string[] = []
    client.on('message', (topic, payload) => { if (topic === orderTopic('shack')) heard.push(payload.toString()) })
    await client.subscribeAsync(orderTopic('shack'))
    const asker = { user: 'W5GLE', key: 'one session', may: () => true }
    const give = (node: string) => desk.run({ action: 'disconnect-all', node }, asker)
    for (const node of ['2000', '2001']) expect(await give(node)).toMatchObject({ outcome: 'not-sent', code: 'edge-silent' })
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
    const { lines } = await stage.edge()
    const { bring, answers, codeOf } = await stage.thief()
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
    expect(stage.sent).toEqual([])
    expect(JSON.stringify(lines)).not.toContain('*70')

    // The same thief, had he the front's key.
    const good = order()
    await bring(good)
    await until(() => codeOf(good).length > 0, 'is carried out')
    expect([codeOf(good), stage.sent]).toEqual([['linked'], ['rpt cmd 546051 ilink 3 48752']])
  })

  it('keys nothing by playing an order again: at once, kept by the broker, or to the next run (O-4)', async () => {
    const edge = await stage.edge()
    const { client, bring, codeOf } = await stage.thief()
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
    expect(stage.sent).toEqual(['rpt cmd 546051 ilink 3 48752'])
  })

  it('has only so many signatures looked at in a moment, and no line written for each', async () => {
    const { lines } = await stage.edge()
    const { bring } = await stage.thief()
    // One more may be looked at each 50 ms: signed before, they come faster than that.
    const forged = Array.from({ length: 200 }, () => order({}, stranger.privateKey))
    await Promise.all(forged.map((each) => bring(each)))
    await until(() => lines.some(({ code }) => code === 'too-many-orders'), 'is too much')
    expect(lines.filter(({ code }) => code === 'bad-signature')).toHaveLength(5)
    expect(stage.sent).toEqual([])
  })
})
