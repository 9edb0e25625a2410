/** How long things take on a node, ms. Defaults are what a real app_rpt 3.10.4 was seen to do. */
export interface NodeTiming {
  /** The node's work loop: one audio frame. A key-up travels one hop per frame. */
  readonly frameMs: number
  /** The transmitter stays keyed this long after a link stops talking. */
  readonly linkHangMs: number
  /** The same after the local receiver closes: courtesy tone included. */
  readonly localHangMs: number
  /** Length of the announcement when a link is made. 0 = none. */
  readonly connectTelemetryMs: number
  /** Length of the announcement when a link is dropped. 0 = none. */
  readonly dropTelemetryMs: number
  /** From dialling to the answer of a node elsewhere. */
  readonly dialMs: number
  /** IAX2 gives up a call that nobody answers. */
  readonly dialTimeoutMs: number
  /**
   * Pause before each try of a link whose far end is gone, and before one is let go (app_rpt.h `RETRY_TIMER_MS`). On a real node it is that or any
   * multiple of it, as two of its timers race (app_rpt.c `periodic_process_link`): 5 to 30 s were seen.
   */
  readonly retryMs: number
  /** The same after a call that nobody answered: what is left of 5 s. */
  readonly restMs: number
  /** Such a try rings for so long with app_rpt up to 3.3 (`MAXCONNECTTIME`). */
  readonly redialMs: number
  /** A node that called us and is gone is missed for so long before its link ends (`DISC_TIME`). */
  readonly missedMs: number
}

export const DEFAULT_TIMING: NodeTiming = {
  frameMs: 20,
  linkHangMs: 500,
  localHangMs: 1_440,
  connectTelemetryMs: 1_700,
  dropTelemetryMs: 1_015,
  dialMs: 250,
  dialTimeoutMs: 32_000,
  retryMs: 5_000,
  restMs: 3_000,
  redialMs: 5_000,
  missedMs: 10_000,
}
