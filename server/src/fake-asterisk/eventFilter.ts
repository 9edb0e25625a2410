/** A filter of `Action: Filter` in its old form: a regular expression over the event's text, `!` in front excludes. */
export interface EventFilter {
  readonly excludes: boolean
  readonly pattern: RegExp
}

/** Null when the expression makes no sense. */
export function parseFilter(text: string): EventFilter | null {
  const excludes = text.startsWith('!')
  try {
    return { excludes, pattern: new RegExp(excludes ? text.slice(1) : text) }
  } catch {
    return null
  }
}
