/**
 * Connections between the page and the server. Bytes keep their order within a connection and know nothing of other
 * connections. A connection can be cut (both ends learn), or die half-open: then bytes vanish both ways and nobody is told.
 */
import type { WebSocketClass } from '../../src/env/env.ts'
import { SUBPROTOCOL } from '../../../protocol/frames.ts'
import type { Guest } from '../../../server/src/gateway/doorkeeper.ts'
import { plan, supermonNg, v2 } from '../../../server/src/gateway/dialects.ts'
import type { Rng } from './rng.ts'
import type { Trace } from './scene.ts'
import { newLink, SHARED } from './link.ts'
import type { Link } from './link.ts'
import { judge } from './virtualDoor.ts'
import type { VirtualAccess } from './virtualAccess.ts'
import type { Life, ServerKind, VirtualServer } from './virtualServer.ts'
import { VirtualSocket } from './virtualSocket.ts'
import type { VirtualTime } from './virtualTime.ts'
import type { Weather } from './weather.ts'

export interface NetworkOptions {
  readonly time: VirtualTime
  readonly rng: Rng
  readonly server: VirtualServer
  readonly kind: ServerKind
  readonly access: VirtualAccess
  readonly weather: Weather
  /** Messages that arrive after the page has called close(): browsers drop them, `ws` in Node hands them over. */
  readonly lateMessages: boolean
  /** Planted fault: what belongs to a dead socket is given to the newest one. */
  readonly mixGenerations: boolean
  onConnect(socket: VirtualSocket, endpoint: string): void
  readonly trace: Trace | undefined
}

const BROWSER_GIVES_UP = 75_000
// As in a gateway: one for all who speak it.
const PLAN = plan()
const SUPERMON_NG = supermonNg()

export class VirtualNetwork {
  readonly links = new Set<Link>()
  /** By endpoint. */
  readonly newest = new Map<string, Link>()
  readonly socketClass: WebSocketClass
  /** Was there a connection without subprotocol? */
  hadBare = false
  readonly options: NetworkOptions

  constructor(options: NetworkOptions) {
    this.options = options
    const connect = (socket: VirtualSocket) => this.#connect(socket)
    this.socketClass = class extends VirtualSocket {
      static readonly CONNECTING = 0
      static readonly OPEN = 1
      static readonly CLOSING = 2
      static readonly CLOSED = 3
      constructor(url: string, offered: readonly string[] = []) {
        super(url, offered, connect)
      }
    }
  }

  /** Connections that the page holds for alive. */
  held(): Link[] {
    return [...this.links].filter(({ socket }) => socket.readyState <= 1)
  }

  /** Nothing keeps news from coming over it. */
  isSound({ dead, over, viewer, slowUntil, socket }: Link): boolean {
    return !dead && !over && viewer !== null && slowUntil <= this.options.time.now && socket.readyState === 1
  }

  /** Both ends learn of it: RST, or the process behind it is gone. */
  cut(link: Link, code = 1006, reason = ''): void {
    this.#leave(link)
    this.toPage(link, () => {
      this.finish(link, code, reason)
    })
  }

  /** Nobody learns of it. The server's pings find out within a minute. */
  halfOpen(link: Link): void {
    const { time, rng } = this.options
    link.dead = true
    link.deadAt = time.now
    time.schedule('world', rng.int(30_000, 60_000), () => {
      this.#leave(link)
    })
  }

  /** A relay moves the connection to another server life and keeps the new hello and snapshot to itself. */
  move(link: Link, life: Life): void {
    this.#leave(link)
    link.swallow = 2
    link.movedAt = this.options.time.now
    this.#enter(link, life)
  }

  /** The close event, with the error before it that browsers give for an unclean end. */
  finish(link: Link, code: number, reason: string): void {
    link.over = true
    this.#leave(link)
    this.links.delete(link)
    const { socket } = link
    if (socket.readyState === 3) return
    this.options.trace?.(`${link.endpoint}: socket ${socket.id} closed ${code}`)
    socket.readyState = 3
    const to = this.#addressee(link)
    if (code === 1006) to.fire('error', {})
    to.fire('close', { code, reason, wasClean: code !== 1006 })
  }

  toPage(link: Link, run: () => void): void {
    const { time } = this.options
    link.downAt = Math.max(link.downAt, time.now + this.#jitter(link))
    time.schedule('page', link.downAt - time.now, () => {
      if (link.dead || link.over) return
      run()
    })
  }

  #jitter(link: Link): number {
    return link.delay + Math.floor(this.options.rng.next() ** 3 * link.delay)
  }

  #toServer(link: Link, run: () => void): void {
    const { time } = this.options
    link.upAt = Math.max(link.upAt, time.now + this.#jitter(link))
    time.schedule('world', link.upAt - time.now, () => {
      if (!link.dead) run()
    })
  }

  #leave(link: Link): void {
    if (link.viewer !== null) link.life?.left(link.viewer)
    link.viewer = null
    link.life = null
  }

  #addressee({ socket, endpoint }: Link): VirtualSocket {
    return this.options.mixGenerations ? (this.newest.get(endpoint)?.socket ?? socket) : socket
  }

  #connect(socket: VirtualSocket): void {
    const { time, rng, weather } = this.options
    const last = decodeURIComponent(new URL(socket.url).pathname.split('/').at(-1) ?? '')
    const endpoint = last === 'ws' ? SHARED : last
    const slow = rng.chance(0.1)
    const delay = slow ? rng.int(100, 900) : rng.int(2, 60)
    const link = newLink(socket, endpoint, this.options.access.session, delay)
    socket.peer = {
      send: (data) => {
        this.#toServer(link, () => {
          time.dirty = true
          link.unheard ||= link.slowUntil > time.now
          link.viewer?.receive(data)
        })
        this.#knock(link)
      },
      close: (was) => {
        this.#closedByPage(link, was)
      },
    }
    this.options.onConnect(socket, endpoint)
    this.newest.set(endpoint, link)
    this.links.add(link)
    const { door, code } = weather.door(() => rng.next())
    this.options.trace?.(
      `${endpoint}: socket ${socket.id} ${new URL(socket.url).search} meets door ${door}${code > 0 ? ` ${code}` : ''}`,
    )
    const fail = (ms: number) => {
      time.schedule('page', ms, () => {
        if (!link.over) this.finish(link, 1006, '')
      })
    }
    switch (door) {
      case 'refuse':
        fail(2 * delay)
        return
      case 'blackhole':
        fail(BROWSER_GIVES_UP)
        return
      case 'slam':
        this.#toServer(link, () => {
          this.#opened(link)
          this.cut(link, rng.pick([1006, 1006, 1000, 1011, 1013]))
        })
        return
      case 'mute':
        this.#toServer(link, () => {
          this.#opened(link)
        })
        return
      case 'deny':
        this.#toServer(link, () => {
          this.#opened(link)
          this.cut(link, code, 'denied')
        })
        return
      case 'late':
        link.upAt = time.now + rng.int(500, 12_000)
        break
      case 'open':
      case 'deny-late':
      case 'goaway':
    }
    this.#toServer(link, () => {
      if (link.over) return
      const { life } = this.options.server
      if (life === null) {
        // A machine that is up without the server refuses; one that is off says nothing.
        if (rng.chance(0.7)) this.cut(link)
        else fail(BROWSER_GIVES_UP)
        return
      }
      this.#opened(link)
      this.#enter(link, life)
      if (door === 'deny-late') link.viewer?.close(code, 'denied')
      if (door === 'goaway') link.viewer?.goaway('busy', rng.pick([0, 200, 2_000]))
    })
  }

  /** The handshake. A browser ends a connection on which it offered subprotocols and the server chose none. */
  #opened(link: Link): void {
    const { socket, endpoint } = link
    const speaks = socket.offered.includes(SUBPROTOCOL) && this.options.kind !== 'supermon-ng'
    this.toPage(link, () => {
      if (socket.readyState !== 0) return
      if (socket.offered.length > 0 && !speaks) {
        this.finish(link, 1006, '')
        return
      }
      socket.protocol = speaks ? SUBPROTOCOL : ''
      this.hadBare ||= !speaks
      socket.readyState = 1
      this.options.trace?.(`${endpoint}: socket ${socket.id} open${speaks ? '' : ', without subprotocol'}`)
      socket.fire('open', {})
    })
  }

  /** The server looks at who came. */
  #enter(link: Link, life: Life): void {
    const verdict = judge(link, life, this.options.kind, this.options.access)
    if ('guest' in verdict) this.#admit(link, life, verdict.guest)
    else if (verdict.code === null) this.#leave(link)
    else this.cut(link, verdict.code, verdict.reason)
  }

  #admit(link: Link, life: Life, guest: Guest): void {
    const { kind } = this.options
    const dialect = link.socket.offered.length > 0 ? v2 : kind === 'plan' ? PLAN : SUPERMON_NG
    const { searchParams } = new URL(link.socket.url)
    const epoch = searchParams.get('epoch')
    const held = epoch === null || link.swallow > 0 ? null : { epoch, seq: Number(searchParams.get('seq')) }
    let closed = false
    const wire = {
      send: ({ text: data }: { readonly text: string }) => {
        if (closed) return
        link.unheard ||= data.startsWith('{"type":"error"') && data.includes('"too-fast"')
        // Of our dialect an unmodified one knows nothing.
        const said = kind === 'supermon-ng' ? data.replace(',"v2":true', '') : data
        if (link.swallow > 0) link.swallow -= 1
        else
          this.toPage(link, () => {
            this.#deliver(link, said)
          })
      },
      buffered: () => (this.options.time.now < link.slowUntil ? 1_000_000 : 0),
      close: (code: number, reason: string) => {
        if (closed) return
        closed = true
        this.toPage(link, () => {
          this.finish(link, code, reason)
        })
      },
    }
    link.life = life
    const viewer = life.connect({ wire, dialect, guest, node: link.endpoint === SHARED ? null : link.endpoint, held })
    // It may have been turned away at once.
    if (closed) life.left(viewer)
    else link.viewer = viewer
  }

  #deliver(link: Link, data: string): void {
    const { socket } = link
    if (socket.readyState === 3 || (socket.readyState === 2 && !this.options.lateMessages)) return
    if (socket.readyState === 1) socket.spoken = true
    this.options.trace?.(`${link.endpoint}: socket ${socket.id} < ${data.slice(0, 110)}`)
    this.#addressee(link).fire('message', { data })
  }

  /** A message that is no frame: a proxy's page, a binary one, half a frame. */
  garbage(link: Link, data: unknown): void {
    this.toPage(link, () => {
      if (link.socket.readyState === 1) link.socket.fire('message', { data })
    })
  }

  /** A machine that came back answers bytes of connections it does not know with RST. */
  #knock(link: Link): void {
    if (!link.dead || link.over || this.options.server.life === null || !this.options.rng.chance(0.3)) return
    this.options.time.schedule('page', 2 * link.delay, () => {
      if (!link.over) this.finish(link, 1006, '')
    })
  }

  #closedByPage(link: Link, was: number): void {
    const { time, rng } = this.options
    if (link.over) return
    if (was === 0) {
      time.schedule('world', link.delay, () => {
        this.#leave(link)
      })
      link.over = true
      time.schedule('page', 1, () => {
        this.finish(link, 1006, '')
      })
      return
    }
    // The handshake of closing: the server's answer, or the browser's patience.
    if (link.dead)
      time.schedule('page', rng.int(2_000, 20_000), () => {
        this.finish(link, 1006, '')
      })
    else {
      this.#toServer(link, () => {
        this.#leave(link)
        this.toPage(link, () => {
          this.finish(link, 1000, '')
        })
      })
    }
  }
}
