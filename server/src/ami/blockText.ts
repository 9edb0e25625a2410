const REPLACEMENT = '\uFFFD'
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const latin1 = new TextDecoder('latin1')

/**
 * Bytes of one block as text. Never throws.
 *
 * AMI carries whatever bytes an operator's script wrote (`rpt set variable`): UTF-8 today, ISO-8859-1 (a bare 0xB0
 * degree sign) on older systems, and both in one block. So UTF-8 is tried for the block, and if that fails line by
 * line, each bad line read as Latin-1.
 */
export function blockText(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  if (!text.includes(REPLACEMENT)) return text
  const lines: string[] = []
  for (let from = 0; from <= bytes.length;) {
    const lf = bytes.indexOf(0x0a, from)
    const to = lf < 0 ? bytes.length : lf
    lines.push(lineText(bytes.subarray(from, to)))
    from = to + 1
  }
  return lines.join('\n')
}

function lineText(bytes: Buffer): string {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return latin1.decode(bytes)
  }
}
