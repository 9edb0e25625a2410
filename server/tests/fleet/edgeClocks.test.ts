/** Edges whose clocks are wrong: what a front makes of their times, and what it makes of those that are only slow to be heard. */
import { connectAsync } from 'mqtt'
import * as v from 'valibot'
import { afterEach, describe, expect, it } from 'vitest'
import { position } from '../../../protocol/frames.ts'
import type { NodePatch, NodeState } from '../../../protocol/nodeState.ts'
import { systemClock } from '../../src/env/clock.ts'
import { NodeFeed } from '../../src/feed/nodeFeed.ts'
import type { Broker, BrokerMessage } from '../../src/fleet/broker.ts'
import { changedAt, EdgeClocks, epochBehind } from '../../src/fleet/edgeClocks.ts'
import { EdgeListener } from '../../src/fleet/edgeListener.ts'
import { FrontTopic } from '../../src/fleet/frontTopic.ts'
import { nodeTruthSchema, readMessage } from '../../src/fleet/messages.ts'
import { beatTopic } from '../../src/fleet/topics.ts'
import { epochFor } from '../../src/gateway/peers.ts'
import { Fleet } from '../support/fleet.ts'
import { ManualClock } from '../support/manualClock.ts'
import { logbook, until, Watcher } from '../support/running.ts'

describe('an edge\'s clock', () => {
  function scene() {
    const clock = new ManualClock()
    const clocks = new EdgeClocks(clock)
    /** Signs of life, each that late by our clock, ms. @returns what is held after each that changed it */
    const beats = (...late: number[]) => late.flatMap((ms) => (clocks.heard('shack', clock.now() - ms) ? [clocks.behind('shack')] : []))
    /** Five seconds before each, as an edge gives them. @returns the same */
    const beatsInTime = (seconds: number, late: (s: number) => number) =>
      Array.from({ length: seconds / 5 }, (_, i) => {
        clock.advance(5_000)
        return beats(late(5 * i))
      }).flat()
    return { clock, beats, beatsInTime, clocks }
  }

  it('that is right is let be, however late its signs of life are now and then', () => {
    const { beats } = scene()
    expect(beats(4_000, 30_000, 5, 1_900, 40, 32_000, 31_000, 30_000, 28_000, 25_000, 10, -1_500, 20)).toEqual([])
  })

  it.each([[300, 4_000, 180], [1_000, 8_000, 120], [0, 30_000, 240]])('that is right is let be where they wait between %i and %i ms, in waves of %i s', (least, most, wave) => {
    const { beatsInTime } = scene()
    expect(beatsInTime(1_800, (s) => least + ((most - least) * (1 - Math.cos((2 * Math.PI * s) / wave))) / 2)).toEqual([])
  })

  it('that is set back is known after half a minute where nothing waits so long, and otherwise after five', () => {
    const { beatsInTime } = scene()
    expect(beatsInTime(600, () => 20)).toEqual([])
    expect(beatsInTime(25, () => 600_020)).toEqual([])
    expect(beatsInTime(5, () => 600_020)).toEqual([600_000])
    expect(beatsInTime(600, () => 600_020)).toEqual([])
    expect(beatsInTime(295, () => 610_020)).toEqual([])
    expect(beatsInTime(5, () => 610_020)).toEqual([610_000])
  })

  it.each([[3_600_000, 3], [5_000, 3], [-5_000, 1], [-3_600_000, 1]])('is another one once the front\'s own is set by %i ms, which is known at sign of life %i', (ms, signs) => {
    const { clock, beatsInTime } = scene()
    expect(beatsInTime(600, () => 20 - ms)).toEqual([-ms])
    clock.jump(ms)
    expect(beatsInTime(5 * (signs - 1), () => 20)).toEqual([])
    expect(beatsInTime(5, () => 20)).toEqual([0])
  })

  it('that is off by seconds only is known at first where three signs of life agree, as they do not where each waits for another time', () => {
    const { beats } = scene()
    expect(beats(4_000, 5_500, 7_000, 5_000, 3_500, 2_500, 1_200, 200)).toEqual([])
    expect(scene().beats(7_020, 7_900, 7_050)).toEqual([7_000])
  })

  it('that is wrong is known after three signs of life, and not again until it is set', () => {
    const { beats, clocks } = scene()
    expect(beats(600_100, 603_000)).toEqual([])
    expect(beats(600_030, 600_400, 600_020, 600_900, 599_800, 600_700)).toEqual([600_000])
    expect(beats(30)).toEqual([0])
    expect(beats(-3_600_000)).toEqual([-3_600_000])
    clocks.forget('shack')
    expect(clocks.behind('shack')).toBe(0)
  })

  it('that is off by about two seconds is not told one way and the other', () => {
    const { beats } = scene()
    const around = [2_010, 1_990, 2_050, 1_950, 2_010, 1_980, 2_020].flatMap((ms) => Array.from({ length: 6 }, () => ms))
    expect(beats(...around)).toEqual([2_000])
  })
})

it.each([[7_000, '7 s behind ours'], [3_000, '3 s behind ours'], [-3_000, '3 s ahead of ours'], [-600_000, '600 s ahead of ours']])('an edge whose clock is %i ms behind is named once, with how far it may be off for commands', (behind, how) => {
  const heard = new Map<string, (message: BrokerMessage) => void>()
  const broker = { subscribe: (filter: string, listener: (message: BrokerMessage) => void) => { heard.set(filter, listener); return () => undefined } } as unknown as Broker
  const clock = new ManualClock()
  const { lines, log } = logbook()
  const listener = new EdgeListener({ broker, clock, onChange: () => undefined, onBeat: () => undefined, warn: log.warn })
  for (let i = 0; i < 60; i += 1) {
    clock.advance(5_000)
    heard.get(beatTopic('+'))?.({ topic: beatTopic('shack'), payload: JSON.stringify({ at: clock.now() - behind - 20, run: 'run', seqs: {} }), retained: false, correlation: null })
  }
  listener.dispose()
  // As OrderBook has it: orderToken.test.ts.
  const message = `The clock of edge shack is ${how}: times are set right here, but it refuses commands once it is more than 5 s behind, or 10 s ahead. Set the clock of that machine, or of this one.`
  expect(lines).toEqual([{ edge: 'shack', behind, message }])
})

it('another offset is another place', () => {
  expect([epochBehind('run-0', 0), epochBehind('run-0', 600_000), epochBehind('run-0', -3_000)]).toEqual(['run-0', 'run-0~600', 'run-0~-3'])
})

it('what comes now and says that it happened at another time did not', () => {
  expect([changedAt(99_900, 0, 100_000), changedAt(39_900, 60_000, 100_000), changedAt(39_900, 0, 100_000), changedAt(160_000, 0, 100_000)]).toEqual([99_900, 99_900, 100_000, 100_000])
})

it('a state that was read by another clock is asked for at each sign of life until it has come', () => {
  const listeners = new Map<string, (message: BrokerMessage) => void>()
  const broker = { subscribe: (topic: string, listener: (message: BrokerMessage) => void) => { listeners.set(topic, listener); return () => undefined } } as unknown as Broker
  let [behind, asked] = [0, 0]
  const feed = new NodeFeed('546051', 'front', 0)
  const topic = new FrontTopic<NodeState, NodePatch>({
    broker, clock: new ManualClock(), feed, state: 'state', patch: 'patch',
    readTruth: () => ({ epoch: epochBehind('run-0', behind), seq: 5, at: 0, state: feed.state }),
    readChange: () => null, apply: (state) => state, lose: () => undefined, ask: () => { asked += 1 }, run: () => 'run', missed: () => undefined, behind: () => behind, heard: () => undefined,
  }, null)
  const say = () => { listeners.get('state')?.({ topic: 'state', payload: '{}', retained: false, correlation: null }) }
  say()
  topic.reached(5)
  expect([feed.epoch, feed.seq, asked]).toEqual(['run-0', 5, 1])
  behind = 600_000
  // The first answer is lost.
  topic.reached(5)
  topic.reached(5)
  expect(asked).toBe(3)
  say()
  topic.reached(5)
  expect([feed.epoch, asked]).toEqual(['run-0~600', 3])
  topic.close()
})

it('the longest epoch that an edge may say still fits into what viewers take, with all that a front puts behind it', () => {
  const truth = (length: number) => readMessage(nodeTruthSchema, JSON.stringify({ epoch: 'e'.repeat(length), seq: 0, at: 0, state: {} }))
  expect(truth(49)).toBeNull()
  const { epoch } = truth(48) as { epoch: string }
  expect(v.is(position.epoch, epochFor(epochBehind(epoch, -2_000_000_000_000), true))).toBe(true)
})

describe('a Pi whose time is ten minutes ago', () => {
  const closers: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
  })

  it('is shown with the front\'s times, under a place of its own, and its clock is named', async () => {
    const late = { ...systemClock, now: () => systemClock.now() - 600_000 }
    const fleet = await Fleet.start()
    closers.push(() => fleet.close())
    const fake = await fleet.fake()
    const node = fake.nodes[0] ?? ''
    const link = Object.keys(fake.state().nodes[node]?.links ?? {})[0] ?? ''
    await fleet.edge('shack', fake, { clock: late })
    const front = await fleet.front('club')
    const watcher = new Watcher(front, node)
    closers.push(() => { watcher.close() })
    const talk = async () => {
      for (const on of [true, false]) {
        await fake.linkKey({ node, link, on })
        await until(() => watcher.link(link)?.keyed === on, 'keyed')
      }
    }
    /** Of this minute? */
    const isNow = (at: number | null | undefined) => Math.abs(Date.now() - (at ?? 0)) < 60_000
    await watcher.up()
    await talk()
    const before = watcher.place?.epoch ?? ''

    // As the edge says it every 5 s.
    const say = await connectAsync(fleet.mosquitto.url, { protocolVersion: 5 })
    closers.push(() => say.endAsync(true))
    for (let i = 0; i < 3; i += 1) await say.publishAsync(beatTopic('shack'), JSON.stringify({ at: late.now(), run: before.replace(/-[^-]*$/, ''), seqs: {} }))
    await until(() => watcher.place?.epoch === `${before}~600`, () => JSON.stringify(watcher.place))
    const { lastKeyedAt, lastUnkeyedAt } = watcher.link(link) ?? {}
    expect([lastKeyedAt, lastUnkeyedAt, watcher.state.reachSince].map(isNow)).toEqual([true, true, true])
    expect(front.log.filter(({ message }) => message.startsWith('The clock of edge shack is 600 s behind ours: '))).toHaveLength(1)
    const { hosts } = (await (await fetch(`${front.url}healthz`)).json()) as { hosts: unknown }
    expect(hosts).toEqual([expect.objectContaining({ status: 'up', clockBehind: 600_000 })])

    const { snapshots } = watcher
    await talk()
    expect(isNow(watcher.link(link)?.lastKeyedAt) && isNow(watcher.link(link)?.lastUnkeyedAt)).toBe(true)
    expect(watcher.snapshots).toBe(snapshots)
    // The page's own estimate of the time goes by all of them.
    expect(watcher.frames.filter(({ at }) => !isNow(at))).toEqual([])
  })
})
