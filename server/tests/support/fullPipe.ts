/** A pipe that is full, and whose reader stands still until the test lets it read. */
import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export interface FullPipe {
  /** For a process to write into: it blocks, as a pipe of a shell does. */
  readonly fd: number
  /** Reads what is there. @returns what came after that with which the pipe was filled */
  read(): string
  close(): void
}

const FILLING = '.'

/** @param folder where it may have a name */
export function fullPipe(folder: string): FullPipe {
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  // Reader and writer in one, so that nobody waits for the other.
  const own = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  const fd = openSync(path, 'w')
  let text = ''
  fill(own)
  return {
    fd,
    read: () => {
      text += drain(own)
      return text.replace(/^\.+/, '')
    },
    close: () => {
      closeSync(fd)
      closeSync(own)
    },
  }
}

function fill(fd: number): void {
  // To the last byte: what is short might still find room.
  for (const size of [4_096, 1]) while (worked(() => writeSync(fd, FILLING.repeat(size))));
}

function drain(fd: number): string {
  const buffer = Buffer.alloc(65_536)
  let text = ''
  while (worked(() => { text += buffer.toString('utf8', 0, readSync(fd, buffer)) }));
  return text
}

/** @returns false when the pipe is full, or empty */
function worked(work: () => void): boolean {
  try {
    work()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return false
    throw error
  }
}
