import { onScopeDispose, watch } from 'vue'
import type { VoterUpdate } from '../../services/VoterService.ts'
import { words } from '../words.ts'

/** Between two sentences about who is heard, ms: a mobile station is handed from one receiver to the next all the time. */
const PAUSE_MS = 5_000

/**
 * What somebody who does not look is told of one voter: who is heard, if that holds for a second and not more often than every
 * five; that it is not current any more, and is again. Never a number.
 * @param now ms, moving once a second; may be set
 */
export function useVoterAnnouncements(options: {
  readonly id: () => string
  readonly update: () => VoterUpdate
  readonly now: () => number
  readonly say: (text: string) => void
}): void {
  const { id, update, now, say } = options
  let told: { readonly name: string | null; readonly at: number } = { name: null, at: Number.NEGATIVE_INFINITY }
  const votedNow = () => update().voters[0]?.voted ?? null
  /** Since the last second. */
  let moved = true
  const stop = [
    watch(votedNow, () => { moved = true }, { flush: 'sync' }),
    watch(now, (time) => {
      const voted = votedNow()
      const holds = !moved
      moved = false
      if (!holds) return
      if (voted === null) told = { ...told, name: null }
      else if (voted !== told.name && Math.abs(time - told.at) >= PAUSE_MS) {
        told = { name: voted, at: time }
        say(words.voter.say.heard(id(), voted))
      }
    }),
    watch([id, () => update().stale] as const, ([node, stale], [nodeBefore]) => {
      if (node === nodeBefore) say(stale ? words.voter.say.lost(node) : words.voter.say.back(node))
    }),
  ]
  onScopeDispose(() => { for (const end of stop) end() })
}
