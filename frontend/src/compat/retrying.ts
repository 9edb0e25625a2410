import type { Env } from '../env/env.ts'

export interface RetryPolicy {
  /** Tries after the first one. */
  readonly retries: number
  /** Longest wait before the next try, ms. @param failures so far, 1 for the first */
  wait(failures: number): number
  /** Told of each failure; false = do not try again. */
  failed(error: unknown): boolean
  /** Ends a wait: what the last try failed with is final then. */
  readonly signal?: AbortSignal
}

/**
 * Tries until it works or the tries are used up. Waits are cut by up to a half by chance, so that pages do not come back in step.
 * @throws what the last try failed with
 */
export async function retrying<T>(env: Env, attempt: () => Promise<T>, policy: RetryPolicy): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!policy.failed(error) || failures > policy.retries) throw error
      await pause(env, policy.wait(failures) * (0.5 + env.random() / 2), policy.signal)
      if (policy.signal?.aborted === true) throw error
    }
  }
}

function pause(env: Env, ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      env.clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = env.setTimeout(end, ms)
    signal?.addEventListener('abort', end)
  })
}
