/** An edge that is of a later version than its front, as in the middle of an update of a fleet. */
import { connectAsync } from 'mqtt'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { EMPTY_LINK, EMPTY_NODE } from '../../../protocol/nodeState.ts'
import { beatTopic, nodesTopic, stateTopic, statusTopic } from '../../src/fleet/topics.ts'
import { Fleet } from '../support/fleet.ts'
import { until, Watcher } from '../support/running.ts'

const NODES = ['546051', '546055']

let fleet: Fleet
let front: Awaited<ReturnType<Fleet['front']>>
let publish: (topic: string, value: object) => Promise<unknown>
const closers: (() => unknown)[] = []

beforeEach(async () => {
  fleet = await Fleet.start()
  const edge = await connectAsync(fleet.mosquitto.url, { protocolVersion: 5 })
  closers.push(() => edge.endAsync(true))
  publish = (topic, value) => edge.publishAsync(topic, JSON.stringify(value), { retain: true, qos: 1 })
  const nothing = { callsign: null, description: null, location: null, system: 'Nodes', menu: true, hideNodeURL: false, listenlive: null, archive: null, lsnodes: null }
  await publish(nodesTopic('shack'), { since: 1, nodes: NODES.map((id) => ({ id, ...nothing })) })
  await begin('r1')
  front = await fleet.front('club')
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  await fleet.close()
})

/** A run of the edge: it is there, and tells so. */
async function begin(run: string): Promise<void> {
  await publish(statusTopic('shack'), { up: true, run })
  await publish(beatTopic('shack'), { at: Date.now(), run, seqs: {} })
}

const say = (run: string, node: string, change: object) =>
  publish(stateTopic('shack', node), { epoch: `${run}-1`, seq: 3, at: Date.now(), state: { ...EMPTY_NODE, reach: 'up', rx: false, tx: false, ...change } })

function watch(node: string): Watcher {
  const watcher = new Watcher(front, node)
  closers.push(() => { watcher.close() })
  return watcher
}

const warnings = () => front.log.filter((line) => JSON.stringify(line).includes('cannot be read'))

it('a word that the front does not know costs no node: it is shown, and the rest of it is as the edge says', async () => {
  await say('r1', '546051', { links: { 2000: { ...EMPTY_LINK, state: 'retrying', keyed: false }, 2001: { ...EMPTY_LINK, state: 'established', keyed: true } } })
  const watcher = watch('546051')
  await until(() => watcher.state.reach === 'up', () => JSON.stringify(watcher.state))
  expect(watcher.state.links).toMatchObject({ 2000: { state: 'connecting', keyed: false }, 2001: { state: 'established', keyed: true } })
  expect(warnings()).toEqual([])
})

it('a state that the front cannot read is told in the log, once in a run of the edge, with what to do', async () => {
  for (const node of NODES) await say('r1', node, { links: 'many' })
  const watchers = NODES.map(watch)
  await until(() => watchers.every(({ state }) => state.reachReason?.code === 'edge-silent'), () => JSON.stringify(watchers.map(({ state }) => state)))
  expect(warnings()).toHaveLength(1)
  expect(JSON.stringify(warnings())).toMatch(/edge shack.*Run the same version there and here/)
  // It is another one now, and then still too new.
  await begin('r2')
  await say('r2', '546051', {})
  await until(() => watchers[0]?.state.reach === 'up', () => JSON.stringify(watchers[0]?.state))
  await say('r2', '546055', { links: 'many' })
  await until(() => warnings().length === 2, () => JSON.stringify(front.log))
})
