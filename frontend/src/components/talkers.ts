import { displayName } from '../../../protocol/names.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
import { orderedLinks } from './linkOrder.ts'
import { words } from './words.ts'

export interface Talker {
  /** The link's id, or '' for the node's own receiver. */
  readonly id: string
  readonly name: string
  /** Start of the running or newest transmission, server ms; null = not known. */
  readonly since: number | null
}

/** Who is talking now, the node's own receiver first, links in the order of the table. */
export function talkersNow(state: NodeState): readonly Talker[] {
  const local: Talker[] = state.rx === true ? [localReceiver(state)] : []
  const links = orderedLinks(state.links).filter(({ link }) => link.keyed === true)
  return [...local, ...links.map(({ id, link }) => ({ id, name: displayName(link), since: link.lastKeyedAt }))]
}

/** Who talked last; null if nobody is known to have. */
export function lastTalker(state: NodeState): Talker | null {
  const talkers = [localReceiver(state)]
  for (const [id, link] of Object.entries(state.links))
    talkers.push({ id, name: displayName(link), since: link.lastKeyedAt })
  return talkers.reduce<Talker | null>((best, talker) => {
    if (talker.since === null) return best
    return best?.since != null && best.since >= talker.since ? best : talker
  }, null)
}

const localReceiver = (state: NodeState): Talker => ({
  id: '',
  name: words.talk.localReceiver,
  since: state.lastKeyedAt,
})
