import { beforeEach, describe, expect, it } from 'vitest'
import { VoterFeed } from '../../src/feed/voterFeed.ts'
import type { VoterInstance, VoterReceiver } from '../../src/ami/voterStatus.ts'
import type { Guest } from '../../src/gateway/doorkeeper.ts'
import { plan, supermonNg, v2 } from '../../src/gateway/dialects.ts'
import type { Dialect } from '../../src/gateway/hub.ts'
import { DEFAULT_LIMITS } from '../../src/gateway/limits.ts'
import { Viewer } from '../../src/gateway/viewer.ts'
import { VoterHub } from '../../src/gateway/voterHub.ts'
import { ManualClock } from '../support/manualClock.ts'

const BAD = '"><img src=x onerror=alert(1)>'
const everybody: Guest = { mayWatch: () => true, maySeePeers: () => false, signedIn: false, stays: () => undefined }
const receiver = (name: string, over: Partial<VoterReceiver> = {}): VoterReceiver => ({
  name, dynamic: false, mix: false, master: false, activeMaster: false, inactive: false, address: null, port: null, proxied: false, rssi: 0, ...over,
})
const instance = (voted: string | null, ...receivers: VoterReceiver[]): VoterInstance => ({ node: '546056', voted, receivers })

describe('a viewer of a voter', () => {
  let clock: ManualClock
  let feed: VoterFeed
  let hub: VoterHub

  beforeEach(() => {
    clock = new ManualClock()
    feed = new VoterFeed('546056', 'e1', clock.now())
    hub = new VoterHub(feed, () => clock.now())
    feed.told(instance(null, receiver('Ridge'), receiver('North', { mix: true })), null, clock.now())
  })

  function seat(dialect: Dialect = v2, held: { epoch: string; seq: number } | null = null) {
    const wire = { texts: [] as string[], backlog: 0, closed: null as number | null }
    const viewer = new Viewer({
      house: { clock, version: '1', beatMs: 20_000, limits: DEFAULT_LIMITS, isHere: () => true, enter: () => ({ hub, leave: () => undefined }) },
      wire: { send: ({ text }) => { wire.texts.push(text) }, buffered: () => wire.backlog, close: (code) => { wire.closed = code } },
      dialect, guest: everybody, node: '546056', held,
    })
    return { wire, viewer, frames: () => wire.texts.map((text) => JSON.parse(text) as Record<string, unknown>) }
  }
  const hears = (rssi: number) => { feed.told(instance(rssi > 0 ? 'Ridge' : null, receiver('Ridge', { rssi }), receiver('North', { mix: true })), null, clock.now()) }

  it('V-1 V-2 is greeted, given the whole voter, and then each change as one patch', () => {
    const { frames } = seat()
    hears(187)
    hears(187)
    hears(190)
    expect(frames()).toMatchObject([
      { type: 'hello', limits: { nodes: 1 } },
      { type: 'snapshot', node: '546056', epoch: 'e1', seq: 1, at: clock.now(), state: { reach: 'up', voted: null, receivers: { Ridge: { rssi: 0, state: 'voting', order: 0 }, North: { state: 'mix', order: 1 } } } },
      { type: 'patch', seq: 2 },
      { type: 'patch', seq: 3 },
    ])
    expect(frames().slice(2).map(({ patch }) => patch)).toEqual([
      { voted: 'Ridge', receivers: { Ridge: { rssi: 187, state: 'voted' } } },
      { receivers: { Ridge: { rssi: 190 } } },
    ])
  })

  it('V-2 resumes, hears beats, pings and asks for all of it again, as a viewer of a node does', () => {
    const { frames, viewer } = seat(v2, { epoch: 'e1', seq: 1 })
    expect(frames()[1]).toMatchObject({ type: 'current', node: '546056', seq: 1 })
    clock.advance(20_000)
    viewer.beat()
    expect(frames().at(-1)).toMatchObject({ type: 'beat', nodes: { '546056': { epoch: 'e1', seq: 1 } } })
    viewer.receive('{"type":"ping","id":3}')
    expect(frames().at(-1)).toMatchObject({ type: 'pong', id: 3 })
    viewer.receive('{"type":"resync","node":"546056"}')
    expect(frames().at(-1)).toMatchObject({ type: 'snapshot', state: { voted: null } })
    viewer.receive('{"type":"subscribe","nodes":[{"node":"546051"}]}')
    expect(frames().at(-1)).toMatchObject({ type: 'error', code: 'fixed-node' })
  })

  it('V-2 that reads slowly gets the newest voter once it has caught up, not the backlog', () => {
    const { wire, frames } = seat()
    wire.backlog = DEFAULT_LIMITS.lagBytes + 1
    for (let i = 1; i < 200; i += 1) hears(i)
    expect(frames()).toHaveLength(2)
    wire.backlog = 0
    hub.sweep()
    expect(frames()).toHaveLength(3)
    expect(frames().at(-1)).toMatchObject({ type: 'snapshot', seq: feed.seq, state: { receivers: { Ridge: { rssi: 199 } } } })
  })

  it.each([plan(), supermonNg()])('V-5 gets the whole as escaped markup on every change where it asked for no subprotocol (%#)', (dialect) => {
    const { wire, viewer } = seat(dialect)
    feed.told(instance(BAD, receiver(BAD, { rssi: 255 }), receiver('North', { mix: true, rssi: 0 }), receiver('South', { inactive: true })), null, clock.now())
    expect(wire.texts).toHaveLength(2)
    const last = wire.texts.at(-1) ?? ''
    expect(last).toMatch(/^<div class="voter-data"><table class="rtcm">.*<\/table><br\/><\/div>$/)
    expect(last).not.toContain('<img')
    expect(last).toContain('&#62;&#60;img src=x onerror=alert(1)&#62;')
    expect(last).toMatch(/width: 300px; background-color: greenyellow; color: black">255 voted</)
    expect(last).toMatch(/background-color: cyan; color: black">0</)
    expect(last).toContain('>inactive<')
    viewer.receive('{"type":"ping"}')
    expect(wire.texts.at(-1)).toBe('{"type":"pong"}')
    feed.lost('down', { code: 'ami-closed', message: 'gone <b>' }, clock.now())
    expect(wire.texts.at(-1)).toBe('<div class="voter-data"><p>gone &#60;b&#62;</p></div>')
  })

  it('shares one encoding with all who speak the same', () => {
    const old = plan()
    const some = [seat(), seat(), seat(old), seat(old)]
    hears(5)
    const texts = some.map(({ wire }) => wire.texts.at(-1))
    expect([texts[0], texts[2]]).toEqual([texts[1], texts[3]])
    expect(new Set(texts).size).toBe(2)
  })
})
