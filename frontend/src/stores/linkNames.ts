import { nextTick, onScopeDispose } from 'vue'
import { displayName } from '../../../protocol/names.ts'
import type { LiveClient } from '../services/liveClient.ts'
import type { AstDbEntry, useAstDbStore } from './astdb.ts'

/** What the gateway takes in one question. */
const MOST = 200
/** A question that failed is put again at the earliest after this long, ms. */
const AGAIN = 60_000
/** The same for a node that the server did not know, ms: its list may have come since, or a private node been added. */
const UNKNOWN_AGAIN = 900_000

/**
 * Names of nodes that bring none, kept in the `astdb` store. They are asked for when somebody reads them, all of a moment at once; who reads in a
 * render is rendered again with the answer. To be called in a store's setup: nothing is asked once that has ended.
 *
 * @returns '' = nobody knows, or not yet
 */
export function makeLinkNames(astdb: () => ReturnType<typeof useAstDbStore>, client: LiveClient): (id: string) => string {
  /** When each may be asked for again, this browser's ms. Each user has his own: what is answered to one is not what another one hears. */
  let due = new Map<string, number>()
  let user = 0
  const wanted: string[] = []
  let asking = false
  onScopeDispose(() => { wanted.length = 0 })

  async function ask(store: ReturnType<typeof astdb>): Promise<void> {
    // One after the other, as the store has one word for how its newest question went.
    if (asking) return
    asking = true
    try {
      await nextTick()
      while (wanted.length > 0) {
        const asked = due
        const names = await store.getMultipleNodesInfo(wanted.splice(0, MOST))
        for (const id in names) asked.set(id, client.env.now() + (names[id] || store.error ? AGAIN : UNKNOWN_AGAIN))
      }
    } finally {
      asking = false
    }
  }

  return (id) => {
    const store = astdb()
    if (Object.hasOwn(store.cache, id)) return displayName(store.cache[id] as AstDbEntry)
    if (user !== client.userChanges) due = new Map()
    user = client.userChanges
    if (client.env.now() >= (due.get(id) ?? 0)) {
      due.set(id, Infinity)
      wanted.push(id)
      void ask(store)
    }
    return ''
  }
}
