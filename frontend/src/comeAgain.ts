import type { Env } from './env/env.ts'
import type { PageEnv } from './env/pageEnv.ts'

/** Not all pages of a place at once. */
const [SHORTEST_MS, LONGEST_MS] = [30_000, 90_000]

/**
 * For a part that did not come, as while a gateway restarts: loads the page anew once its server answers, as on a wall nobody would.
 * Only that brings the part in every browser, as all but the newest remember that a module failed, and do not ask for it again. Not
 * under anybody's hands: who has touched the page can load it himself.
 */
export function comeAgainUntouched(env: Env, page: PageEnv): void {
  let touched = false
  for (const touch of ['pointerdown', 'keydown', 'wheel']) addEventListener(touch, () => { touched = true }, { capture: true, once: true })
  const tryAgain = async () => {
    const there = !touched && (await env.fetch('', { method: 'HEAD', cache: 'no-store' }).then(({ ok }) => ok, () => false))
    if (touched) return
    if (there) page.reload()
    else later()
  }
  const later = () => { env.setTimeout(() => { void tryAgain() }, SHORTEST_MS + (LONGEST_MS - SHORTEST_MS) * env.random()) }
  later()
}
