/**
 * What is true, read from the fake Asterisks themselves and from what the operator's files grant; and what of a page's picture is
 * not. Knows nothing of AMI.
 */
import type { NodeState } from '../../../protocol/nodeState.ts'
import type { FakeLinkState, FakeNodeState } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { Asterisk } from './asterisk.ts'
import { History } from './history.ts'
import type { Fact } from './history.ts'
import type { Rights } from './rights.ts'

/**
 * Asterisk counts whole seconds, and a moment stays where it is until a count disagrees by more than 2 s (T-2), ms. A row counts whole
 * seconds once more, and so does who reads it.
 */
const TIME_TOLERANCE = 3_000

/** What of a node is compared at every moment. Times are compared once all is calm. */
type Facts = readonly (readonly [name: string, value: Fact])[]

export class Truth {
  readonly history = new History()
  readonly #asterisks: readonly Asterisk[]
  readonly #rights: Rights
  /** Nodes that the gateway's configuration names now. */
  readonly configured: Set<string>

  constructor(asterisks: readonly Asterisk[], rights: Rights) {
    this.#asterisks = asterisks
    this.#rights = rights
    this.configured = new Set(this.nodes)
  }

  get nodes(): string[] {
    return this.#asterisks.flatMap(({ nodes }) => nodes)
  }

  of(node: string): FakeNodeState | null {
    return this.asteriskOf(node).truth(node)
  }

  asteriskOf(node: string): Asterisk {
    const found = this.#asterisks.find(({ nodes }) => nodes.includes(node))
    if (found === undefined) throw new Error(`no Asterisk has ${node}`)
    return found
  }

  /** Can a viewer be told of it at all? */
  isReachable(node: string): boolean {
    return this.configured.has(node) && this.asteriskOf(node).answers && this.of(node) !== null
  }

  /**
   * Notes what is true now. Call it after each change, and now and then for what moves by itself.
   * @param anew a link that was gone for a moment: events tell of its end alone, and the next poll brings it back, from a slow Asterisk late
   */
  note(now: number, anew?: { readonly node: string; readonly link: string }): void {
    if (anew !== undefined) this.history.note(`${anew.node} link ${anew.link}`, 'gone', now)
    for (const node of this.nodes) {
      this.history.note(`${node} reach`, this.isReachable(node) ? 'up' : 'away', now)
      for (const [name, value] of truthFacts(this.of(node))) this.history.note(`${node} ${name}`, value, now)
      this.#noteGone(node, now)
    }
    for (const [name, value] of this.#rights.facts(this.nodes)) this.history.note(name, value, now)
  }

  /** What `state` says that was at no time since `from` true of the node, in words; empty when there is nothing. */
  untrueSince(node: string, state: NodeState, from: number): string[] {
    if (state.reach !== 'up') return []
    if (!this.history.wasSince(`${node} reach`, 'up', from)) return ['reach up, is away']
    const untrue = shownFacts(state).filter(([name, value]) => value !== null && !this.history.wasSince(`${node} ${name}`, value, from))
    const missing = this.history.names(`${node} link `).flatMap((name) => {
      const is = this.history.current(name)
      const link = name.slice(`${node} link `.length)
      const long = is !== null && is.value !== 'gone' && is.since < from
      return long && !Object.hasOwn(state.links, link) ? [[`link ${link}`, 'gone'] as const] : []
    })
    return [...untrue, ...missing].map(([name, value]) => `${name} ${String(value)}, is ${String(this.history.current(`${node} ${name}`)?.value)}`)
  }

  /**
   * Where `state` differs from what is true now, in words.
   * @param row it was polled: a row says less
   * @param shift by how much the gateway's clock is ahead, ms
   */
  lies(node: string, state: NodeState, row: boolean, shift: number): string[] {
    const truth = this.of(node)
    if (truth === null || !this.isReachable(node)) return state.reach === 'up' ? ['reach: up, is not'] : []
    return [
      ...differences('reach', state.reach, 'up'),
      ...differences('rx', state.rx, truth.rx),
      ...differences('tx', state.tx, truth.tx),
      ...differences('links', Object.keys(state.links).sort().join(), Object.keys(truth.links).sort().join()),
      ...Object.entries(truth.links).flatMap(([name, is]) => linkLies(name, state, is, row, shift)),
      ...differences('behind', Object.keys(state.indirect.nodes).sort().join(), behind(truth)),
    ]
  }

  #noteGone(node: string, now: number): void {
    const links = this.of(node)?.links ?? {}
    for (const name of this.history.names(`${node} link `)) {
      if (!Object.hasOwn(links, name.slice(`${node} link `.length))) this.history.note(name, 'gone', now)
    }
  }
}

function truthFacts(truth: FakeNodeState | null): Facts {
  if (truth === null) return []
  const links = Object.entries(truth.links).flatMap(([name, is]): Facts => [
    [`link ${name}`, is.state.toLowerCase()],
    [`mode ${name}`, is.state === 'CONNECTING' ? null : is.mode],
    [`keyed ${name}`, toldKeyed(is)],
  ])
  return [['rx', truth.rx], ['tx', truth.tx], ...links]
}

/** Whether a phone talks, app_rpt tells nobody. */
function toldKeyed({ kind, keyed }: FakeLinkState): boolean | null {
  return kind === 'phone' ? null : keyed
}

function shownFacts(state: NodeState): Facts {
  const links = Object.entries(state.links).flatMap(([name, link]): Facts => [
    [`link ${name}`, link.state],
    [`mode ${name}`, link.mode],
    [`keyed ${name}`, link.keyed],
  ])
  return [['rx', state.rx], ['tx', state.tx], ...links]
}

function linkLies(name: string, state: NodeState, is: FakeLinkState, row: boolean, shift: number): string[] {
  const told = Object.hasOwn(state.links, name) ? state.links[name] : undefined
  if (told === undefined) return []
  return [
    ...differences(`${name} state`, told.state, is.state.toLowerCase()),
    ...differences(`${name} mode`, told.mode, is.state === 'CONNECTING' ? null : is.mode),
    ...differences(`${name} direction`, told.direction, is.direction.toLowerCase()),
    ...differences(`${name} keyed`, told.keyed, toldKeyed(is)),
    ...(row ? [] : differences(`${name} reconnects`, told.reconnects, is.reconnects)),
    ...apart(`${name} connectedSince`, told.connectedSince, is.connectedAt + shift, row),
    ...(is.lastKeyedAt === null ? [] : apart(`${name} lastKeyedAt`, told.lastKeyedAt, is.lastKeyedAt + shift, row)),
  ]
}

function behind(truth: FakeNodeState): string {
  return truth.linkedNodes.map((token) => token.slice(1)).filter((name) => !Object.hasOwn(truth.links, name)).sort().join()
}

function differences(what: string, told: unknown, is: unknown): string[] {
  return told === is ? [] : [`${what}: ${String(told)}, is ${String(is)}`]
}

function apart(what: string, told: number | null, is: number, row: boolean): string[] {
  return told !== null && Math.abs(told - is) <= TIME_TOLERANCE * (row ? 2 : 1) ? [] : [`${what}: ${told}, is ${is}`]
}
