import type { Env } from './env/env.ts'
import type { PageEnv } from './env/pageEnv.ts'

/** Not all pages of a place at once. */
const [SHORTEST_MS, LONGEST_MS] = [30_000, 90_000]
/** So many times that at most, which is an hour. */
const MOST_TIMES = 40
/** So long the server's answer is waited for: a path may swallow the question, or the answer. */
const ANSWER_MS = 10_000
/** How often in a row the part did not come in this tab. */
const KEY = 'supermon-live.unspoken'

/**
 * For a part that did not come, as while a gateway restarts: loads the page anew once its server answers, as on a wall nobody would.
 * Only that brings the part in every browser, as all but the newest remember that a module failed, and do not ask for it again. Not
 * under anybody's hands: who has touched the page can load it himself. The more often it was in vain in this tab, the longer it waits.
 */
export function comeAgainUntouched(env: Env, page: PageEnv): void {
  let touched = false
  let times = 1
  try {
    times += Number(sessionStorage.getItem(KEY)) || 0
    sessionStorage.setItem(KEY, String(times))
  } catch {
    // Nothing is kept here: each time is the first.
  }
  for (const touch of ['pointerdown', 'keydown', 'wheel']) addEventListener(touch, () => { touched = true }, { capture: true, once: true })
  /** Does this page answer? By what only it has in it: the sign-in of a Wi-Fi answers for everything, too. */
  const isThere = async () => {
    const asking = new AbortController()
    const deadline = env.setTimeout(() => { asking.abort() }, ANSWER_MS)
    const text = await env.fetch('', { cache: 'no-store', signal: asking.signal }).then((answer) => answer.text()).catch(() => '')
    env.clearTimeout(deadline)
    return text.includes('sl-page')
  }
  const tryAgain = async () => {
    const there = !touched && await isThere()
    if (touched) return
    if (there) page.reload()
    else later()
  }
  const waitMs = () => (SHORTEST_MS + (LONGEST_MS - SHORTEST_MS) * env.random()) * Math.min(times, MOST_TIMES)
  const later = () => { env.setTimeout(() => { void tryAgain() }, waitMs()) }
  later()
}

/** The part is there: the next time that it is not counts as the first. */
export function forgetMissing(): void {
  try {
    sessionStorage.removeItem(KEY)
  } catch {
    // Nothing is kept here.
  }
}
