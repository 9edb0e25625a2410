/** Strangers: the process lives, other viewers see no gap, memory returns, and Asterisk reads nothing of theirs. */
import { connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { seededRandom } from '../../src/fake-asterisk/seededRandom.ts'
import { until } from '../support/running.ts'
import { frame, request } from './generate.ts'
import { stage, strangeLines } from './stage.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** `npm run fuzz` asks for more. */
const COUNT = Number(process.env['FUZZ_COUNT'] ?? 100_000)
const SEED = Number(process.env['FUZZ_SEED'] ?? 1)
const HEAP_GROWTH = 24 * 1024 * 1024

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function onStage(options: Parameters<typeof stage>[0] = {}) {
  const scene = await stage(options)
  ends.push(() => scene.end())
  return scene
}
type Scene = Awaited<ReturnType<typeof stage>>

function heap(): number {
  collect()
  return process.memoryUsage().heapUsed
}

async function expectUnharmed({ verdict, ami, viewer }: Scene): Promise<void> {
  const { keyups, seen, gaps, closed } = await verdict()
  expect(keyups).toBeGreaterThan(0)
  expect({ seen, gaps, closed }).toEqual({ seen: keyups, gaps: 0, closed: null })
  expect(strangeLines(ami.sent())).toEqual([])
  expect(JSON.stringify(viewer.frames)).not.toContain('S3cret-of-AMI')
}

/** Sends `count` frames over sockets of one kind, a new socket whenever the gateway closes one. */
async function fuzzFrames({ app }: Scene, path: string, protocol: string[], count: number, seed: number): Promise<number> {
  const random = seededRandom(seed)
  let sockets = 0
  for (let left = count; left > 0; ) {
    sockets += 1
    const socket = new WebSocket(`ws://127.0.0.1:${app.port}${path}`, protocol)
    socket.on('error', () => undefined)
    const closed = new Promise<void>((resolve) => { socket.on('close', () => { resolve() }) })
    await Promise.race([new Promise((resolve) => socket.on('open', resolve)), closed])
    while (left > 0 && socket.readyState === socket.OPEN) {
      for (let i = 0; i < 200 && left > 0; i++, left--) socket.send(frame(random))
      // The pong comes when everything before it was worked through.
      await Promise.race([new Promise((resolve) => { socket.once('pong', resolve); socket.ping() }), closed])
    }
    socket.terminate()
    await closed
  }
  return sockets
}

const LAST = Buffer.from('GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')

/** Sends `count` requests over a few connections; returns the statuses by number. Each request is answered or its connection closed. */
async function fuzzRequests({ app }: Scene, count: number, seed: number): Promise<Map<number, number>> {
  const random = seededRandom(seed)
  const statuses = new Map<number, number>()
  const burst = (requests: readonly Buffer[]) =>
    new Promise<void>((resolve) => {
      let text = ''
      const socket = connect(app.port, '127.0.0.1', () => { socket.write(Buffer.concat([...requests, LAST])) })
      socket.on('data', (data) => { text += data.toString('latin1') })
      socket.on('error', () => undefined)
      socket.on('close', () => {
        for (const [, status] of text.matchAll(/HTTP\/1\.1 (\d{3}) [A-Z]/g)) {
          statuses.set(Number(status), (statuses.get(Number(status)) ?? 0) + 1)
        }
        expect(text).not.toContain('S3cret-of-AMI')
        resolve()
      })
    })
  // One that is no HTTP ends its connection, and those behind it are not read: short bursts.
  for (let left = count; left > 0; left -= 160) {
    await Promise.all(Array.from({ length: 20 }, () => burst(Array.from({ length: 8 }, () => request(random)))))
  }
  return statuses
}

describe('strangers', () => {
  it(`send ${COUNT} frames and requests, and nobody notices`, { timeout: COUNT * 2 }, async () => {
    const scene = await onStage()
    await fuzzRequests(scene, 400, SEED)
    const before = heap()
    const frames = Math.floor(COUNT * 0.7)
    await fuzzFrames(scene, '/ws', ['supermon.v2'], Math.floor(frames / 2), SEED + 1)
    await fuzzFrames(scene, '/ws/546055', ['supermon.v2'], Math.floor(frames / 4), SEED + 2)
    await fuzzFrames(scene, '/ws/546055', [], Math.ceil(frames / 4), SEED + 3)
    const statuses = await fuzzRequests(scene, COUNT - frames, SEED + 4)
    // Those behind a request that is no HTTP have no answer; most have one, or nothing was tested.
    expect([...statuses.values()].reduce((sum, times) => sum + times, 0)).toBeGreaterThan((COUNT - frames) * 0.6)
    expect([...statuses.keys()].filter((status) => status >= 500 && status !== 503)).toEqual([])
    await expectUnharmed(scene)
    scene.viewer.frames.length = 0
    await until(() => heap() - before < HEAP_GROWTH, () => `heap grew by ${heap() - before} bytes`)
  })

  it('connect five hundred at once and leave', async () => {
    const scene = await onStage()
    const before = heap()
    const sockets = Array.from({ length: 500 }, () => {
      const socket = new WebSocket(`ws://127.0.0.1:${scene.app.port}/ws/546055`, 'supermon.v2')
      socket.on('error', () => undefined)
      return socket
    })
    await until(() => sockets.every(({ readyState }) => readyState !== WebSocket.CONNECTING), 'each was answered')
    for (const socket of sockets) socket.terminate()
    await expectUnharmed(scene)
    await until(() => heap() - before < HEAP_GROWTH, 'the memory came back')
  })

  it('trickle their handshakes', { timeout: 40_000 }, async () => {
    const scene = await onStage()
    const slow = Array.from({ length: 100 }, () => {
      const socket = connect(scene.app.port, '127.0.0.1', () => { socket.write('GET /ws/546051 HTTP/1.1\r\nHost: a\r\n') })
      socket.on('error', () => undefined)
      // Without somebody who reads, the end of the connection goes unnoticed.
      socket.resume()
      return socket
    })
    const drip = setInterval(() => { for (const socket of slow) socket.write('X-Drip: 1\r\n') }, 500)
    await until(() => slow.every(({ destroyed }) => destroyed), 'each was sent away', 20_000)
    clearInterval(drip)
    await expectUnharmed(scene)
  })

  it('send messages that are too long, in pieces without end, or no WebSocket frames at all', async () => {
    const scene = await onStage()
    const handshake =
      'GET /ws/546055 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: supermon.v2\r\n\r\n'
    const masked = (first: number, length: number) => Buffer.concat([Buffer.from([first, 0x80 | 125, 1, 2, 3, 4]), Buffer.alloc(length, 0x41)])
    const attacks: Record<string, Buffer> = {
      'announces 16 MB': Buffer.concat([Buffer.from([0x81, 0xff, 0, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3, 4]), Buffer.alloc(64)]),
      'is fragmented without end': Buffer.concat([masked(0x01, 125), ...Array.from({ length: 4_000 }, () => masked(0x00, 125))]),
      'is not masked': Buffer.from([0x81, 0x02, 0x7b, 0x7d]),
      'has an unknown opcode': Buffer.from([0x8b, 0x80, 1, 2, 3, 4]),
      'has reserved bits': Buffer.from([0xf1, 0x80, 1, 2, 3, 4]),
      'is not UTF-8': Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]),
      'is HTTP': Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
    }
    const ended = await Promise.all(
      Object.entries(attacks).map(
        ([name, bytes]) =>
          new Promise<string>((resolve) => {
            const socket = connect(scene.app.port, '127.0.0.1', () => { socket.write(handshake); socket.write(bytes) })
            socket.on('error', () => undefined)
            socket.resume()
            socket.on('close', () => { resolve(name) })
          }),
      ),
    )
    expect(ended).toEqual(Object.keys(attacks))
    await expectUnharmed(scene)
  })
})
