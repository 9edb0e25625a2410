import type { Clock } from '../env/clock.ts'
import type { Audience } from './audience.ts'
import type { Limits } from './limits.ts'
import type { Meter } from './meter.ts'

/** What a viewer needs of the gateway behind it. */
export interface House {
  readonly clock: Clock
  readonly version: string
  readonly beatMs: number
  /** Watches a node, or its voter: the hub, and the way out; null when there is no such node here. */
  enter(node: string): { readonly hub: Audience; leave(): void } | null
  /** Is that hub's node still here, with the same feed? The configuration changes while viewers stay. */
  isHere(hub: Audience): boolean
  readonly limits: Limits
  readonly meter?: Meter
}
