import type { Clock } from '../env/clock.ts'
import type { Hub } from './hub.ts'
import type { Limits } from './limits.ts'
import type { Meter } from './meter.ts'

/** What a viewer needs of the gateway behind it. */
export interface House {
  readonly clock: Clock
  readonly version: string
  readonly beatMs: number
  /** Watches a node: its hub, and the way out; null when there is no such node here. */
  enter(node: string): { readonly hub: Hub; leave(): void } | null
  /** Is that hub's node still here, with the same feed? The configuration changes while viewers stay. */
  isHere(hub: Hub): boolean
  readonly limits: Limits
  readonly meter?: Meter
}
