/** A control request that cannot be done, with its HTTP status. */
export class ControlError extends Error {
  readonly status: 400 | 404 | 405 | 413
  readonly code: string

  constructor(status: 400 | 404 | 405 | 413, code: string, message: string) {
    super(message)
    this.name = 'ControlError'
    this.status = status
    this.code = code
  }
}
