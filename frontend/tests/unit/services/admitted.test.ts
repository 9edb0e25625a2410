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
const FIVE = [A, '546052', '546053', '546054', '546055']
const UP = { ...EMPTY_NODE, reach: 'up', rx: false, tx: false } as const

let env: ScriptedEnv
let client: LiveClient

beforeEach(() => {
  holdTime()
  env = scriptedEnv()
  env.respond = (url) =>
    Promise.resolve(url.includes('ami/status')
      ? Response.json({ success: true, data: Object.fromEntries(FIVE.map((node) => [node, rowOf(node)])), at: Date.now() })
      : Response.json({ success: false, message: 'no tickets' }, { status: 404 }))
})
afterEach(() => {
  client.dispose()
  vi.useRealTimers()
})

const rowOf = (node: string) => ({ ...toStatusRow(node, UP, Date.now()), epoch: 'e1', seq: 7 })

async function live(topology: 'per-node' | 'shared', nodes = [A]): Promise<void> {
  client = new LiveClient({ env, topology })
  for (const node of nodes) void client.ladder.watch(node)
  await pass(2)
  await welcome(nodes)
  expect(client.sockets.getAllConnectedNodes()).toEqual(nodes)
}
async function welcome(nodes = [A]): Promise<void> {
  env.last().accept()
  env.last().say(hello())
  // On a common socket the nodes are asked for now.
  await pass(10)
  for (const node of nodes) env.last().say(snapshot(node))
}
/** For so long each socket is refused. @returns when they were tried, ms */
async function refused(ms: number): Promise<number[]> {
  const tries: number[] = []
  for (let passed = 0; passed < ms; passed += 50) {
    await pass(50)
    if (env.last().readyState > 1) continue
    tries.push(passed)
    env.last().end(4401)
  }
  return tries
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

it.each([['per-node', [A]], ['shared', FIVE]] as const)(
  '%s: is tried less and less often where sockets are refused what polls are given, however many nodes are polled',
  async (topology, nodes) => {
    await live(topology, [...nodes])
    await refused(60_000)
    const tries = await refused(120_000)
    // By scripted chance 14.5 s, and up to the next row.
    expect(tries.length).toBe(8)
    const gaps = tries.slice(1).map((at, index) => at - (tries[index] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(14_500)
    for (const node of nodes) {
      expect(client.sockets.getNodeState(node)).toMatchObject({ status: 'paused', why: 'needs-auth' })
      expect(client.ladder.transportOf(node)).toBe('polling')
    }
    expect(await refused(20_000)).not.toEqual([])
  },
)

it('shared: has its one socket back for all of its nodes', async () => {
  await live('shared', FIVE)
  await refused(6_000)
  const tries = env.sockets.length
  await pass(10_000)
  expect(env.sockets.length).toBe(tries + 1)
  await welcome(FIVE)
  expect(FIVE.map((node) => client.ladder.transportOf(node))).toEqual(FIVE.map(() => 'socket'))
})

it('shared: is asked for less and less often on a socket that lives, where it is refused what polls are given', async () => {
  await live('shared')
  const asked = () => env.last().frames().filter(({ type }) => type === 'subscribe').length
  const times: number[] = []
  let answered = 0
  for (let passed = 0; passed < 120_000; passed += 50) {
    if (asked() > answered) {
      answered = asked()
      times.push(passed)
      env.last().say({ type: 'error', at: Date.now(), code: 'not-allowed', message: 'sign in', node: A })
    }
    if (passed % 15_000 === 0) env.last().say({ type: 'beat', at: Date.now(), nodes: {} })
    await pass(50)
  }
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0))
  expect(Math.min(...gaps.slice(-4))).toBeGreaterThanOrEqual(14_500)
  // Five that come sooner, and then one in 14.5 s and up to the next row.
  expect(times.length).toBeLessThanOrEqual(13)
  expect(env.sockets.length).toBe(1)
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
