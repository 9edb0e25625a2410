/** What strangers do, one function each. Each ends when the gateway has worked through it. */
import { connect } from 'node:net'
import { expect } from 'vitest'
import { WebSocket } from 'ws'
import { seededRandom } from '../../src/fake-asterisk/seededRandom.ts'
import { handshake, sendRaw } from '../support/rawHttp.ts'
import { until } from '../support/running.ts'
import { frame, request } from './generate.ts'
import type { Session } from './generate.ts'
import { SECRET } from './stage.ts'
import type { Scene } from './stage.ts'

export function open({ app }: Pick<Scene, 'app'>, path: string, protocols: string[] = ['supermon.v2'], headers: Record<string, string> = {}): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${app.port}${path}`, protocols, { headers })
  socket.on('error', () => undefined)
  return socket
}

/** A message as a client sends it, with a mask that changes nothing. */
export function masked(opcode: number, payload: Buffer): Buffer {
  const { length } = payload
  const size = length < 126 ? [0x80 | length] : length < 65_536 ? [0x80 | 126, length >> 8, length & 255] : []
  if (size.length === 0) throw new Error('longer than any message of the generator')
  return Buffer.concat([Buffer.from([0x80 | opcode, ...size, 0, 0, 0, 0]), payload])
}

/**
 * Sends `count` frames over sockets of one kind, a new socket whenever the gateway closes one. As bytes and many at once: what is
 * measured and tried is the gateway, not a client.
 */
export async function fuzzFrames({ app }: Scene, path: string, headers: string[], count: number, seed: number): Promise<void> {
  const random = seededRandom(seed)
  for (let left = count, socket = 0; left > 0; socket += 1) {
    const raw = sendRaw(app.port, handshake(path, headers))
    let seen = 0
    let marker = Buffer.alloc(0)
    let reached: () => void = () => undefined
    let tail = Buffer.alloc(0)
    raw.socket.on('data', (data: Buffer) => {
      const text = Buffer.concat([tail, data])
      if (seen === 0 || (marker.length > 0 && text.includes(marker))) reached()
      seen += 1
      tail = text.subarray(-64)
    })
    const closed = new Promise<void>((resolve) => { raw.socket.on('close', () => { resolve() }) })
    await Promise.race([new Promise<void>((resolve) => { reached = resolve }), closed])
    while (left > 0 && !raw.gone() && !raw.ended()) {
      const many = Array.from({ length: Math.min(200, left) }, () => frame(random))
      left -= many.length
      // Its pong comes when everything before it was worked through.
      marker = Buffer.from(`reached ${seed} ${socket} ${left}`)
      const pong = new Promise<void>((resolve) => { reached = resolve })
      raw.socket.write(Buffer.concat([...many.map((each) => (typeof each === 'string' ? masked(1, Buffer.from(each)) : masked(2, each))), masked(9, marker)]))
      await Promise.race([pong, closed])
    }
    raw.socket.destroy()
    await closed
  }
}

const LAST = Buffer.from('GET /healthz/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')

/** Sends `count` requests over a few connections; returns the statuses by number. Each request is answered or its connection closed. */
export async function fuzzRequests({ app }: Scene, sessions: readonly Session[], count: number, seed: number): Promise<Map<number, number>> {
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
        expect(text).not.toContain(SECRET)
        resolve()
      })
    })
  let left = count
  // One that is no HTTP ends its connection, and those behind it are not read: short bursts. A command takes its time, and holds up only its own.
  const worker = async () => {
    for (; left > 0; left -= 8) await burst(Array.from({ length: 8 }, () => request(random, sessions)))
  }
  await Promise.all(Array.from({ length: 24 }, worker))
  return statuses
}

/** Handshakes that never become whole. */
export async function trickle({ app }: Scene): Promise<void> {
  const slow = Array.from({ length: 100 }, () => {
    const socket = connect(app.port, '127.0.0.1', () => { socket.write('GET /ws/546051 HTTP/1.1\r\nHost: a\r\n') })
    socket.on('error', () => undefined)
    // Without somebody who reads, the end of the connection goes unnoticed.
    socket.resume()
    return socket
  })
  const drip = setInterval(() => { for (const socket of slow) socket.write('X-Drip: 1\r\n') }, 500)
  try {
    await until(() => slow.every(({ destroyed }) => destroyed), 'each slow one was sent away', 30_000)
  } finally {
    clearInterval(drip)
  }
}

/** Refused in every way there is, and keeping their own side open: nothing of them is kept. */
export async function stayHalfOpen({ app }: Scene): Promise<void> {
  const refused = ['/nowhere', '/ws/999999', '/ws/546051?ticket=spent', '/ws/%00'].map((path) => handshake(path))
  const texts = [...refused, handshake('/ws/546051', ['Origin: https://evil.example']), handshake('/ws/546051').replace('Version: 13', 'Version: 1')]
  const raws = Array.from({ length: 60 }, (_, i) => sendRaw(app.port, texts[i % texts.length] ?? ''))
  try {
    await until(() => {
      // To a connection that is open on the other side one could write for ever.
      for (const { socket } of raws) if (!socket.destroyed) socket.write(Buffer.from([0x8a, 0x80, 1, 2, 3, 4]))
      return raws.every(({ gone }) => gone())
    }, () => `${raws.filter(({ gone }) => !gone()).length} half-open ones are held`, 30_000)
  } finally {
    for (const { socket } of raws) socket.destroy()
  }
}
