/** The report as a terminal shows it. */
import { WAYS } from '../../../protocol/rollout.ts'
import type { GroupReport, RolloutReport } from '../../../protocol/rolloutReport.ts'
import { printable } from '../env/printable.ts'
import { stageOf } from './decide.ts'

type Row = readonly string[]

export function reportText({ groups: { on, off }, ...report }: RolloutReport): string {
  const since = report.since === null ? 'not known' : `${new Date(report.since).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const verdicts = report.verdicts.map(({ criterion, verdict, value, threshold, viewerMinutes, why }) => ({
    row: [verdict.toUpperCase(), criterion, value === '' ? '-' : value, number(viewerMinutes)],
    says: `${criterion}: ${why} Asked for: ${threshold}.`,
  }))
  return [
    stageOf(report),
    `Since ${since}. In all: ${report.overall.toUpperCase()}`,
    '',
    ...table([['', 'on sockets', 'polling'], ...groupRows(on, off)]),
    `Requests spared: ${report.reduction.share === null ? '-' : `${percent(report.reduction.share)} (${report.reduction.basis ?? ''})`}`,
    '',
    ...table([['', 'criterion', 'is', 'viewer-minutes'], ...verdicts.map(({ row }) => row)]),
    '',
    ...verdicts.map(({ says }) => says),
    ...mismatchLines(on),
    '',
    `Without the polling fallback: ${report.phase6.ready ? 'ready' : 'not yet'}. ${report.phase6.why}`,
    '',
  ].join('\n')
}

function groupRows(on: GroupReport, off: GroupReport): Row[] {
  const row = (name: string, of: (group: GroupReport) => string): Row => [name, of(on), of(off)]
  return [
    row('viewer-minutes', ({ viewerMinutes }) => number(viewerMinutes)),
    ...WAYS.filter((way) => on.ways[way] + off.ways[way] > 0).map((way) => row(`  ${way}`, ({ ways }) => percent(ways[way]))),
    row('requests a minute', ({ requestsPerMinute }) => number(requestsPerMinute)),
    row('key-up p50, ms', ({ latency }) => number(latency?.p50 ?? null)),
    row('key-up p95, ms', ({ latency }) => number(latency?.p95 ?? null)),
    row('reconnects an hour', ({ reconnectsPerHour }) => number(reconnectsPerHour)),
    row('gaps an hour', ({ gapsPerHour }) => number(gapsPerHour)),
    row('compared', ({ compared }) => number(compared)),
  ]
}

function mismatchLines({ mismatches }: GroupReport): string[] {
  return mismatches.slice(0, 5).map(({ field, count, example }) => `  ${field} differed ${number(count)} times, once as: ${printable(example, 80)}`)
}

function table(rows: readonly Row[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd())
}

function percent(share: number): string {
  return `${number(share * 100)} %`
}

function number(value: number | null): string {
  if (value === null) return '-'
  return Math.abs(value) >= 10 || Number.isInteger(value) ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(2)))
}
