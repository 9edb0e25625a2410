/**
 * Faults planted on purpose, to see that the simulation finds them. A harness that finds nothing proves nothing. The
 * sources stay as they are; methods are replaced for as long as the plant stands.
 */
import { GatedSocket } from '../../src/services/gatedSocket.ts'
import { LiveClient } from '../../src/services/liveClient.ts'
import { NodeReplica } from '../../src/services/nodeReplica.ts'
import type { RunOptions } from './run.ts'

export const PLANTS = {
  generation: "events of a dead socket count as the newest one's",
  epoch: 'patches of another epoch are applied',
  leak: 'dispose leaves the sockets open',
  poll: 'a polled row replaces whatever is held',
} as const
export type PlantName = keyof typeof PLANTS

export interface Plant {
  readonly options: RunOptions
  remove(): void
}

export function isPlant(name: string): name is PlantName {
  return Object.hasOwn(PLANTS, name)
}

export function plant(name: PlantName): Plant {
  switch (name) {
    case 'generation':
      return { options: { mixGenerations: true }, remove: () => undefined }
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
  }
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
