/** An edge that is gone without a word: the broker is the only one who would say so, and it may have forgotten. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Broker, BrokerMessage } from '../../src/fleet/broker.ts'
import { BEAT_MS } from '../../src/fleet/edge.ts'
import { EdgeListener } from '../../src/fleet/edgeListener.ts'
import { beatTopic, nodesTopic, statusTopic } from '../../src/fleet/topics.ts'
import { Fleet } from '../support/fleet.ts'
import { ManualClock } from '../support/manualClock.ts'
import { passUntil, until, Watcher } from '../support/running.ts'
import { ownAddress } from '../support/tcpProxy.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

describe('signs of life', () => {
  /** What a front hears of edges, told by the test. */
  function scene(edges: readonly string[] = ['shack']) {
    const listeners = new Map<string, (message: BrokerMessage) => void>()
    const broker = { subscribe: (filter: string, listener: (message: BrokerMessage) => void) => { listeners.set(filter, listener); return () => undefined } } as unknown as Broker
    const clock = new ManualClock()
    let changes = 0
    const listener = new EdgeListener({ broker, clock, onChange: () => { changes += 1 }, onBeat: () => undefined, warn: () => undefined })
    closers.push(() => { listener.dispose() })
    const say = (topic: (edge: string) => string, edge: string, message: object, retained: boolean) =>
      listeners.get(topic('+'))?.({ topic: topic(edge), payload: JSON.stringify(message), retained, correlation: null })
    const beat = (edge: string, retained = false) => say(beatTopic, edge, { at: clock.now(), run: 'run', seqs: {} }, retained)
    const status = (edge: string, up: boolean, retained: boolean) => say(statusTopic, edge, { up, run: 'run' }, retained)
    const kept = () => {
      for (const edge of edges) {
        status(edge, true, true)
        say(nodesTopic, edge, { since: 1, nodes: [] }, true)
        beat(edge, true)
      }
    }
    listener.begin()
    kept()
    clock.advance(1_000)
    changes = 0
    return { clock, listener, beat, status, kept, of: (edge = 'shack') => listener.book.edge(edge), changes: () => changes }
  }

  it('that stop are noticed after four beats, and what the broker keeps is none', () => {
    const { clock, beat, status, of, changes } = scene()
    beat('shack')
    clock.advance(4 * BEAT_MS - 1)
    expect(of()).toMatchObject({ up: true, silent: false })
    clock.advance(BEAT_MS)
    expect(of()).toMatchObject({ up: false, silent: true })
    beat('shack', true)
    status('shack', true, true)
    clock.advance(600_000)
    expect(of()).toMatchObject({ up: false, silent: true })
    beat('shack')
    clock.advance(1_000)
    expect(of()).toMatchObject({ up: true, silent: false })
    clock.advance(5 * BEAT_MS)
    status('shack', true, false)
    expect(of()).toMatchObject({ up: true, silent: false })
    expect(changes()).toBe(4)
  })

  it('may be late, and need be no beats: an edge is not said to be gone while anything comes', () => {
    const { clock, beat, listener, of, changes } = scene()
    for (let i = 0; i < 20; i += 1) {
      clock.advance(4 * BEAT_MS - 100)
      if (i % 2 === 0) beat('shack')
      else listener.heard('shack')
    }
    // The time of day is set, or the machine has slept.
    clock.jump(3_600_000)
    clock.advance(BEAT_MS)
    expect([of()?.up, changes()]).toEqual([true, 0])
  })

  it('are waited for anew once the broker is back, but for those that were missing before', () => {
    const { clock, beat, listener, kept, of } = scene(['shack', 'attic'])
    for (let i = 0; i < 6; i += 1) {
      clock.advance(BEAT_MS)
      beat('attic')
    }
    expect([of('shack')?.silent, of('attic')?.silent]).toEqual([true, false])
    clock.advance(3 * BEAT_MS)
    listener.pause()
    clock.advance(600_000)
    listener.begin()
    kept()
    expect([of('shack')?.up, of('attic')?.up]).toEqual([false, true])
    clock.advance(5 * BEAT_MS - 1)
    expect(of('attic')?.up).toBe(true)
    clock.advance(1)
    expect(of('attic')).toMatchObject({ up: false, silent: true })
  })

  it('of five hundred edges are one timer, and are missed together', () => {
    const names = Array.from({ length: 500 }, (_, i) => `site${i}`)
    const { clock, listener, changes } = scene(names)
    expect(clock.pending).toBe(1)
    clock.advance(6 * BEAT_MS)
    expect(listener.book.edges.filter(({ silent }) => silent)).toHaveLength(500)
    expect(changes()).toBe(1)
  })
})

describe.each([['keeps', true], ['forgets', false]] as const)('a broker that loses its power and %s what it was told', (_, persists) => {
  it('does not let a node be shown as reached, with somebody talking, whose edge did not come back', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
    closers.push(() => rm(folder, { recursive: true, force: true }))
    // The front's time runs as it does until it has closed, which takes some, and is moved on by the test.
    const clock = new ManualClock()
    let passed = performance.now()
    const running = setInterval(() => { clock.advance(-passed + (passed = performance.now())) }, 10)
    closers.push(() => { clearInterval(running) })
    // As Debian's own settings, but for the interval of half an hour.
    const fleet = await Fleet.start(['allow_anonymous true', 'user root', ...(persists ? [`persistence_location ${folder}/`, 'autosave_on_changes true', 'autosave_interval 1'] : [])], persists)
    closers.push(() => fleet.close())
    const way = fleet.mosquitto.way(ownAddress())
    await way.listen()
    closers.push(() => way.close())
    const fake = await fleet.fake()
    const node = fake.nodes[0] ?? ''
    const link = Object.keys(fake.state().nodes[node]?.links ?? {})[0] ?? ''
    await fleet.edge('shack', fake, {}, `mqtt://${way.host}:${way.port}`)
    const front = await fleet.front('club', { clock })
    const watch = () => {
      const watcher = new Watcher(front, node)
      closers.push(() => { watcher.close() })
      return watcher
    }
    const host = async () => ((await (await fetch(`${front.url}healthz`)).json()) as { hosts: readonly { status: string; code: string | null }[] }).hosts[0]
    const shown = ({ state }: Watcher) => [state.reach, state.reachReason?.code, state.links[link]?.keyed]

    const before = watch()
    await before.up()
    await fake.linkKey({ node, link, on: true })
    await until(() => before.link(link)?.keyed === true, 'is keyed')
    // Whoever asks is told the whole state, which the broker keeps.
    const asker = await fleet.front('other')
    const other = new Watcher(asker, node)
    await other.until((state) => state.links[link]?.keyed === true, 'is keyed')
    other.close()
    if (persists) {
      const saved = () => readFile(join(folder, 'mosquitto.db'), 'latin1').catch(() => '')
      await expect.poll(saved).toContain('"keyed":true')
    }

    await fleet.mosquitto.pause()
    way.cut()
    await way.refuse()
    await passUntil(clock, () => before.state.reach === 'down', 'is told')
    expect(shown(before)).toEqual(['down', 'broker-away', null])
    const whole = before.snapshots
    await fleet.mosquitto.resume()
    const soon = () => {
      clock.advance(200)
      return host()
    }
    await expect.poll(soon).toMatchObject({ status: 'up' })
    clock.advance(6_000)
    await until(() => shown(before)[1] === 'edge-silent', () => shown(before).join())
    clock.advance(20_000)
    await expect.poll(host).toMatchObject({ status: 'down', code: 'edge-silent' })
    const late = watch()
    await until(() => late.state.reach === 'down', 'is told')
    expect([shown(before), shown(late)]).toEqual([['down', 'edge-silent', null], ['down', 'edge-silent', null]])
    const told = before.frames.flatMap((frame) => (frame.type === 'snapshot' ? [frame.state.reach] : [])).slice(whole)
    expect(new Set(told)).toEqual(new Set(['down']))

    await way.listen()
    for (const watcher of [before, late]) await until(() => watcher.link(link)?.keyed === true, 'is right')
    expect([before.state.reach, (await host())?.status]).toEqual(['up', 'up'])
  })
})
