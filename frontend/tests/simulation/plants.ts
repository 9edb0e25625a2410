/**
 * Faults planted on purpose, to see that the simulation finds them. A harness that finds nothing proves nothing. The
 * sources stay as they are; methods are replaced for as long as the plant stands.
 */
import type { LooseStatusRow } from '../../../protocol/statusRow.ts'
import { brokenBy, CRASH, live, RESTART, storm, SWITCH } from '../../../bench/storm.ts'
import { Channel } from '../../src/services/channel.ts'
import { GatedSocket } from '../../src/services/gatedSocket.ts'
import { LiveClient } from '../../src/services/liveClient.ts'
import { NodeReplica } from '../../src/services/nodeReplica.ts'
import { run } from './run.ts'
import type { RunOptions } from './run.ts'

/** What is planted, and what it breaks first of all. */
export const PLANTS = {
  generation: { fault: "events of a dead socket count as the newest one's", breaks: 'I-1' },
  jitter: { fault: 'all clients draw the same numbers', breaks: 'storm' },
  epoch: { fault: 'patches of another epoch are applied', breaks: 'I-2' },
  leak: { fault: 'dispose leaves the sockets open', breaks: 'I-4' },
  poll: { fault: 'a polled row replaces whatever is held', breaks: 'I-2' },
  name: { fault: 'a polled row calls all links by one wrong name', breaks: 'I-2' },
  keyed: { fault: "a polled row puts the receiver's last over into 1970", breaks: 'I-2' },
  told: { fault: 'the common socket never lets go of a node', breaks: 'I-5' },
} as const
export type PlantName = keyof typeof PLANTS

export interface Plant {
  readonly options: RunOptions
  remove(): void
}

/**
 * Plants a fault and tries seeds until one of them breaks what the fault should break.
 * @returns how many that took; null = none of `most`
 */
export async function seedsToCatch(name: PlantName, from: number, most: number): Promise<number | null> {
  const { breaks } = PLANTS[name]
  const planted = plant(name)
  try {
    for (let tried = 1; tried <= most; tried++) {
      const seed = from + tried - 1
      const broken = name === 'jitter' ? stormBreaks(seed) : await runBreaks(seed, planted.options)
      if (broken.includes(breaks)) return tried
    }
    return null
  } finally {
    planted.remove()
  }
}

async function runBreaks(seed: number, options: RunOptions): Promise<string[]> {
  const { violations } = await run(seed, options)
  return violations.map(({ invariant }) => invariant)
}

/** One page cannot see that it comes in step with all others: what jitter is worth shows in a crowd. */
function stormBreaks(seed: number): string[] {
  const same = { clients: 2_000, chance: () => 0.5 }
  return [RESTART, CRASH, SWITCH].some((outage) => brokenBy(outage, storm(outage, live, seed, same)).length > 0) ? ['storm'] : []
}

export function isPlant(name: string): name is PlantName {
  return Object.hasOwn(PLANTS, name)
}

export function plant(name: PlantName): Plant {
  switch (name) {
    case 'generation':
      return { options: { mixGenerations: true }, remove: () => undefined }
    case 'jitter':
      return { options: {}, remove: () => undefined }
    case 'epoch':
      return replacing(
        NodeReplica.prototype,
        'patch',
        (original) =>
          function (this: NodeReplica, frame) {
            return original.call(this, { ...frame, epoch: this.resumable?.epoch ?? frame.epoch })
          },
      )
    case 'leak': {
      let disposing = false
      const drop = replacing(
        GatedSocket.prototype,
        'drop',
        (original) =>
          function (this: GatedSocket) {
            if (!disposing) original.call(this)
          },
      )
      const dispose = replacing(
        LiveClient.prototype,
        'dispose',
        (original) =>
          function (this: LiveClient) {
            disposing = true
            original.call(this)
            disposing = false
          },
      )
      return {
        options: {},
        remove: () => {
          dispose.remove()
          drop.remove()
        },
      }
    }
    case 'poll':
      return replacing(
        NodeReplica.prototype,
        'poll',
        (original) =>
          function (this: NodeReplica, row, now) {
            const { epoch: _epoch, seq: _seq, ...bare } = row
            return original.call(this, bare, now, true)
          },
      )
    case 'name':
      return rowsAs((row) => ({ ...row, remote_nodes: row.remote_nodes?.map((link) => link && { ...link, info: 'W6XYZ Somebody else' }) }))
    case 'keyed':
      return rowsAs((row) => ({ ...row, keyed_at: { ...row.keyed_at, '': 12_345 } }))
    case 'told':
      return replacing(
        Channel.prototype,
        'send',
        (original) =>
          function (this: Channel, frame) {
            return frame.type === 'unsubscribe' || original.call(this, frame)
          },
      )
  }
}

function rowsAs(other: (row: LooseStatusRow) => LooseStatusRow): Plant {
  return replacing(
    NodeReplica.prototype,
    'poll',
    (original) =>
      function (this: NodeReplica, row, now, asked) {
        return original.call(this, other(row), now, asked)
      },
  )
}

function replacing<T extends object, K extends keyof T>(target: T, key: K, make: (original: T[K]) => T[K]): Plant {
  const original = target[key]
  target[key] = make(original)
  return {
    options: {},
    remove: () => {
      target[key] = original
    },
  }
}
