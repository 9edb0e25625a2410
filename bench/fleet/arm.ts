/** One side of a pair: the same stations talk before the same viewers, over one gateway or over a fleet. */
import { setTimeout as pause } from 'node:timers/promises'
import { addedCpu, between as stretchOf, median, perChange, quantile, sum } from './figures.ts'
import type { Stretch } from './figures.ts'
import { read } from './reading.ts'
import type { Flow, Layer } from './reading.ts'
import { delaysOf, talk } from './talk.ts'
import { COUNTED_MS, seatsOf } from './world.ts'
import type { Between, Crowd, Sites } from './world.ts'

export interface Plan {
  /** How long stations talk, each time, s. */
  readonly seconds: number
  /** Until what coming brought about is over, ms. */
  readonly settleMs: number
}

/** What came of one crowd. */
export interface Heard {
  readonly viewers: number
  readonly changes: number
  /** Key-up or release in Asterisk → message at a viewer, ms. */
  readonly p50Ms: number
  readonly p99Ms: number
  readonly missed: number
  readonly quiet: Stretch
  readonly busy: Stretch
}

export interface Arm {
  /** One viewer of each node at each door: what the way itself costs. */
  readonly few: Heard
  readonly many: Heard
  /** From opening to the first whole state, ms. */
  readonly firstP50Ms: number
  /** What viewers brought to all doors together, KiB each. */
  readonly kibPerViewer: number
}

export async function measureArm(sites: Sites, world: Between, crowd: Crowd, viewers: number, { seconds, settleMs }: Plan): Promise<Arm> {
  const seats = seatsOf(viewers, sites.nodes, world.doors)
  const few = seats.slice(0, sites.nodes.length * world.doors.length)
  await crowd.open(few)
  await pause(settleMs)
  // Unmeasured, until the code is compiled.
  await talk(sites, seconds * 1000, 0)
  const first = await listen(few.length)
  const before = doorKib(first.quiet)
  const { count, firstMs } = await crowd.open(seats.slice(few.length))
  const many = await listen(few.length + count)
  return { few: first, many, firstP50Ms: median(firstMs), kibPerViewer: (doorKib(many.quiet) - before) / count }

  async function listen(there: number): Promise<Heard> {
    await pause(settleMs)
    const start = await read(sites, world, crowd)
    await pause(seconds * 500)
    await crowd.all('takeSights', undefined)
    await pause(COUNTED_MS)
    const middle = await read(sites, world, crowd)
    const changes = await talk(sites, seconds * 1000, there)
    await pause(COUNTED_MS)
    const end = await read(sites, world, crowd)
    const sights = (await crowd.all('takeSights', undefined)).flat()
    const watch = (node: string) => seats.slice(0, there).filter((seat) => seat.node === node).length
    const { ms, missed } = delaysOf(changes, sights, watch)
    return {
      viewers: there, changes: changes.length, p50Ms: quantile(ms, 0.5), p99Ms: quantile(ms, 0.99), missed,
      quiet: stretchOf(start, middle), busy: stretchOf(middle, end),
    }
  }
}

function doorKib({ residentKib }: Stretch): number {
  return sum(residentKib['front'] ?? residentKib['gateway'] ?? [])
}

/** What one key-up or release adds, way by way. */
export function addedBy({ busy, quiet, changes }: Heard): Readonly<Record<Layer, Flow>> {
  return perChange(busy, quiet, changes)
}

/** CPU that talking added to what goes on anyway, of one kind of process, µs. */
export function cpuAddedBy(kind: string, { busy, quiet }: Heard): number {
  return addedCpu(kind, busy, quiet)
}
