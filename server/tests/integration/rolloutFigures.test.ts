/** What pages report of the rollout, and what whoever runs the gateway is told of it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import * as v from 'valibot'
import { MAX_REPORT } from '../../../protocol/rollout.ts'
import { rolloutReportSchema } from '../../../protocol/rolloutReport.ts'
import { Secret } from '../../src/config/secret.ts'
import { rolloutCommand } from '../../src/rollout/command.ts'
import { CommandError } from '../../src/config/commandError.ts'
import { Figures } from '../../src/rollout/figures.ts'
import { RolloutWatch } from '../../src/rollout/rolloutWatch.ts'
import { cookieFor, openClub } from '../support/club.ts'
import { freePorts } from '../support/freePorts.ts'
import { HeldRollout } from '../support/heldRollout.ts'
import { MINUTE, report } from '../support/report.ts'
import { runHeldApp } from '../support/running.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
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

it('those of the stages outlive a start while rollout.json is broken, until it is mended', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  closers.push(() => rm(folder, { recursive: true }))
  const path = join(folder, 'rollout.json')
  const kept = new Figures()
  kept.enter(100, 1_000)
  kept.take(report({ percent: 100 }), 1_000)
  kept.enter(50, 2_000)
  kept.take(report({ percent: 50 }), 2_000)
  const figures = Figures.parse(kept.text)
  await writeFile(path, '{"enabled": true, "percent": 50,}')
  const rollout = new RolloutWatch({ path, named: true, warn: () => undefined })
  await rollout.refresh()
  const app = await runHeldApp([], { rollout, figures })
  closers.push(() => app.close(0))
  expect(figures.text).toBe(kept.text)
  await writeFile(path, '{"enabled": true, "percent": 50}')
  await rollout.refresh()
  expect(rollout.rollout.percent).toBe(50)
  expect(figures.text).toBe(kept.text)
  await writeFile(path, '{"enabled": true, "percent": 100}')
  await rollout.refresh()
  expect(figures.stages['100']).toMatchObject({ since: app.clock.now(), on: { reports: 0 } })
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
    await expect(command('--url', 'club')).rejects.toThrow(/is not an address; give one like/)
    await expect(command('--port', '0')).rejects.toThrow(/say where it is with --url/)
  })
})
