/**
 * A load balancer without a process of its own: each new socket goes to the next front in turn. As one that passes over a front which
 * refuses, and knows nothing of viewers: nobody is sent back to where he was.
 */
import { WebSocket } from 'ws'
import type { WebSocketClass } from '../../frontend/src/env/env.ts'
import { readReach } from './plain.ts'
import type { Told } from './plain.ts'
import { machineMs } from './remote.ts'

/** One client's first news over a new socket. */
export interface Landing {
  /** By {@link machineMs}. */
  readonly at: number
  /** Where the balancer sent him. */
  readonly front: string
  readonly kind: 'current' | 'snapshot'
  /** He was sent whole what he held already, by its place in the order. */
  readonly needless: boolean
  /** He held a place of another epoch than the one he was sent. */
  readonly otherEpoch: boolean
  /** Did he hold anything? */
  readonly resumes: boolean
  /** Read over that socket so far, its handshake included. */
  readonly bytes: number
}

interface Place {
  readonly type: string
  readonly epoch?: string
  readonly seq?: number
}

export function balanced(fronts: () => readonly string[], onLanding: (landing: Landing) => void, told: Told[]): WebSocketClass {
  let next = 0
  let sockets = 0
  return class extends WebSocket {
    constructor(address: string, protocols?: string | string[]) {
      const { pathname, search, searchParams } = new URL(address)
      const all = fronts()
      const front = all[(next += 1) % Math.max(1, all.length)] ?? 'http://127.0.0.1:9/'
      super(`${front.replace('http', 'ws')}${pathname.slice(1)}${search}`, protocols, { perMessageDeflate: false })
      const held = { epoch: searchParams.get('epoch'), seq: Number(searchParams.get('seq')) }
      let stream: { readonly bytesRead: number } | null = null
      this.on('upgrade', (response) => { stream = response.socket })
      sockets += 1
      const viewer = process.pid * 1_000_000 + sockets
      let landed = false
      this.on('message', (data: Buffer) => {
        if (data.includes('"reach":')) told.push({ viewer, at: machineMs(), ...readReach(data) })
        if (landed) return
        const { type, epoch, seq } = JSON.parse(data.toString()) as Place
        if (type !== 'current' && type !== 'snapshot') return
        landed = true
        const resumes = held.epoch !== null
        onLanding({
          at: machineMs(), front, kind: type, resumes, bytes: stream?.bytesRead ?? 0,
          needless: type === 'snapshot' && epoch === held.epoch && seq === held.seq,
          otherEpoch: resumes && epoch !== held.epoch,
        })
      })
    }
  }
}
