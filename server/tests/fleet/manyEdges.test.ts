/** More edges than the broker hands over at once, and states that come late. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectAsync } from 'mqtt'
import type { MqttClient } from 'mqtt'
import { EMPTY_NODE } from '../../../protocol/nodeState.ts'
import { applyPatch, readState } from '../../../protocol/patch.ts'
import { NodeFeed } from '../../src/feed/nodeFeed.ts'
import type { BrokerMessage } from '../../src/fleet/broker.ts'
import { FrontTopic } from '../../src/fleet/frontTopic.ts'
import { nodeChangeSchema, nodeTruthSchema, readMessage } from '../../src/fleet/messages.ts'
import { beatTopic, nodesTopic, patchTopic, stateTopic, statusTopic } from '../../src/fleet/topics.ts'
import { Fleet } from '../support/fleet.ts'
import { NO_FLEET } from '../../src/http/fleetMetrics.ts'
import { ManualClock } from '../support/manualClock.ts'
import { until, Watcher } from '../support/running.ts'

describe('a broker that drops what comes at once', () => {
  let fleet: Fleet
  let say: MqttClient
  const names = Array.from({ length: 30 }, (_, i) => `site${i}`)

  beforeEach(async () => {
    // As a Mosquitto of its own settings does with more than 1,020 messages.
    fleet = await Fleet.start(['allow_anonymous true', 'max_inflight_messages 1', 'max_queued_messages 5'])
    say = await connectAsync(fleet.mosquitto.url, { protocolVersion: 5 })
  })
  afterEach(async () => {
    await say.endAsync(true)
    await fleet.close()
  })

  it('takes no edge from a front: who gives a sign of life and is not known is asked for', async () => {
    const nodeOf = (i: number) => ({
      id: String(546_051 + i), callsign: 'WB6NIL', description: null, location: null, system: 'Nodes', menu: true, hideNodeURL: false, listenlive: null, archive: null, lsnodes: null,
    })
    const beat = (edge: string) => say.publishAsync(beatTopic(edge), JSON.stringify({ at: 1, run: 'run', seqs: {} }), { retain: true })
    for (const [i, edge] of names.entries()) {
      await say.publishAsync(nodesTopic(edge), JSON.stringify({ since: 1, nodes: [nodeOf(i)] }), { retain: true, qos: 1 })
      await say.publishAsync(statusTopic(edge), JSON.stringify({ up: true, run: 'run' }), { retain: true, qos: 1 })
    }
    const front = await fleet.front('club')
    const { hosts } = (await (await fetch(`${front.url}healthz`)).json()) as { hosts: readonly { nodes: readonly string[] }[] }
    const known = new Set(hosts.flatMap(({ nodes }) => nodes))
    const missing = names.filter((_, i) => !known.has(nodeOf(i).id))
    expect(missing.length).toBeGreaterThan(0)
    // As an edge does every 5 s.
    for (const [i, edge] of missing.entries()) {
      await beat(edge)
      await until(() => front.nodes === known.size + i + 1, `${edge} is known`)
    }
    expect(front.nodes).toBe(names.length)
  })
})

describe('an edge that begins anew', () => {
  it('is asked for the whole state of its nodes, and no other edge is', async () => {
    const fleet = await Fleet.start()
    const say = await connectAsync(fleet.mosquitto.url, { protocolVersion: 5 })
    const [one, two] = [await fleet.fake(), await fleet.fake({ nodes: ['2000'], seed: 2 })]
    const before = await fleet.edge('attic', one)
    await fleet.edge('shack', two)
    const front = await fleet.front('club')
    const [theirs, ours] = [new Watcher(front, one.nodes[0] ?? ''), new Watcher(front, '2000')]
    try {
      await Promise.all([theirs.up(), ours.up()])
      const heard: string[] = []
      say.on('message', (topic, _payload, { retain }) => { if (!retain) heard.push(topic) })
      await say.subscribeAsync([stateTopic('shack', '2000'), patchTopic('shack', '2000')])
      const epoch = theirs.place?.epoch
      await before.close(0)
      await fleet.edge('attic', one)
      await until(() => theirs.place?.epoch !== epoch && theirs.state.reach === 'up', 'is told the new state')
      const [link = ''] = Object.keys(two.state().nodes['2000']?.links ?? {})
      for (const on of [true, false, true, false]) {
        await two.linkKey({ node: '2000', link, on })
        await until(() => ours.link(link)?.keyed === on, 'hears what comes after that')
      }
      await until(() => heard.length >= 4, 'the broker has told of it')
      expect(heard).not.toContain(stateTopic('shack', '2000'))
    } finally {
      theirs.close()
      ours.close()
      await say.endAsync(true)
      await fleet.close()
    }
  })
})

describe('what the broker kept of a node', () => {
  const clock = new ManualClock()
  const place = { epoch: 'run-0', seq: 4, at: 1 }
  let feed: NodeFeed
  let reads: number
  let topic: FrontTopic<NodeFeed['state'], NonNullable<ReturnType<typeof nodeChange>>['patch']>
  let hear: (message: BrokerMessage) => void

  const nodeChange = (payload: string) => readMessage(nodeChangeSchema, payload)
  const kept = { topic: 'state', payload: JSON.stringify({ ...place, state: { ...EMPTY_NODE, reach: 'up' } }), retained: true, correlation: null }

  beforeEach(() => {
    reads = 0
    feed = new NodeFeed('546051', 'front-0', clock.now())
    topic = new FrontTopic({
      broker: {
        up: true, backlog: 0, traffic: NO_FLEET.traffic, publish: () => true, onUp: () => () => undefined, onDown: () => () => undefined, close: () => Promise.resolve(),
        subscribe: (filter, listener) => {
          if (filter === 'state') hear = listener
          return () => undefined
        },
      },
      clock, feed, state: 'state', patch: 'patch', apply: applyPatch,
      readTruth: (payload) => {
        reads += 1
        const read = readMessage(nodeTruthSchema, payload)
        return read === null ? null : { ...read, state: readState(read.state, feed.state) }
      },
      readChange: nodeChange,
      lose: (state, loss) => { feed.lose(state, loss, 'front-1', clock.now()) },
      ask: () => undefined,
      run: () => null,
      missed: () => undefined,
      behind: () => 0,
      heard: () => undefined,
    }, null)
  })
  afterEach(() => { topic.close() })

  it('is not read again while it says what is told already', () => {
    const said = (seq: number) => ({ ...kept, retained: false, payload: JSON.stringify({ ...place, seq, state: { ...EMPTY_NODE, reach: 'up', rx: seq % 2 === 1 } }) })
    hear(said(4))
    hear(said(4))
    expect(reads).toBe(1)
    hear(said(5))
    expect(reads).toBe(2)
    expect(feed).toMatchObject({ seq: 5, state: { rx: true } })
    // Told otherwise meanwhile: it is news.
    topic.setLoss({ code: 'edge-away', message: 'away', since: null })
    topic.setLoss(null)
    hear(said(5))
    expect(reads).toBe(3)
    expect(feed).toMatchObject({ epoch: 'run-0', seq: 5, state: { reach: 'up' } })
  })

  it('is shown also if it comes when the front is about to give up', () => {
    clock.advance(1_900)
    hear(kept)
    clock.advance(5_000)
    expect(feed).toMatchObject({ epoch: 'run-0', seq: 4, state: { reach: 'up' } })
  })
})
