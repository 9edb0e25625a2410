/**
 * Viewers at their pages while things fail, by a plan. After each act all pages must be right within the bound, the last change made
 * meanwhile among it, and then see the next change; whatever the watchman finds in between counts as well.
 */
import { rngOf } from '../../../frontend/tests/simulation/rng.ts'
import { wrongs } from './compare.ts'
import { Crowd } from './crowd.ts'
import { pause } from './fault.ts'
import type { Fault } from './fault.ts'
import { Life } from './life.ts'
import type { Page } from './page.ts'
import { lastOf } from './schedule.ts'
import type { Act, Blow } from './schedule.ts'
import type { Stage } from './stage.ts'
import { Watchman } from './watchman.ts'
import type { Finding } from './watchman.ts'

/** A socket's longest wait is 17 s (`backoff.ts`). */
const SOCKETS_MS = 20_000
/** Polling waits up to 30 s after errors (`pace.ts`), and an answer may take 2 s. */
const POLLING_MS = 33_000
/** A change that nothing is in the way of comes at once, or with the gateway's next poll, ms. */
const PULSE_MS = 8_000
/** After an outage a page's own pace of polling comes back by halves (`PollingService.ts`), ms. */
const PULSE_POLLED_MS = 24_000
/** Nobody does anything more so long before the last fault ends, ms. */
const FINAL_MS = 300
const LOOK_MS = 50

/** How an act went. */
export interface Outcome {
  readonly faults: readonly string[]
  /** From the last fault's end until the last page was right, ms: with sockets, and of those that poll. */
  readonly socketsMs: number
  readonly pollingMs: number
}

export class SoakFailure extends Error {
  readonly findings: readonly Finding[]

  constructor(findings: readonly Finding[], where: string) {
    super([where, ...findings.map(({ page, node, rule, text }) => `  ${rule}: viewer ${page}, node ${node}: ${text}`)].join('\n'))
    this.name = 'SoakFailure'
    this.findings = findings
  }
}

export class Soak {
  readonly stage: Stage
  readonly crowd: Crowd
  readonly life: Life
  readonly #watchman: Watchman
  readonly #findings: Finding[] = []
  readonly #struck = new Set<Fault>()
  readonly #seed: number
  readonly #began = performance.now()
  #acts = 0
  #ended = false

  constructor(stage: Stage, seed: number, viewers: number) {
    this.stage = stage
    this.#seed = seed
    const { truth } = stage
    this.crowd = new Crowd(viewers, stage.url, truth.nodes, stage.rights)
    this.life = new Life(stage.asterisks, rngOf(seed, 1), (anew) => { truth.note(performance.now(), anew) })
    this.#watchman = new Watchman({
      pages: this.crowd.pages,
      truth,
      blindMs: () => Math.max(0, ...[...this.#struck].map(({ blindMs }) => blindMs ?? 0)),
      onFinding: (finding) => { this.#findings.push(finding) },
    })
  }

  /** Opens the pages' eyes. @throws SoakFailure when they do not come to be right */
  async begin(): Promise<void> {
    this.stage.truth.note(performance.now())
    this.#watchman.begin()
    this.crowd.begin()
    await this.#settle(SOCKETS_MS, POLLING_MS, 'as the pages were opened')
    this.life.begin()
  }

  /** @throws SoakFailure */
  async play(act: Act): Promise<Outcome> {
    this.#acts += 1
    const faults = act.blows.map(({ fault }) => fault.name)
    const where = faults.join(' and ')
    this.life.begin()
    await Promise.all([
      ...act.blows.map((blow, i) => this.#strike(blow, i).catch((error: unknown) => { throw this.#thrown(error, blow, where) })),
      pause(Math.max(0, lastOf(act) - FINAL_MS)).then(() => this.life.hush()),
    ])
    const bound = Math.max(SOCKETS_MS, ...act.blows.map(({ fault }) => fault.boundMs ?? 0))
    const outcome = await this.#settle(bound, bound - SOCKETS_MS + POLLING_MS, where)
    this.#struck.clear()
    this.crowd.tapsRetry = false
    await this.life.pulse()
    await this.#settle(PULSE_MS, PULSE_POLLED_MS, `a change after ${where}`)
    this.life.begin()
    await pause(act.restMs)
    this.#check(`at rest after ${where}`)
    return { faults, ...outcome }
  }

  /** Nothing moves any more, and nothing fails. */
  async rest(): Promise<void> {
    await this.life.hush()
    await this.#settle(PULSE_MS, PULSE_POLLED_MS, 'at rest')
  }

  /** What was planned does not come any more. */
  async end(): Promise<void> {
    this.#ended = true
    await this.life.hush()
    this.#watchman.end()
    this.crowd.end()
  }

  async #strike({ fault, afterMs, lastsMs }: Blow, i: number): Promise<void> {
    await pause(afterMs)
    if (this.#ended) return
    this.#struck.add(fault)
    // Each blow draws by itself: what one needs does not depend on when the other comes.
    const rng = rngOf(this.#seed, 1_000 + this.#acts * 2 + i)
    const end = await fault.strike({ stage: this.stage, crowd: this.crowd, rng, tell: (finding) => { this.#findings.push(finding) } })
    this.stage.truth.note(performance.now())
    await pause(lastsMs)
    if (this.#ended) return
    await end()
    this.stage.truth.note(performance.now())
  }

  /** Waits until all pages are right at the same time. @throws SoakFailure when one is not in time, or something was found meanwhile */
  async #settle(socketsMs: number, pollingMs: number, where: string): Promise<Omit<Outcome, 'faults'>> {
    const began = performance.now()
    const took = { socketsMs: 0, pollingMs: 0 }
    for (;;) {
      this.#check(where)
      const late = this.crowd.pages.flatMap((page) => this.#lateness(page, performance.now() - began, socketsMs, pollingMs))
      if (late.length === 0) return took
      for (const { polls } of late) took[polls ? 'pollingMs' : 'socketsMs'] = Math.round(performance.now() - began)
      const stuck = late.flatMap(({ finding }) => finding ?? [])
      if (stuck.length > 0) throw this.#failure(stuck, where)
      await pause(LOOK_MS)
    }
  }

  #lateness(page: Page, after: number, socketsMs: number, pollingMs: number): { polls: boolean; finding: Finding | null }[] {
    const polls = page.kind.way === 'polling'
    const bound = polls ? pollingMs : socketsMs
    return this.stage.truth.nodes.flatMap((node) => {
      const wrong = wrongs(this.stage, page, node)
      if (wrong.length === 0) return []
      const text = `not right after ${Math.round(after / 1_000)} s: ${wrong.join('; ')}`
      return [{ polls, finding: after > bound ? { page: page.name, node, rule: 'stuck' as const, text } : null }]
    })
  }

  #check(where: string): void {
    if (this.stage.gateway.died) {
      const text = this.stage.gateway.output.slice(-2_000)
      throw this.#failure([{ page: '-', node: '-', rule: 'died', text: `the gateway ended by itself: ${text}` }], where)
    }
    if (this.#findings.length > 0) throw this.#failure(this.#findings, where)
  }

  /** A fault that cannot be made, or not be ended, is a finding like any other: by its seed it comes again. */
  #thrown(error: unknown, { fault }: Blow, where: string): SoakFailure {
    return this.#failure([{ page: '-', node: '-', rule: 'fault', text: `${fault.name}: ${error instanceof Error ? error.message : String(error)}` }], where)
  }

  #failure(findings: readonly Finding[], where: string): SoakFailure {
    const minute = ((performance.now() - this.#began) / 60_000).toFixed(1)
    const more = findings.length > SHOWN ? [{ page: '-', node: '-', rule: findings[0]?.rule ?? 'stuck', text: `and ${findings.length - SHOWN} more` }] : []
    return new SoakFailure([...findings.slice(0, SHOWN), ...more], `seed ${this.#seed}, minute ${minute}, act ${this.#acts}: ${where}`)
  }
}

/** Of many findings the first tell most. */
const SHOWN = 8
