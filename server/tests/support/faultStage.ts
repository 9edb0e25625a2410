/** An Asterisk that fails on demand, a viewer of its node, and what that viewer was told, in order. */
import { beforeAll, describe, it } from 'vitest'
import type { ServerFrame } from '../../../protocol/frames.ts'
import { EMPTY_NODE } from '../../../protocol/nodeState.ts'
import type { NodeState, ReachCode } from '../../../protocol/nodeState.ts'
import { applyPatch, readState } from '../../../protocol/patch.ts'
import type { App } from '../../src/app.ts'
import type { FakeAsteriskOptions } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { BrokenAsterisk, openBroken } from './brokenAsterisk.ts'
import type { Mode } from './brokenAsterisk.ts'
import { until, Watcher } from './running.ts'

/** What a viewer knew from `at` on, on `performance.now()`'s scale. */
export interface Moment {
  readonly at: number
  readonly state: NodeState
}

/** An Asterisk that fails, and a viewer of its node. */
export class Subject extends BrokenAsterisk {
  #watcher: Watcher | null = null

  static async start(node: string, mode: Mode, options: FakeAsteriskOptions = {}): Promise<Subject> {
    return new Subject(await openBroken(node, mode, options))
  }

  get watcher(): Watcher {
    if (this.#watcher === null) throw new Error('nobody watches yet')
    return this.#watcher
  }

  watch(app: App): Watcher {
    this.#watcher = new Watcher(app, this.node)
    return this.#watcher
  }

  override async close(): Promise<void> {
    this.#watcher?.close()
    await super.close()
  }

  /** The viewer sees it, too: a poll later where no events come. */
  override async talk(): Promise<(state: NodeState) => boolean> {
    const shows = await super.talk()
    await this.watcher.until(shows, `${this.node} talks`)
    return shows
  }

  override lies(state = this.watcher.state): string[] {
    return super.lies(state)
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
    await until(() => frame() !== undefined, `${node} ${link} keyed ${on}`, 20_000)
    this.samples.push({ at, ms: (frame()?.receivedAt ?? Number.NaN) - at })
  }

  /** The samples taken between two moments: how many, their median and the longest, ms; NaN when there is none. */
  over(from = -Infinity, to = Infinity): { readonly count: number; readonly p50: number; readonly max: number } {
    const times = this.samples.flatMap(({ at, ms }) => (at >= from && at < to ? ms : [])).sort((a, b) => a - b)
    return { count: times.length, p50: times[Math.floor(times.length / 2)] ?? Number.NaN, max: times.at(-1) ?? Number.NaN }
  }
}

type Cells = Readonly<Record<string, () => Promise<unknown>>>

/** So many cells run at a time: they mostly wait, but a machine of two slow cores must still get around to each. */
const AT_A_TIME = 6

/**
 * Runs the cells of all groups, each with a test of its own, a few at a time. Those that take longest should stand first.
 */
export function together(groups: Readonly<Record<string, Cells>>, ms = 60_000): void {
  const left = Object.values(groups).flatMap((cells) => Object.values(cells))
  const ended = new Map<() => Promise<unknown>, { readonly error: unknown }>()
  const work = async (): Promise<void> => {
    for (let cell = left.shift(); cell !== undefined; cell = left.shift()) {
      const run = cell
      await run().then(() => ended.set(run, { error: null }), (error: unknown) => ended.set(run, { error }))
    }
  }
  beforeAll(() => {
    for (let i = 0; i < AT_A_TIME; i += 1) void work()
  })
  for (const [group, cells] of Object.entries(groups)) {
    describe(group, () => {
      for (const [name, cell] of Object.entries(cells)) {
        it(name, async () => {
          await until(() => ended.has(cell), 'the end', ms)
          const { error } = ended.get(cell) ?? { error: null }
          if (error !== null) throw error as Error
        }, ms + 1_000)
      }
    })
  }
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
