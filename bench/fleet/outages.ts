/** A front that is killed, and a broker that is away: what viewers with the library's own client have of it. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Landing } from './balanced.ts'
import { quantile, sum } from './figures.ts'
import type { Told } from './plain.ts'
import { machineMs } from './remote.ts'
import { talk } from './talk.ts'
import { seatsOf } from './world.ts'
import type { Between, Crowd, Sites } from './world.ts'

export interface FrontKilled {
  readonly clients: number
  /** Whose front it was. */
  readonly hit: number
  /** Who got an answer of another front, of those. */
  readonly back: number
  /** From the kill to the first word of their node over another front, ms. */
  readonly p50Ms: number
  readonly p99Ms: number
  readonly lastMs: number
  /** Answered "as you hold it". */
  readonly current: number
  /** Sent the whole state: the node had changed meanwhile, or for no good reason. */
  readonly snapshots: number
  readonly needless: number
  /** Sent a state that is counted otherwise than what they held. */
  readonly otherEpoch: number
  /** Read over the new sockets up to that answer, handshakes included. */
  readonly bytes: number
  readonly bytesPerCurrent: number
  readonly bytesPerSnapshot: number
}

const LONGEST_MS = 60_000
const LOOK_MS = 50

/** With the net in progress, or without: while nothing changes nobody needs a state. */
export async function killFront(sites: Sites, world: Between, crowd: Crowd, count: number, net: boolean): Promise<FrontKilled> {
  const [victim, ...others] = world.doors
  if (victim === undefined) throw new Error('there is no front')
  await crowd.openClients(seatsOf(count, sites.nodes, world.doors), world.doors)
  const takeLandings = async () => (await crowd.all('takeLandings', undefined)).flat()
  const before = await takeLandings()
  const hit = before.filter(({ front }) => front === victim.url).length
  const talking = net ? talk(sites, 4_000, 5) : null
  await pause(500)
  await crowd.behind(others)
  const killedAt = machineMs()
  await victim.stop('SIGKILL')
  const landings: Landing[] = []
  for (const end = machineMs() + LONGEST_MS; landings.length < hit && machineMs() < end; await pause(LOOK_MS)) landings.push(...await takeLandings())
  await talking
  const ms = landings.map(({ at }) => at - killedAt)
  const of = (kind: 'current' | 'snapshot') => landings.filter((landing) => landing.kind === kind)
  const bytes = (all: readonly { readonly bytes: number }[]) => sum(all.map((landing) => landing.bytes))
  const each = (all: readonly { readonly bytes: number }[]) => (all.length === 0 ? 0 : Math.round(bytes(all) / all.length))
  return {
    clients: before.length, hit, back: landings.length,
    p50Ms: quantile(ms, 0.5), p99Ms: quantile(ms, 0.99), lastMs: Math.max(...ms),
    current: of('current').length, snapshots: of('snapshot').length,
    needless: landings.filter(({ needless }) => needless).length, otherEpoch: landings.filter(({ otherEpoch }) => otherEpoch).length,
    bytes: bytes(landings), bytesPerCurrent: each(of('current')), bytesPerSnapshot: each(of('snapshot')),
  }
}

/** So long after something, half of the viewers and the last one were told. */
export interface Spread {
  readonly viewers: number
  readonly p50Ms: number
  readonly lastMs: number
}

export interface BrokerAway {
  readonly viewers: number
  /** The broker did not run for so long, ms. */
  readonly awayMs: number
  /** By the code of the reason, since the broker was gone; several may be told to one viewer. */
  readonly told: Readonly<Record<string, Spread>>
  /** Right again: reached, and whoever keyed while it was away is shown; since the broker ran again. */
  readonly right: Spread
}

/** @param ms the broker is away for so long */
export async function loseBroker(sites: Sites, world: Between, crowd: Crowd, ms: number): Promise<BrokerAway> {
  const { broker } = world
  if (broker === null) throw new Error('there is no broker')
  const viewers = sum(await crowd.all('live', undefined))
  const takeTold = async () => (await crowd.all('takeTold', undefined)).flat()
  await takeTold()
  const goneAt = machineMs()
  await broker.pause()
  await pause(ms / 2)
  // Each node has news that nobody can be told.
  for (const node of sites.nodes) await sites.key(node, sites.talkers[node]?.[0] ?? '', true)
  await pause(Math.max(0, goneAt + ms - machineMs()))
  await broker.resume()
  const backAt = machineMs()
  const all: Told[] = []
  const right = new Map<number, number>()
  const note = async () => {
    for (const told of await takeTold()) {
      all.push(told)
      if (told.at > backAt && told.reach === 'up' && told.keyed) right.set(told.viewer, right.get(told.viewer) ?? told.at - backAt)
    }
  }
  for (const end = machineMs() + LONGEST_MS; right.size < viewers && machineMs() < end; await pause(LOOK_MS)) await note()
  for (const node of sites.nodes) await sites.key(node, sites.talkers[node]?.[0] ?? '', false)
  return { viewers, awayMs: backAt - goneAt, told: toldBy(all, goneAt), right: spread([...right.values()]) }
}

/** When each viewer was first told each reason. */
export function toldBy(all: readonly Told[], since: number): Record<string, Spread> {
  const first = new Map<string, Map<number, number>>()
  for (const { viewer, at, reach, code } of all) {
    const why = code ?? reach
    if (why === 'up') continue
    const times = first.get(why) ?? new Map<number, number>()
    first.set(why, times)
    times.set(viewer, Math.min(times.get(viewer) ?? Infinity, at - since))
  }
  return Object.fromEntries([...first].map(([why, times]) => [why, spread([...times.values()])]))
}

function spread(ms: readonly number[]): Spread {
  return { viewers: ms.length, p50Ms: quantile(ms, 0.5), lastMs: quantile(ms, 1) }
}
