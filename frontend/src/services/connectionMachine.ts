/**
 * The connection to one endpoint as a pure reducer: (machine, event, now, random) → (machine, effects).
 *
 * All policy is here and in the two files beside it, and only there: `machine.ts` says what there is and when a timer is wanted,
 * `transitions.ts` how one state becomes another, how long is waited included, and this one which event leads to which. None
 * holds a socket or a timer: `Channel` carries the effects out, calls back with events, and has one timer for {@link deadlineOf}.
 */
import { closeVerdict } from '../../../protocol/closeCodes.ts'
import type { PageSignal } from '../env/env.ts'
import { isMissing } from './connectionState.ts'
import type { Reason } from './connectionState.ts'
import { deadlineOf, LIMITS } from './machine.ts'
import type { Machine, MachineEvent, Step } from './machine.ts'
import { because, fail, hasSocket, isPaused, pause, probe, reopen, stay, to, tryNow, wake } from './transitions.ts'

export function step(machine: Machine, event: MachineEvent, now: number, random: number): Step {
  if (machine.state.status === 'closed') return stay(machine)
  // Dead letters: of a socket that was replaced, or of one that was given up.
  if ('generation' in event && (event.generation !== machine.generation || !hasSocket(machine))) return stay(machine)
  switch (event.type) {
    case 'connect':
      return onConnect({ ...machine, wanted: true }, now)
    case 'disconnect':
      return to({ ...machine, state: { status: 'closed' } }, [{ type: 'drop' }])
    case 'retry':
      // A ticket that was renewed already is renewed with this try: if it is refused as well, it is the user's turn again.
      return onRetry({ ...machine, away: false }, now)
    case 'reopen':
      return hasSocket(machine) ? reopen(machine, now) : stay(machine)
    case 'signed-in':
      return onUser({ ...machine, renewed: false }, now)
    case 'ticket-failed':
      return stay({ ...machine, ticketFailed: true })
    case 'unauthorized':
      return onUnauthorized({ ...machine, ticketFailed: false }, now, random)
    case 'admitted':
      // Perhaps somebody signed in on another tab, or a right came back: one try, as spread and as seldom as after any failure, since
      // a server that gives polls to everybody refuses it again.
      return isPaused(machine, 'needs-auth') && now >= machine.admitAt ? tryNow(machine, now) : stay(machine)
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
      return stay({ ...machine, triedAt: now })
    case 'socket-open':
      return stay({ ...machine, openedAt: now })
    case 'socket-message':
      return onMessage(machine, event, now)
    case 'goaway':
      return onGoaway(machine, event, now, random)
    case 'socket-close':
      return fail(machine, closeVerdict(event.code), closeReason(event.code, event.reason), now, random)
  }
}

/** Before the flag is known it is not said either that sockets are switched off: the page would flicker. */
function onConnect(machine: Machine, now: number): Step {
  return machine.state.status === 'idle' && machine.flagOn !== null ? tryNow(machine, now) : stay(machine)
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
  return isPaused(machine, 'needs-auth') || isMissing(state) ? tryNow(machine, now) : stay(machine)
}

function onUnauthorized(machine: Machine, now: number, random: number): Step {
  const { state } = machine
  if (state.status === 'waiting') return fail(machine, 'renew-ticket', because('needs-auth'), now, random)
  const polled = state.status === 'paused' && (state.why === 'flag-off' || state.reason.code === 'no-websocket')
  return polled ? pause(machine, 'needs-auth') : stay(machine)
}

const NO_WEBSOCKET = 'This browser has no WebSocket: live connections are not possible.'

function onMessage(machine: Machine, event: { beatMs?: number }, now: number): Step {
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
  const verdict = event.reason === 'flag-off' ? 'flag-off' : 'retry'
  // Who switches sockets off lets go of one page after another, if he does not say how they should spread.
  const told = event.spreadMs > 0 || verdict === 'flag-off'
  const message = `The server asked this page to come back later (${event.reason}).`
  const reason: Reason = { code: 'goaway', message, ...(told ? { spreadMs: event.spreadMs } : {}) }
  return fail(machine, verdict, reason, now, random, event.spreadMs)
}

function onFlag(machine: Machine, now: number): Step {
  if (machine.state.status === 'idle') return machine.wanted ? tryNow(machine, now) : stay(machine)
  if (machine.flagOn) return isPaused(machine, 'flag-off') ? tryNow(machine, now) : stay(machine)
  return isPaused(machine, 'flag-off') ? stay(machine) : pause(machine, 'flag-off')
}

function onSignal(machine: Machine, signal: PageSignal | 'clock-gap', now: number): Step {
  switch (signal) {
    case 'offline':
      if (machine.state.status !== 'waiting') return stay({ ...machine, online: false })
      return pause({ ...machine, online: false }, 'offline')
    case 'hidden':
      return stay({ ...machine, visible: false, probeUntil: null })
    case 'freeze':
      return stay({ ...machine, probeUntil: null })
    case 'pagehide':
      if (machine.state.status === 'idle') return stay({ ...machine, away: true })
      // A held socket would keep the page out of the back-forward cache.
      return isPaused(machine, 'refused') || isPaused(machine, 'needs-auth') || isPaused(machine, 'flag-off')
        ? stay({ ...machine, away: true })
        : pause({ ...machine, away: true }, 'hidden')
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

function onDeadline(machine: Machine, now: number, random: number): Step {
  const deadline = deadlineOf(machine)
  if (deadline === null || now < deadline) return stay(machine)
  const { state } = machine
  switch (state.status) {
    case 'connecting': {
      const reason: Reason =
        machine.openedAt === null
          ? { code: 'connect-timeout', message: 'The server did not accept the connection in time.' }
          : { code: 'first-message-timeout', message: 'The server accepted the connection, then said nothing.' }
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

function closeReason(code: number, text: string): Reason {
  const said = text.trim() === '' ? '' : `: ${text.trim().slice(0, 200)}`
  return { code: 'socket-closed', message: `The connection was closed (${code}${said}).`, closeCode: code }
}
