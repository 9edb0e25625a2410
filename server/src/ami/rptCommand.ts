import { AmiEncodeError } from './encode.ts'

/**
 * The ilink numbers that may be sent (app_rpt rpt_functions.c function_ilink). 11, 12, 13, 18 are the permanent forms
 * of 1 (disconnect), 2 (monitor), 3 (connect), 8 (local monitor); 5 and 15 speak the status; 6 drops all links; 16
 * brings back what 6 dropped. A plain 1 does nothing, silently, on a permanent link: to disconnect send 11.
 */
export type IlinkNumber = 1 | 2 | 3 | 5 | 6 | 8 | 11 | 12 | 13 | 15 | 16 | 18

const WITH_TARGET: ReadonlySet<number> = new Set([1, 2, 3, 8, 11, 12, 13, 18])
const WITHOUT_TARGET: ReadonlySet<number> = new Set([5, 6, 15, 16])
const ID = /^[0-9A-Za-z-]{1,20}$/
const DTMF = /^[0-9A-D*#]{1,32}$/

/** May this text stand as a node or target in a CLI line? A blank would add a CLI argument, a CR a new header. */
export function isRptId(id: string): boolean {
  return ID.test(id)
}

/**
 * `rpt cmd <node> ilink <n> <target>`, the value of a `Command` action's Command field. A number that takes no target has a 0 in
 * its place, which it does not read: up to app_rpt 3.4.5, ASL2 included, a line that has not six words is answered by its usage
 * (rpt_cli.c rpt_do_cmd).
 *
 * Asterisk answers Success whatever comes of it; a second command for the same node within about 20 ms is dropped in
 * silence. Leave 100 ms between commands for one node and look at XStat for the result.
 * @throws AmiEncodeError code `bad-argument`
 */
export function ilinkCommand(node: string, n: IlinkNumber, target?: string): string {
  checkId('node', node)
  if (WITH_TARGET.has(n)) {
    if (target === undefined) throw new AmiEncodeError('bad-argument', `ilink ${n} needs a target node.`)
    checkId('target', target)
    return `rpt cmd ${node} ilink ${n} ${target}`
  }
  if (!WITHOUT_TARGET.has(n)) throw new AmiEncodeError('bad-argument', 'That ilink number is not on the allow-list.')
  if (target !== undefined) throw new AmiEncodeError('bad-argument', `ilink ${n} takes no target node.`)
  return `rpt cmd ${node} ilink ${n} 0`
}

/**
 * `rpt fun <node> <digits>`: digits as if received by DTMF, the leading `*` included.
 * @throws AmiEncodeError code `bad-argument`
 */
export function dtmfCommand(node: string, digits: string): string {
  checkId('node', node)
  if (!DTMF.test(digits)) throw new AmiEncodeError('bad-argument', 'DTMF is 1 to 32 digits: 0-9, A-D, * and #.')
  return `rpt fun ${node} ${digits}`
}

function checkId(what: string, id: string): void {
  if (!isRptId(id)) throw new AmiEncodeError('bad-argument', `A ${what} is 1 to 20 letters, digits and hyphens.`)
}
