/** Blanks of every kind, controls, and what cannot be seen but turns the direction of the text beside it. */
const UNPRINTABLE = /[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu

/** Text from the far side or from a file as one line: what cannot be printed becomes a blank. */
export function plainLine(text: string): string {
  return text.replace(UNPRINTABLE, ' ').trim()
}

/**
 * The same, made fit for a log line or a page's reason.
 * @param max characters kept; a cut is marked with `…`
 */
export function printable(text: string, max = 120): string {
  const clean = plainLine(text.slice(0, max))
  return text.length > max ? `${clean}…` : clean
}
