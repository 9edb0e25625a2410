/** What one question may name, by the gateway's own judgement: very many nodes, and what no node can be called, cost the others nothing. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { readFrame } from '../../../../server/src/gateway/clientMessage.ts'
import { createNodes } from '../../../../server/src/http/nodes.ts'
import { NO_ROLLOUT } from '../../../../server/src/rollout/rolloutWatch.ts'
import { LiveClient } from '../../../src/services/liveClient.ts'
import { hello, snapshot } from '../support/frames.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from '../support/scriptedEnv.ts'

const A = '546051'
const ODD = [['W1AW P'], ['x'.repeat(65)], ['546051,546055'], ['']]

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
const some = (count: number, name = (i: number) => String(500_000 + i)) => Array.from({ length: count }, (_, i) => name(i))
const NO_NUMBER = { status: 'paused', why: 'refused', reason: { code: 'bad-node', message: 'This is not a node number.' } }

/** The gateway's route; it has every node that it is asked for. */
function route(): (url: string) => Promise<Response> {
  const app = createNodes({
    base: '',
    configSource: 'allmon.ini',
    access: null,
    rollout: NO_ROLLOUT,
    clock: { now: () => Date.now(), monotonic: () => performance.now(), setTimeout: () => undefined, clearTimeout: () => undefined },
    nodes: () => [],
    fresh: (node) => Promise.resolve({ node, epoch: 'e1', seq: 1, state: { ...EMPTY_NODE, reach: 'up', rx: false, tx: false } } as never),
    maySee: () => Promise.resolve(() => true),
    addressOf: () => { throw new Error('no sockets here') },
    names: { lookup: () => null },
    port: () => 8105,
  })
  return async (url) => app.request(url.replace(/^.*\/api\/v1/, 'http://gateway.test'))
}

describe('a page that polls', () => {
  /** What each question named. */
  const asked = () => env.fetches.map(({ url }) => (new URL(url).searchParams.get('nodes') ?? '').split(','))
  let answer: (url: string) => Promise<Response>

  beforeEach(() => {
    answer = route()
    env.respond = (url) => answer(url)
    // The kill switch: everybody polls.
    client = new LiveClient({ env, flagOn: false })
  })
  async function watch(nodes: readonly string[]): Promise<void> {
    for (const node of nodes) void client.ladder.watch(node)
    await pass(5_000)
  }
  const unheard = (nodes: readonly string[]) => nodes.filter((node) => client.sockets.currentState(node)?.reach !== 'up')

  it.each([[200, 1], [201, 2], [950, 5]])('for %i nodes has news of all of them, by %i questions of one moment', async (count, questions) => {
    const nodes = some(count)
    await watch(nodes)
    expect(unheard(nodes)).toEqual([])
    expect(nodes.map((node) => client.ladder.failureOf(node)).filter((failure) => failure !== null)).toEqual([])
    expect(asked().slice(0, questions).flat()).toEqual(nodes)
    expect(asked().slice(questions, 2 * questions).flat()).toEqual(nodes)
  })

  it('names no more in one address than a proxy takes', async () => {
    const nodes = some(200, (i) => `KG5DRT/${i}`.padEnd(40, 'X'))
    await watch(nodes)
    expect(unheard(nodes)).toEqual([])
    for (const { url } of env.fetches) expect(url.length).toBeLessThan(4_096)
  })

  it.each(ODD)('for a node, and for "%s", has news of the node, and says that the other is none', async (odd) => {
    await watch([A, odd])
    expect(unheard([A])).toEqual([])
    expect(client.ladder.failureOf(A)).toBeNull()
    expect(client.sockets.getNodeState(odd)).toMatchObject(NO_NUMBER)
    expect(client.ladder.transportOf(odd)).toBe('none')
    expect(new Set(asked().flat())).toEqual(new Set([A]))
    expect(await client.ladder.refresh(['W1AW P'])).toMatchObject({ rows: new Map(), badRows: [] })
    expect(unheard([A])).toEqual([])
  })

  it('has news of those whose question is answered while another one fails, and says so of the others only', async () => {
    const nodes = some(201)
    const good = answer
    answer = (url) => (url.includes('500200') ? Promise.reject(new TypeError('network')) : good(url))
    await watch(nodes)
    expect(unheard(nodes)).toEqual(['500200'])
    expect(nodes.filter((node) => client.ladder.failureOf(node) !== null)).toEqual(['500200'])
    expect(client.ladder.pollingState()).toMatchObject({ isConnected: false })
    await expect(client.ladder.refresh(nodes)).rejects.toThrow('cannot be reached')
    expect(nodes.filter((node) => client.ladder.failureOf(node) !== null)).toEqual(['500200'])
    answer = good
    await pass(30_000)
    expect(unheard(nodes)).toEqual([])
    expect(client.ladder.failureOf('500200')).toBeNull()
  })

  it('does not wait for a question that hangs to show what another one brought, and asks all again together', async () => {
    const nodes = some(201)
    const good = answer
    answer = (url) => (url.includes('500200') ? new Promise(() => undefined) : good(url))
    await watch(nodes)
    expect(unheard(nodes)).toEqual(['500200'])
    expect(env.fetches).toHaveLength(2)
    await pass(10_000)
    expect(nodes.filter((node) => client.ladder.failureOf(node) !== null)).toEqual(['500200'])
    answer = good
    await pass(10_000)
    expect(unheard(nodes)).toEqual([])
  })

  it('leaves a server alone that asks for it, whichever question it answers so', async () => {
    const nodes = some(401)
    const good = answer
    answer = (url) => {
      if (url.includes('500000')) return Promise.reject(new TypeError('network'))
      return url.includes('500400') ? Promise.resolve(new Response('', { status: 429, headers: { 'retry-after': '20' } })) : good(url)
    }
    for (const node of nodes) void client.ladder.watch(node)
    await pass(19_900)
    expect(env.fetches).toHaveLength(3)
    await pass(5_000)
    expect(env.fetches).toHaveLength(6)
  })

  it.each([20, 60])('keeps its pace while one of its questions needs a sign-in, and says so once: answered after %i ms, the other after 40', async (after) => {
    const nodes = some(201)
    const good = answer
    const refused = new Response(JSON.stringify({ success: false, error: 'Sign in.' }), { status: 401 })
    answer = (url) => new Promise((resolve) => {
      const mine = url.includes('500200')
      setTimeout(() => { resolve(mine ? refused.clone() : good(url)) }, mine ? after : 40)
    })
    const changes = client.userChanges
    await watch(nodes)
    await pass(10_000)
    expect(env.fetches.length).toBeLessThan(30)
    expect(client.userChanges).toBe(changes)
    expect(client.sockets.getNodeState('500200')).toMatchObject({ status: 'paused', why: 'needs-auth' })
    answer = good
    await pass(30_000)
    expect(client.userChanges).toBe(changes + 1)
    expect(unheard(nodes)).toEqual([])
  })

  it('is not told to sign in by a part that was refused before somebody did', async () => {
    const nodes = some(201)
    // One part is refused, and the other is under way until it is withdrawn.
    env.respond = (url, init) => (url.includes('500200')
      ? new Promise((_resolve, reject) => { init?.signal?.addEventListener('abort', () => { reject(new DOMException('aborted', 'AbortError')) }) })
      : Promise.resolve(new Response(JSON.stringify({ success: false, error: 'Sign in.' }), { status: 401 })))
    await watch(nodes)
    const changes = client.userChanges
    env.respond = (url) => new Promise((resolve) => { setTimeout(() => { resolve(answer(url)) }, 300) })
    client.userChanged()
    await pass(100)
    expect(client.sockets.getNodeState('500000')).toMatchObject({ status: 'paused', why: 'flag-off' })
    await pass(5_000)
    expect([client.userChanges, unheard(nodes)]).toEqual([changes + 1, []])
  })

  it('withdraws all its questions when it stops', async () => {
    answer = () => new Promise(() => undefined)
    const nodes = some(201)
    await watch(nodes)
    for (const node of nodes) client.ladder.unwatch(node)
    expect(env.fetches.map(({ init }) => init?.signal?.aborted)).toEqual([true, true])
  })
})

describe('a page on sockets', () => {
  beforeEach(() => { env.respond = () => Promise.reject(new Error('no polls here')) })

  /** As the gateway: what is no frame of its protocol is a bad one, and nobody in it is answered. */
  async function serve(socket: ScriptedSocket): Promise<void> {
    for (const text of socket.sent) {
      const frame = readFrame(text)
      if (frame === null) socket.say({ type: 'error', at: Date.now(), code: 'bad-frame', message: 'not understood' })
      else if (frame.type === 'subscribe') for (const { node } of frame.nodes) socket.say(snapshot(node))
    }
    await pass(0)
  }

  it.each(ODD)('has two nodes live on the common one beside "%s"', async (odd) => {
    client = new LiveClient({ env, topology: 'shared' })
    for (const node of ['1', '2', odd]) void client.ladder.watch(node)
    await pass(2)
    env.last().accept()
    env.last().say(hello())
    await pass(0)
    await serve(env.last())
    expect(['1', '2'].map((node) => client.sockets.getNodeState(node).status)).toEqual(['live', 'live'])
    expect(client.sockets.getNodeState(odd)).toMatchObject(NO_NUMBER)
  })

  it('opens none for what is no node number, says why, and says that it is closed when it is let go', async () => {
    client = new LiveClient({ env })
    const told: string[] = []
    client.sockets.onNodeStateChange('W1AW P', ({ status }) => { told.push(status) })
    await client.ladder.watch('W1AW P')
    client.sockets.retryConnection('W1AW P')
    client.userChanged()
    await pass(60_000)
    expect([told, env.sockets.length, env.fetches.length]).toEqual([['paused'], 0, 0])
    client.ladder.unwatch('W1AW P')
    expect([told, client.sockets.inspect(), vi.getTimerCount()]).toEqual([['paused', 'closed'], [], 0])
  })
})
