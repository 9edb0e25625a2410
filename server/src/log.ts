import pino from 'pino'
import type { DestinationStream, Logger } from 'pino'
import type { LogLevel } from './config/options.ts'

/** Fields that hold what nobody must read, wherever they stand. */
const NAMES = ['secret', 'password', 'passwd', 'token', 'ticket', 'csrf', 'cookie', 'authorization', 'dtmf'] as const

/**
 * The log: one JSON line a message. Secrets are kept from it in three ways: `Secret` prints as a mask, nothing of a
 * request is logged, and fields by these names are masked should somebody log one all the same.
 */
export function createLog(level: LogLevel, destination: DestinationStream): Logger {
  const paths = NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])
  const options = { level, base: null, redact: { paths, censor: '[secret]' } }
  return pino(options, destination)
}
