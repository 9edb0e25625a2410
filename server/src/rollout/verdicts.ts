/** Each criterion of a stage, judged: go on, stay, or go back. */
import type { Criterion, CriterionVerdict, RolloutReport, Verdict } from '../../../protocol/rolloutReport.ts'
import type { Stage } from './figures.ts'
import { groupReport } from './groupReport.ts'
import { DELAY_P95, ENOUGH_MINUTES, FALLBACK, GAPS, MIN_COMPARED, MIN_KEYUPS, MIN_MINUTES, MISMATCHES, RECONNECTS, REQUESTS_SAVED, WITHOUT_NEWS } from './thresholds.ts'
import { fallbackMs, viewerMs, withoutNewsMs } from './totals.ts'
import type { Totals } from './totals.ts'

type Reduction = RolloutReport['reduction']
type Judgement = Pick<CriterionVerdict, 'verdict' | 'value' | 'why'>

interface Bench {
  readonly stage: Stage
  /** Viewer-minutes of both groups. */
  readonly minutes: { readonly on: number; readonly off: number }
  readonly reduction: Reduction
  readonly shadow: number
}

/** How many requests sockets spare: measured between the groups where enough people poll, otherwise by what pages say they saved. */
export function reductionOf({ on, off }: Stage): Reduction {
  const [mine, theirs] = [groupReport(on), groupReport(off)]
  const { made, saved } = on.requests
  if (mine.requestsPerMinute !== null && theirs.viewerMinutes >= MIN_MINUTES && (theirs.requestsPerMinute ?? 0) > 0) {
    return { share: 1 - mine.requestsPerMinute / (theirs.requestsPerMinute ?? 1), basis: 'measured' }
  }
  return made + saved === 0 ? { share: null, basis: null } : { share: saved / (made + saved), basis: 'estimated' }
}

export function verdictsOf(stage: Stage, shadow: number): CriterionVerdict[] {
  const minutes = { on: viewerMs(stage.on.ms) / 60_000, off: viewerMs(stage.off.ms) / 60_000 }
  const bench: Bench = { stage, minutes, reduction: reductionOf(stage), shadow }
  const judged = (criterion: Criterion, threshold: string, judge: (bench: Bench) => Judgement): CriterionVerdict =>
    ({ criterion, threshold, viewerMinutes: minutes.on, ...judge(bench) })
  /** The same, where it takes a while before anything can be said. */
  const inTime = (criterion: Criterion, threshold: string, judge: (bench: Bench) => Judgement) =>
    judged(criterion, threshold, (given) => (minutes.on < MIN_MINUTES ? tooLittle(`${whole(minutes.on)} viewer-minutes on sockets of the ${MIN_MINUTES} needed`) : judge(given)))
  return [
    judged('data', `at least ${ENOUGH_MINUTES} viewer-minutes on sockets`, enoughData),
    inTime('fallback', `below ${percent(FALLBACK.go)} of the time, back above ${percent(FALLBACK.back)}`, fallback),
    inTime('requests', `at least ${percent(REQUESTS_SAVED.go)} spared, back below ${percent(REQUESTS_SAVED.back)}`, requests),
    judged('latency', `95 of 100 within ${whole(DELAY_P95.go)} ms and not above those who poll, back above them or ${whole(DELAY_P95.back)} ms`, delay),
    inTime('without-news', `at most ${points(WITHOUT_NEWS.go)} points above those who poll, back above ${points(WITHOUT_NEWS.back)}`, withoutNews),
    inTime('reconnects', `at most ${RECONNECTS.go} per viewer-hour, back above ${RECONNECTS.back}`, perHour('reconnects', RECONNECTS, 'Sockets reconnect')),
    judged('mismatches', `none in at least ${MIN_COMPARED} comparisons, back from ${MISMATCHES.back} or above ${percent(MISMATCHES.backShare)}`, mismatches),
    inTime('lost-news', `at most ${GAPS.go} per viewer-hour, back above ${GAPS.back}`, perHour('gaps', GAPS, 'Gaps are found')),
  ]
}

export function overallOf(verdicts: readonly Pick<CriterionVerdict, 'verdict'>[]): Verdict {
  const any = (verdict: Verdict) => verdicts.some((each) => each.verdict === verdict)
  return any('back') ? 'back' : any('hold') ? 'hold' : 'go'
}

const enoughData = ({ minutes: { on } }: Bench): Judgement =>
  on < ENOUGH_MINUTES
    ? { ...tooLittle(`${whole(on)} viewer-minutes on sockets of the ${ENOUGH_MINUTES} needed`), value: `${whole(on)} minutes` }
    : { verdict: 'go', value: `${whole(on)} minutes`, why: 'Enough was seen to judge this stage by.' }

function fallback({ stage: { on } }: Bench): Judgement {
  const share = shareOf(fallbackMs(on.ms), on)
  const verdict = share < FALLBACK.go ? 'go' : share > FALLBACK.back ? 'back' : 'hold'
  return { verdict, value: percent(share), why: `Pages that should hold sockets polled for ${percent(share)} of the time.` }
}

function requests({ reduction: { share, basis } }: Bench): Judgement {
  if (share === null) return tooLittle('no page made or spared a request')
  const verdict = share >= REQUESTS_SAVED.go ? 'go' : share < REQUESTS_SAVED.back ? 'back' : 'hold'
  const how = basis === 'measured' ? 'Compared with those who poll, sockets spare' : 'By what pages say they spared, sockets spare'
  return { verdict, value: percent(share), why: `${how} ${percent(share)} of the requests.` }
}

function delay({ stage }: Bench): Judgement {
  const [on, off] = [groupReport(stage.on).latency, groupReport(stage.off).latency]
  if (on === null || on.count < MIN_KEYUPS) return tooLittle(`${on?.count ?? 0} key-ups of the ${MIN_KEYUPS} needed`)
  const theirs = off !== null && off.count >= MIN_KEYUPS ? off.p95 : null
  const value = `${whole(on.p95)} ms`
  const seen = `95 of 100 key-ups are on the screen within ${value}`
  if (theirs !== null && on.p95 > theirs) return { verdict: 'back', value, why: `${seen}; those who poll see them within ${whole(theirs)} ms.` }
  const verdict = on.p95 <= DELAY_P95.go ? 'go' : on.p95 > DELAY_P95.back ? 'back' : 'hold'
  return { verdict, value, why: theirs === null ? `${seen}; too few key-ups of those who poll to compare with.` : `${seen}, and of those who poll within ${whole(theirs)} ms.` }
}

function withoutNews({ stage: { on, off }, minutes }: Bench): Judgement {
  const mine = shareOf(withoutNewsMs(on.ms), on)
  const theirs = minutes.off >= MIN_MINUTES ? shareOf(withoutNewsMs(off.ms), off) : null
  const above = mine - (theirs ?? 0)
  const verdict = above > WITHOUT_NEWS.back ? 'back' : theirs === null ? (above < WITHOUT_NEWS.go ? 'go' : 'hold') : above <= WITHOUT_NEWS.go ? 'go' : 'hold'
  const beside = theirs === null ? 'too few poll to compare with' : `those who poll ${percent(theirs)}`
  return { verdict, value: percent(mine), why: `Pages were without news for ${percent(mine)} of the time; ${beside}.` }
}

const perHour = (what: 'reconnects' | 'gaps', { go, back }: { readonly go: number; readonly back: number }, says: string) => ({ stage: { on }, minutes }: Bench): Judgement => {
  const rate = (on[what] * 60) / minutes.on
  const verdict = rate <= go ? 'go' : rate > back ? 'back' : 'hold'
  return { verdict, value: `${short(rate)} an hour`, why: `${says} ${short(rate)} times per viewer-hour.` }
}

function mismatches({ stage: { on }, shadow }: Bench): Judgement {
  const found = Object.entries(on.mismatches)
  const count = found.reduce((sum, [, { count: each }]) => sum + each, 0)
  const value = `${count} of ${on.compared}`
  // A defect is one however little was compared.
  if (count >= MISMATCHES.back || (on.compared >= MIN_COMPARED && count > on.compared * MISMATCHES.backShare)) {
    return { verdict: 'back', value, why: `Sockets and polling disagree about ${found.map(([field]) => field).slice(0, 3).join(', ')}.` }
  }
  if (on.compared >= MIN_COMPARED) return count === 0 ? { verdict: 'go', value, why: 'Sockets and polling say the same.' } : { verdict: 'hold', value, why: 'They disagreed once or twice: wait for more.' }
  if (shadow > 0) return { ...tooLittle(`${on.compared} comparisons of the ${MIN_COMPARED} needed`), value }
  return { verdict: 'go', value: '', why: 'Nobody compares at this stage.' }
}

function tooLittle(what: string): Judgement {
  return { verdict: 'hold', value: '', why: `Too little data: ${what}.` }
}

function shareOf(ms: number, { ms: all }: Totals): number {
  const viewers = viewerMs(all)
  return viewers === 0 ? 0 : ms / viewers
}

function percent(share: number): string {
  return `${short(share * 100)} %`
}

function points(share: number): string {
  return short(share * 100)
}

/** Two digits that count: 0.024, 1.3, 85, 1,250. */
function short(value: number): string {
  return Math.abs(value) >= 10 ? whole(value) : String(Number(value.toPrecision(2)))
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}
