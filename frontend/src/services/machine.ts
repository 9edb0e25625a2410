/** What the connection to one endpoint consists of, what can happen to it, and when it wants to be woken. */
import type { PageSignal } from '../env/env.ts'
import { isMissing } from './connectionState.ts'
import type { ConnectionState } from './connectionState.ts'

export const LIMITS = {
  /** From the try, or the socket's birth, to the open socket, ms. */
  connectMs: 10_000,
  /** From the open socket to its first valid message, ms. */
  firstMessageMs: 2_500,
  /** From a probe to any word, ms: with the look that notices the sleep, a socket that died in it is replaced within 3 s. */
  probeMs: 2_200,
  /** A connection that held this long counts as stable: its next failure starts the backoff afresh, ms. */
  stableMs: 5_000,
  /** A wake signal does not start a try sooner than this after the last one, ms. */
  wakeGapMs: 1_000,
  /** The browser's "offline" is a hint: it is put to the test this often, ms. */
  offlineTestMs: 60_000,
} as const

export interface Machine {
  readonly state: ConnectionState
  /** Number of the newest socket. Events of any other socket are dead letters. */
  readonly generation: number
  /** Failures since the connection was last stable. */
  readonly failures: number
  /** When the newest try began; when its socket was born, once it was. */
  readonly triedAt: number | null
  /** When the newest socket opened; null while it has not. */
  readonly openedAt: number | null
  /** When the newest socket last said something valid. */
  readonly heardAt: number | null
  /** A ping is out; silence until then is death. */
  readonly probeUntil: number | null
  /** That ping was sent because this page woke up: nobody else did, so its failure needs no spreading. */
  readonly woken: boolean
  /** The server promised to say something at least this often, ms. */
  readonly beatMs: number
  /** A ticket was already renewed once for this refusal. */
  readonly renewed: boolean
  /** No ticket could be asked for in this try, so being refused for want of one says nothing of the user. */
  readonly ticketFailed: boolean
  /**
   * A socket that was refused is not tried sooner, ms: for want of a user, where HTTP gives what it was refused; for want of the node,
   * which may be back, and there may be nothing to press.
   */
  readonly admitAt: number
  readonly online: boolean
  readonly visible: boolean
  /** The page is in (or on its way to) the back-forward cache: no socket may be held there. */
  readonly away: boolean
  /** null = not known yet: nothing is tried until it is. */
  readonly flagOn: boolean | null
  /** Somebody asked for a connection before the flag was known. */
  readonly wanted: boolean
  /** The page asked to be kept current while hidden (alerts on). */
  readonly stayAwake: boolean
  /** Perhaps this server has no sockets: it is a Supermon-NG, of which 4.0 has none, and none has opened on this page. */
  readonly socketless?: boolean
}

export type MachineEvent =
  | { readonly type: 'connect' }
  | { readonly type: 'disconnect' }
  | { readonly type: 'retry' }
  | { readonly type: 'deadline' }
  /** Behind the gate a try may wait: for its ticket, and on hidden pages for a timer of the socket library. */
  | { readonly type: 'socket-born'; readonly generation: number }
  | { readonly type: 'socket-open'; readonly generation: number }
  | { readonly type: 'socket-message'; readonly generation: number; readonly beatMs?: number }
  | { readonly type: 'socket-close'; readonly generation: number; readonly code: number; readonly reason: string }
  | { readonly type: 'goaway'; readonly generation: number; readonly spreadMs: number; readonly reason: string }
  | { readonly type: 'no-websocket' }
  | { readonly type: 'signal'; readonly signal: PageSignal | 'clock-gap' }
  /** The server speaks another dialect than it was greeted in. */
  | { readonly type: 'reopen' }
  /** The try goes on without a ticket: the question for one failed. */
  | { readonly type: 'ticket-failed' }
  /** Somebody signed in or out. */
  | { readonly type: 'signed-in' }
  /** HTTP answers 401 where polling stands in for the socket. */
  | { readonly type: 'unauthorized' }
  /** HTTP gives what this connection is there for. */
  | { readonly type: 'admitted' }
  | { readonly type: 'flag'; readonly on: boolean }
  | { readonly type: 'stay-awake'; readonly on: boolean }

export type Effect =
  /** Let one try through the gate; its events carry `generation`. */
  | { readonly type: 'open'; readonly generation: number }
  /** Close the socket, if there is one, and forget it. */
  | { readonly type: 'drop' }
  | { readonly type: 'ping' }

export interface Step {
  readonly machine: Machine
  readonly effects: readonly Effect[]
}

/** @param page what is known of it from the start */
export function initialMachine(page: Pick<Machine, 'online' | 'visible'> & Partial<Machine>): Machine {
  return {
    state: { status: 'idle' },
    generation: 0,
    failures: 0,
    triedAt: null,
    openedAt: null,
    heardAt: null,
    probeUntil: null,
    woken: false,
    beatMs: 20_000,
    renewed: false,
    ticketFailed: false,
    admitAt: 0,
    flagOn: true,
    away: false,
    wanted: false,
    stayAwake: false,
    ...page,
  }
}

/** When the machine wants a `deadline` event, ms; null = no timer at all. */
export function deadlineOf(machine: Machine): number | null {
  const { state } = machine
  switch (state.status) {
    case 'connecting':
      return machine.openedAt === null ? (machine.triedAt ?? 0) + LIMITS.connectMs : machine.openedAt + LIMITS.firstMessageMs
    case 'live':
      // Timers of hidden pages are throttled and late: while hidden nothing is judged, and nothing is spent.
      if (!machine.visible) return null
      return machine.probeUntil ?? (machine.heardAt ?? state.since) + machine.beatMs * 1.25 + 1_000
    case 'waiting':
      return state.until
    case 'paused':
      if (isMissing(state)) return machine.admitAt
      return state.why === 'offline' ? (machine.triedAt ?? 0) + LIMITS.offlineTestMs : null
    case 'idle':
    case 'closed':
      return null
  }
}
