import type { RptEvent } from '../ami/rptEvents.ts'
import type { EventTrust } from './cadence.ts'

/** Kinds of events that should have told what a poll showed, and have not come since: an `eventfilter` can hold back some and not others. */
export class EventsMissed {
  readonly #kinds = new Set<RptEvent['kind']>()

  came(kind: RptEvent['kind']): void {
    this.#kinds.delete(kind)
  }

  missed(kinds: readonly RptEvent['kind'][]): void {
    for (const kind of kinds) this.#kinds.add(kind)
  }

  /** @param seen has any event come in this session? */
  trust(seen: boolean): EventTrust {
    if (this.#kinds.size > 0) return 'missed'
    return seen ? 'come' : 'unproven'
  }
}
