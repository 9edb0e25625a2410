/** What the rollout has come to: both groups of the present stage, what to do, and whether polling can be dropped. */
import type { RolloutReport } from '../../../protocol/rolloutReport.ts'
import { revisionOf, shadowShare } from '../config/rolloutFile.ts'
import type { Rollout } from '../config/rolloutFile.ts'
import { lastHours } from './figures.ts'
import type { Figures, Hour } from './figures.ts'
import { groupReport } from './groupReport.ts'
import { PHASE6 } from './thresholds.ts'
import { noTotals, viewerMs } from './totals.ts'
import { overallOf, reductionOf, verdictsOf } from './verdicts.ts'

/** Changes that the report tells of. */
const HISTORY = 20

export function reportOf(rollout: Rollout, figures: Pick<Figures, 'stages' | 'hours' | 'days'>, now: number): RolloutReport {
  const { enabled, percent, history } = rollout
  const known = figures.stages[percent]
  const stage = known ?? { since: now, on: noTotals(), off: noTotals() }
  const shadow = shadowShare(rollout)
  const verdicts = verdictsOf(stage, shadow)
  return {
    at: now,
    enabled,
    percent,
    revision: revisionOf(rollout),
    since: known?.since ?? null,
    shadow,
    groups: { on: groupReport(stage.on), off: groupReport(stage.off) },
    reduction: reductionOf(stage),
    verdicts,
    overall: overallOf(verdicts),
    phase6: phase6Of(rollout, figures, now),
    hours: lastHours(figures.hours, now).map(hourReport),
    history: history.slice(-HISTORY),
  }
}

function hourReport({ at, on, off }: Hour): RolloutReport['hours'][number] {
  const minutes = (ms: number) => ms / 60_000
  const [socket, polling] = [on.ms.socket + off.ms.socket, on.ms.polling + off.ms.polling]
  return {
    at,
    socket: minutes(socket),
    polling: minutes(polling),
    neither: minutes(Math.max(0, viewerMs(on.ms) + viewerMs(off.ms) - socket - polling)),
    requests: on.requests.made + off.requests.made,
  }
}

/**
 * Can the polling fallback be dropped? Days with too few viewers say nothing, and those before the stage was entered or the kill
 * switch was last used do not count, nor those that are still to come: a clock that was ahead wrote them.
 */
function phase6Of({ enabled, percent, history }: Rollout, { stages, days }: Pick<Figures, 'stages' | 'days'>, now: number): RolloutReport['phase6'] {
  const { days: needed, minutesADay, fallback } = PHASE6
  const since = stages[percent]?.since
  if (percent !== 100 || !enabled || since === undefined) return { ready: false, days: 0, needed, why: 'Not everybody holds sockets: polling is what the others live on.' }
  const switched = history.filter(({ did }) => did === 'off' || did === 'on').map(({ at }) => Date.parse(at))
  const from = Math.max(since, ...switched)
  const told = days.filter(({ at, ms }) => at + DAY_MS > from && at <= now && ms >= minutesADay * 60_000).reverse()
  const needy = told.findIndex(({ ms, fallbackMs }) => fallbackMs >= ms * fallback)
  const good = needy === -1 ? told.length : needy
  const share = `${fallback * 100} % of the viewers' time`
  if (good >= needed) {
    return { ready: true, days: good, needed, why: `On ${good} days in a row polling was needed for less than ${share}: build pages with createSupermonLive({ fallback: false }).` }
  }
  const last = needy === -1 ? undefined : told[needy]
  const why = last === undefined ? `${good} of ${needed} days with less than ${share} on polling so far.` : `On ${new Date(last.at).toISOString().slice(0, 10)} polling was needed for ${share} or more; ${good} days since were better, of ${needed}.`
  return { ready: false, days: good, needed, why }
}

const DAY_MS = 86_400_000
