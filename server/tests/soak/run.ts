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
  const { seed, actsMs, quietMs, among = FAULTS } = options
  const atFirst = resources()
  const stage = await Stage.open(seed, options.main ?? null)
  const outcomes: Outcome[] = []
  let soak: Soak | null = null
  let before: GatewayHoldings | null = null
  let after: GatewayHoldings | null = null
  try {
    soak = new Soak(stage, seed, options.viewers)
    await soak.begin()
    const play = async (acts: readonly Act[]) => {
      for (const act of acts) {
        const outcome = await soak?.play(act)
        if (outcome === undefined) continue
        outcomes.push(outcome)
        options.onOutcome?.(outcome)
      }
    }
    // Memory is compared within one process: without a fault that spares it there is none to compare.
    if (quietMs === 0 || among.every(({ endsProcess }) => endsProcess === true)) {
      await play(options.acts ?? plan(seed, [{ forMs: actsMs, sparing: false }], among).flat())
    } else {
      const [restarts = [], warm = [], compared = []] = plan(seed, phasesOf(actsMs), among)
      await play(restarts)
      await play(warm)
      before = await holdings(soak, quietMs)
      await play(compared)
      after = await holdings(soak, quietMs)
      fail(grown(before, after, GROWTH), `seed ${seed}: the gateway holds more than in the quiet before`)
    }
    const { changes } = soak.life
    await soak.end()
    await letGo(stage, seed)
    await stage.close()
    fail(await leftOver(atFirst, LEFT_OVER_MS), `seed ${seed}: pages and fakes are closed, and something is left`)
    return { outcomes, changes, before, after }
  } finally {
    await soak?.end()
    await stage.close()
  }
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
