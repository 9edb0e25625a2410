import type { IncomingMessage } from 'node:http'

/** Somebody at the door, as far as the gateway needs to know him. Asked anew each time: rights change while he stays. */
export interface Guest {
  mayWatch(node: string): boolean
  /** May he see the addresses that the node's links come from? */
  maySeePeers(node: string): boolean
  /** Would signing in help? */
  readonly signedIn: boolean
  /** He is still here: his session does not end of idleness. */
  stays(): void
}

/** Nobody comes in like this: his ticket is spent, or he has none. `refusal` says so in words for him. */
export interface TurnedAway {
  readonly refusal: string
}

/** What somebody wants of the gateway. */
export interface Wish {
  /** null = he will choose. */
  readonly node: string | null
  /** From the address; null = he brings none. */
  readonly ticket: string | null
  /** It may be a token of a Supermon-NG, whose page brings that of its own server: one that nobody here gave counts as none. */
  readonly mayBeTheirs: boolean
}

/** Who may come in. Knows cookies and files, where the gateway does not. */
export interface Doorkeeper {
  greet(request: IncomingMessage, wish: Wish): Promise<Guest | TurnedAway>
  /** Calls `listener` when somebody may do other things than before. Returns the way out. */
  onChange(listener: () => void): () => void
}

/** Lets everybody watch everything: no users are configured. */
export const openDoor: Doorkeeper = {
  greet: () =>
    Promise.resolve({ mayWatch: () => true, maySeePeers: () => false, signedIn: false, stays: () => undefined }),
  onChange: () => () => undefined,
}
