/** Whoever is told of a node's first state may do anything at once: let it go, take it up again, watch another one. Nothing is left behind. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LiveClient } from '../../../src/services/liveClient.ts'
import { hello, snapshot } from '../support/frames.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv } from '../support/scriptedEnv.ts'

const A = '546051'
const B = '546055'
const TOPOLOGIES = ['per-node', 'shared'] as const

let env: ScriptedEnv
let client: LiveClient

beforeEach(() => {
  holdTime()
  env = scriptedEnv()
})
afterEach(() => {
  client.dispose()
  vi.useRealTimers()
})
const watched = () => client.sockets.inspect().map(({ node }) => node)

describe.each(TOPOLOGIES)('a node that is let go while it is being opened (%s)', (topology) => {
  it.each([['paused', false], ['connecting', true]] as const)('by whoever hears that it is %s, leaves no socket and no listener', async (status, flagOn) => {
    client = new LiveClient({ env, topology, flagOn })
    client.sockets.onNodeStateChange(A, (state) => {
      if (state.status === status) client.ladder.unwatch(A)
    })
    let settled = false
    void client.ladder.watch(A).then(() => { settled = true })
    await pass(10)
    expect([watched(), settled]).toEqual([[], true])
    client.sockets.setFlag(true)
    await pass(10)
    expect([env.held(), env.listeners.size, vi.getTimerCount()]).toEqual([[], 0, 0])
  })

  it('and taken up again, has one socket, and is not called closed for the other', async () => {
    client = new LiveClient({ env, topology })
    const told: string[] = []
    client.sockets.onNodeStateChange(A, ({ status }) => {
      told.push(status)
      if (status !== 'connecting' || told.length > 3) return
      client.ladder.unwatch(A)
      void client.ladder.watch(A)
    })
    void client.ladder.watch(A)
    await pass(10)
    expect([watched(), env.held().length, told.at(-1)]).toEqual([[A], 1, 'connecting'])
    client.ladder.unwatch(A)
    await pass(10)
    expect([watched(), env.held(), vi.getTimerCount()]).toEqual([[], [], 0])
  })
})

it('a node that is watched by whoever hears of the first one on the common socket shares it', async () => {
  client = new LiveClient({ env, topology: 'shared' })
  client.sockets.onNodeStateChange(A, () => { void client.ladder.watch(B) })
  void client.ladder.watch(A)
  await pass(10)
  expect(env.held()).toHaveLength(1)
  env.last().accept()
  env.last().say(hello())
  await pass(0)
  for (const node of [A, B]) env.last().say(snapshot(node))
  expect(client.sockets.getAllConnectedNodes().toSorted()).toEqual([A, B])
  client.dispose()
  await pass(10)
  expect([env.held(), env.listeners.size, vi.getTimerCount()]).toEqual([[], 0, 0])
})

it('a node that moves from the common socket to its own, and is let go by whoever hears of that, leaves none behind', async () => {
  client = new LiveClient({ env, topology: 'shared' })
  for (const node of [A, B]) void client.ladder.watch(node)
  await pass(2)
  env.last().accept()
  env.last().say(hello())
  await pass(0)
  for (const node of [A, B]) env.last().say(snapshot(node))
  const told: string[] = []
  client.sockets.onNodeStateChange(B, ({ status }) => {
    told.push(status)
    if (status === 'paused') client.ladder.unwatch(B)
  })
  client.sockets.setFlag((node) => node !== B)
  await pass(10)
  expect([watched(), told]).toEqual([[A], ['paused', 'closed']])
  client.sockets.setFlag(true)
  await pass(10)
  expect(env.held()).toHaveLength(1)
})
