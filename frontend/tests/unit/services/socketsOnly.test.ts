import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../../protocol/statusRow.ts'
import { LiveClient } from '../../../src/services/liveClient.ts'
import { createSupermonLive } from '../../../src/socket-only.ts'
import { hello, snapshot } from '../support/frames.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv } from '../support/scriptedEnv.ts'

const A = '546051'
const B = '2000'

describe.each([
  ['LiveClient({ fallback: false })', (env: ScriptedEnv) => new LiveClient({ env, fallback: false })],
  ['supermon-live/socket-only', (env: ScriptedEnv) => createSupermonLive({ env }).client],
])('a page without the polling fallback, by %s', (_how, make) => {
  let env: ScriptedEnv
  let client: LiveClient
  beforeEach(() => {
    holdTime()
    env = scriptedEnv()
    client = make(env)
  })
  afterEach(() => {
    client.dispose()
    vi.useRealTimers()
  })
  const transport = () => client.ladder.transportOf(A)
  async function live(): Promise<void> {
    await pass(1)
    env.last().accept()
    env.last().say(hello({ beatMs: 600_000 }))
    env.last().say(snapshot(A))
  }

  it('asks nothing while its socket is gone, says why, and comes back', async () => {
    const told: string[] = []
    client.ladder.onTransport((_node, now) => told.push(now))
    void client.ladder.watch(A)
    await live()
    expect(transport()).toBe('socket')
    env.last().end(1006)
    await pass(400)
    expect([transport(), client.sockets.getNodeState(A)]).toMatchObject(['none', { status: 'waiting', reason: { code: 'socket-closed' } }])
    await pass(60_000)
    expect(env.fetches).toEqual([])
    await pass(20_000)
    await live()
    expect([transport(), told]).toEqual(['socket', ['socket', 'none', 'socket']])
  })

  it('waits with a reason when sockets are switched off', async () => {
    void client.ladder.watch(A)
    await live()
    client.sockets.setFlag(false)
    await pass(600_000)
    expect(client.sockets.getNodeState(A)).toMatchObject({ status: 'paused', reason: { code: 'flag-off', message: 'Live sockets are switched off for this viewer. The page connects by itself when they are on again.' } })
    expect([env.fetches.length, client.ladder.pollingState().isActive, client.ladder.failureOf(A)]).toEqual([0, false, null])
  })

  it('asks once when it is told to, for what no socket feeds', async () => {
    void client.ladder.watch(A)
    env.respond = (url) => {
      const ids = (new URL(url).searchParams.get('nodes') ?? '').split(',')
      return Promise.resolve(Response.json({ success: true, at: Date.now(), data: Object.fromEntries(ids.map((id) => [id, toStatusRow(id, { ...EMPTY_NODE, reach: 'up' }, Date.now())])) }))
    }
    const { rows } = await client.ladder.refresh([A, B])
    expect([[...rows.keys()], client.sockets.currentState(A)?.reach]).toEqual([[B], 'up'])
    await live()
    const { length } = env.fetches
    expect((await client.ladder.refresh([A])).rows.size).toBe(0)
    expect(env.fetches).toHaveLength(length)
  })

  it('keeps a node while anybody watches it, and leaves nothing behind', async () => {
    void client.ladder.watch(A)
    void client.ladder.watch(A)
    await live()
    client.ladder.unwatch(A)
    expect(transport()).toBe('socket')
    client.ladder.unwatch(A)
    client.ladder.unwatch(A)
    expect([transport(), client.sockets.inspect()]).toEqual(['none', []])
    void client.ladder.watch(A)
    client.dispose()
    void client.ladder.watch(A)
    await pass(100)
    expect([client.sockets.inspect(), vi.getTimerCount(), env.listeners.size]).toEqual([[], 0, 0])
    client.revive()
    void client.ladder.watch(A)
    await live()
    expect(transport()).toBe('socket')
  })
})
