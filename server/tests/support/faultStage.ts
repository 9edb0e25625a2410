/** An Asterisk that fails on demand, a viewer of its node, and what that viewer was told, with times. */
import { beforeAll, describe, it } from 'vitest'
import type { ServerFrame } from '../../../protocol/frames.ts'
import { EMPTY_NODE } from '../../../protocol/nodeState.ts'
import type { NodeState, ReachCode } from '../../../protocol/nodeState.ts'
import { applyPatch, readState } from '../../../protocol/patch.ts'
import type { App } from '../../src/app.ts'
import type { NodeConfig } from '../../src/config/allmonIni.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk, FakeAsteriskOptions } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { nodeConfig, until, Watcher } from './running.ts'
import { ownAddress, TcpProxy } from './tcpProxy.ts'

/** Does the AMI user read `call` events, or are polls all there is? */
export type Mode = 'event' | 'poll'

/** Nothing in the fake lingers: its truth is settled the moment it is turned. */
const AT_ONCE = { linkHangMs: 0, localHangMs: 0, connectTelemetryMs: 0, dropTelemetryMs: 0, dialMs: 0 }

/** What a viewer knew from `at` on, on `performance.now()`'s scale. */
export interface Moment {
  readonly at: number
  readonly state: NodeState
}

/** One Asterisk behind a proxy, its first node, and a viewer. */
export class Subject {
  readonly fake: FakeAsterisk
  readonly proxy: TcpProxy
  readonly node: string
  #watcher: Watcher | null = null

  private constructor(fake: FakeAsterisk, proxy: TcpProxy) {
    this.fake = fake
    this.proxy = proxy
    this.node = fake.nodes[0] as string
  }

  static async start(node: string, mode: Mode, options: FakeAsteriskOptions = {}): Promise<Subject> {
    const read = mode === 'event' ? 'system,call' : 'system'
    const fake = await startFakeAsterisk({ nodes: [node], links: 6, seed: Number(node), read, timing: AT_ONCE, ...options })
    const proxy = new TcpProxy(fake.port, ownAddress())
    await proxy.listen()
    return new Subject(fake, proxy)
  }

  config(node = this.node): NodeConfig {
    return { ...nodeConfig(node, this.proxy.port), host: this.proxy.host }
  }

  get watcher(): Watcher {
    if (this.#watcher === null) throw new Error('nobody watches yet')
    return this.#watcher
  }

  watch(app: App): Watcher {
    this.#watcher = new Watcher(app, this.node)
    return this.#watcher
  }

  async close(): Promise<void> {
    this.#watcher?.close()
    await this.proxy.close()
    await this.fake.close()
  }

  /** Link names whose key-ups app_rpt announces, in order. */
  get talkers(): string[] {
    const links = this.fake.state().nodes[this.node]?.links ?? {}
    return Object.keys(links).filter((name) => links[name]?.mode === 'transceive' && links[name].state === 'ESTABLISHED')
  }

  /** Somebody talks, locally and on the first link, and the viewer sees it: a poll later where no events come. */
  async talk(): Promise<void> {
    const link = this.talkers[0] as string
    await this.fake.linkKey({ node: this.node, link, on: true })
    await this.fake.key({ node: this.node, on: true })
    await this.watcher.until(({ rx, links }) => rx === true && links[link]?.keyed === true, `${this.node} talks`)
  }

  /** Another picture than before: other links, another mode, others talk. Done while nobody can see it. */
  async changeTopology(): Promise<void> {
    const { node, fake } = this
    const [talking, dropped, demoted, next] = this.talkers as [string, string, string, string]
    await fake.key({ node, on: false })
    await fake.linkKey({ node, link: talking, on: false })
    await fake.disconnect({ node, link: dropped })
    await fake.connect({ node, link: demoted, mode: 'monitor' })
    await fake.connect({ node, link: '48752', behind: ['T2700', 'R2701'] })
    await fake.connect({ node, link: '2999', mode: 'connecting' })
    await fake.linkKey({ node, link: next, on: true })
  }

  /** Where `state` differs from the fake's truth, in words; empty when it is all true. */
  lies(state = this.watcher.state): string[] {
    const truth = this.fake.state().nodes[this.node]
    if (truth === undefined) return ['no such node']
    const lies: string[] = []
    const compare = (what: string, told: unknown, is: unknown) => {
      if (told !== is) lies.push(`${what}: ${String(told)}, is ${String(is)}`)
    }
    const near = (what: string, told: number | null, is: number | null) => {
      if (is !== null && Math.abs((told ?? 0) - is) > 3_000) lies.push(`${what}: ${told}, is ${is}`)
    }
    compare('reach', state.reach, 'up')
    compare('rx', state.rx, truth.rx)
    compare('tx', state.tx, truth.tx)
    compare('links', Object.keys(state.links).sort().join(), Object.keys(truth.links).sort().join())
    for (const [name, is] of Object.entries(truth.links)) {
      const told = state.links[name]
      compare(`${name} state`, told?.state, is.state.toLowerCase())
      compare(`${name} mode`, told?.mode, is.state === 'CONNECTING' ? null : is.mode)
      compare(`${name} direction`, told?.direction, is.direction.toLowerCase())
      compare(`${name} keyed`, told?.keyed, is.keyed)
      compare(`${name} reconnects`, told?.reconnects, is.reconnects)
      near(`${name} connectedSince`, told?.connectedSince ?? null, is.connectedAt)
      near(`${name} lastKeyedAt`, told?.lastKeyedAt ?? null, is.lastKeyedAt)
    }
    const behind = truth.linkedNodes.map((token) => token.slice(1)).filter((name) => !Object.hasOwn(truth.links, name))
    compare('behind', Object.keys(state.indirect.nodes).sort().join(), behind.sort().join())
    return lies
  }

  /** Waits until the viewer knows the truth. */
  true(ms?: number): Promise<void> {
    return until(() => this.lies().length === 0, () => `${this.node} is told the truth: ${this.lies().join('; ')}`, ms)
  }

  /** All that the viewer knew, in order. @throws when a patch was lost or doubled, or an epoch changed */
  history(): Moment[] {
    return historyOf(this.node, this.watcher.frames)
  }

  /** When it was first told `check`, at or after `from`; null = never. */
  firstTold(from: number, check: (state: NodeState) => boolean): Moment | null {
    return this.history().find(({ at, state }) => at >= from && check(state)) ?? null
  }

  /** The reasons it was told for not being up since `from`, repeats left out. */
  reasons(from: number): ReachCode[] {
    const codes = this.history().flatMap(({ at, state }) => (at >= from ? (state.reachReason?.code ?? []) : []))
    return codes.filter((code, i) => code !== codes[i - 1])
  }
}

export function historyOf(node: string, frames: readonly (ServerFrame & { readonly receivedAt: number })[]): Moment[] {
  const history: Moment[] = []
  let state = EMPTY_NODE
  let place: { readonly epoch: string; readonly seq: number } | null = null
  for (const frame of frames) {
    if (frame.type !== 'snapshot' && frame.type !== 'patch') continue
    const { epoch, seq } = frame
    if (frame.type === 'snapshot' && place !== null) throw new Error(`${node}: a second snapshot, nobody asked for one`)
    const expected: string = place === null ? 'a snapshot' : `${place.epoch} ${place.seq + 1}`
    if (frame.type === 'patch' && expected !== `${epoch} ${seq}`) throw new Error(`${node}: patch ${epoch} ${seq} in place of ${expected}`)
    state = frame.type === 'snapshot' ? readState(frame.state) : applyPatch(state, frame.patch)
    place = { epoch, seq }
    history.push({ at: frame.receivedAt, state })
  }
  return history
}

/** T-1: while a node is not reached, nobody can say who talks. */
export function claimsToKnow({ reach, rx, tx, links }: NodeState): boolean {
  if (reach === 'up') return false
  return rx !== null || tx !== null || Object.values(links).some(({ keyed }) => keyed !== null)
}

/** Key-ups and releases on `link` and when each reached the viewer, ms, sorted; `while` says when to go on. */
export class KeyMeter {
  readonly samples: { readonly at: number; readonly ms: number }[] = []
  readonly #subject: Subject
  #on = false

  constructor(subject: Subject) {
    this.#subject = subject
  }

  async sample(): Promise<void> {
    const { fake, node, watcher, talkers } = this.#subject
    const link = talkers[0] as string
    this.#on = !this.#on
    const on = this.#on
    const from = watcher.frames.length
    const at = performance.now()
    await fake.linkKey({ node, link, on })
    const frame = () => watcher.frames.slice(from).find((each) => each.type === 'patch' && each.patch.links?.[link]?.keyed === on)
    await until(() => frame() !== undefined, `${node} ${link} keyed ${on}`)
    this.samples.push({ at, ms: (frame()?.receivedAt ?? Number.NaN) - at })
  }

  /** Median of the samples taken between two moments, ms; NaN when there is none. */
  p50(from = -Infinity, to = Infinity): number {
    const times = this.samples.flatMap(({ at, ms }) => (at >= from && at < to ? ms : [])).sort((a, b) => a - b)
    return times[Math.floor(times.length / 2)] ?? Number.NaN
  }
}

type Cells = Readonly<Record<string, () => Promise<unknown>>>

/** Starts the cells of all groups at once, each with a test of its own: together they take as long as the longest. */
export function together(groups: Readonly<Record<string, Cells>>, ms = 40_000): void {
  const running = new Map<() => Promise<unknown>, Promise<unknown>>()
  beforeAll(() => {
    for (const cell of Object.values(groups).flatMap((cells) => Object.values(cells))) {
      const run = cell()
      // Its test tells of it; until that is reached, nobody must be alarmed.
      run.catch(() => undefined)
      running.set(cell, run)
    }
  })
  for (const [group, cells] of Object.entries(groups)) {
    describe(group, () => {
      for (const [name, cell] of Object.entries(cells)) it(name, async () => { await running.get(cell) }, ms)
    })
  }
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
