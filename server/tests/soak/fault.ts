import type { Rng } from '../../../frontend/tests/simulation/rng.ts'
import type { Crowd } from './crowd.ts'
import type { Stage } from './stage.ts'
import type { Finding } from './watchman.ts'

/** What fails: two faults at once are of two areas, as nobody can kill what is dead. */
export type Area = 'asterisk' | 'gateway' | 'path' | 'config' | 'rights' | 'names' | 'clock'

export interface Scene {
  readonly stage: Stage
  readonly crowd: Crowd
  readonly rng: Rng
  /** Something is found that only this fault knows to be wrong. */
  readonly tell: (finding: Finding) => void
}

export interface Fault {
  readonly name: string
  readonly area: Area
  /** Shortest and longest, ms. */
  readonly lasts: readonly [min: number, max: number]
  /** Pages may show as current what is older by so much than usual, as nothing tells them, ms. */
  readonly blindMs?: number
  /** From its end until every page with a socket is right again, ms, where that takes longer than a socket's longest wait. */
  readonly boundMs?: number
  /** The gateway's process is another one afterwards. */
  readonly endsProcess?: true
  /** No gateway starts while it lasts. */
  readonly forbidsStart?: true
  /** Too long for a short run. */
  readonly isLong?: true
  /** Begins it. @returns how it ends */
  strike(scene: Scene): Promise<() => Promise<void>>
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })
