/** What came of one scenario in one browser. */
export interface Result {
  /** Name and version. */
  readonly browser: string
  readonly scenario: string
  readonly claim: string
  readonly outcome: 'held' | 'failed' | 'cannot'
  /** What was measured, what went wrong, or why it cannot be done. */
  readonly says: string
}
