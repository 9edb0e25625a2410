import { readFile, stat } from 'node:fs/promises'
import { decodeText } from '../env/decodeText.ts'
import { parseAllmonIni, type AllmonConfig } from './allmonIni.ts'
import { ConfigError, type ConfigErrorCode } from './errors.ts'

/** Far above any real file (a club's has a few kilobytes); keeps a wrong path from filling the memory. */
const MAX_BYTES = 4 * 1024 * 1024

/**
 * Reads and parses an allmon.ini.
 *
 * @throws ConfigError always and only: the file is missing, not readable, no file, too large, or its content is wrong
 */
export async function loadConfig(path: string): Promise<AllmonConfig> {
  let bytes: Uint8Array
  try {
    const info = await stat(path)
    if (!info.isFile()) throw problem(path, 'not-a-file', 'this is no file', 'give the path of an allmon.ini')
    if (info.size > MAX_BYTES)
      throw problem(path, 'too-large', 'this is too large for an allmon.ini', 'give the path of an allmon.ini')
    bytes = await readFile(path)
  } catch (error) {
    throw error instanceof ConfigError ? error : fileProblem(path, error)
  }
  return parseAllmonIni(decodeText(bytes), path)
}

/** What a failed `stat` or `read` of the configuration means to the operator. */
export function fileProblem(path: string, error: unknown): ConfigError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return problem(path, 'not-found', 'there is no such file', 'check the path', error)
    case 'EACCES':
    case 'EPERM':
      return problem(
        path,
        'not-readable',
        'this user may not read it',
        'give the user that runs the gateway the right to read it',
        error,
      )
    case 'EISDIR':
      return problem(path, 'not-a-file', 'this is no file', 'give the path of an allmon.ini', error)
    default:
      return problem(path, 'not-readable', `it cannot be read (${code})`, 'check the path and the disk', error)
  }
}

function problem(file: string, code: ConfigErrorCode, reason: string, whatToDo: string, cause?: unknown): ConfigError {
  return new ConfigError({ code, file, line: null, reason, whatToDo }, cause === undefined ? undefined : { cause })
}
