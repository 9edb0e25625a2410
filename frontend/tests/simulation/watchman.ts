/**
 * Watches one run and says what must never be. Each finding names its invariant:
 *
 * I-1 one socket per endpoint, and a connection lives and dies by its own socket's word
 * I-2 what is shown is a true state of the node, and never goes back: not in `seq`, not to an earlier server life
 * I-3 once faults stop, the page is current within the deadlines; a wake finds a dead socket within 2.5 s, and within 3 s
 *     where nothing tells of it but the clock; it does not wait for a try that it overslept
 * I-4 after dispose: no timer, listener, socket, poll or news
 * I-5 nothing is tried, polled or told for a node that is not watched
 * I-6 tries are at least 100 ms apart, and 12 in 10 s at most, but for wakes and the user
 * I-7 each node is fed by its socket, or by polling, or rests with a reason; polls do not overlap
 * I-8 nothing is declared dead while hidden; a hidden page with live sockets runs no timer
 * I-9 nothing throws, both sides understand each other, and the server's seats are empty in the end
 * I-10 a server that asks to be left alone is left alone
 * I-11 no poll waits for ever
 * I-12 a live node has data, and they lag behind the server no longer than it takes to notice and to ask again
 * I-13 who signs in is let in: nothing stays paused for want of rights
 * I-14 over a server whose silence says nothing, no age is claimed
 */
import type { NodeState } from '../../../protocol/nodeState.ts'
import { CLOSE } from '../../../protocol/closeCodes.ts'
import type { PageSignal } from '../../src/env/env.ts'
import type { ConnectionState } from '../../src/services/connectionState.ts'
import type { Diagnostic } from '../../src/services/diagnostics.ts'
import type { LiveClient } from '../../src/services/liveClient.ts'
import type { NodeUpdate } from '../../src/services/watchedNode.ts'
import { isBefore, placeOf, sameButAges, sameButPeers, sameRow, sameState } from './truth.ts'
import { Tries } from './tries.ts'
import type { Place, Truth } from './truth.ts'
import type { VirtualHttp, Request } from './virtualHttp.ts'
import type { VirtualNetwork } from './virtualNetwork.ts'
import { INTENSIVE } from './virtualPage.ts'
import type { VirtualPage } from './virtualPage.ts'
import type { VirtualServer } from './virtualServer.ts'
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
  readonly server: VirtualServer
  readonly hasGarbage: boolean
  /** Tickets are fetched before a try. */
  readonly hasTickets: boolean
  /** Timers of a page that is hidden for long fire once a minute. */
  readonly hasIntensive: boolean
  /** Where the node's socket goes: its own path, or the one that all share. */
  endpointOf(node: string): string
}

interface Watched {
  watched: boolean
  state: ConnectionState
  shown: Place | null
  update: NodeUpdate | null
  /** Live over a sound connection, and shown is nothing, or something old; since. */
  behindSince: number | null
  /** How much longer than others it may be without polling: who falls with everybody is spread. */
  spread: number
  /** A wake signal came upon a try that was overdue; by then there must be another one. */
  redial: { readonly socket: VirtualSocket; readonly by: number } | null
  /** Not live although asking by poll would help, since; null = live or not pollable. */
  pollableSince: number | null
  /** A wake signal found this socket dead; by then the page must know. */
  probe: { readonly socket: VirtualSocket; readonly by: number } | null
}

/** Seconds of grace where the code has a deadline: its own plus one turn of a throttled timer and of this watch. */
const FALLBACK_GRACE = 2_600 + 1_250
/** A try that is near is let go first, twice at most. */
const NEAR_TRIES = 7_000
const SPREAD = 5_000
const MOST_SPREAD = 15_000
const WAKES = new Set<PageSignal>(['online', 'visible', 'pageshow', 'resume'])
/** The page's own 2.5 s, and one turn of this watch. */
const PROBE = 2_750
/** The same where only the clock tells: such a sleep must be longer than what a slow timer may be late. */
const CLOCK_PROBE = 3_000
const NOTICEABLE_SLEEP = 4_500
/** A wake signal starts a try a second after the one before it. */
const REDIAL = 1_300
/** A hello, a subscribe and a snapshot go their ways; what is lost is asked for again. */
const LIVE_WITHOUT_DATA = 8_000
const OVERDUE_TRY = 10_000
/** A beat every 20 s, at a turn of the server's sweep. */
const LONGEST_SILENCE = 26_000
const POLL_DEADLINE = 31_000
/** A gap is noticed by the next beat at the latest; then a resync, lost once. */
const LONGEST_LAG = LONGEST_SILENCE + 14_000

export class Watchman {
  readonly violations: Violation[] = []
  readonly nodes = new Map<string, Watched>()
  disposed = false
  leaveAloneUntil = 0
  /** When the page's clock was last set back: ages across that moment are not known to it. */
  setBackAt = 0
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
    for (const node of nodes) {
      this.nodes.set(node, {
        watched: false,
        state: { status: 'idle' },
        shown: null,
        update: null,
        behindSince: null,
        spread: 0,
        redial: null,
        pollableSince: null,
        probe: null,
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
    entry.pollableSince = null
    // A node that comes and goes between two looks leaves the socket library's own zero timer, for one turn of the throttle.
    this.#calmHiddenSince = null
    entry.behindSince = null
    entry.redial = null
    if (watched) entry.shown = entry.update = null
  }

  /** A wake signal, the user's Retry, a flag: whoever is down may try now. */
  excuse(): void {
    for (const tries of this.#tries.values()) tries.excuse(this.#scene.time.now)
  }

  /** The page was standing still, or its clock was set: its deadlines start afresh. */
  woke(graceMs = 0): void {
    const now = this.#scene.time.now + graceMs
    this.#awakeSince = now
    for (const entry of this.nodes.values()) {
      entry.probe = null
      entry.redial = null
      entry.behindSince = null
      if (entry.pollableSince !== null) entry.pollableSince = now
    }
    // One for the wake, one for a try that was let through before and was held up with the page's timers.
    this.excuse()
    this.excuse()
  }

  /** A signal reached the page. Those that wake it make it ask its sockets whether they live. */
  signalled(signal: PageSignal): void {
    const { time, page } = this.#scene
    const wakes = page.visible && !page.away && !time.standing && WAKES.has(signal)
    for (const entry of this.nodes.values()) {
      if (!wakes && (signal === 'hidden' || signal === 'freeze' || signal === 'pagehide')) entry.probe = entry.redial = null
    }
    if (!wakes) return
    this.#expectProbes(PROBE)
    for (const [node, entry] of this.nodes) {
      const state = this.#scene.client().sockets.getNodeState(node)
      const link = this.#scene.network().newest.get(this.#scene.endpointOf(node))
      if (state.status !== 'connecting' || page.now() - state.since <= OVERDUE_TRY || link === undefined || !page.online) continue
      // Only where nothing has to be fetched first, and nobody else decides.
      if (!this.#scene.hasTickets && link.socket.readyState === 0) entry.redial = { socket: link.socket, by: time.now + REDIAL }
    }
  }

  /** The page goes on after a sleep of which nobody told it. */
  slept(ms: number): void {
    const { page } = this.#scene
    if (ms >= NOTICEABLE_SLEEP && page.visible && !page.away) this.#expectProbes(CLOCK_PROBE)
  }

  #expectProbes(within: number): void {
    const { time } = this.#scene
    for (const [node, entry] of this.nodes) {
      if (entry.probe !== null || this.#scene.client().sockets.getNodeState(node).status !== 'live') continue
      const link = this.#scene.network().newest.get(this.#scene.endpointOf(node))
      if (link === undefined || !link.dead || link.socket.readyState > 1) continue
      // Whatever was heard in the last second is proof enough for the page.
      if (time.now - link.deadAt > 1_000 && link.deadAt > this.setBackAt + LONGEST_SILENCE)
        entry.probe = { socket: link.socket, by: time.now + within }
    }
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
    // Nobody can tell the order of a poll and of what comes without a number.
    const ordered = update.source === 'poll' || !this.#isBare(node)
    if (entry.shown !== null && isBefore(place, entry.shown) && ordered) {
      this.fail('I-2', `${node}: ${said(place)} by ${update.source} replaces ${said(entry.shown)}`)
    }
    entry.shown = place
    entry.update = update
    entry.behindSince = null
    if (!this.#matches(update, was)) {
      this.fail(
        'I-2',
        `${node}: shown by ${update.source} as ${said(place)}: ${JSON.stringify(update.state)}, was ${JSON.stringify(was)}`,
      )
    }
  }

  /** What comes over a socket without subprotocol says no more than a row, and not when it was said. */
  #matches({ node, source, state }: NodeUpdate, was: NodeState): boolean {
    if (source === 'poll') return sameRow(state, was)
    if (sameState(state, was) || sameButPeers(state, was)) return true
    return this.#isBare(node) && sameButAges(state, was)
  }

  #isBare(node: string): boolean {
    return this.#scene.network().newest.get(this.#scene.endpointOf(node))?.socket.protocol === ''
  }

  onState(node: string, state: ConnectionState): void {
    const entry = this.entry(node)
    const before = entry.state
    entry.state = state
    const { time, page } = this.#scene
    if (this.disposed && state.status !== 'closed') this.fail('I-4', `${node}: ${state.status} after dispose`)
    const newest = this.#scene.network().newest.get(this.#scene.endpointOf(node))?.socket
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
    if (before.status === 'live' && state.status === 'waiting' && state.reason.code === 'silent' && !page.visible) {
      this.fail('I-8', `${node}: declared dead while hidden`)
    }
    if (state.status === 'live' || !isPollable(state)) entry.pollableSince = null
    else entry.pollableSince ??= time.now
    if (before.status === 'live') entry.spread = spreadOf(state)
    else if (entry.pollableSince === null) entry.spread = 0
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
    let tries = this.#tries.get(endpoint)
    if (tries === undefined) {
      tries = new Tries()
      this.#tries.set(endpoint, tries)
    }
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
      for (const entry of this.nodes.values()) entry.probe = null
      return
    }
    const { sockets, ladder } = this.#scene.client()
    let calm = !page.visible
    // Nothing that hangs on the page's timers can be asked of a page that has one turn of them a minute.
    const slow = time.throttleMs >= INTENSIVE
    for (const [node, entry] of this.nodes) {
      if (!entry.watched) continue
      const state = sockets.getNodeState(node)
      if (entry.probe !== null && time.now > entry.probe.by) {
        if (entry.probe.socket.readyState === 1)
          this.fail('I-3', `${node}: a wake signal ${PROBE} ms ago, and a dead socket still counts as live`)
        entry.probe = null
      }
      if (entry.redial !== null && time.now > entry.redial.by) {
        const newest = this.#scene.network().newest.get(this.#scene.endpointOf(node))?.socket
        if (newest === entry.redial.socket && state.status !== 'live')
          this.fail('I-3', `${node}: a wake signal ${REDIAL} ms ago, and the try before it is still the newest`)
        entry.redial = null
      }
      this.#checkData(node, entry, state)
      const transport = ladder.transportOf(node)
      if (state.status !== 'live') calm = false
      if ((state.status === 'live') !== (transport === 'socket'))
        this.fail('I-7', `${node}: ${state.status}, fed by ${transport}`)
      else if (state.status === 'idle' || state.status === 'closed')
        this.fail('I-7', `${node}: watched and ${state.status}`)
      else if (state.status === 'paused' && state.reason.message === '')
        this.fail('I-7', `${node}: paused without a reason`)
      else if (!isPollable(state) && transport === 'polling')
        this.fail('I-7', `${node}: polled while ${JSON.stringify(state)}`)
      // A page that is put away asks for nothing, whatever its connections say.
      const grace = FALLBACK_GRACE + NEAR_TRIES + entry.spread
      const due = entry.pollableSince !== null && !page.away && !slow && time.now - entry.pollableSince > grace
      if (due && transport !== 'polling') {
        this.fail('I-7', `${node}: ${state.status} for ${time.now - (entry.pollableSince ?? 0)} ms, fed by nothing`)
        entry.pollableSince = time.now
      }
    }
    this.#checkCalm(calm)
    for (const { startedAt, nodes } of this.#scene.http().open) {
      const ms = time.now - Math.max(startedAt, this.#awakeSince)
      if (!slow && ms > POLL_DEADLINE && ms < POLL_DEADLINE + 500)
        this.fail('I-11', `the poll for ${nodes.join()} has hung for ${ms} ms`)
    }
  }

  /** A green dot over no data, or over old ones. */
  #checkData(node: string, entry: Watched, state: ConnectionState): void {
    const { time, page, server } = this.#scene
    const network = this.#scene.network()
    const link = network.newest.get(this.#scene.endpointOf(node))
    const place = server.life?.feeds.get(node)
    const sound = state.status === 'live' && link !== undefined && place !== undefined && network.isSound(link)
    if (sound && link.socket.protocol === '' && this.#scene.client().sockets.isAgeKnown(node))
      this.fail('I-14', `${node}: live by a server that does not vouch, and its age is said to be known`)
    const same = entry.shown !== null && entry.shown.life === server.life?.number && entry.shown.seq === place?.seq
    if (!sound || same || !page.visible) {
      entry.behindSince = null
      return
    }
    entry.behindSince ??= time.now
    const ms = time.now - entry.behindSince
    // A pong may have put a beat off, and only a beat tells of what a relay kept to itself.
    const longest = link.moved ? LONGEST_LAG + LONGEST_SILENCE : LONGEST_LAG
    if (ms <= (entry.shown === null ? LIVE_WITHOUT_DATA : longest)) return
    this.fail('I-12', `${node}: live for ${ms} ms, and shown is ${entry.shown === null ? 'nothing' : said(entry.shown)}`)
    entry.behindSince = time.now
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

export function isPollable(state: ConnectionState): boolean {
  if (state.status === 'connecting' || state.status === 'waiting') return true
  if (state.status !== 'paused' || state.why === 'offline' || state.why === 'hidden') return false
  return state.reason.closeCode !== CLOSE.noSuchNode && state.reason.serverCode !== 'no-such-node'
}

function spreadOf(state: ConnectionState): number {
  return 'reason' in state ? Math.min(MOST_SPREAD, state.reason.spreadMs ?? SPREAD) : 0
}

function said({ life, seq }: Place): string {
  return `life ${life} seq ${seq}`
}
