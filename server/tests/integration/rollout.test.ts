/** The rollout as pages meet it: the flag, its news beside rows, and who is told what. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import * as v from 'valibot'
import { flagNewsSchema, flagSchema, MAX_REPORT } from '../../../protocol/rollout.ts'
import type { Flag, FlagNews } from '../../../protocol/rollout.ts'
import { rolloutReportSchema } from '../../../protocol/rolloutReport.ts'
import type { Rollout } from '../../src/config/rolloutFile.ts'
import { Secret } from '../../src/config/secret.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { rolloutCommand } from '../../src/rollout/command.ts'
import { CommandError } from '../../src/rollout/commandError.ts'
import { Figures } from '../../src/rollout/figures.ts'
import { cookieFor, openClub, openSocket } from '../support/club.ts'
import { freePorts } from '../support/freePorts.ts'
import { HeldRollout } from '../support/heldRollout.ts'
import { MINUTE, report } from '../support/report.ts'
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

describe('POST rollout/figures', () => {
  async function reported(options: Parameters<typeof runHeldApp>[1] = {}) {
    const [held, figures] = [new HeldRollout({ percent: 10 }), new Figures()]
    const app = await runHeldApp([], { rollout: held, figures, ...options })
    closers.push(() => app.close(0))
    const send = async (body: unknown, headers: Record<string, string> = {}) => {
      const response = await fetch(`${app.url}api/v1/rollout/figures`, {
        method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body),
      })
      const text = await response.text()
      return { status: response.status, code: text === '' ? null : (JSON.parse(text) as { code: string }).code, retryAfter: response.headers.get('retry-after') }
    }
    const refusals = async (limit: string, code: number) => {
      const text = await (await fetch(`${app.url}metrics`)).text()
      return Number(new RegExp(`^supermon_live_refusals_total\\{limit="${limit}",code="${code}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
    }
    return { app, held, figures, send, refusals }
  }
  const far = (address: string) => ({ 'x-forwarded-for': address })

  it('are taken without a token, as JSON or as a beacon sends it, also from pages of other sites that are listed', async () => {
    const { app, held, figures, send } = await reported({ origins: ['https://club.example'] })
    for (const headers of [{}, { 'content-type': 'text/plain;charset=UTF-8' }, { origin: `http://127.0.0.1:${app.port}` }, { origin: 'https://club.example' }]) {
      expect(await send(report(), headers), JSON.stringify(headers)).toEqual({ status: 204, code: null, retryAfter: null })
    }
    expect(figures.stages['10']?.on).toMatchObject({ reports: 4, ms: { socket: 4 * MINUTE } })
    held.set({ percent: 50 })
    expect((await send(report({ percent: 50 }))).status).toBe(204)
    expect(figures.stages['50']).toMatchObject({ since: app.clock.now(), on: { reports: 1 } })
  })

  it('are refused when they are none, in the one shape, and count for nothing', async () => {
    const { figures, send, refusals } = await reported()
    const bad = { status: 400, code: 'bad-figures' }
    const junk: unknown[] = [
      '', 'null', '[]', '{', report({ percent: 33 }), { ...report(), v: 2 }, { ...report(), group: 'both' }, { ...report(), latency: [1] }, { ...report(), reconnects: -1 },
      { ...report(), fallbacks: { 'W5GLE at 192.0.2.1': 1 } }, report({ requests: { made: 10_000_000, saved: 0 } }), report({ ms: { socket: 86_400_000, polling: 1 } }),
    ]
    for (const body of junk) expect(await send(body), JSON.stringify(body).slice(0, 60)).toMatchObject(bad)
    expect(await send(report(), { 'content-type': 'application/x-www-form-urlencoded' })).toMatchObject(bad)
    expect(await send({ ...report(), padding: 'x'.repeat(MAX_REPORT) })).toMatchObject({ status: 413, code: 'too-long' })
    expect(await send(report(), { origin: 'https://evil.example' })).toMatchObject({ status: 403, code: 'origin' })
    expect(await refusals('origin', 403)).toBe(1)
    expect(figures.stages['10']?.on.reports).toBe(0)
  })

  it('come from one address only so often, and from a crowd more often', async () => {
    const { app, send, refusals } = await reported({ limits: { reportBurst: 3, reportsPerMinute: 6, reportBurstLoopback: 5, reportsPerMinuteLoopback: 6 } })
    for (let i = 0; i < 3; i += 1) expect((await send(report(), far('198.51.100.7'))).status).toBe(204)
    expect(await send(report(), far('198.51.100.7'))).toEqual({ status: 429, code: 'too-many-reports', retryAfter: '10' })
    expect((await send(report(), far('198.51.100.8'))).status).toBe(204)
    for (let i = 0; i < 5; i += 1) expect((await send(report())).status).toBe(204)
    expect((await send(report())).status).toBe(429)
    expect([await refusals('reportsPerMinute', 429), await refusals('reportsPerMinuteLoopback', 429)]).toEqual([1, 1])
    app.clock.advance(10_000)
    expect((await send(report(), far('198.51.100.7'))).status).toBe(204)
  })

  it('speak of no more time than passes at so many pages of one address, after the time of a day', async () => {
    const { app, figures, send, refusals } = await reported({ limits: { reportPages: 2, reportPagesLoopback: 3 } })
    const [day, hour] = [{ socket: 1_440 * MINUTE }, { socket: 60 * MINUTE }]
    expect((await send(report({ ms: day }), far('198.51.100.7'))).status).toBe(204)
    expect(await send(report({ ms: hour }), far('198.51.100.7'))).toEqual({ status: 429, code: 'too-many-reports', retryAfter: '1800' })
    app.clock.advance(30 * MINUTE)
    expect((await send(report({ ms: hour }), far('198.51.100.7'))).status).toBe(204)
    expect((await send(report({ ms: { socket: 1_000 } }), far('198.51.100.7'))).status).toBe(429)
    expect((await send(report({ ms: day }))).status).toBe(204)
    expect(await send(report({ ms: hour }))).toMatchObject({ status: 429, retryAfter: '1200' })
    expect([await refusals('reportPages', 429), await refusals('reportPagesLoopback', 429)]).toEqual([2, 1])
    expect(figures.stages['10']?.on.ms.socket).toBe((1_440 * 2 + 60) * MINUTE)
  })
})

describe('the report', () => {
  const TOKEN = 'a-token-of-the-club-2026'

  async function reporting() {
    const figures = new Figures()
    const { app } = await openClub(closers, 'read', { rollout: new HeldRollout({ percent: 10 }), figures, metricsToken: new Secret(TOKEN), base: '/live' }, '$SYSINFUSER = array("W5GLE");')
    figures.take(report({ ms: { socket: 70 * MINUTE } }), Date.now())
    const get = (headers: Record<string, string>) => fetch(`${app.url}api/v1/rollout/report`, { headers })
    const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
    closers.push(() => rm(folder, { recursive: true }))
    const token = join(folder, 'token')
    await writeFile(token, `${TOKEN}\n`)
    const command = async (...argv: string[]) => {
      let out = ''
      await rolloutCommand(['report', ...argv], { env: {}, now: 0, write: (text) => { out += text } })
      return out
    }
    return { app, get, token, command }
  }

  it('is for who runs the gateway: from this machine, with the token, or with the right SYSINFUSER', async () => {
    const { app, get } = await reporting()
    const proxied = { 'x-forwarded-for': '203.0.113.9' }
    const { data } = (await (await get({})).json()) as { data: unknown }
    expect(v.parse(rolloutReportSchema, data)).toMatchObject({ enabled: true, percent: 10, groups: { on: { viewerMinutes: 70 } }, overall: 'hold' })
    expect((await get({ ...proxied, authorization: `Bearer ${TOKEN}` })).status).toBe(200)
    expect((await get({ ...proxied, cookie: await cookieFor(app, 'W5GLE') })).status).toBe(200)
    for (const headers of [{}, { authorization: 'Bearer another-token-2026' }, { cookie: await cookieFor(app, 'WB6NIL') }]) {
      const refused = await get({ ...proxied, ...headers })
      expect([refused.status, await refused.json()]).toEqual([403, expect.objectContaining({ success: false, code: 'not-allowed' })])
    }
  })

  it('is asked of the gateway that runs, by the command: by its address, or by the options that the gateway has', async () => {
    const { app, token, command } = await reporting()
    const shown = await command('--url', app.url)
    expect(shown).toContain('10 percent hold sockets.')
    expect(shown).toMatch(/^viewer-minutes +70 +0$/m)
    expect(await command('--port', String(app.port), '--base', '/live', '--host', '0.0.0.0', '--metrics-token-file', token)).toBe(shown)
    await writeFile(token, 'another-token-2026')
    await expect(command('--url', app.url, '--metrics-token-file', token)).rejects.toThrow(/tells its figures on its own machine, or for the token in --metrics-token-file/)
    await expect(command('--url', `${app.url}nowhere`)).rejects.toThrow(/is no gateway of this version \(HTTP 404\)/)
    const nobody = command('--url', `http://127.0.0.1:${await freePorts(1)}`)
    await expect(nobody).rejects.toThrow(CommandError)
    await expect(nobody).rejects.toThrow(/No gateway answers at http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\): start it, or say where it is with --url/)
    await expect(command('--url', 'club')).rejects.toThrow(/is no address; give one like/)
    await expect(command('--port', '0')).rejects.toThrow(/say where it is with --url/)
  })
})
