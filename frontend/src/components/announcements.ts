import { shallowRef, watch } from 'vue'
import type { Ref } from 'vue'
import type { Reach } from '../../../protocol/nodeState.ts'
import type { ConnectionState } from '../services/connectionState.ts'
import type { ReachFacts } from './facts.ts'
import { words } from './words.ts'

type Sight = readonly [node: string, status: ConnectionState['status'], reach: Reach]

/**
 * What a screen reader is told: changes, once each, in one sentence. Counting seconds are no change, and neither is one
 * failed try after another.
 */
export function useAnnouncements(
  node: () => string,
  connection: () => ConnectionState,
  facts: () => ReachFacts,
): Readonly<Ref<string>> {
  const text = shallowRef('')
  let wasLive = connection().status === 'live'
  let wasReach = facts().reach
  const change = ([id, status, reach]: Sight, [oldId, oldStatus]: Sight) => {
    const said: string[] = []
    if (id === oldId) {
      if (status === 'live' && oldStatus !== 'live') {
        said.push(wasLive ? words.announce.connectedAgain(id) : words.announce.connected(id))
      } else if (status !== 'live' && oldStatus === 'live') {
        said.push(words.announce.lost(id))
      }
      if (reach === 'down' && wasReach !== 'down') {
        said.push(words.announce.asteriskDown(id, facts().reachReason?.message ?? words.status.noReason))
      } else if (reach === 'up' && wasReach === 'down') {
        said.push(words.announce.asteriskUp(id))
      }
    } else {
      wasLive = false
    }
    wasLive ||= status === 'live'
    // A detour over "unknown" is still the same outage.
    if (reach !== 'unknown' || id !== oldId) wasReach = reach
    if (said.length > 0 || id !== oldId) text.value = said.join(' ')
  }
  // After the render: by then the blip rule has had its say about the connection.
  watch([node, () => connection().status, () => facts().reach] as const, change, { flush: 'post' })
  return text
}
