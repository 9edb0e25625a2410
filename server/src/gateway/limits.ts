import { MAX_CLIENT_MESSAGE } from '../../../protocol/frames.ts'
import type { Allowance } from '../env/addressPace.ts'

/**
 * How much anybody may ask of the gateway. All are whole numbers above 0; `--limits name=number,…` changes them. Those whose
 * name ends in `Loopback` are for this machine's own addresses and those of trusted proxies, where whole crowds come from when
 * a proxy does not say for whom it speaks.
 */
export interface Limits {
  /** Sockets in all. */
  readonly viewers: number
  /** Sockets that watch one node. */
  readonly viewersPerNode: number
  /** Sockets of one address; of one /64 in IPv6. */
  readonly viewersPerAddress: number
  readonly viewersPerLoopback: number
  /** Sockets that one address may ask for at once after a rest; further ones come back at `attemptsPerMinute`. Tickets likewise. */
  readonly attemptBurst: number
  readonly attemptsPerMinute: number
  readonly attemptBurstLoopback: number
  readonly attemptsPerMinuteLoopback: number
  /** HTTP requests of one address at once after a rest; further ones come back at `requestsPerMinute`. */
  readonly requestBurst: number
  readonly requestsPerMinute: number
  readonly requestBurstLoopback: number
  readonly requestsPerMinuteLoopback: number
  /** Reports of figures of one address at once after a rest; further ones come back at `reportsPerMinute`. */
  readonly reportBurst: number
  readonly reportsPerMinute: number
  readonly reportBurstLoopback: number
  readonly reportsPerMinuteLoopback: number
  /** Pages that one address may report for all the time. */
  readonly reportPages: number
  readonly reportPagesLoopback: number
  /** Longest message of a viewer, bytes. */
  readonly messageBytes: number
  /** Messages that one viewer may send at once after a rest; further ones come back at `messagesPerSecond`. */
  readonly messageBurst: number
  readonly messagesPerSecond: number
  /** Whole states that one viewer may be sent at once after a rest, asked for or not; further ones come back at `snapshotsPerSecond`. */
  readonly snapshotBurst: number
  readonly snapshotsPerSecond: number
  /** Nodes that one socket may watch. */
  readonly nodesPerViewer: number
  /** A socket that watches nothing for so long is closed, s. */
  readonly idleSeconds: number
  /** Above so many unread bytes a viewer is sent the newest state once it has caught up, and not the backlog. */
  readonly lagBytes: number
  /** A viewer that lags for so long is sent away, s. */
  readonly lagSeconds: number
  /** Sessions to Asterisk at once. Nodes of further ones are told as down, with this as the reason. */
  readonly amiSessions: number
}

export const DEFAULT_LIMITS: Limits = {
  viewers: 5_000,
  viewersPerNode: 2_000,
  viewersPerAddress: 128,
  viewersPerLoopback: 512,
  attemptBurst: 384,
  attemptsPerMinute: 600,
  attemptBurstLoopback: 1_000,
  attemptsPerMinuteLoopback: 1_200,
  requestBurst: 600,
  requestsPerMinute: 3_000,
  requestBurstLoopback: 6_000,
  requestsPerMinuteLoopback: 60_000,
  reportBurst: 200,
  reportsPerMinute: 400,
  reportBurstLoopback: 5_000,
  reportsPerMinuteLoopback: 10_000,
  reportPages: 200,
  reportPagesLoopback: 5_000,
  messageBytes: MAX_CLIENT_MESSAGE,
  messageBurst: 50,
  messagesPerSecond: 10,
  snapshotBurst: 400,
  snapshotsPerSecond: 20,
  nodesPerViewer: 200,
  idleSeconds: 60,
  lagBytes: 256 * 1024,
  lagSeconds: 30,
  amiSessions: 64,
}

/** What somebody met who was refused. */
export type LimitName = keyof Limits | 'origin' | 'path' | 'handshake' | 'node' | 'ticket' | 'stopping' | 'rollout'

type Allowances = readonly [one: Allowance, crowd: Allowance]

export function attemptAllowances(limits: Limits): Allowances {
  return [
    { burst: limits.attemptBurst, perMinute: limits.attemptsPerMinute },
    { burst: limits.attemptBurstLoopback, perMinute: limits.attemptsPerMinuteLoopback },
  ]
}

export function requestAllowances(limits: Limits): Allowances {
  return [
    { burst: limits.requestBurst, perMinute: limits.requestsPerMinute },
    { burst: limits.requestBurstLoopback, perMinute: limits.requestsPerMinuteLoopback },
  ]
}

export function reportAllowances(limits: Limits): Allowances {
  return [
    { burst: limits.reportBurst, perMinute: limits.reportsPerMinute },
    { burst: limits.reportBurstLoopback, perMinute: limits.reportsPerMinuteLoopback },
  ]
}

/** Minutes that pages spent and report: ten of each at once, and a whole day of one. */
export function reportedMinutes({ reportPages, reportPagesLoopback }: Limits): Allowances {
  const [one, crowd] = [reportPages, reportPagesLoopback].map((pages) => ({ burst: Math.max(1_440, pages * 10), perMinute: pages })) as [Allowance, Allowance]
  return [one, crowd]
}

/** The limit that an address met which is too fast. */
export function paceLimit(what: 'attemptsPerMinute' | 'requestsPerMinute' | 'reportsPerMinute' | 'reportPages', crowd: boolean): LimitName {
  return crowd ? `${what}Loopback` : what
}
