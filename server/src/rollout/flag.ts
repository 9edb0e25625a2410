/** What pages are told of the rollout. */
import type { Flag, FlagNews } from '../../../protocol/rollout.ts'
import { revisionOf, shadowShare } from '../config/rolloutFile.ts'
import type { Rollout } from '../config/rolloutFile.ts'
import { sameName } from './decide.ts'

/**
 * The flag as one visitor is told it: nothing of it speaks of anybody else.
 *
 * @param user his name; null = he did not sign in
 * @param maySee nodes that he may know of
 */
export function flagOf(rollout: Rollout, user: string | null, maySee: (node: string) => boolean): Flag {
  const { enabled, percent, salt, allow, deny, minVersion, topology } = rollout
  const named = (names: readonly string[]) => user !== null && names.some((name) => sameName(name, user))
  const listed = named(deny.users) ? 'deny' : named(allow.users) ? 'allow' : null
  return {
    revision: revisionOf(rollout),
    enabled, percent, salt, listed, user,
    nodes: { allow: allow.nodes.filter(maySee), deny: deny.nodes.filter(maySee) },
    minVersion, topology,
    shadow: shadowShare(rollout),
  }
}

export function newsOf(rollout: Rollout): FlagNews {
  return { revision: revisionOf(rollout), enabled: rollout.enabled }
}
