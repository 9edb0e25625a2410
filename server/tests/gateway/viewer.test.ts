import { beforeEach, describe, expect, it } from 'vitest'
import { EMPTY_LINK } from '../../../protocol/nodeState.ts'
import { NodeFeed } from '../../src/feed/nodeFeed.ts'
import type { Guest } from '../../src/gateway/doorkeeper.ts'
import { plan, supermonNg, v2 } from '../../src/gateway/dialects.ts'
import type { Encoded } from '../../src/gateway/encoded.ts'
import type { House } from '../../src/gateway/house.ts'
import { Hub } from '../../src/gateway/hub.ts'
import type { Dialect } from '../../src/gateway/hub.ts'
import { DEFAULT_LIMITS } from '../../src/gateway/limits.ts'
import { Viewer } from '../../src/gateway/viewer.ts'
import type { Wire } from '../../src/gateway/wire.ts'
import { ManualClock } from '../support/manualClock.ts'

class Paper implements Wire {
  readonly sent: Encoded[] = []
  backlog = 0
  closed: { code: number; reason: string } | null = null
  send(message: Encoded) { this.sent.push(message) }
  buffered() { return this.backlog }
  close(code: number, reason: string) { this.closed = { code, reason } }
  get texts() { return this.sent.map(({ text }) => text) }
  get frames() { return this.texts.map((text) => JSON.parse(text) as Record<string, unknown>) }
  get types() { return this.frames.map(({ type }) => type) }
  get last() { return this.frames.at(-1) }
}

const everybody: Guest = { mayWatch: () => true, maySeePeers: () => false, signedIn: false, stays: () => undefined }

describe('a viewer', () => {
  let clock: ManualClock
  let feed: NodeFeed
  let hub: Hub
  let house: House
  let watching: number

  beforeEach(() => {
    clock = new ManualClock()
    feed = new NodeFeed('546051', 'e1', clock.now())
    hub = new Hub(feed, () => clock.now())
    watching = 0
    house = {
      clock,
      version: '1',
      beatMs: 20_000,
      limits: { ...DEFAULT_LIMITS, nodesPerViewer: 2 },
      isHere: () => true,
      enter: (node) => {
        if (node !== '546051') return null
        watching += 1
        return { hub, leave: () => { watching -= 1 } }
      },
    }
  })

  function seat(options: { dialect?: Dialect; node?: string | null; held?: { epoch: string; seq: number } | null; guest?: Guest } = {}) {
    const wire = new Paper()
    const viewer = new Viewer({ house, wire, dialect: options.dialect ?? v2, guest: options.guest ?? everybody, node: options.node === undefined ? '546051' : options.node, held: options.held ?? null })
    return { wire, viewer, say: (frame: unknown) => { viewer.receive(JSON.stringify(frame)) } }
  }
  const moment = () => new Promise<void>((resolve) => { queueMicrotask(resolve) })
  const key = (keyed: boolean) => {
    clock.advance(100)
    feed.update({ ...feed.state, links: { '48752': { ...EMPTY_LINK, keyed } } }, clock.now())
  }

  it('W-1 S-1 S-2 is greeted and given the whole state', () => {
    const { wire } = seat()
    expect(wire.types).toEqual(['hello', 'snapshot'])
    expect(wire.last).toMatchObject({ node: '546051', epoch: 'e1', seq: 0, at: clock.now(), state: { reach: 'unknown', rx: null, links: {} } })
  })

  it('S-3 gets each change as one patch, in sequence, and nothing while nothing changes', () => {
    const { wire } = seat()
    key(true)
    key(true)
    key(false)
    expect(wire.frames.slice(2)).toMatchObject([
      { type: 'patch', seq: 1, patch: { links: { '48752': { keyed: true } } } },
      { type: 'patch', seq: 2, patch: { links: { '48752': { keyed: false } } } },
    ])
    expect(wire.frames[3]).toMatchObject({ patch: { links: { '48752': { keyed: false } } } })
  })

  it('S-3 shares one encoding, and its bytes, with all who speak the same', () => {
    const viewers = [seat(), seat(), seat()]
    let encoded = 0
    const counted: Dialect = { ...v2, name: 'counted', change: (...args) => { encoded += 1; return v2.change(...args) } }
    const late = [seat({ dialect: counted }), seat({ dialect: counted })]
    key(true)
    expect(encoded).toBe(1)
    expect(new Set([...viewers, ...late].map(({ wire }) => wire.texts.at(-1))).size).toBe(1)
    const last = viewers.map(({ wire }) => wire.sent.at(-1)?.frame)
    expect(last[0]?.subarray(2).toString()).toContain(viewers[0]?.wire.texts.at(-1) ?? '?')
    for (const bytes of last) expect(bytes).toBe(last[0])
  })

  it('S-4 C-4 is told "current" when it holds the newest place, and gets a snapshot otherwise', () => {
    key(true)
    expect(seat({ held: { epoch: 'e1', seq: 1 } }).wire.types).toEqual(['hello', 'current'])
    expect(seat({ held: { epoch: 'e1', seq: 0 } }).wire.types).toEqual(['hello', 'snapshot'])
    expect(seat({ held: { epoch: 'e0', seq: 1 } }).wire.types).toEqual(['hello', 'snapshot'])
  })

  it('S-5 hears a beat after 20 s of silence, with the place of its node', () => {
    const { wire, viewer } = seat()
    clock.advance(19_999)
    viewer.beat()
    expect(wire.types).not.toContain('beat')
    clock.advance(1)
    viewer.beat()
    viewer.beat()
    expect(wire.types.filter((type) => type === 'beat')).toHaveLength(1)
    expect(wire.last).toMatchObject({ nodes: { '546051': { epoch: 'e1', seq: 0 } } })
  })

  it.each([['back', -3_600_000], ['forward', 3_600_000]])('S-5 hears its beats when they are due, and is idle no sooner or later, when the clock is set %s', (_way, ms) => {
    const { wire, viewer } = seat()
    const chooser = seat({ node: null }).viewer
    clock.jump(ms)
    clock.advance(19_999)
    viewer.beat()
    expect(wire.types).not.toContain('beat')
    clock.advance(1)
    viewer.beat()
    expect(wire.last).toMatchObject({ type: 'beat', at: clock.now() })
    const rest = house.limits.idleSeconds * 1_000 - 20_000
    clock.advance(rest - 1)
    expect(chooser.isIdle).toBe(false)
    clock.advance(1)
    expect(chooser.isIdle).toBe(true)
  })

  it('S-5 is told the time of each beat, also where nothing has changed since the one before', () => {
    const { wire, viewer } = seat()
    for (let i = 0; i < 2; i += 1) {
      clock.advance(20_000)
      viewer.beat()
      expect(wire.last).toMatchObject({ type: 'beat', at: clock.now() })
    }
  })

  it('C-3 hears the pong after all that was said before the ping was read, and before all that was said after it', async () => {
    const { wire, say } = seat({ node: null })
    say({ type: 'subscribe', nodes: [{ node: '546051' }] })
    key(true)
    say({ type: 'unsubscribe', nodes: ['546051'] })
    key(false)
    say({ type: 'ping', id: -1 })
    say({ type: 'subscribe', nodes: [{ node: '546051' }] })
    await moment()
    const frames = wire.frames.flatMap((frame) => (frame['frames'] as Record<string, unknown>[] | undefined) ?? [frame])
    expect(frames.map(({ type }) => type)).toEqual(['hello', 'snapshot', 'patch', 'pong', 'snapshot'])
  })

  it('S-6 C-2 C-3 is answered', () => {
    const { wire, say } = seat()
    say({ type: 'ping', id: 7 })
    expect(wire.last).toMatchObject({ type: 'pong', id: 7 })
    say({ type: 'ping', id: 'mine' })
    expect(wire.last).toMatchObject({ type: 'pong', id: 'mine' })
    say({ type: 'ping' })
    expect(Object.keys(wire.last ?? {}).sort()).toEqual(['at', 'type'])
    say({ type: 'resync', node: '546051' })
    expect(wire.last).toMatchObject({ type: 'snapshot' })
    say({ type: 'resync', node: '2000' })
    expect(wire.last).toMatchObject({ type: 'error', code: 'not-subscribed', node: '2000' })
  })

  it('S-8 is asked to go away before it is closed', () => {
    const { wire, viewer } = seat()
    viewer.goaway('restart', 5_000)
    expect(wire.last).toMatchObject({ type: 'goaway', reason: 'restart', spreadMs: 5_000 })
    expect(wire.closed?.code).toBe(1012)
    expect(watching).toBe(0)
  })

  it('W-2 C-1 chooses nodes on the shared socket; one that is refused does not disturb the rest', async () => {
    const { wire, say } = seat({ node: null })
    await moment()
    expect(wire.types).toEqual(['hello'])
    say({ type: 'subscribe', nodes: [{ node: '99999' }, { node: '546051' }] })
    await moment()
    expect(wire.last).toMatchObject({
      type: 'batch', frames: [{ type: 'error', code: 'no-such-node', node: '99999' }, { type: 'snapshot' }],
    })
    say({ type: 'subscribe', nodes: [{ node: '546051', epoch: 'e1', seq: 0 }] })
    await moment()
    expect(wire.last).toMatchObject({ type: 'current' })
    expect(watching).toBe(1)
    say({ type: 'unsubscribe', nodes: ['546051'] })
    key(true)
    await moment()
    expect(wire.last).toMatchObject({ type: 'current' })
    expect(watching).toBe(0)
  })

  it('S-9 gets the changes of one moment as one message on the shared socket, in order', async () => {
    const { wire, say } = seat({ node: null })
    say({ type: 'subscribe', nodes: [{ node: '546051' }] })
    await moment()
    const count = wire.texts.length
    key(true)
    key(false)
    key(true)
    await moment()
    expect(wire.texts).toHaveLength(count + 1)
    expect(wire.last).toMatchObject({ type: 'batch', frames: [{ seq: 1 }, { seq: 2 }, { seq: 3 }] })
    key(false)
    await moment()
    expect(wire.last).toMatchObject({ type: 'patch', seq: 4 })
  })

  it('gets the very bytes that others get, on the shared socket as on its own', async () => {
    const viewers = [seat(), seat({ node: null }), seat({ node: null })]
    for (const { say } of viewers.slice(1)) say({ type: 'subscribe', nodes: [{ node: '546051' }] })
    await moment()
    key(true)
    await moment()
    const [own, ...shared] = viewers.map(({ wire }) => wire.sent.at(-1)?.frame)
    for (const bytes of shared) expect(bytes).toBe(own)
  })

  it('S-9 gets a moment that is too much for one message in several, and loses nothing', async () => {
    const many = seat({ node: null })
    many.say({ type: 'subscribe', nodes: [{ node: '546051' }] })
    await moment()
    const before = many.wire.texts.length
    for (let i = 0; i < 1_201; i += 1) key(i % 2 === 0)
    await moment()
    const batches = many.wire.frames.slice(before).map(({ frames }) => frames as { seq: number }[])
    expect(batches.map(({ length }) => length)).toEqual([500, 500, 201])
    expect(batches.flat().map(({ seq }) => seq)).toEqual(Array.from({ length: 1_201 }, (_, i) => i + 1))

    const links = Object.fromEntries(Array.from({ length: 256 }, (_, i) => [String(40_000 + i), { ...EMPTY_LINK, description: 'x'.repeat(200) }]))
    feed.update({ ...feed.state, links }, clock.now())
    await moment()
    const big = seat({ node: null })
    big.say({ type: 'subscribe', nodes: [{ node: '546051' }] })
    for (let i = 1; i < 50; i += 1) big.say({ type: 'resync', node: '546051' })
    await moment()
    expect(big.wire.frames.flatMap(({ frames, ...frame }) => (frames as unknown[] | undefined) ?? [frame])).toHaveLength(51)
    for (const text of big.wire.texts) expect(text.length).toBeLessThan(512 * 1024)
  })

  it('S-7 C-5 W-4 may say anything, of any length: it gets an error with a code and stays', () => {
    const { wire, viewer } = seat()
    const nonsense = ['', 'null', '[]', '{', '{"type":"subscribe"}', '{"type":"drop tables"}', `"${'x'.repeat(20_000)}"`]
    for (const each of nonsense) viewer.receive(each)
    expect(wire.types.slice(2)).toEqual(nonsense.map(() => 'error'))
    expect(wire.closed).toBeNull()
    key(true)
    expect(wire.last).toMatchObject({ type: 'patch' })
  })

  it('S-1 K-2 K-3 K-4 is refused without a word, as the first one is taken for a connection that stands', () => {
    const stranger = { ...everybody, mayWatch: () => false }
    seat()
    house = { ...house, limits: { ...house.limits, viewersPerNode: 1 } }
    const refused = [seat({ node: '99999' }), seat(), seat({ guest: stranger }), seat({ guest: { ...stranger, signedIn: true } })]
    expect(refused.map(({ wire }) => [wire.closed?.code, wire.texts])).toEqual([[4504, []], [4429, []], [4401, []], [4504, []]])
    expect(watching).toBe(1)
  })

  it('K-4 is told that too many watch the node, and the node is watched for those alone who do', () => {
    house = { ...house, limits: { ...house.limits, viewersPerNode: 1 } }
    const first = seat()
    expect(seat().wire.closed?.code).toBe(4429)
    expect(watching).toBe(1)
    first.viewer.left()
    expect(watching).toBe(0)
  })

  it('K-4 C-1 may name a node that it watches once more, however many it watches', async () => {
    house = { ...house, limits: { ...house.limits, nodesPerViewer: 1 } }
    const { wire, say } = seat({ node: null })
    for (let i = 0; i < 2; i += 1) {
      say({ type: 'subscribe', nodes: [{ node: '546051' }] })
      await moment()
      expect(wire.last).toMatchObject(i === 0 ? { type: 'batch', frames: [{ type: 'hello' }, { type: 'snapshot' }] } : { type: 'snapshot' })
    }
  })

  it.each([plan(), supermonNg()])('P-1 N-1 gets the whole in its own words also where its address says what it holds ($name)', (dialect) => {
    const bare = seat({ dialect })
    const resuming = seat({ dialect, held: { epoch: 'e1', seq: 0 } })
    expect(resuming.wire.texts).toEqual(bare.wire.texts)
    expect(resuming.wire.texts).toHaveLength(1)
  })

  it('P-1 P-2 gets the plan dialect: the whole row under its id, on every change', () => {
    const { wire, say } = seat({ dialect: plan() })
    key(true)
    expect(wire.frames).toHaveLength(2)
    expect(wire.last).toMatchObject({ '546051': { status: 'unknown', cos_keyed: 0, remote_nodes: [{ node: '48752', keyed: 'yes' }] } })
    say({ type: 'ping' })
    expect(wire.last).toEqual({ type: 'pong' })
  })

  it('N-1 gets the Supermon-NG dialect: flat, with seconds', () => {
    const { wire, say } = seat({ dialect: supermonNg() })
    expect(wire.last).toMatchObject({ node: '546051', timestamp: Math.floor(clock.now() / 1000) })
    say({ action: 'subscribe', node: '546051' })
    expect(wire.last).toEqual({ action: 'subscribed', node: '546051', v2: true })
    say({ action: 'ping' })
    expect(wire.last).toEqual({ action: 'pong' })
  })

  it('S-2 is given a state that is written once for all who come while it stays the same', () => {
    let written = 0
    const counted = { ...feed.state.telemetry, toJSON: () => { written += 1; return null } }
    feed.update({ ...feed.state, telemetry: counted }, clock.now())
    written = 0
    const texts = Array.from({ length: 50 }, () => seat().wire.texts.at(-1))
    expect(written).toBe(1)
    expect(new Set(texts).size).toBe(1)
    key(true)
    seat()
    expect(written).toBe(2)
  })

  it('C-1 is sent one snapshot of a node, however often one message names it, and none when it watches that place', async () => {
    const { wire, say } = seat({ node: null })
    say({ type: 'subscribe', nodes: Array.from({ length: 500 }, () => ({ node: '546051' })) })
    await moment()
    expect(wire.last).toMatchObject({ type: 'batch', frames: [{ type: 'hello' }, { type: 'snapshot' }] })
    const watched = watching
    say({ type: 'subscribe', nodes: Array.from({ length: 300 }, () => ({ node: '546051', epoch: 'e1', seq: 0 })) })
    await moment()
    expect(wire.last).toMatchObject({ type: 'current' })
    expect(watching).toBe(watched)
  })

  it('C-2 that asks for snapshots and takes none is sent none, and in the end sent away', () => {
    const { wire, say, viewer } = seat()
    wire.backlog = DEFAULT_LIMITS.lagBytes + 1
    const before = wire.texts.length
    for (let i = 0; i < 100; i += 1) say({ type: 'resync', node: '546051' })
    expect(wire.texts).toHaveLength(before)
    hub.sweep()
    clock.advance(DEFAULT_LIMITS.lagSeconds * 1000 + 1)
    hub.sweep()
    expect(wire.closed?.code).toBe(4408)
    viewer.receive('{"type":"ping"}')
    expect(wire.texts).toHaveLength(before)
  })

  it('C-2 gets so many snapshots, then so many a second, and nobody is sent away for asking', () => {
    house = { ...house, limits: { ...house.limits, messageBurst: 1_000, snapshotBurst: 5, snapshotsPerSecond: 1 } }
    const { wire, say } = seat()
    const snapshots = () => wire.types.filter((type) => type === 'snapshot').length
    for (let i = 0; i < 100; i += 1) say({ type: 'resync', node: '546051' })
    expect(snapshots()).toBe(5)
    key(true)
    expect(wire.types).not.toContain('patch')
    clock.advance(60_000)
    hub.sweep()
    expect(snapshots()).toBe(6)
    expect(wire.last).toMatchObject({ type: 'snapshot', seq: 1 })
    key(false)
    expect(wire.last).toMatchObject({ type: 'patch', seq: 2 })
    expect(wire.closed).toBeNull()
  })

  it('K-4 that drains and has asked for too much is not lagging: the time for that begins when it takes nothing any more', () => {
    house = { ...house, limits: { ...house.limits, snapshotBurst: 1, snapshotsPerSecond: 0.001 } }
    const { wire, say } = seat()
    say({ type: 'resync', node: '546051' })
    clock.advance(DEFAULT_LIMITS.lagSeconds * 1000)
    hub.sweep()
    wire.backlog = DEFAULT_LIMITS.lagBytes + 1
    clock.advance(DEFAULT_LIMITS.lagSeconds * 1000)
    hub.sweep()
    expect(wire.closed).toBeNull()
    clock.advance(1)
    hub.sweep()
    expect(wire.closed?.code).toBe(4408)
  })

  it('is given what it is owed as soon as it has taken what it was sent', () => {
    const { wire, viewer } = seat()
    wire.backlog = DEFAULT_LIMITS.lagBytes + 1
    key(true)
    wire.backlog = 0
    viewer.drained()
    viewer.drained()
    expect(wire.types).toEqual(['hello', 'snapshot', 'snapshot'])
    expect(wire.last).toMatchObject({ seq: 1 })
  })

  it('that takes nothing is held back by the next look also where nothing changes', () => {
    const { wire } = seat()
    wire.backlog = DEFAULT_LIMITS.lagBytes + 1
    hub.sweep()
    clock.advance(DEFAULT_LIMITS.lagSeconds * 1000 + 1)
    hub.sweep()
    expect(wire.closed?.code).toBe(4408)
  })

  it('W-4 that sends no text is told once a message, at the pace of messages', () => {
    const { wire, viewer } = seat()
    for (let i = 0; i < 300; i += 1) viewer.receive(null)
    const codes = wire.frames.slice(2).map(({ code }) => code)
    expect(codes).toEqual([...Array.from({ length: house.limits.messageBurst }, () => 'bad-frame'), 'too-fast'])
    expect(wire.closed?.code).toBe(4429)
  })

  it('W-4 may say anything of any length in the old dialects, and hears nothing', () => {
    const { wire, viewer } = seat({ dialect: plan() })
    for (const each of [null, '', 'null', '[]', '{', '{"action":"subscribe","node":"2000"}', '{"action":"subscribe"}']) viewer.receive(each)
    expect(wire.texts).toHaveLength(1)
    expect(wire.closed).toBeNull()
  })

  it('S-2 that reads slowly gets the newest state once it has caught up, not the backlog', () => {
    const { wire } = seat()
    wire.backlog = DEFAULT_LIMITS.lagBytes + 1
    for (let i = 0; i < 50; i += 1) key(i % 2 === 0)
    expect(wire.types).toEqual(['hello', 'snapshot'])
    wire.backlog = 0
    hub.sweep()
    expect(wire.types).toEqual(['hello', 'snapshot', 'snapshot'])
    expect(wire.last).toMatchObject({ seq: feed.seq })
  })

  it('K-1 that does not drain is sent away with 4408, and the others see no gap', () => {
    const slow = seat()
    const fast = seat()
    slow.wire.backlog = DEFAULT_LIMITS.lagBytes + 1
    key(true)
    clock.advance(DEFAULT_LIMITS.lagSeconds * 1000 + 1)
    hub.sweep()
    expect(slow.wire.closed?.code).toBe(4408)
    key(false)
    expect(fast.wire.frames.slice(2).map(({ seq }) => seq)).toEqual([1, 2])
  })

  it('T-1 is told that nobody knows who talks while Asterisk does not answer', () => {
    const { wire } = seat()
    feed.update({ ...feed.state, reach: 'up', reachReason: null, rx: true, links: { '48752': { ...EMPTY_LINK, keyed: true } } }, clock.now())
    feed.setReach('down', { code: 'ami-refused', message: 'x' }, clock.now())
    expect(wire.last).toMatchObject({ patch: { reach: 'down', reachReason: { code: 'ami-refused' }, rx: null, links: { '48752': { keyed: null } } } })
  })

  it('K-3 who is a stranger is asked to sign in; who is signed in has no such node', () => {
    const stranger = { ...everybody, mayWatch: () => false }
    expect(seat({ guest: stranger }).wire.closed?.code).toBe(4401)
    expect(seat({ guest: { ...stranger, signedIn: true } }).wire.closed?.code).toBe(4504)
    expect(watching).toBe(0)
  })

  it('K-3 that loses its right sees nothing more, on its own socket and on the shared one', async () => {
    let may = true
    const guest = { ...everybody, mayWatch: () => may }
    const own = seat({ guest })
    const shared = seat({ guest, node: null })
    shared.say({ type: 'subscribe', nodes: [{ node: '546051' }] })
    await moment()
    may = false
    own.viewer.recheck()
    shared.viewer.recheck()
    await moment()
    expect(own.wire.closed?.code).toBe(4401)
    expect(shared.wire.last).toMatchObject({ type: 'error', code: 'not-allowed', node: '546051' })
    expect(shared.wire.closed).toBeNull()
    const told = shared.wire.texts.length
    key(true)
    await moment()
    expect(shared.wire.texts).toHaveLength(told)
    expect(watching).toBe(0)
  })
})
