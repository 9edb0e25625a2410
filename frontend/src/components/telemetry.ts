import type { Note, Telemetry } from '../../../protocol/nodeState.ts'
import { safeUrl } from './safeUrl.ts'
import { words } from './words.ts'

export interface TelemetryLine {
  readonly key: string
  readonly label: string
  readonly text: string
  readonly level: Note['level']
  readonly url: string | null
}

/** Status scripts often write the label into the value ("Load Average: 0.72", "Disk - 12% used"): said once is enough. */
const OWN_LABEL = /^\s*(?:cpu(?:\s*temp(?:erature)?)?|up(?:time)?|load(?:\s+average)?|disk)(?:\s*[-:=]\s*|\s+)/i

/** A node's telemetry as lines: what needs attention first. Empty for a node that tells none. */
export function telemetryLines(telemetry: Telemetry): readonly TelemetryLine[] {
  const { telemetry: t } = words
  const alerts = (telemetry.alerts ?? []).map((alert, index) => line(`alert-${index}`, t.alert, alert))
  const quiet = telemetry.alerts?.length === 0 ? [plain('alert-none', t.alert, t.noAlerts)] : []
  return [
    ...alerts,
    ...quiet,
    line('weather', t.weather, telemetry.weather),
    line('cpu', t.cpuTemp, telemetry.cpuTemp),
    plain('uptime', t.uptime, telemetry.uptime),
    plain('load', t.load, telemetry.load),
    line('disk', t.disk, telemetry.disk),
  ].filter((entry) => entry !== null)
}

function line(key: string, label: string, note: Note | null): TelemetryLine | null {
  if (note === null || note.text.trim() === '') return null
  return { key, label, text: withoutLabel(note.text), level: note.level, url: safeUrl(note.url) }
}

function plain(key: string, label: string, text: string | null): TelemetryLine | null {
  return line(key, label, text === null ? null : { text, level: 'normal', url: null })
}

const withoutLabel = (text: string) => text.replace(OWN_LABEL, '') || text
