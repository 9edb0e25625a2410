/** Who may see what, and by which ticket: as much of the gateway's accounts as sockets and polls notice. */
import type { Guest, TurnedAway } from '../../../server/src/gateway/doorkeeper.ts'

export interface AccessPlan {
  /** Nobody comes in without a ticket of his own session. */
  readonly demandsTickets: boolean
  /** What is shown to somebody who did not sign in. */
  readonly visitorsSee: readonly string[]
  /** Is the page signed in when it opens? */
  readonly signedIn: boolean
}

interface Ticket {
  readonly session: number
  readonly node: string | null
  readonly until: number
}

export class VirtualAccess {
  readonly demandsTickets: boolean
  /** The page's cookie. Each sign-in and sign-out brings another one. */
  session = 1
  /** Nodes that are nobody's to see for now. */
  readonly withheld = new Set<string>()
  readonly #now: () => number
  readonly #visitorsSee: ReadonlySet<string>
  readonly #signedIn = new Set<number>()
  readonly #tickets = new Map<string, Ticket>()
  #issued = 0

  constructor(plan: AccessPlan, now: () => number) {
    this.demandsTickets = plan.demandsTickets
    this.#now = now
    this.#visitorsSee = new Set(plan.visitorsSee)
    if (plan.signedIn) this.#signedIn.add(this.session)
  }

  get signedIn(): boolean {
    return this.#signedIn.has(this.session)
  }

  signIn(): void {
    this.session += 1
    this.#signedIn.add(this.session)
  }

  /** The session is over; a page that asked for it gets a new cookie, one whose session ran out keeps the old one. */
  signOut(asked: boolean): void {
    this.#signedIn.delete(this.session)
    if (asked) this.session += 1
  }

  mayWatch(session: number, node: string): boolean {
    return !this.withheld.has(node) && (this.#signedIn.has(session) || this.#visitorsSee.has(node))
  }

  maySeePeers(session: number): boolean {
    return this.#signedIn.has(session)
  }

  /** @returns null = none for this node, or none for this visitor */
  issue(session: number, node: string | null): string | null {
    if (node !== null && !this.mayWatch(session, node)) return null
    const ticket = `t${++this.#issued}`
    this.#tickets.set(ticket, { session, node, until: this.#now() + 30_000 })
    return ticket
  }

  /** Spends the ticket. */
  greet(session: number, ticket: string | null, node: string | null): Guest | TurnedAway {
    if (ticket === null && this.demandsTickets) return { refusal: 'fetch a ticket for each connection' }
    if (ticket !== null && !this.#redeem(session, ticket, node)) return { refusal: 'this ticket is spent, expired or not yours' }
    const signedIn = () => this.#signedIn.has(session)
    return {
      mayWatch: (each) => this.mayWatch(session, each),
      maySeePeers: signedIn,
      get signedIn() {
        return signedIn()
      },
      stays: () => undefined,
    }
  }

  #redeem(session: number, ticket: string, node: string | null): boolean {
    const found = this.#tickets.get(ticket)
    this.#tickets.delete(ticket)
    return found?.session === session && found.until > this.#now() && (found.node === null || found.node === node)
  }
}
