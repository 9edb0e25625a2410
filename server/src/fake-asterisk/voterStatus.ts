/** `Action: VoterStatus` (app_rpt chan_voter.c `manager_voter_status`). */
import type { AmiRequest } from './amiRequest.ts'
import type { Knobs } from './knobs.ts'
import { rptSuccess } from './reply.ts'
import type { Reply } from './reply.ts'
import type { RptServer } from './rptServer.ts'

/**
 * Every instance that was asked for, each with its own header and no empty line between. Nothing found: the empty line
 * alone, without Response and ActionID. The old one (ASL2) writes the header once and leaves out who was never heard.
 */
export function voterStatus(request: AmiRequest, server: RptServer, knobs: Knobs): Reply {
  if (knobs.voterReplyEmpty) return { pieces: ['\r\n'] }
  const asked = request.get('NODE')
  const wanted = asked === '' ? null : new Set(asked.split(','))
  const pieces: string[] = []
  for (const [id, voter] of server.voters) {
    if (wanted !== null && !wanted.has(id)) continue
    const old = knobs.dialect === 'asl2'
    const keyed = server.nodes.get(id)?.rx ?? false
    const voted = voter.voted(keyed)
    if (!old || pieces.length === 0) pieces.push(...rptSuccess(request, knobs))
    pieces.push(`Node: ${id}\r\n`)
    if (voted !== null) pieces.push(`Voted: ${voted.name}\r\n`)
    for (const receiver of voter.receivers) {
      if (old && !receiver.active) continue
      pieces.push(`Client: ${receiver.name}`)
      // The mix flag comes from the receiver itself, the master flag from voter.conf.
      if (receiver.mix && receiver.active) pieces.push(' Mix')
      if (receiver.master) pieces.push(' Master')
      if (receiver.master && receiver.active) pieces.push(' ActiveMaster')
      if (!receiver.active) pieces.push(' Inactive')
      pieces.push('\r\n')
      pieces.push(`IP: ${receiver.active ? receiver.address : '0.0.0.0:0'}\r\n`)
      pieces.push(`RSSI: ${voter.rssi(receiver, keyed)}\r\n`)
    }
  }
  return { pieces: [...pieces, '\r\n'] }
}
