import { ApiError } from '../services/gatewayApi.ts'
import { RetryAfterError } from '../services/retryAfter.ts'

export interface Failure {
  /** One sentence for people, in English. */
  readonly message: string
  /** Permanent: the server's own, else that of the error. null = it has none. */
  readonly code: string | null
}

export function failureOf(cause: unknown): Failure {
  if (cause instanceof ApiError) return { message: cause.message, code: cause.serverCode ?? cause.code }
  if (cause instanceof RetryAfterError) return { message: cause.message, code: cause.code }
  return { message: cause instanceof Error ? cause.message : String(cause), code: null }
}
