/** A gateway that stops: viewers are asked to come back later, requests are answered, and it is over in 5 s. */
import { spawn } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { Hono } from 'hono'
import { afterEach, describe, expect, it } from 'vitest'
import type { Authority } from '../../src/access/authority.ts'
import { systemClock } from '../../src/env/clock.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { InFlight } from '../../src/http/inFlight.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { BUILT, needBuilt } from '../support/built.ts'
import { cookieFor, openClub, openSocket } from '../support/club.ts'
import { handshake, sendRaw } from '../support/rawHttp.ts'
import { ManualClock } from '../support/manualClock.ts'
import { nodeConfig, passUntil, runApp, until } from '../support/running.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const LIMIT_MS = 5_000

describe('a gateway that stops', () => {
  it('S-8 asks every viewer to come back within a spread, then closes with 1012, and takes nobody new', async () => {
    const fake = await startFakeAsterisk({ nodes: ['546051'], links: 2 })
    closers.push(() => fake.close())
    const app = await runApp([nodeConfig('546051', fake.port)])
    const viewers = [openSocket(app, 'ws/546051'), openSocket(app, 'ws'), openSocket(app, 'ws/546051', {}, [])]
    closers.push(() => { for (const { socket } of viewers) socket.terminate() })
    await until(() => viewers.every(({ frames }) => frames.length > 0), 'all are here')
    const from = Date.now()
    await app.close(7_000)
    expect(Date.now() - from).toBeLessThan(LIMIT_MS)
    await until(() => viewers.every(({ code }) => code !== null), 'all are told')
    expect(viewers.map(({ code, reason }) => `${code} ${reason}`)).toEqual(['1012 restart', '1012 restart', '1012 restart'])
    for (const { frames } of viewers.slice(0, 2)) expect(frames.at(-1)).toMatchObject({ type: 'goaway', reason: 'restart', spreadMs: 7_000 })
    const late = openSocket(app, 'ws/546051')
    await until(() => late.code !== null, 'refused')
    expect(late.code).toBe(1006)
  })

  it('K-1 tells who was still being asked who he is to come back, with 1012', async () => {
    const { app, accounts } = await openClub(closers, 'read')
    // One that does not agree to the end keeps the gateway from it.
    const deaf = sendRaw(app.port, handshake('/ws/546051'))
    closers.push(() => { deaf.socket.destroy() })
    await until(() => deaf.text().includes('"546051"'), 'seated')
    const door: Authority = accounts.access
    const identify = door.identify.bind(door)
    let answer: (() => void) | null = null
    door.identify = (headers) => new Promise((resolve) => { answer = () => { resolve(identify(headers)) } })
    const late = openSocket(app, 'ws/546051')
    closers.push(() => { late.socket.terminate() })
    await until(() => answer !== null, 'asked')
    const closed = app.close(0)
    answer!()
    await until(() => late.code !== null, 'told')
    expect([late.code, late.reason, late.types]).toEqual([1012, 'the server is stopping', []])
    await closed
  })

  it('waits no longer for who does not agree to the end because the clock is set back meanwhile', async () => {
    const clock = new ManualClock()
    const app = await runApp([nodeConfig('546051', 1)], { clock })
    const deaf = sendRaw(app.port, handshake('/ws/546051'))
    closers.push(() => { deaf.socket.destroy() })
    await until(() => deaf.text().includes('"546051"'), 'seated')
    let isOver = false
    const closed = app.close(0).then(() => { isOver = true })
    clock.jump(-3_600_000)
    expect(await passUntil(clock, () => isOver, 'stopped')).toBeLessThan(LIMIT_MS)
    await closed
  })

  it('answers the requests that are under way', async () => {
    const fake = await startFakeAsterisk({ nodes: ['546051'], links: 2, knobs: { replyDelayMs: 150 } })
    closers.push(() => fake.close())
    const app = await runApp([nodeConfig('546051', fake.port)])
    const asked = fetch(`${app.url}api/v1/nodes/546051/status`).then(async (response) => ({ status: response.status, body: (await response.json()) as object }))
    await until(() => fake.state().sessions === 1, 'Asterisk is being asked')
    const closed = app.close(0)
    expect(await asked).toMatchObject({ status: 200, body: { success: true, data: { node: '546051', status: 'online' } } })
    await closed
  })

  it('lets nobody keep his connection whom it answers meanwhile', async () => {
    const inFlight = new InFlight()
    const server = createHttpServer({ api: new Hono().get('/', (c) => c.text('')), files: null, base: '', pace: () => 0, inFlight, upgrade: () => undefined })
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    closers.push(() => { server.closeAllConnections(); server.close() })
    const connection = async () => (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)).headers.get('connection')
    expect(await connection()).toBe('keep-alive')
    await inFlight.finish(systemClock, 1_000)
    expect(await connection()).toBe('close')
  })

  it('tells who has just given a command what is known of it', async () => {
    const { app, fake, accounts } = await openClub(closers, 'read')
    const cookie = await cookieFor(app, 'W5GLE')
    const { csrf_token: token } = (await (await fetch(`${app.url}api/v1/csrf-token`, { headers: { cookie } })).json()) as { csrf_token: string }
    await fetch(`${app.url}api/v1/nodes/546051/status`)
    fake.setKnobs({ replyDelayMs: 2_000 })
    const door: Authority = accounts.access
    const identify = door.identify.bind(door)
    let isAsked = false
    door.identify = (who) => {
      isAsked = true
      return identify(who)
    }
    const body = JSON.stringify({ localnode: '546051', remotenode: '2000' })
    const raw = sendRaw(app.port, [
      'POST /api/v1/nodes/connect HTTP/1.1', 'Host: a', `Cookie: ${cookie}`, `X-CSRF-Token: ${token}`, 'Content-Type: application/json',
      `Content-Length: ${body.length}`, '', body,
    ].join('\r\n'))
    closers.push(() => { raw.socket.destroy() })
    await until(() => isAsked, 'the command is under way')
    await app.close(0)
    await until(raw.ended, 'the end')
    expect(raw.text()).toMatch(/^HTTP\/1\.1 (?:202|503) /)
    expect(JSON.parse(raw.text().split('\r\n\r\n')[1] ?? '')).toMatchObject({ message: expect.any(String) as string })
  })

  it('as a process ends with 0 within 5 s of SIGTERM, viewers or not', async () => {
    needBuilt()
    const child = spawn(process.execPath, [BUILT, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
    closers.push(() => child.kill('SIGKILL'))
    let out = ''
    child.stdout.on('data', (data: Buffer) => { out += data.toString() })
    const ended = new Promise<number | null>((resolve) => { child.on('close', resolve) })
    await until(() => out.includes('Ctrl-C'), 'it runs')
    const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(out)?.[0] ?? ''
    const { data: [first] } = (await (await fetch(`${url}api/v1/nodes`)).json()) as { data: { id: string }[] }
    const viewers = Array.from({ length: 20 }, () => openSocket({ url }, `ws/${first?.id ?? ''}`))
    // One that does not read, nor agrees to the end.
    const deaf = sendRaw(Number(new URL(url).port), handshake(`/ws/${first?.id ?? ''}`, ['Sec-WebSocket-Protocol: supermon.v2']))
    closers.push(() => { deaf.socket.destroy() })
    await until(() => viewers.every(({ types }) => types.includes('snapshot')) && deaf.text().includes('101'), 'all are here')
    deaf.socket.pause()
    const from = Date.now()
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    expect(Date.now() - from).toBeLessThan(LIMIT_MS)
    for (const { types, code } of viewers) expect([types.at(-1), code]).toEqual(['goaway', 1012])
  })
})
