/**
 * Bytes of a text file of mixed origin → text. UTF-8; a line that is not valid UTF-8 is read as Windows-1252, which is
 * what the names in older files are written in. Never throws.
 */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    return latin1.replace(/[^\r\n]*[\x80-\xff][^\r\n]*/g, (line) => decodeLine(Buffer.from(line, 'latin1')))
  }
}

function decodeLine(line: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(line)
  } catch {
    return new TextDecoder('windows-1252').decode(line)
  }
}
