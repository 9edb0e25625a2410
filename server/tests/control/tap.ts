/** A TCP proxy in front of an Asterisk that writes down the commands that pass, and when. Listens on loopback. */
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface Tap {
  readonly port: number
  /** CLI lines, with the time at which they went by, ms. */
  readonly commands: { readonly line: string; readonly at: number }[]
  /** All that was said to Asterisk. */
  said(): string
  /** Ends every connection at once. */
  cut(): void
  close(): void
}

/** @param now tells the time, ms */
export async function tap(target: number, now: () => number): Promise<Tap> {
  const sockets = new Set<Socket>()
  const commands: Tap['commands'] = []
  let said = ''
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
      socket.on('close', () => { near.destroy(); far.destroy(); sockets.delete(socket) })
    }
    near.on('data', (data: Buffer) => {
      const text = data.toString('latin1')
      said += text
      for (const [, line = ''] of text.matchAll(/^Command: (.*)\r$/gim)) {
        if (line.startsWith('rpt ')) commands.push({ line, at: now() })
      }
      far.write(data)
    })
    far.on('data', (data: Buffer) => { near.write(data) })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const cut = () => { for (const socket of sockets) socket.destroy() }
  return {
    port: (server.address() as AddressInfo).port,
    commands,
    said: () => said,
    cut,
    close() {
      server.close()
      cut()
    },
  }
}
