import { hasHungUp } from '../../../../protocol/nodeState.ts'
import type { NodeState } from '../../../../protocol/nodeState.ts'
import { words } from '../words.ts'

/** How many nodes are connected, in words: directly (adjacent, as app_rpt calls them), behind those, and in total. */
export function linkCounts({ links, indirect }: Pick<NodeState, 'links' | 'indirect'>): string {
  const all = Object.values(links)
  const connecting = all.filter((link) => link.state === 'connecting' && !hasHungUp(link)).length
  return words.panel.counts(all.length, indirect.total, indirect.more, connecting)
}
