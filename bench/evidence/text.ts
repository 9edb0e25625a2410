/** Figures as people read them, in Markdown. */
import type { Evidence } from './record.ts'

export type Cell = string | number | null | undefined

const cell = (value: Cell) => (value == null ? '' : typeof value === 'number' ? number(value) : value.replace(/\|/g, '\\|').replace(/\s+/g, ' '))

/** 1234.5 → 1,234.5: three figures that count are enough for people. */
export function number(value: number): string {
  const places = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { maximumFractionDigits: places })
}

export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')
}

/** Where a table comes from, as one line below its heading. */
export function source({ at, commit, command, machine, load }: Evidence<unknown>): string {
  const [before, after] = load
  return `\`${command}\` · ${at.slice(0, 16).replace('T', ' ')} UTC · commit ${commit} · ${machine} · load ${before} before, ${after} after`
}
