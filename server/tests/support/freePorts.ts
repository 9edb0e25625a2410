import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'

/** A server that takes a port: for what must cope with one that is taken. */
export function listen(port: number, host = '127.0.0.1'): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, host, () => { resolve(server) })
  })
}

/** The first of `count` ports in a row that nobody has just now. */
export async function freePorts(count: number, host = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const first = await listen(0, host)
    const { port } = first.address() as AddressInfo
    const rest = await Promise.allSettled(Array.from({ length: count - 1 }, (_, i) => listen(port + 1 + i, host)))
    const servers = [first, ...rest.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))]
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    if (servers.length === count) return port
  }
  throw new Error('no free ports in a row')
}
