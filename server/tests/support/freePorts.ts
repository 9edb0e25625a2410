import { createServer } from 'node:net'
import type { Server } from 'node:net'

/** A server that takes a port: for what must cope with one that is taken. */
export function listen(port: number, host = '127.0.0.1'): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, host, () => { resolve(server) })
  })
}

/** Below those that systems hand out to whoever asks for any: the tests beside this one do all the time, and would get it before it is taken. */
const [LOWEST, HIGHEST] = [20_000, 32_000]

/** The first of `count` ports in a row that nobody has just now. */
export async function freePorts(count: number, host = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST))
    const all = await Promise.allSettled(Array.from({ length: count }, (_, i) => listen(port + i, host)))
    const servers = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    if (servers.length === count) return port
  }
  throw new Error('no free ports in a row')
}
