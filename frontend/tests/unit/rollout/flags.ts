import type { Flag } from '../../../../protocol/rollout.ts'

/** Everybody is in, nobody is listed, nothing is compared, but for `over`. */
export const flagOf = (over: Partial<Flag> = {}): Flag => ({
  revision: 'r1', enabled: true, percent: 100, salt: 's1', listed: null, user: null, nodes: { allow: [], deny: [] },
  minVersion: null, topology: null, shadow: 0, ...over,
})
