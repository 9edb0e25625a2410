/** The ways from one state to another; what leads to which is `connectionMachine.ts`. */
import { NO_SUCH_NODE } from '../../../protocol/closeCodes.ts'
import type { CloseVerdict } from '../../../protocol/closeCodes.ts'
import { BACKOFF, backoffDelay, slowDelay, spreadDelay } from './backoff.ts'
import { isMissing } from './connectionState.ts'
import type { ConnectionState, PauseReason, Reason, WakeCondition } from './connectionState.ts'
import { deadlineOf, LIMITS } from './machine.ts'
import type { Effect, Machine, Step } from './machine.ts'

/** Why a pause that is not the server's refusal is made. */
type OwnPause = Exclude<PauseReason, 'refused'>
const WHY: Record<OwnPause, string> = {
  offline: 'This device says it is offline. The page connects by itself when it is back.',
  hidden: 'The page is in the background. It connects again when it is shown.',
  'needs-auth': 'The server needs to know who you are. Sign in to continue.',
  'flag-off': 'Live sockets are switched off for this viewer. The page connects by itself when they are on again.',
}
/** A flag is read by each page at its own time: whoever finds it off is alone in that. */
export const because = (why: OwnPause): Reason => ({ code: why, message: WHY[why], ...(why === 'flag-off' ? { spreadMs: 0 } : {}) })

/** Fewer failures than these are a restart's; more may be a server without sockets. */
const RESTART = 5

/** Something good happened to the page: a live socket is probed, a wait is cut short, a pause that this ends is ended. */
export function wake(machine: Machine, now: number): Step {
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
export function probe(machine: Machine, now: number): Step {
  const woken = { ...machine, woken: true }
  // A probe that is out is not put off by the next signal: they come in bunches.
  if (machine.probeUntil !== null && Math.abs(machine.probeUntil - now) <= LIMITS.probeMs) return stay(woken)
  return to({ ...woken, probeUntil: now + LIMITS.probeMs }, [{ type: 'ping' }])
}

/** One try, unless the flag or the back-forward cache forbids it. */
export function tryNow(machine: Machine, now: number): Step {
  if (!machine.flagOn) return pause(machine, 'flag-off')
  if (machine.away) return pause(machine, 'hidden')
  const generation = machine.generation + 1
  return to(
    {
      ...machine,
      generation,
      triedAt: now,
      openedAt: null,
      heardAt: null,
      probeUntil: null,
      ticketFailed: false,
      state: { status: 'connecting', since: now, attempt: machine.failures + 1, ...(isMissing(machine.state) && { refused: true }) },
    },
    [{ type: 'open', generation }],
  )
}

/** Another socket in place of this one, at once. */
export function reopen(machine: Machine, now: number): Step {
  const next = tryNow(machine, now)
  return to(next.machine, [{ type: 'drop' }, ...next.effects])
}

export function fail(m: Machine, verdict: CloseVerdict, reason: Reason, now: number, random: number, spreadMs?: number): Step {
  const stable = m.state.status === 'live' && now - m.state.since >= LIMITS.stableMs
  const failures = stable ? 0 : m.failures
  // A server that greets and then refuses has not accepted the ticket: only a stable connection wipes the slate.
  const renewed = m.renewed && !stable
  // Who is refused while a server restarts goes on as spread as that server asked, and does not begin at one second again.
  const told = spreadMs === undefined ? 0 : Math.ceil(Math.log2(Math.max(1, spreadMs / BACKOFF.baseMs)))
  let delay = backoffDelay(failures, random)
  const admitAt = now + (reason.closeCode === NO_SUCH_NODE ? slowDelay(random) : delay)
  const machine: Machine = { ...m, failures: Math.max(failures + 1, told), admitAt }
  const stop = verdict !== 'renew-ticket' ? verdict : renewed && !m.ticketFailed ? 'needs-auth' : 'retry'
  if (stop !== 'retry') return pause(machine, stop, { ...reason, code: stop })
  if (!machine.online) return pause(machine, 'offline')
  // A server that sends everybody away again and again must not make them spin, however short a spread it names.
  if (spreadMs !== undefined) delay = stable ? spreadDelay(spreadMs, random) : Math.max(delay, spreadDelay(spreadMs, random))
  if (verdict === 'renew-ticket' && !renewed) delay = backoffDelay(0, 0)
  const vain = machine.socketless && failures >= RESTART
  if (vain || (!machine.visible && !machine.stayAwake)) delay = Math.max(delay, slowDelay(random))
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

export const paused = (why: PauseReason, reason: Reason): ConnectionState => ({ status: 'paused', why, wake: WAKE[why], reason })

export function pause(machine: Machine, why: OwnPause): Step
export function pause(machine: Machine, why: PauseReason, reason: Reason): Step
export function pause(machine: Machine, why: PauseReason, reason = because(why as OwnPause)): Step {
  return to({ ...machine, probeUntil: null, state: paused(why, reason) }, [{ type: 'drop' }])
}

export function hasSocket(machine: Machine): boolean {
  return machine.state.status === 'connecting' || machine.state.status === 'live'
}
export function isPaused(machine: Machine, why: PauseReason): boolean {
  return machine.state.status === 'paused' && machine.state.why === why
}
export function stay(machine: Machine): Step {
  return { machine, effects: [] }
}
export function to(machine: Machine, effects: readonly Effect[]): Step {
  return { machine, effects }
}
