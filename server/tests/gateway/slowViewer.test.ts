/** Viewers that take less than they are told, or ask for more than they are due. */
import { beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/gateway/limits.ts'
import { ViewerStage } from '../support/viewerStage.ts'

describe('a viewer', () => {
  let stage: ViewerStage
  beforeEach(() => { stage = new ViewerStage() })

  it('C-2 that asks for snapshots and takes none is sent none, and in the end sent away', () => {
    const { wire, say, viewer } = stage.seat()
    wire.backlog = DEFAULT_LIMITS.lagBytes + 1
    const before = wire.texts.length
    for (let i = 0; i < 100; i += 1) say({ type: 'resync', node: '546051' })
    expect(wire.texts).toHaveLength(before)
    stage.hub.sweep()
    stage.clock.advance(DEFAULT_LIMITS.lagSeconds * 1000 + 1)
    stage.hub.sweep()
    expect(wire.closed?.code).toBe(4408)
    viewer.receive('{"type":"ping"}')
    expect(wire.texts).toHaveLength(before)
  })

  it('C-2 gets so many snapshots, then so many a second, and nobody is sent away for asking', () => {
    stage.limit({ messageBurst: 1_000, snapshotBurst: 5, snapshotsPerSecond: 1 })
    const { wire, say } = stage.seat()
    const snapshots = () => wire.types.filter((type) => type === 'snapshot').length
    for (let i = 0; i < 100; i += 1) say({ type: 'resync', node: '546051' })
    expect(snapshots()).toBe(5)
    stage.key(true)
    expect(wire.types).not.toContain('patch')
    stage.clock.advance(60_000)
    stage.hub.sweep()
    expect(snapshots()).toBe(6)
    expect(wire.last).toMatchObject({ type: 'snapshot', seq: 1 })
    stage.key(false)
    expect(wire.last).toMatchObject({ type: 'patch', seq: 2 })
    expect(wire.closed).toBeNull()
  })

  it('K-4 that drains and has asked for too much is not lagging: the time for that begins when it takes nothing any more', () => {
    stage.limit({ snapshotBurst: 1, snapshotsPerSecond: 0.001 })
    const { wire, say } = stage.seat()
    say({ type: 'resync', node: '546051' })
    stage.clock.advance(DEFAULT_LIMITS.lagSeconds * 1000)
    stage.hub.sweep()
    wire.backlog = DEFAULT_LIMITS.lagBytes + 1
    stage.clock.advance(DEFAULT_LIMITS.lagSeconds * 1000)
    stage.hub.sweep()
    expect(wire.closed).toBeNull()
    stage.clock.advance(1)
    stage.hub.sweep()
    expect(wire.closed?.code).toBe(4408)
  })

  it('is given what it is owed as soon as it has taken what it was sent', () => {
    const { wire, viewer } = stage.seat()
    wire.backlog = DEFAULT_LIMITS.lagBytes + 1
    stage.key(true)
    wire.backlog = 0
    viewer.drained()
    viewer.drained()
    expect(wire.types).toEqual(['hello', 'snapshot', 'snapshot'])
    expect(wire.last).toMatchObject({ seq: 1 })
  })

  it('that takes nothing is held back by the next look also where nothing changes', () => {
    const { wire } = stage.seat()
    wire.backlog = DEFAULT_LIMITS.lagBytes + 1
    stage.hub.sweep()
    stage.clock.advance(DEFAULT_LIMITS.lagSeconds * 1000 + 1)
    stage.hub.sweep()
    expect(wire.closed?.code).toBe(4408)
  })

  it('S-2 that reads slowly gets the newest state once it has caught up, not the backlog', () => {
    const { wire } = stage.seat()
    wire.backlog = DEFAULT_LIMITS.lagBytes + 1
    for (let i = 0; i < 50; i += 1) stage.key(i % 2 === 0)
    expect(wire.types).toEqual(['hello', 'snapshot'])
    wire.backlog = 0
    stage.hub.sweep()
    expect(wire.types).toEqual(['hello', 'snapshot', 'snapshot'])
    expect(wire.last).toMatchObject({ seq: stage.feed.seq })
  })

  it('K-1 that does not drain is sent away with 4408, and the others see no gap', () => {
    const slow = stage.seat()
    const fast = stage.seat()
    slow.wire.backlog = DEFAULT_LIMITS.lagBytes + 1
    stage.key(true)
    stage.clock.advance(DEFAULT_LIMITS.lagSeconds * 1000 + 1)
    stage.hub.sweep()
    expect(slow.wire.closed?.code).toBe(4408)
    stage.key(false)
    expect(fast.wire.frames.slice(2).map(({ seq }) => seq)).toEqual([1, 2])
  })
})
