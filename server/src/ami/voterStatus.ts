import type { AmiMessage } from './message.ts'
import { notUnderstood, readRefusal, understood } from './read.ts'
import type { Read } from './read.ts'

/** One receiver of a voter. */
export interface VoterReceiver {
  readonly name: string
  readonly dynamic: boolean
  /** A mix receiver is added to the audio, whoever is voted. `Voted:` names it when it is the strongest (chan_voter voter_mix_and_send). */
  readonly mix: boolean
  readonly master: boolean
  readonly activeMaster: boolean
  /** Configured, but not heard from. Servers before app_rpt 3.10.1 leave such receivers out. */
  readonly inactive: boolean
  /** Address of the receiver, or of the proxy it comes through; null when there is none. */
  readonly address: string | null
  readonly port: number | null
  readonly proxied: boolean
  /** Signal, 0 (none) to 255, without a unit; null when it could not be read. */
  readonly rssi: number | null
}

export interface VoterInstance {
  readonly node: string
  /** Name of the receiver that is heard now; null when none is. */
  readonly voted: string | null
  readonly receivers: readonly VoterReceiver[]
}

export interface VoterStatus {
  /** One per voter that was asked for; empty when the node is no voter of this server. */
  readonly instances: readonly VoterInstance[]
}

type MutableReceiver = { -readonly [K in keyof VoterReceiver]: VoterReceiver[K] }
interface MutableInstance {
  node: string
  voted: string | null
  receivers: MutableReceiver[]
}

/**
 * Reads a VoterStatus reply (app_rpt chan_voter.c manager_voter_status). Never throws.
 *
 * The reply header is repeated before every instance with no empty line between, and a node that is no voter is
 * answered by an empty block. `unknown-action` means chan_voter is not loaded.
 */
export function parseVoterStatus(message: AmiMessage): Read<VoterStatus> {
  if (message.isEmpty) return understood({ instances: [] })
  const refusal = readRefusal(message)
  if (refusal) return refusal
  if (message.kind !== 'response') return notUnderstood('a VoterStatus')
  const instances: MutableInstance[] = []
  for (const { name, value } of message.headers) readHeader(instances, name.toLowerCase(), value.trim())
  return instances.length > 0 ? understood({ instances }) : notUnderstood('a VoterStatus')
}

function readHeader(instances: MutableInstance[], name: string, value: string): void {
  if (name === 'node') {
    instances.push({ node: value, voted: null, receivers: [] })
    return
  }
  const instance = instances.at(-1)
  if (!instance) return
  if (name === 'voted') instance.voted = value === '' ? null : value
  if (name === 'client') instance.receivers.push(readClient(value, instance.voted))
  const receiver = instance.receivers.at(-1)
  if (!receiver) return
  if (name === 'ip') Object.assign(receiver, readAddress(value))
  if (name === 'rssi') receiver.rssi = /^\d{1,3}$/.test(value) ? Math.min(255, Number(value)) : null
}

/** In the order chan_voter appends them, each after a blank. */
const FLAGS = [
  ['dynamic', 'Dynamic'],
  ['mix', 'Mix'],
  ['master', 'Master'],
  ['activeMaster', 'ActiveMaster'],
  ['inactive', 'Inactive'],
] as const

/**
 * `<name>[ flags]`. Names are any text, so flags are taken off the end, last kind first, each at most once. A receiver
 * that was really called `Ridge Mix` reads wrong, unless it is the voted one: `Voted:` has the plain name.
 */
function readClient(value: string, voted: string | null): MutableReceiver {
  const flags = { dynamic: false, mix: false, master: false, activeMaster: false, inactive: false }
  const floor = voted !== null && (value === voted || value.startsWith(`${voted} `)) ? voted.length : 1
  let name = value
  for (const [key, word] of [...FLAGS].reverse()) {
    if (!name.endsWith(` ${word}`) || name.length - word.length - 1 < floor) continue
    flags[key] = true
    name = name.slice(0, -word.length - 1).trimEnd()
  }
  return { name, ...flags, address: null, port: null, proxied: false, rssi: null }
}

/** `a.b.c.d:port`, with ` (Proxied)` behind it before app_rpt 3.10.2; `0.0.0.0:0` for a receiver not heard from. */
function readAddress(value: string): Pick<VoterReceiver, 'address' | 'port' | 'proxied'> {
  const proxied = /\(proxied\)$/i.test(value)
  const match = /^(\S{1,64}):(\d{1,5})(?:\s|$)/.exec(value)
  const address = match?.[1]
  if (address === undefined || address === '0.0.0.0') return { address: null, port: null, proxied }
  return { address, port: Number(match?.[2]), proxied }
}
