/**
 * What this page can tell of how it fares, counted while it watches anything and sent once a minute while it is seen, and when it
 * is left. Never shown, never waited for, and lost where it cannot be sent.
 */
import type { Way } from '../../../../protocol/rollout.ts'
import type { PageSignal, TimerHandle } from '../../env/env.ts'
import type { RolloutEnv } from '../../env/rolloutEnv.ts'
import type { ConnectionState } from '../connectionState.ts'
import type { Diagnostic } from '../diagnostics.ts'
import { isSwitchedOff } from '../fallback.ts'
import type { StatusObserver } from '../gatewayApi.ts'
import type { LiveClient } from '../liveClient.ts'
import type { SocketObserver } from '../nodeEvents.ts'
import { paceOf, POLLING } from '../pace.ts'
import type { Transport } from '../TransportLadder.ts'
import { KeyUps } from './keyUps.ts'
import { wayOf } from './pageWay.ts'
import { Tally } from './tally.ts'
import type { Segment } from './tally.ts'

const PERIOD_MS = 60_000
const JITTER_MS = 10_000
/** A page that is seen is looked at every minute: what is longer was slept through, ms. */
const LONGEST_LOOK_MS = 90_000
/** What happens to several nodes within this time happened once, ms. */
const TOGETHER_MS = 1_000

export interface FiguresOptions {
  readonly client: LiveClient
  readonly env: Pick<RolloutEnv, 'afterPaint' | 'beacon' | 'browser'>
}

export class FigureBook {
  readonly #client: LiveClient
  readonly #env: FiguresOptions['env']
  readonly #keyUps: KeyUps
  readonly #offs: (() => void)[] = []
  /** null = it is not known yet whose figures they would be. */
  #tally: Tally | null = null
  #isApart: (node: string) => boolean = () => false
  #way: Way | null = null
  #visible: boolean
  #since: number
  #lastActivity: number
  #timer: TimerHandle
  readonly #live = new Set<string>()
  /** Nodes that were live and are not: the next time they are is a reconnect. */
  readonly #lost = new Set<string>()
  readonly #lastOf = new Map<string, number>()
  #unwanted = false
  #ended = false

  constructor({ client, env }: FiguresOptions) {
    this.#client = client
    this.#env = env
    this.#visible = client.env.page.visible()
    this.#since = this.#lastActivity = client.env.now()
    this.#keyUps = new KeyUps({
      client,
      afterPaint: (fn) => { env.afterPaint(fn) },
      onKeyUp: (ms) => { this.#tally?.keyUp(ms) },
    })
    this.#listen()
    this.#look()
  }

  /**
   * From now on figures belong to this segment; those until now are sent for the one before.
   * @param isApart does the flag say something else of this node than of its page? Then it tells nothing of the page's group, and is left out
   */
  setSegment(segment: Segment, isApart: (node: string) => boolean = () => false): void {
    this.#isApart = isApart
    const before = this.#tally?.segment
    if (before?.group === segment.group && before.percent === segment.percent) {
      this.#look()
      return
    }
    this.flush()
    this.#since = this.#client.env.now()
    this.#tally = new Tally(segment)
    this.#arm()
  }

  /** States were compared with polled ones. */
  compared(count: number): void {
    if (this.#tally !== null) this.#tally.compared += count
  }

  /** One of them differed. @param example without names and addresses */
  mismatch(field: string, example: string): void {
    this.#tally?.mismatch(field, example)
  }

  /** Sends what there is. */
  flush(): void {
    this.#look()
    const tally = this.#tally
    if (tally === null || tally.isEmpty) return
    const { body, savedRest } = tally.report(this.#env.browser())
    this.#tally = new Tally(tally.segment)
    this.#tally.saved = savedRest
    this.#send(body)
  }

  /** Sends the rest, and ends. */
  dispose(): void {
    this.flush()
    this.#ended = true
    this.#client.env.clearTimeout(this.#timer)
    this.#keyUps.stop()
    for (const off of this.#offs) off()
  }

  #listen(): void {
    const { api, diagnostics, env, ladder, sockets } = this.#client
    const onSocket: SocketObserver = (node, news) => {
      if (node !== null && 'status' in news) this.#onState(node, news)
    }
    const onAsk: StatusObserver = (answer, asked) => {
      if (answer === null && this.#tally !== null && !asked.every(this.#isApart)) this.#tally.made += 1
    }
    const onDiagnostic = ({ code }: Diagnostic) => {
      if (code === 'sequence-gap' && this.#tally !== null) this.#tally.gaps += 1
    }
    sockets.observers.add(onSocket)
    api.statusObservers.add(onAsk)
    diagnostics.add(onDiagnostic)
    this.#offs.push(
      () => { sockets.observers.delete(onSocket) },
      () => { api.statusObservers.delete(onAsk) },
      () => { diagnostics.delete(onDiagnostic) },
      ladder.onTransport((node, transport) => { this.#onTransport(node, transport) }),
      ladder.onPolling(() => { this.#look() }),
      env.page.listen((signal) => { this.#onSignal(signal) }),
      env.page.onActivity(() => { this.#onActivity() }),
    )
  }

  #onState(node: string, state: ConnectionState): void {
    if (state.status === 'live') {
      if (this.#lost.delete(node) && this.#isFirst('reconnect') && this.#tally !== null) this.#tally.reconnects += 1
      this.#live.add(node)
    } else {
      if (this.#live.delete(node)) this.#lost.add(node)
      // Neither of these is lost.
      if (state.status === 'closed' || isSwitchedOff(state)) this.#lost.delete(node)
    }
    // Once the node is told of, or gone: observers come before those.
    void Promise.resolve().then(() => { this.#look() })
  }

  #onTransport(node: string, transport: Transport): void {
    this.#look()
    if (transport !== 'polling') return
    const state = this.#client.sockets.getNodeState(node)
    if (state.status === 'paused' && state.why === 'flag-off') return
    const code = 'reason' in state ? state.reason.code : state.status
    if (this.#isFirst(code)) this.#tally?.fallback(code)
  }

  /** Nodes of one page share what happens to its network. */
  #isFirst(what: string): boolean {
    const now = this.#client.env.now()
    const last = this.#lastOf.get(what) ?? Number.NEGATIVE_INFINITY
    this.#lastOf.set(what, now)
    return now - last > TOGETHER_MS
  }

  #onSignal(signal: PageSignal): void {
    if (signal === 'hidden' || signal === 'pagehide') this.flush()
    else this.#look()
    this.#visible = this.#client.env.page.visible()
    this.#arm()
  }

  #onActivity(): void {
    const now = this.#client.env.now()
    if (now - this.#lastActivity > POLLING.inactiveThreshold) this.#look()
    this.#lastActivity = now
  }

  /** Counts the time until now to the way that was, and sees which way it is now. */
  #look(): void {
    if (this.#ended) return
    const { env } = this.#client
    const now = env.now()
    const from = this.#since
    this.#since = now
    if (this.#tally !== null && this.#way !== null) {
      const ms = this.#visible ? Math.min(now - from, LONGEST_LOOK_MS) : now - from
      const taken = this.#tally.spend(this.#way, ms)
      if (this.#way === 'socket') this.#tally.saved += this.#spared(from, taken)
    }
    const nodes = this.#client.sockets.inspect().map(({ node }) => node).filter((node) => !this.#isApart(node))
    this.#way = wayOf(this.#client, nodes)
    this.#keyUps.follow(nodes)
  }

  /** How many questions polling would have put in this stretch: it slows down once nobody has used the page for a while. */
  #spared(from: number, ms: number): number {
    const idleFrom = this.#lastActivity + POLLING.inactiveThreshold
    const active = Math.min(ms, Math.max(0, idleFrom - from))
    const idle = POLLING.inactiveThreshold + 1
    return active / paceOf(this.#visible, 0) + (ms - active) / paceOf(this.#visible, idle)
  }

  #arm(): void {
    const { env } = this.#client
    env.clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#ended || this.#unwanted || this.#tally === null || !this.#visible) return
    this.#timer = env.setTimeout(() => {
      this.flush()
      this.#arm()
    }, PERIOD_MS + JITTER_MS * (2 * env.random() - 1))
  }

  #send(body: string): void {
    if (this.#unwanted) return
    const { env } = this.#client
    const url = new URL('api/v1/rollout/figures', env.baseUrl()).href
    if (this.#env.beacon(url, body)) return
    const init = { method: 'POST', body, headers: { 'content-type': 'application/json' }, keepalive: true, credentials: 'same-origin' } as const
    env.fetch(url, init).then(({ status }) => {
      // A server that keeps no figures.
      if (status === 404 || status === 410) this.#unwanted = true
    }).catch(() => undefined)
  }
}
