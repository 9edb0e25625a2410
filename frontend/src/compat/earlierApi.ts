import type { Env } from '../env/env.ts'

/**
 * For pages of Supermon-NG up to 4.1.5. Their server has what they ask for below `api/`; at `api/v1/` it had another, smaller API
 * (`src/Config/Routes.php` of V4.0.9). Later ones, and the gateway, have all of it at `api/v1/` and answer 410 to the former.
 * Once moved it stays so: that a server went back to an earlier version is not noticed before the page is loaded again.
 */
export function earlierApi(env: Env): Env {
  let moved = false
  return {
    ...env,
    async fetch(url, init) {
      if (!moved) {
        const answer = await env.fetch(url.replace('/api/v1/', '/api/'), init)
        if (answer.status !== 410) return answer
        moved = true
      }
      return env.fetch(url, init)
    },
  }
}
