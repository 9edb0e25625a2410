import type { Knobs } from './knobs.ts'
import type { Link } from './link.ts'
import type { RptNode } from './rptNode.ts'

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** C `ctime`: local time of the server, no zone. */
export function ctime(ms: number): string {
  const t = new Date(ms)
  const two = (n: number) => String(n).padStart(2, '0')
  const clock = `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`
  return `${DAYS[t.getDay()] ?? ''} ${MONTHS[t.getMonth()] ?? ''} ${String(t.getDate()).padStart(2)} ${clock} ${t.getFullYear()}`
}

/** rpt_manager.c `rpt_manager_trigger`, class call. The old one, with the extra LF, put one time into both places. */
export function rptEvent(node: RptNode, name: string, value: string, knobs: Knobs): string {
  const keyed = knobs.eventTimesExtraLf ? node.transmitter.lastKeyedAt : node.lastKeyedAt
  const end = knobs.eventTimesExtraLf ? '\n\r\n' : '\r\n'
  return [
    `Event: ${name}\r\nPrivilege: call,all\r\nNode: ${node.id}\r\nChannel: ${node.channel}\r\nEventValue: ${value}\r\n`,
    `LastKeyedTime: ${ctime(keyed)}${end}`,
    `LastTxKeyedTime: ${ctime(node.transmitter.lastKeyedAt)}${end}`,
    '\r\n',
  ].join('')
}

/** The same variable as Asterisk's core tells it, class dialplan. */
export function varSetEvent(node: RptNode, name: string, value: string): string {
  return [
    'Event: VarSet\r\nPrivilege: dialplan,all\r\n',
    `Channel: ${node.channel}\r\nChannelState: 6\r\nChannelStateDesc: Up\r\n`,
    `CallerIDNum: <unknown>\r\nCallerIDName: <unknown>\r\nConnectedLineNum: ${node.id}\r\nConnectedLineName: <unknown>\r\n`,
    'Language: \r\nAccountCode: \r\nContext: default\r\nExten: \r\nPriority: 1\r\n',
    `Variable: ${name}\r\nValue: ${value}\r\n\r\n`,
  ].join('')
}

/** What Asterisk's core tells of the channel of a link. Ringing, answered; let go by app_rpt while the far end is missed; ended. */
export type ChannelMove = 'ringing' | 'up' | 'let-go' | 'ended'

const MOVES: Readonly<Record<ChannelMove, readonly [string, string]>> = {
  ringing: ['Newstate', 'ChannelState: 5\r\nChannelStateDesc: Ringing\r\n'],
  up: ['Newstate', 'ChannelState: 6\r\nChannelStateDesc: Up\r\n'],
  'let-go': ['SoftHangupRequest', 'ChannelState: 6\r\nChannelStateDesc: Up\r\n'],
  ended: ['Hangup', 'ChannelState: 6\r\nChannelStateDesc: Up\r\n'],
}

/** manager_channels.c, class call. The node is named as who is called for, or as who was called. */
export function channelEvent(node: RptNode, { name, direction, peer }: Link, move: ChannelMove): string {
  const [event, state] = MOVES[move]
  const out = direction === 'OUT'
  const cause = move === 'let-go' ? 'Cause: 32\r\n' : move === 'ended' ? 'Cause: 0\r\nCause-txt: Unknown\r\n' : ''
  return [
    `Event: ${event}\r\nPrivilege: call,all\r\nChannel: IAX2/${peer}:4569-1\r\n${state}`,
    `CallerIDNum: ${out ? '<unknown>' : name}\r\nCallerIDName: <unknown>\r\n`,
    `ConnectedLineNum: ${out ? node.id : '<unknown>'}\r\nConnectedLineName: <unknown>\r\n`,
    `Language: en\r\nAccountCode: \r\nContext: ${out ? '' : 'radio-secure'}\r\nExten: ${out ? name : node.id}\r\nPriority: 1\r\n`,
    `Uniqueid: 1795425497.75\r\nLinkedid: 1795425497.75\r\n${cause}\r\n`,
  ].join('')
}

export function fullyBooted(uptimeSeconds: number): string {
  return `Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: ${uptimeSeconds}\r\nLastReload: ${uptimeSeconds}\r\nStatus: Fully Booted\r\n\r\n`
}

export const SHUTDOWN = 'Event: Shutdown\r\nPrivilege: system,all\r\nShutdown: Cleanly\r\nRestart: False\r\n\r\n'
