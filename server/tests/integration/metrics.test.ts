import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Secret } from '../../src/config/secret.ts'
import { Arrival } from '../../src/env/arrival.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { NodeFeed } from '../../src/feed/nodeFeed.ts'
import { v2 } from '../../src/gateway/dialects.ts'
import { Hub } from '../../src/gateway/hub.ts'
import { DEFAULT_LIMITS } from '../../src/gateway/limits.ts'
import { noMeter } from '../../src/gateway/meter.ts'
import { Viewer } from '../../src/gateway/viewer.ts'
import { createHealth } from '../../src/http/health.ts'
import { NO_FLEET } from '../../src/http/fleetMetrics.ts'
import { Metrics } from '../../src/http/metrics.ts'
import { Figures } from '../../src/rollout/figures.ts'
import { latency, report } from '../support/report.ts'
import { ManualClock } from '../support/manualClock.ts'
import { nodeConfig, runApp, Watcher } from '../support/running.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const TOKEN = 'a-token-of-the-club-2026'

async function scene() {
  const fake = await startFakeAsterisk({ nodes: ['546051'], links: 3 })
  closers.push(() => fake.close())
  const app = await runApp([nodeConfig('546051', fake.port), nodeConfig('546055', 1)], { metricsToken: new Secret(TOKEN) })
  closers.push(() => app.close(0))
  const get = (path: string, headers: Record<string, string> = {}) => fetch(`${app.url}${path}`, { headers })
  /** The figures by name and labels. */
  const figures = async () => {
    const text = await (await get('metrics')).text()
    return new Map(text.split('\n').filter((line) => !line.startsWith('#')).map((line) => line.split(/ (?=[^ ]+$)/) as [string, string]))
  }
  return { fake, app, get, figures }
}

describe('the figures', () => {
  it('tell of each Asterisk and of the process, in words that Prometheus reads', async () => {
    const { app, get, figures } = await scene()
    for (const node of ['546051', '546055']) {
      const watcher = new Watcher(app, node)
      closers.push(() => { watcher.close() })
      await watcher.until(({ reach }) => reach !== 'unknown', 'a reach')
    }
    const response = await get('metrics')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(response.headers.get('cache-control')).toContain('no-store')
    const seen = await figures()
    expect(seen.get('supermon_live_ami_host_status{node="546051",status="up"}')).toBe('1')
    expect(seen.get('supermon_live_ami_host_status{node="546051",status="down"}')).toBe('0')
    expect(seen.get('supermon_live_ami_host_status{node="546055",status="up"}')).toBe('0')
    expect(Number(seen.get('process_resident_memory_bytes'))).toBeGreaterThan(1e7)
    expect([...seen.keys()].join()).not.toContain('127.0.0.1')
  })

  it('are for this machine, and not for whoever comes through a proxy on it', async () => {
    const { get } = await scene()
    for (const header of ['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'Via']) {
      const response = await get('metrics', { [header]: '203.0.113.9' })
      expect(response.status, header).toBe(403)
      expect(await response.json()).toMatchObject({ success: false, code: 'metrics-not-allowed' })
    }
  })

  it('are for whoever shows the token, and a wrong one helps nobody', async () => {
    const { get } = await scene()
    const far = { 'x-forwarded-for': '203.0.113.9' }
    expect((await get('metrics', { ...far, authorization: `Bearer ${TOKEN}` })).status).toBe(200)
    expect((await get('metrics', { ...far, authorization: `Bearer ${TOKEN}x` })).status).toBe(403)
    expect((await get('metrics', { ...far, authorization: `Basic ${TOKEN}` })).status).toBe(403)
    expect((await get('metrics', { authorization: 'Bearer wrong-wrong-wrong' })).status).toBe(403)
  })

  it('count requests by the route they met, so that nobody makes up new lines', async () => {
    const { get, figures } = await scene()
    for (const path of ['api/v1/nodes', 'api/v1/nodes', 'made/up', 'made/up/too']) await get(path)
    const seen = await figures()
    expect(seen.get('supermon_live_http_requests_total{route="/api/v1/nodes",status="200"}')).toBe('2')
    expect(seen.get('supermon_live_http_requests_total{route="/*",status="404"}')).toBe('2')
    expect([...seen.keys()].join()).not.toContain('made/up')
  })

  it('measure a change from the bytes that brought it until the last viewer has it, finer than a millisecond', async () => {
    const { fake, app, figures } = await scene()
    const watcher = new Watcher(app, '546051')
    closers.push(() => { watcher.close() })
    await watcher.up()
    const count = async () => Number((await figures()).get('supermon_live_publish_seconds_count'))
    const before = await count()
    for (let i = 0; i < 20; i += 1) {
      await fake.key({ node: '546051', on: i % 2 === 0 })
      await watcher.until(({ rx }) => rx === (i % 2 === 0), 'keyed')
    }
    expect(await count()).toBeGreaterThanOrEqual(before + 20)
    const sum = Number((await figures()).get('supermon_live_publish_seconds_sum'))
    expect(sum).toBeGreaterThan(0)
    expect(sum * 1000).not.toBe(Math.round(sum * 1000))
  })

  it('count the time that bytes waited for those of the same turn, and none that nobody sent', async () => {
    const arrival = new Arrival()
    const work = (ms: number) => { for (const end = performance.now() + ms; performance.now() < end; ); }
    arrival.mark()
    work(40)
    arrival.mark()
    await Promise.resolve()
    const elapsed = arrival.timer()
    work(5)
    expect(elapsed()).toBeGreaterThanOrEqual(45)
    // A whole turn of the loop, after which the mark counts no longer.
    await new Promise((resolve) => setTimeout(resolve, 0))
    await new Promise((resolve) => setImmediate(resolve))
    expect(arrival.timer()()).toBeLessThan(40)
  })

  it('measure up to the message that gathers the changes of one moment', async () => {
    const clock = new ManualClock()
    const feed = new NodeFeed('546051', 'e1', clock.now())
    const order: string[] = []
    const meter = { ...noMeter, published: (ms: number) => { order.push(`published ${ms}`) } }
    const hub = new Hub(feed, () => clock.now(), { meter, timer: () => () => 7 })
    const wire = { send: ({ text }: { text: string }) => { order.push((JSON.parse(text) as { type: string }).type) }, buffered: () => 0, close: () => undefined }
    const house = { clock, version: '1', beatMs: 20_000, limits: DEFAULT_LIMITS, isHere: () => true, enter: () => ({ hub, leave: () => undefined }) }
    const guest = { mayWatch: () => true, maySeePeers: () => false, signedIn: false, stays: () => undefined }
    const viewer = new Viewer({ house, wire, dialect: v2, guest, node: null, held: null })
    viewer.receive('{"type":"subscribe","nodes":[{"node":"546051"}]}')
    await new Promise((resolve) => setImmediate(resolve))
    feed.update({ ...feed.state, rx: true }, clock.now())
    feed.update({ ...feed.state, rx: false }, clock.now())
    expect(order).toEqual(['batch'])
    await new Promise((resolve) => setImmediate(resolve))
    expect(order).toEqual(['batch', 'batch', 'published 7', 'published 7'])
  })

  it('count what the gateway tells, and keep strange close codes from making new lines', async () => {
    const metrics = new Metrics({ version: '1', hosts: () => [], process: false })
    metrics.came('v2')
    metrics.came('v2')
    metrics.came('plan')
    metrics.left('v2', 1001)
    metrics.left('plan', 3777)
    metrics.refused('viewersPerNode', 4429)
    metrics.sent(100)
    metrics.sent(23)
    metrics.received(7)
    metrics.held()
    metrics.published(1.5)
    metrics.commanded('connect', 'done')
    const text = await metrics.text()
    expect(await metrics.text()).toBe(text)
    expect(text.split('\n').filter((line) => /^supermon_live_/.test(line) && !line.includes('bucket'))).toEqual([
      'supermon_live_info{version="1"} 1',
      'supermon_live_viewers{dialect="v2"} 1',
      'supermon_live_viewers{dialect="plan"} 0',
      'supermon_live_frames_sent_total 2',
      'supermon_live_bytes_sent_total 123',
      'supermon_live_frames_received_total 1',
      'supermon_live_bytes_received_total 7',
      'supermon_live_held_total 1',
      'supermon_live_connections_total{dialect="v2"} 2',
      'supermon_live_connections_total{dialect="plan"} 1',
      'supermon_live_closes_total{code="1001"} 1',
      'supermon_live_closes_total{code="other"} 1',
      'supermon_live_refusals_total{limit="viewersPerNode",code="4429"} 1',
      'supermon_live_publish_seconds_sum 0.0015',
      'supermon_live_publish_seconds_count 1',
      'supermon_live_commands_total{action="connect",outcome="done"} 1',
    ])
  })
})

describe('the figures of the rollout', () => {
  it('are what pages reported, in seconds, by stage and group; buckets add up as Prometheus reads them', async () => {
    const figures = new Figures()
    let rollout = { enabled: true, percent: 10 }
    const metrics = new Metrics({ version: '1', hosts: () => [], process: false, rollout: () => ({ rollout, counted: figures.counted }) })
    expect(await metrics.text()).not.toMatch(/^supermon_live_rollout_(?!enabled|percent|reconnects|compared|gaps)/m)
    figures.enter(10, 0)
    figures.take(report({
      ms: { socket: 90_000, polling: 500 }, reconnects: 2, gaps: 1, compared: 5, latency: latency({ 40: 3, 1_200: 1, 60_000: 1 }), fallbacks: { 'socket-closed': 2 },
      mismatches: [{ field: 'rx', count: 1, example: '' }], requests: { made: 1, saved: 90 },
    }), 0)
    figures.take(report({ group: 'off', ms: { polling: 60_000 }, fallbacks: { 'socket-closed': 1 }, requests: { made: 60, saved: 0 }, reconnects: 1 }), 0)
    const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith('supermon_live_rollout_'))
    const of = (name: string) => lines.find((line) => line.startsWith(`supermon_live_rollout_${name} `))?.split(' ').at(-1)
    const labels = (more: string) => `{percent="10",group="on",${more}}`
    expect([of('enabled'), of('percent'), of('reconnects_total'), of('gaps_total'), of('compared_total')]).toEqual(['1', '10', '3', '1', '5'])
    expect([of(`viewer_seconds_total${labels('way="socket"')}`), of(`viewer_seconds_total${labels('way="polling"')}`)]).toEqual(['90', '0.5'])
    expect([of(`requests_total${labels('kind="made"')}`), of('requests_total{percent="10",group="off",kind="made"}')]).toEqual(['1', '60'])
    expect([of('fallbacks_total{reason="socket-closed"}'), of('mismatches_total{field="rx"}')]).toEqual(['3', '1'])
    const bucket = (le: string) => lines.find((line) => line.startsWith('supermon_live_rollout_keyup_seconds_bucket{') && line.includes(`le="${le}"`) && line.includes('group="on"'))?.split(' ').at(-1)
    expect(['0.03', '0.05', '1', '1.5', '10', '+Inf'].map(bucket)).toEqual(['0', '3', '3', '4', '4', '5'])
    expect(of('keyup_seconds_count{percent="10",group="on"}')).toBe('5')
    expect(Number(of('keyup_seconds_sum{percent="10",group="on"}'))).toBeCloseTo(3 * 0.04 + 1.25 + 10)
    rollout = { enabled: false, percent: 50 }
    expect(await metrics.text()).toMatch(/^supermon_live_rollout_enabled 0$/m)
  })

  /** All that counts, line by line. */
  const countersOf = async (figures: Figures) => {
    const metrics = new Metrics({ version: '1', hosts: () => [], process: false, rollout: () => ({ rollout: { enabled: true, percent: 10 }, counted: figures.counted }) })
    const lines = (await metrics.text()).split('\n').filter((line) => /^supermon_live_rollout_(?!enabled|percent)/.test(line))
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]))
  }
  const trouble = (percent: number) => report({
    percent, ms: { socket: 60_000, polling: 500 }, reconnects: 1, gaps: 1, compared: 1, fallbacks: { 'socket-closed': 1 }, latency: latency({ 40: 1 }), mismatches: [{ field: 'rx', count: 1, example: '' }],
  })

  it('never step back while the gateway runs: a stage that begins anew in the report is none that never was', async () => {
    const figures = new Figures()
    for (const percent of [10, 50]) {
      figures.enter(percent, 0)
      for (let i = 0; i < percent; i += 1) figures.take(trouble(percent), 0)
    }
    const before = await countersOf(figures)
    expect([before.get('supermon_live_rollout_gaps_total'), before.get('supermon_live_rollout_fallbacks_total{reason="socket-closed"}')]).toEqual([60, 60])
    figures.enter(10, 1)
    expect(figures.stages['10']?.on.reports).toBe(0)
    expect(await countersOf(figures)).toEqual(before)
    figures.take(trouble(10), 1)
    expect((await countersOf(figures)).get('supermon_live_rollout_keyup_seconds_count{percent="10",group="on"}')).toBe(11)
  })

  it('begin at 0 when the gateway does, whatever was kept: a file that is a minute behind would read as all of it anew', async () => {
    const kept = new Figures()
    kept.enter(10, 0)
    kept.take(trouble(10), 0)
    const again = Figures.parse(kept.text)
    again.enter(10, 1)
    expect(again.stages['10']?.on.reports).toBe(1)
    const counters = await countersOf(again)
    // There from the first look on, so that what comes next is seen as more.
    expect(counters.get('supermon_live_rollout_viewer_seconds_total{percent="10",group="on",way="polling"}')).toBe(0)
    expect(new Set(counters.values())).toEqual(new Set([0]))
    again.take(trouble(10), 1)
    expect((await countersOf(again)).get('supermon_live_rollout_gaps_total')).toBe(1)
  })
})

describe('docs/metrics.md', () => {
  it('lists every figure of ours with its labels, and no other', async () => {
    const sums = new Figures()
    sums.enter(10, 0)
    sums.take(report({ fallbacks: { 'socket-closed': 1 }, mismatches: [{ field: 'rx', count: 1, example: '' }] }), 0)
    const rollout = () => ({ rollout: { enabled: true, percent: 10 }, counted: sums.counted })
    const metrics = new Metrics({ version: '1', hosts: () => [{ node: '546051', status: 'up' }], process: false, rollout })
    const fleet = { up: true, traffic: NO_FLEET.traffic, fronts: 1, edges: [{ name: 'shack', up: true }], missed: 0 }
    const others = (['edge', 'front'] as const).map((at) => new Metrics({ version: '1', hosts: () => [], process: false, fleet: { at, read: () => fleet } }).text())
    metrics.came('v2')
    metrics.left('v2', 1000)
    metrics.refused('viewers', 4429)
    metrics.published(1)
    metrics.commanded('connect', 'done')
    metrics.answered('/api/v1/nodes', 200)
    const text = [await metrics.text(), ...await Promise.all(others)].join('\n')
    const figures = [...new Set([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '']) => name))].map((name) => {
      const labels = /\{([^}]*)\}/.exec(new RegExp(`^${name}(?:_count)?\\{[^}]*\\}`, 'm').exec(text)?.[0] ?? '')?.[1] ?? ''
      return `${name} ${[...labels.matchAll(/(\w+)=/g)].map(([, label = '']) => label).join(', ')}`.trim()
    })
    const page = await readFile(join(import.meta.dirname, '../../../docs/metrics.md'), 'utf8')
    const listed = [...page.matchAll(/^\| `(supermon_live_\w+)` \|([^|]*)\|/gm)].map(([, name = '', labels = '']) => `${name} ${labels.replaceAll('`', '').trim()}`.trim())
    expect(listed.toSorted()).toEqual(figures.toSorted())
  })
})

describe('health', () => {
  it('says which Asterisk is down and why, and that the gateway lives all the same', async () => {
    const { app, get } = await scene()
    const watcher = new Watcher(app, '546055')
    closers.push(() => { watcher.close() })
    await watcher.until(({ reach }) => reach === 'down', 'down')
    const health = (await (await get('healthz')).json()) as { status: string; hosts: object[] }
    expect(health).toMatchObject({ status: 'ok', hosts: [{ nodes: ['546051'], code: null }, { nodes: ['546055'], code: 'refused' }] })
    expect((await get('healthz/live')).status).toBe(200)
    expect((await get('healthz/ready')).status).toBe(200)
  })

  it('is up for as long as it runs, whatever the clock is set to meanwhile, and alive but not ready once it stops', async () => {
    const clock = new ManualClock()
    const health = createHealth({
      clock, version: '1', hosts: () => [], viewers: () => 3, ready: () => false,
      maySee: () => Promise.resolve(() => true), metrics: new Metrics({ version: '1', hosts: () => [], process: false }), metricsToken: null,
    })
    expect((await health.request('/healthz/ready')).status).toBe(503)
    expect((await health.request('/healthz/live')).status).toBe(200)
    clock.advance(10_900)
    for (const ms of [3_600_000, -7_200_000]) {
      clock.jump(ms)
      expect(await (await health.request('/healthz')).json()).toMatchObject({ status: 'stopping', viewers: 3, uptime: 10 })
    }
  })
})
