/** What the gateway tells of itself, for figures. Called on the hot way: a meter is cheap and never throws. */
export interface Meter {
  /** A viewer was seated. */
  came(dialect: string): void
  /** @param code that the gateway closed the socket with, or else how the other side ended it */
  left(dialect: string, code: number): void
  /** Somebody was refused, or sent away for what he did: by which limit, and with which close code or HTTP status; 0 = he was told, and stays. */
  refused(limit: string, code: number): void
  /** One message was written to one viewer. */
  sent(bytes: number): void
  received(bytes: number): void
  /** A viewer is held back: it takes the news slower than they come, or asked for too many whole states. */
  held(): void
  /** A change has been handed to the sockets of everybody who watches, so many ms (with fractions) after its bytes came. */
  published(latencyMs: number): void
}

export const noMeter: Meter = {
  came: () => undefined,
  left: () => undefined,
  refused: () => undefined,
  sent: () => undefined,
  received: () => undefined,
  held: () => undefined,
  published: () => undefined,
}
