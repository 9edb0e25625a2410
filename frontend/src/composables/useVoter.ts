import { getCurrentInstance, onMounted, onScopeDispose, shallowReadonly, shallowRef, toValue, watch } from 'vue'
import type { MaybeRefOrGetter, ShallowRef } from 'vue'
import type { LiveClient } from '../services/liveClient.ts'
import { VoterService } from '../services/VoterService.ts'
import type { VoterUpdate } from '../services/VoterService.ts'
import { useLiveClient } from '../stores/client.ts'
import { nodeIdOf } from '../stores/nodeId.ts'
import type { FromStore } from './fromStore.ts'

const services = new WeakMap<LiveClient, VoterService>()

/** The receivers of a voter, asked for while the calling scope lives; several who show one voter ask once. */
export function useVoter(nodeId: MaybeRefOrGetter<string | number>, { store }: FromStore = {}): Readonly<ShallowRef<VoterUpdate>> {
  const client = store?.client ?? useLiveClient()
  const service = services.get(client) ?? new VoterService(client)
  services.set(client, service)
  const update = shallowRef<VoterUpdate>({ voters: [], error: null, at: null })
  let leave: (() => void) | null = null
  let offEnd: (() => void) | null = null
  const follow = () => {
    const stop = watch(
      () => nodeIdOf(toValue(nodeId)),
      (id) => {
        leave?.()
        leave = id === '' ? null : service.watch(id, (next) => { update.value = next })
      },
      { immediate: true },
    )
    // The client may end before whoever shows the voter.
    offEnd = client.onDispose(() => {
      stop()
      leave?.()
      leave = null
    })
  }
  // A server renders one moment and asks nothing.
  if (getCurrentInstance() === null) follow()
  else onMounted(follow)
  onScopeDispose(() => {
    offEnd?.()
    leave?.()
  })
  return shallowReadonly(update)
}
