import { clockText, clockTextMs } from './durations.ts'
import type { RptNode } from './rptNode.ts'
import type { RptServer } from './rptServer.ts'
import { shownLinks } from './rptStatus.ts'

/** CLI `rpt stats` (rpt_cli.c `rpt_do_stats`): labels padded with dots. */
export function nodeStatistics(node: RptNode, server: RptServer): string {
  const s = node.switches
  const enabled = (on: boolean) => (on ? 'ENABLED' : 'DISABLED')
  const tx = clockTextMs(node.transmitter.txMs)
  const names = shownLinks(node).map((l) => l.name)
  const rows: readonly (readonly [string, string | number])[] = [
    ['Selected system state', 0],
    ['Signal on input', node.rx ? 'YES' : 'NO'],
    ['System', enabled(!s.systemOff)],
    ['Parrot Mode', enabled(s.parrot)],
    ['Scheduler', enabled(!s.schedulerOff)],
    ['Tail Time', s.alternateTail ? 'ALTERNATE' : 'STANDARD'],
    ['Time out timer', enabled(!s.timeoutOff)],
    ['Incoming connections', enabled(!s.incomingOff)],
    ['Time out timer state', node.transmitter.keyed ? 'ARMED' : 'RESET'],
    ['Time outs since system initialization', 0],
    ['Identifier state', 'CLEAN'],
    ['Kerchunks today', 0],
    ['Kerchunks since system initialization', 0],
    ['Keyups today', node.keyups],
    ['Keyups since system initialization', node.keyups],
    ['DTMF commands today', 0],
    ['DTMF commands since system initialization', 0],
    ['Last DTMF command executed', 'N/A'],
    ['TX time today', tx],
    ['TX time since system initialization', tx],
    ['Uptime', clockText(server.clock.now() - server.startedAt)],
    ['Nodes currently connected to us', names.length === 0 ? '<NONE>' : names.join(', ')],
    ['Autopatch', enabled(!s.patchOff)],
    ['Autopatch state', 'DOWN'],
    ['Autopatch called number', 'N/A'],
    ['Reverse patch/IAXRPT connected', 'DOWN'],
    ['User linking commands', enabled(!s.linkingOff)],
    ['User functions', enabled(!s.userFunctionsOff)],
  ]
  const lines = rows.map(([label, value]) => `${label.padEnd(49, '.')}: ${value}\n`).join('')
  return `************************ NODE ${node.id} STATISTICS *************************\n\n${lines}\n`
}
