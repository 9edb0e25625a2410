/** Each limit as whoever meets it sees it: a code, a reason, a figure; and those within it notice nothing. */
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { AppOptions } from '../../src/app.ts'
import { DEFAULT_LIMITS } from '../../src/gateway/limits.ts'
import { openSocket } from '../support/club.ts'
import { report } from '../support/report.ts'
import { letRun, ManualClock } from '../support/manualClock.ts'
import { nodeConfig, passUntil, runApp, until } from '../support/running.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** With a clock, what fills up again with time does so when the test says. */
async function scene(options: Partial<AppOptions> & { readonly clock?: ManualClock } = {}) {
  const fake = await startFakeAsterisk({ nodes: 2, links: 2 })
  closers.push(() => fake.close())
  const app = await runApp(fake.nodes.map((id) => nodeConfig(id, fake.port)), { sweepMs: 250, ...options })
  const { clock } = options
  closers.push(() => app.close(0).finally(clock === undefined ? undefined : letRun(clock)))
  const open = (path = `ws/${fake.nodes[0] ?? ''}`, headers: Record<string, string> = {}, protocols?: string[]) => {
    const seen = openSocket(app, path, headers, protocols)
    closers.push(() => { seen.socket.terminate() })
    return seen
  }
  const seated = async (...args: Parameters<typeof open>) => {
    const seen = open(...args)
    await until(() => seen.types.includes('snapshot'), 'seated')
    return seen
  }
  const figure = async (name: string) => {
    const text = await (await fetch(`${app.url}metrics`)).text()
    return Number(new RegExp(`^supermon_live_${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
  }
  /** How often the gateway counted a refusal for that limit, with that code. */
  const refusals = (limit: string, code: number) => figure(`refusals_total\\{limit="${limit}",code="${code}"\\}`)
  return { fake, app, open, seated, figure, refusals }
}
const far = (address: string) => ({ 'x-forwarded-for': address })

describe('K-4 a limit', () => {
  it('of viewers in all: the next one is told, and comes in when somebody leaves', async () => {
    const { seated, open, refusals } = await scene({ limits: { viewers: 2 } })
    const first = await seated()
    await seated()
    const third = open()
    await until(() => third.code !== null, 'closed')
    expect(third).toMatchObject({ code: 4429, reason: 'this server is full', types: [] })
    expect(await refusals('viewers', 4429)).toBe(1)
    first.socket.close()
    await until(() => first.code !== null, 'left')
    await seated()
  })

  it('of viewers of one node, on a socket of its own and on a common one, which stays', async () => {
    const { fake, seated, open, refusals } = await scene({ limits: { viewersPerNode: 1 } })
    const [a, b] = fake.nodes as [string, string]
    await seated()
    const own = open()
    await until(() => own.code !== null, 'closed')
    expect(own).toMatchObject({ code: 4429, reason: 'too many viewers are watching this node', types: [] })
    const shared = open('ws')
    await until(() => shared.types.includes('hello'), 'hello')
    shared.socket.send(JSON.stringify({ type: 'subscribe', nodes: [{ node: a }, { node: b }] }))
    await until(() => shared.types.includes('snapshot'), 'the other node')
    expect(shared.frames.find(({ type }) => type === 'error')).toMatchObject({ code: 'too-many-viewers', node: a })
    expect([await refusals('viewersPerNode', 4429), await refusals('viewersPerNode', 0)]).toEqual([1, 1])
  })

  it('of viewers of one address: others come in, and what strangers write about themselves does not count', async () => {
    const { seated, open, refusals } = await scene({ limits: { viewersPerAddress: 1, viewersPerLoopback: 2 } })
    await seated(undefined, far('198.51.100.7'))
    const second = open(undefined, far('203.0.113.9, 198.51.100.7'))
    await until(() => second.code !== null, 'closed')
    expect(second).toMatchObject({ code: 4429, reason: 'too many connections from your address; close some' })
    await seated(undefined, far('198.51.100.8'))
    await seated()
    await seated()
    const local = open()
    await until(() => local.code !== null, 'closed')
    expect(local.code).toBe(4429)
    expect([await refusals('viewersPerAddress', 4429), await refusals('viewersPerLoopback', 4429)]).toEqual([1, 1])
  })

  it('of attempts: a bare 429 with Retry-After, before any handshake', async () => {
    const { seated, open, refusals } = await scene({ clock: new ManualClock(), limits: { attemptBurst: 3, attemptsPerMinute: 1 } })
    for (let i = 0; i < 3; i += 1) await seated(undefined, far('198.51.100.7'))
    const flood = Array.from({ length: 20 }, () => open(undefined, far('198.51.100.7')))
    await until(() => flood.every(({ status }) => status === 429), 'refused')
    for (const { retryAfter } of flood) expect(Number(retryAfter)).toBeGreaterThan(30)
    await seated(undefined, far('198.51.100.8'))
    expect(await refusals('attemptsPerMinute', 429)).toBe(20)
  })

  it('of attempts is told in whole seconds that are over when it may be tried again', async () => {
    const { open } = await scene({ clock: new ManualClock(), limits: { attemptBurst: 1, attemptsPerMinute: 61 } })
    const two = [open(undefined, far('198.51.100.7')), open(undefined, far('198.51.100.7'))]
    await until(() => two.some(({ status }) => status === 429), 'refused')
    expect(two.find(({ status }) => status === 429)?.retryAfter).toBe('1')
  })

  it('of attempts of a proxy that says for nobody whom it speaks: wider, and counted by itself', async () => {
    const { seated, open, refusals } = await scene({ clock: new ManualClock(), limits: { attemptBurst: 1, attemptBurstLoopback: 3, attemptsPerMinuteLoopback: 6 } })
    for (let i = 0; i < 3; i += 1) await seated()
    const fourth = open()
    await until(() => fourth.status === 429, 'refused')
    await seated(undefined, far('198.51.100.8'))
    expect(await refusals('attemptsPerMinuteLoopback', 429)).toBe(1)
  })

  it('of requests: 429 with Retry-After in the one shape, for that address alone', async () => {
    const { app, refusals } = await scene({ clock: new ManualClock(), limits: { requestBurst: 3, requestsPerMinute: 6 } })
    const ask = (address: string, path = 'api/v1/nodes') => fetch(`${app.url}${path}`, { headers: far(address) })
    for (let i = 0; i < 3; i += 1) expect((await ask('198.51.100.7')).status).toBe(200)
    for (const path of ['api/v1/nodes', 'healthz', 'nothing', 'api/v1/auth/me']) {
      const refused = await ask('198.51.100.7', path)
      expect(refused.status, path).toBe(429)
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(8)
      expect(await refused.json()).toEqual({ success: false, error: 'Too many requests', message: 'Too many requests from your address; wait a little.', code: 'too-many-requests' })
    }
    expect((await ask('198.51.100.8')).status).toBe(200)
    expect(await refusals('requestsPerMinute', 429)).toBe(4)
  })

  it('of requests of a crowd behind one address of this machine: wider, and counted by itself', async () => {
    const { app, refusals } = await scene({ limits: { requestBurst: 1, requestBurstLoopback: 4, requestsPerMinuteLoopback: 60_000 } })
    const statuses = await Promise.all(Array.from({ length: 200 }, async () => (await fetch(`${app.url}healthz/live`)).status))
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(3)
    // One comes back each millisecond, so the question below is answered.
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await refusals('requestsPerMinuteLoopback', 429)).toBe(statuses.filter((status) => status === 429).length)
    expect((await fetch(`${app.url}healthz/live`, { headers: far('198.51.100.7') })).status).toBe(200)
  })

  it('of the pace of messages: told once, then not read, then sent away; a viewer beside it notices nothing', async () => {
    const clock = new ManualClock()
    const { fake, seated, refusals } = await scene({ clock, limits: { messageBurst: 5, messagesPerSecond: 1 } })
    const beside = await seated()
    const loud = await seated()
    for (let i = 0; i < 8; i += 1) loud.socket.send('{"type":"ping"}')
    await until(() => loud.types.includes('error'), 'told')
    expect(loud.types.filter((type) => type === 'pong')).toHaveLength(5)
    expect(loud.frames.find(({ type }) => type === 'error')).toMatchObject({ code: 'too-fast' })
    expect(loud.code).toBeNull()
    for (let i = 0; i < 300; i += 1) loud.socket.send('{"type":"ping"}')
    await until(() => loud.code !== null, 'closed')
    expect(loud.code).toBe(4429)
    expect(loud.types.filter((type) => type === 'error')).toHaveLength(1)
    expect(await refusals('messagesPerSecond', 4429)).toBe(1)
    await fake.key({ node: fake.nodes[0] ?? '', on: true })
    await passUntil(clock, () => beside.types.includes('patch'), 'a key-up')
  })

  it('of the pace holds for messages of every kind: bytes and control frames too', async () => {
    const { seated, refusals } = await scene({ clock: new ManualClock(), limits: { messageBurst: 5, messagesPerSecond: 1 } })
    const [bytes, pings] = [await seated(), await seated()]
    let pongs = 0
    pings.socket.on('pong', () => { pongs += 1 })
    for (let i = 0; i < 300; i += 1) {
      bytes.socket.send(Buffer.from([i & 255]))
      pings.socket.ping()
    }
    await until(() => bytes.code !== null && pings.code !== null, 'closed')
    expect([bytes.code, pings.code]).toEqual([4429, 4429])
    expect(pongs).toBeLessThan(10)
    expect(bytes.frames.filter((frame) => frame.type === 'error' && frame.code === 'bad-frame')).toHaveLength(5)
    expect(await refusals('messagesPerSecond', 4429)).toBe(2)
  })

  it('of a message: told in the hello, closed with 1009 beyond it, and nobody reads it', async () => {
    const { seated, refusals } = await scene({ limits: { messageBytes: 1_000 } })
    const long = await seated()
    expect(long.frames[0]).toMatchObject({ type: 'hello', limits: { messageBytes: 1_000 } })
    long.socket.send(JSON.stringify({ type: 'ping', id: 'x'.repeat(900) }))
    await until(() => long.types.includes('pong'), 'one within it is answered')
    long.socket.send(JSON.stringify({ type: 'ping', id: 'y'.repeat(1_000) }))
    await until(() => long.code !== null, 'closed')
    expect(long.code).toBe(1009)
    expect(JSON.stringify(long.frames)).not.toContain('yyy')
    expect(await refusals('messageBytes', 1009)).toBe(1)
  })

  it('of whole states: what is asked beyond it comes later, and nobody is sent away for asking', async () => {
    const clock = new ManualClock()
    const { fake, seated, figure } = await scene({ clock, limits: { snapshotBurst: 3, snapshotsPerSecond: 2 } })
    const keen = await seated()
    const snapshots = () => keen.types.filter((type) => type === 'snapshot').length
    for (let i = 0; i < 40; i += 1) keen.socket.send(JSON.stringify({ type: 'resync', node: fake.nodes[0] }))
    keen.socket.send('{"type":"ping"}')
    await until(() => keen.types.includes('pong'), 'all are read')
    expect(snapshots()).toBeLessThan(6)
    expect(await figure('held_total')).toBeGreaterThan(0)
    const before = snapshots()
    await passUntil(clock, () => snapshots() > before, 'the newest state')
    expect(keen.code).toBeNull()
  })

  it('of a connection that watches nothing', async () => {
    const { app, open, seated, refusals } = await scene({ limits: { idleSeconds: 1 } })
    const idle = open('ws')
    const busy = await seated()
    await until(() => idle.code !== null, 'closed')
    expect(idle).toMatchObject({ code: 4409, reason: 'this connection watches nothing' })
    expect(busy.code).toBeNull()
    expect(await refusals('idleSeconds', 4409)).toBe(1)
    expect(app.log.filter(({ level }) => level === 'warn')).toEqual([])
  })

  it('of nodes on one connection', async () => {
    const { fake, open, refusals } = await scene({ limits: { nodesPerViewer: 1 } })
    const shared = open('ws')
    await until(() => shared.types.includes('hello'), 'hello')
    expect(shared.frames[0]).toMatchObject({ limits: { nodes: 1 } })
    shared.socket.send(JSON.stringify({ type: 'subscribe', nodes: fake.nodes.map((node) => ({ node })) }))
    await until(() => shared.types.includes('error'), 'told')
    expect(shared.frames.find(({ type }) => type === 'error')).toMatchObject({ code: 'too-many-nodes' })
    expect(await refusals('nodesPerViewer', 0)).toBe(1)
  })

  it('of sessions to Asterisk: nodes of further ones say so, and come up when one is free', async () => {
    const fakes = await Promise.all([0, 1].map((i) => startFakeAsterisk({ nodes: [String(2000 + i)] })))
    for (const fake of fakes) closers.push(() => fake.close())
    const app = await runApp(fakes.map((fake) => nodeConfig(fake.nodes[0] ?? '', fake.port)), { limits: { amiSessions: 1 }, lingerMs: 50 })
    closers.push(() => app.close(0))
    const first = openSocket(app, 'ws/2000')
    await until(() => JSON.stringify(first.frames).includes('"reach":"up"'), 'up')
    const second = openSocket(app, 'ws/2001')
    closers.push(() => { second.socket.terminate() })
    await until(() => JSON.stringify(second.frames).includes('limit amiSessions'), 'told why')
    expect(app.log.at(-1)?.message).toMatch(/one too many: raise the limit amiSessions/)
    expect(await (await fetch(`${app.url}metrics`)).text()).toMatch(/^supermon_live_refusals_total\{limit="amiSessions",code="0"\} [1-9]/m)
    first.socket.terminate()
    await until(() => JSON.stringify(second.frames).includes('"reach":"up"'), 'up by itself')
  })
})

describe('W-5 pages of other sites', () => {
  it('are refused with a reason; those that --origins names and those behind a trusted proxy come in', async () => {
    const { open, seated, refusals } = await scene({ origins: ['https://club.example'] })
    const evil = open(undefined, { origin: 'https://evil.example' })
    await until(() => evil.code !== null, 'closed')
    expect(evil).toMatchObject({ code: 4503, reason: 'pages from other sites may not connect here', types: [] })
    await seated(undefined, { origin: 'https://club.example' })
    await seated(undefined, { origin: 'https://radio.example', 'x-forwarded-host': 'radio.example', 'x-forwarded-for': '198.51.100.7' })
    await seated()
    expect(await refusals('origin', 4503)).toBe(1)
  })

  it('W-5 in front of an untrusted proxy, X-Forwarded-Host is what a stranger says', async () => {
    const { open } = await scene({ trustedProxies: ['127.0.0.9'] })
    const evil = open(undefined, { origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' })
    await until(() => evil.code !== null, 'closed')
    expect(evil.code).toBe(4503)
  })
})

describe('K-4 a limit of figures that pages report', () => {
  it('is met by who reports too often, and by who reports of more time than passes', async () => {
    const { app, refusals } = await scene({ clock: new ManualClock(), limits: { reportBurst: 2, reportsPerMinute: 1, reportPages: 1, reportBurstLoopback: 2, reportsPerMinuteLoopback: 1, reportPagesLoopback: 1 } })
    const send = async (ms: number, headers: Record<string, string>) =>
      (await fetch(`${app.url}api/v1/rollout/figures`, {
        method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(report({ percent: 100, ms: { socket: ms } })),
      })).status
    for (const headers of [{}, far('198.51.100.7')]) {
      expect([await send(80_000_000, headers), await send(80_000_000, headers), await send(1, headers)]).toEqual([204, 429, 429])
    }
    for (const limit of ['reportPages', 'reportPagesLoopback', 'reportsPerMinute', 'reportsPerMinuteLoopback']) expect(await refusals(limit, 429), limit).toBe(1)
  })
})

describe('a slow reader', () => {
  it('K-4 is held back, then sent away; one beside it notices nothing', async () => {
    const { fake, app, seated, figure, refusals } = await scene({ limits: { lagBytes: 20_000, lagSeconds: 1 } })
    const node = fake.nodes[0] as string
    const beside = await seated()
    // Nothing is read from this socket: TCP's own buffers must fill first.
    const slow = new WebSocket(`${app.url.replace('http', 'ws')}ws/${node}`)
    closers.push(() => { slow.terminate() })
    await new Promise((resolve) => slow.once('open', resolve))
    slow.pause()
    for (let round = 0; round < 400 && (await figure('held_total')) === 0; round += 1) {
      for (let i = 0; i < 50; i += 1) {
        await fake.setVar({ node, name: 'ALERT', value: `${round}.${i} ${'storm '.repeat(600)}` })
        await fake.key({ node, on: i % 2 === 0 })
      }
    }
    expect(await figure('held_total')).toBeGreaterThan(0)
    await expect.poll(() => refusals('lagSeconds', 4408)).toBe(1)
    expect(beside.code).toBeNull()
    // It never reads why, and that counts all the same.
    slow.terminate()
    const closes = async () => [await figure('closes_total\\{code="4408"\\}'), await figure('closes_total\\{code="1006"\\}')]
    await expect.poll(closes).toEqual([1, 0])
  })
})

it('every limit is met above', () => {
  const source = readFileSync(import.meta.filename, 'utf8')
  const met = new Set([...source.matchAll(/limits: \{([^}]+)\}/g)].flatMap(([, list = '']) => [...list.matchAll(/(\w+):/g)].map(([, name = '']) => name)))
  expect(Object.keys(DEFAULT_LIMITS).filter((name) => !met.has(name))).toEqual([])
})
