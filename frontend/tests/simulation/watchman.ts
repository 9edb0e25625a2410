/** Watches one run and says what must never be. Each finding names its invariant. */
import type { NodeState } from '../../../protocol/nodeState.ts'
import { CLOSE } from '../../../protocol/closeCodes.ts'
import type { ConnectionState } from '../../src/services/connectionState.ts'
import type { Diagnostic } from '../../src/services/diagnostics.ts'
import type { LiveClient } from '../../src/services/liveClient.ts'
import type { NodeUpdate } from '../../src/services/WebSocketService.ts'
import { isBefore, placeOf, sameRow, sameState } from './truth.ts'
import type { Place, Truth } from './truth.ts'
import type { VirtualHttp, Request } from './virtualHttp.ts'
import type { VirtualNetwork } from './virtualNetwork.ts'
import type { VirtualPage } from './virtualPage.ts'
import type { VirtualSocket } from './virtualSocket.ts'
import type { VirtualTime } from './virtualTime.ts'

export interface Violation {
  readonly invariant: string
  readonly text: string
  /** From the start of the run, ms. */
  readonly at: number
}

export interface Scene {
  readonly time: VirtualTime
  readonly page: VirtualPage
  readonly truth: Truth
  network(): VirtualNetwork
  http(): VirtualHttp
  client(): LiveClient
  readonly hasGarbage: boolean
}

interface Watched {
  watched: boolean
  state: ConnectionState
  shown: Place | null
  /** Not live although asking by poll would help, since; null = live or not pollable. */
  pollableSince: number | null
  readonly attempts: number[]
  lastAttempt: number
  /** A wake signal or the user excuses the next attempt from the count. */
  excused: boolean
}

/** Seconds of grace where the code has a deadline: its own plus one turn of a throttled timer and of this watch. */
const FALLBACK_GRACE = 2_600 + 1_250
const POLL_DEADLINE = 31_000

export class Watchman {
  readonly violations: Violation[] = []
  readonly nodes = new Map<string, Watched>()
  disposed = false
  leaveAloneUntil = 0
  updates = 0
  attempts = 0
  polls = 0
  readonly #scene: Scene
  readonly #start: number
  #calmHiddenSince: number | null = null
  /** The page has been awake since. */
  #awakeSince: number

  constructor(scene: Scene, nodes: readonly string[]) {
    this.#scene = scene
    this.#start = scene.time.now
    this.#awakeSince = scene.time.now
    for (const node of nodes) {
      this.nodes.set(node, {
        watched: false, state: { status: 'idle' }, shown: null, pollableSince: null, attempts: [], lastAttempt: -1e9, excused: false,
      })
    }
  }

  fail(invariant: string, text: string): void {
    this.violations.push({ invariant, text, at: this.#scene.time.now - this.#start })
  }

  entry(node: string): Watched {
    const entry = this.nodes.get(node)
    if (entry === undefined) throw new Error(`the simulation knows no node ${node}`)
    return entry
  }

  watching(node: string, watched: boolean): void {
    const entry = this.entry(node)
    entry.watched = watched
    entry.excused = true
    entry.pollableSince = null
    if (watched) entry.shown = null
  }

  /** A wake signal, the user's Retry, a flag: whoever is down may try now. */
  excuse(): void {
    for (const entry of this.nodes.values()) entry.excused = true
  }

  /** The page was standing still, or its clock was set: its deadlines start afresh. */
  woke(): void {
    const { now } = this.#scene.time
    this.#awakeSince = now
    for (const entry of this.nodes.values()) if (entry.pollableSince !== null) entry.pollableSince = now
    this.excuse()
  }

  onUpdate(node: string, update: NodeUpdate): void {
    this.updates += 1
    const entry = this.entry(node)
    if (this.disposed) this.fail('I-4', `${node}: news after dispose`)
    if (!entry.watched) this.fail('I-5', `${node}: news of a node that is not watched`)
    const place = placeOf(update.state)
    const was = place === null ? undefined : this.#scene.truth.at(node, place)
    if (place === null || was === undefined) {
      this.fail('I-2', `${node}: a state is shown that never was: ${update.state.telemetry.load ?? 'without place'}`)
      return
    }
    if (entry.shown !== null && isBefore(place, entry.shown)) {
      this.fail('I-2', `${node}: ${said(place)} by ${update.source} replaces ${said(entry.shown)}`)
    }
    entry.shown = place
    if (!matches(update, was)) {
      this.fail('I-2', `${node}: shown by ${update.source} as ${said(place)}: ${JSON.stringify(update.state)}, was ${JSON.stringify(was)}`)
    }
  }

  onState(node: string, state: ConnectionState): void {
    const entry = this.entry(node)
    const before = entry.state
    entry.state = state
    const { time, page } = this.#scene
    if (this.disposed && state.status !== 'closed') this.fail('I-4', `${node}: ${state.status} after dispose`)
    const newest = this.#scene.network().newest.get(node)
    if (state.status === 'live' && !(newest?.readyState === 1 && newest.spoken)) {
      this.fail('I-1', `${node}: live by the word of a socket that is not its own`)
    }
    if ((state.status === 'waiting' || state.status === 'paused') && state.reason.closeCode !== undefined && newest?.readyState !== 3) {
      this.fail('I-1', `${node}: down by the close of a socket that is not its own`)
    }
    if (before.status === 'live' && state.status === 'waiting' && state.reason.code === 'silent' && !page.visible) {
      this.fail('I-8', `${node}: declared dead while hidden`)
    }
    if (state.status === 'live' || !isPollable(state)) entry.pollableSince = null
    else entry.pollableSince ??= time.now
  }

  onDiagnostic({ code, message }: Diagnostic): void {
    if (code === 'handler-threw') this.fail('I-9', message)
    if (code.startsWith('frame-') && !this.#scene.hasGarbage) this.fail('I-9', `${code}: ${message}`)
  }

  onConnect(socket: VirtualSocket, node: string): void {
    this.attempts += 1
    const { time } = this.#scene
    const entry = this.entry(node)
    if (this.disposed) this.fail('I-4', `${node}: a try after dispose`)
    if (!entry.watched) this.fail('I-5', `${node}: a try for a node that is not watched`)
    const others = this.#scene.network().held().filter((link) => link.node === node && link.socket !== socket)
    if (others.length > 0) this.fail('I-1', `${node}: ${others.length + 1} sockets at a time`)
    const gap = time.now - entry.lastAttempt
    entry.lastAttempt = time.now
    if (entry.excused) {
      entry.excused = false
      return
    }
    if (gap < 100) this.fail('I-6', `${node}: tries ${gap} ms apart`)
    entry.attempts.push(time.now)
    while ((entry.attempts[0] ?? time.now) < time.now - 10_000) entry.attempts.shift()
    if (entry.attempts.length > 12) this.fail('I-6', `${node}: ${entry.attempts.length} tries in 10 s`)
  }

  onAsk(request: Request, open: readonly Request[]): void {
    this.polls += 1
    const { time, page } = this.#scene
    if (this.disposed) this.fail('I-4', 'a poll after dispose')
    if (open.length > 0) this.fail('I-7', `polls overlap: ${open[0]?.nodes.join() ?? ''} and ${request.nodes.join()}`)
    if (!page.online) this.fail('I-7', 'a poll while offline')
    if (page.away) this.fail('I-7', 'a poll while the page is put away')
    for (const node of request.nodes) {
      if (!this.entry(node).watched) this.fail('I-5', `${node}: polled although not watched`)
      if (this.#scene.client().sockets.isNodeConnected(node)) this.fail('I-7', `${node}: polled although live`)
    }
    if (time.now < this.leaveAloneUntil) {
      this.fail('I-10', `a poll ${this.leaveAloneUntil - time.now} ms before Retry-After is over`)
    }
  }

  /** Now and then. */
  check(): void {
    if (this.disposed) return
    const { time, page } = this.#scene
    if (time.standing) {
      this.#calmHiddenSince = null
      this.woke()
      return
    }
    const { sockets, ladder } = this.#scene.client()
    let calm = !page.visible
    for (const [node, entry] of this.nodes) {
      if (!entry.watched) continue
      const state = sockets.getNodeState(node)
      const transport = ladder.transportOf(node)
      if (state.status !== 'live') calm = false
      if ((state.status === 'live') !== (transport === 'socket')) this.fail('I-7', `${node}: ${state.status}, fed by ${transport}`)
      else if (state.status === 'idle' || state.status === 'closed') this.fail('I-7', `${node}: watched and ${state.status}`)
      else if (state.status === 'paused' && state.reason.message === '') this.fail('I-7', `${node}: paused without a reason`)
      else if (!isPollable(state) && transport === 'polling') this.fail('I-7', `${node}: polled while ${JSON.stringify(state)}`)
      if (entry.pollableSince !== null && time.now - entry.pollableSince > FALLBACK_GRACE && transport !== 'polling') {
        this.fail('I-7', `${node}: ${state.status} for ${time.now - entry.pollableSince} ms, fed by nothing`)
        entry.pollableSince = time.now
      }
    }
    this.#checkCalm(calm)
    for (const { startedAt, nodes } of this.#scene.http().open) {
      const ms = time.now - Math.max(startedAt, this.#awakeSince)
      if (ms > POLL_DEADLINE && ms < POLL_DEADLINE + 500) this.fail('I-11', `the poll for ${nodes.join()} has hung for ${ms} ms`)
    }
  }

  /** A hidden page with nothing but live sockets costs nothing. */
  #checkCalm(calm: boolean): void {
    const { time } = this.#scene
    const watched = [...this.nodes.values()].some((entry) => entry.watched)
    if (!calm || !watched) {
      this.#calmHiddenSince = null
      return
    }
    this.#calmHiddenSince ??= time.now
    if (time.now - this.#calmHiddenSince > 2_500 && time.timers.size > 0) {
      this.fail('I-8', `${time.timers.size} timers on a hidden page with live sockets only`)
    }
  }
}

export function isPollable(state: ConnectionState): boolean {
  if (state.status === 'connecting' || state.status === 'waiting') return true
  if (state.status !== 'paused' || state.why === 'offline' || state.why === 'hidden') return false
  return state.reason.closeCode !== CLOSE.noSuchNode
}

function matches(update: NodeUpdate, was: NodeState): boolean {
  return update.source === 'socket' ? sameState(update.state, was) : sameRow(update.state, was)
}

function said({ life, seq }: Place): string {
  return `life ${life} seq ${seq}`
}
