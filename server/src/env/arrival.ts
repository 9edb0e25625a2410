/**
 * How long the news that are being worked through have been in this process. All that bytes from outside cause happens in
 * the turn of the event loop that reads them, promises included, so one mark is enough and no layer has to hand it on.
 */
export class Arrival {
  #at: number | null = null

  /** Bytes have come. Of one turn the first count: those read later lay there meanwhile. */
  mark(): void {
    if (this.#at !== null) return
    this.#at = performance.now()
    setImmediate(() => { this.#at = null })
  }

  /** Begins to measure: the returned function tells the milliseconds since the bytes came; since now, where none are behind it. */
  timer(): () => number {
    const from = this.#at ?? performance.now()
    return () => performance.now() - from
  }
}
