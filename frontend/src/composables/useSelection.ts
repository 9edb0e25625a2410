import { onScopeDispose, readonly, ref } from 'vue'
import type { Ref } from 'vue'
import { NODE_ID } from '../../../protocol/nodeState.ts'
import { useLiveClient } from '../stores/client.ts'

export interface Selection {
  /** Node ids, in the order they were named; empty = no choice was made. */
  readonly selected: Readonly<Ref<readonly string[]>>
  select(ids: readonly string[]): void
}

/** The selection in the address bar: `#546051,546055`. What does not look like a node id is left out. */
export function useSelection(): Selection {
  const { address } = useLiveClient().env
  const selected = ref<readonly string[]>(parse(address.hash()))
  onScopeDispose(address.listen(() => { selected.value = parse(address.hash()) }))
  return {
    selected: readonly(selected),
    select(ids) {
      selected.value = [...new Set(ids)]
      address.setHash(selected.value.join(','))
    },
  }
}

/** More than this on one page is a mistyped address, not a wish. */
const MOST = 200

function parse(hash: string): string[] {
  return [...new Set(hash.split(',').map((id) => id.trim()).filter((id) => NODE_ID.test(id)))].slice(0, MOST)
}
