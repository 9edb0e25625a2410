import * as v from 'valibot'
import { readonly, shallowRef, watch } from 'vue'
import type { Ref } from 'vue'
import { NODE_ID } from '../../../protocol/nodeState.ts'
import { useSessionStore } from '../stores/session.ts'
import { usePageEnv } from './usePageEnv.ts'

export interface RecentTarget {
  readonly id: string
  /** '' = not known. */
  readonly name: string
}

export interface RecentTargets {
  /** The newest first. */
  readonly recent: Readonly<Ref<readonly RecentTarget[]>>
  readonly note: (target: RecentTarget) => void
}

const KEY = 'recent-targets'
const MOST = 8
const LONGEST_NAME = 120

const keptSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    user: v.string(),
    targets: v.array(v.object({ id: v.pipe(v.string(), v.regex(NODE_ID)), name: v.pipe(v.string(), v.maxLength(LONGEST_NAME)) })),
  }),
)

/**
 * What the signed-in user linked to lately, remembered in this browser. Signing out forgets it, and nobody is shown what
 * another user left behind.
 */
export function useRecentTargets(): RecentTargets {
  const page = usePageEnv()
  const session = useSessionStore()
  const recent = shallowRef<readonly RecentTarget[]>([])

  function recall(): readonly RecentTarget[] {
    const kept = v.safeParse(keptSchema, page.recall(KEY))
    if (kept.success && kept.output.user === session.user) return kept.output.targets.slice(0, MOST)
    page.remember(KEY, null)
    return []
  }

  watch(
    () => session.user,
    (user) => {
      // Until somebody is known to be here, nothing is known of who was.
      if (user !== null) recent.value = recall()
      else if (recent.value.length > 0) {
        recent.value = []
        page.remember(KEY, null)
      }
    },
    // At once: whoever uses this may be gone with the user.
    { immediate: true, flush: 'sync' },
  )

  return {
    recent: readonly(recent),
    note({ id, name }) {
      if (session.user === null || !NODE_ID.test(id)) return
      const target = { id, name: name.slice(0, LONGEST_NAME) }
      recent.value = [target, ...recall().filter((other) => other.id !== id)].slice(0, MOST)
      page.remember(KEY, JSON.stringify({ user: session.user, targets: recent.value }))
    },
  }
}
