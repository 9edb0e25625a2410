import type { TimerHandle } from '../env/env.ts'
import { backoffDelay, slowDelay } from '../services/backoff.ts'
import { ApiError } from '../services/gatewayApi.ts'
import type { LiveClient } from '../services/liveClient.ts'
import { RetryAfterError } from '../services/retryAfter.ts'

/** After so many tries in a row, what answers in another shape is asked about once a minute. */
const SOON = 5

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
      const wait = isOtherShape(cause) && failures >= SOON ? slowDelay(env.random()) : waitAfter(cause, failures, env.random())
      timer = env.setTimeout(() => void run(), wait)
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
  if (!(cause instanceof ApiError)) return false
  const { status } = cause
  return status === null || status < 400 || status === 408 || status === 429 || status >= 500
}

/** It may be a captive portal, or a server that has no such route and never will. */
function isOtherShape(cause: unknown): boolean {
  return cause instanceof ApiError && cause.code === 'not-understood' && (cause.status ?? 200) < 400
}
