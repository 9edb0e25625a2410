/** What may be asked of a node: the last part of `nodes/<action>` in the HTTP API, and what orders over a broker and `--mqtt-orders` are named by. */
export type LinkAction = 'connect' | 'monitor' | 'local-monitor' | 'disconnect'
export type CommandAction = LinkAction | 'disconnect-all' | 'dtmf'

export const LINK_ACTIONS = ['connect', 'monitor', 'local-monitor', 'disconnect'] as const satisfies readonly LinkAction[]
export const ACTIONS = [...LINK_ACTIONS, 'disconnect-all', 'dtmf'] as const satisfies readonly CommandAction[]
