/**
 * A right that goes and comes back within moments: the socket was refused, polling was not. It never met a refusal that its next answer
 * could end, and the page polled for ever.
 */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../../protocol/statusRow.ts'
import { LiveClient } from '../../../src/services/liveClient.ts'
import { hello, snapshot } from '../support/frames.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv } from '../support/scriptedEnv.ts'

const A = '546051'
const UP = { ...EMPTY_NODE, reach: 'up', rx: false, tx: false } as const

let env: ScriptedEnv
let client: LiveClient

beforeEach(() => {
  holdTime()
  env = scriptedEnv()
  env.respond = (url) =>
    Promise.resolve(url.includes('ami/status')
      ? Response.json({ success: true, data: { [A]: { ...toStatusRow(A, UP, Date.now()), epoch: 'e1', seq: 7 } }, at: Date.now() })
      : Response.json({ success: false, message: 'no tickets' }, { status: 404 }))
})
afterEach(() => {
  client.dispose()
  vi.useRealTimers()
})

async function live(topology: 'per-node' | 'shared'): Promise<void> {
  client = new LiveClient({ env, topology })
  void client.ladder.watch(A)
  await pass(2)
  await welcome()
  expect(client.sockets.isNodeConnected(A)).toBe(true)
}
async function welcome(): Promise<void> {
  env.last().accept()
  env.last().say(hello())
  // On a common socket the node is asked for now.
  await pass(10)
  env.last().say(snapshot(A))
}

it('per-node: is polled, and has its socket back', async () => {
  await live('per-node')
  env.last().end(4401)
  await pass(1_500)
  env.last().end(4401)
  await pass(0)
  expect(client.sockets.getNodeState(A)).toMatchObject({ status: 'paused', why: 'needs-auth' })
  const tries = env.sockets.length
  await pass(8_000)
  expect(env.sockets.length).toBe(tries + 1)
  expect(client.ladder.transportOf(A)).toBe('polling')
  await welcome()
  expect(client.ladder.transportOf(A)).toBe('socket')
})

it('per-node: is not tried more than every 15 s where a socket is refused what polls are given', async () => {
  await live('per-node')
  const refuse = setInterval(() => { if (env.last().readyState < 2) env.last().end(4401) }, 50)
  await pass(8_000)
  const tries = env.sockets.length
  await pass(60_000)
  clearInterval(refuse)
  expect(env.sockets.length - tries).toBe(4)
  expect(client.sockets.getNodeState(A)).toMatchObject({ status: 'paused', why: 'needs-auth' })
})

it('shared: is polled, and asked for again on the same socket', async () => {
  await live('shared')
  const asked = () => env.last().frames().filter(({ type }) => type === 'subscribe').length
  env.last().say({ type: 'error', at: Date.now(), code: 'not-allowed', message: 'sign in', node: A })
  expect(client.sockets.getNodeState(A)).toMatchObject({ status: 'paused', why: 'needs-auth' })
  expect(asked()).toBe(1)
  await pass(6_000)
  expect([client.ladder.transportOf(A), env.sockets.length, asked()]).toEqual(['polling', 1, 2])
  env.last().say(snapshot(A))
  expect(client.ladder.transportOf(A)).toBe('socket')
})
