import { displayName } from '../../../protocol/names.ts'
import type { useAstDbStore } from './astdb.ts'

/** What the gateway takes in one question. */
const MOST = 200
/** What was asked for is asked for again at the earliest after this long, ms: somebody may have failed to answer. */
const AGAIN = 60_000

/**
 * Names of nodes that bring none, kept in the `astdb` store. They are asked for when somebody reads them, all of a moment at once; who reads in a
 * render is rendered again with the answer.
 *
 * @param now this browser's time, ms
 * @returns '' = nobody knows, or not yet
 */
export function makeLinkNames(astdb: () => ReturnType<typeof useAstDbStore>, now: () => number): (id: string) => string {
  let asked = new Set<string>()
  let since = now()
  let wanted: string[] = []

  function ask(): void {
    const ids = wanted
    wanted = []
    for (let from = 0; from < ids.length; from += MOST) void astdb().getMultipleNodesInfo(ids.slice(from, from + MOST))
  }

  return (id) => {
    const known = astdb().cache[id]
    if (known !== undefined) return displayName(known)
    if (now() - since > AGAIN) [asked, since] = [new Set(), now()]
    if (!asked.has(id)) {
      asked.add(id)
      if (wanted.push(id) === 1) void Promise.resolve().then(ask)
    }
    return ''
  }
}
