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

/** @returns says how many lines of that log were lost so far: whatever it is kept to, lines of that level may be among them */
export function lostLines(log: Logger): (lines: number) => void {
  const level = log.isLevelEnabled('warn') ? 'warn' : (log.level as LogLevel)
  return (lines) => {
    const were = lines === 1 ? '1 line of this log was' : `${lines} lines of this log were`
    log[level]({ lines }, `${were} lost since the start: whoever reads it is too slow, or its disk is full`)
  }
}
