import { afterEach, describe, expect, test } from 'vitest'
import type { FakeAsterisk, FakeAsteriskOptions, FakeState } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { STATION_LIST } from '../../src/fake-asterisk/stations.ts'
import { ManualClock } from '../support/manualClock.ts'
import { loggedIn } from './rawClient.ts'

let fake: FakeAsterisk
let clock: ManualClock
afterEach(() => fake.close())

async function start(options: FakeAsteriskOptions): Promise<void> {
  clock = new ManualClock()
  fake = await startFakeAsterisk({ clock, ...options })
}

/** What the server looks like every 100 ms. */
function watch(ms: number): readonly FakeState[] {
  const seen: FakeState[] = []
  for (let t = 0; t < ms; t += 100) {
    clock.advance(100)
    seen.push(fake.state())
  }
  return seen
}

/** How long each link of a node talked at a stretch, in steps of 100 ms. */
function talks(seen: readonly FakeState[], node: string): readonly number[] {
  const running = new Map<string, number>()
  const done: number[] = []
  for (const state of seen) {
    const links = state.nodes[node]?.links ?? {}
    for (const [name, link] of Object.entries(links)) if (link.keyed) running.set(name, (running.get(name) ?? 0) + 100)
    for (const [name, ms] of running) {
      if (links[name]?.keyed === true) continue
      done.push(ms)
      running.delete(name)
    }
  }
  return done
}

describe('the stations at the start', () => {
  test('the first three nodes are the usual ones, further ones depend on the seed alone', async () => {
    await start({ nodes: 5, seed: 3 })
    const { nodes } = fake
    expect(nodes.slice(0, 3)).toEqual(['546051', '546055', '546056'])
    await fake.close()
    await start({ nodes: 5, seed: 3 })
    expect(fake.nodes).toEqual(nodes)
    for (const id of nodes) expect(STATION_LIST).toContain(`\n${id}|`.replace('\n546051', '546051'))
  })

  test('links are of every kind, mostly AllStar, with names of the list', async () => {
    await start({ links: 20 })
    const links = Object.entries(fake.state().nodes['546051']?.links ?? {})
    expect(links).toHaveLength(20)
    const kinds = links.map(([, link]) => link.kind)
    for (const kind of ['echolink', 'irlp', 'phone', 'client'] as const) expect(kinds).toContain(kind)
    expect(kinds.filter((kind) => kind === 'allstar').length).toBeGreaterThan(12)
    for (const [name, link] of links) {
      if (link.kind === 'allstar' || link.kind === 'irlp') expect(STATION_LIST).toContain(`\n${name}|`)
      if (link.kind === 'echolink' || link.kind === 'phone') expect(link.peer).toBe('')
      else expect(link.peer).toMatch(/^(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+$/)
    }
    expect(links.some(([, link]) => link.mode === 'local-monitor')).toBe(true)
    expect(fake.state().nodes['546051']?.linkedNodes.length).toBeGreaterThan(25)
  })

  test('a hub may have more links than the list has stations', async () => {
    await start({ nodes: 1, links: 256 })
    expect(Object.keys(fake.state().nodes['546051']?.links ?? {})).toHaveLength(256)
  })
})

describe('quiet', () => {
  test('for an hour nothing changes but the counters, and no event comes', async () => {
    await start({ scenario: 'quiet', links: 20, user: 'u', secret: 's' })
    const client = await loggedIn(fake.port, { user: 'u', secret: 's', events: 'on' })
    await client.block()
    const before = fake.state()
    clock.advance(3_600_000)
    const after = fake.state()
    expect({ ...after, now: before.now }).toEqual(before)
    expect(await client.ask({ Action: 'Ping' })).toMatch(/^Response: Success/)
    client.close()
  })
})

describe('net', () => {
  test('one station after the other talks 1.2 to 3.5 s on every node, and the transmitter follows', async () => {
    await start({ scenario: 'net', links: 20 })
    const seen = watch(120_000)
    for (const node of fake.nodes) {
      const lengths = talks(seen, node)
      expect(lengths.length).toBeGreaterThan(12)
      expect(Math.min(...lengths)).toBeGreaterThanOrEqual(1_100)
      expect(Math.max(...lengths)).toBeLessThanOrEqual(3_600)
    }
    for (const state of seen) {
      for (const node of Object.values(state.nodes)) {
        expect(Object.values(node.links).filter((l) => l.keyed).length).toBeLessThanOrEqual(1)
        if (node.vars['RPT_RXKEYED'] === '1') expect(node.tx).toBe(true)
      }
    }
    expect(seen.some((s) => s.nodes['546051']?.rx)).toBe(true)
    expect(seen.some((s) => s.nodes['546055']?.rx)).toBe(false)
  })

  test('now and then a link leaves and returns, one rings in vain, a permanent one is retried', async () => {
    await start({ scenario: 'net', links: 20 })
    const seen = watch(900_000)
    const links = seen.flatMap((s) => Object.values(s.nodes).flatMap((n) => Object.values(n.links)))
    expect(links.some((l) => l.state === 'CONNECTING' && l.peer !== '(none)' && !l.permanent)).toBe(true)
    expect(links.some((l) => l.permanent && l.peer === '(none)')).toBe(true)
    const counts = seen.map((s) => Object.keys(s.nodes['546051']?.links ?? {}).length)
    expect(Math.min(...counts)).toBeLessThan(20)
    expect(Math.min(...counts)).toBeGreaterThan(16)
    expect(Math.max(...counts)).toBeLessThan(24)
  })

  test('the receivers of the voter move while it is keyed and rest when it is not', async () => {
    await start({ scenario: 'net', links: 5 })
    const seen = watch(180_000).flatMap((s) => s.nodes['546056'] ?? [])
    const keyed = seen.filter((n) => n.rx)
    expect(keyed.length).toBeGreaterThan(10)
    expect(new Set(keyed.map((n) => n.receivers?.['Downtown']?.rssi)).size).toBeGreaterThan(5)
    expect(keyed.every((n) => n.voted !== null && n.voted !== undefined)).toBe(true)
    expect(seen.filter((n) => !n.rx).every((n) => n.voted === null)).toBe(true)
  })

  test('the same seed tells the same story', async () => {
    const story = () =>
      JSON.stringify(watch(60_000).map((s) => Object.values(s.nodes).map((n) => [n.rx, n.tx, n.vars['RPT_ALINKS']])))
    await start({ scenario: 'net', seed: 7 })
    const first = story()
    await fake.close()
    await start({ scenario: 'net', seed: 7 })
    expect(story()).toBe(first)
    await fake.close()
    await start({ scenario: 'net', seed: 8 })
    expect(story()).not.toBe(first)
  })
})

describe('idle', () => {
  test('keys now and then; the temperature moves every few minutes', async () => {
    await start({ scenario: 'idle', links: 8 })
    const seen = watch(900_000)
    const lengths = talks(seen, '546055')
    expect(lengths.length).toBeGreaterThan(8)
    expect(lengths.length).toBeLessThan(60)
    const temperatures = new Set(seen.map((s) => s.nodes['546055']?.vars['cpu_temp']))
    expect(temperatures.size).toBeGreaterThan(1)
    expect(temperatures.size).toBeLessThan(6)
  })
})
