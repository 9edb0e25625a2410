import { watch } from 'vue'
import type { Reach } from '../../../../protocol/nodeState.ts'
import type { ConnectionState } from '../../services/connectionState.ts'
import { livesOnPolling, whyNotReached } from '../facts.ts'
import type { ReachFacts } from '../facts.ts'
import type { Happening } from './happenings.ts'

type Sight = readonly [node: string, status: ConnectionState['status'], reach: Reach]
type Told = Pick<ReachFacts, 'reach' | 'reachReason'>

/**
 * Tells of one node's losses and recoveries, once each. Counting seconds are none, and neither is one failed try after
 * another.
 * @param connection as `useSettledConnection` gives it, so that a blip is none either
 * @param stale may what is shown no longer be true? A page that polls by the flag has lost nothing while that works
 * @param tell all that one moment brought; nothing = another node is meant from now on
 */
export function useLossHappenings(
  node: () => string,
  connection: () => ConnectionState,
  stale: () => boolean,
  facts: () => Told,
  tell: (happenings: readonly Happening[]) => void,
): void {
  const told = () => (livesOnPolling(connection(), stale()) ? 'live' : connection().status)
  let wasLive = told() === 'live'
  let wasReach = facts().reach
  const change = ([id, status, reach]: Sight, [oldId, oldStatus]: Sight) => {
    const happenings: Happening[] = []
    if (id === oldId) {
      if (status === 'live' && oldStatus !== 'live') happenings.push({ kind: wasLive ? 'again' : 'connected', node: id })
      else if (status !== 'live' && oldStatus === 'live') happenings.push({ kind: 'lost', node: id })
      if (reach === 'down' && wasReach !== 'down') happenings.push({ kind: 'asterisk-down', node: id, reason: whyNotReached(facts().reachReason) })
      else if (reach === 'up' && wasReach === 'down') happenings.push({ kind: 'asterisk-up', node: id })
    } else {
      wasLive = false
    }
    wasLive ||= status === 'live'
    // A detour over "unknown" is still the same outage.
    if (reach !== 'unknown' || id !== oldId) wasReach = reach
    if (happenings.length > 0 || id !== oldId) tell(happenings)
  }
  // After the render: by then the blip rule has had its say about the connection.
  watch([node, told, () => facts().reach] as const, change, { flush: 'post' })
}
