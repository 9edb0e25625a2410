/** What rights from a Supermon-NG are tested with: a stand-in of it on loopback, two users, and time that the test moves. */
import type { AccessChange, Identity } from '../../src/access/authority.ts'
import { SupermonAuthority } from '../../src/access/supermonAuthority.ts'
import type { SupermonAuthorityOptions } from '../../src/access/supermonAuthority.ts'
import { ManualClock } from './manualClock.ts'
import { json, startSupermon } from './supermonStandIn.ts'
import type { Answer, SupermonStandIn } from './supermonStandIn.ts'

export const W5GLE = { permissions: ['CONNECTUSER', 'PERMUSER', 'RSTATUSER'], nodes: [546051, '546055'] }
const WB6NIL = { permissions: ['MONUSER'], nodes: ['546055'] }

/** What `auth/me` says of W5GLE, who has no permission by it. */
export const SIGNED_IN = { user: { name: 'W5GLE' }, authenticated: true, permissions: {} }

/** The cookie of the n-th stranger. */
export const stranger = (n: number) => `supermon61=stranger${n}`

/** What both routes say that Supermon-NG is asked at about a visitor. */
export const both = (me: unknown, nodes: unknown): Answer => (request, response) => {
  json(response, { success: true, data: request.url?.endsWith('auth/me') === true ? me : nodes })
}

export class SupermonAuthorityStage {
  readonly clock = new ManualClock()
  readonly supermon: SupermonStandIn
  /** Logged and told since it was opened. */
  log: string[] = []
  fields: object[] = []
  changes: AccessChange[] = []
  authority: SupermonAuthority

  private constructor(supermon: SupermonStandIn) {
    this.supermon = supermon
    this.authority = this.#authority({})
  }

  static async open(): Promise<SupermonAuthorityStage> {
    return new SupermonAuthorityStage(await startSupermon({ W5GLE, WB6NIL }))
  }

  async close(): Promise<void> {
    this.authority.dispose()
    await this.supermon.stop()
  }

  /** Another authority in place of the one before, as after a restart. @throws TypeError when its address is none; the one before stays */
  reopen(options: Partial<SupermonAuthorityOptions> = {}): void {
    const authority = this.#authority(options)
    this.authority.dispose()
    this.authority = authority
    this.log = []
    this.fields = []
    this.changes = []
  }

  who(cookie: string | undefined): Promise<Identity> {
    return this.authority.identify({ cookie })
  }

  nodes(identity: Identity): string[] {
    return [...this.authority.nodesOf(identity)]
  }

  #authority(options: Partial<SupermonAuthorityOptions>): SupermonAuthority {
    const note = (fields: object, message: string) => {
      this.fields.push(fields)
      this.log.push(message)
    }
    const authority = new SupermonAuthority({
      url: this.supermon.url,
      clock: this.clock,
      fetch,
      anonymous: 'none',
      nodes: () => new Set(['546051', '546055', '546056']),
      log: { info: note, warn: note },
      ...options,
    })
    authority.onChange((change) => this.changes.push(change))
    return authority
  }
}
