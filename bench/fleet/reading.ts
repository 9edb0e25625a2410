/** What was counted and used so far, at one moment. */
import { connectAsync } from 'mqtt'
import { cpuSeconds, residentKib } from '../proc.ts'
import type { Received } from './crowd.ts'
import { machineMs } from './remote.ts'
import type { Between, Crowd, Sites } from './world.ts'

/** Messages and bytes of one way; bytes without the headers of TCP. */
export type Flow = Received

export interface Use {
  readonly cpuSeconds: number
  readonly residentKib: number
}

export interface Reading {
  /** By {@link machineMs}. */
  readonly at: number
  readonly flows: Readonly<Record<Layer, Flow>>
  /** Of each process, by what it does. */
  readonly use: Readonly<Record<string, readonly Use[]>>
}

/** Ways of a key-up, in its order. Without a broker there are the first and the last. */
export const LAYERS = ['fromAsterisk', 'toBroker', 'fromBroker', 'toViewers'] as const
export type Layer = (typeof LAYERS)[number]

const NOTHING: Flow = { messages: 0, bytes: 0 }

export async function read(sites: Sites, between: Between, crowd: Crowd): Promise<Reading> {
  const [fromAsterisk, broker, received] = await Promise.all([
    sites.said(), between.broker === null ? null : readBroker(between.broker.url), crowd.all('received', undefined),
  ])
  return {
    at: machineMs(),
    flows: {
      fromAsterisk, toBroker: broker?.received ?? NOTHING, fromBroker: broker?.sent ?? NOTHING,
      toViewers: received.reduce((sum, { messages, bytes }) => ({ messages: sum.messages + messages, bytes: sum.bytes + bytes }), NOTHING),
    },
    use: Object.fromEntries(Object.entries(between.pids()).map(([name, pids]) => [name, pids.map((pid) => ({ cpuSeconds: cpuSeconds(pid), residentKib: residentKib(pid) }))])),
  }
}

const SYS = {
  'publish/messages/received': ['received', 'messages'], 'bytes/received': ['received', 'bytes'],
  'publish/messages/sent': ['sent', 'messages'], 'bytes/sent': ['sent', 'bytes'],
} as const

/** By the broker's own count. Asking costs it a dozen messages, after what is answered was counted. */
async function readBroker(url: string): Promise<{ readonly received: Flow; readonly sent: Flow }> {
  const counts = { received: { messages: 0, bytes: 0 }, sent: { messages: 0, bytes: 0 } }
  const client = await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0 })
  try {
    const wanted = new Map(Object.entries(SYS).map(([name, place]) => [`$SYS/broker/${name}`, place]))
    await new Promise<void>((resolve, reject) => {
      const missing = new Set(wanted.keys())
      client.on('error', reject)
      client.on('message', (topic, payload) => {
        const place = wanted.get(topic)
        if (place === undefined || !missing.delete(topic)) return
        counts[place[0]][place[1]] = Number(payload.toString())
        if (missing.size === 0) resolve()
      })
      client.subscribe([...wanted.keys()], (error) => { if (error) reject(error) })
    })
  } finally {
    await client.endAsync(true)
  }
  return counts
}
