/**
 * The connection to one endpoint as a pure reducer: (machine, event, now, random) → (machine, effects).
 *
 * All policy is here, and only here: what a close code means, how long to wait, what the page's signals do, when silence
 * is death. It holds no socket and no timer. `Channel` carries the effects out and calls back with events; a timer is
 * nothing but {@link deadlineOf}.
 */
import { CLOSE, closeVerdict } from '../../../protocol/closeCodes.ts'
import type { CloseVerdict } from '../../../protocol/closeCodes.ts'
import type { PageSignal } from '../env/env.ts'
import { BACKOFF, backoffDelay, hiddenDelay, spreadDelay } from './backoff.ts'
import type { ConnectionState, PauseReason, Reason, WakeCondition } from './connectionState.ts'

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
  readonly online: boolean
  readonly visible: boolean
  /** The page is in (or on its way to) the back-forward cache: no socket may be held there. */
  readonly away: boolean
  readonly flagOn: boolean
  /** The page asked to be kept current while hidden (alerts on). */
  readonly stayAwake: boolean
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
  /** Somebody signed in or out. */
  | { readonly type: 'signed-in' }
  /** HTTP answers 401 where polling stands in for the socket. */
  | { readonly type: 'unauthorized' }
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

export function initialMachine(page: { online: boolean; visible: boolean; flagOn?: boolean; stayAwake?: boolean }): Machine {
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
    online: page.online,
    visible: page.visible,
    away: false,
    flagOn: page.flagOn ?? true,
    stayAwake: page.stayAwake ?? false,
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
      return state.why === 'offline' ? (machine.triedAt ?? 0) + LIMITS.offlineTestMs : null
    case 'idle':
    case 'closed':
      return null
  }
}

export function step(machine: Machine, event: MachineEvent, now: number, random: number): Step {
  if (machine.state.status === 'closed') return stay(machine)
  switch (event.type) {
    case 'connect':
      return machine.state.status === 'idle' ? tryNow(machine, now) : stay(machine)
    case 'disconnect':
      return to({ ...machine, state: { status: 'closed' } }, [{ type: 'drop' }])
    case 'retry':
      return onRetry({ ...machine, renewed: false, away: false }, now)
    case 'reopen':
      return hasSocket(machine) ? reopen(machine, now) : stay(machine)
    case 'signed-in':
      return onUser({ ...machine, renewed: false }, now)
    case 'unauthorized':
      return onUnauthorized(machine, now, random)
    case 'flag':
      return onFlag({ ...machine, flagOn: event.on }, now)
    case 'stay-awake':
      return stay({ ...machine, stayAwake: event.on })
    case 'no-websocket':
      return pause(machine, 'refused', { code: 'no-websocket', message: NO_WEBSOCKET })
    case 'signal':
      return onSignal(machine, event.signal, now)
    case 'deadline':
      return onDeadline(machine, now, random)
    case 'socket-born':
      if (event.generation !== machine.generation || machine.state.status !== 'connecting') return stay(machine)
      return stay({ ...machine, triedAt: now })
    case 'socket-open':
      if (event.generation !== machine.generation || machine.state.status !== 'connecting') return stay(machine)
      return stay({ ...machine, openedAt: now })
    case 'socket-message':
      return onMessage(machine, event, now)
    case 'goaway':
      if (event.generation !== machine.generation || !hasSocket(machine)) return stay(machine)
      return onGoaway(machine, event, now, random)
    case 'socket-close':
      if (event.generation !== machine.generation || !hasSocket(machine)) return stay(machine)
      return fail(machine, closeVerdict(event.code), closeReason(event.code, event.reason), now, random)
  }
}

/** The user's: whatever the state, something is done at once. */
function onRetry(machine: Machine, now: number): Step {
  switch (machine.state.status) {
    case 'live':
      return probe(machine, now)
    case 'connecting':
      // An impatient finger is not faster than the network.
      return now - (machine.triedAt ?? 0) < LIMITS.wakeGapMs ? stay(machine) : reopen(machine, now)
    case 'waiting':
    case 'paused':
      return tryNow(machine, now)
    case 'idle':
    case 'closed':
      return stay(machine)
  }
}

/** A server knows a socket by the user who opened it. */
function onUser(machine: Machine, now: number): Step {
  const { state } = machine
  if (hasSocket(machine)) return reopen(machine, now)
  if (state.status === 'waiting') return wake(machine, now)
  // To somebody signed in, a node that is not his is no such node.
  const waited = state.status === 'paused' && (state.why === 'needs-auth' || state.reason.closeCode === CLOSE.noSuchNode)
  return waited ? tryNow(machine, now) : stay(machine)
}

function onUnauthorized(machine: Machine, now: number, random: number): Step {
  const { state } = machine
  const reason: Reason = { code: 'needs-auth', message: NEEDS_AUTH }
  if (state.status === 'waiting') return fail(machine, 'renew-ticket', reason, now, random)
  const polled = state.status === 'paused' && (state.why === 'flag-off' || state.reason.code === 'no-websocket')
  return polled ? pause(machine, 'needs-auth', reason) : stay(machine)
}

const NEEDS_AUTH = 'The server wants to know who is asking. Sign in to go on.'
const NO_WEBSOCKET = 'This browser has no WebSocket. The page is kept current by polling.'

function onMessage(machine: Machine, event: { generation: number; beatMs?: number }, now: number): Step {
  if (event.generation !== machine.generation || !hasSocket(machine)) return stay(machine)
  const heard: Machine = {
    ...machine,
    heardAt: now,
    probeUntil: null,
    beatMs: event.beatMs ?? machine.beatMs,
    openedAt: machine.openedAt ?? now,
  }
  if (machine.state.status === 'live') return stay(heard)
  return stay({ ...heard, state: { status: 'live', since: now } })
}

function onGoaway(machine: Machine, event: { spreadMs: number; reason: string }, now: number, random: number): Step {
  const reason: Reason = {
    code: 'goaway',
    message: `The server asked this page to come back later (${event.reason}).`,
    ...(event.spreadMs > 0 ? { spreadMs: event.spreadMs } : {}),
  }
  const verdict = event.reason === 'flag-off' ? 'flag-off' : 'retry'
  return fail(machine, verdict, reason, now, random, event.spreadMs)
}

function onFlag(machine: Machine, now: number): Step {
  if (machine.flagOn) return isPaused(machine, 'flag-off') ? tryNow(machine, now) : stay(machine)
  if (machine.state.status === 'idle') return stay(machine)
  return pause(machine, 'flag-off', { code: 'flag-off', message: FLAG_OFF })
}

const FLAG_OFF = 'Live sockets are switched off for this viewer. The page is kept current by polling.'

function onSignal(machine: Machine, signal: PageSignal | 'clock-gap', now: number): Step {
  switch (signal) {
    case 'offline':
      if (machine.state.status !== 'waiting') return stay({ ...machine, online: false })
      return pause({ ...machine, online: false }, 'offline', { code: 'offline', message: OFFLINE })
    case 'hidden':
      return stay({ ...machine, visible: false, probeUntil: null })
    case 'freeze':
      return stay({ ...machine, probeUntil: null })
    case 'pagehide':
      if (machine.state.status === 'idle') return stay({ ...machine, away: true })
      // A held socket would keep the page out of the back-forward cache.
      return isPaused(machine, 'refused') || isPaused(machine, 'needs-auth') || isPaused(machine, 'flag-off')
        ? stay({ ...machine, away: true })
        : pause({ ...machine, away: true }, 'hidden', { code: 'hidden', message: HIDDEN })
    case 'online':
      return wake({ ...machine, online: true }, now)
    case 'visible':
      return wake({ ...machine, visible: true }, now)
    case 'pageshow':
      return wake({ ...machine, away: false }, now)
    case 'resume':
    case 'clock-gap':
      return wake(machine, now)
  }
}

const OFFLINE = 'This device says it is offline. The page connects by itself when it is back.'
const HIDDEN = 'The page was put away. It connects again when it is shown.'

/** Something good happened to the page: a live socket is probed, a wait is cut short, a pause that this ends is ended. */
function wake(machine: Machine, now: number): Step {
  const { state } = machine
  switch (state.status) {
    case 'live':
      return probe(machine, now)
    case 'connecting':
      // A try that was slept through is over; one that fails after this is followed by another one soon.
      return now >= (deadlineOf(machine) ?? now) ? reopen(machine, now) : stay({ ...machine, failures: 0 })
    case 'waiting': {
      const soonest = (machine.triedAt ?? 0) + LIMITS.wakeGapMs
      if (soonest <= now || (machine.triedAt ?? 0) > now) return tryNow(machine, now)
      return stay({ ...machine, state: { ...state, until: Math.min(state.until, soonest) } })
    }
    case 'paused':
      return state.why === 'offline' || (state.why === 'hidden' && !machine.away) ? tryNow(machine, now) : stay(machine)
    case 'idle':
    case 'closed':
      return stay(machine)
  }
}

/** This page has a reason of its own to ask a live socket whether it lives. */
function probe(machine: Machine, now: number): Step {
  const woken = { ...machine, woken: true }
  // A probe that is out is not put off by the next signal: they come in bunches.
  if (machine.probeUntil !== null && Math.abs(machine.probeUntil - now) <= LIMITS.probeMs) return stay(woken)
  return to({ ...woken, probeUntil: now + LIMITS.probeMs }, [{ type: 'ping' }])
}

function onDeadline(machine: Machine, now: number, random: number): Step {
  const deadline = deadlineOf(machine)
  if (deadline === null || now < deadline) return stay(machine)
  const { state } = machine
  switch (state.status) {
    case 'connecting': {
      const reason: Reason =
        machine.openedAt === null
          ? { code: 'connect-timeout', message: 'The server did not take the connection in time.' }
          : { code: 'first-message-timeout', message: 'The server took the connection and then said nothing.' }
      return fail(machine, 'retry', reason, now, random)
    }
    case 'live': {
      if (machine.probeUntil === null) {
        return to({ ...machine, probeUntil: now + LIMITS.probeMs, woken: false }, [{ type: 'ping' }])
      }
      // Who woke up is replaced at once; who fell silent with everybody else comes back spread like everybody else.
      const silent: Reason = { code: 'silent', message: 'The connection went silent.' }
      if (machine.woken) return fail(machine, 'retry', { ...silent, spreadMs: 0 }, now, 0)
      return fail(machine, 'retry', silent, now, random)
    }
    case 'waiting':
    case 'paused':
      return tryNow(machine, now)
    case 'idle':
    case 'closed':
      return stay(machine)
  }
}

/** One try, unless the flag or the back-forward cache forbids it. */
function tryNow(machine: Machine, now: number): Step {
  if (!machine.flagOn) return pause(machine, 'flag-off', { code: 'flag-off', message: FLAG_OFF })
  if (machine.away) return pause(machine, 'hidden', { code: 'hidden', message: HIDDEN })
  const generation = machine.generation + 1
  return to(
    {
      ...machine,
      generation,
      triedAt: now,
      openedAt: null,
      heardAt: null,
      probeUntil: null,
      state: { status: 'connecting', since: now, attempt: machine.failures + 1 },
    },
    [{ type: 'open', generation }],
  )
}

/** Another socket in place of this one, at once. */
function reopen(machine: Machine, now: number): Step {
  const next = tryNow(machine, now)
  return to(next.machine, [{ type: 'drop' }, ...next.effects])
}

function fail(m: Machine, verdict: CloseVerdict, reason: Reason, now: number, random: number, spreadMs?: number): Step {
  const stable = m.state.status === 'live' && now - m.state.since >= LIMITS.stableMs
  const failures = stable ? 0 : m.failures
  // A server that greets and then refuses has not accepted the ticket: only a stable connection wipes the slate.
  const renewed = m.renewed && !stable
  // Who is refused while a server restarts goes on as spread as that server asked, and does not begin at one second again.
  const told = spreadMs === undefined ? 0 : Math.ceil(Math.log2(Math.max(1, spreadMs / BACKOFF.baseMs)))
  const machine: Machine = { ...m, failures: Math.max(failures + 1, told) }
  if (verdict === 'refused') return pause(machine, 'refused', { ...reason, code: 'refused' })
  if (verdict === 'flag-off') return pause(machine, 'flag-off', { ...reason, code: 'flag-off' })
  if (verdict === 'renew-ticket' && renewed) return pause(machine, 'needs-auth', { ...reason, code: 'needs-auth' })
  if (!machine.online) return pause(machine, 'offline', { code: 'offline', message: OFFLINE })
  let delay = backoffDelay(failures, random)
  // A server that sends everybody away again and again must not make them spin, however short a spread it names.
  if (spreadMs !== undefined) delay = stable ? spreadDelay(spreadMs, random) : Math.max(delay, spreadDelay(spreadMs, random))
  if (verdict === 'renew-ticket') delay = backoffDelay(0, 0)
  if (!machine.visible && !machine.stayAwake) delay = Math.max(delay, hiddenDelay(random))
  return to(
    {
      ...machine,
      renewed: renewed || verdict === 'renew-ticket',
      state: { status: 'waiting', until: now + delay, attempt: machine.failures + 1, reason },
    },
    [{ type: 'drop' }],
  )
}

const WAKE: Record<PauseReason, WakeCondition> = {
  offline: 'online',
  hidden: 'visible',
  'needs-auth': 'signed-in',
  'flag-off': 'flag-on',
  refused: 'retry',
}

function pause(machine: Machine, why: PauseReason, reason: Reason): Step {
  return to({ ...machine, probeUntil: null, state: { status: 'paused', why, wake: WAKE[why], reason } }, [{ type: 'drop' }])
}

function closeReason(code: number, text: string): Reason {
  const said = text.trim() === '' ? '' : `: ${text.trim().slice(0, 200)}`
  return { code: 'socket-closed', message: `The connection was closed (${code}${said}).`, closeCode: code }
}

function hasSocket(machine: Machine): boolean {
  return machine.state.status === 'connecting' || machine.state.status === 'live'
}
function isPaused(machine: Machine, why: PauseReason): boolean {
  return machine.state.status === 'paused' && machine.state.why === why
}
function stay(machine: Machine): Step {
  return { machine, effects: [] }
}
function to(machine: Machine, effects: readonly Effect[]): Step {
  return { machine, effects }
}
