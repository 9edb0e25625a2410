/**
 * From AMI's bytes to a node's feed in time that moves when the test says so, over real sockets: promises in seconds can
 * be held to the millisecond, on any machine. Bytes take no time here; chance is always at its worst.
 */
import type { NodeState, ReachCode } from '../../../protocol/nodeState.ts'
import { AmiHost } from '../../src/ami/amiHost.ts'
import type { Connect } from '../../src/ami/connect.ts'
import type { FakeAsteriskOptions } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { steady } from '../../src/env/clock.ts'
import { FeedHouse } from '../../src/feed/feedHouse.ts'
import type { NameLookup } from '../../src/feed/names.ts'
import { BrokenAsterisk, openBroken } from './brokenAsterisk.ts'
import type { Mode } from './brokenAsterisk.ts'
import { ManualClock } from './manualClock.ts'

/** What was told, and when by the held clock. */
export interface Told {
  readonly at: number
  readonly state: NodeState
}

export interface HeldOptions {
  readonly mode?: Mode
  readonly asterisk?: FakeAsteriskOptions
  /** Another Asterisk; its nodes but for the first are in the house as well. */
  readonly second?: FakeAsteriskOptions
  readonly lingerMs?: number
  /** The node list. */
  readonly names?: NameLookup
  /** In place of TCP. */
  readonly connect?: Connect
}

/** Turns of the event loop in which nothing moved, after which nothing is under way on loopback. */
const QUIET_TURNS = 12

export class HeldTime {
  readonly clock: ManualClock
  readonly asterisk: BrokenAsterisk
  readonly second: BrokenAsterisk | null
  readonly house: FeedHouse
  /** Each change of the first node's state. */
  readonly told: Told[] = []
  /** What operators were warned of. */
  readonly warned: { readonly node: string; readonly message: string }[] = []

  private constructor(clock: ManualClock, asterisks: readonly [BrokenAsterisk, ...BrokenAsterisk[]], { connect, lingerMs = 60_000, names = () => null }: HeldOptions) {
    const [first, second] = asterisks
    this.clock = clock
    this.asterisk = first
    this.second = second ?? null
    this.house = new FeedHouse({
      nodes: [{ id: first.node, hostKey: 'first' }, ...(second?.fake.nodes.slice(1) ?? []).map((id) => ({ id, hostKey: 'second' }))],
      clock: steady(clock),
      names,
      warn: (node, message) => { this.warned.push({ node, message }) },
      epoch: 'held',
      openHost: (key) => {
        const { host, port } = (key === 'second' ? second : first)?.proxy ?? first.proxy
        return new AmiHost({ host, port, user: 'admin', secret: 'demo', clock, random: () => 0.999_999, ...(connect === undefined ? {} : { connect }) })
      },
      lingerMs,
    })
    this.house.feed(first.node)?.listen(({ at, state }) => { this.told.push({ at, state }) })
  }

  static async start(options: HeldOptions = {}): Promise<HeldTime> {
    const clock = new ManualClock()
    const start = clock.now()
    /** What Asterisk tells of ages does not move when a test sets the gateway's clock. */
    const own = {
      now: () => start + clock.monotonic(), monotonic: () => clock.monotonic(),
      setTimeout: (fn: () => void, ms: number) => clock.setTimeout(fn, ms), clearTimeout: (timer: unknown) => { clock.clearTimeout(timer) },
    }
    const open = async (more: FakeAsteriskOptions = {}) =>
      new BrokenAsterisk(await openBroken('546051', options.mode ?? 'event', { clock: own, ...more }))
    const first = await open(options.asterisk)
    return new HeldTime(clock, options.second === undefined ? [first] : [first, await open(options.second)], options)
  }

  get state(): NodeState {
    const feed = this.house.feed(this.asterisk.node)
    if (feed === null) throw new Error('the node is gone')
    return feed.state
  }

  get lies(): string[] {
    return this.asterisk.lies(this.state)
  }

  /** Lets `ms` pass. What is written is read, answered and worked through before time goes on. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms
    await this.#settle()
    while (this.clock.now() < end) {
      this.clock.advance(this.#step(end))
      await this.#settle()
    }
  }

  /** Lets time pass until `check` holds. @returns how much passed, ms */
  async passUntil(check: () => boolean, what: string, most = 60_000): Promise<number> {
    const from = this.clock.now()
    await this.#settle()
    while (!check()) {
      if (this.clock.now() >= from + most) throw new Error(`not within ${most} ms of held time: ${what}; ${this.lies.join('; ')}`)
      await this.pass(this.#step(from + most))
    }
    return this.clock.now() - from
  }

  /** To the next moment in which anything can happen, ms. */
  #step(end: number): number {
    return Math.min(end - this.clock.now(), Math.max(1, this.clock.nextIn))
  }

  /** The reasons that were told for not being up, repeats left out, without the first `from` things that were told. */
  reasons(from: number): ReachCode[] {
    const codes = this.told.slice(from).flatMap(({ state }) => state.reachReason?.code ?? [])
    return codes.filter((code, i) => code !== codes[i - 1])
  }

  async close(): Promise<void> {
    this.house.dispose()
    await this.asterisk.close()
    await this.second?.close()
  }

  async #settle(): Promise<void> {
    const moved = () => [this.asterisk, this.second].flatMap((each) => [each?.proxy.passed, each?.proxy.accepted]).concat(this.told.length).join()
    for (let quiet = 0; quiet < QUIET_TURNS; quiet += 1) {
      const before = moved()
      await new Promise((resolve) => { setImmediate(resolve) })
      // What is due at once, as an answer without delay.
      this.clock.advance(0)
      if (before !== moved()) quiet = 0
    }
  }
}
