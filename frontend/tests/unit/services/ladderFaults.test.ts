import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../../protocol/statusRow.ts'
import type { Diagnostic } from '../../../src/services/diagnostics.ts'
import { LiveClient } from '../../../src/services/liveClient.ts'
import type { NodeUpdate } from '../../../src/services/watchedNode.ts'
import { hello } from '../support/frames.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from '../support/scriptedEnv.ts'

const A = '546051'
const B = '546055'
const UP = { ...EMPTY_NODE, reach: 'up', rx: false, tx: false } as const
const snapshot = (node: string, seq: number) => ({ type: 'snapshot', at: Date.now(), node, epoch: 'e1', seq, state: UP })

describe('the transport ladder', () => {
  let env: ScriptedEnv
  let client: LiveClient
  let updates: NodeUpdate[]
  let diagnostics: Diagnostic[]
  let seq: number

  beforeEach(() => {
    holdTime()
    env = scriptedEnv()
    seq = 5
    env.respond = (url) => {
      const ids = (new URL(url).searchParams.get('nodes') ?? '').split(',')
      const data = Object.fromEntries(ids.map((id) => [id, { ...toStatusRow(id, UP, Date.now()), epoch: 'e1', seq: seq++ }]))
      return Promise.resolve(Response.json({ success: true, data, at: Date.now() }))
    }
    diagnostics = []
    client = new LiveClient({ env, onDiagnostic: (each) => diagnostics.push(each) })
    updates = []
    client.sockets.onNodeMessage(A, (update) => updates.push(update))
  })
  afterEach(() => {
    client.dispose()
    vi.useRealTimers()
  })

  async function connect(node: string): Promise<ScriptedSocket> {
    void client.ladder.watch(node)
    await pass(2)
    return env.last()
  }

  it('goes on whoever throws at its news: others hear them, and polling starts', async () => {
    const heard: string[] = []
    client.ladder.onTransport(() => { throw new Error('view broke') })
    client.ladder.onPolling(() => { throw new Error('view broke') })
    client.ladder.onTransport((node, transport) => { heard.push(`${node} ${transport}`) })
    client.sockets.observers.add(() => { throw new Error('panel broke') })
    client.onDispose(() => { throw new Error('store broke') })
    await connect(A)
    await pass(4_000)
    expect(heard).toEqual([`${A} polling`])
    expect(updates.at(-1)).toMatchObject({ node: A, source: 'poll' })
    env.last().accept()
    env.last().say(hello())
    env.last().say(snapshot(A, 50))
    expect(updates.at(-1)).toMatchObject({ node: A, source: 'socket' })
    expect(heard).toEqual([`${A} polling`, `${A} socket`])
    client.dispose()
    await pass(10)
    expect([vi.getTimerCount(), env.listeners.size, env.held()]).toEqual([0, 0, []])
    expect(new Set(diagnostics.map(({ code }) => code))).toEqual(new Set(['handler-threw']))
  })

  it('lets a node go that is let go by whoever hears that it is polled', async () => {
    client.ladder.onTransport((node) => { client.ladder.unwatch(node) })
    await connect(A)
    await connect(B)
    await pass(60_000)
    expect(env.fetches).toEqual([])
    expect(client.ladder.pollingState().isActive).toBe(false)
    expect([vi.getTimerCount(), env.listeners.size, env.held()]).toEqual([0, 0, []])
  })

  it('shows no snapshot of another life of the server that an answer has overtaken, and asks for a newer one', async () => {
    await connect(A)
    await pass(4_000)
    const { length } = updates
    expect(updates.at(-1)?.source).toBe('poll')
    const socket = env.last()
    socket.accept()
    socket.say(hello())
    socket.say({ ...snapshot(A, 50), epoch: 'e0', at: Date.now() - 10_000 })
    expect([updates.length, socket.frames()]).toEqual([length, [{ type: 'resync', node: A }]])
    socket.say(snapshot(A, 50))
    expect(updates.at(-1)?.source).toBe('socket')
  })

  it('takes nothing from an answer that comes after that to a later question', async () => {
    const asked: ((response: Response) => void)[] = []
    const answers = env.respond
    env.respond = () => new Promise((resolve) => { asked.push(resolve) })
    await connect(A)
    await pass(4_000)
    expect(asked).toHaveLength(1)
    env.respond = answers
    await client.ladder.refresh([A])
    const { length } = updates
    expect([length, client.ladder.failureOf(A)]).toEqual([1, null])
    // It does not know of the node.
    asked[0]?.(Response.json({ success: true, data: {}, at: Date.now() }))
    await pass(1)
    expect([updates.length, client.ladder.failureOf(A)]).toEqual([length, null])
  })

  it('keeps a page current for as long as a proxy eats its upgrades, says why, and goes on trying', async () => {
    await connect(A)
    for (let s = 0; s < 600; s += 1) {
      for (const socket of env.held()) socket.end()
      env.act()
      await pass(1_000)
    }
    expect(client.sockets.getNodeState(A)).toMatchObject({ status: 'waiting', reason: { code: 'socket-closed', closeCode: 1006 } })
    expect(client.ladder.transportOf(A)).toBe('polling')
    expect(client.ladder.failureOf(A)).toBeNull()
    expect(updates.length).toBeGreaterThan(580)
    expect(Date.now() - (client.sockets.heardAt(A) ?? 0)).toBeLessThanOrEqual(1_000)
    // One try in 12 to 17 s, after the first few.
    expect(env.sockets.length).toBeGreaterThan(35)
    expect(env.sockets.length).toBeLessThan(60)
    for (let s = 0; s < 20 && env.held().length === 0; s += 1) await pass(1_000)
    env.last().accept()
    env.last().say(hello())
    env.last().say(snapshot(A, seq))
    expect(client.ladder.transportOf(A)).toBe('socket')
    expect(updates.at(-1)?.source).toBe('socket')
  })
})
