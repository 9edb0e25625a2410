/** What a socket costs before anybody does anything with it: a bare server of the socket library, in its own process. */
import { spawn } from 'node:child_process'
import { WebSocket } from 'ws'
import { residentKib } from './proc.ts'

const SERVER = `
import { WebSocketServer } from 'ws'
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
server.on('connection', (socket) => { socket.on('message', () => undefined); socket.send('{}') })
server.on('listening', () => console.log(server.address().port))
`

/** KiB of resident memory for each of `count` idle sockets. */
export async function floorMemory(count: number): Promise<number> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<number>((resolve) => child.stdout.once('data', (data: Buffer) => { resolve(Number(data.toString())) }))
  const sockets: WebSocket[] = []
  const open = () =>
    new Promise<void>((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`)
      sockets.push(socket)
      socket.on('message', () => { resolve() })
      socket.on('error', reject)
    })
  try {
    await open()
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const before = residentKib(child.pid as number)
    while (sockets.length < count) {
      await Promise.all(Array.from({ length: Math.min(10, count - sockets.length) }, open))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    return (residentKib(child.pid as number) - before) / (count - 1)
  } finally {
    for (const socket of sockets) socket.terminate()
    child.kill()
  }
}
