import { readonly } from 'vue'
import type { Ref } from 'vue'
import { useLiveClient } from '../stores/client.ts'
import { clockOf } from '../stores/clock.ts'
import type { FromStore } from './fromStore.ts'
import { whileInUse } from './whileInUse.ts'

/** Estimated server time in ms, moving once a second for as long as the calling scope lives. One ticker for the page. */
export function useNow({ store }: FromStore = {}): Readonly<Ref<number>> {
  const client = store?.client ?? useLiveClient()
  const clock = clockOf(client)
  clock.catchUp()
  whileInUse(client, () => clock.follow())
  return readonly(clock.now)
}
