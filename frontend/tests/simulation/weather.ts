/** What the network does to new connections and requests, by the hour. */

export type Door =
  /** The connection is taken. */
  | 'open'
  /** RST: over at once. */
  | 'refuse'
  /** Nobody answers. */
  | 'blackhole'
  /** A proxy takes the connection and drops it. */
  | 'slam'
  /** A proxy takes the connection and says nothing. */
  | 'mute'
  /** Taken, seconds later. */
  | 'late'
  /** The server takes it and closes with a code. */
  | 'deny'
  /** The same after its hello. */
  | 'deny-late'
  /** The server says hello, and to come back in less than `GOAWAY_SPREAD`. */
  | 'goaway'

export type Counter =
  | 'open'
  | 'unreachable'
  | 'busy'
  | 'broken'
  | 'not-json'
  /** No answer ever. */
  | 'hang'
  /** The answer was made at once and comes seconds later. */
  | 'late'
  /** A cache on the way answers with what it heard up to 10 s ago. */
  | 'stale'

export interface Spell {
  readonly door: Door
  readonly counter: Counter
  /** How likely a single connection or request meets it. */
  readonly chance: number
  readonly code: number
}

export class Weather {
  readonly spells = new Set<Spell>()

  door(luck: () => number): { door: Door; code: number } {
    for (const spell of this.spells) if (spell.door !== 'open' && luck() < spell.chance) return spell
    return { door: 'open', code: 0 }
  }

  counter(luck: () => number): Counter {
    for (const spell of this.spells) if (spell.counter !== 'open' && luck() < spell.chance) return spell.counter
    return 'open'
  }

  /** The same, where nothing on the way gives old answers: from a server that counts nothing nobody could tell. */
  withoutCaches(): Pick<Weather, 'counter'> {
    return {
      counter: (luck) => {
        const counter = this.counter(luck)
        return counter === 'stale' ? 'open' : counter
      },
    }
  }
}
