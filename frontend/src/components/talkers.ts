import { displayName } from '../../../protocol/names.ts'
import type { LinkState, NodeState } from '../../../protocol/nodeState.ts'
import { words } from './words.ts'

export interface Talker {
  /** The link's id, or '' for the node's own receiver. */
  readonly id: string
  /** All that is known of it; '' = nothing. */
  readonly name: string
  /** As short as it can be told: a call sign, else the id, else words for the node's own receiver. */
  readonly label: string
  /** Start of the running or newest transmission, server ms; null = not known. */
  readonly since: number | null
  /**
   * When it was heard last, server ms: the end of its newest transmission, or its start where no end is known. The end that a
   * link tells may be that of the transmission before. null = never.
   */
  readonly until: number | null
}

/** Who is talking now: the node's own receiver first, then links, who began first in front. */
export function talkersNow(state: NodeState): readonly Talker[] {
  const local = state.rx === true ? [localReceiver(state)] : []
  const links = Object.entries(state.links).filter(([, link]) => link.keyed === true)
  return [...local, ...links.map(([id, link]) => talker(id, link)).sort((a, b) => (a.since ?? 0) - (b.since ?? 0))]
}

/**
 * Who has talked and does not now, the newest first; at most `most`.
 * @param known false where nobody knows who talks now: then those count whom it was last known of
 */
export function talkersBefore(state: NodeState, most: number, known = true): readonly Talker[] {
  const talkers = Object.entries(state.links).map(([id, link]) => ({ keyed: link.keyed, talker: talker(id, link) }))
  return [{ keyed: state.rx, talker: localReceiver(state) }, ...talkers]
    .filter(({ keyed, talker: { until } }) => until !== null && !(known && keyed === true))
    .map(({ talker }) => talker)
    .sort((a, b) => (b.until ?? 0) - (a.until ?? 0))
    .slice(0, most)
}

function talker(id: string, link: LinkState): Talker {
  const { lastKeyedAt, lastUnkeyedAt } = link
  return { id, name: displayName(link), label: link.callsign?.trim() || id, since: lastKeyedAt, until: heardAt(lastKeyedAt, lastUnkeyedAt) }
}

function localReceiver({ lastKeyedAt, lastUnkeyedAt }: NodeState): Talker {
  const name = words.talk.localReceiver
  return { id: '', name, label: name, since: lastKeyedAt, until: heardAt(lastKeyedAt, lastUnkeyedAt) }
}

const heardAt = (began: number | null, ended: number | null) => (began === null || ended === null ? began : Math.max(began, ended))
