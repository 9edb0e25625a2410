/**
 * Variables of a status script (`rpt set variable <node> cpu_temp=…`) carry HTML: spans whose background colour means a
 * level, bold text, links. They become text, a level and a URL; no markup leaves this file.
 * Source: Supermon-NG `ast_node_status_update.py`, app_rpt XStat `Var:` lines.
 */
import { Parser } from 'htmlparser2'
import { EMPTY_TELEMETRY } from '../../../protocol/nodeState.ts'
import type { Note, Telemetry } from '../../../protocol/nodeState.ts'
import { plainLine } from '../env/printable.ts'

/** Longer values are cut: a variable is a line on a page, and ALERT a few. */
const LONGEST = 500
const MOST_LINES = 16

// No word begins at a `#`, so \b is behind it only. Beside the plain colours those of the script: #ff6600 is a severe alert and #ffcc00 a moderate
// one (extreme ones are #ff0000, minor ones #ffff00), #fa4c2d a processor above 60 °C.
const CRITICAL = /(?:\b(?:red|crimson|darkred)|#f00|#ff0000|#f60|#ff6600|#fa4c2d)\b/i
const WARNING = /(?:\b(?:yellow|orange|gold)|#ff0|#ffff00|#fc0|#ffcc00|#ffa500)\b/i
const SILENT = new Set(['script', 'style', 'template', 'noscript'])
const BREAKS = new Set(['br', 'p', 'div'])

type Level = Note['level']
const LEVELS: readonly Level[] = ['normal', 'warning', 'critical']
const graver = (a: Level, b: Level): Level => (LEVELS.indexOf(a) > LEVELS.indexOf(b) ? a : b)

/** What the tags around a text make of it. */
interface Around {
  readonly silent: boolean
  readonly level: Level
  readonly url: string | null
}

/** The lines of `html` that have text, each with the gravest level and the first link in it. */
function readLines(html: string): readonly Note[] {
  const empty: Note = { text: '', level: 'normal', url: null }
  let line = empty
  const lines: Note[] = []
  const endLine = () => {
    const text = plainLine(line.text).slice(0, LONGEST)
    if (text !== '' && lines.length < MOST_LINES) lines.push({ ...line, text })
    line = empty
  }
  let around: Around = { silent: false, level: 'normal', url: null }
  const outside: Around[] = []
  const parser = new Parser({
    onopentag(name, attributes) {
      if (BREAKS.has(name)) endLine()
      outside.push(around)
      around = {
        silent: around.silent || SILENT.has(name),
        level: graver(around.level, levelOf(`${attributes['style'] ?? ''} ${attributes['color'] ?? ''} ${attributes['bgcolor'] ?? ''}`)),
        url: name === 'a' ? webAddress(attributes['href']) : around.url,
      }
    },
    onclosetag() {
      around = outside.pop() ?? around
    },
    ontext(part) {
      if (around.silent) return
      line = part.trim() === '' ? { ...line, text: line.text + part } : { text: line.text + part, level: graver(line.level, around.level), url: line.url ?? around.url }
    },
  }, { decodeEntities: true })
  parser.write(html.slice(0, LONGEST * 8))
  parser.end()
  endLine()
  return lines
}

/** @param style or another attribute that colours */
function levelOf(style: string): Level {
  return CRITICAL.test(style) ? 'critical' : WARNING.test(style) ? 'warning' : 'normal'
}

/** `html` as one note; null when no text is left. */
export function readNote(html: string | undefined): Note | null {
  const lines = readLines(html ?? '')
  if (lines.length === 0) return null
  return {
    text: lines.map(({ text }) => text).join(' ').slice(0, LONGEST),
    level: lines.map(({ level }) => level).reduce(graver),
    url: lines.find(({ url }) => url !== null)?.url ?? null,
  }
}

/** Only http and https addresses are links. */
function webAddress(href: string | undefined): string | null {
  if (href === undefined) return null
  try {
    const url = new URL(href)
    return url.protocol === 'http:' || url.protocol === 'https:' ? url.href.slice(0, 2_000) : null
  } catch {
    return null
  }
}

function readLine(html: string | undefined): string | null {
  return readNote(html)?.text ?? null
}

/** The script writes it in red, below who tells it or behind. */
const NO_ALERTS = /\bno alerts?\.?$/i

/** ALERT line by line: first who tells them, then one alert each. */
function readAlerts(html: string): readonly Note[] {
  return readLines(html).map((alert) => (NO_ALERTS.test(alert.text) ? { ...alert, level: 'normal' } : alert))
}

/** The telemetry among a node's variables. A variable that is missing is null: known not to be there. */
export function readTelemetry(vars: ReadonlyMap<string, string>): Telemetry {
  const alert = vars.get('ALERT')
  return {
    ...EMPTY_TELEMETRY,
    cpuTemp: readNote(vars.get('cpu_temp')),
    uptime: readLine(vars.get('cpu_up')),
    load: readLine(vars.get('cpu_load')),
    weather: readNote(vars.get('WX')),
    disk: readNote(vars.get('DISK')),
    alerts: alert === undefined ? null : readAlerts(alert),
  }
}
