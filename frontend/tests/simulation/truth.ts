/**
 * What really happened to each node, in order: every state of every server life. Each state carries its own place as
 * `telemetry.load`, "life.seq", which survives snapshots, patches and polled rows alike; so what the page shows says by
 * itself which moment of history it claims to be.
 */
import { EMPTY_LINK, EMPTY_TELEMETRY } from '../../../protocol/nodeState.ts'
import type { LinkState, NodeState } from '../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../protocol/statusRow.ts'
import type { Rng } from './rng.ts'

export interface Place {
  readonly life: number
  readonly seq: number
}

export function placeOf(state: NodeState): Place | null {
  const match = /^(\d+)\.(\d+)$/.exec(state.telemetry.load ?? '')
  return match ? { life: Number(match[1]), seq: Number(match[2]) } : null
}

export function isBefore(a: Place, b: Place): boolean {
  return a.life < b.life || (a.life === b.life && a.seq < b.seq)
}

export class Truth {
  readonly #states = new Map<string, NodeState>()

  note(node: string, life: number, seq: number, state: NodeState): void {
    this.#states.set(`${node} ${life}.${seq}`, state)
  }
  at(node: string, { life, seq }: Place): NodeState | undefined {
    return this.#states.get(`${node} ${life}.${seq}`)
  }
}

/** The state a server life begins with. */
export function firstState(node: string, life: number): Partial<NodeState> {
  return { callsign: `W${node}`, description: 'Hub', telemetry: { ...EMPTY_TELEMETRY, load: `${life}.0` } }
}

const LINKS = ['2000', '48752', '3101425', '80016', 'KG5DRT-1', 'W1AW-P']

/** Something happens on the air. */
export function happen(state: NodeState, life: number, seq: number, now: number, rng: Rng): NodeState {
  return { ...mutate(state, now, rng), telemetry: { ...state.telemetry, ...telemetry(rng), load: `${life}.${seq}` } }
}

function telemetry(rng: Rng): Partial<NodeState['telemetry']> {
  if (!rng.chance(0.15)) return {}
  const temperature = rng.int(40, 90)
  return {
    cpuTemp: { text: `${temperature} C`, level: temperature > 80 ? 'critical' : 'normal', url: null },
    uptime: `up ${rng.int(1, 9)} days`,
    weather: rng.chance(0.5) ? { text: 'Rain, 3 C', level: 'normal', url: null } : null,
    alerts: rng.chance(0.3) ? [{ text: 'Storm', level: 'warning', url: null }] : null,
  }
}

function mutate(state: NodeState, now: number, rng: Rng): NodeState {
  if (state.reach !== 'up') {
    if (rng.chance(0.3)) return { ...state, reachReason: { code: 'ami-refused', message: 'Refused.' }, reach: 'down' }
    return { ...state, reach: 'up', reachReason: null, reachSince: now, rx: false, tx: false, links: state.links }
  }
  const die = rng.next()
  if (die < 0.05) {
    const links = Object.fromEntries(
      Object.entries(state.links).map(([name, link]) => [name, { ...link, keyed: null }]),
    )
    const reachReason = { code: 'ami-no-answer', message: 'No answer.' } as const
    return { ...state, reach: 'down', reachReason, reachSince: now, rx: null, tx: null, links }
  }
  if (die < 0.35)
    return state.rx === true ? { ...state, rx: false, lastUnkeyedAt: now } : { ...state, rx: true, lastKeyedAt: now }
  if (die < 0.5) return { ...state, tx: state.tx !== true }
  if (die < 0.55) {
    const nodes = rng.chance(0.5) ? ({ '29999': 'transceive', '41522': 'monitor' } as const) : {}
    return { ...state, indirect: { total: Object.keys(nodes).length, more: false, nodes } }
  }
  const name = rng.pick(LINKS)
  return { ...state, links: changeLink(state.links, name, now, rng) }
}

function changeLink(links: NodeState['links'], name: string, now: number, rng: Rng): NodeState['links'] {
  const was = Object.hasOwn(links, name) ? links[name] : undefined
  if (was === undefined) {
    const direction = rng.pick(['in', 'out', null] as const)
    return {
      ...links,
      [name]: { ...EMPTY_LINK, callsign: `K${name}`, kind: kindOf(name), direction, connectedSince: now, peer: peerOf(name) },
    }
  }
  if (was.state === 'connecting') {
    return {
      ...links,
      [name]: { ...was, state: 'established', mode: rng.pick(['transceive', 'monitor']), keyed: silent(was) },
    }
  }
  if (rng.chance(0.15)) return Object.fromEntries(Object.entries(links).filter(([other]) => other !== name))
  const keyed = was.keyed === true ? silent(was) : true
  return { ...links, [name]: { ...was, keyed, ...(keyed === true ? { lastKeyedAt: now } : { lastUnkeyedAt: now }) } }
}

/** Of a phone nobody knows whether it is. */
const silent = ({ kind }: LinkState) => (kind === 'phone' ? null : false)

/** Not everybody may see it. */
function peerOf(name: string): string | null {
  return name.endsWith('-P') ? null : `192.0.2.${name.length}`
}

function kindOf(name: string): LinkState['kind'] {
  if (name === '3101425') return 'echolink'
  if (name === '80016') return 'irlp'
  return name.endsWith('-P') ? 'phone' : /^\d+$/.test(name) ? 'allstar' : 'client'
}

export function sameState(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>]
  return keys.every((key) => Object.hasOwn(right, key) && sameState(left[key], right[key]))
}

/** Does `shown` say what was, where it may leave out the addresses that links come from? */
export function sameButPeers(shown: NodeState, true_: NodeState): boolean {
  const links = Object.fromEntries(
    Object.entries(shown.links).map(([name, link]) => {
      const was = Object.hasOwn(true_.links, name) ? true_.links[name] : undefined
      return [name, link.peer === null && was !== undefined ? { ...link, peer: was.peer } : link]
    }),
  )
  return sameState({ ...shown, links }, true_)
}

/** The addresses that are not shown. */
export function peersMissing(shown: NodeState, true_: NodeState): boolean {
  return Object.entries(true_.links).some(([name, { peer }]) => peer !== null && shown.links[name]?.peer !== peer)
}

/**
 * Do both say the same, as far as a polled row can say it? Ages may differ by the tolerance of anchors.
 * @param hasMoments the row says when those who are keyed were keyed, the node's own receiver among them; a Supermon-NG's does not
 */
export function sameRow(shown: NodeState, true_: NodeState, hasMoments: boolean): boolean {
  return sameButAges(shown, true_) && agesAgree(shown, true_) && (!hasMoments || momentsAgree(shown, true_))
}

/** The same where nobody said what time it was. */
export function sameButAges(shown: NodeState, true_: NodeState): boolean {
  return sameState(said(shown), said(true_))
}

function said(state: NodeState): unknown {
  const row = toStatusRow('0', state, 0)
  const links = row.remote_nodes.map(({ node, info, link, direction, mode, keyed }) =>
    [node, info, link, direction, mode, keyed].join(' '),
  )
  // The node's own name reaches a row only while it is up, and a page that never had a snapshot cannot take it apart.
  const info = state.reach === 'up' ? '' : row.info
  return { ...row, info, remote_nodes: links.sort() }
}

const AGE_TOLERANCE = 3_001

function agesAgree(shown: NodeState, true_: NodeState): boolean {
  return Object.entries(shown.links).every(([name, link]) => {
    const other = true_.links[name]
    return (
      other !== undefined &&
      near(link.connectedSince, other.connectedSince) &&
      near(link.lastKeyedAt, other.lastKeyedAt)
    )
  })
}

/** What came and went between two polls is known to nobody: of who is not keyed now, a page may hold an older over. */
function momentsAgree(shown: NodeState, true_: NodeState): boolean {
  if (shown.rx === true && shown.lastKeyedAt !== true_.lastKeyedAt) return false
  return Object.entries(shown.links).every(([name, { keyed, lastKeyedAt }]) => keyed !== true || lastKeyedAt === true_.links[name]?.lastKeyedAt)
}

function near(a: number | null, b: number | null): boolean {
  return a === b || (a !== null && b !== null && Math.abs(a - b) <= AGE_TOLERANCE)
}
