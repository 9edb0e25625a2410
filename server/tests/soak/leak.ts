/** What processes hold: memory, open files, sockets (Linux). */
import { readdirSync, readlinkSync } from 'node:fs'
import { residentKib } from '../../../bench/proc.ts'
import { pause } from './fault.ts'
import type { Stage } from './stage.ts'

export interface Holdings {
  /** Resident memory. It comes and goes with what V8 sets aside, by a third, so it is told and not judged. */
  readonly rssKib: number
  readonly files: number
  readonly sockets: number
}

/** Of the gateway. */
export interface GatewayHoldings extends Holdings {
  /** What is left of its memory after a collection. */
  readonly liveKib: number
}

const EACH_MS = 5_000
/** A browser, or who is like one, keeps the connection of a poll for some seconds: in one of so many looks hardly one is kept. */
const LEAST_LOOKS = 4

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

/** Over so long, ms: of memory the median; of files and sockets the fewest, as those that leak are in each look. */
export async function sample(stage: Stage, forMs: number): Promise<GatewayHoldings> {
  const samples: GatewayHoldings[] = []
  for (const end = performance.now() + forMs; performance.now() < end || samples.length < LEAST_LOOKS; await pause(EACH_MS)) {
    samples.push({ ...holdingsOf(stage.gateway.pid), liveKib: await stage.memory() })
  }
  const sorted = (what: keyof GatewayHoldings) => samples.map((each) => each[what]).sort((a, b) => a - b)
  const median = (what: keyof GatewayHoldings) => sorted(what)[samples.length >> 1] ?? Number.NaN
  const fewest = (what: keyof GatewayHoldings) => sorted(what)[0] ?? Number.NaN
  return { rssKib: median('rssKib'), liveKib: median('liveKib'), files: fewest('files'), sockets: fewest('sockets') }
}

/** What of `after` is more than `share` above `before`, in words. */
export function grown(before: GatewayHoldings, after: GatewayHoldings, share: number): string[] {
  return (['liveKib', 'files', 'sockets'] as const).flatMap((what) =>
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
