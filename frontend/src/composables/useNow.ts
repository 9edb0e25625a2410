import { getCurrentInstance, onMounted, onScopeDispose, readonly, shallowRef } from 'vue'
import type { Ref, ShallowRef } from 'vue'
import type { LiveClient } from '../services/liveClient.ts'
import { useLiveClient } from '../stores/client.ts'

const shared = new WeakMap<LiveClient, ShallowRef<number>>()

/** Estimated server time in ms, moving once a second for as long as the calling scope lives. One ticker for the page. */
export function useNow(): Readonly<Ref<number>> {
  const client = useLiveClient()
  let now = shared.get(client)
  if (now === undefined) {
    now = shallowRef(client.sockets.serverNow())
    shared.set(client, now)
  }
  const clock = now
  clock.value = client.sockets.serverNow()
  let stop: (() => void) | null = null
  const follow = () => { stop = client.ticker.watch(() => { clock.value = client.sockets.serverNow() }) }
  // A server renders one moment and starts no clock.
  if (getCurrentInstance() === null) follow()
  else onMounted(follow)
  onScopeDispose(() => { stop?.() })
  return readonly(clock)
}
