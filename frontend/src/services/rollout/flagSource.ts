/**
 * The rollout's flag as this page knows it: read at the start, and anew whenever something says that it may be another one.
 * Whoever cannot read it keeps the last answer; whoever never had one polls. A server that never had a flag, as an unmodified
 * Supermon-NG, rolls nothing out: sockets are for everybody. Where there was one, its absence is a failure like any other, as a
 * proxy's mistake must not undo the kill switch.
 */
import * as v from 'valibot'
import { FLAG, flagSchema } from '../../../../protocol/rollout.ts'
import type { Flag } from '../../../../protocol/rollout.ts'
import type { Frame } from '../../../../protocol/frames.ts'
import type { PageSignal, TimerHandle } from '../../env/env.ts'
import { backoffDelay } from '../backoff.ts'
import { tellAll } from '../diagnostics.ts'
import { ApiError } from '../gatewayApi.ts'
import type { StatusAnswer } from '../gatewayApi.ts'
import type { LiveClient } from '../liveClient.ts'
import type { SocketObserver } from '../nodeEvents.ts'
import { RetryAfterError } from '../retryAfter.ts'
import { bucketOf } from './bucket.ts'
import { decide } from './decide.ts'
import type { Decision, Override } from './decide.ts'
import { installId, overrideOf, recallFlag, rememberFlag } from './memory.ts'
import type { RolloutMemory } from './memory.ts'
import { VERSION } from './version.ts'

/** Without a first answer by then the page goes on without one, ms. */
export const FIRST_ANSWER_MS = 2_500
/** Pages that are told by the same word of a change that may bring them all to their sockets spread over this much, ms. */
export const MOVE_SPREAD_MS = 6_000
/** While nothing says that it changed, ms. */
const ROUTINE_MS = 300_000
/** Whoever comes back to the page after this long reads at once, ms. */
const OLD_MS = 60_000
/** Words of a change that contradict the newest answer, as caches have them, cause no reading sooner than this after it, ms. */
const NEWS_GAP_MS = 3_000
const AFTER_ERROR = { baseMs: 5_000, capMs: ROUTINE_MS, floorMs: 2_500 }

/** What holds where the server has no flag. */
const NO_ROLLOUT: Flag = {
  revision: 'none', enabled: true, percent: 100, salt: 'none', listed: null, user: null, nodes: { allow: [], deny: [] },
  minVersion: null, topology: null, shadow: 0,
}
/** What servers answer of a route that they do not have. */
const NO_SUCH_ROUTE: readonly (number | null)[] = [404, 405, 410]

const answerSchema = v.object({ success: v.literal(true), data: flagSchema })

export interface FlagSourceOptions {
  readonly client: LiveClient
  readonly memory: RolloutMemory
  /** The page's version, `1.2.3`. Default: this package's. */
  readonly version?: string
}

export class FlagSource {
  /** Settles when the page can decide: by an answer, by memory, or for want of either in time. */
  readonly settled: Promise<void>
  readonly #client: LiveClient
  readonly #memory: RolloutMemory
  readonly #version: string
  readonly #installId: string
  readonly #override: Override | null
  readonly #watchers = new Set<() => void>()
  readonly #offs: (() => void)[] = []
  #settle: () => void = () => undefined
  #isSettled = false
  #late: TimerHandle
  #flag: Flag | null
  /** Where the user of the last visit stood; null once the flag was read. */
  #bucket: number | null
  #reading: AbortController | null = null
  #timer: TimerHandle
  /** Something says that it changed: to be read then, ms. */
  #due: number | null = null
  /** The newest revision that was told of since the last answer. */
  #told: string | null = null
  #readAt: number | null = null
  #failures = 0
  /** The server asked to be left alone until then, ms. */
  #notBefore = 0
  /** A socket was let go of as switched off, though the flag said nothing of it; so often since the flag was another one. */
  #sentAway = false
  #timesAway = 0
  #away = false
  #disposed = false

  constructor({ client, memory, version = VERSION }: FlagSourceOptions) {
    this.#client = client
    this.#memory = memory
    this.#version = version
    this.#installId = installId(memory, () => client.env.random())
    this.#override = overrideOf(memory)
    const held = recallFlag(memory)
    this.#flag = held?.flag ?? null
    this.#bucket = held?.bucket ?? null
    this.settled = new Promise((resolve) => { this.#settle = resolve })
    if (held !== null) this.#settleNow()
    this.#listen()
    void this.#read()
    // The read itself may take longer, and is heard of whenever it comes.
    if (!this.#isSettled) this.#late = client.env.setTimeout(() => { this.#giveUpWaiting() }, FIRST_ANSWER_MS)
  }

  /** As last read, or remembered; null = never had. */
  get flag(): Flag | null {
    return this.#flag
  }

  /** Can the page decide? */
  get isSettled(): boolean {
    return this.#isSettled
  }

  /** Is the flag an answer of this page's life, or remembered from an earlier one? */
  get isFresh(): boolean {
    return this.#flag !== null && this.#bucket === null
  }

  /** Does this server roll anything out? It does not where it never had a flag. */
  get isThere(): boolean {
    return this.#flag !== null && this.#flag.revision !== NO_ROLLOUT.revision
  }

  /** What holds for the page (null) or one node; null = no flag was ever read. */
  decide(node: string | null = null): Decision | null {
    if (this.#flag === null) return null
    return decide(this.#flag, { installId: this.#installId, version: this.#version, override: this.#override, node, bucket: this.#bucket })
  }

  /** Is this page one of those on sockets that compare with polling? Dealt by a salt of its own, so that not always the same ones do. */
  get compares(): boolean {
    if (this.#flag === null || !this.isFresh || this.decide()?.on !== true) return false
    const { salt, shadow, user } = this.#flag
    return bucketOf(FLAG, `${salt}:shadow`, user ?? this.#installId) < shadow * 100
  }

  /** Calls `watcher` when decisions may be others. Returns the way out. */
  onChange(watcher: () => void): () => void {
    this.#watchers.add(watcher)
    return () => { this.#watchers.delete(watcher) }
  }

  /** Ends it: nothing is read any more, and who waits for it waits no longer. */
  dispose(): void {
    this.#disposed = true
    this.#reading?.abort()
    this.#client.env.clearTimeout(this.#timer)
    for (const off of this.#offs) off()
    this.#watchers.clear()
    this.#settleNow()
  }

  #listen(): void {
    const { api, env, sockets, userObservers } = this.#client
    const onAnswer = (answer: StatusAnswer | null) => { this.#onAnswer(answer) }
    const onUser = () => { this.#onUser() }
    const onSocket: SocketObserver = (node, news) => { this.#onSocket(node, news) }
    api.statusObservers.add(onAnswer)
    userObservers.add(onUser)
    sockets.observers.add(onSocket)
    this.#offs.push(
      () => { api.statusObservers.delete(onAnswer) },
      () => { userObservers.delete(onUser) },
      () => { sockets.observers.delete(onSocket) },
      env.page.listen((signal) => { this.#onSignal(signal) }),
    )
  }

  /** Whoever asked before was somebody else. */
  #onUser(): void {
    this.#reading?.abort()
    this.#reading = null
    this.#readWithin(0)
  }

  #onAnswer(answer: StatusAnswer | null): void {
    const news = answer?.realtime ?? null
    if (news !== null) this.#onNews(news.revision, news.enabled ? MOVE_SPREAD_MS : 0)
  }

  #onNews(revision: string, spreadMs: number): void {
    if (revision === this.#flag?.revision && this.isFresh) return
    this.#told = revision
    this.#readWithin(spreadMs, (this.#readAt ?? Number.NEGATIVE_INFINITY) + NEWS_GAP_MS)
  }

  #onSocket(node: string | null, news: Parameters<SocketObserver>[1]): void {
    if ('type' in news) {
      if (news.type !== 'flag') return
      const { revision, spreadMs } = news as Frame<'flag'>
      this.#onNews(revision, spreadMs)
      return
    }
    if (this.#sentAway || news.status !== 'paused' || news.why !== 'flag-off' || this.decide(node)?.on !== true) return
    this.#sentAway = true
    // A server that means it is asked less and less often.
    this.#readWithin(Math.min(ROUTINE_MS, MOVE_SPREAD_MS * 2 ** this.#timesAway))
    this.#timesAway += 1
  }

  #onSignal(signal: PageSignal): void {
    if (signal === 'pagehide' || signal === 'pageshow') this.#away = signal === 'pagehide'
    const isBack = signal === 'visible' || signal === 'online' || signal === 'pageshow'
    if (isBack && this.#client.env.now() - (this.#readAt ?? Number.NEGATIVE_INFINITY) > OLD_MS) this.#readWithin(0)
    else this.#arm()
  }

  /** The first word of a change counts: later ones do not put the reading off. */
  #readWithin(ms: number, notBefore = 0): void {
    const { env } = this.#client
    const due = Math.max(notBefore, env.now() + env.random() * ms)
    this.#due = this.#due === null ? due : Math.min(this.#due, due)
    this.#arm()
  }

  /** One timer, and none while nothing is due: a hidden page reads when it is told of something, and when it is seen again. */
  #arm(): void {
    const { env } = this.#client
    env.clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#disposed || this.#reading !== null || this.#away) return
    const routine = env.page.visible() ? this.#routineAt() : Number.POSITIVE_INFINITY
    const at = Math.max(this.#notBefore, Math.min(this.#due ?? Number.POSITIVE_INFINITY, routine))
    if (Number.isFinite(at)) this.#timer = env.setTimeout(() => void this.#read(), Math.max(0, at - env.now()))
  }

  #routineAt(): number {
    return this.#failures > 0 ? this.#notBefore : (this.#readAt ?? this.#client.env.now()) + ROUTINE_MS
  }

  async #read(): Promise<void> {
    const { api, env } = this.#client
    if (this.#reading !== null || this.#disposed) return
    const reading = new AbortController()
    this.#reading = reading
    env.clearTimeout(this.#timer)
    this.#due = null
    try {
      const answer = await api.get('config/realtime', { signal: reading.signal, cache: 'no-store' })
      if (this.#reading !== reading || this.#disposed) return
      this.#take(v.parse(answerSchema, answer).data)
    } catch (error) {
      if (this.#reading !== reading || this.#disposed) return
      if (!this.isThere && error instanceof ApiError && NO_SUCH_ROUTE.includes(error.status)) this.#take(NO_ROLLOUT)
      else this.#onFailure(error)
    }
    this.#reading = null
    this.#arm()
  }

  #take(flag: Flag): void {
    const { revision } = this.#flag ?? {}
    const changed = this.#client.sockets.sentAway || !this.isFresh || JSON.stringify(flag) !== JSON.stringify(this.#flag)
    this.#failures = 0
    this.#readAt = this.#client.env.now()
    this.#flag = flag
    this.#bucket = null
    if (this.#told === flag.revision) this.#due = null
    this.#told = null
    this.#sentAway = false
    if (revision !== flag.revision) this.#timesAway = 0
    if (this.isThere) rememberFlag(this.#memory, flag, this.decide()?.bucket ?? 0)
    this.#settleNow()
    if (changed) this.#tell()
  }

  #onFailure(error: unknown): void {
    const { env } = this.#client
    this.#notBefore = env.now() + backoffDelay(this.#failures, env.random(), AFTER_ERROR)
    if (error instanceof RetryAfterError) this.#notBefore = Math.max(this.#notBefore, env.now() + error.retryAfterMs)
    this.#failures += 1
    this.#giveUpWaiting()
  }

  #giveUpWaiting(): void {
    if (this.#isSettled) return
    this.#settleNow()
    this.#tell()
  }

  #settleNow(): void {
    this.#isSettled = true
    this.#client.env.clearTimeout(this.#late)
    this.#settle()
  }

  #tell(): void {
    tellAll(this.#watchers, this.#client.onDiagnostic)
  }
}
