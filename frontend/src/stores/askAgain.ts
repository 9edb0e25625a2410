import type { TimerHandle } from '../env/env.ts'
import { backoffDelay } from '../services/backoff.ts'
import { ApiError } from '../services/gatewayApi.ts'
import type { LiveClient } from '../services/liveClient.ts'
import { RetryAfterError } from '../services/retryAfter.ts'

/**
 * What a page must learn once: asked whenever the returned function is called, and by itself again while the server cannot answer, with the
 * waits of a connection. A refusal is an answer.
 *
 * @param ask rejects when it was not answered and has to be
 * @returns settles with the first try; never rejects
 */
export function askAgain(client: LiveClient, ask: () => Promise<void>): () => Promise<void> {
  const { env } = client
  let timer: TimerHandle
  let failures = 0
  client.onDispose(() => { env.clearTimeout(timer) })
  const run = async (): Promise<void> => {
    env.clearTimeout(timer)
    try {
      await ask()
      failures = 0
    } catch (cause) {
      env.clearTimeout(timer)
      if (client.disposed || !isPassing(cause)) return
      timer = env.setTimeout(() => void run(), waitAfter(cause, failures, env.random()))
      failures += 1
    }
  }
  return run
}

/** Until the next try, ms: as after a connection that failed, and not before the server wants to be asked again. */
export function waitAfter(cause: unknown, failures: number, random: number): number {
  return Math.max(cause instanceof RetryAfterError ? cause.retryAfterMs : 0, backoffDelay(failures, random))
}

/** Is a failure of the moment? */
export function isPassing(cause: unknown): boolean {
  if (cause instanceof RetryAfterError) return true
  return cause instanceof ApiError && (cause.status === null ? cause.code !== 'not-understood' : cause.status >= 500)
}
