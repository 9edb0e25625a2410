/** How often a page asks that has no socket; also what a socket spares it. */
export interface PollingConfig {
  /** Between answers while the page is used, ms. */
  readonly activeInterval: number
  /** While it is seen and nobody has done anything for `inactiveThreshold`, ms. */
  readonly inactiveInterval: number
  /** While it is hidden, ms. */
  readonly backgroundInterval: number
  readonly inactiveThreshold: number
  /** Longest wait after errors, ms. */
  readonly maxBackoffInterval: number
  /** A question that has no answer by then has failed, ms. */
  readonly requestDeadline: number
}

export const POLLING: PollingConfig = {
  activeInterval: 1_000,
  inactiveInterval: 5_000,
  backgroundInterval: 10_000,
  inactiveThreshold: 30_000,
  maxBackoffInterval: 30_000,
  requestDeadline: 10_000,
}

/**
 * @param idleMs since somebody last did something with the page
 * @returns between two questions, ms
 */
export function paceOf(visible: boolean, idleMs: number, config: PollingConfig = POLLING): number {
  if (!visible) return config.backgroundInterval
  return idleMs > config.inactiveThreshold ? config.inactiveInterval : config.activeInterval
}
