/** A whole run: pages are opened, all kinds of faults come, and in the end nothing is held that was not held before. */
import { pause } from './fault.ts'
import type { Fault } from './fault.ts'
import { grown, holdingsOf, leftOver, resources, sample } from './leak.ts'
import type { GatewayHoldings } from './leak.ts'
import { FAULTS, plan } from './schedule.ts'
import type { Act, Phase } from './schedule.ts'
import { Soak, SoakFailure } from './soak.ts'
import type { Outcome } from './soak.ts'
import { Stage } from './stage.ts'

export interface RunOptions {
  readonly seed: number
  readonly viewers: number
  /** Of acts, in all, ms. */
  readonly actsMs: number
  /** Quiet, before the holdings are taken the first time and the second, ms; 0 = memory is not judged. */
  readonly quietMs: number
  readonly among?: readonly Fault[]
  /** These and no others; then `actsMs` and `quietMs` are 0. */
  readonly acts?: readonly Act[]
  /** Another gateway than the built one. */
  readonly main?: string
  onOutcome?(outcome: Outcome): void
  /** Ends it early: what came until then is told. */
  readonly signal?: AbortSignal
}

export interface Report {
  readonly outcomes: readonly Outcome[]
  readonly changes: number
  /** Of the gateway: the same process at both. null = not taken. */
  readonly before: GatewayHoldings | null
  readonly after: GatewayHoldings | null
}

/** Of the time of all acts: first with the gateway's process ended now and then, then until the last one has compiled what it runs, then to compare. */
const SHARES = { restarts: 0.3, warm: 0.2, compared: 0.5 } as const
/** The quiet that memory is judged in, for a run of so many minutes, ms. */
export const quietOf = (minutes: number): number => Math.min(60_000, minutes * 6_000)

/** From a quiet that follows much work to the first look, ms. */
const SETTLE_MS = 15_000
const GROWTH = 0.05
/** Sockets of the HTTP client are closed a few seconds after their last use, ms. */
const LEFT_OVER_MS = 15_000

export function phasesOf(actsMs: number): readonly Phase[] {
  return [
    { forMs: actsMs * SHARES.restarts, sparing: false },
    { forMs: actsMs * SHARES.warm, sparing: true },
    { forMs: actsMs * SHARES.compared, sparing: true },
  ]
}

/** @throws SoakFailure */
export async function run(options: RunOptions): Promise<Report> {
  const { seed, signal } = options
  const atFirst = resources()
  const stage = await Stage.open(seed, options.main ?? null)
  const soak = new Soak(stage, seed, options.viewers)
  const told: Told = { outcomes: [], before: null, after: null }
  const report = () => ({ ...told, changes: soak.life.changes })
  try {
    if (!(await unlessEnded(signal, playAll(soak, options, told)))) return report()
    await soak.end()
    await letGo(stage, seed)
    await stage.close()
    fail(await leftOver(atFirst, LEFT_OVER_MS), `seed ${seed}: pages and fakes are closed, and something is left`)
    return report()
  } finally {
    await soak.end()
    await stage.close()
  }
}

interface Told {
  readonly outcomes: Outcome[]
  before: GatewayHoldings | null
  after: GatewayHoldings | null
}

async function playAll(soak: Soak, options: RunOptions, told: Told): Promise<void> {
  const { seed, actsMs, quietMs, among = FAULTS } = options
  const play = async (some: readonly Act[]) => {
    for (const act of some) {
      const outcome = await soak.play(act)
      told.outcomes.push(outcome)
      options.onOutcome?.(outcome)
    }
  }
  await soak.begin()
  // Memory is compared within one process: without a fault that spares it there is none to compare.
  if (quietMs === 0 || among.every(({ endsProcess }) => endsProcess === true)) {
    await play(options.acts ?? plan(seed, [{ forMs: actsMs, sparing: false }], among).flat())
    return
  }
  const [restarts = [], warm = [], compared = []] = plan(seed, phasesOf(actsMs), among)
  await play(restarts)
  await play(warm)
  told.before = await holdings(soak, quietMs)
  await play(compared)
  told.after = await holdings(soak, quietMs)
  fail(grown(told.before, told.after, GROWTH), `seed ${seed}: the gateway holds more than in the quiet before`)
}

/** @returns whether the work came to its end before the signal did */
async function unlessEnded(signal: AbortSignal | undefined, work: Promise<void>): Promise<boolean> {
  if (signal === undefined) return work.then(() => true)
  const ended = new Promise<boolean>((resolve) => {
    if (signal.aborted) resolve(false)
    signal.addEventListener('abort', () => { resolve(false) })
  })
  return Promise.race([work.then(() => true), ended])
}

async function holdings(soak: Soak, forMs: number): Promise<GatewayHoldings> {
  await soak.rest()
  await pause(SETTLE_MS)
  return sample(soak.stage, forMs)
}

/** All pages are gone: so are their seats in the gateway. */
async function letGo({ gateway }: Stage, seed: number): Promise<void> {
  let viewers = -1
  for (const end = performance.now() + LEFT_OVER_MS; viewers !== 0 && performance.now() < end; await pause(100)) {
    viewers = ((await (await fetch(`${gateway.url}healthz`)).json()) as { viewers: number }).viewers
  }
  fail(viewers === 0 ? [] : [`${viewers} seats are taken; open files: ${holdingsOf(gateway.pid).files}`], `seed ${seed}: all pages are closed`)
}

function fail(leaks: readonly string[], where: string): void {
  if (leaks.length === 0) return
  throw new SoakFailure(leaks.map((text) => ({ page: '-', node: '-', rule: 'leak' as const, text })), where)
}
