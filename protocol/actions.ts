/** What may be asked of a node: the last part of `nodes/<action>` in the HTTP API, and what orders over a broker and `--mqtt-orders` are named by. */
export const LINK_ACTIONS = ['connect', 'monitor', 'local-monitor', 'disconnect'] as const
export type LinkAction = (typeof LINK_ACTIONS)[number]

export const ACTIONS = [...LINK_ACTIONS, 'disconnect-all', 'dtmf'] as const
