/** Bars of the rollout's plots, in the units of their boxes. */
import type { RolloutHour } from '../../../../protocol/rolloutReport.ts'

export interface Bar {
  readonly key: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** What a page's time went into, as the plots tell it apart. */
export const PARTS = ['socket', 'polling', 'neither'] as const
export type Part = (typeof PARTS)[number]

export const HOUR_MS = 3_600_000
/** Hours that the plot of time shows. */
export const HOURS = 48
/** Room that a plot has, and what lies between two bars. */
export const BOX = { width: 480, height: 100 } as const
const GAP = 1

/** One bar per hour and part, those of an hour upon each other; the hour of `now` is the last. */
export function hourBars(hours: readonly RolloutHour[], now: number): Readonly<Record<Part, readonly Bar[]>> {
  const last = Math.floor(now / HOUR_MS)
  const most = Math.max(1, ...hours.map(totalOf))
  const step = BOX.width / HOURS
  const bars: Record<Part, Bar[]> = { socket: [], polling: [], neither: [] }
  for (const hour of hours) {
    const place = HOURS - 1 - (last - Math.floor(hour.at / HOUR_MS))
    if (place < 0 || place >= HOURS) continue
    let top = BOX.height
    for (const part of PARTS) {
      const height = (hour[part] / most) * BOX.height
      top -= height
      if (height > 0) bars[part].push({ key: String(hour.at), x: place * step, y: top, width: step - GAP, height })
    }
  }
  return bars
}

export function totalOf(hour: RolloutHour): number {
  return hour.socket + hour.polling + hour.neither
}

/** Two bars per bucket, beside each other; both groups by their own highest, as one may be ten times the other. */
export function pairBars(on: readonly number[], off: readonly number[]): { readonly on: readonly Bar[]; readonly off: readonly Bar[] } {
  const step = BOX.width / Math.max(1, on.length)
  const width = (step - 2 * GAP) / 2
  const bars = (counts: readonly number[], side: 0 | 1) => {
    const most = Math.max(1, ...counts)
    return counts.flatMap((count, i): Bar[] => {
      const height = (count / most) * BOX.height
      return height > 0 ? [{ key: String(i), x: i * step + side * width, y: BOX.height - height, width, height }] : []
    })
  }
  return { on: bars(on, 0), off: bars(off, 1) }
}
