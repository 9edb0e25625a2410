/** A viewer that looks no closer than it has to: many of them share two cores with what they measure. */
import { WebSocket } from 'ws'
import type { Seat } from './crowd.ts'
import { machineMs } from './remote.ts'

/** Somebody was seen to talk, or to have stopped. */
export interface Sight {
  readonly viewer: number
  readonly node: string
  readonly on: boolean
  /** By {@link machineMs}. */
  readonly at: number
}

/** Whether, and why not, the node is reached, as this viewer was told. */
export interface Told {
  /** Where the library's client watches, its socket. */
  readonly viewer: number
  readonly at: number
  readonly reach: string
  /** Of the reason; null = none. */
  readonly code: string | null
  /** Does anybody talk? */
  readonly keyed: boolean
}

/** A viewer who is told nothing for so long has not come, ms. */
const PATIENCE_MS = 10_000

export class Plain {
  messages = 0
  firstMs = 0
  readonly #socket: WebSocket
  #stream: { readonly bytesRead: number } | null = null

  private constructor(socket: WebSocket) {
    this.#socket = socket
  }

  /** @returns null = it was not let in, or told nothing in time */
  static async open({ viewer, node, url }: Seat, sights: Sight[], told: Told[]): Promise<Plain | null> {
    const from = machineMs()
    const socket = new WebSocket(`${url.replace('http', 'ws')}ws/${encodeURIComponent(node)}`, 'supermon.v2', { perMessageDeflate: false })
    const plain = new Plain(socket)
    socket.on('upgrade', (response) => { plain.#stream = response.socket })
    const came = new Promise<boolean>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE_MS, false)
      socket.on('error', () => { resolve(false) })
      socket.on('close', () => { resolve(false) })
      socket.on('message', (data: Buffer) => {
        plain.messages += 1
        const at = machineMs()
        if (data.includes('"reach":')) {
          told.push({ viewer, at, ...readReach(data) })
          clearTimeout(timer)
          resolve(true)
        } else if (data.includes('"keyed":true')) sights.push({ viewer, node, on: true, at })
        else if (data.includes('"keyed":false')) sights.push({ viewer, node, on: false, at })
      })
    })
    if (await came) {
      plain.firstMs = machineMs() - from
      return plain
    }
    socket.terminate()
    return null
  }

  get bytes(): number {
    return this.#stream?.bytesRead ?? 0
  }

  close(): void {
    this.#socket.terminate()
  }
}

interface Frame {
  readonly state?: Part
  readonly patch?: Part
}
interface Part {
  readonly reach?: string
  readonly reachReason?: { readonly code: string } | null
  readonly links?: Readonly<Record<string, { readonly keyed?: boolean | null } | null>>
}

/** Of a snapshot, or of a patch that tells of the reach. */
export function readReach(data: Buffer): Pick<Told, 'reach' | 'code' | 'keyed'> {
  const { state, patch } = JSON.parse(data.toString()) as Frame
  const part = state ?? patch ?? {}
  return { reach: part.reach ?? '', code: part.reachReason?.code ?? null, keyed: Object.values(part.links ?? {}).some((link) => link?.keyed === true) }
}
