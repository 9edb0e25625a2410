import type { NodeState } from '../../../protocol/nodeState.ts'
import type { RptEvent } from '../ami/rptEvents.ts'

/**
 * The kinds of events that would have told of the key-ups and releases that a poll shows. One that raced the poll is forgiven: its event
 * follows at once and proves the contrary.
 */
export function keyingMoved(was: NodeState, is: NodeState): RptEvent['kind'][] {
  const moved = (a: boolean | null, b: boolean | null) => a !== null && b !== null && a !== b
  const linkMoved = Object.entries(is.links).some(([name, link]) => {
    // No event ever tells of those (app_rpt rpt_update_links).
    if (link.mode === 'local-monitor') return false
    const before = Object.hasOwn(was.links, name) ? was.links[name] : undefined
    // Nor of a key that a redial forgets (app_rpt attempt_reconnect).
    if (before === undefined || link.state === 'connecting' || link.reconnects > before.reconnects) return false
    return moved(before.keyed, link.keyed) || (link.lastKeyedAt ?? 0) > (before.lastKeyedAt ?? 0)
  })
  return [
    ...(moved(was.rx, is.rx) ? ['rxkeyed' as const] : []),
    ...(moved(was.tx, is.tx) ? ['txkeyed' as const] : []),
    ...(linkMoved ? ['alinks' as const] : []),
  ]
}
