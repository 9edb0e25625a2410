import type { AmiRequest } from './amiRequest.ts'
import type { Knobs } from './knobs.ts'

/** An answer: pieces in the order and size in which Asterisk writes them. */
export interface Reply {
  readonly pieces: readonly string[]
  /** Wait before it is sent, ms. */
  readonly delayMs?: number
  /** Close the connection after it. */
  readonly close?: boolean
  /** Runs after it was written, before waiting events are. */
  readonly then?: () => void
}

function actionId(request: AmiRequest): string[] {
  const id = request.get('ActionID')
  return id === '' ? [] : [`ActionID: ${id}\r\n`]
}

/** `Response: <word>`, the ActionID if there was one, the given lines, the empty line. */
export function respond(request: AmiRequest, word: string, lines: readonly string[]): Reply {
  return { pieces: [`Response: ${word}\r\n`, ...actionId(request), ...lines.map((line) => `${line}\r\n`), '\r\n'] }
}

export function success(request: AmiRequest, ...lines: readonly string[]): Reply {
  return respond(request, 'Success', lines)
}

export function failure(request: AmiRequest, message: string): Reply {
  return respond(request, 'Error', [`Message: ${message}`])
}

/** The header that app_rpt and chan_voter write themselves. Its order changed with app_rpt 3.5.0. */
export function rptSuccess(request: AmiRequest, knobs: Knobs): string[] {
  const id = actionId(request)
  return knobs.headerOrder === 'actionid-first' ? [...id, 'Response: Success\r\n'] : ['Response: Success\r\n', ...id]
}
