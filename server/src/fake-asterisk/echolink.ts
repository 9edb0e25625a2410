/** chan_echolink's directory of stations, as its CLI shows it. */
import type { CliOutput } from './commandAction.ts'
import { exampleAddress } from './link.ts'
import type { RptServer } from './rptServer.ts'
import { ECHOLINK_STATIONS } from './stations.ts'

/** A client may rely on no more of it. */
const USAGE = 'Usage: echolink dbget <nodename|callsign|ipaddr> <lookup-data>\n'

/** Call signs by EchoLink number, without leading zeros. */
export type EchoLinkDirectory = Readonly<Record<string, string>>

/** The directory of the demo. `3101425` is EchoLink's 101425, `3009999` its 9999. */
export const EXAMPLE_DIRECTORY: EchoLinkDirectory = Object.fromEntries(
  ECHOLINK_STATIONS.map(({ number, callsign }) => [String(Number(number.slice(1))), callsign]),
)

/**
 * `echolink dbget <nodename|callsign|ipaddr> <key>` (chan_echolink.c `el_do_dbget`): the first letter of the kind
 * decides, anything but c and i means a number, and the key is compared as text. Who is being called has no call sign of his own
 * for who asks by number (`el_call`), until he answers.
 * @param old Asterisk 1.4, which says nothing of its own when a command fails
 */
export function echoLinkDbget(
  line: string,
  words: readonly string[],
  directory: EchoLinkDirectory,
  server: RptServer,
  old: boolean,
): CliOutput {
  const [, , kind, key] = words
  if (words.length !== 4 || kind === undefined || key === undefined) return { text: USAGE, failed: true }
  const by = kind.charAt(0).toLowerCase()
  const found = Object.entries(directory).find(([number, callsign]) => {
    if (by === 'c') return callsign === key
    return by === 'i' ? exampleAddress(number) === key : number === key
  })
  if (found !== undefined) {
    const [number, callsign] = found
    // Replies are written byte for byte.
    const bytes = by !== 'c' && by !== 'i' && isCalled(number, server) ? 'OUTBOUND' : Buffer.from(callsign).toString('latin1')
    return { text: `${number}|${bytes}|${exampleAddress(number)}\n`, failed: false }
  }
  const failure = old ? '' : `Command '${line}' failed.\n`
  return { text: `Error: Entry for ${key} not found!\n${failure}`, failed: true }
}

/** One that called us is answered as it comes. */
function isCalled(number: string, { nodes }: RptServer): boolean {
  const name = `3${number.padStart(6, '0')}`
  return [...nodes.values()].some((node) => node.link(name)?.connected === false)
}
