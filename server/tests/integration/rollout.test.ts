/** The rollout as pages meet it: the flag, its news beside rows, and who is told what. */
import { afterEach, describe, expect, it } from 'vitest'
import * as v from 'valibot'
import { flagNewsSchema, flagSchema } from '../../../protocol/rollout.ts'
import type { Flag, FlagNews } from '../../../protocol/rollout.ts'
import type { Rollout } from '../../src/config/rolloutFile.ts'
import { cookieFor, openClub } from '../support/club.ts'
import { HeldRollout } from '../support/heldRollout.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function scene(rollout: Partial<Rollout> = {}, anonymous: 'read' | 'none' = 'read') {
  const held = new HeldRollout(rollout)
  const { app } = await openClub(closers, anonymous, { rollout: held })
  const ask = async (path: string, user: string | null = null) => {
    const response = await fetch(`${app.url}api/v1/${path}`, { headers: user === null ? {} : { cookie: await cookieFor(app, user) } })
    expect(response.status, path).toBe(200)
    return { headers: response.headers, body: (await response.json()) as { success: boolean; data: unknown; realtime: unknown } }
  }
  const flag = async (user: string | null = null): Promise<Flag> => v.parse(flagSchema, (await ask('config/realtime', user)).body.data)
  return { held, app, ask, flag }
}

describe('GET config/realtime', () => {
  it('tells the decision, and is kept by nobody', async () => {
    const { held, ask, flag } = await scene({ percent: 10, salt: 'of the club', minVersion: '1.2.0', topology: 'shared' })
    const { headers, body } = await ask('config/realtime')
    expect(headers.get('cache-control')).toContain('no-store')
    expect(body).toEqual({ success: true, data: await flag(), timestamp: expect.any(String) as string })
    expect(await flag()).toEqual({
      revision: expect.stringMatching(/^[0-9a-f]{12}$/) as string, enabled: true, percent: 10, salt: 'of the club', listed: null, user: null,
      nodes: { allow: [], deny: [] }, minVersion: '1.2.0', topology: 'shared', shadow: 0.1,
    })
    const { revision } = await flag()
    held.set({ enabled: false })
    expect(await flag()).toMatchObject({ enabled: false, percent: 10, shadow: 0 })
    expect((await flag()).revision).not.toBe(revision)
  })

  it('lets everybody have sockets where nobody rolls anything out', async () => {
    const { app } = await openClub(closers, 'read')
    const { data } = (await (await fetch(`${app.url}api/v1/config/realtime`)).json()) as { data: Flag }
    expect(v.parse(flagSchema, data)).toMatchObject({ enabled: true, percent: 100, listed: null, nodes: { allow: [], deny: [] } })
  })

  it('tells each user of himself alone, however a list capitalises him, and being denied wins', async () => {
    const { flag } = await scene({ allow: { users: ['w5gle', 'WB6NIL'], nodes: [] }, deny: { users: ['wb6nil'], nodes: [] } })
    expect(await flag('W5GLE')).toMatchObject({ user: 'W5GLE', listed: 'allow' })
    expect(await flag('WB6NIL')).toMatchObject({ user: 'WB6NIL', listed: 'deny' })
    const stranger = await flag()
    expect(stranger).toMatchObject({ user: null, listed: null })
    expect(JSON.stringify(stranger).toLowerCase()).not.toMatch(/w5gle|wb6nil/)
  })

  it('names only those nodes of its lists that whoever asks may see', async () => {
    const { flag } = await scene({ allow: { users: [], nodes: ['546051', '2000'] }, deny: { users: [], nodes: ['546055'] } }, 'none')
    expect((await flag('W5GLE')).nodes).toEqual({ allow: ['546051'], deny: ['546055'] })
    expect((await flag('WB6NIL')).nodes).toEqual({ allow: [], deny: ['546055'] })
    expect((await flag()).nodes).toEqual({ allow: [], deny: [] })
  })
})

it('polled answers carry the news of the flag, so that whoever polls hears of a change', async () => {
  const { held, ask, flag } = await scene({ percent: 50 })
  const news = async (path: string): Promise<FlagNews> => v.parse(v.strictObject(flagNewsSchema.entries), (await ask(path)).body.realtime)
  for (const enabled of [true, false, true]) {
    held.set({ enabled })
    const { revision } = await flag()
    expect(await news('nodes/ami/status?nodes=546051')).toEqual({ revision, enabled })
    expect(await news('nodes/546051/status')).toEqual({ revision, enabled })
  }
})
