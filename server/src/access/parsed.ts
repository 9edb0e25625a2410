/** What became of a file that an operator wrote. */
export interface Parsed<T> {
  readonly value: T
  /** One line each, `file:line: what is odd; what to do`. Never a secret. */
  readonly warnings: readonly string[]
  /**
   * Nothing sensible can be made of it: whoever holds an older content keeps that. `value` then grants nothing wrong.
   */
  readonly broken: boolean
}
