/** The rollout over HTTP: the flag that pages decide by. */
import { Hono } from 'hono'
import type { Authority } from '../access/authority.ts'
import type { Clock } from '../env/clock.ts'
import { flagOf } from '../rollout/flag.ts'
import type { RolloutSource } from '../rollout/rolloutWatch.ts'
import { identityOf } from './identity.ts'
import type { MaySee } from './nodes.ts'
import { iso } from './reply.ts'

export interface RolloutRoutesOptions {
  readonly clock: Clock
  /** Who may see what; null = everybody may see all. */
  readonly access: Authority | null
  readonly maySee: MaySee
  readonly rollout: RolloutSource
}

export function createRollout({ clock, access, maySee, rollout }: RolloutRoutesOptions): Hono {
  const app = new Hono()

  app.get('/config/realtime', async (c) => {
    const user = access === null ? null : (await identityOf(access, c)).user
    return c.json({ success: true, data: flagOf(rollout.rollout, user, await maySee(c)), timestamp: iso(clock.now()) })
  })
  return app
}
