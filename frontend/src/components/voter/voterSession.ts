import { watch } from 'vue'
import type { VoterUpdate } from '../../services/VoterService.ts'
import { useSessionStore } from '../../stores/session.ts'

/** While a voter waits for a sign-in that this page believes in, it is asked who is here at most so often, ms. */
const DOUBT_MS = 60_000

/**
 * Learns of a session that ended elsewhere from a voter that is refused: the session store hears of nodes alone.
 * @param now ms; may be set
 */
export function useVoterSession(update: () => VoterUpdate, now: () => number): void {
  const session = useSessionStore()
  /** null = not of whoever is here now. */
  let askedAt: number | null = null
  // Again with later news: nobody may have answered.
  watch(update, ({ connection }) => {
    if (session.user === null) askedAt = null
    else if (connection.status === 'paused' && connection.why === 'needs-auth' && (askedAt === null || Math.abs(now() - askedAt) >= DOUBT_MS)) {
      askedAt = now()
      void session.check()
    }
  })
}
