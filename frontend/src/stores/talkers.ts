import type { NodeState } from '../../../protocol/nodeState.ts'

/** Somebody who talks, or has talked, through a node. Times are server ms. */
export interface Talker {
  /** Link name; null = the node's own receiver. */
  readonly id: string | null
  readonly callsign: string | null
  readonly keyed: boolean
  /** Start of the running transmission, or of the last one; null = it runs, and began before anybody looked. */
  readonly since: number | null
  /** Its end; null while it runs, or when nobody saw it end. */
  readonly until: number | null
}

/** Who talks now, then who talked last, newest first. */
export function talkersOf(state: NodeState | undefined): Talker[] {
  if (state === undefined) return []
  const own = { id: null, callsign: state.callsign, keyed: state.rx === true, at: state.lastKeyedAt, end: state.lastUnkeyedAt }
  const links = Object.entries(state.links).map(([id, link]) => ({
    id, callsign: link.callsign, keyed: link.keyed === true, at: link.lastKeyedAt, end: link.lastUnkeyedAt,
  }))
  return [own, ...links]
    .flatMap(({ id, callsign, keyed, at, end }) =>
      at === null && !keyed ? [] : [{ id, callsign, keyed, since: at, until: keyed || end === null || at === null || end < at ? null : end }])
    .sort((a, b) => Number(b.keyed) - Number(a.keyed) || (b.since ?? 0) - (a.since ?? 0))
}
