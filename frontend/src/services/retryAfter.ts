/** A server that answers 429 or 503 may say how long to wait. */
export class RetryAfterError extends Error {
  readonly code = 'retry-after'
  readonly retryAfterMs: number
  constructor(message: string, retryAfterMs: number) {
    super(message)
    this.name = 'RetryAfterError'
    this.retryAfterMs = retryAfterMs
  }
}
