/**
 * What the rollout says on the wire: the flag that a page decides by, and the figures that pages report. The document is the
 * same for everybody but for `listed` and `user`, which speak of whoever asks; the decision is the page's own.
 */
import * as v from 'valibot'

/** The flag's key, for OpenFeature and for hashing. */
export const FLAG = 'realtime'

const nodeIds = v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(64))), v.maxLength(1_000))

export const flagSchema = v.object({
  /** Grows with every change. Compare for equality only. */
  revision: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  /** False = nobody holds a socket, whatever else is said: the kill switch. */
  enabled: v.boolean(),
  /** How many of a hundred hold sockets, a whole number. 0 = the listed ones only. */
  percent: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100)),
  /** Another salt deals everybody anew. */
  salt: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  /** Is whoever asks on a list by name? null = on none. */
  listed: v.nullable(v.picklist(['allow', 'deny'])),
  /** The name of whoever asks; null = a visitor. */
  user: v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(256))),
  /** Nodes that hold sockets, or never do, whoever watches. Only those that whoever asks may see. */
  nodes: v.object({ allow: nodeIds, deny: nodeIds }),
  /** Pages older than this hold no socket; null = all may. `1.2.3`. */
  minVersion: v.nullable(v.pipe(v.string(), v.regex(/^\d{1,5}(?:\.\d{1,5}){0,2}$/))),
  /** How pages should share sockets among nodes; null = as they would. */
  topology: v.nullable(v.picklist(['auto', 'per-node', 'shared'])),
  /** The share of pages on sockets that compare with polling, 0 to 1. */
  shadow: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
})
export type Flag = v.InferOutput<typeof flagSchema>

export { flagNewsSchema } from './flagNews.ts'
export type { FlagNews } from './flagNews.ts'

/** Who holds sockets by the flag, and who polls. */
export const GROUPS = ['on', 'off'] as const
export type Group = (typeof GROUPS)[number]

/**
 * Where a page's news came from. `trying` = from nowhere, no socket and no answer yet; `stale` = polled, and the answers fail; the others
 * = paused for that reason and not polled.
 */
export const WAYS = ['socket', 'polling', 'trying', 'stale', 'offline', 'hidden', 'needs-auth', 'refused'] as const
export type Way = (typeof WAYS)[number]

export const BROWSERS = ['chromium', 'firefox', 'safari', 'other'] as const
export type Browser = (typeof BROWSERS)[number]

/** Upper edges of the buckets that delays from key-up to screen are counted in, ms; one more bucket holds what is above the last. */
export const LATENCY_EDGES = [5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000] as const

/** Longest stretch that one report speaks of, ms. */
export const LONGEST_REPORT_MS = 86_400_000
/** Longest report, bytes. */
export const MAX_REPORT = 8_192

const ms = v.pipe(v.number(), v.minValue(0), v.maxValue(LONGEST_REPORT_MS))
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(10_000_000))
/** Codes and field names: nothing that could carry a name or an address. */
const word = v.pipe(v.string(), v.regex(/^[a-zA-Z][a-zA-Z0-9.-]{0,39}$/))

/** One page's figures since its last report. No names, no addresses, no node numbers. */
export const figuresSchema = v.object({
  v: v.literal(1),
  group: v.picklist(GROUPS),
  /** The stage it was decided at. */
  percent: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100)),
  browser: v.picklist(BROWSERS),
  /** How long it spent on each way, ms, while it watched anything. */
  ms: v.partial(v.object(Object.fromEntries(WAYS.map((way) => [way, ms])) as Record<Way, typeof ms>)),
  /** Sockets that came back after they had been live. */
  reconnects: count,
  /** Falls from the socket to polling, by the reason's code. */
  fallbacks: v.pipe(v.record(word, count), v.check((map) => Object.keys(map).length <= 32)),
  /** Status requests made, and those that polling would have made while a socket stood in for it. */
  requests: v.object({ made: count, saved: count }),
  /** Delays from key-up to screen, counted in {@link LATENCY_EDGES} and one more. */
  latency: v.pipe(v.array(count), v.length(LATENCY_EDGES.length + 1)),
  /** News that were found missing by a gap in the sequence. */
  gaps: count,
  /** States compared with polled ones at the same place, and the fields that differed. */
  compared: count,
  mismatches: v.pipe(
    v.array(v.object({ field: word, count, example: v.pipe(v.string(), v.maxLength(80)) })),
    v.maxLength(40),
  ),
})
export type Figures = v.InferOutput<typeof figuresSchema>
