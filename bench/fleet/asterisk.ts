/** One fake Asterisk in a process of its own, with a count of what it says. */
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { startFakeAsterisk } from '../../server/src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../server/src/fake-asterisk/fakeAsterisk.ts'
import { talkers } from '../../server/src/fake-asterisk/fakeState.ts'
import { machineMs, serve } from './remote.ts'

export interface SiteStart {
  readonly nodes: readonly string[]
  /** Of each node. */
  readonly links: number
  readonly seed: number
}
export interface Site {
  readonly port: number
  /** Of each node, the links whose key-ups app_rpt announces. */
  readonly talkers: Readonly<Record<string, readonly string[]>>
}
export interface Said {
  /** AMI messages, events and answers: what ends with an empty line. */
  readonly messages: number
  readonly bytes: number
}

const said = { messages: 0, bytes: 0 }
let fake: FakeAsterisk | null = null

/** Counts what is written to whoever connects, and lets it through. */
subscribe('net.server.socket', (message) => {
  const { socket } = message as { readonly socket: Socket }
  const write = socket.write.bind(socket) as (...all: unknown[]) => boolean
  let tail = ''
  socket.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    const text = tail + (typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1'))
    said.bytes += text.length - tail.length
    said.messages += text.split('\r\n\r\n').length - 1
    // Only what may be the beginning of an end: nothing counts twice.
    tail = text.endsWith('\r\n\r\n') ? '' : (/(?:\r\n\r|\r\n|\r)$/.exec(text)?.[0] ?? '')
    return write(chunk, ...rest)
  }
})

const api = {
  async start({ nodes, links, seed }: SiteStart): Promise<Site> {
    fake = await startFakeAsterisk({ nodes, links, scenario: 'quiet', seed, user: 'admin', secret: 'demo', port: 0, controlPort: null })
    const { nodes: states } = fake.state()
    return { port: fake.port, talkers: Object.fromEntries(nodes.map((node) => [node, talkers(states[node])])) }
  },
  /** @returns when the first byte of it was about to be written, by {@link machineMs} */
  async key(change: { readonly node: string; readonly link: string; readonly on: boolean }): Promise<number> {
    const at = machineMs()
    await fake?.linkKey(change)
    return at
  },
  said(): Said {
    return { ...said }
  },
}
export type AsteriskApi = typeof api
serve(api)
