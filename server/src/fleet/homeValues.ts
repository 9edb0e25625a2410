/** What Home Assistant shows of a node, out of what viewers are told. */
import type { LinkState, NodeState } from '../../../protocol/nodeState.ts'
import { printable } from '../env/printable.ts'

/** One node's values, as they cross the broker. null = not known. */
export interface HomeValues {
  /** Does anybody talk: the local receiver or a link? `ON` and `OFF` are what Home Assistant's binary sensors read. */
  readonly keyed: 'ON' | 'OFF' | null
  /** Who talks, or who did last: a call sign, or the link's id. */
  readonly last_talker: string | null
  /** Adjacent links, as the dashboard counts them: those that are being called are among them. */
  readonly links: number | null
  /** °C. */
  readonly temperature: number | null
  /** Does Asterisk answer? */
  readonly reachable: 'ON' | 'OFF' | null
}

const REACHABLE = { up: 'ON', down: 'OFF', unknown: null } as const
const LOCAL_RECEIVER = 'Local receiver'
/** Home Assistant takes states of up to 255 characters. */
const LONGEST_NAME = 100

/** @param lastTalker see {@link LastTalker} */
export function homeValues(state: NodeState, lastTalker: string | null): HomeValues {
  const up = state.reach === 'up'
  return {
    keyed: up ? keyed(state) : null,
    last_talker: lastTalker,
    links: up ? Object.keys(state.links).length : null,
    temperature: up ? celsius(state.telemetry.cpuTemp?.text ?? '') : null,
    reachable: REACHABLE[state.reach],
  }
}

function keyed({ rx, links }: NodeState): 'ON' | 'OFF' | null {
  if (rx === true || Object.values(links).some((link) => link.keyed === true)) return 'ON'
  return rx === null ? null : 'OFF'
}

/** `42 C`, `CPU: 42.5°C`, `104°F / 40°C`: status scripts write what they like. Without a unit it may be either, and is nothing. */
const TEMPERATURE = /(-?\d{1,3}(?:\.\d+)?)\s*(?:°|º|deg(?:rees)?\.?)?\s*([CF])\b/gi

/** The temperature that a status script wrote, °C to a tenth; null = there is none in it. */
export function celsius(text: string): number | null {
  const found = [...text.matchAll(TEMPERATURE)].map(([, value = '', unit = '']) => ({ value: Number(value), unit: unit.toUpperCase() }))
  const read = found.find(({ unit }) => unit === 'C') ?? found[0]
  if (read === undefined) return null
  return Math.round((read.unit === 'C' ? read.value : ((read.value - 32) * 5) / 9) * 10) / 10
}

interface Talker {
  readonly name: string
  readonly keyed: boolean
  /** When it was heard last, ms. */
  readonly at: number
}

/** Who talks, or talked last. Whoever leaves is remembered: the one heard before him has not talked again by that. */
export class LastTalker {
  #name: string | null = null
  #at = 0

  get name(): string | null {
    return this.#name
  }

  /** The node is in `state` now. */
  see(state: NodeState): void {
    const talkers = [local(state), ...Object.entries(state.links).map(([id, link]) => talker(link, link.callsign?.trim() || id, link.keyed))]
    const talking = talkers.filter((each) => each.keyed)
    const newest = (talking.length > 0 ? talking : talkers).reduce((a, b) => (b.at > a.at ? b : a))
    if (talking.length > 0 || newest.at > this.#at) this.#name = newest.name
    this.#at = Math.max(this.#at, ...talkers.map(({ at }) => at))
  }
}

function local(state: NodeState): Talker {
  return talker(state, LOCAL_RECEIVER, state.rx)
}

/** A stranger's radio says what it is called: on one line, and short. */
function talker({ lastKeyedAt, lastUnkeyedAt }: Pick<LinkState, 'lastKeyedAt' | 'lastUnkeyedAt'>, name: string, isKeyed: boolean | null): Talker {
  return { name: printable(name, LONGEST_NAME), keyed: isKeyed === true, at: Math.max(lastKeyedAt ?? 0, lastUnkeyedAt ?? 0) }
}
