/** A client all of whose nodes are on the common socket, before a server under the test's hand. */
import { vi } from 'vitest'
import type { ConnectionState } from '../../../src/services/connectionState.ts'
import { LiveClient } from '../../../src/services/liveClient.ts'
import { hello } from './frames.ts'
import { holdTime, pass, scriptedEnv } from './scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from './scriptedEnv.ts'

interface Question {
  readonly type: string
  readonly nodes: readonly { readonly node: string }[]
}

export class SharedSocketStage {
  readonly env: ScriptedEnv
  readonly client: LiveClient

  constructor() {
    holdTime()
    this.env = scriptedEnv()
    this.client = new LiveClient({ env: this.env, topology: 'shared' })
  }

  close(): void {
    this.client.dispose()
    vi.useRealTimers()
  }

  /** The socket is open and has said hello; of no node has it said anything. */
  async greet(...nodes: string[]): Promise<ScriptedSocket> {
    for (const node of nodes) void this.client.ladder.watch(node)
    await pass(2)
    this.env.last().accept()
    this.env.last().say(hello())
    await pass(0)
    return this.env.last()
  }

  state(node: string): ConnectionState {
    return this.client.sockets.getNodeState(node)
  }
}

export const error = (code: string, node?: string) => ({ type: 'error', at: Date.now(), code, message: 'because', ...(node && { node }) })
export const current = (node: string, seq: number) => ({ type: 'current', node, epoch: 'e1', seq, at: Date.now() })

/** What a socket was asked, pings left out. */
export const questions = (socket: ScriptedSocket) => socket.frames().filter(({ type }) => type !== 'ping') as Question[]

/** The nodes of each question for some, e.g. `1,2`. */
export const askedOf = (socket: ScriptedSocket) =>
  questions(socket).filter(({ type }) => type === 'subscribe').map(({ nodes }) => nodes.map(({ node }) => node).join())
