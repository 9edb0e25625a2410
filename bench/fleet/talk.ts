/** Stations that talk on all nodes, at an even pace, and what viewers saw of it. */
import { setTimeout as pause } from 'node:timers/promises'
import { seededRandom } from '../../server/src/fake-asterisk/seededRandom.ts'
import type { Sight } from './plain.ts'
import { machineMs } from './remote.ts'
import type { Sites } from './world.ts'

/** A key-up or release, as Asterisk began to tell of it. */
export interface Change {
  readonly node: string
  readonly on: boolean
  /** By `machineMs`. */
  readonly at: number
}

/** Somebody keys or unkeys so often, ms: with 60 nodes each changes every 6 s, as in a net. */
export const EVERY_MS = 100

/** A node after the other: on each, somebody keys, and in the next round unkeys. As many whole rounds as `ms` has room for, or two. */
export async function talk(sites: Sites, ms: number, seed: number): Promise<Change[]> {
  const random = seededRandom(seed)
  const { nodes, talkers } = sites
  const links = nodes.map((node) => talkers[node] ?? [])
  const changes: Change[] = []
  const from = machineMs()
  const rounds = 2 * Math.max(1, Math.round(ms / (2 * nodes.length * EVERY_MS)))
  let talker: string[] = []
  for (let round = 0; round < rounds; round += 1) {
    const on = round % 2 === 0
    if (on) talker = links.map((all) => all[Math.floor(random() * all.length)] as string)
    for (const [i, node] of nodes.entries()) {
      changes.push({ node, on, at: await sites.key(node, talker[i] as string, on) })
      await pause(Math.max(0, from + changes.length * EVERY_MS - machineMs()))
    }
  }
  return changes
}

export interface Delays {
  /** Of each change at each viewer who saw it, ms. */
  readonly ms: readonly number[]
  /** Changes that a viewer was not shown before the node's next one, over all viewers. */
  readonly missed: number
}

/** @param viewersOf how many watch a node */
export function delaysOf(changes: readonly Change[], sights: readonly Sight[], viewersOf: (node: string) => number): Delays {
  const ms: number[] = []
  let missed = 0
  const seen = groupBy(sights, ({ node }) => node)
  for (const [node, own] of groupBy(changes, (change) => change.node)) {
    const of = (seen.get(node) ?? []).toSorted((a, b) => a.at - b.at)
    for (const [i, { on, at }] of own.entries()) {
      const until = own[i + 1]?.at ?? Infinity
      const first = new Map<number, number>()
      for (const sight of of) if (sight.on === on && sight.at >= at && sight.at < until && !first.has(sight.viewer)) first.set(sight.viewer, sight.at - at)
      ms.push(...first.values())
      missed += viewersOf(node) - first.size
    }
  }
  return { ms, missed }
}

function groupBy<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const one of all) {
    const group = groups.get(keyOf(one))
    if (group === undefined) groups.set(keyOf(one), [one])
    else group.push(one)
  }
  return groups
}
