/** What a stage is judged by. docs/rollout.md says what each figure means; the report says the thresholds with each verdict. */

/** Below so many viewer-minutes of the group with sockets a stage is not left for the next one. */
export const ENOUGH_MINUTES = 500
/** Below so many of a group, nothing is said of its rates. */
export const MIN_MINUTES = 60
/** Below so many key-ups, nothing is said of their delay. */
export const MIN_KEYUPS = 20
/** Below so many states compared, nothing good is said of them. */
export const MIN_COMPARED = 50

/** Share of the viewers' time in which a page that holds sockets polled. */
export const FALLBACK = { go: 0.02, back: 0.1 } as const
/** Share of the status requests that sockets spare. */
export const REQUESTS_SAVED = { go: 0.8, back: 0.5 } as const
/** Delay from key-up to screen that 95 of 100 do not exceed, ms. */
export const DELAY_P95 = { go: 500, back: 1_500 } as const
/** Share of the viewers' time without news, above that of the group that polls; by itself, where there is no such group. */
export const WITHOUT_NEWS = { go: 0.005, back: 0.02 } as const
/** Per viewer-hour. */
export const RECONNECTS = { go: 6, back: 30 } as const
export const GAPS = { go: 0.1, back: 2 } as const
/** Of the states compared, by share and by number: from either on it is a defect and no accident. */
export const MISMATCHES = { backShare: 0.001, back: 3 } as const

/** For the end of the polling fallback: on so many days in a row, each with so many viewer-minutes, it was needed less than that. */
export const PHASE6 = { days: 14, minutesADay: 60, fallback: 0.001 } as const
