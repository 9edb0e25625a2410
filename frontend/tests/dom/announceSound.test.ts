/** What is heard of a page: tones and speech. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { A, AnnounceStage, B } from './support/announceStage.ts'

describe('the live region of a page makes a sound', () => {
  let stage: AnnounceStage
  beforeEach(async () => {
    stage = new AnnounceStage()
    await stage.open()
  })
  afterEach(() => stage.close())

  const heard = () => [stage.page.tones.join(' '), stage.page.spoken]

  it('of nothing unless it was chosen', async () => {
    stage.gateway.node(A).connect('48752')
    stage.gateway.node(A).key('48752')
    await stage.pass(10_000)
    expect(heard()).toEqual(['', []])
  })

  it('and speaks when somebody keys up, connects or disconnects, not more often than every five seconds a node', async () => {
    stage.choose(A, 'sound')
    stage.choose(A, 'speech')
    stage.gateway.node(A).connect('48752', { callsign: 'WB6NIL' })
    stage.gateway.node(A).key('48752')
    await stage.pass(4_000)
    expect(heard()).toEqual(['up', ['48752 WB6NIL connected to 546051.']])
    stage.gateway.node(A).unkey('48752')
    stage.gateway.node(A).key('48752')
    await stage.pass(1_100)
    expect(stage.page.tones).toHaveLength(1)
    stage.gateway.node(A).disconnect('48752')
    await stage.pass(5_000)
    stage.gateway.node(A).key()
    await stage.pass(100)
    expect(heard()).toEqual(['up down up', ['48752 WB6NIL connected to 546051.', '48752 WB6NIL disconnected from 546051.', 'Local receiver is talking on 546051.']])
  })

  it('for the node it was chosen for, also where the screen reader is told nothing', async () => {
    stage.choose(null, 'talk', false)
    stage.choose(B, 'sound')
    stage.gateway.node(A).key()
    stage.gateway.node(B).key()
    await stage.pass(3_000)
    expect([heard(), stage.said]).toEqual([['up', []], []])
  })

  it('one at a time: sentences of several nodes do not queue up', async () => {
    stage.choose(null, 'speech')
    stage.gateway.node(A).key()
    stage.gateway.node(B).key()
    await stage.pass(500)
    expect(stage.page.spoken).toEqual(['Local receiver is talking on 546051.'])
  })

  it('does not fall behind, however slow the voice: what happens while it says a sentence is not made up for', async () => {
    stage.choose(null, 'speech')
    stage.gateway.node(A).connect('48752')
    stage.page.speaking = true
    await stage.pass(20_000)
    stage.gateway.node(B).key()
    await stage.pass(500)
    stage.page.speaking = false
    stage.gateway.node(A).key()
    await stage.pass(500)
    expect(stage.page.spoken).toEqual(['48752 connected to 546051.', 'Local receiver is talking on 546051.'])
  })

  it('soon after a loss in the background too, as long as anything is to be heard', async () => {
    /** How long a page in the background is without A, ms. */
    const lost = async () => {
      await stage.gateway.clock.advance(30_000)
      stage.gateway.net.cut(A)
      stage.gateway.net.mend(A)
      const since = stage.gateway.clock.now()
      while (!stage.gateway.plugin.client.sockets.isNodeConnected(A)) await stage.gateway.clock.advance(500)
      return stage.gateway.clock.now() - since
    }
    stage.gateway.signal('hidden')
    expect(await lost()).toBeGreaterThan(30_000)
    stage.choose(A, 'sound')
    expect(await lost()).toBeLessThanOrEqual(1_000)
    stage.choose(A, 'sound', false)
    expect(await lost()).toBeGreaterThan(30_000)
    stage.choose(B, 'speech')
    expect(await lost()).toBeLessThanOrEqual(1_000)
    stage.regions.value = []
    expect(await lost()).toBeGreaterThan(30_000)
  })

  it('is silent at once when it leaves the page, and not when one leaves that never spoke', async () => {
    stage.regions.value = [1, 2]
    await stage.gateway.settle()
    stage.page.speaking = true
    stage.regions.value = [1]
    await stage.gateway.settle()
    expect(stage.page.speaking).toBe(true)
    stage.regions.value = []
    await stage.gateway.settle()
    expect(stage.page.speaking).toBe(false)
  })
})
