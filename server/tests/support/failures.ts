/** The ways in which an Asterisk fails, each with what its viewers may be told. */
import type { ReachCode } from '../../../protocol/nodeState.ts'
import type { BrokenAsterisk } from './brokenAsterisk.ts'

export interface Failure {
  strike(asterisk: BrokenAsterisk): unknown
  repair(asterisk: BrokenAsterisk): unknown
  /** From the strike to the repair, ms. */
  readonly lastsMs: number
  /** What viewers may be told; empty: nothing, as nothing is wrong that they need to know. */
  readonly codes: readonly ReachCode[]
  /** The strike hits the next poll, which is up to 5 s away. */
  readonly waitsForPoll?: true
  /** From the repair until all is true again, ms, in time that is held. */
  readonly backMs: number
}

export const FAILURES: Readonly<Record<string, Failure>> = {
  // It takes longest, so it stands first.
  'login refused': {
    strike({ fake, proxy }) {
      fake.setKnobs({ faults: [{ kind: 'refuse', action: 'Login', message: 'Authentication failed' }] })
      proxy.cut()
    },
    repair: ({ fake }) => { fake.setKnobs({ faults: [] }) },
    lastsMs: 3_000,
    codes: ['ami-closed', 'ami-login-refused'],
    // Each try leaves a line in Asterisk's log and may be counted by a guard: 10 to 20 s.
    backMs: 20_000,
  },
  refused: {
    strike: ({ proxy }) => proxy.refuse(),
    repair: ({ proxy }) => proxy.listen(),
    lastsMs: 10_000,
    codes: ['ami-closed', 'ami-refused'],
    backMs: 2_000,
  },
  silent: {
    strike: ({ fake }) => fake.mute({ ms: 60_000 }),
    repair: ({ fake }) => fake.mute({ ms: 0 }),
    lastsMs: 10_000,
    codes: ['ami-no-answer'],
    backMs: 2_000,
  },
  'cut mid-reply': {
    strike: ({ fake }) => { fake.setKnobs({ faults: [{ kind: 'cut', action: 'RptStatus', times: 1 }] }) },
    repair: () => undefined,
    lastsMs: 0,
    codes: ['ami-closed'],
    waitsForPoll: true,
    backMs: 2_000,
  },
  'late reply': {
    strike: ({ fake }) => { fake.setKnobs({ faults: [{ kind: 'delay', ms: 6_000, action: 'RptStatus', times: 1 }] }) },
    repair: () => undefined,
    lastsMs: 0,
    codes: ['ami-no-answer'],
    waitsForPoll: true,
    backMs: 2_000,
  },
  restart: {
    strike: ({ fake, proxy }) => Promise.all([fake.outage({ ms: 60_000, clean: true }), proxy.refuse()]),
    repair: ({ fake, proxy }) => Promise.all([fake.outage({ ms: 0 }), proxy.listen()]),
    lastsMs: 1_500,
    codes: ['ami-closed', 'ami-refused'],
    backMs: 2_000,
  },
  slow: {
    strike: ({ fake }) => { fake.setKnobs({ replyDelayMs: 700 }) },
    repair: ({ fake }) => { fake.setKnobs({ replyDelayMs: 0 }) },
    lastsMs: 6_000,
    codes: [],
    backMs: 5_000,
  },
}
