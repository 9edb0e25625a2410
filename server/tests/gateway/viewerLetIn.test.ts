/** Which viewer may watch a node, and for how long. */
import { beforeEach, describe, expect, it } from 'vitest'
import { everybody, moment, ViewerStage } from '../support/viewerStage.ts'

describe('a viewer', () => {
  let stage: ViewerStage
  beforeEach(() => { stage = new ViewerStage() })

  it('S-1 K-2 K-3 K-4 is refused without a word, as the first one is taken for a connection that stands', () => {
    const stranger = { ...everybody, mayWatch: () => false }
    stage.seat()
    stage.limit({ viewersPerNode: 1 })
    const refused = [stage.seat({ node: '99999' }), stage.seat(), stage.seat({ guest: stranger }), stage.seat({ guest: { ...stranger, signedIn: true } })]
    expect(refused.map(({ wire }) => [wire.closed?.code, wire.texts])).toEqual([[4504, []], [4429, []], [4401, []], [4504, []]])
    expect(stage.watching).toBe(1)
  })

  it('K-4 is told that too many watch the node, and the node is watched for those alone who do', () => {
    stage.limit({ viewersPerNode: 1 })
    const first = stage.seat()
    expect(stage.seat().wire.closed?.code).toBe(4429)
    expect(stage.watching).toBe(1)
    first.viewer.left()
    expect(stage.watching).toBe(0)
  })

  it('K-4 C-1 may name a node that it watches once more, however many it watches', async () => {
    stage.limit({ nodesPerViewer: 1 })
    const { wire, say } = stage.seat({ node: null })
    for (let i = 0; i < 2; i += 1) {
      say({ type: 'subscribe', nodes: [{ node: '546051' }] })
      await moment()
      expect(wire.last).toMatchObject(i === 0 ? { type: 'batch', frames: [{ type: 'hello' }, { type: 'snapshot' }] } : { type: 'snapshot' })
    }
  })

  it('K-3 who is a stranger is asked to sign in; who is signed in has no such node', () => {
    const stranger = { ...everybody, mayWatch: () => false }
    expect(stage.seat({ guest: stranger }).wire.closed?.code).toBe(4401)
    expect(stage.seat({ guest: { ...stranger, signedIn: true } }).wire.closed?.code).toBe(4504)
    expect(stage.watching).toBe(0)
  })

  it('K-3 nor on a connection of many nodes, neither from the first nor once the right is gone', async () => {
    let may = false
    for (const [signedIn, code] of [[false, 'not-allowed'], [true, 'no-such-node']] as const) {
      const { viewer, wire, say } = stage.seat({ node: null, guest: { ...everybody, mayWatch: () => may, signedIn } })
      say({ type: 'subscribe', nodes: [{ node: '546051' }] })
      await moment()
      expect(wire.texts.at(-1)).toContain(`"code":"${code}"`)
      may = true
      say({ type: 'subscribe', nodes: [{ node: '546051' }] })
      await moment()
      expect(wire.last).toMatchObject({ type: 'snapshot' })
      may = false
      viewer.recheck()
      await moment()
      expect(wire.last).toMatchObject({ type: 'error', code, node: '546051' })
    }
  })

  it('K-3 that loses its right sees nothing more, on its own socket and on the shared one', async () => {
    let may = true
    const guest = { ...everybody, mayWatch: () => may }
    const own = stage.seat({ guest })
    const shared = stage.seat({ guest, node: null })
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
    stage.key(true)
    await moment()
    expect(shared.wire.texts).toHaveLength(told)
    expect(stage.watching).toBe(0)
  })
})
