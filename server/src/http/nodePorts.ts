/** The migration plan's servers per node or voter: one port each, from a base port on, in order of configuration, all in this process. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { requestUrl } from '../env/requestUrl.ts'

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

export class NodePorts {
  readonly #options: NodePortsOptions
  /** By place in the configuration; null = this port cannot be had. */
  readonly #servers: (Server | null)[] = []
  #nodes: readonly string[] = []

  constructor(options: NodePortsOptions) {
    this.#options = options
  }

  /** The node's own port; null when it has none. */
  portOf(node: string): number | null {
    const place = this.#nodes.indexOf(node)
    return this.#servers[place]?.listening === true ? this.#options.from + place : null
  }

  /**
   * These are the nodes from now on. A port serves whichever node stands at its place; who is connected stays connected.
   * Never rejects: a port that cannot be had is told of, and its node is still served by the main port.
   */
  async configure(nodes: readonly string[]): Promise<void> {
    this.#nodes = nodes
    for (const server of this.#servers.splice(nodes.length)) close(server)
    const opened = nodes.slice(this.#servers.length).map((node, i) => this.#open(node, this.#servers.length + i))
    this.#servers.push(...(await Promise.all(opened)))
  }

  /** Takes no new viewers; those who are here are the gateway's to send away. */
  close(): void {
    for (const server of this.#servers.splice(0)) close(server)
  }

  async #open(node: string, place: number): Promise<Server | null> {
    const { from, host, mainPort } = this.#options
    const port = from + place
    if (port === mainPort) return this.#tell(node, port, 'main-port', 'is the port that serves everything (--port)')
    if (port > 65_535) return this.#tell(node, port, 'no-such-port', 'does not exist')
    const server = createServer({ connectionsCheckingInterval: 2_000 }, (_request, response) => {
      response.writeHead(426, { 'content-type': 'application/json', upgrade: 'websocket', connection: 'upgrade' })
      response.end(JSON.stringify({ success: false, error: 'Upgrade required', message: 'This port is a WebSocket.', code: 'upgrade-required' }))
    })
    server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => undefined)
      this.#upgrade(place, request, socket, head)
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
      return this.#tell(node, port, code, code === 'EADDRINUSE' ? 'is in use' : `cannot be had (${code})`)
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

  #tell(node: string, port: number, code: string, what: string): null {
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
