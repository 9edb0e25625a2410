/** How much anybody may ask of the gateway. All are whole numbers above 0; `--limits name=number,…` changes them. */
export interface Limits {
  /** Sockets in all. */
  readonly viewers: number
  /** Sockets that watch one node. */
  readonly viewersPerNode: number
  /** Sockets of one address; of one /64 in IPv6. */
  readonly viewersPerAddress: number
  /** The same for addresses of this machine, where whole crowds come from when a proxy does not say for whom it speaks. */
  readonly viewersPerLoopback: number
  /** Sockets that one address may ask for at once after a rest; further ones come back at `attemptsPerMinute`. */
  readonly attemptBurst: number
  readonly attemptsPerMinute: number
  /** Messages that one viewer may send at once after a rest; further ones come back at `messagesPerSecond`. */
  readonly messageBurst: number
  readonly messagesPerSecond: number
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
  viewersPerAddress: 64,
  viewersPerLoopback: 512,
  attemptBurst: 120,
  attemptsPerMinute: 120,
  messageBurst: 50,
  messagesPerSecond: 10,
  nodesPerViewer: 200,
  idleSeconds: 60,
  lagBytes: 256 * 1024,
  lagSeconds: 30,
  amiSessions: 64,
}

/** What somebody met who was refused. */
export type LimitName = keyof Limits | 'origin' | 'node' | 'ticket' | 'stopping'
