import { statSync } from 'node:fs'
import type { Stats } from 'node:fs'

/**
 * What a file is like just now; null = there is none. For files that are looked at every few seconds: the kernel answers from memory, where a
 * look by way of a thread wakes this process twice and makes an error of each file that is not there. It waits for a file system that hangs.
 *
 * @throws the system's error where it may not be looked at
 */
export function glance(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null
}
