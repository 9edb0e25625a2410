import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { expect } from 'vitest'

/**
 * Waits until `test` holds, turn by turn of the event loop. Fails after 20 s of real time: a test that hangs must say
 * where.
 */
export async function until(test: () => boolean, what = 'the condition'): Promise<void> {
  const end = Date.now() + 20_000
  while (!test()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** One accepted connection: the test plays the server by hand. */
export class Peer {
  readonly socket: Socket
  ended = false
  #received = ''

  constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk) => (this.#received += chunk.toString('utf8')))
    socket.on('error', () => undefined)
    socket.on('close', () => (this.ended = true))
  }

  /** Bytes not taken yet. */
  get unread(): string {
    return this.#received
  }

  send(text: string | Uint8Array): void {
    this.socket.write(text)
  }

  /** Sends each byte as a write of its own, with a turn of the loop between. */
  async sendByteByByte(text: string): Promise<void> {
    for (const byte of Buffer.from(text)) {
      this.socket.write(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** The next whole action, header names in lower case. */
  async take(): Promise<Record<string, string>> {
    await until(() => this.#received.includes('\r\n\r\n'), 'an action')
    const end = this.#received.indexOf('\r\n\r\n')
    const block = this.#received.slice(0, end)
    this.#received = this.#received.slice(end + 4)
    return Object.fromEntries(
      block.split('\r\n').map((line) => {
        const colon = line.indexOf(': ')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)]
      }),
    )
  }

  async takeNamed(name: string): Promise<Record<string, string>> {
    const action = await this.take()
    expect(action['action']).toBe(name)
    return action
  }

  /** Greeting and MD5 login as Asterisk 22 does them. */
  async welcome(secret = 's3cret'): Promise<void> {
    this.send('Asterisk Call Manager/11.0.0\r\n')
    const challenge = await this.takeNamed('Challenge')
    this.send(`Response: Success\r\nActionID: ${challenge['actionid']}\r\nChallenge: 304194181\r\n\r\n`)
    const login = await this.takeNamed('Login')
    expect(login['key']).toBe(createHash('md5').update(`304194181${secret}`).digest('hex'))
    expect(login['events']).toBe('call')
    this.send(`Response: Success\r\nActionID: ${login['actionid']}\r\nMessage: Authentication accepted\r\n\r\n`)
  }
}

export interface ScriptedServer {
  readonly port: number
  readonly peers: readonly Peer[]
  /** The n-th connection (from 0), as soon as it is there. */
  peer(n?: number): Promise<Peer>
  close(): Promise<void>
}

/** A TCP server that says nothing by itself. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  const peers: Peer[] = []
  const server = createServer((socket) => peers.push(new Peer(socket)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    peers,
    async peer(n = 0) {
      await until(() => peers.length > n, `connection ${n}`)
      return peers[n]!
    },
    async close() {
      for (const peer of peers) peer.socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
