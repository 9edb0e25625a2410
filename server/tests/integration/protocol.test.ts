/** docs/protocol.md over the wire, statement by statement, where no other test is closer to it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLOSE, closeVerdict } from '../../../protocol/closeCodes.ts'
import { EMPTY_NODE } from '../../../protocol/nodeState.ts'
import { anchor } from '../../../protocol/statusRow.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { DEFAULT_LIMITS } from '../../src/gateway/limits.ts'
import { openSocket } from '../support/club.ts'
import { handshake, sendRaw } from '../support/rawHttp.ts'
import { nodeConfig, runApp, until } from '../support/running.ts'

const [NODE, OTHER] = ['546051', '546055']
const closers: (() => unknown)[] = []
let fake: FakeAsterisk
let app: Awaited<ReturnType<typeof runApp>>

beforeAll(async () => {
  fake = await startFakeAsterisk({ nodes: [NODE, OTHER], links: { [NODE]: [{ name: '48752' }], [OTHER]: [{ name: '2000' }] } })
  app = await runApp([nodeConfig(NODE, fake.port), nodeConfig(OTHER, fake.port)], { base: '/live', beatMs: 1_000, sweepMs: 100 })
  closers.push(() => fake.close(), () => app.close(0))
  // Warm, so that each test sees a node that is up.
  const warm = open(`ws/${NODE}`)
  await until(() => JSON.stringify(warm.frames).includes('"reach":"up"'), 'up')
})
afterAll(async () => {
  for (const close of closers.reverse()) await close()
})

function open(path: string, protocols?: string[], server = app) {
  const seen = openSocket(server, path, {}, protocols)
  closers.push(() => { seen.socket.terminate() })
  return seen
}
const say = ({ socket }: ReturnType<typeof open>, frame: object) => { socket.send(JSON.stringify(frame)) }

describe('where', () => {
  it('W-1 a node has a socket of its own, which needs no message', async () => {
    const seen = open(`ws/${NODE}`)
    await until(() => seen.types.length >= 2, 'two frames')
    expect(seen.types.slice(0, 2)).toEqual(['hello', 'snapshot'])
  })

  it('W-2 one socket carries many nodes, and none until it is asked', async () => {
    const seen = open('ws')
    await until(() => seen.types.length > 0, 'hello')
    say(seen, { type: 'subscribe', nodes: [{ node: NODE }, { node: OTHER }] })
    await until(() => seen.types.filter((type) => type === 'snapshot').length === 2, 'both')
    expect(seen.types[0]).toBe('hello')
  })

  it('W-3 the subprotocol selects the dialect; without one it is the one of the plan, or the one that --dialect names', async () => {
    const [v2, plan] = [open(`ws/${NODE}`), open(`ws/${NODE}`, [])]
    await until(() => v2.frames.length > 0 && plan.frames.length > 0, 'both speak')
    expect([v2.socket.protocol, plan.socket.protocol]).toEqual(['supermon.v2', ''])
    expect(plan.frames[0]).toMatchObject({ [NODE]: { status: 'online' } })
    const old = await runApp([nodeConfig(NODE, fake.port)], { dialect: 'supermon-ng' })
    closers.push(() => old.close(0))
    const flat = open(`ws/${NODE}`, [], old)
    await until(() => flat.frames.length > 0, 'it speaks')
    expect(flat.frames[0]).toMatchObject({ node: NODE, timestamp: expect.any(Number) as number })
    const none = open('ws', [])
    await until(() => none.code !== null, 'closed')
    expect(none.code).toBe(4500)
  })

  it('W-4 a message may have as many bytes as the hello says, and no more', async () => {
    const seen = open(`ws/${NODE}`)
    await until(() => seen.types.includes('snapshot'), 'here')
    expect(seen.frames[0]).toMatchObject({ limits: { messageBytes: 16_384 } })
    const frame = (bytes: number) => `{"type":"ping","id":"${'x'.repeat(bytes - '{"type":"ping","id":""}'.length)}"}`
    seen.socket.send(frame(16_384))
    await until(() => seen.types.includes('pong'), 'one of that length is read')
    seen.socket.send(frame(16_385))
    await until(() => seen.code !== null, 'closed')
    expect(seen.code).toBe(1009)
  })

  it('W-6 what is no handshake is answered over HTTP', async () => {
    for (const [text, start] of [[handshake('/live/nothing'), 'HTTP/1.1 404 '], [handshake(`/live/ws/${NODE}`).replace('Version: 13', 'Version: 12'), 'HTTP/1.1 400 ']] as const) {
      const raw = sendRaw(app.port, text)
      closers.push(() => { raw.socket.destroy() })
      await until(raw.ended, 'answered')
      expect(raw.text().startsWith(start)).toBe(true)
      expect(Object.keys(JSON.parse(raw.text().split('\r\n\r\n')[1] ?? '') as object)).toEqual(['success', 'error', 'message', 'code'])
    }
  })
})

describe('frames', () => {
  it('S-1 hello comes first and says what holds here', async () => {
    const [own, shared] = [open(`ws/${NODE}`), open('ws')]
    await until(() => own.frames.length > 0 && shared.frames.length > 0, 'both greet')
    const hello = { type: 'hello', at: expect.any(Number) as number, beatMs: 1_000, server: { name: 'supermon-live', version: 'test' } }
    expect(own.frames[0]).toEqual({ ...hello, limits: { messageBytes: DEFAULT_LIMITS.messageBytes, nodes: 1 }, features: ['resume'] })
    expect(shared.frames[0]).toEqual({ ...hello, limits: { messageBytes: DEFAULT_LIMITS.messageBytes, nodes: DEFAULT_LIMITS.nodesPerViewer }, features: ['resume', 'batch'] })
  })

  it('S-2 a snapshot holds the whole state: after connecting, after subscribing, after asking', async () => {
    const [own, shared] = [open(`ws/${NODE}`), open('ws')]
    await until(() => own.types.includes('snapshot') && shared.types.includes('hello'), 'here')
    say(own, { type: 'resync', node: NODE })
    say(shared, { type: 'subscribe', nodes: [{ node: NODE }] })
    const snapshots = () => [own, shared].flatMap(({ frames }) => frames.filter((frame) => frame.type === 'snapshot'))
    await until(() => snapshots().length === 3, 'three')
    for (const frame of snapshots()) {
      expect(frame).toMatchObject({ node: NODE, epoch: expect.any(String) as string, seq: expect.any(Number) as number, state: { reach: 'up', links: { '48752': {} } } })
      expect(Object.keys(frame.state).toSorted()).toEqual(Object.keys(EMPTY_NODE).toSorted())
    }
  })

  it('S-5 every frame has a type and a time; after silence a beat tells the places', async () => {
    const [own, shared] = [open(`ws/${NODE}`), open('ws')]
    await until(() => shared.types.includes('hello'), 'here')
    say(shared, { type: 'subscribe', nodes: [{ node: OTHER }] })
    await until(() => own.types.includes('beat') && shared.types.includes('beat'), 'beats')
    for (const [{ frames }, node] of [[own, NODE], [shared, OTHER]] as const) {
      const place = frames.find((frame) => frame.type === 'snapshot')
      expect(frames.findLast((frame) => frame.type === 'beat')).toMatchObject({ nodes: { [node]: { epoch: place?.epoch, seq: expect.any(Number) as number } } })
      for (const frame of frames) expect(frame).toMatchObject({ type: expect.any(String) as string, at: expect.any(Number) as number })
    }
  })
})

describe('state', () => {
  it('T-2 an anchor moves when the counter disagrees by more than 2 s, and not before', () => {
    const now = 1_000_000
    for (const off of [0, 1_999, -1_999, 2_000, -2_000]) expect(anchor(900_000 + off, now, 100_000), String(off)).toBe(900_000 + off)
    for (const off of [2_001, -2_001, 60_000]) expect(anchor(900_000 + off, now, 100_000), String(off)).toBe(900_000)
  })
})

describe('close codes', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/protocol.md'), 'utf8')
  const statement = (name: string) => new RegExp(`\\*\\*${name}\\*\\* ([^]*?)(?=\\n\\* \\*\\*|\\n\\n)`).exec(text)?.[1] ?? ''

  it('K-1 K-2 mean by range, and each that there is stands in its statement', () => {
    for (const code of [1000, 1001, 1002, 1006, 1007, 1009, 1011, 1012, 1013, 4000, 4408, 4409, 4429, 4499]) expect(closeVerdict(code), String(code)).toBe('retry')
    for (const code of [1003, 1008, 1010, 4500, 4503, 4504, 4526, 4999]) expect(closeVerdict(code), String(code)).toBe('refused')
    expect([closeVerdict(4401), closeVerdict(4030)]).toEqual(['renew-ticket', 'flag-off'])
    for (const code of Object.values(CLOSE)) {
      const name = closeVerdict(code) === 'refused' ? 'K-2' : 'K-1'
      const ranges = code < 4000 && code !== 1009 && code !== 1012 ? '1011–1013' : String(code)
      expect(statement(name), String(code)).toContain(ranges)
    }
  })
})

describe('HTTP', () => {
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${app.port}${path}`)
    return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, unknown> }
  }

  it('H-1 /healthz has these fields', async () => {
    const { body } = await get('/healthz')
    expect(Object.keys(body).toSorted()).toEqual(['hosts', 'names', 'status', 'uptime', 'version', 'viewers'])
    expect(body['hosts']).toEqual([{ nodes: [NODE, OTHER], status: 'up', code: null, since: expect.any(Number) as number }])
  })

  it('H-2 H-3 the routes of Supermon-NG: states with their place and the time, from the feed, marked as the old way', async () => {
    const sessions = fake.state().sessions
    const { headers, body } = await get(`/live/api/v1/nodes/ami/status?nodes=${NODE},${OTHER}`)
    expect(Object.keys(body)).toEqual(['success', 'data', 'timestamp', 'at', 'realtime'])
    for (const node of [NODE, OTHER]) {
      expect((body['data'] as Record<string, object>)[node]).toMatchObject({ node, status: 'online', epoch: expect.any(String) as string, seq: expect.any(Number) as number, keyed_at: {} })
    }
    expect([headers.get('deprecation'), headers.get('link')]).toEqual([expect.stringMatching(/^@\d+$/), '</live/ws>; rel="successor-version"'])
    expect(fake.state().sessions).toBe(sessions)
    expect((await get('/live/api/v1/nodes')).body).toMatchObject({ success: true, count: 2 })
    expect((await get('/live/api/v1/nodes/websocket/ports')).body).toMatchObject({ success: true, nodes: { [NODE]: { port: app.port } } })
  })

  it('H-4 every route answers below the base path and without it', async () => {
    for (const route of app.routes.filter((each) => each.startsWith('GET ') && !each.includes(':') && !each.includes('metrics'))) {
      const path = route.slice(4)
      const [below, without] = await Promise.all([get(`/live${path}?node=x`), fetch(`http://127.0.0.1:${app.port}${path}?node=x`)])
      expect([below.status, route]).toEqual([without.status, route])
      await without.text()
    }
    const socket = sendRaw(app.port, handshake(`/ws/${NODE}`))
    closers.push(() => { socket.socket.destroy() })
    await until(() => socket.text().includes('"status":"online"'), 'sockets too')
  })

  it('H-5 a refusal has a real status and one shape', async () => {
    for (const [path, status, code] of [['/live/api/v1/nothing', 404, 'no-such-route'], ['/live/api/v1/nodes/999', 404, 'no-such-node'], ['/live/api/nodes', 410, 'gone']] as const) {
      expect(await get(path)).toMatchObject({ status, body: { success: false, error: expect.any(String) as string, message: expect.any(String) as string, code } })
    }
  })
})
