import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { SHUTDOWN } from './amiEvents.ts'
import { AmiSession } from './amiSession.ts'
import type { SessionSurroundings } from './amiSession.ts'
import type { TimerSet } from './timers.ts'

/** How often to try again when the port is taken as an outage ends, ms. */
const RELISTEN_MS = 50

/** The manager's TCP port: who is connected, and whether anybody is let in. */
export class AmiPort {
  readonly host: string
  readonly sessions = new Set<AmiSession>()
  muted = false
  #port: number
  #server: Server | null = null
  #closed = false
  #cancelReturn: (() => void) | null = null
  #cancelMute: (() => void) | null = null
  readonly #timers: TimerSet
  readonly #env: Omit<SessionSurroundings, 'muted' | 'closed' | 'timers'>

  constructor(
    host: string,
    port: number,
    timers: TimerSet,
    env: Omit<SessionSurroundings, 'muted' | 'closed' | 'timers'>,
  ) {
    this.host = host
    this.#port = port
    this.#timers = timers
    this.#env = env
  }

  /** The port listened on; the same again after an outage. */
  get port(): number {
    return this.#port
  }

  get listening(): boolean {
    return this.#server !== null
  }

  /** Opens the port. Rejects when it is taken. */
  async listen(): Promise<void> {
    const server = createServer((socket) => {
      this.#accept(socket)
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, this.host, () => {
        server.off('error', reject)
        resolve()
      })
    })
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  /** Offers an event to everybody. The text is made once and only if somebody wants it. */
  publish(eventClass: string, text: () => string): void {
    let made: string | null = null
    for (const session of this.sessions) {
      if (session.wants(eventClass)) session.offer(eventClass, (made ??= text()))
    }
  }

  async flushed(): Promise<void> {
    await Promise.all([...this.sessions].map((s) => s.flushed()))
  }

  /**
   * Nobody answers on the port for `ms`: connections are cut, new ones refused. 0 ends it now. `clean` stops as
   * `core stop gracefully` does, with a Shutdown event for those who may read it; otherwise the server is killed.
   */
  async outage(ms: number, clean: boolean): Promise<void> {
    this.#cancelReturn?.()
    this.#cancelReturn = null
    if (ms === 0) {
      await this.#return()
      return
    }
    if (clean) this.publish('system', () => SHUTDOWN)
    await this.#stop(clean)
    this.#cancelReturn = this.#timers.after(ms, () => void this.#return())
  }

  /** Connected but silent for `ms`: reads everything, says nothing. What was asked meanwhile is never answered. */
  mute(ms: number): void {
    this.#cancelMute?.()
    this.#cancelMute = null
    this.muted = ms > 0
    if (ms > 0) {
      this.#cancelMute = this.#timers.after(ms, () => {
        this.mute(0)
      })
    } else for (const session of this.sessions) session.greet()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#stop(false)
  }

  #accept(socket: Socket): void {
    const waiting = [...this.sessions].filter((s) => !s.authenticated).length
    if (waiting >= this.#env.knobs().authLimit) {
      socket.on('error', () => socket.destroy())
      socket.destroySoon()
      return
    }
    const session = new AmiSession(socket, {
      ...this.#env,
      timers: this.#timers,
      muted: () => this.muted,
      closed: (s) => this.sessions.delete(s),
    })
    this.sessions.add(session)
    if (!this.muted) session.greet()
  }

  async #stop(clean: boolean): Promise<void> {
    const server = this.#server
    this.#server = null
    const gone =
      server === null
        ? null
        : new Promise<void>((resolve) =>
            server.close(() => {
              resolve()
            }),
          )
    for (const session of [...this.sessions]) {
      if (clean) session.end()
      else session.kill()
    }
    await gone
  }

  async #return(): Promise<void> {
    if (this.#closed || this.#server !== null) return
    try {
      await this.listen()
    } catch {
      // Somebody took the port meanwhile. It is this server's port, so wait for it.
      this.#cancelReturn = this.#timers.after(RELISTEN_MS, () => void this.#return())
      return
    }
    // Closed while the port was being opened: a field that changes under an await.
    if (this.#isClosed()) await this.#stop(false)
  }

  #isClosed(): boolean {
    return this.#closed
  }
}
