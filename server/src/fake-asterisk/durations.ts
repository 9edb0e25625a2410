const two = (n: number): string => String(n).padStart(2, '0')

/** `HH:MM:SS`; hours have at least two digits and no upper bound. */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  return `${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}

/** The same with milliseconds, which app_rpt pads to two digits only. */
export function clockTextMs(ms: number): string {
  return `${clockText(ms)}:${two(Math.floor(Math.max(0, ms)) % 1_000)}`
}
