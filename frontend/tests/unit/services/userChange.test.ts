import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { EMPTY_LINK, EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../../protocol/statusRow.ts'
import { LiveClient } from '../../../src/services/liveClient.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'

const A = '546051'

beforeEach(() => { holdTime() })
afterEach(() => { vi.useRealTimers() })

it('a polled node shows at once what its new user may see, also while it has not changed', async () => {
  const env = scriptedEnv()
  env.state.hasWebSocket = false
  let peer: string | null = null
  let late: (() => void) | null = null
  const answer = () => {
    const state = { ...EMPTY_NODE, reach: 'up', links: { 2000: { ...EMPTY_LINK, peer } } } as const
    return Response.json({ success: true, data: { [A]: { ...toStatusRow(A, state, Date.now()), epoch: 'e1', seq: 7 } }, at: Date.now() })
  }
  env.respond = () => Promise.resolve(answer())
  const client = new LiveClient({ env })
  void client.ladder.watch(A)
  await pass(4_000)
  const shown = () => client.sockets.currentState(A)?.links['2000']?.peer
  expect(shown()).toBeNull()
  // One question of the visitor is on its way when the user signs in.
  const old = answer()
  env.respond = () => new Promise((resolve) => { late = () => { resolve(old) } })
  await pass(1_000)
  peer = '192.0.2.7'
  env.respond = () => Promise.resolve(answer())
  client.userChanged()
  await pass(100)
  ;(late as (() => void) | null)?.()
  await pass(10)
  expect(shown()).toBe('192.0.2.7')
  client.dispose()
})

it('a polled node shows addresses once its user may see them and not after, also while it has not changed', async () => {
  const env = scriptedEnv()
  env.state.hasWebSocket = false
  let peer: string | null = null
  env.respond = () => {
    const state = { ...EMPTY_NODE, reach: 'up', links: { 2000: { ...EMPTY_LINK, peer }, 2001: EMPTY_LINK } } as const
    // T-3: whoever may see addresses is told an epoch of his own.
    const epoch = peer === null ? 'e1' : 'e1.p'
    return Promise.resolve(Response.json({ success: true, data: { [A]: { ...toStatusRow(A, state, Date.now()), epoch, seq: 7 } }, at: Date.now() }))
  }
  const client = new LiveClient({ env })
  let news = 0
  client.sockets.onNodeMessage(A, () => { news += 1 })
  void client.ladder.watch(A)
  const shown = () => [client.sockets.currentState(A)?.links['2000']?.peer, news]
  await pass(8_000)
  expect(shown()).toEqual([null, 1])
  peer = '192.0.2.7'
  await pass(4_000)
  expect(shown()).toEqual(['192.0.2.7', 2])
  peer = null
  await pass(4_000)
  expect(shown()).toEqual([null, 3])
  client.dispose()
})
