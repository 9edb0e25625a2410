/** The gateway asks a doorkeeper and the accounts are an authority: what the one asks, the other answers. */
import type { Authority } from './access/authority.ts'
import type { TicketUse } from './config/options.ts'
import type { Doorkeeper } from './gateway/doorkeeper.ts'

export function doorkeeperOf(access: Authority, tickets: TicketUse): Doorkeeper {
  return {
    async greet(request, { node, ticket, mayBeTheirs }) {
      const identity = await Promise.resolve(access.identify(request.headers))
      if (ticket === null && tickets === 'required') return { refusal: 'fetch a ticket for each connection' }
      const redeemed = ticket === null ? null : access.redeemTicket(ticket, identity, node)
      const isTheirs = redeemed?.ok === false && redeemed.code === 'unknown' && mayBeTheirs && tickets === 'optional'
      if (redeemed?.ok === false && !isTheirs) return { refusal: 'this ticket is spent, expired or not yours' }
      access.touch(identity)
      return {
        mayWatch: (node) => access.canWatch(identity, node),
        maySeePeers: (node) => access.canSeePeers(identity, node),
        // Asked anew: whose session is over is asked to sign in again, and not told that the node is gone.
        get signedIn() {
          return access.userOf(identity) !== null
        },
        stays: () => { access.touch(identity) },
      }
    },
    onChange: (listener) => access.onChange(listener),
  }
}
