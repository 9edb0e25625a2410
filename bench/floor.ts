/** What a socket costs before anybody does anything with it: a bare server of the socket library, in its own process. */
import { spawn } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { WebSocket } from 'ws'
import { cpuSeconds, residentKib, warmUpMs } from './proc.ts'

/** It writes a message of `bytes` to everybody every `everyMs`, as one ready frame, and a ping every `pingMs`; 0 = never. */
const SERVER = `
import { WebSocketServer } from 'ws'
const [everyMs, bytes, pingMs] = process.argv.slice(1).map(Number)
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
server.on('connection', (socket) => { socket.on('message', () => undefined); socket.send('{}') })
server.on('listening', () => console.log(server.address().port))
if (everyMs > 0) setInterval(() => {
  const head = bytes < 126 ? [0x81, bytes] : [0x81, 126, bytes >> 8, bytes & 255]
  const frame = Buffer.concat([Buffer.from(head), Buffer.alloc(bytes, 32)])
  for (const socket of server.clients) socket._socket.write(frame)
}, everyMs)
if (pingMs > 0) setInterval(() => { for (const socket of server.clients) socket.ping() }, pingMs)
`

interface Bare {
  readonly pid: number
  /** Opens sockets until there are so many. */
  fill(count: number): Promise<void>
  stop(): void
}

async function startBare(everyMs = 0, bytes = 0, pingMs = 0): Promise<Bare> {
  const args = ['--input-type=module', '-e', SERVER, ...[everyMs, bytes, pingMs].map(String)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<number>((resolve) => child.stdout.once('data', (data: Buffer) => { resolve(Number(data.toString())) }))
  const sockets: WebSocket[] = []
  const open = () =>
    new Promise<void>((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`)
      sockets.push(socket)
      socket.on('message', () => { resolve() })
      socket.on('error', reject)
    })
  return {
    pid: child.pid as number,
    async fill(count) {
      while (sockets.length < count) {
        await Promise.all(Array.from({ length: Math.min(10, count - sockets.length) }, open))
        await pause(20)
      }
    },
    stop() {
      for (const socket of sockets) socket.terminate()
      child.kill()
    },
  }
}

/** KiB of resident memory for each of `count` idle sockets. */
export async function floorMemory(count: number): Promise<number> {
  const bare = await startBare()
  try {
    await bare.fill(1)
    await pause(1_000)
    const before = residentKib(bare.pid)
    await bare.fill(count)
    await pause(3_000)
    return (residentKib(bare.pid) - before) / (count - 1)
  } finally {
    bare.stop()
  }
}

export interface Traffic {
  readonly viewers: number
  /** To each viewer. */
  readonly messagesPerMinute: number
  /** Of one message. */
  readonly bytes: number
  readonly pingsPerMinute: number
}

/** CPU seconds a minute that it takes to write the same messages to the same number of sockets, and nothing else. */
export async function floorCpu({ viewers, messagesPerMinute, bytes, pingsPerMinute }: Traffic, seconds: number): Promise<number> {
  const bare = await startBare(60_000 / messagesPerMinute, bytes, pingsPerMinute > 0 ? 60_000 / pingsPerMinute : 0)
  try {
    await bare.fill(viewers)
    await pause(warmUpMs(seconds))
    const start = { cpu: cpuSeconds(bare.pid), at: performance.now() }
    await pause(seconds * 1_000)
    return ((cpuSeconds(bare.pid) - start.cpu) * 60_000) / (performance.now() - start.at)
  } finally {
    bare.stop()
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
