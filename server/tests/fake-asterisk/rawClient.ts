import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'

/** A TCP connection that keeps what it got. Knows nothing of AMI beyond lines and empty lines. */
export class RawClient {
  readonly socket: Socket
  /** Sizes of what came, read by read. */
  readonly reads: number[] = []
  closed = false
  #received = Buffer.alloc(0)
  #taken = 0

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes) => {
      this.reads.push(bytes.length)
      this.#received = Buffer.concat([this.#received, bytes])
    })
    socket.on('close', () => (this.closed = true))
    socket.on('error', () => (this.closed = true))
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1')
    const client = new RawClient(socket)
    await once(socket, 'connect')
    return client
  }

  /** Everything that came and was not taken. */
  get text(): string {
    return this.#received.subarray(this.#taken).toString('latin1')
  }

  send(text: string): void {
    this.socket.write(Buffer.from(text, 'latin1'))
  }

  /** Headers as an action, with its empty line. */
  action(headers: Readonly<Record<string, string>>): void {
    this.send(
      `${Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('')}\r\n`,
    )
  }

  /** Waits until what came and was not taken ends with `end`, takes it and gives it. */
  async take(end: string): Promise<string> {
    await until(
      () => this.text.includes(end),
      () => `${JSON.stringify(end)} in ${JSON.stringify(this.text)}`,
    )
    const at = this.text.indexOf(end) + end.length
    const text = this.text.slice(0, at)
    this.#taken += at
    return text
  }

  /** The next block: up to and with its empty line. */
  block(): Promise<string> {
    return this.take('\r\n\r\n')
  }

  async ask(headers: Readonly<Record<string, string>>): Promise<string> {
    this.action(headers)
    return this.block()
  }

  async untilClosed(): Promise<void> {
    await until(
      () => this.closed,
      () => 'the end of the connection',
    )
  }

  close(): void {
    this.socket.destroy()
  }
}

/** Waits for a condition; the limit is only there to fail with a sentence. */
export async function until(condition: () => boolean, what: () => string = () => 'a condition'): Promise<void> {
  const limit = performance.now() + 20_000
  while (!condition()) {
    if (performance.now() > limit) throw new Error(`waited in vain for ${what()}`)
    await turn()
  }
}

/** Greeting and login. */
export async function loggedIn(
  port: number,
  { user = 'admin', secret = 'testsecret', events = 'off' }: { user?: string; secret?: string; events?: string } = {},
): Promise<RawClient> {
  const client = await RawClient.open(port)
  await client.take('\r\n')
  const reply = await client.ask({ Action: 'Login', Username: user, Secret: secret, Events: events })
  if (!reply.includes('Authentication accepted')) throw new Error(reply)
  return client
}
