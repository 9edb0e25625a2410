/** The migration plan's servers per node or voter: one port each, from a base port on, in order of configuration, all in this process. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { requestUrl } from '../env/requestUrl.ts'
import { refuseUpgrade } from '../gateway/upgradeRequest.ts'
import { wantsWebSocket } from './plainRequest.ts'

export interface NodePortsOptions {
  /** Port of the first node. */
  readonly from: number
  readonly host: string
  /** The port that serves everything; a node that would get it has none of its own. */
  readonly mainPort: number
  /** Where the main port has the node's socket, e.g. `/ws/546051`. */
  pathOf(node: string): string
  /** The option that these ports come from, for who is told to choose others. */
  readonly option: string
  /** @param path as the main port would see it, e.g. `/ws/546051?seq=7` */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, path: string): void
  /** Told once of each port that cannot be had: which node, and what to do. */
  warn(fields: { readonly node: string; readonly port: number; readonly code: string }, message: string): void
}

const NOT_HTTP = { error: 'Upgrade Required', message: 'This port is a WebSocket.', code: 'upgrade-required' } as const

export class NodePorts {
  readonly #options: NodePortsOptions
  /** By place in the configuration; null = this port cannot be had. */
  readonly #servers: (Server | null)[] = []
  /** What was told last of each place, so that it is told once. */
  readonly #told = new Map<number, string>()
  #nodes: readonly string[] = []
  #work: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: NodePortsOptions) {
    this.#options = options
  }

  /** The node's own port; null when it has none. */
  portOf(node: string): number | null {
    const place = this.#nodes.indexOf(node)
    return this.#servers[place]?.listening === true ? this.#options.from + place : null
  }

  /**
   * These are the nodes from now on. A port serves whichever node stands at its place; who is connected stays connected. One that
   * could not be had before is tried again. Never rejects: a port that cannot be had is told of, and its node is still
   * served by the main port.
   */
  configure(nodes: readonly string[]): Promise<void> {
    this.#nodes = nodes
    // One after another: two at once would ask for the same ports.
    this.#work = this.#work.then(() => this.#arrange())
    return this.#work
  }

  /** Takes no new viewers; those who are here are the gateway's to send away. */
  close(): void {
    this.#closed = true
    for (const server of this.#servers.splice(0)) close(server)
  }

  async #arrange(): Promise<void> {
    if (this.#closed) return
    const nodes = this.#nodes
    for (const server of this.#servers.splice(nodes.length)) close(server)
    await Promise.all(nodes.map(async (node, place) => {
      if (this.#servers[place]) return
      const server = await this.#open(node, place)
      if (this.#closed) close(server)
      else this.#servers[place] = server
      if (server !== null) this.#told.delete(place)
    }))
  }

  async #open(node: string, place: number): Promise<Server | null> {
    const { from, host, mainPort } = this.#options
    const port = from + place
    if (port === mainPort) return this.#tell(node, place, 'main-port', 'is the port that serves everything (--port)')
    if (port > 65_535) return this.#tell(node, place, 'no-such-port', 'does not exist')
    const server = createServer({ connectionsCheckingInterval: 2_000 }, (_request, response) => {
      response.writeHead(426, { 'content-type': 'application/json', upgrade: 'websocket', connection: 'upgrade' })
      response.end(JSON.stringify({ success: false, ...NOT_HTTP }))
    })
    server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => undefined)
      if (!wantsWebSocket(request)) refuseUpgrade(socket, { status: 426, ...NOT_HTTP })
      else this.#upgrade(place, request, socket, head)
    })
    server.headersTimeout = 6_000
    server.requestTimeout = 15_000
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, resolve)
      })
      return server
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
      return this.#tell(node, place, code, code === 'EADDRINUSE' ? 'is in use' : `cannot be had (${code})`)
    }
  }

  #upgrade(place: number, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const node = this.#nodes[place]
    const { pathname, search } = requestUrl(request.url)
    // The port names the node; a path that names another is somebody's mistake, and 404 says so.
    const target = node === undefined ? null : this.#options.pathOf(encodeURIComponent(node))
    const own = pathname === '/' || (target !== null && pathname.replace(/\/$/, '').endsWith(target))
    const path = target === null || !own ? '/' : `${target}${search}`
    this.#options.upgrade(request, socket, head, path)
  }

  #tell(node: string, place: number, code: string, what: string): null {
    const port = this.#options.from + place
    const told = `${node} ${code}`
    if (this.#told.get(place) === told) return null
    this.#told.set(place, told)
    this.#options.warn(
      { node, port, code },
      `Port ${port} of node ${node} ${what}; the node is served by the main port only. Choose another ${this.#options.option}.`,
    )
    return null
  }
}

function close(server: Server | null): void {
  server?.close()
  server?.closeIdleConnections()
}
