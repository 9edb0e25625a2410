/** From an Asterisk over an edge, a real broker and a front to a viewer, and back after each thing that may fail. */
import { connectAsync } from 'mqtt'
import type { MqttClient } from 'mqtt'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { patchTopic, stateTopic } from '../../src/fleet/topics.ts'
import { Fleet } from '../support/fleet.ts'
import { ownAddress } from '../support/tcpProxy.ts'
import type { TcpProxy } from '../support/tcpProxy.ts'
import { until, Watcher } from '../support/running.ts'

let fleet: Fleet
let fake: FakeAsterisk
let node: string
let link: string
const watchers: Watcher[] = []
const clients: MqttClient[] = []
const ways: TcpProxy[] = []

beforeEach(async () => {
  fleet = await Fleet.start()
  fake = await fleet.fake()
  node = fake.nodes[0] ?? ''
  link = Object.keys(fake.state().nodes[node]?.links ?? {})[0] ?? ''
})
afterEach(async () => {
  for (const watcher of watchers.splice(0)) watcher.close()
  for (const client of clients.splice(0)) await client.endAsync(true)
  await fleet.close()
  for (const way of ways.splice(0)) await way.close()
})

function watch(app: { readonly url: string }, query = ''): Watcher {
  const watcher = new Watcher(app, node, query)
  watchers.push(watcher)
  return watcher
}

/** Somebody else on the broker, who may say anything. */
async function stranger(): Promise<MqttClient> {
  const client = await connectAsync(fleet.mosquitto.url, { protocolVersion: 5 })
  clients.push(client)
  return client
}

/** The edge's way to the broker. */
async function openWay(): Promise<TcpProxy> {
  const way = fleet.mosquitto.way(ownAddress())
  await way.listen()
  ways.push(way)
  return way
}

const key = (on: boolean) => fake.linkKey({ node, link, on })
const keyed = (watcher: Watcher, on: boolean) => until(() => watcher.link(link)?.keyed === on, `${link} is ${on ? '' : 'not '}keyed`)
const queryOf = ({ place }: Watcher) => `?epoch=${place?.epoch ?? ''}&seq=${place?.seq ?? ''}`

describe('a front', () => {
  it('shows a node as the edge does, with the same place in the order', async () => {
    const beside = watch(await fleet.edge('shack', fake))
    const away = watch(await fleet.front('club'))
    await Promise.all([beside.up(), away.up()])
    await key(true)
    await keyed(away, true)
    await until(() => JSON.stringify(away.state) === JSON.stringify(beside.state), 'both show the same')
    expect(away.place).toEqual(beside.place)
    expect(away.snapshots).toBe(1)
  })

  it('lets a viewer of another front go on where he was', async () => {
    await fleet.edge('shack', fake)
    const [one, two] = [await fleet.front('one'), await fleet.front('two')]
    const before = watch(one)
    await before.up()
    await key(true)
    await before.until(({ tx }) => tx === true, 'the last change of the key-up')
    // What the broker keeps is older than what he holds: the front must not tell him that.
    const after = watch(two, queryOf(before))
    await until(() => after.place !== null, 'is told where he stands')
    expect(after.frames.map(({ type }) => type)).toEqual(['hello', 'current'])
    await key(false)
    await until(() => after.frames.some(({ type }) => type === 'patch'), 'hears what follows')
  })

  it('has no node that no edge has, and loses one that is taken out', async () => {
    const edge = await fleet.edge('shack', fake)
    const front = await fleet.front('club')
    const watcher = watch(front)
    await watcher.up()
    const other = new Watcher(front, '2999')
    watchers.push(other)
    await until(() => other.closed !== null, 'is refused')
    expect(other.closed?.code).toBe(4504)
    edge.reconfigure([])
    await until(() => watcher.closed !== null, 'is sent away')
    expect(watcher.closed?.code).toBe(4504)
  })

  it('started before its broker, is right once that is there', async () => {
    await fleet.mosquitto.pause()
    const front = await fleet.front('club')
    const watcher = watch(front)
    await until(() => watcher.state.reachReason?.code === 'broker-away', 'says that the broker is away')
    await fleet.mosquitto.resume()
    await fleet.edge('shack', fake)
    await until(() => watcher.state.reach === 'up' || watcher.closed !== null, 'is right', 20_000)
    const again = watch(front)
    await again.up()
  })
})

describe('what fails', () => {
  it('an edge that is gone: its viewers are told so, with the time, and are right once it is back under a new epoch', async () => {
    const way = await openWay()
    const edge = await fleet.edge('shack', fake, {}, `mqtt://${way.host}:${way.port}`)
    const watcher = watch(await fleet.front('club'))
    await watcher.up()
    const { epoch } = watcher.place ?? {}
    const before = Date.now()
    way.cut()
    await way.refuse()
    await until(() => watcher.state.reach === 'down', 'is told')
    expect(watcher.state.reachReason?.code).toBe('edge-away')
    expect(watcher.state.reachSince).toBeLessThanOrEqual(before)
    expect(watcher.state.reachSince).toBeGreaterThan(before - 60_000)
    expect(Object.values(watcher.state.links).every((each) => each.keyed === null)).toBe(true)
    expect(watcher.place?.epoch).not.toBe(epoch)
    await edge.close(0)
    await fleet.edge('shack', fake)
    await watcher.up()
    expect(watcher.place?.epoch).not.toBe(epoch)
    await key(true)
    await keyed(watcher, true)
  })

  it('a blip of the edge\'s network is no news, and what happened meanwhile is shown', async () => {
    const way = await openWay()
    await fleet.edge('shack', fake, {}, `mqtt://${way.host}:${way.port}`)
    const watcher = watch(await fleet.front('club'))
    await watcher.up()
    way.cut()
    await key(true)
    await keyed(watcher, true)
    expect(watcher.frames.filter((frame) => frame.type === 'snapshot' && frame.state.reach !== 'up')).toEqual([])
  })

  it('a broker that restarts: viewers are told after a while, and right soon after it is back', async () => {
    await fleet.edge('shack', fake)
    const watcher = watch(await fleet.front('club'))
    await watcher.up()
    await fleet.mosquitto.pause()
    await key(true)
    await until(() => watcher.state.reach === 'down', 'is told')
    expect(watcher.state.reachReason?.code).toBe('broker-away')
    await fleet.mosquitto.resume()
    await until(() => watcher.state.reach === 'up', 'is right', 20_000)
    await keyed(watcher, true)
  })

  it('messages that are lost, come twice, late or are nonsense change nothing, and what is missing is asked for', async () => {
    const edge = await fleet.edge('shack', fake)
    const beside = watch(edge)
    const away = watch(await fleet.front('club'))
    await Promise.all([beside.up(), away.up()])
    await key(true)
    await keyed(away, true)
    const { epoch = '', seq = 0 } = away.place ?? {}
    const say = await stranger()
    const at = Date.now()
    const lie = { links: { [link]: { keyed: false } } }
    await say.publishAsync(patchTopic('shack', node), JSON.stringify({ epoch, seq, at, patch: lie }))
    await say.publishAsync(patchTopic('shack', node), JSON.stringify({ epoch: 'gone-0', seq: 99, at, patch: lie }))
    await say.publishAsync(stateTopic('shack', node), JSON.stringify({ epoch, seq: 0, at, state: {} }))
    for (const text of ['', '{', '[]', 'null', '{"epoch":1}', '\u0000']) await say.publishAsync(patchTopic('shack', node), text)
    expect(away.snapshots).toBe(1)
    // One that tells of others before it: those are missing.
    await say.publishAsync(patchTopic('shack', node), JSON.stringify({ epoch, seq: seq + 3, at, patch: lie }))
    await key(false)
    await keyed(away, false)
    await until(() => away.place?.seq === beside.place?.seq, 'both stand at the same place')
    expect(away.place?.epoch).toBe(epoch)
    expect(away.state).toEqual(beside.state)
  })

  it('two edges that say they have the same node: the older one is believed, and the front\'s log says so', async () => {
    const impostor = await fleet.fake({ seed: 2, links: 1 })
    await fleet.edge('shack', fake)
    const front = await fleet.front('club')
    const watcher = watch(front)
    await watcher.up()
    const { links } = watcher.state
    expect(impostor.nodes).toEqual(fake.nodes)
    await fleet.edge('attic', impostor)
    await until(() => front.log.some(({ message }) => message.includes('shack is believed, attic is not')), 'says so')
    expect(Object.keys(watcher.state.links)).toEqual(Object.keys(links))
    expect(watcher.state.reach).toBe('up')
  })
})
