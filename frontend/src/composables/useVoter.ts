import { shallowReadonly, shallowRef, toValue, watch } from 'vue'
import type { MaybeRefOrGetter, ShallowRef } from 'vue'
import type { LiveClient } from '../services/liveClient.ts'
import { VoterService } from '../services/VoterService.ts'
import { NOTHING } from '../services/voterWatch.ts'
import type { VoterUpdate } from '../services/voterWatch.ts'
import { useLiveClient } from '../stores/client.ts'
import { nodeIdOf } from '../stores/nodeId.ts'
import type { FromStore } from './fromStore.ts'
import { whileInUse } from './whileInUse.ts'

const services = new WeakMap<LiveClient, VoterService>()

/** The voters of one page, shared by all who show them. */
function voterServiceOf(client: LiveClient): VoterService {
  const service = services.get(client) ?? new VoterService(client)
  services.set(client, service)
  return service
}

/** The receivers of a voter, followed while the calling scope lives; several who show one voter share one socket. */
export function useVoter(nodeId: MaybeRefOrGetter<string | number>, { store }: FromStore = {}): Readonly<ShallowRef<VoterUpdate>> {
  const client = store?.client ?? useLiveClient()
  const service = voterServiceOf(client)
  const update = shallowRef<VoterUpdate>(NOTHING)
  whileInUse(client, () => {
    let leave: (() => void) | null = null
    const stop = watch(
      () => nodeIdOf(toValue(nodeId)),
      (id) => {
        leave?.()
        // What another node's receivers heard is not this one's.
        update.value = NOTHING
        leave = id === '' ? null : service.watch(id, (next) => { update.value = next })
      },
      { immediate: true },
    )
    const end = () => {
      stop()
      leave?.()
      leave = null
    }
    // The client may end before whoever shows the voter.
    const offEnd = client.onDispose(end)
    return () => {
      offEnd()
      end()
    }
  })
  return shallowReadonly(update)
}

/** The user's Retry for a voter: tries at once, whatever the wait or pause. */
export function useVoterRetry(): (nodeId: string) => void {
  const service = voterServiceOf(useLiveClient())
  return (nodeId) => { service.retry(nodeId) }
}
