/**
 * Text from the far side, made fit for a log line or a page's reason: control characters become blanks, long text is
 * cut.
 * @param max characters kept; a cut is marked with `…`
 */
export function printable(text: string, max = 120): string {
  const head = text.slice(0, max)
  const clean = head.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ').trim()
  return text.length > max ? `${clean}…` : clean
}
