import { computed, onScopeDispose, ref } from 'vue'
import type { ComputedRef } from 'vue'
import { NODE_ID } from '../../../protocol/nodeState.ts'
import { useLiveClient } from '../stores/client.ts'

/** What the address asks for: some nodes, all of them, voters, or, by saying nothing, what the configuration shows. */
export type Choice =
  | { readonly of: 'nodes'; readonly ids: readonly string[] }
  | { readonly of: 'voters'; readonly ids: readonly string[] }
  | { readonly of: 'all' | 'default' }

export interface Selection {
  readonly choice: ComputedRef<Choice>
  readonly choose: (choice: Choice) => void
}

/**
 * The choice in the address bar: `#546051,546055`, `#all`, `#voter=2001`, or nothing. What does not look like a node id is
 * left out, in the order it was named.
 */
export function useSelection(): Selection {
  const { address } = useLiveClient().env
  const hash = ref(address.hash())
  onScopeDispose(address.listen(() => { hash.value = address.hash() }))
  return {
    choice: computed(() => readChoice(hash.value)),
    choose(choice) {
      hash.value = writeChoice(choice)
      address.setHash(hash.value)
    },
  }
}

/** More than this on one page is a mistyped address, not a wish. */
const MOST = 200
const ALL = 'all'
const VOTER = 'voter='

export function readChoice(hash: string): Choice {
  if (hash === ALL) return { of: 'all' }
  const [of, list] = hash.startsWith(VOTER) ? (['voters', hash.slice(VOTER.length)] as const) : (['nodes', hash] as const)
  const ids = [...new Set(list.split(',').map((id) => id.trim()).filter((id) => NODE_ID.test(id)))].slice(0, MOST)
  return ids.length === 0 ? { of: 'default' } : { of, ids }
}

export function writeChoice(choice: Choice): string {
  switch (choice.of) {
    case 'nodes':
      return [...new Set(choice.ids)].join()
    case 'voters':
      return VOTER + [...new Set(choice.ids)].join()
    case 'all':
      return ALL
    case 'default':
      return ''
  }
}
