import type { NodeState } from '../../../protocol/nodeState.ts'

/**
 * Does a poll show a key-up or a release of which no event told? One that raced the poll is forgiven: its event follows
 * at once and proves the contrary.
 */
export function keyingMoved(was: NodeState, is: NodeState): boolean {
  const moved = (a: boolean | null, b: boolean | null) => a !== null && b !== null && a !== b
  if (moved(was.rx, is.rx) || moved(was.tx, is.tx)) return true
  return Object.entries(is.links).some(([name, link]) => {
    // No event ever tells of those (app_rpt rpt_update_links).
    if (link.mode === 'local-monitor') return false
    const before = Object.hasOwn(was.links, name) ? was.links[name] : undefined
    return before !== undefined && (moved(before.keyed, link.keyed) || (link.lastKeyedAt ?? 0) > (before.lastKeyedAt ?? 0))
  })
}
