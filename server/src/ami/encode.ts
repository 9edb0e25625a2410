/** Why an action was not encoded. Nothing of it reached the wire. */
export type AmiEncodeErrorCode =
  'bad-name' | 'control-character' | 'line-too-long' | 'too-many-headers' | 'bad-argument'

/** The request itself is wrong; the session is untouched. `message` never repeats a value: it could be a secret. */
export class AmiEncodeError extends Error {
  readonly code: AmiEncodeErrorCode

  constructor(code: AmiEncodeErrorCode, message: string) {
    super(message)
    this.name = 'AmiEncodeError'
    this.code = code
  }
}

export type AmiFields = Readonly<Record<string, string>>

/** Asterisk refuses a line over 1024 bytes, Asterisk 1.4 over 1023 (manager.c); both count the name. We stay below. */
const MAX_LINE_BYTES = 1000
/** Asterisk takes 128 headers, 1.4 takes 127. */
const MAX_HEADERS = 100
const NAME = /^[A-Za-z-]+$/
const CONTROL = /[\p{Cc}\p{Cs}\u2028\u2029]/u

/**
 * An action as bytes for the wire: `Action:`, `ActionID:`, then the fields in their order, CRLF, empty line.
 *
 * AMI has no quoting: a CR or LF in a value would start another header or another action. So any control character (and
 * any lone surrogate) is refused, never stripped.
 *
 * @param name action name, as `RptStatus`
 * @param fields header name → value, sent as they are (a trailing blank in NODE means "unknown node" to app_rpt)
 * @param actionId echoed by Asterisk in most replies
 * @throws AmiEncodeError
 */
export function encodeAction(name: string, fields: AmiFields, actionId: string): Buffer {
  const entries: [string, string][] = [['Action', name], ['ActionID', actionId], ...Object.entries(fields)]
  if (entries.length > MAX_HEADERS) {
    throw new AmiEncodeError(
      'too-many-headers',
      `An action may have ${MAX_HEADERS} headers, this one has ${entries.length}.`,
    )
  }
  if (!NAME.test(name)) throw new AmiEncodeError('bad-name', 'An action name is letters and hyphens only.')
  let text = ''
  for (const [key, value] of entries) {
    if (!NAME.test(key)) throw new AmiEncodeError('bad-name', 'A header name is letters and hyphens only.')
    if (CONTROL.test(value)) {
      throw new AmiEncodeError(
        'control-character',
        `The value of ${key} has a control character, which AMI can't carry.`,
      )
    }
    const line = `${key}: ${value}`
    if (Buffer.byteLength(line) > MAX_LINE_BYTES) {
      throw new AmiEncodeError('line-too-long', `The ${key.slice(0, 40)} line is over ${MAX_LINE_BYTES} bytes.`)
    }
    text += `${line}\r\n`
  }
  return Buffer.from(`${text}\r\n`)
}
