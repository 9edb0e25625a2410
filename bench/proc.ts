/** Figures of another process, as Linux tells them. */
import { readdirSync, readFileSync } from 'node:fs'

/**
 * CPU time used so far by the threads that live, user and system, s. The scheduler counts it in nanoseconds
 * (`/proc/<pid>/task/<tid>/schedstat`, first field); `/proc/<pid>/stat` tells the same in hundredths of a second.
 */
export function cpuSeconds(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((all, tid) => all + ranNs(`/proc/${pid}/task/${tid}/schedstat`), 0) / 1e9
}

/** 0 = the thread has ended between listing and reading. */
function ranNs(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8').split(' ')[0])
  } catch {
    return 0
  }
}

/** Resident memory, KiB. */
export function residentKib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN)
}

/** Before a process is measured for so many seconds it runs twice as long, ms: V8 goes on compiling for a minute what is called once a second. */
export function warmUpMs(seconds: number): number {
  return seconds * 2_000
}
