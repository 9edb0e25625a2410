import { diffVoter, EMPTY_VOTER, isReceiverName, MAX_RECEIVERS } from '../../../protocol/voter.ts'
import type { Receiver, ReceiverState, VoterPatch, VoterReason, VoterState } from '../../../protocol/voter.ts'
import type { VoterInstance, VoterReceiver } from '../ami/voterStatus.ts'
import { Feed } from './feed.ts'
import { NOT_WATCHED } from './nodeFeed.ts'
import type { Loss } from './nodeFeed.ts'

/** One voter's truth. */
export class VoterFeed extends Feed<VoterState, VoterPatch> {
  constructor(node: string, epoch: string, now: number) {
    super(node, epoch, now, { ...EMPTY_VOTER, reachReason: NOT_WATCHED }, diffVoter)
  }

  /** Asterisk tells of the voter. @param rx does its node receive? null = not known */
  told({ voted, receivers }: VoterInstance, rx: boolean | null, now: number): void {
    const named = isOfBefore(voted, receivers, rx) ? null : voted
    const hearing = receivers.map((receiver) => (isDeaf(receiver, named, rx) ? { ...receiver, rssi: 0 } : receiver))
    const heard = heardOf(named, hearing)
    this.update({ reach: 'up', reachReason: null, voted: heard, receivers: receiversOf(heard, hearing) }, now)
  }

  /** It does not. Which receivers there are is still known, what they hear is not. */
  lost(reach: 'down' | 'unknown', reachReason: VoterReason | null, now: number): void {
    this.update(silent(this.state, reach, reachReason), now)
  }

  /** Whoever counts is not heard any more, see {@link NodeFeed.lose}. */
  lose(truth: VoterState, { code, message }: Loss, epoch: string, now: number): void {
    this.adopt({ epoch, seq: 0, at: now, state: silent(truth, 'down', { code, message }) })
  }

  /** Asterisk says that there is no such voter. */
  missing(reachReason: VoterReason, now: number): void {
    this.update({ ...EMPTY_VOTER, reach: 'down', reachReason }, now)
  }
}

function silent(state: VoterState, reach: 'down' | 'unknown', reachReason: VoterReason | null): VoterState {
  const receivers = Object.entries(state.receivers).map(([name, receiver]) => [name, deaf(receiver)] as const)
  return { reach, reachReason, voted: null, receivers: Object.fromEntries(receivers) }
}

function deaf(receiver: Receiver): Receiver {
  return { ...receiver, rssi: null, state: receiver.state === 'voted' ? 'voting' : receiver.state }
}

/** chan_voter 3.10.1 goes on naming a master that has gone; and, while the master is away, whoever was voted last, once that one is back. */
function isOfBefore(voted: string | null, receivers: readonly VoterReceiver[], rx: boolean | null): boolean {
  if (receivers.some(({ name, inactive }) => inactive && name === voted)) return true
  const isTimeless = receivers.some(({ master, inactive }) => master && inactive) && !receivers.some(({ activeMaster }) => activeMaster)
  return isTimeless && rx === false
}

/**
 * chan_voter keeps the last signal of a receiver that went away, and for as long as the master is away that of all. Before app_rpt 3.10.1 it
 * calls none of them inactive; it votes for nobody then, though, and the node receives nothing.
 */
function isDeaf({ inactive }: VoterReceiver, voted: string | null, rx: boolean | null): boolean {
  return inactive || (voted === null && rx === false)
}

/** Before app_rpt 3.10.1 `Voted:` is the last that was voted, which no mix receiver ever is, for as long as any is heard (chan_voter `lastwon`). */
function heardOf(voted: string | null, receivers: readonly VoterReceiver[]): string | null {
  let heard = voted
  let strongest = receivers.find(({ name }) => name === voted)?.rssi ?? 0
  for (const { name, mix, rssi } of receivers) {
    if (!mix || rssi === null || rssi <= strongest) continue
    heard = name
    strongest = rssi
  }
  return heard
}

/** Receivers' addresses are nobody's business. */
function receiversOf(voted: string | null, receivers: readonly VoterReceiver[]): VoterState['receivers'] {
  return Object.fromEntries(
    receivers
      .filter(({ name }) => isReceiverName(name))
      .slice(0, MAX_RECEIVERS)
      .map((receiver, order) => {
        const { name, rssi, master, activeMaster } = receiver
        return [name, { rssi, state: stateOf(receiver, voted), master: master || activeMaster, order }]
      }),
  )
}

function stateOf({ name, mix, inactive }: VoterReceiver, voted: string | null): ReceiverState {
  if (inactive) return 'inactive'
  if (name === voted) return 'voted'
  return mix ? 'mix' : 'voting'
}
