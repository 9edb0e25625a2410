/** What the page for operators says. In English, as the gateway's own sentences on it are. */
import type { Criterion, RolloutReport, Verdict } from '../../../../protocol/rolloutReport.ts'
import type { Way } from '../../../../protocol/rollout.ts'
import type { Shape } from '../shapes.ts'
import type { Part } from './plot.ts'

export const VERDICT: Readonly<Record<Verdict, { readonly word: string; readonly shape: Shape; readonly meaning: string }>> = {
  go: { word: 'Go', shape: 'ok', meaning: 'Everything is as it should be. The next stage may follow.' },
  hold: { word: 'Hold', shape: 'pause', meaning: 'Nothing is wrong, but there is no proof yet that all is well. Stay at this stage.' },
  back: { word: 'Back', shape: 'bad', meaning: 'Something is worse than polling. Go back a stage, or throw the kill switch.' },
}

export const CRITERION: Readonly<Record<Criterion, string>> = {
  data: 'Enough data',
  fallback: 'Fallback to polling',
  requests: 'Requests saved',
  latency: 'Key-up to screen',
  'without-news': 'Time without news',
  reconnects: 'Reconnects',
  mismatches: 'Wrong states',
  'lost-news': 'Lost news',
}

export const WAY: Readonly<Record<Way, string>> = {
  socket: 'Socket',
  polling: 'Polling',
  trying: 'Trying',
  stale: 'Polling fails',
  offline: 'Device offline',
  hidden: 'In the background',
  'needs-auth': 'Sign-in needed',
  refused: 'Refused',
}

export const PART: Readonly<Record<Part, string>> = { socket: 'Sockets', polling: 'Polling', neither: 'Neither' }

export function stageText({ enabled, percent }: Pick<RolloutReport, 'enabled' | 'percent'>): string {
  if (!enabled) return 'Switched off: everybody polls'
  if (percent === 0) return 'Internal: only listed users and nodes hold sockets'
  return percent === 100 ? 'Everybody holds a socket' : `${percent} % hold sockets`
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const fine = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

export const count = (value: number) => whole.format(value)
export const number = (value: number | null) => (value === null ? '–' : fine.format(value))
/** @param share 0 to 1 */
export const percent = (share: number) => `${fine.format(share * 100)} %`
export const ms = (value: number | null) => (value === null ? '–' : value < 1_000 ? `${whole.format(value)} ms` : `${fine.format(value / 1_000)} s`)
