/** What a viewer asks a node to do. `restart` and the like are not offered. */
export type ControlAction = 'connect' | 'monitor' | 'local-monitor' | 'disconnect' | 'disconnect-all' | 'dtmf'

/** Permission names of Supermon-NG's `authusers.inc` that each action needs. */
export const ACTION_PERMISSION: Readonly<Record<ControlAction, string>> = {
  connect: 'CONNECTUSER',
  monitor: 'MONUSER',
  'local-monitor': 'LMONUSER',
  disconnect: 'DISCUSER',
  'disconnect-all': 'DISCUSER',
  dtmf: 'DTMFUSER',
}

/** For a link that is redialled for ever, besides the action's own permission. */
export const PERMANENT = 'PERMUSER'

/** For the addresses of a node's peers: who may ask for its status page sees them there. */
export const PEERS = 'RSTATUSER'

/** Those that `auth/me` of Supermon-NG 4.3.3 answers true or false for, and ours as well. */
export const PERMISSION_NAMES: readonly string[] = (
  'PERMUSER CONNECTUSER DISCUSER MONUSER LMONUSER DTMFUSER ASTLKUSER RSTATUSER BUBLUSER ' +
  'DVSWITCHUSER ANNOUNCEUSER ANNOUNCEGLOBALUSER ANNOUNCESCHEDUSER FAVUSER CTRLUSER CFGEDUSER ASTRELUSER ASTSTRUSER ' +
  'ASTSTPUSER FSTRESUSER RBTUSER UPDUSER HWTOUSER WIKIUSER CSTATUSER ASTATUSER EXNUSER ' +
  'ACTNUSER ALLNUSER DBTUSER GPIOUSER LLOGUSER ASTLUSER CLOGUSER IRLPLOGUSER WLOGUSER ' +
  'WERRUSER BANUSER SYSINFUSER SUSBUSER SMLOGUSER'
).split(' ')
