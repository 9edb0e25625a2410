/** What a server does about somebody who connected, by the kind of server that it is. */
import { CLOSE } from '../../../protocol/closeCodes.ts'
import type { Guest } from '../../../server/src/gateway/doorkeeper.ts'
import { SHARED } from './link.ts'
import type { Link } from './link.ts'
import type { VirtualAccess } from './virtualAccess.ts'
import type { Life, ServerKind } from './virtualServer.ts'

const STRANGER: Guest = { mayWatch: () => true, maySeePeers: () => false, signedIn: false, stays: () => undefined }

/** `code` null: the page ends it by itself. */
export type Verdict = { readonly guest: Guest } | { readonly code: number | null; readonly reason: string }

export function judge({ endpoint, socket, session }: Link, life: Life, kind: ServerKind, access: VirtualAccess): Verdict {
  const node = endpoint === SHARED ? null : endpoint
  const bare = socket.offered.length === 0
  if (kind === 'supermon-ng') {
    // A browser goes where its offer is not taken up; what Supermon-NG does not like, it ends with 1000, without a word.
    if (!bare) return { code: null, reason: '' }
    return node === null || !life.feeds.has(node) ? { code: 1000, reason: '' } : { guest: STRANGER }
  }
  if (bare && node === null) return { code: CLOSE.badRequest, reason: 'ask for the subprotocol' }
  const guest = access.greet(session, new URL(socket.url).searchParams.get('token'), node)
  return 'refusal' in guest ? { code: CLOSE.unauthorized, reason: guest.refusal } : { guest }
}
