/**
 * Mistakes put in on purpose, one at a time, to see that they are found. Those of the gateway are changes of its built bundle, those of
 * the client of its classes in this process.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Channel } from '../../../frontend/src/services/channel.ts'
import type { Finding } from './watchman.ts'
import { BUILT } from '../support/built.ts'

interface GatewayPlant {
  readonly what: string
  /** Faults that bring it to light have these words in their names. */
  readonly faults: string
  /** What no longer holds. */
  readonly breaks: readonly Finding['rule'][]
  /** Stands in the bundle once, and is replaced. */
  readonly find: string
  readonly replace: string
}

export const GATEWAY_PLANTS = {
  epoch: {
    what: 'a node that went and came back counts on in its old epoch',
    faults: 'node removed',
    breaks: ['stale'],
    find: '`${epoch}-${(this.#generation++).toString(36)}`',
    replace: 'epoch',
  },
  rights: {
    what: 'rights are not asked again on open sockets',
    faults: 'account of',
    breaks: ['rights'],
    find: '\t\t\tconst may = this.#guest.mayWatch(node);',
    replace: '\t\t\tconst may = true;',
  },
  keying: {
    what: 'who talks stays known while Asterisk is away',
    faults: 'Asterisk killed',
    breaks: ['stale'],
    find: 'reach === "up" ? next : forgetKeying(next)',
    replace: 'next',
  },
} as const satisfies Readonly<Record<string, GatewayPlant>>

const CLIENT_PLANTS = {
  deaf: { what: 'a socket that says nothing any more counts as live for ever', faults: 'dead for long', breaks: ['stale'] },
} as const

export type PlantName = keyof typeof GATEWAY_PLANTS | keyof typeof CLIENT_PLANTS
export const PLANTS: Readonly<Record<PlantName, Pick<GatewayPlant, 'what' | 'faults' | 'breaks'>>> = { ...GATEWAY_PLANTS, ...CLIENT_PLANTS }

export function isPlant(name: string): name is PlantName {
  return Object.hasOwn(PLANTS, name)
}

export interface Planted {
  /** The gateway to run; null = the built one. */
  readonly main: string | null
  remove(): Promise<void>
}

/** @throws Error when the bundle is not what the plant was written for */
export async function plant(name: PlantName): Promise<Planted> {
  if (name === 'deaf') return plantDeafness()
  const folder = await mkdtemp(join(tmpdir(), 'supermon-live-plant-'))
  const main = join(folder, 'main.mjs')
  await writeFile(main, changed(await readFile(BUILT, 'utf8'), name))
  return { main, remove: () => rm(folder, { recursive: true, force: true }) }
}

export function changed(bundle: string, name: keyof typeof GATEWAY_PLANTS): string {
  const { find, replace } = GATEWAY_PLANTS[name]
  const [before, after, ...more] = bundle.split(find)
  if (before === undefined || after === undefined || more.length > 0) throw new Error(`the bundle has ${find} not once: plant ${name} must be written anew`)
  return before + replace + after
}

function plantDeafness(): Planted {
  const remove = replacing(Channel.prototype, 'dispatch', (original) => function (this: Channel, event) {
    if (event.type !== 'deadline' || this.state.status !== 'live') original.call(this, event)
  })
  return { main: null, remove: () => Promise.resolve(remove()) }
}

function replacing<T extends object, K extends keyof T>(target: T, key: K, make: (original: T[K]) => T[K]): () => void {
  const original = target[key]
  target[key] = make(original)
  return () => { target[key] = original }
}
