/** The rollout as pages meet it: the flag, its news beside rows, and who is told what. */
import { afterEach, describe, expect, it } from 'vitest'
import * as v from 'valibot'
import { flagNewsSchema, flagSchema } from '../../../protocol/rollout.ts'
import type { Flag, FlagNews } from '../../../protocol/rollout.ts'
import type { Authority } from '../../src/access/authority.ts'
import type { Rollout } from '../../src/config/rolloutFile.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { cookieFor, openClub, openSocket } from '../support/club.ts'
import { HeldRollout } from '../support/heldRollout.ts'
import { nodeConfig, runHeldApp, until } from '../support/running.ts'

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

describe('S-11 a change while people watch', () => {
  const [NODE, OTHER, VOTER] = ['546051', '546055', '546056']

  /** On a clock that the test moves; viewers are real sockets. */
  async function watched() {
    const held = new HeldRollout()
    const fake = await startFakeAsterisk({ nodes: [NODE, OTHER, VOTER], voters: { [VOTER]: [{ name: 'North', rssi: 187 }] } })
    closers.push(() => fake.close())
    let chance = 1
    const random = () => (chance = (chance * 16_807) % 2_147_483_647) / 2_147_483_647
    const app = await runHeldApp([NODE, OTHER, VOTER].map((id) => nodeConfig(id, fake.port)), { rollout: held, random })
    closers.push(() => app.close(0))
    const open = (path: string, protocols?: string[]) => {
      const seen = openSocket(app, path, {}, protocols)
      closers.push(() => { seen.socket.terminate() })
      return seen
    }
    const seated = async (path: string, protocols?: string[]) => {
      const seen = open(path, protocols)
      await until(() => seen.frames.length > 0, 'seated')
      return seen
    }
    const crowd = async () => {
      const paths = [...Array.from({ length: 20 }, () => `ws/${NODE}`), ...Array.from({ length: 6 }, () => 'ws'), ...Array.from({ length: 4 }, () => `ws/voter/${VOTER}`)]
      const viewers = []
      for (const path of paths) viewers.push(await seated(path))
      return viewers
    }
    const refusals = async () => {
      const text = await (await fetch(`${app.url}metrics`)).text()
      return Number(/^supermon_live_refusals_total\{limit="rollout",code="4030"\} (\d+)$/m.exec(text)?.[1] ?? 0)
    }
    return { held, app, open, seated, crowd, refusals }
  }
  const goneOf = (viewers: readonly { readonly code: number | null }[]) => viewers.filter(({ code }) => code !== null).length

  it('tells all who speak supermon.v2 that the flag is another one, and nobody else', async () => {
    const { held, app, crowd, seated } = await watched()
    const viewers = await crowd()
    const plan = await seated(`ws/${NODE}`, [])
    const before = plan.frames.length
    held.set({ percent: 50 })
    await until(() => viewers.every(({ types }) => types.includes('flag')), 'told')
    const { data } = (await (await fetch(`${app.url}api/v1/config/realtime`)).json()) as { data: Flag }
    for (const { frames } of viewers) expect(frames.at(-1)).toEqual({ type: 'flag', at: app.clock.now(), revision: data.revision, spreadMs: 6_000 })
    held.set({ history: [{ at: '2026-08-01T12:00:00Z', by: 'w5gle', did: 'set 50' }] })
    app.clock.advance(10_000)
    expect([goneOf(viewers), viewers.filter(({ types }) => types.filter((type) => type === 'flag').length > 1)]).toEqual([0, []])
    expect(JSON.stringify(plan.frames.slice(before))).not.toContain('flag')
  })

  it('sends all of them to polling within 6 s of "off", evenly; other dialects stay, new sockets are refused at once', async () => {
    const { held, app, open, seated, crowd, refusals } = await watched()
    const viewers = await crowd()
    const plan = await seated(`ws/${NODE}`, [])
    held.set({ enabled: false })
    for (let second = 1; second <= 6; second += 1) {
      // 30 viewers in 300 steps: five each second.
      app.clock.advance(second === 1 ? 999 : 1_000)
      await until(() => goneOf(viewers) >= second * 5, `five more after ${second} s`)
      expect(goneOf(viewers), `after ${second} s`).toBe(second * 5)
    }
    for (const { frames, code, reason } of viewers) {
      expect([code, reason, frames.at(-1)]).toEqual([4030, 'flag-off', expect.objectContaining({ type: 'goaway', reason: 'flag-off', spreadMs: 0 })])
    }
    for (const path of [`ws/${NODE}`, 'ws', `ws/voter/${VOTER}`]) {
      const late = open(path)
      await until(() => late.code !== null, 'refused')
      expect([late.code, late.types]).toEqual([4030, []])
    }
    expect(await refusals()).toBe(3)
    await seated(`ws/${NODE}`, [])
    expect(plan.code).toBeNull()
  })

  it('"on" while they are being sent away stops that: whoever is still here stays, is told, and others may come again', async () => {
    const { held, app, seated, crowd } = await watched()
    const viewers = await crowd()
    held.set({ enabled: false })
    app.clock.advance(2_999)
    await until(() => goneOf(viewers) >= 15, 'half of them')
    // Another change while the switch is thrown begins nothing anew.
    held.set({ percent: 10 })
    held.set({ enabled: true })
    app.clock.advance(20_000)
    await until(() => viewers.filter(({ types }) => types.includes('flag')).length === 15, 'told')
    // Each is heard once more: nothing is on its way that would close it.
    const here = viewers.filter(({ code }) => code === null)
    for (const { socket } of here) socket.send('{"type":"ping"}')
    await until(() => here.every(({ types, code }) => types.includes('pong') || code !== null), 'heard')
    expect(goneOf(viewers)).toBe(15)
    await seated(`ws/${OTHER}`)
  })

  it('a switch that is thrown while it is asked who somebody is does not let him in', async () => {
    const held = new HeldRollout()
    const { app, accounts } = await openClub(closers, 'read', { rollout: held })
    const door: Authority = accounts.access
    const identify = door.identify.bind(door)
    let answer: (() => void) | null = null
    door.identify = (headers) => new Promise((resolve) => { answer = () => { resolve(identify(headers)) } })
    const seen = openSocket(app, `ws/${NODE}`)
    closers.push(() => { seen.socket.terminate() })
    await until(() => answer !== null, 'asked')
    held.set({ enabled: false })
    answer!()
    await until(() => seen.code !== null, 'refused')
    expect([seen.code, seen.types]).toEqual([4030, []])
  })

  it('a switch that is thrown at the start lets nobody in', async () => {
    const fake = await startFakeAsterisk({ nodes: [NODE] })
    closers.push(() => fake.close())
    const app = await runHeldApp([nodeConfig(NODE, fake.port)], { rollout: new HeldRollout({ enabled: false }) })
    closers.push(() => app.close(0))
    const seen = openSocket(app, `ws/${NODE}`)
    await until(() => seen.code !== null, 'refused')
    expect(seen.code).toBe(4030)
  })
})
