/** What can be turned to make the server an older one, a slow one or a broken one. All can be changed while it runs. */
export interface Knobs {
  /** 'asl2' = Asterisk 1.4 with the old app_rpt: other error texts, no FullyBooted. Sets the next six, too. */
  dialect: 'asterisk' | 'asl2'
  /** First line, without its line end. */
  banner: string
  /** Order in replies to RptStatus and VoterStatus: app_rpt up to 3.4 wrote the ActionID first. */
  headerOrder: 'response-first' | 'actionid-first'
  /** 'follows' = the format of Asterisk 1.4 up to 13: raw text up to `--END COMMAND--`. */
  commandFormat: 'output' | 'follows'
  /** app_rpt before 3.0.5 ended both times in an event with one LF too many. */
  eventTimesExtraLf: boolean
  /** A link that is not permanent is called again too when its far end is gone, twice: app_rpt up to 3.3. Later ones only wait before they let it go. */
  redialsAll: boolean
  /** What an end of app_rpt 3.10.0 or later says as it ends a link is not heard at the other (iax.conf `jitterbuffer=yes`, as AllStarLink has it): there it is missed like a lost one. */
  farewellsLost: boolean
  /** Cuts every write at random places, so that a client sees lines in pieces. */
  splitWrites: boolean
  /** Each reply comes this late, ms. */
  replyDelayMs: number
  /** What goes wrong, by rule. The first rule that fits a request is applied. */
  faults: readonly Fault[]
  /** VoterStatus finds nothing: an empty line without Response and ActionID. */
  voterReplyEmpty: boolean
  /** chan_echolink is there: its CLI commands exist. */
  echoLinkLoaded: boolean
  /** XStat without any Var line, as when the node's channel is gone. */
  varsMissing: boolean
  /** Nodes without a list of links: since app_rpt 3.7.0 XStat breaks off over one and ends the connection (rpt_manager.c). */
  remoteBases: readonly string[]
  /** Nodes that are starting: app_rpt takes no commands for them yet, since 3.10.0 (rpt_cli.c `rpt_do_cmd`). */
  notReady: readonly string[]
  /** Wait before a refused login is answered, ms. */
  badLoginDelayMs: number
  /** A connection that does not log in is dropped after this, ms (manager.conf `authtimeout`). */
  authTimeoutMs: number
  /** More connections than this that have not logged in are dropped at once (manager.conf `authlimit`). */
  authLimit: number
  /** A client that takes no bytes for so long is disconnected, ms (manager.conf `writetimeout`). 0 = never. */
  writeTimeoutMs: number
}

export type Fault = {
  /** Absent = any. Action and COMMAND compare without case, NODE exactly. */
  readonly action?: string
  readonly command?: string
  readonly node?: string
  /** Only the first so many requests. Absent = all. */
  readonly times?: number
} & FaultKind

export type FaultKind =
  /** The reply, and everything behind it, comes `ms` later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** The connection is closed after `bytes` bytes of the reply; absent = half of it. */
  | { readonly kind: 'cut'; readonly bytes?: number }
  /** No reply, and none to later requests of this connection either: a wedged node. */
  | { readonly kind: 'never' }
  /** The same after `bytes` bytes of the reply; absent = half of it. The connection stays open. */
  | { readonly kind: 'stall'; readonly bytes?: number }
  /** `Response: Error` with this message in place of the reply. A login refused so ends the connection. */
  | { readonly kind: 'refuse'; readonly message: string }
  /** The reply carries an ActionID that nobody sent. */
  | { readonly kind: 'wrong-id' }

const ASTERISK: Knobs = {
  dialect: 'asterisk',
  banner: 'Asterisk Call Manager/11.0.0',
  headerOrder: 'response-first',
  commandFormat: 'output',
  eventTimesExtraLf: false,
  redialsAll: false,
  farewellsLost: true,
  splitWrites: false,
  replyDelayMs: 0,
  faults: [],
  voterReplyEmpty: false,
  echoLinkLoaded: true,
  varsMissing: false,
  remoteBases: [],
  notReady: [],
  badLoginDelayMs: 1_000,
  authTimeoutMs: 30_000,
  authLimit: 50,
  writeTimeoutMs: 100,
}

const ASL2: Partial<Knobs> = {
  dialect: 'asl2',
  banner: 'Asterisk Call Manager/1.0',
  headerOrder: 'actionid-first',
  commandFormat: 'follows',
  eventTimesExtraLf: true,
  redialsAll: true,
  farewellsLost: false,
}

/** Defaults of the dialect, then what was asked for. */
export function makeKnobs(wanted: Partial<Knobs>): Knobs {
  return { ...ASTERISK, ...(wanted.dialect === 'asl2' ? ASL2 : {}), ...wanted }
}
