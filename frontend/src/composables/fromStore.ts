import { useRealTimeStore } from '../stores/realTime.ts'
import type { RealTimeStore } from '../stores/realTime.ts'

/** Which gateway is meant, on a page that shows two. */
export interface FromStore {
  /** What `createUseRealTimeStore` made for it. Default: the page's own store. */
  readonly store?: RealTimeStore
}

export const storeOf = ({ store }: FromStore): RealTimeStore => store ?? useRealTimeStore()
