/** Figures of another process, as Linux tells them. */
import { readFileSync } from 'node:fs'

const TICKS_PER_SECOND = 100

/** CPU time used so far, user and system, s. */
export function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name in parentheses may hold blanks; utime and stime are the 12th and 13th fields behind it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Resident memory, KiB. */
export function residentKib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN)
}

/** Before a process is measured for so many seconds it runs twice as long, ms: V8 goes on compiling for a minute what is called once a second. */
export function warmUpMs(seconds: number): number {
  return seconds * 2_000
}
