/** Those that a page's client looks at one by one: it carries no list of the others. */
const FLAG_OFF = 4030
const UNAUTHORIZED = 4401
export const NO_SUCH_NODE = 4504

/**
 * Why a socket was closed. Codes mean something by range, so that a new code needs no new client:
 * 4000–4499 come back by policy; 4500–4999 do not come back until something is changed by a person.
 */
export const CLOSE = {
  /** The server stops or restarts. */
  goingAway: 1001,
  /** A message longer than the server takes. */
  messageTooBig: 1009,
  internalError: 1011,
  serviceRestart: 1012,
  tryAgainLater: 1013,
  /** The feature flag sends this viewer to polling. */
  flagOff: FLAG_OFF,
  /** A ticket is missing, used or too old: fetch another one, once. */
  unauthorized: UNAUTHORIZED,
  /** It watched nothing for a while. */
  idle: 4409,
  /** Too many connections, attempts or messages for now. */
  tooMany: 4429,
  /** This viewer reads slower than the node changes. */
  slowConsumer: 4408,
  badRequest: 4500,
  noSuchNode: NO_SUCH_NODE,
  originRefused: 4503,
  versionRefused: 4526,
} as const

export type CloseVerdict = 'retry' | 'renew-ticket' | 'flag-off' | 'refused'

/** What a client does about a close code. Codes it has never heard of are judged by range. */
export function closeVerdict(code: number): CloseVerdict {
  if (code === UNAUTHORIZED) return 'renew-ticket'
  if (code === FLAG_OFF) return 'flag-off'
  // Policy, or one side cannot speak the other's protocol: trying again says the same thing again. Not so 1002, 1007 and
  // 1009: bytes that were broken on the way, and a message that will be another one next time.
  if (code === 1003 || code === 1008 || code === 1010) return 'refused'
  if (code >= 4500 && code <= 4999) return 'refused'
  return 'retry'
}
