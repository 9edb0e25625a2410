/** I-7, but for overlapping polls: each node is fed by its socket, or by polling, or rests with a reason. */
import { CLOSE } from '../../../protocol/closeCodes.ts'
import type { ConnectionState } from '../../src/services/connectionState.ts'
import type { Fail, Scene } from './scene.ts'
import { INTENSIVE } from './virtualPage.ts'

/** Seconds of grace where the code has a deadline: its own plus one turn of a throttled timer and of this watch. */
const FALLBACK_GRACE = 2_600 + 1_250
/** A try that is near is let go first, twice at most. */
const NEAR_TRIES = 7_000
const SPREAD = 5_000
const MOST_SPREAD = 15_000

interface Fed {
  /** How much longer than others it may be without polling: who falls with everybody is spread. */
  spread: number
  /** Not live although asking by poll would help, since; null = live or not pollable. */
  pollableSince: number | null
}

export class FeedWatch {
  readonly #scene: Scene
  readonly #fail: Fail
  readonly #nodes = new Map<string, Fed>()

  constructor(scene: Scene, fail: Fail) {
    this.#scene = scene
    this.#fail = fail
  }

  /** It is watched from now on, or no more. */
  forget(node: string): void {
    this.#of(node).pollableSince = null
  }

  /** Deadlines start afresh at `now`. */
  woke(now: number): void {
    for (const fed of this.#nodes.values()) if (fed.pollableSince !== null) fed.pollableSince = now
  }

  onState(node: string, before: ConnectionState, state: ConnectionState): void {
    const fed = this.#of(node)
    if (state.status === 'live' || !isPollable(state)) fed.pollableSince = null
    else fed.pollableSince ??= this.#scene.time.now
    if (before.status === 'live') fed.spread = spreadOf(state)
    else if (fed.pollableSince === null) fed.spread = 0
  }

  check(node: string, state: ConnectionState): void {
    const { time, page } = this.#scene
    const fed = this.#of(node)
    const transport = this.#scene.client().ladder.transportOf(node)
    if ((state.status === 'live') !== (transport === 'socket'))
      this.#fail('I-7', `${node}: ${state.status}, fed by ${transport}`)
    else if ((state.status === 'idle' && page.flagKnown) || state.status === 'closed')
      this.#fail('I-7', `${node}: watched and ${state.status}`)
    else if (state.status === 'paused' && state.reason.message === '')
      this.#fail('I-7', `${node}: paused without a reason`)
    else if (!(isPollable(state) && page.online) && transport === 'polling')
      this.#fail('I-7', `${node}: polled while ${page.online ? '' : 'offline and '}${JSON.stringify(state)}`)
    // Its sockets are tried offline all the same; nothing is asked before it is back.
    if (!page.online && fed.pollableSince !== null) fed.pollableSince = time.now
    // A page that is put away asks for nothing, and one whose timers fire once a minute asks when they do.
    if (fed.pollableSince === null || page.away || time.throttleMs >= INTENSIVE || transport === 'polling') return
    const ms = time.now - fed.pollableSince
    if (ms <= FALLBACK_GRACE + NEAR_TRIES + fed.spread) return
    this.#fail('I-7', `${node}: ${state.status} for ${ms} ms, fed by nothing`)
    fed.pollableSince = time.now
  }

  #of(node: string): Fed {
    const fed = this.#nodes.get(node) ?? { spread: 0, pollableSince: null }
    this.#nodes.set(node, fed)
    return fed
  }
}

function isPollable(state: ConnectionState): boolean {
  if (state.status === 'waiting') return true
  // A node that the server did not have is not polled while it is only asked for again.
  if (state.status === 'connecting') return state.refused !== true
  if (state.status !== 'paused' || state.why === 'offline' || state.why === 'hidden') return false
  return state.reason.closeCode !== CLOSE.noSuchNode && state.reason.serverCode !== 'no-such-node'
}

function spreadOf(state: ConnectionState): number {
  return 'reason' in state ? Math.min(MOST_SPREAD, state.reason.spreadMs ?? SPREAD) : 0
}
