/** `Action: RptStatus` and `RptLocalNodes` (app_rpt rpt_manager.c). */
import type { AmiRequest } from './amiRequest.ts'
import { clockText, clockTextMs } from './durations.ts'
import type { Knobs } from './knobs.ts'
import { sortedTokens } from './linkLists.ts'
import { isToldKeyed } from './link.ts'
import type { Link } from './link.ts'
import { failure, rptSuccess } from './reply.ts'
import type { Reply } from './reply.ts'
import type { RptNode } from './rptNode.ts'
import type { RptServer } from './rptServer.ts'

/** So long after link audio the node still owes an identification. */
const IDENTIFY_MS = 300_000
/** Longer lists are written several names at a time, to keep a hub's reply fast. */
const SINGLE_WRITES = 40
const NAMES_PER_WRITE = 16

const COMMANDS = ['RptStat', 'NodeStat', 'XStat', 'SawStat']

export function rptStatus(request: AmiRequest, server: RptServer, knobs: Knobs): Reply {
  const command = request.get('COMMAND')
  if (command === '') return failure(request, 'RptStatus missing command')
  if (!COMMANDS.includes(command)) return failure(request, 'RptStatus unknown command')
  const head = rptSuccess(request, knobs)
  if (command === 'RptStat') return { pieces: [...head, ...rptStat(server)] }
  const node = server.nodes.get(request.get('NODE'))
  if (node === undefined) return failure(request, 'RptStatus unknown or missing node')
  if (command === 'NodeStat') return { pieces: [...head, ...nodeStat(node)] }
  if (command === 'SawStat') return { pieces: [...head, ...sawStat(node, server.clock.now())] }
  if (knobs.remoteBases.includes(node.id)) return { pieces: [...head, `Node: ${node.id}\r\n`], close: true }
  return { pieces: [...head, ...xStat(node, server.clock.now(), knobs)] }
}

/** No Response and no ActionID. */
export function rptLocalNodes(server: RptServer): Reply {
  const nodes = [...server.nodes.keys()].map((id) => `  <node>${id}</node>\r\n`)
  return { pieces: ['<?xml version="1.0"?>\r\n', '<nodes>\r\n', ...nodes, '</nodes>\r\n', '\r\n'] }
}

function rptStat(server: RptServer): string[] {
  const ids = [...server.nodes.keys()]
  const nodes = ids.length === 0 ? '<NONE>\r\n' : `Nodes: ${ids.join(',')}\r\n`
  return [nodes, `RptUptime: ${clockText(server.clock.now() - server.startedAt)}\r\n`, '\r\n']
}

/** Six columns of fixed width with no separator; a long name runs into the peer. A peer is cut at 30 (app_rpt.h MAXPEERSTR). */
export function connColumns(link: Link, elapsed: string): string {
  const state = link.connected ? 'ESTABLISHED' : 'CONNECTING'
  const peer = link.hasChannel ? link.peer.slice(0, 30) : '(none)'
  const reconnects = String(link.reconnects).padEnd(12)
  return `${link.name.padEnd(10)}${peer.padEnd(20)}${reconnects}${link.direction.padEnd(11)}${elapsed.padEnd(20)}${state}`
}

/** Every link but those of hidden names, newest first. */
export function shownLinks(node: RptNode): readonly Link[] {
  return node.links.filter((l) => !l.name.startsWith('0'))
}

function xStat(node: RptNode, now: number, knobs: Knobs): string[] {
  // The copy of the list that XStat walks is the other way round: oldest first.
  const conns = [...shownLinks(node)].reverse()
  return [
    `Node: ${node.id}\r\n`,
    ...conns.map((link) => `Conn: ${connColumns(link, clockText(now - link.since)).padEnd(93)}\r\n`),
    'LinkedNodes: ',
    ...linkedNodes(sortedTokens(node.linkedTokens())),
    '\r\n',
    ...(knobs.varsMissing ? [] : node.vars.list().map(([name, value]) => `Var: ${name}=${value}\r\n`)),
    ...stateValues(node, now).map(([name, value]) => `${name}: ${value}\r\n`),
    '\r\n',
  ]
}

function linkedNodes(tokens: readonly string[]): readonly string[] {
  if (tokens.length === 0) return ['<NONE>']
  if (tokens.length <= SINGLE_WRITES) return tokens.flatMap((token, i) => (i === 0 ? [token] : [', ', token]))
  const pieces: string[] = []
  for (let i = 0; i < tokens.length; i += NAMES_PER_WRITE) {
    pieces.push(`${i === 0 ? '' : ', '}${tokens.slice(i, i + NAMES_PER_WRITE).join(', ')}`)
  }
  return pieces
}

/** The thirteen state lines. Of the `_ena` ones only parrot_ena means what it says: in the others 1 is "disabled". */
export function stateValues(node: RptNode, now: number): readonly (readonly [string, string])[] {
  const s = node.switches
  const bit = (on: boolean) => (on ? '1' : '0')
  return [
    ['parrot_ena', bit(s.parrot)],
    ['sys_ena', bit(s.systemOff)],
    ['tot_ena', bit(s.timeoutOff)],
    ['link_ena', bit(s.linkingOff)],
    ['patch_ena', bit(s.patchOff)],
    ['patch_state', '4'],
    ['sch_ena', bit(s.schedulerOff)],
    ['user_funs', bit(s.userFunctionsOff)],
    ['tail_type', bit(s.alternateTail)],
    ['iconns', bit(s.incomingOff)],
    ['tot_state', node.transmitter.keyed ? '1' : '2'],
    ['ider_state', node.lastLinkAudioAt !== null && now - node.lastLinkAudioAt < IDENTIFY_MS ? '1' : '2'],
    ['tel_mode', String(s.telemetry)],
  ]
}

function sawStat(node: RptNode, now: number): string[] {
  const seconds = (at: number | null) => (at === null ? -1 : Math.floor(now / 1_000) - Math.floor(at / 1_000))
  const conns = shownLinks(node).map(
    (l) => `Conn: ${l.name} ${isToldKeyed(l) ? 1 : 0} ${seconds(l.lastKeyAt)} ${seconds(l.lastUnkeyAt)}\r\n`,
  )
  return [`Node: ${node.id}\r\n`, ...conns, '\r\n']
}

function nodeStat(node: RptNode): string[] {
  const s = node.switches
  const enabled = (on: boolean) => (on ? 'ENABLED' : 'DISABLED')
  const yes = (on: boolean) => (on ? 'YES' : 'NO')
  const names = shownLinks(node).map((l) => l.name)
  const tx = clockTextMs(node.transmitter.txMs)
  const lines: readonly (readonly [string, string | number])[] = [
    ['IsRemoteBase', 'NO'],
    ['NodeState', 0],
    ['SignalOnInput', yes(node.rx)],
    ['TransmitterKeyed', yes(node.transmitter.keyed)],
    ['Transmitter', enabled(!s.systemOff)],
    ['Parrot', enabled(s.parrot)],
    ['Scheduler', enabled(!s.schedulerOff)],
    ['TailLength', s.alternateTail ? 'ALTERNATE' : 'STANDARD'],
    ['TimeOutTimer', enabled(!s.timeoutOff)],
    ['TimeOutTimerState', node.transmitter.keyed ? 'ARMED' : 'RESET'],
    ['TimeOutsSinceSystemInitialization', 0],
    ['IdentifierState', 'CLEAN'],
    ['KerchunksToday', 0],
    ['KerchunksSinceSystemInitialization', 0],
    ['KeyupsToday', node.keyups],
    ['KeyupsSinceSystemInitialization', node.keyups],
    ['DtmfCommandsToday', 0],
    ['DtmfCommandsSinceSystemInitialization', 0],
    ['LastDtmfCommandExecuted', 'N/A'],
    ['TxTimeToday', tx],
    ['TxTimeSinceSystemInitialization', tx],
    ['NodesCurrentlyConnectedToUs', names.length === 0 ? '<NONE>' : names.join(',')],
    ['Autopatch', enabled(!s.patchOff)],
    ['AutopatchState', 'DOWN'],
    ['AutopatchCalledNumber', 'N/A'],
    ['ReversePatchIaxrptConnected', 'DOWN'],
    ['UserLinkingCommands', enabled(!s.linkingOff)],
    ['UserFunctions', enabled(!s.userFunctionsOff)],
  ]
  return [...lines.map(([name, value]) => `${name}: ${value}\r\n`), '\r\n']
}
