/** One client over sockets and requests that a test scripts, with what it tells of a node. */
import { expect, vi } from 'vitest'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../../protocol/statusRow.ts'
import type { ConnectionState } from '../../../src/services/connectionState.ts'
import type { Diagnostic } from '../../../src/services/diagnostics.ts'
import { LiveClient } from '../../../src/services/liveClient.ts'
import type { NodeUpdate } from '../../../src/services/watchedNode.ts'
import { holdTime, pass, scriptedEnv } from './scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from './scriptedEnv.ts'

export const A = '546051'
export const B = '546055'
export const UP = { ...EMPTY_NODE, reach: 'up', rx: false, tx: false } as const

const frame = (type: string, fields: object) => ({ type, at: Date.now(), ...fields })
export const hello = () =>
  frame('hello', {
    beatMs: 20_000,
    server: { name: 'test', version: '0' },
    limits: { messageBytes: 1, nodes: 1 },
    features: [],
  })
export const snapshot = (node: string, seq: number, state = {}) =>
  frame('snapshot', { node, epoch: 'e1', seq, state: { ...UP, ...state } })
export const patch = (node: string, seq: number, change: object) => frame('patch', { node, epoch: 'e1', seq, patch: change })

/** Greets, and says how the node is. */
export function speak(socket: ScriptedSocket, node = A, seq = 1): void {
  socket.accept()
  socket.say(hello())
  socket.say(snapshot(node, seq))
}

export class ClientStage {
  readonly env: ScriptedEnv
  readonly client: LiveClient
  /** News of A. */
  readonly updates: NodeUpdate[] = []
  /** States of A's connection. */
  readonly states: ConnectionState[] = []
  readonly diagnostics: Diagnostic[] = []
  /** To a request; a row for each node that was asked for, unless a test says otherwise. */
  answer: (url: string) => Promise<Response> = (url) => {
    const ids = (new URL(url).searchParams.get('nodes') ?? '').split(',')
    const data = Object.fromEntries(ids.map((id) => [id, { ...toStatusRow(id, UP, Date.now()), epoch: 'e1', seq: 5 }]))
    return Promise.resolve(Response.json({ success: true, data, at: Date.now() }))
  }

  /** Time is held from now on. */
  constructor() {
    holdTime()
    this.env = scriptedEnv()
    this.env.respond = (url) => this.answer(url)
    this.client = new LiveClient({ env: this.env, onDiagnostic: (each) => this.diagnostics.push(each) })
    this.client.sockets.onNodeMessage(A, (update) => this.updates.push(update))
    this.client.sockets.onNodeStateChange(A, (state) => this.states.push(state))
  }

  close(): void {
    this.client.dispose()
    vi.useRealTimers()
  }

  state(node = A): ConnectionState {
    return this.client.sockets.getNodeState(node)
  }

  /** The nodes of each request so far, as asked for. */
  asked(): (string | null)[] {
    return this.env.fetches.map(({ url }) => new URL(url).searchParams.get('nodes'))
  }

  /** Watches a node; its socket is opening. */
  async connect(node = A): Promise<ScriptedSocket> {
    void this.client.ladder.watch(node)
    await pass(5)
    return this.env.last()
  }

  async live(node = A): Promise<ScriptedSocket> {
    const socket = await this.connect(node)
    speak(socket, node)
    return socket
  }

  /** Waits for the next try of the only node. */
  async nextTry(): Promise<ScriptedSocket> {
    const tries = this.env.sockets.length
    for (let waited = 0; this.env.sockets.length === tries && waited < 300; waited += 1) await pass(100)
    expect(this.env.sockets).toHaveLength(tries + 1)
    return this.env.last()
  }
}
