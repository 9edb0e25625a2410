import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hello } from '../support/frames.ts'
import { pass } from '../support/scriptedEnv.ts'
import { askedOf, error, SharedSocketStage } from '../support/sharedSocketStage.ts'

describe('a node on the common socket that the server does not have', () => {
  let stage: SharedSocketStage
  beforeEach(() => { stage = new SharedSocketStage() })
  afterEach(() => { stage.close() })

  const told: string[] = []
  async function missing(): Promise<void> {
    const socket = await stage.greet('1', '2')
    for (const node of ['1', '2']) socket.say(error('no-such-node', node))
    await pass(10_000)
    told.length = 0
    stage.client.sockets.onNodeStateChange('1', (each) => told.push('refused' in each ? 'asked for' : each.status))
  }

  it('stays refused and is never polled where the server ends a socket that watches nothing, minute by minute', async () => {
    await missing()
    for (let minute = 1; minute <= 10; minute += 1) {
      for (let s = 0; s < 45; s += 15) {
        await pass(15_000)
        stage.env.last().say({ type: 'beat', at: Date.now(), nodes: {} })
      }
      stage.env.last().end(4409, 'this connection watches nothing')
      await pass(1_500)
      expect(stage.env.sockets).toHaveLength(minute + 1)
      stage.env.last().accept()
      stage.env.last().say(hello())
      await pass(0)
      expect(askedOf(stage.env.last())).toEqual(['1,2'])
      for (const node of ['1', '2']) stage.env.last().say(error('no-such-node', node))
    }
    expect(told.join()).toBe(Array.from({ length: 10 }, () => 'asked for,paused').join())
    expect(stage.env.fetches).toEqual([])
  })

  it('is refused also while somebody retries, and is polled once a try fails', async () => {
    await missing()
    stage.client.sockets.retryConnection('1')
    await pass(1_000)
    stage.env.last().say(error('no-such-node', '1'))
    expect([told.join(), stage.env.fetches]).toEqual(['asked for,paused', []])
    stage.env.last().end()
    await pass(1_500)
    stage.env.last().end()
    expect(told.slice(2)).toEqual(['asked for', 'waiting'])
    await pass(10_000)
    expect(stage.client.ladder.transportOf('1')).toBe('polling')
  })
})

describe('nodes on the common socket that a stranger may not see', () => {
  let stage: SharedSocketStage
  beforeEach(() => { stage = new SharedSocketStage() })
  afterEach(() => { stage.close() })

  it('say that somebody has to sign in, and not that the server ended a socket that watches nothing, until a try fails', async () => {
    const refuse = () => { for (const node of ['1', '2']) stage.env.last().say(error('not-allowed', node)) }
    await stage.greet('1', '2')
    refuse()
    const told: string[] = []
    stage.client.sockets.onNodeStateChange('1', (each) => told.push(each.status))
    stage.env.last().end(4409, 'this connection watches nothing')
    expect([told, stage.state('1')]).toMatchObject([[], { status: 'paused', why: 'needs-auth' }])
    await pass(1_500)
    stage.env.last().accept()
    stage.env.last().say(hello())
    refuse()
    stage.env.last().end(4409, 'this connection watches nothing')
    await pass(1_500)
    stage.env.last().end()
    expect(told).toEqual(['connecting', 'paused', 'connecting', 'waiting'])
  })
})
