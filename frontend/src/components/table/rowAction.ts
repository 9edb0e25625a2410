import type { LinkState } from '../../../../protocol/nodeState.ts'

/** What can be done with a link at its row. */
export type RowAction = 'disconnect' | 'monitor' | 'favorite'

/** What is left of `actions` for this link, and for who may do what. @param may by right of the gateway, e.g. `DISCUSER` */
export function offeredActions(actions: readonly RowAction[], link: LinkState, may: (action: RowAction) => boolean): readonly RowAction[] {
  return actions.filter((action) => may(action) && (action !== 'monitor' || canMonitor(link)))
}

/** What is being dialled, or is listened to already, cannot be told to be. */
const canMonitor = ({ state, mode }: LinkState) => state === 'established' && mode !== 'monitor'
