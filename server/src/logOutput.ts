/** Where the log goes. The gateway never waits for it: whoever reads it may stand still, and a disk may be full. */
import { createWriteStream, fstatSync } from 'node:fs'
import type { Writable } from 'node:stream'
import type { Clock } from './env/clock.ts'

/** What may wait for a reader, bytes: some 5,000 lines. */
const ROOM = 1_000_000

export interface LogOutputOptions {
  /** Makes the stream, and another in place of one that failed for good. Nobody else hears its errors. */
  readonly open: () => Writable
  /** Default 1,000,000 bytes. */
  readonly room?: number
}

/** Takes lines; those that find no room, or cannot be written, are lost and counted. */
export class LogOutput {
  readonly #open: () => Writable
  readonly #room: number
  #stream: Writable
  /** Lines that are neither written nor lost yet. */
  #waiting = 0
  #lost = 0
  #told = 0
  /** Did a line fail, of which a part may stand there? */
  #cut = false
  #tell: (lines: number) => void = () => undefined
  #settled: () => void = () => undefined

  constructor({ open, room = ROOM }: LogOutputOptions) {
    this.#open = open
    this.#room = room
    this.#stream = open()
  }

  /** Never throws. */
  write(line: string): void {
    if (this.#stream.errored !== null) this.#stream = this.#open()
    if (this.#stream.writableLength + line.length > this.#room) {
      this.#lost += 1
      return
    }
    this.#waiting += 1
    this.#stream.write(this.#cut ? `\n${line}` : line, (error) => { this.#written(error == null) })
    this.#cut = false
  }

  /** @param tell is told, whenever lines were lost and others get through again, how many were lost so far */
  onLost(tell: (lines: number) => void): void {
    this.#tell = tell
  }

  /** @returns when nothing waits any more, but after `ms` at the latest */
  flush(clock: Clock, ms: number): Promise<void> {
    if (this.#waiting === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = clock.setTimeout(resolve, ms)
      this.#settled = () => {
        clock.clearTimeout(timer)
        resolve()
      }
    })
  }

  #written(ok: boolean): void {
    this.#waiting -= 1
    if (!ok) {
      this.#lost += 1
      this.#cut = true
    } else if (this.#lost > this.#told && this.#stream.writableLength < this.#room / 2) {
      this.#told = this.#lost
      this.#tell(this.#lost)
    }
    if (this.#waiting === 0) this.#settled()
  }
}

/** Standard output, whatever it leads to. */
export function standardOutput(): LogOutput {
  const deaf = () => undefined
  process.stdout.on('error', deaf)
  const stat = fstatSync(1)
  // Written without a thread: one that waits for a reader of a pipe keeps the process from its end.
  if (stat.isFIFO() || stat.isSocket()) return new LogOutput({ open: () => process.stdout })
  // By a thread, as a card may be slow and a terminal may be stopped. One that stays stopped holds up the end, until somebody kills the process.
  return new LogOutput({ open: () => createWriteStream('', { fd: 1, autoClose: false }).on('error', deaf) })
}
