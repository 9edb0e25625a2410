/**
 * Watches one run and says what must never be. Each finding names its invariant:
 *
 * I-1 one socket per endpoint, and a connection lives and dies by its own socket's word
 * I-2 what is shown is a true state of the node, and never goes back: not in `seq`, not to an earlier server life
 * I-3 once faults stop, the page is current within the deadlines; a wake finds a dead socket within 2.5 s, and within 3 s
 *     where nothing tells of it but the clock; it does not wait for a try that it overslept; no try ends for want of time
 *     before it had a socket
 * I-4 after dispose: no timer, listener, socket, poll or news
 * I-5 nothing is tried, polled or told for a node that is not watched, neither shown nor sent by the server
 * I-6 tries are at least 100 ms apart, and 12 in 10 s at most, but for wakes and the user
 * I-7 each node is fed by its socket, or by polling, or rests with a reason; polls do not overlap
 * I-8 nothing is declared dead while hidden; a hidden page with live sockets runs no timer
 * I-9 nothing throws, both sides understand each other, and the server's seats are empty in the end
 * I-10 a server that asks to be left alone is left alone
 * I-11 no poll waits for ever
 * I-12 a live node has data, and they lag behind the server no longer than it takes to notice and to ask again
 * I-13 who signs in is let in: nothing stays paused for want of rights, nor because no ticket could be asked for
 * I-14 over a server whose silence says nothing, no age is claimed
 */
import type { NodeState } from '../../../protocol/nodeState.ts'
import { CLOSE } from '../../../protocol/closeCodes.ts'
import type { ConnectionState } from '../../src/services/connectionState.ts'
import type { Diagnostic } from '../../src/services/diagnostics.ts'
import type { NodeUpdate } from '../../src/services/watchedNode.ts'
import { FeedWatch } from './feedWatch.ts'
import { LagWatch } from './lagWatch.ts'
import { SHARED } from './link.ts'
import { linkOf } from './scene.ts'
import type { Scene, Violation } from './scene.ts'
import { isBefore, placeOf, sameButAges, sameButPeers, sameRow, sameState } from './truth.ts'
import { ToldWatch } from './toldWatch.ts'
import { Tries } from './tries.ts'
import type { Place } from './truth.ts'
import { isTaken } from './virtualHttp.ts'
import type { Request } from './virtualHttp.ts'
import { INTENSIVE } from './virtualPage.ts'
import { WakeWatch } from './wakeWatch.ts'
import type { VirtualSocket } from './virtualSocket.ts'

interface Watched {
  watched: boolean
  state: ConnectionState
  shown: Place | null
  update: NodeUpdate | null
}

const POLL_DEADLINE = 31_000

export class Watchman {
  readonly violations: Violation[] = []
  readonly nodes = new Map<string, Watched>()
  disposed = false
  leaveAloneUntil = 0
  readonly wakes: WakeWatch
  readonly told: ToldWatch
  readonly #lag: LagWatch
  readonly #feed: FeedWatch
  updates = 0
  attempts = 0
  polls = 0
  readonly #scene: Scene
  readonly #start: number
  readonly #tries = new Map<string, Tries>()
  #calmHiddenSince: number | null = null
  /** The page has been awake since. */
  #awakeSince: number

  constructor(scene: Scene, nodes: readonly string[]) {
    this.#scene = scene
    this.#start = scene.time.now
    this.#awakeSince = scene.time.now
    const fail = (invariant: string, text: string) => {
      this.fail(invariant, text)
    }
    this.wakes = new WakeWatch(scene, fail)
    this.#lag = new LagWatch(scene, fail)
    this.#feed = new FeedWatch(scene, fail)
    this.told = new ToldWatch(scene, fail, (node) => this.entry(node).watched)
    for (const node of nodes) {
      this.nodes.set(node, {
        watched: false,
        state: { status: 'idle' },
        shown: null,
        update: null,
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
    this.excuse()
    this.#feed.forget(node)
    // A node that comes and goes between two looks leaves the socket library's own zero timer, for one turn of the throttle.
    this.#calmHiddenSince = null
    this.#lag.forget(node)
    this.wakes.forget(node)
    if (watched) entry.shown = entry.update = null
  }

  /** A wake signal, the user's Retry, a flag: whoever is down may try now. */
  excuse(): void {
    // Also where none was made yet: it is the same wake for all.
    for (const endpoint of [...this.nodes.keys(), SHARED]) this.#triesAt(endpoint).excuse(this.#scene.time.now)
  }

  #triesAt(endpoint: string): Tries {
    const tries = this.#tries.get(endpoint) ?? new Tries()
    this.#tries.set(endpoint, tries)
    return tries
  }

  /** The page was standing still, or its clock was set: its deadlines start afresh. */
  woke(graceMs = 0): void {
    const now = this.#scene.time.now + graceMs
    this.#awakeSince = now
    this.wakes.forget()
    this.#lag.forget()
    this.#feed.woke(now)
    this.told.forget()
    // One for the wake, one for a try that was let through before and was held up with the page's timers.
    this.excuse()
    this.excuse()
  }

  /** The page was told that somebody signed in or out. */
  userChanged(): void {
    for (const [node, { watched }] of this.nodes) {
      const state = this.#scene.client().sockets.getNodeState(node)
      if (watched && state.status === 'paused' && (state.why === 'needs-auth' || state.reason.serverCode === 'not-allowed'))
        this.fail('I-13', `${node}: ${state.why} also after a sign-in`)
    }
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
    // Nobody can tell the order of a poll and of what comes without a number, nor a row of a cache from a fresh one then.
    const ordered = !this.#isBare(node) || (update.source === 'poll' && !this.#scene.http().wasStale)
    if (entry.shown !== null && isBefore(place, entry.shown) && ordered) {
      this.fail('I-2', `${node}: ${said(place)} by ${update.source} replaces ${said(entry.shown)}`)
    }
    entry.shown = place
    entry.update = update
    this.#lag.forget(node)
    if (!this.#matches(update, was)) {
      this.fail(
        'I-2',
        `${node}: shown by ${update.source} as ${said(place)}: ${JSON.stringify(update.state)}, was ${JSON.stringify(was)}`,
      )
    }
  }

  /** What comes over a socket without subprotocol says no more than a row, and not when it was said. */
  #matches({ node, source, state }: NodeUpdate, was: NodeState): boolean {
    if (source === 'poll') return sameRow(state, was, this.#scene.kind !== 'supermon-ng')
    if (sameState(state, was) || sameButPeers(state, was)) return true
    return this.#isBare(node) && sameButAges(state, was)
  }

  #isBare(node: string): boolean {
    return linkOf(this.#scene, node)?.socket.protocol === ''
  }

  onState(node: string, state: ConnectionState): void {
    const entry = this.entry(node)
    const before = entry.state
    entry.state = state
    const { page } = this.#scene
    if (this.disposed && state.status !== 'closed') this.fail('I-4', `${node}: ${state.status} after dispose`)
    this.wakes.ended(node, before, state)
    const newest = linkOf(this.#scene, node)?.socket
    if (state.status === 'live' && !(newest?.readyState === 1 && newest.spoken)) {
      this.fail('I-1', `${node}: live by the word of a socket that is not its own`)
    }
    if (
      (state.status === 'waiting' || state.status === 'paused') &&
      state.reason.closeCode !== undefined &&
      newest?.readyState !== 3
    ) {
      this.fail('I-1', `${node}: down by the close of a socket that is not its own`)
    }
    const sentAway = state.status === 'paused' && state.why === 'needs-auth' && state.reason.closeCode === CLOSE.unauthorized
    if (sentAway && this.#scene.http().ticketless.has(this.#scene.endpointOf(node)))
      this.fail('I-13', `${node}: to sign in, because no ticket could be asked for`)
    if (before.status === 'live' && state.status === 'waiting' && state.reason.code === 'silent' && !page.visible) {
      this.fail('I-8', `${node}: declared dead while hidden`)
    }
    this.#feed.onState(node, before, state)
  }

  onDiagnostic({ code, message }: Diagnostic): void {
    if (code === 'handler-threw') this.fail('I-9', message)
    // On a shared socket, what is under way when a node is let go finds nobody; that is no fault.
    // A gateway that is met without an offer of our dialect speaks another one.
    const odd = this.#scene.hasGarbage || this.#scene.network().hadBare
    if (code.startsWith('frame-') && code !== 'frame-for-another-node' && !odd)
      this.fail('I-9', `${code}: ${message}`)
  }

  onConnect(socket: VirtualSocket, endpoint: string): void {
    this.attempts += 1
    this.wakes.born(socket)
    const { time } = this.#scene
    if (this.disposed) this.fail('I-4', `${endpoint}: a try after dispose`)
    const watched = [...this.nodes].filter(
      ([node, entry]) => entry.watched && this.#scene.endpointOf(node) === endpoint,
    )
    if (watched.length === 0) this.fail('I-5', `${endpoint}: a try for what is not watched`)
    const others = this.#scene
      .network()
      .held()
      .filter((link) => link.endpoint === endpoint && link.socket !== socket)
    if (others.length > 0) this.fail('I-1', `${endpoint}: ${others.length + 1} sockets at a time`)
    const tries = this.#triesAt(endpoint)
    // A gateway that was met without an offer says that it would have understood one: it is made at once.
    const before = this.#scene.network().newest.get(endpoint)?.socket
    if (before?.spoken === true && before.offered.length === 0 && socket.offered.length > 0) tries.excuse(time.now)
    const wrong = tries.note(time.now)
    if (wrong !== null) this.fail('I-6', `${endpoint}: ${wrong}`)
  }

  onAsk(request: Request, open: readonly Request[]): void {
    this.polls += 1
    const { time, page } = this.#scene
    if (this.disposed) this.fail('I-4', 'a poll after dispose')
    // What is too much for one question goes into several of one moment, and nothing into two.
    const other = open.find(({ startedAt, nodes }) => startedAt !== time.now || nodes.some((node) => request.nodes.includes(node)))
    if (other !== undefined) this.fail('I-7', `polls overlap: ${other.nodes.join()} and ${request.nodes.join()}`)
    if (!page.online) this.fail('I-7', 'a poll while offline')
    if (page.away) this.fail('I-7', 'a poll while the page is put away')
    if (!isTaken(request.nodes)) this.fail('I-9', 'a poll that the server refuses as a whole')
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
      this.wakes.forget()
      this.told.forget()
      return
    }
    const { sockets } = this.#scene.client()
    let calm = !page.visible
    // Nothing that hangs on the page's timers can be asked of a page that has one turn of them a minute.
    const slow = time.throttleMs >= INTENSIVE
    for (const [node, entry] of this.nodes) {
      if (!entry.watched) continue
      const state = sockets.getNodeState(node)
      this.wakes.check(node, state)
      this.#lag.check(node, state, entry.shown)
      this.#feed.check(node, state)
      if (state.status !== 'live') calm = false
    }
    this.#checkCalm(calm)
    this.told.check()
    for (const { startedAt, nodes } of this.#scene.http().open) {
      const ms = time.now - Math.max(startedAt, this.#awakeSince)
      if (!slow && ms > POLL_DEADLINE && ms < POLL_DEADLINE + 500)
        this.fail('I-11', `the poll for ${nodes.join()} has hung for ${ms} ms`)
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
    // The socket library's own zero timer waits for its turn.
    const turn = this.#scene.hasIntensive ? INTENSIVE : 1_000
    if (time.now - this.#calmHiddenSince > 1_500 + turn && time.timers.size > 0) {
      this.fail('I-8', `${time.timers.size} timers on a hidden page with live sockets only`)
    }
  }
}

function said({ life, seq }: Place): string {
  return `life ${life} seq ${seq}`
}
