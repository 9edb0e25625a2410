/** What processes hold: memory, open files, sockets (Linux). */
import { readdirSync, readlinkSync } from 'node:fs'
import { residentKib } from '../../../bench/proc.ts'
import { pause } from './fault.ts'

export interface Holdings {
  readonly rssKib: number
  readonly files: number
  readonly sockets: number
}

const EACH_MS = 1_000

export function holdingsOf(pid: number): Holdings {
  const links = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)]
    } catch {
      // It was closed meanwhile.
      return []
    }
  })
  return { rssKib: residentKib(pid), files: links.length, sockets: links.filter((link) => link.startsWith('socket:')).length }
}

/** Medians over so long, ms. */
export async function sample(pid: number, forMs: number): Promise<Holdings> {
  const samples: Holdings[] = []
  for (const end = performance.now() + forMs; performance.now() < end || samples.length === 0; await pause(EACH_MS)) samples.push(holdingsOf(pid))
  const median = (of: (holdings: Holdings) => number) => samples.map(of).sort((a, b) => a - b)[samples.length >> 1] ?? Number.NaN
  return { rssKib: median(({ rssKib }) => rssKib), files: median(({ files }) => files), sockets: median(({ sockets }) => sockets) }
}

/** What of `after` is more than `share` above `before`, in words. */
export function grown(before: Holdings, after: Holdings, share: number): string[] {
  return (['rssKib', 'files', 'sockets'] as const).flatMap((what) =>
    after[what] > before[what] * (1 + share) ? [`${what} ${before[what]} → ${after[what]}`] : [],
  )
}

/** What this process holds: timers, servers, children and sockets as Node counts them, and descriptors as the system does. */
export function resources(): Record<string, number> {
  const counts: Record<string, number> = { descriptors: holdingsOf(process.pid).files }
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

/** Waits until nothing is left that was not there before. @returns what is left after `ms` */
export async function leftOver(before: Readonly<Record<string, number>>, ms: number): Promise<string[]> {
  for (const end = performance.now() + ms; ; await pause(100)) {
    const more = Object.entries(resources()).filter(([kind, count]) => count > (before[kind] ?? 0))
    if (more.length === 0 || performance.now() > end) return more.map(([kind, count]) => `${kind} ${before[kind] ?? 0} → ${count}`)
  }
}
