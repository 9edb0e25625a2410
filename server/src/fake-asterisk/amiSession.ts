import type { Socket } from 'node:net'
import type { Random } from '../env/clock.ts'
import type { Account } from './accounts.ts'
import { RequestReader } from './amiRequest.ts'
import type { AmiRequest } from './amiRequest.ts'
import { ByteQueue } from './byteQueue.ts'
import { classBit } from './eventMask.ts'
import type { EventFilter } from './eventFilter.ts'
import type { FaultBook } from './faultBook.ts'
import type { FaultKind, Knobs } from './knobs.ts'
import { failure } from './reply.ts'
import type { Reply } from './reply.ts'
import type { TimerSet } from './timers.ts'

export interface SessionSurroundings {
  readonly timers: TimerSet
  readonly random: Random
  readonly knobs: () => Knobs
  readonly faults: FaultBook
  readonly muted: () => boolean
  readonly answer: (request: AmiRequest, session: AmiSession) => Reply
  readonly closed: (session: AmiSession) => void
}

/** One manager connection (manager.c `session_do`): actions strictly in order, events between them and never inside. */
export class AmiSession {
  /** Who logged in; null before. */
  account: Account | null = null
  /** The classes of events that the client wants. */
  mask = 0
  challenge = ''
  readonly filters: EventFilter[] = []
  readonly #socket: Socket
  readonly #env: SessionSurroundings
  readonly #reader = new RequestReader()
  readonly #out: ByteQueue
  readonly #requests: AmiRequest[] = []
  readonly #events: string[] = []
  #busy = false
  #greeted = false
  #cancelLogin: () => void
  #stalled = false
  /** Timers of this connection end with it. */
  readonly #cancels = new Set<() => void>()

  constructor(socket: Socket, env: SessionSurroundings) {
    this.#socket = socket
    this.#env = env
    this.#out = new ByteQueue(socket, env.random)
    this.#cancelLogin = env.timers.after(env.knobs().authTimeoutMs, () => {
      if (this.account === null) this.#out.end()
    })
    socket.setNoDelay(true)
    socket.on('data', (bytes) => {
      const requests = this.#reader.push(bytes)
      if (env.muted()) return
      this.#requests.push(...requests)
      this.#pump()
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.#cancelLogin()
      for (const cancel of this.#cancels) cancel()
      this.#requests.length = 0
      this.#out.drop()
      env.closed(this)
    })
  }

  /** The banner: one line and no empty one. Comes late when the server was mute at first. */
  greet(): void {
    if (this.#greeted) return
    this.#greeted = true
    this.#write([`${this.#env.knobs().banner}\r\n`])
  }

  get authenticated(): boolean {
    return this.account !== null
  }

  login(account: Account, mask: number): void {
    this.account = account
    this.filters.push(...account.filters)
    this.mask = mask
    this.#cancelLogin()
  }

  wants(eventClass: string): boolean {
    return this.account !== null && (this.account.read & this.mask & classBit(eventClass)) !== 0
  }

  /** Offers an event. Written at once, in one write, or after the reply that is under way. */
  offer(eventClass: string, text: string): void {
    if (!this.wants(eventClass) || this.#env.muted()) return
    if (this.filters.length > 0 && !this.#passes(text)) return
    if (this.#busy) this.#events.push(text)
    else this.#write([text])
  }

  /** Settles when everything offered so far has left this process. */
  flushed(): Promise<void> {
    return this.#out.flushed()
  }

  end(): void {
    this.#out.end()
  }

  /** As when the server is killed. */
  kill(): void {
    this.#socket.destroy()
  }

  #passes(text: string): boolean {
    const including = this.filters.filter((f) => !f.excludes)
    if (this.filters.some((f) => f.excludes && f.pattern.test(text))) return false
    return including.length === 0 || including.some((f) => f.pattern.test(text))
  }

  #pump(): void {
    while (!this.#busy) {
      const request = this.#requests.shift()
      if (request === undefined) return
      this.#serve(request)
    }
  }

  #serve(request: AmiRequest): void {
    const fault = this.#env.faults.take(request)
    const reply = this.#reply(request, fault)
    const late = fault?.kind === 'delay' ? fault.ms : 0
    const wait = this.#env.knobs().replyDelayMs + late + (reply.delayMs ?? 0)
    this.#busy = true
    if (fault?.kind === 'never') return
    if (wait === 0) this.#finish(reply, fault)
    else {
      const cancel = this.#env.timers.after(wait, () => {
        this.#cancels.delete(cancel)
        this.#finish(reply, fault)
        this.#pump()
      })
      this.#cancels.add(cancel)
    }
  }

  #reply(request: AmiRequest, fault: FaultKind | null): Reply {
    if (fault?.kind === 'wrong-id') {
      const get = (name: string) => (name.toLowerCase() === 'actionid' ? `${request.get(name)}0` : request.get(name))
      return this.#env.answer({ ...request, get }, this)
    }
    if (fault?.kind !== 'refuse') return this.#env.answer(request, this)
    const refusal = failure(request, fault.message)
    if (request.get('Action').toLowerCase() !== 'login') return refusal
    return { ...refusal, delayMs: this.#env.knobs().badLoginDelayMs, close: true }
  }

  #finish(reply: Reply, fault: FaultKind | null): void {
    this.#busy = fault?.kind === 'stall'
    if (this.#env.muted() || this.#socket.destroyed) return
    if (fault?.kind === 'cut' || fault?.kind === 'stall') {
      const bytes = Buffer.from(reply.pieces.join(''), 'latin1')
      this.#out.write(bytes.subarray(0, fault.bytes ?? Math.floor(bytes.length / 2)), false)
      if (fault.kind === 'cut') this.#out.end()
      return
    }
    this.#write(reply.pieces)
    if (reply.close === true) {
      this.#out.end()
      return
    }
    reply.then?.()
    this.#write(this.#events.splice(0))
  }

  #write(pieces: readonly string[]): void {
    const { splitWrites, writeTimeoutMs } = this.#env.knobs()
    for (const piece of pieces) this.#out.write(Buffer.from(piece, 'latin1'), splitWrites)
    if (writeTimeoutMs === 0 || this.#socket.writableLength === 0 || this.#stalled) return
    // The kernel takes no more: the client does not read (manager.c `send_string`).
    this.#stalled = true
    const before = this.#socket.bytesWritten
    const cancel = this.#env.timers.after(writeTimeoutMs, () => {
      this.#cancels.delete(cancel)
      this.#stalled = false
      if (this.#socket.writableLength > 0 && this.#socket.bytesWritten === before) this.kill()
    })
    this.#cancels.add(cancel)
  }
}
