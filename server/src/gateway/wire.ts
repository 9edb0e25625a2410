import type { Encoded } from './encoded.ts'

/** One viewer's connection, as hubs see it: a place to write to. The socket library stays outside. */
export interface Wire {
  /** Writes one message. It may be shared by many viewers. */
  send(message: Encoded): void
  /** Bytes written that the viewer has not taken yet. */
  buffered(): number
  close(code: number, reason: string): void
}
