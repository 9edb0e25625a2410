/** The door as bytes see it: which requests become sockets, how others are answered, and that nobody holds it open. */
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { AppOptions } from '../../src/app.ts'
import { openClub, openSocket } from '../support/club.ts'
import { handshake, sendRaw } from '../support/rawHttp.ts'
import { nodeConfig, runApp, runHeldApp, until } from '../support/running.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function scene(options: Partial<AppOptions> = {}) {
  const app = await runApp([nodeConfig('546051', 1)], options)
  closers.push(() => app.close(0))
  const send = (text: string) => {
    const raw = sendRaw(app.port, text)
    closers.push(() => { raw.socket.destroy() })
    return raw
  }
  const figure = async (name: string) => {
    const text = await (await fetch(`${app.url}metrics`)).text()
    return Number(new RegExp(`^supermon_live_${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
  }
  return { app, send, figure }
}
const bodyOf = (text: string) => JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as object
const SHAPE = { success: false, error: expect.any(String) as string, message: expect.any(String) as string }

describe('a refused upgrade', () => {
  it('is answered in the one shape, with a code, and counted', async () => {
    const { send, figure } = await scene({ limits: { attemptBurstLoopback: 3, attemptsPerMinuteLoopback: 1 } })
    const cases: [text: string, status: number, code: string][] = [
      [handshake('/nowhere'), 404, 'no-such-socket'],
      [handshake('/ws/546051').replace(/Sec-WebSocket-Key: .*\r\n/, ''), 400, 'bad-handshake'],
      [handshake('/ws/546051').replace('Version: 13', 'Version: 7'), 400, 'bad-handshake'],
      // Junk is an attempt like any other.
      [handshake('/nowhere'), 429, 'too-many-attempts'],
    ]
    for (const [text, status, code] of cases) {
      const raw = send(text)
      await until(raw.ended, `${code} is answered`)
      expect(raw.text()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
      expect(bodyOf(raw.text())).toEqual({ ...SHAPE, code })
      if (status === 429) expect(raw.text()).toMatch(/\r\nRetry-After: \d+\r\n/)
      else expect(raw.text()).toContain('Sec-WebSocket-Version: 13')
    }
    expect(await figure('refusals_total\\{limit="path",code="404"\\}')).toBe(1)
    expect(await figure('refusals_total\\{limit="handshake",code="400"\\}')).toBe(2)
  })

  it('is let go of, also by whoever keeps his side open', async () => {
    const { send } = await scene({ limits: { attemptBurstLoopback: 30, attemptsPerMinuteLoopback: 1 } })
    const raws = Array.from({ length: 60 }, () => send(handshake('/nowhere')))
    await until(() => raws.every(({ ended }) => ended()), 'all are answered')
    expect(raws.filter(({ text }) => text().includes(' 429 '))).toHaveLength(30)
    // To a connection that is half open over there one could write for ever.
    await until(() => {
      for (const { socket } of raws) if (!socket.destroyed) socket.write('.')
      return raws.every(({ gone }) => gone())
    }, () => `${raws.filter(({ gone }) => !gone()).length} are held`)
  })
})

it('a socket that answers no ping for a minute is ended, and one that does stays', async () => {
  const app = await runHeldApp([nodeConfig('546051', 1)], { sweepMs: 30_000 })
  closers.push(() => app.close(0))
  const silent = sendRaw(app.port, handshake('/ws/546051'))
  closers.push(() => { silent.socket.destroy() })
  const beside = openSocket(app, 'ws/546051')
  closers.push(() => { beside.socket.terminate() })
  let pings = 0
  beside.socket.on('ping', () => { pings += 1 })
  await until(() => silent.text().includes('"546051"') && beside.types.includes('snapshot'), 'seated')
  for (let minute = 1; minute <= 3; minute += 1) {
    app.clock.advance(60_000)
    await until(() => pings === minute || beside.code !== null, 'asked whether it lives')
    // What it says after its pong is read after it.
    beside.socket.send(`{"type":"ping","id":${minute}}`)
    await until(() => beside.frames.some((frame) => frame.type === 'pong' && frame.id === minute) || beside.code !== null, 'read')
    if (minute === 2) await until(silent.ended, 'the silent one is ended')
    expect([beside.code, silent.ended()]).toEqual([null, minute > 1])
  }
})

describe('a request for another protocol than WebSocket', () => {
  const h2c = (line: string, body = '') =>
    `${line} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n` +
    `${body === '' ? '' : `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`}\r\n${body}`

  it('is answered as if it had not asked: curl --http2', async () => {
    const { send } = await scene()
    const raw = send(h2c('GET /healthz/live'))
    await until(() => raw.text().includes('{"status":"ok"}'), 'answered')
    expect(raw.text()).toMatch(/^HTTP\/1\.1 200 /)
    // The connection is still HTTP, for more of either kind.
    raw.socket.write(`GET /api/v1/nothing HTTP/1.1\r\nHost: a\r\n\r\n${h2c('GET /health')}`)
    await until(() => raw.text().includes('no-such-route') && raw.text().includes('"version":"test"'), 'and again')
    const socket = send(h2c('GET /ws/546051'))
    await until(() => socket.text().includes('no-such-route'), 'a socket it is not')
  })

  it('keeps its body, and what it is counted by', async () => {
    const { app } = await openClub(closers, 'read', { limits: { requestBurst: 2, requestsPerMinute: 1 } })
    const raw = sendRaw(app.port, h2c('POST /api/v1/auth/login', JSON.stringify({ username: 'W5GLE', password: 'wrong' })))
    closers.push(() => { raw.socket.destroy() })
    await until(() => raw.text().includes('bad-credentials'), 'the body was read')
    const far = sendRaw(app.port, h2c('GET /healthz').replace('Host: a', 'Host: a\r\nX-Forwarded-For: 198.51.100.7').repeat(3))
    closers.push(() => { far.socket.destroy() })
    await until(() => far.text().includes('too-many-requests'), 'counted')
  })
})

describe('W-4 messages', () => {
  it('are text and uncompressed, whatever the client offers', async () => {
    const { app, send } = await scene()
    const seen = openSocket(app, 'ws/546051')
    closers.push(() => { seen.socket.terminate() })
    await until(() => seen.types.includes('snapshot'), 'a snapshot')
    // `ws` offers compression by itself.
    expect(seen.socket.extensions).toBe('')
    const kinds: boolean[] = []
    const other = new WebSocket(`ws://127.0.0.1:${app.port}/ws/546051`, 'supermon.v2', { perMessageDeflate: { threshold: 0 } })
    closers.push(() => { other.terminate() })
    other.on('message', (_data, isBinary) => { kinds.push(isBinary) })
    await until(() => kinds.length >= 2, 'hello and snapshot')
    expect(kinds).not.toContain(true)
    const raw = send(handshake('/ws/546051', ['Sec-WebSocket-Protocol: supermon.v2', 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits']))
    await until(() => raw.text().includes('"snapshot"'), 'readable as it is')
    expect(raw.text()).not.toMatch(/Sec-WebSocket-Extensions/i)
  })
})
