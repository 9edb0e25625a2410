import { createHash, randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Clock, Timer } from '../env/clock.ts'
import { AmiClosedError } from './closeReason.ts'
import type { AmiCloseReason } from './closeReason.ts'
import { tcpConnect } from './connect.ts'
import type { Connect } from './connect.ts'
import { encodeAction } from './encode.ts'
import type { AmiFields } from './encode.ts'
import { AmiFramer } from './framer.ts'
import type { AmiFrame } from './framer.ts'
import { callSafely } from './listeners.ts'
import { parseMessage } from './message.ts'
import type { AmiMessage } from './message.ts'
import { readChallengeReply, readLoginReply } from './replies.ts'
import { RequestQueue } from './requestQueue.ts'
import type { QueuedRequest, Turn } from './requestQueue.ts'
import { SessionReasons } from './sessionReasons.ts'
import type { AmiSessionState } from './sessionReasons.ts'

export interface AmiSessionOptions {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly secret: string
  readonly clock: Clock
  /** Default: TCP by node:net. */
  readonly connect?: Connect
  /** Event classes of the Login. Default `call`, the class of app_rpt's events; `1` would mean `system` only. */
  readonly events?: string
  /**
   * From the first try to connect to the end of the login, ms, whatever takes the time: a path that swallows
   * everything, a port that says nothing, an Asterisk that hangs. Asterisk takes 1 s to refuse a login. Default 4500.
   */
  readonly loginDeadlineMs?: number
  /** For each request from the moment it is on the wire, ms. Missing it ends the session. Default 5000. */
  readonly requestDeadlineMs?: number
  /** Every event of the session, in order. An error thrown here is rethrown outside of the session, which goes on. */
  readonly onEvent?: (message: AmiMessage) => void
  /** Once, when the session is over; never before `open()` was called. */
  readonly onClose?: (reason: AmiCloseReason) => void
}

const LOGIN_DEADLINE_MS = 4500

/**
 * One TCP session with one Asterisk: connect, greeting, login, requests and events, end. It does not come back: make a
 * new one. The socket is always read (Asterisk cuts off a client that isn't, manager.c writetimeout).
 */
export class AmiSession {
  readonly #options: AmiSessionOptions
  readonly #framer = new AmiFramer({ awaits: (actionId) => this.#queue.awaits(actionId) })
  readonly #reasons: SessionReasons
  readonly #queue: RequestQueue
  #socket: Socket | null = null
  /** Until the login. */
  #timer: Timer = undefined
  #state: AmiSessionState = 'idle'
  #closeReason: AmiCloseReason | null = null
  #lastReceivedAt: number
  /** Before the number of each question, as numbers can be guessed. */
  readonly #mark = randomBytes(8).toString('hex')
  #lastId = 0
  #opened: { resolve: () => void; reject: (error: Error) => void } | null = null

  constructor(options: AmiSessionOptions) {
    this.#options = options
    this.#reasons = new SessionReasons(options.host, options.port, options.user, options.secret)
    this.#lastReceivedAt = options.clock.now()
    this.#queue = new RequestQueue({
      clock: options.clock,
      write: (bytes) => this.#socket?.write(bytes),
      onDeadline: (action, ms) => {
        this.#end(this.#reasons.answerDeadline(action, ms))
      },
      behind: () => this.#question('Ping', {}, this.#requestDeadlineMs),
    })
  }

  get state(): AmiSessionState {
    return this.#state
  }

  /** Set once the session is over. */
  get closeReason(): AmiCloseReason | null {
    return this.#closeReason
  }

  /** When bytes last came, by the clock; before any, when the session was made. */
  get lastReceivedAt(): number {
    return this.#lastReceivedAt
  }

  /** Requests that wait for their answer. */
  get pending(): number {
    return this.#queue.size
  }

  /**
   * Connects and logs in: by MD5 challenge, or with the plain secret where the server refuses to give a challenge.
   * Call it once.
   * @throws AmiClosedError (as rejection) when it does not come to a login
   */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#opened = { resolve, reject }
      if (this.#state === 'idle') this.#connect()
      else this.#settleOpen()
    })
  }

  /**
   * Sends an action and gives its reply, a `Response: Error` included. Not for RptLocalNodes and Events: the reply of the one, and in some versions of the other, names no question.
   * @throws AmiEncodeError (as rejection) when the request can't be sent, which leaves the session as it was
   * @throws AmiWithdrawnError (as rejection) when `turn.go` said no
   * @throws AmiClosedError (as rejection) when the session is not up, or ends before the reply is here
   */
  async request(action: string, fields: AmiFields = {}, turn: Turn = {}): Promise<AmiMessage> {
    if (this.#state !== 'live') throw new AmiClosedError(this.#closeReason ?? this.#reasons.notOpen())
    return this.#ask(action, fields, this.#requestDeadlineMs, turn)
  }

  /**
   * Asks for a sign of life; any answer is one.
   * @returns the round trip in ms
   * @throws AmiClosedError (as rejection)
   */
  async ping(): Promise<number> {
    const from = this.#options.clock.now()
    await this.request('Ping')
    return this.#options.clock.now() - from
  }

  get #requestDeadlineMs(): number {
    return this.#options.requestDeadlineMs ?? 5000
  }

  /** Ends the session, with a Logoff when it is up. Repeats do nothing. */
  close(): void {
    this.#end(this.#reasons.closedByUs(), this.#state === 'live')
  }

  #connect(): void {
    const { host, port, clock, loginDeadlineMs = LOGIN_DEADLINE_MS } = this.#options
    this.#state = 'connecting'
    this.#timer = clock.setTimeout(() => {
      this.#end(this.#reasons.loginDeadline(this.#state, loginDeadlineMs))
    }, loginDeadlineMs)
    try {
      const socket = (this.#options.connect ?? tcpConnect)({ host, port })
      this.#socket = socket
      socket.on('connect', this.#onConnect)
      socket.on('data', this.#onData)
      socket.on('error', this.#onError)
      socket.on('end', this.#onGone)
      socket.on('close', this.#onGone)
    } catch (error) {
      this.#onError(error as NodeJS.ErrnoException)
    }
  }

  readonly #onConnect = (): void => {
    this.#state = 'greeting'
  }

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    this.#end(this.#reasons.socketError(this.#state, error.code ?? 'unknown error', this.#queue.asking))
  }

  readonly #onGone = (): void => {
    this.#end(this.#reasons.closedByPeer(this.#state, this.#queue.asking))
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#lastReceivedAt = this.#options.clock.now()
    for (const frame of this.#framer.push(chunk)) {
      this.#onFrame(frame)
      if (this.#state === 'closed') return
    }
  }

  #onFrame(frame: AmiFrame): void {
    switch (frame.kind) {
      case 'banner':
        this.#state = 'login'
        void this.#login()
        return
      case 'error':
        this.#end(this.#reasons.frame(frame.code, frame.message))
        return
      case 'block':
        this.#onMessage(parseMessage(frame))
    }
  }

  #onMessage(message: AmiMessage): void {
    for (const event of this.#queue.answer(message)) {
      // A listener may have ended the session.
      if (this.#state === 'closed') return
      // The listener's fault must not cost the frames behind this one.
      callSafely(() => this.#options.onEvent?.(event))
    }
  }

  async #login(): Promise<void> {
    const { user, secret, events = 'call', loginDeadlineMs = LOGIN_DEADLINE_MS } = this.#options
    try {
      const challenge = readChallengeReply(await this.#ask('Challenge', { AuthType: 'MD5' }, loginDeadlineMs))
      // Asterisk main/manager.c authenticate: lower-case hex md5 of the challenge directly followed by the secret.
      const proof: AmiFields = challenge.ok
        ? {
            AuthType: 'MD5',
            Username: user,
            Key: createHash('md5')
              .update(challenge.value + secret)
              .digest('hex'),
          }
        : { Username: user, Secret: secret }
      const reply = readLoginReply(await this.#ask('Login', { ...proof, Events: events }, loginDeadlineMs))
      if (reply.ok) {
        this.#options.clock.clearTimeout(this.#timer)
        this.#state = 'live'
        this.#settleOpen()
      } else {
        this.#end(this.#reasons.loginRefused(reply.message))
      }
    } catch (error) {
      // Either the session is over already and this changes nothing, or user or secret can't be sent at all.
      this.#end(this.#reasons.loginRefused(error instanceof Error ? error.message : 'the request could not be made'))
    }
  }

  #ask(action: string, fields: AmiFields, deadlineMs: number, turn: Turn = {}): Promise<AmiMessage> {
    return this.#queue.add({ ...turn, ...this.#question(action, fields, deadlineMs) })
  }

  #question(action: string, fields: AmiFields, deadlineMs: number): QueuedRequest {
    this.#lastId += 1
    const actionId = `${this.#mark}-${this.#lastId}`
    return { action, actionId, bytes: encodeAction(action, fields, actionId), deadlineMs }
  }

  #end(reason: AmiCloseReason, logoff = false): void {
    if (this.#state === 'closed') return
    const wasOpened = this.#state !== 'idle'
    this.#state = 'closed'
    this.#closeReason = reason
    this.#options.clock.clearTimeout(this.#timer)
    this.#dropSocket(logoff)
    this.#queue.failAll(reason)
    this.#settleOpen()
    if (wasOpened) this.#options.onClose?.(reason)
  }

  #dropSocket(logoff: boolean): void {
    const socket = this.#socket
    this.#socket = null
    if (!socket) return
    socket.off('connect', this.#onConnect)
    socket.off('data', this.#onData)
    socket.off('error', this.#onError)
    socket.off('end', this.#onGone)
    socket.off('close', this.#onGone)
    // A socket on its way out may still report an error, and one that nobody hears ends the process.
    socket.on('error', ignore)
    if (logoff && socket.writable && socket.writableLength === 0) {
      socket.write(this.#question('Logoff', {}, 0).bytes)
      socket.destroySoon()
    } else {
      socket.destroy()
    }
  }

  #settleOpen(): void {
    const opened = this.#opened
    if (!opened || (this.#state !== 'live' && this.#state !== 'closed')) return
    this.#opened = null
    if (this.#closeReason) opened.reject(new AmiClosedError(this.#closeReason))
    else opened.resolve()
  }
}

function ignore(): void {
  // Nothing is left to do.
}
