/** What a Home Assistant on the broker is told of an edge's nodes, on a real broker. */
import { connectAsync } from 'mqtt'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Identity } from '../../../protocol/nodeState.ts'
import type { AppOptions } from '../../src/app.ts'
import { brokerOf } from '../../src/brokerOf.ts'
import { parseOptions } from '../../src/config/options.ts'
import type { FakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { homeConfigTopic } from '../../src/fleet/homeDevice.ts'
import type { HomeValues } from '../../src/fleet/homeValues.ts'
import { homeListTopic, homeTopic, patchTopic, stateTopic, statusTopic } from '../../src/fleet/topics.ts'
import { Fleet } from '../support/fleet.ts'
import { nodeConfig, until } from '../support/running.ts'
import { ownAddress } from '../support/tcpProxy.ts'

const ON = ['--mqtt-home-assistant', 'homeassistant']
const NODE = '546051'
const OTHER = '546055'
const CONFIG = homeConfigTopic('homeassistant', 'shack', NODE)
const VALUES = homeTopic('shack', NODE)

let fleet: Fleet
let fake: FakeAsterisk
const closers: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  fleet = await Fleet.start()
  fake = await fleet.fake({ nodes: [NODE, OTHER] })
})
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
  await fleet.close()
})

/** An edge as its options make it. */
async function edge(more: readonly string[], options: Partial<AppOptions> = {}, url = fleet.mosquitto.url) {
  const quiet = { info: () => undefined, warn: () => undefined }
  const setup = await brokerOf(parseOptions(['--mqtt', url, '--mqtt-name', 'shack', ...more], {}), quiet)
  return fleet.edge('shack', fake, { edge: setup.edge, random: () => 0, ...options })
}

/** Hears all there is on the broker, as a Home Assistant that has just come. */
async function listener() {
  const client = await connectAsync(fleet.mosquitto.url, { protocolVersion: 5 })
  closers.push(() => client.endAsync(true))
  const messages: { readonly topic: string; readonly payload: string; readonly retain: boolean }[] = []
  client.on('message', (topic, payload, { retain }) => { messages.push({ topic, payload: payload.toString(), retain }) })
  await client.subscribeAsync('#')
  const of = (topic: string) => messages.filter((message) => message.topic === topic).map(({ payload }) => payload)
  return { client, messages, of, last: (topic: string) => of(topic).at(-1) ?? '' }
}
type Listener = Awaited<ReturnType<typeof listener>>

const values = (home: Listener, topic = VALUES) => JSON.parse(home.last(topic) || '{}') as Partial<HomeValues>
const firstLink = () => Object.keys(fake.state().nodes[NODE]?.links ?? {})[0] ?? ''
const told = (home: Listener) => until(() => home.last(CONFIG) !== '' && values(home).reachable === 'ON', 'is told of the node')

it('nothing is said unless it is wanted', async () => {
  const home = await listener()
  await edge([])
  // By a change, or by its first state where Asterisk answered before the broker.
  await until(() => [stateTopic, patchTopic].flatMap((topic) => home.of(topic('shack', NODE))).some((text) => text.includes('"reach":"up"')), 'the edge tells of its node')
  await fake.linkKey({ node: NODE, link: firstLink(), on: true })
  await until(() => home.of(patchTopic('shack', NODE)).some((text) => text.includes('"keyed":true')), 'the edge tells of the key-up')
  expect(home.messages.filter(({ topic }) => topic.startsWith('homeassistant/') || topic.endsWith('/home'))).toEqual([])
})

it('a node is one device with its values, kept for a Home Assistant that comes later', async () => {
  await edge(ON)
  await told(await listener())
  const late = await listener()
  await until(() => late.last(CONFIG) !== '' && late.last(VALUES) !== '' && late.last(statusTopic('shack')) !== '', 'the broker kept it')
  expect(late.messages.filter(({ topic }) => [CONFIG, VALUES].includes(topic)).every(({ retain }) => retain)).toBe(true)
  expect(values(late)).toEqual({ keyed: 'OFF', last_talker: expect.stringMatching(/^\d+$/) as string, links: 5, temperature: 40, reachable: 'ON' })
  const config = JSON.parse(late.last(CONFIG)) as {
    device: object; origin: { name: string }; state_topic: string; availability: { topic: string; value_template: string }[]; components: Record<string, Record<string, string>>
  }
  expect(config).toMatchObject({ device: { identifiers: ['supermon-live_shack_546051'] }, origin: { name: 'Supermon Live', sw_version: 'test' }, state_topic: VALUES })
  expect(config.availability).toMatchObject([{ topic: statusTopic('shack') }])
  expect(JSON.parse(late.last(statusTopic('shack')))).toMatchObject({ up: true })
  // Each reads a value that there is.
  expect(Object.keys(config.components)).toEqual(Object.keys(values(late)))
  for (const [name, component] of Object.entries(config.components)) expect(component.value_template).toContain(`value_json.${name} `)
})

it('a key-up is told at once, by events and not by the poll of a node that nobody watches; what stays the same is not said again', async () => {
  const home = await listener()
  let location = ''
  const app = await edge(ON, { names: () => ({ callsign: null, description: null, location }) })
  await told(home)
  const link = firstLink()
  // Its next poll is half a minute away.
  await fake.linkKey({ node: NODE, link, on: true })
  await until(() => values(home).keyed === 'ON', 'keyed')
  await until(() => values(home).last_talker === link, 'who talks')
  await fake.linkKey({ node: NODE, link, on: false })
  await until(() => values(home).keyed === 'OFF', 'not keyed')
  expect(values(home).last_talker).toBe(link)
  // A change of the node, and none of these values.
  location = 'Los Angeles, CA'
  app.namesChanged()
  await until(() => home.of(patchTopic('shack', NODE)).some((text) => text.includes(location)), 'the node is called otherwise')
  await until(() => home.last(CONFIG).includes(location), 'and its device')
  const said = home.of(VALUES)
  expect(said.filter((text, index) => text === said[index - 1])).toEqual([])
})

it('an edge that is gone makes all of it unavailable, and an Asterisk that is gone its node unreachable', async () => {
  const way = fleet.mosquitto.way(ownAddress())
  await way.listen()
  closers.push(() => way.close())
  const home = await listener()
  await edge(ON, {}, `mqtt://${way.host}:${way.port}`)
  await told(home)
  await fake.close()
  await until(() => values(home).reachable === 'OFF', 'unreachable')
  expect(values(home)).toMatchObject({ keyed: null, links: null, temperature: null })
  way.cut()
  await way.refuse()
  await until(() => (JSON.parse(home.last(statusTopic('shack'))) as { up: boolean }).up === false, 'the Last Will')
})

it('a node that leaves is taken back, now or by the next run, and so is all once it is switched off', async () => {
  const gone = (home: Listener, node: string) => until(
    () => [homeConfigTopic('homeassistant', 'shack', node), homeTopic('shack', node)].every((topic) => home.of(topic).length > 0 && home.last(topic) === ''),
    `${node} is taken back`,
  )
  const home = await listener()
  const first = await edge(ON)
  await told(home)
  await until(() => home.last(homeConfigTopic('homeassistant', 'shack', OTHER)) !== '', 'both are told')
  first.reconfigure([nodeConfig(OTHER, fake.port)])
  await gone(home, NODE)
  expect(home.last(homeConfigTopic('homeassistant', 'shack', OTHER))).not.toBe('')
  first.reconfigure(fake.nodes.map((node) => nodeConfig(node, fake.port)))
  await told(home)
  await first.close(0)

  const setup = await brokerOf(parseOptions(['--mqtt', fleet.mosquitto.url, '--mqtt-name', 'shack', ...ON], {}), { info: () => undefined, warn: () => undefined })
  const second = await fleet.edge('shack', { ...fake, nodes: [NODE] }, { edge: setup.edge })
  await gone(home, OTHER)
  expect(home.last(CONFIG)).not.toBe('')
  await second.close(0)

  await edge([])
  await gone(home, NODE)
  await until(() => home.last(homeListTopic('shack')) === '', 'the list too')
  const late = await listener()
  await until(() => late.last(statusTopic('shack')) !== '', 'hears what is kept')
  expect(late.messages.filter(({ topic }) => topic.startsWith('homeassistant/') || topic.endsWith('/home'))).toEqual([])
})

it('a Home Assistant that comes back is told anew, and so is a broker that has forgotten', async () => {
  const home = await listener()
  await edge(ON)
  await told(home)
  const config = home.last(CONFIG)
  const before = home.of(CONFIG).length
  await home.client.publishAsync('homeassistant/status', 'offline')
  await home.client.publishAsync('homeassistant/status', 'online')
  await until(() => home.of(CONFIG).length > before, 'is told anew')
  expect(home.last(CONFIG)).toBe(config)
  await fleet.mosquitto.pause()
  await fleet.mosquitto.resume()
  const after = await listener()
  await told(after)
  expect(after.last(CONFIG)).toBe(config)
})

it('names may be anything', async () => {
  const callsign = 'W1"{{ states }}\\'
  const names = (id: string): Identity => ({ callsign: id === NODE ? 'O"H2{{' : callsign, description: 'Łódź\n\ud800 🎙', location: "'" })
  const home = await listener()
  const app = await edge(ON, { names })
  await told(home)
  expect((JSON.parse(home.last(CONFIG)) as { device: { name: string } }).device.name).toBe("546051 O\"H2{{ Łódź 🎙 '")
  await fake.linkKey({ node: NODE, link: firstLink(), on: true })
  await until(() => values(home).keyed === 'ON', 'keyed')
  expect(values(home).last_talker).toBe(callsign)
  app.reconfigure([nodeConfig('VE3ABC/W6-P', fake.port)])
  const topic = homeConfigTopic('homeassistant', 'shack', 'VE3ABC/W6-P')
  await until(() => home.last(topic) !== '', 'a node with a slash is told of')
  expect((JSON.parse(home.last(topic)) as { state_topic: string }).state_topic).toBe(homeTopic('shack', 'VE3ABC/W6-P'))
  await until(() => home.last(homeTopic('shack', 'VE3ABC/W6-P')) !== '', 'and its values')
})
