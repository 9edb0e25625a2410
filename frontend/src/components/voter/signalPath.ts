import { RSSI } from '../../../../protocol/voter.ts'
import { HISTORY_MS } from '../../composables/signalHistory.ts'
import type { SignalStep } from '../../composables/signalHistory.ts'

/** The box that paths are drawn in: a unit a second to the right, the full scale upwards. */
export const BOX = { width: HISTORY_MS / 1_000, height: 24 } as const

/**
 * The steps as the outline of an area over the minute before `now`. Each stretch in which the signal was known is an area of its
 * own; what is not known is a gap, and a signal of 0 is a line at the bottom.
 */
export function signalPath(steps: readonly SignalStep[], now: number): string {
  const x = (at: number) => round(Math.min(BOX.width, Math.max(0, BOX.width - (now - at) / 1_000)))
  const y = (rssi: number) => round(BOX.height - (rssi / RSSI.max) * BOX.height)
  let path = ''
  let open = false
  steps.forEach(({ at, rssi }, i) => {
    const from = x(at)
    if (rssi === null) {
      if (open) path += `V${BOX.height}Z`
      open = false
      return
    }
    if (!open) path += `M${from} ${BOX.height}`
    open = true
    path += `V${y(rssi)}H${x(steps[i + 1]?.at ?? now)}`
  })
  return open ? `${path}V${BOX.height}Z` : path
}

function round(n: number): number {
  return Math.round(n * 100) / 100
}
