/** What a viewer is told, and what it may ask. */
import { beforeEach, describe, expect, it } from 'vitest'
import { EMPTY_LINK } from '../../../protocol/nodeState.ts'
import { plan, supermonNg, v2 } from '../../src/gateway/dialects.ts'
import type { Dialect } from '../../src/gateway/hub.ts'
import { moment, ViewerStage } from '../support/viewerStage.ts'

describe('a viewer', () => {
  let stage: ViewerStage
  beforeEach(() => { stage = new ViewerStage() })

  it('W-1 S-1 S-2 is greeted and given the whole state', () => {
    const { wire } = stage.seat()
    expect(wire.types).toEqual(['hello', 'snapshot'])
    expect(wire.last).toMatchObject({ node: '546051', epoch: 'e1', seq: 0, at: stage.clock.now(), state: { reach: 'unknown', rx: null, links: {} } })
  })

  it('S-3 gets each change as one patch, in sequence, and nothing while nothing changes', () => {
    const { wire } = stage.seat()
    stage.key(true)
    stage.key(true)
    stage.key(false)
    expect(wire.frames.slice(2)).toMatchObject([
      { type: 'patch', seq: 1, patch: { links: { '48752': { keyed: true } } } },
      { type: 'patch', seq: 2, patch: { links: { '48752': { keyed: false } } } },
    ])
    expect(wire.frames[3]).toMatchObject({ patch: { links: { '48752': { keyed: false } } } })
  })

  it('S-3 shares one encoding, and its bytes, with all who speak the same', () => {
    const viewers = [stage.seat(), stage.seat(), stage.seat()]
    let encoded = 0
    const counted: Dialect = { ...v2, name: 'counted', change: (...args) => { encoded += 1; return v2.change(...args) } }
    const late = [stage.seat({ dialect: counted }), stage.seat({ dialect: counted })]
    stage.key(true)
    expect(encoded).toBe(1)
    expect(new Set([...viewers, ...late].map(({ wire }) => wire.texts.at(-1))).size).toBe(1)
    const last = viewers.map(({ wire }) => wire.sent.at(-1)?.frame)
    expect(last[0]?.subarray(2).toString()).toContain(viewers[0]?.wire.texts.at(-1) ?? '?')
    for (const bytes of last) expect(bytes).toBe(last[0])
  })

  it('S-4 C-4 is told "current" when it holds the newest place, and gets a snapshot otherwise', () => {
    stage.key(true)
    expect(stage.seat({ held: { epoch: 'e1', seq: 1 } }).wire.types).toEqual(['hello', 'current'])
    expect(stage.seat({ held: { epoch: 'e1', seq: 0 } }).wire.types).toEqual(['hello', 'snapshot'])
    expect(stage.seat({ held: { epoch: 'e0', seq: 1 } }).wire.types).toEqual(['hello', 'snapshot'])
  })

  it('S-5 hears a beat after 20 s of silence, with the place of its node', () => {
    const { wire, viewer } = stage.seat()
    stage.clock.advance(19_999)
    viewer.beat()
    expect(wire.types).not.toContain('beat')
    stage.clock.advance(1)
    viewer.beat()
    viewer.beat()
    expect(wire.types.filter((type) => type === 'beat')).toHaveLength(1)
    expect(wire.last).toMatchObject({ nodes: { '546051': { epoch: 'e1', seq: 0 } } })
  })

  it.each([['back', -3_600_000], ['forward', 3_600_000]])('S-5 hears its beats when they are due, and is idle no sooner or later, when the clock is set %s', (_way, ms) => {
    const { wire, viewer } = stage.seat()
    const chooser = stage.seat({ node: null }).viewer
    stage.clock.jump(ms)
    stage.clock.advance(19_999)
    viewer.beat()
    expect(wire.types).not.toContain('beat')
    stage.clock.advance(1)
    viewer.beat()
    expect(wire.last).toMatchObject({ type: 'beat', at: stage.clock.now() })
    const rest = stage.house.limits.idleSeconds * 1_000 - 20_000
    stage.clock.advance(rest - 1)
    expect(chooser.isIdle).toBe(false)
    stage.clock.advance(1)
    expect(chooser.isIdle).toBe(true)
  })

  it('S-5 is told the time of each beat, also where nothing has changed since the one before', () => {
    const { wire, viewer } = stage.seat()
    for (let i = 0; i < 2; i += 1) {
      stage.clock.advance(20_000)
      viewer.beat()
      expect(wire.last).toMatchObject({ type: 'beat', at: stage.clock.now() })
    }
  })

  it('C-3 hears the pong after all that was said before the ping was read, and before all that was said after it', async () => {
    const { wire, say } = stage.seat({ node: null })
    say({ type: 'subscribe', nodes: [{ node: '546051' }] })
    stage.key(true)
    say({ type: 'unsubscribe', nodes: ['546051'] })
    stage.key(false)
    say({ type: 'ping', id: -1 })
    say({ type: 'subscribe', nodes: [{ node: '546051' }] })
    await moment()
    const frames = wire.frames.flatMap((frame) => (frame['frames'] as Record<string, unknown>[] | undefined) ?? [frame])
    expect(frames.map(({ type }) => type)).toEqual(['hello', 'snapshot', 'patch', 'pong', 'snapshot'])
  })

  it('S-6 C-2 C-3 is answered', () => {
    const { wire, say } = stage.seat()
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
    const { wire, viewer } = stage.seat()
    viewer.goaway('restart', 5_000)
    expect(wire.last).toMatchObject({ type: 'goaway', reason: 'restart', spreadMs: 5_000 })
    expect(wire.closed?.code).toBe(1012)
    expect(stage.watching).toBe(0)
  })

  it('W-2 C-1 chooses nodes on the shared socket; one that is refused does not disturb the rest', async () => {
    const { wire, say } = stage.seat({ node: null })
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
    expect(stage.watching).toBe(1)
    say({ type: 'unsubscribe', nodes: ['546051'] })
    stage.key(true)
    await moment()
    expect(wire.last).toMatchObject({ type: 'current' })
    expect(stage.watching).toBe(0)
  })

  it('S-9 gets the changes of one moment as one message on the shared socket, in order', async () => {
    const { wire, say } = stage.seat({ node: null })
    say({ type: 'subscribe', nodes: [{ node: '546051' }] })
    await moment()
    const count = wire.texts.length
    stage.key(true)
    stage.key(false)
    stage.key(true)
    await moment()
    expect(wire.texts).toHaveLength(count + 1)
    expect(wire.last).toMatchObject({ type: 'batch', frames: [{ seq: 1 }, { seq: 2 }, { seq: 3 }] })
    stage.key(false)
    await moment()
    expect(wire.last).toMatchObject({ type: 'patch', seq: 4 })
  })

  it('gets the very bytes that others get, on the shared socket as on its own', async () => {
    const viewers = [stage.seat(), stage.seat({ node: null }), stage.seat({ node: null })]
    for (const { say } of viewers.slice(1)) say({ type: 'subscribe', nodes: [{ node: '546051' }] })
    await moment()
    stage.key(true)
    await moment()
    const [own, ...shared] = viewers.map(({ wire }) => wire.sent.at(-1)?.frame)
    for (const bytes of shared) expect(bytes).toBe(own)
  })

  it('S-9 gets a moment that is too much for one message in several, and loses nothing', async () => {
    const many = stage.seat({ node: null })
    many.say({ type: 'subscribe', nodes: [{ node: '546051' }] })
    await moment()
    const before = many.wire.texts.length
    for (let i = 0; i < 1_201; i += 1) stage.key(i % 2 === 0)
    await moment()
    const batches = many.wire.frames.slice(before).map(({ frames }) => frames as { seq: number }[])
    expect(batches.map(({ length }) => length)).toEqual([500, 500, 201])
    expect(batches.flat().map(({ seq }) => seq)).toEqual(Array.from({ length: 1_201 }, (_, i) => i + 1))

    const links = Object.fromEntries(Array.from({ length: 256 }, (_, i) => [String(40_000 + i), { ...EMPTY_LINK, description: 'x'.repeat(200) }]))
    stage.feed.update({ ...stage.feed.state, links }, stage.clock.now())
    await moment()
    const big = stage.seat({ node: null })
    big.say({ type: 'subscribe', nodes: [{ node: '546051' }] })
    for (let i = 1; i < 50; i += 1) big.say({ type: 'resync', node: '546051' })
    await moment()
    expect(big.wire.frames.flatMap(({ frames, ...frame }) => (frames as unknown[] | undefined) ?? [frame])).toHaveLength(51)
    for (const text of big.wire.texts) expect(text.length).toBeLessThan(512 * 1024)
  })

  it('S-7 C-5 W-4 may say anything, of any length: it gets an error with a code and stays', () => {
    const { wire, viewer } = stage.seat()
    const nonsense = ['', 'null', '[]', '{', '{"type":"subscribe"}', '{"type":"drop tables"}', `"${'x'.repeat(20_000)}"`]
    for (const each of nonsense) viewer.receive(each)
    expect(wire.types.slice(2)).toEqual(nonsense.map(() => 'error'))
    expect(wire.closed).toBeNull()
    stage.key(true)
    expect(wire.last).toMatchObject({ type: 'patch' })
  })

  it.each([plan(), supermonNg()])('P-1 N-1 gets the whole in its own words also where its address says what it holds ($name)', (dialect) => {
    const bare = stage.seat({ dialect })
    const resuming = stage.seat({ dialect, held: { epoch: 'e1', seq: 0 } })
    expect(resuming.wire.texts).toEqual(bare.wire.texts)
    expect(resuming.wire.texts).toHaveLength(1)
  })

  it('P-1 P-2 gets the plan dialect: the whole row under its id, on every change', () => {
    const { wire, say } = stage.seat({ dialect: plan() })
    stage.key(true)
    expect(wire.frames).toHaveLength(2)
    expect(wire.last).toMatchObject({ '546051': { status: 'unknown', cos_keyed: 0, remote_nodes: [{ node: '48752', keyed: 'yes' }] } })
    say({ type: 'ping' })
    expect(wire.last).toEqual({ type: 'pong' })
  })

  it('N-1 gets the Supermon-NG dialect: flat, with seconds', () => {
    const { wire, say } = stage.seat({ dialect: supermonNg() })
    expect(wire.last).toMatchObject({ node: '546051', timestamp: Math.floor(stage.clock.now() / 1000) })
    say({ action: 'subscribe', node: '546051' })
    expect(wire.last).toEqual({ action: 'subscribed', node: '546051', v2: true })
    say({ action: 'ping' })
    expect(wire.last).toEqual({ action: 'pong' })
  })

  it.each([plan(), supermonNg()])('P-1 N-1 is told of links in the order and the words of Supermon-NG\'s table ($name)', (dialect) => {
    const { wire } = stage.seat({ dialect })
    const modes = ['transceive', 'monitor', 'local-monitor'] as const
    const links = Object.fromEntries(modes.map((mode, i) => [`${2000 + i}`, { ...EMPTY_LINK, state: 'established' as const, mode, connectedSince: i }]))
    stage.feed.update({ ...stage.feed.state, links }, stage.clock.now())
    const rows = { remote_nodes: [{ node: '2002', mode: 'Local RX' }, { node: '2001', mode: 'R' }, { node: '2000', mode: 'T' }] }
    expect(wire.last).toMatchObject(dialect.name === 'plan' ? { '546051': rows } : rows)
  })

  it('S-2 is given a state that is written once for all who come while it stays the same', () => {
    let written = 0
    const counted = { ...stage.feed.state.telemetry, toJSON: () => { written += 1; return null } }
    stage.feed.update({ ...stage.feed.state, telemetry: counted }, stage.clock.now())
    written = 0
    const texts = Array.from({ length: 50 }, () => stage.seat().wire.texts.at(-1))
    expect(written).toBe(1)
    expect(new Set(texts).size).toBe(1)
    stage.key(true)
    stage.seat()
    expect(written).toBe(2)
  })

  it('C-1 is sent one snapshot of a node, however often one message names it, and none when it watches that place', async () => {
    const { wire, say } = stage.seat({ node: null })
    say({ type: 'subscribe', nodes: Array.from({ length: 500 }, () => ({ node: '546051' })) })
    await moment()
    expect(wire.last).toMatchObject({ type: 'batch', frames: [{ type: 'hello' }, { type: 'snapshot' }] })
    const watched = stage.watching
    say({ type: 'subscribe', nodes: Array.from({ length: 300 }, () => ({ node: '546051', epoch: 'e1', seq: 0 })) })
    await moment()
    expect(wire.last).toMatchObject({ type: 'current' })
    expect(stage.watching).toBe(watched)
  })

  it('W-4 that sends no text is told once a message, at the pace of messages', () => {
    const { wire, viewer } = stage.seat()
    for (let i = 0; i < 300; i += 1) viewer.receive(null)
    const codes = wire.frames.slice(2).map(({ code }) => code)
    expect(codes).toEqual([...Array.from({ length: stage.house.limits.messageBurst }, () => 'bad-frame'), 'too-fast'])
    expect(wire.closed?.code).toBe(4429)
  })

  it('W-4 may say anything of any length in the old dialects, and hears nothing', () => {
    const { wire, viewer } = stage.seat({ dialect: plan() })
    for (const each of [null, '', 'null', '[]', '{', '{"action":"subscribe","node":"2000"}', '{"action":"subscribe"}']) viewer.receive(each)
    expect(wire.texts).toHaveLength(1)
    expect(wire.closed).toBeNull()
  })

  it('T-1 is told that nobody knows who talks while Asterisk does not answer', () => {
    const { wire } = stage.seat()
    stage.feed.update({ ...stage.feed.state, reach: 'up', reachReason: null, rx: true, links: { '48752': { ...EMPTY_LINK, keyed: true } } }, stage.clock.now())
    stage.feed.setReach('down', { code: 'ami-refused', message: 'x' }, stage.clock.now())
    expect(wire.last).toMatchObject({ patch: { reach: 'down', reachReason: { code: 'ami-refused' }, rx: null, links: { '48752': { keyed: null } } } })
  })
})
