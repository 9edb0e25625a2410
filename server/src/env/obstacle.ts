import { codeOf } from './wholeFile.ts'

/** What the file system has against something, in words for people. */
export interface Obstacle {
  /** A clause. */
  readonly why: string
  /** What to do, a clause; null = it takes other rights or another place, and which ones only the caller knows. */
  readonly remedy: string | null
}

const MAY_NOT = ['this user may not do that', null] as const
const IN_THE_WAY = ['there is a file where a folder should be', 'move the file away that is where a folder should be'] as const
const OBSTACLES: Readonly<Record<string, readonly [why: string, remedy: string | null] | undefined>> = {
  EACCES: MAY_NOT,
  EPERM: MAY_NOT,
  EROFS: ['nothing can be written there', 'make the disk writable'],
  ENOSPC: ['the disk is full', 'make room there'],
  EDQUOT: ['this user may use no more of the disk', 'make room there'],
  EFBIG: ['no file may be so big', 'raise the limit of ulimit -f'],
  ENOENT: ['there is no such folder', null],
  EISDIR: ['it is a folder', null],
  ENOTDIR: IN_THE_WAY,
}

/** @param error what the file system threw; of one that has no words here, `why` is its code */
export function obstacleOf(error: unknown): Obstacle {
  const code = codeOf(error)
  const [why, remedy] = OBSTACLES[code] ?? [code, null]
  return { why, remedy }
}
