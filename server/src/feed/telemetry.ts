/**
 * Variables of a status script (`rpt set variable <node> cpu_temp=…`) carry HTML: spans whose background colour means a
 * level, bold text, links. They become text, a level and a URL; no markup leaves this file.
 * Source: Supermon-NG `ast_node_status_update.py`, app_rpt XStat `Var:` lines.
 */
import { Parser } from 'htmlparser2'
import { EMPTY_TELEMETRY } from '../../../protocol/nodeState.ts'
import type { Note, Telemetry } from '../../../protocol/nodeState.ts'
import { plainLine } from '../env/printable.ts'

/** Longer values are cut: a variable is a line on a page. */
const LONGEST = 500

// No word begins at a `#`, so \b is behind it only.
const CRITICAL = /(?:\b(?:red|crimson|darkred)|#f00|#ff0000)\b/i
const WARNING = /(?:\b(?:yellow|orange|gold)|#ff0|#ffff00|#ffa500)\b/i
const SILENT = new Set(['script', 'style', 'template', 'noscript'])

/** `html` as one note; null when no text is left. */
export function readNote(html: string | undefined): Note | null {
  if (html === undefined) return null
  let text = ''
  let url: string | null = null
  let level: Note['level'] = 'normal'
  let silent = 0
  const parser = new Parser({
    onopentag(name, attributes) {
      if (SILENT.has(name)) silent += 1
      if (name === 'br' || name === 'p' || name === 'div') text += ' '
      const style = `${attributes['style'] ?? ''} ${attributes['color'] ?? ''} ${attributes['bgcolor'] ?? ''}`
      if (CRITICAL.test(style)) level = 'critical'
      else if (WARNING.test(style) && level === 'normal') level = 'warning'
      if (name === 'a') url ??= webAddress(attributes['href'])
    },
    onclosetag(name) {
      if (SILENT.has(name)) silent = Math.max(0, silent - 1)
    },
    ontext(part) {
      if (silent === 0) text += part
    },
  }, { decodeEntities: true })
  parser.write(html.slice(0, LONGEST * 8))
  parser.end()
  const plain = plainLine(text).slice(0, LONGEST)
  return plain === '' ? null : { text: plain, level, url }
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

const NO_ALERTS = /^no alerts?\.?$/i

/** The telemetry among a node's variables. A variable that is missing is null: known not to be there. */
export function readTelemetry(vars: ReadonlyMap<string, string>): Telemetry {
  const alert = readNote(vars.get('ALERT'))
  return {
    ...EMPTY_TELEMETRY,
    cpuTemp: readNote(vars.get('cpu_temp')),
    uptime: readLine(vars.get('cpu_up')),
    load: readLine(vars.get('cpu_load')),
    weather: readNote(vars.get('WX')),
    disk: readNote(vars.get('DISK')),
    alerts: vars.has('ALERT') ? (alert === null ? [] : [NO_ALERTS.test(alert.text) ? { ...alert, level: 'normal' } : alert]) : null,
  }
}
