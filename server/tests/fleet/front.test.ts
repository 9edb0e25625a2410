/** What else a front has for its viewers, as a gateway beside its Asterisk has it: polling, voters, rights, figures. */
import { connectAsync } from 'mqtt'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { VoterFrame } from '../../../protocol/voter.ts'
import { applyVoterPatch, EMPTY_VOTER, readVoter } from '../../../protocol/voter.ts'
import type { FakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { beatTopic, nodesTopic, patchTopic, statusTopic, voterStateTopic } from '../../src/fleet/topics.ts'
import { cookieFor, openClub, openSocket } from '../support/club.ts'
import { Fleet } from '../support/fleet.ts'
import { until, Watcher } from '../support/running.ts'

let fleet: Fleet
let fake: FakeAsterisk
const closers: (() => unknown)[] = []

beforeEach(async () => {
  fleet = await Fleet.start()
  fake = await fleet.fake({ nodes: ['546051', '546055'], links: 3, voters: { '546051': [{ name: 'Ridge', rssi: 0, master: true }, { name: 'Harbor', rssi: 0 }] } })
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  await fleet.close()
})

function watch(app: { readonly url: string }, node: string): Watcher {
  const watcher = new Watcher(app, node)
  closers.push(() => { watcher.close() })
  return watcher
}

async function figures(app: { readonly url: string }): Promise<Map<string, number>> {
  const text = await (await fetch(`${app.url}metrics`)).text()
  return new Map([...text.matchAll(/^supermon_live_(\S+) (\S+)$/gm)].map(([, name = '', value]) => [name, Number(value)]))
}

it('answers whoever polls a node that nobody watches, from the same place in the order as its edge', async () => {
  const edge = await fleet.edge('shack', fake)
  const front = await fleet.front('club')
  const ask = async (app: { readonly url: string }) => (await fetch(`${app.url}api/v1/nodes/ami/status?nodes=546051,546055`)).json() as Promise<{ data: Record<string, unknown> }>
  // The names of EchoLink stations are asked for by themselves, and come later.
  const isWhole = async () => {
    const text = JSON.stringify(await ask(edge))
    return text.match(/"status":"online"/g)?.length === 2 && !/"Node 3\d{6}"/.test(text)
  }
  await expect.poll(isWhole).toBe(true)
  const watcher = watch(edge, '546051')
  await watcher.up()
  const beside = await ask(edge)
  expect(Object.keys(beside.data)).toEqual(['546051', '546055'])
  // An edge that is slow to answer is told as the broker kept it at first.
  await expect.poll(async () => withoutTimes((await ask(front)).data)).toEqual(withoutTimes(beside.data))
})

/** Seconds that pass between two questions are no difference. */
function withoutTimes(status: unknown): unknown {
  return JSON.parse(JSON.stringify(status, (name, value: unknown) => (/time|elapsed|keyed_at|at$/i.test(name) || name === 'epoch' || name === 'seq' ? undefined : value)))
}

it('shows a voter that is read only while somebody looks', async () => {
  const edge = await fleet.edge('shack', fake)
  const front = await fleet.front('club')
  const reader = await connectAsync(fleet.mosquitto.url, { protocolVersion: 5 })
  closers.push(() => reader.endAsync(true))
  const said: string[] = []
  reader.on('message', (topic) => { said.push(topic) })
  await reader.subscribeAsync([voterStateTopic('shack', '546051'), patchTopic('shack', '546051')])
  await watch(edge, '546051').up()
  await fake.key({ node: '546051', on: true })
  await until(() => said.length > 0, 'the node\'s change crosses the broker')
  await fake.key({ node: '546051', on: false })
  expect(said).not.toContain(voterStateTopic('shack', '546051'))
  const socket = new WebSocket(`${front.url.replace('http', 'ws')}ws/voter/546051`, 'supermon.v2')
  closers.push(() => { socket.terminate() })
  let state = EMPTY_VOTER
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as VoterFrame
    if (frame.type === 'snapshot') state = readVoter(frame.state)
    if (frame.type === 'patch') state = applyVoterPatch(state, frame.patch)
  })
  await until(() => state.reach === 'up', () => JSON.stringify(state))
  await fake.setReceiver({ node: '546051', receiver: 'Harbor', rssi: 201 })
  await fake.key({ node: '546051', on: true })
  await until(() => state.receivers['Harbor']?.rssi === 201 && state.voted === 'Harbor', () => JSON.stringify(state))
  await expect.poll(() => said).toContain(voterStateTopic('shack', '546051'))
})

it('lets nobody see or command more than its own files say', async () => {
  await fleet.edge('shack', fake)
  // Its accounts: W5GLE has all nodes, WB6NIL only 546055, and whoever is not signed in none.
  const club = await openClub(closers, 'none')
  const front = await fleet.front('club', { access: club.accounts.access })
  const stranger = openSocket(front, 'ws/546051')
  await until(() => stranger.code !== null, 'a stranger is refused')
  const cookie = await cookieFor(front, 'WB6NIL')
  const other = openSocket(front, 'ws/546051', { cookie })
  await until(() => other.code !== null, 'another\'s node is refused')
  const own = openSocket(front, 'ws/546055', { cookie })
  await until(() => own.types.includes('snapshot'), 'his own node is shown')
  expect([stranger.code, other.code]).toEqual([4401, 4504])
})

it('tells Prometheus of its broker and its edges, and an edge of its fronts', async () => {
  const edge = await fleet.edge('shack', fake)
  const front = await fleet.front('club')
  await watch(front, '546051').up()
  await fake.linkKey({ node: '546051', link: Object.keys(fake.state().nodes['546051']?.links ?? {})[0] ?? '', on: true })
  // What the broker kept may be shown before the edge hears who looks.
  await expect.poll(async () => (await figures(edge)).get('mqtt_fronts')).toBe(1)
  const [beside, away] = [await figures(edge), await figures(front)]
  expect([beside.get('mqtt_up'), beside.get('mqtt_fronts'), away.get('mqtt_up'), away.get('mqtt_edge_up{edge="shack"}')]).toEqual([1, 1, 1, 1])
  expect(beside.get('mqtt_bytes_total{direction="sent"}')).toBeGreaterThan(beside.get('mqtt_messages_total{direction="sent"}') ?? Infinity)
  expect(away.get('mqtt_messages_total{direction="received"}')).toBeGreaterThan(2)
  expect(away.get('mqtt_missed_total')).toBe(0)
  // What a front has are no Asterisks, and who watches those is not to be woken by it.
  expect([...away.keys()].filter((name) => name.startsWith('ami_host_status'))).toEqual([])
  expect([...beside.keys()].filter((name) => name.startsWith('mqtt_edge_up'))).toEqual([])
  await edge.close(0)
  await expect.poll(async () => (await figures(front)).get('mqtt_edge_up{edge="shack"}')).toBe(0)
})

it('forgets an edge that was taken from the broker, and its alert with it', async () => {
  const edge = await fleet.edge('shack', fake)
  const front = await fleet.front('club')
  await expect.poll(async () => (await figures(front)).get('mqtt_edge_up{edge="shack"}')).toBe(1)
  await edge.close(0)
  await expect.poll(async () => (await figures(front)).get('mqtt_edge_up{edge="shack"}')).toBe(0)
  const sweeper = await connectAsync(fleet.mosquitto.url, { protocolVersion: 5 })
  closers.push(() => sweeper.endAsync(true))
  for (const topic of [statusTopic, nodesTopic, beatTopic]) await sweeper.publishAsync(topic('shack'), '', { retain: true, qos: 1 })
  await expect.poll(async () => [...(await figures(front)).keys()].filter((name) => name.startsWith('mqtt_edge_up'))).toEqual([])
  expect(front.nodes).toBe(0)
})
