/** A TCP proxy that fails on demand: what stands between the gateway and an Asterisk, for tests. Listens on loopback. */
import { createConnection, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

interface Pair {
  readonly client: Socket
  readonly server: Socket
}

let proxies = 0

/**
 * An address of loopback that nobody else in this run listens on. A proxy that refuses has given its port back, and on
 * 127.0.0.1 the next server of any test that asks for a free port may be given it. Where loopback is one address alone
 * (not on Linux), that one.
 */
export function ownAddress(): string {
  proxies += 1
  const { pid, platform } = process
  return platform === 'linux' ? `127.${64 + ((pid >> 8) & 63)}.${pid & 255}.${1 + (proxies % 254)}` : '127.0.0.1'
}

/** Where nothing listens, and nothing will: an address that this run gives to nobody else. */
export async function refusedPort(): Promise<{ readonly host: string; readonly port: number }> {
  const proxy = new TcpProxy(0, ownAddress())
  await proxy.listen()
  await proxy.refuse()
  return { host: proxy.host, port: proxy.port }
}

export class TcpProxy {
  readonly host: string
  /** Where connections go; may change, new ones follow. */
  target: number
  readonly #targetHost: string
  /** Every byte comes this late, in both directions, ms. */
  delayMs = 0
  /** Connections that were ever accepted. */
  accepted = 0
  /** All that clients said, over all connections, as far as it is remembered. */
  said = ''
  /** False for long runs: what clients say is let go. */
  remembers = true
  /** False where handles are counted: `cut` closes, as Node 20 now and then keeps a descriptor that it reset. */
  resets = true
  /** Bytes that went through, both ways. */
  passed = 0
  readonly #pairs = new Set<Pair>()
  #port = 0
  #muted = false
  #listener: Server | null = null

  /**
   * @param host where it listens; one that will `refuse` needs {@link ownAddress}
   * @param targetHost where `target` is a port of
   */
  constructor(target: number, host = '127.0.0.1', targetHost = '127.0.0.1') {
    this.target = target
    this.host = host
    this.#targetHost = targetHost
  }

  get port(): number {
    return this.#port
  }

  /** Opens the port: any free one at first, the same one ever after. */
  async listen(): Promise<void> {
    if (this.#listener !== null) return
    const listener = createServer((client) => { this.#accept(client) })
    this.#listener = listener
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject)
      listener.listen(this.#port, this.host, resolve)
    })
    this.#port = (listener.address() as AddressInfo).port
  }

  /** Ends every connection and refuses new ones, until `listen`. */
  async refuse(): Promise<void> {
    const listener = this.#listener
    this.#listener = null
    const closed = new Promise<unknown>((resolve) => {
      if (listener === null) resolve(null)
      else listener.close(resolve)
    })
    this.cut()
    await closed
  }

  /** Ends every connection at once, with a reset unless told otherwise, as a crashed process or a restarted router does. */
  cut(): void {
    for (const pair of this.#pairs) {
      const { client, server } = pair
      this.#pairs.delete(pair)
      if (this.resets) client.resetAndDestroy()
      else client.destroy()
      server.destroy()
    }
  }

  /** While on, no byte passes in either direction; then all come, as TCP makes up for a path that was dead. */
  mute(on: boolean): void {
    this.#muted = on
    for (const { client, server } of this.#pairs) {
      for (const socket of [client, server]) {
        if (on) socket.pause()
        else socket.resume()
      }
    }
  }

  /** Says `bytes` to every client, as if the server had. */
  inject(bytes: string | Uint8Array): void {
    for (const { client } of this.#pairs) client.write(bytes)
  }

  close(): Promise<void> {
    return this.refuse()
  }

  #accept(client: Socket): void {
    this.accepted += 1
    const server = createConnection({ host: this.#targetHost, port: this.target, noDelay: true })
    const pair = { client, server }
    this.#pairs.add(pair)
    client.setNoDelay(true)
    client.on('data', (bytes) => { if (this.remembers) this.said += bytes.toString('latin1') })
    this.#forward(client, server)
    this.#forward(server, client)
    if (this.#muted) this.mute(true)
    const end = () => {
      if (!this.#pairs.delete(pair)) return
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) socket.on('error', end).on('close', end)
  }

  /** Bytes keep their order, also when the delay becomes less. */
  #forward(from: Socket, to: Socket): void {
    const late: { readonly at: number; readonly bytes: Buffer }[] = []
    const pass = () => {
      while (late[0] !== undefined && late[0].at <= performance.now()) to.write(late.shift()?.bytes ?? '')
      if (late[0] !== undefined) setTimeout(pass, Math.ceil(late[0].at - performance.now()))
    }
    from.on('data', (bytes) => {
      this.passed += bytes.length
      if (this.delayMs === 0 && late.length === 0) to.write(bytes)
      else if (late.push({ at: Math.max(performance.now() + this.delayMs, late.at(-1)?.at ?? 0), bytes }) === 1) setTimeout(pass, this.delayMs)
    })
  }
}
