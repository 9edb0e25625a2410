/** What the doctor says of sockets that open and are not as browsers want them, and of those that one browser gets. */
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openAs } from '../../src/doctor/browserSocket.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { frame, opens, proofOf } from './front.ts'
import type { FrontFaults } from './front.ts'
import { examine, NODE } from './patient.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})
let fake: FakeAsterisk
beforeAll(async () => { fake = await startFakeAsterisk({ nodes: [NODE], links: 1 }) })
afterAll(() => fake.close())

const sockets = async (front: FrontFaults, holdMs = 30) => {
  const { findings } = await examine(closers, { front, tools: { holdMs } }, fake)
  return findings.filter(({ title }) => title.startsWith('Socket')).map(({ title, id, state }) => `${title}: ${state === 'ok' ? 'ok' : id}`)
}

describe('sockets through the web server', () => {
  it('are well when they are ours, and when another one greets they are not', async () => {
    expect(await sockets({ answersSocket: (request) => opens(proofOf(request), 'supermon.v2') })).toEqual(['Socket, Chrome: ok', 'Socket, Firefox: ok'])
    for (const first of ['{"type":"welcome"}', 'hello', '"hello"', 'null']) {
      expect(await sockets({ answersSocket: (request) => opens(proofOf(request), 'supermon.v2', frame(1, first)) }), first).toEqual(['Sockets: socket-other'])
    }
  })

  it('are not well when nothing comes over them', async () => {
    expect(await sockets({ answersSocket: (request) => opens(proofOf(request), 'supermon.v2', '') })).toEqual(['Sockets: socket-silent'])
  })

  it('are not well when browsers would give them up', async () => {
    expect(await sockets({ answersSocket: () => opens('bm90IHRoZSBwcm9vZiBvZiBpdA==', 'supermon.v2') })).toEqual(['Sockets: socket-other'])
    for (const protocol of [null, 'mqtt']) {
      expect(await sockets({ answersSocket: (request) => opens(proofOf(request), protocol) }), String(protocol)).toEqual(['Sockets: socket-protocol'])
    }
  })

  it('that find no place are not known to be ill: it may be full in all, or for the address that the doctor comes from', async () => {
    const { findings } = await examine(closers, {
      front: { answersSocket: (request) => opens(proofOf(request), 'supermon.v2', frame(8, '\x11\x4dtoo many connections from your address')) }, tools: { holdMs: 30 },
    }, fake)
    expect(findings.filter(({ title }) => title.startsWith('Socket'))).toEqual(Array.from({ length: 2 }, () => expect.objectContaining({
      state: 'unknown', sentence: 'The gateway already has as many sockets as it may, in all or from this address (too many connections from your address).',
    }) as unknown))
  })

  it('that only Firefox does not get are a rule\'s doing where none is passed on, and not where a thread is missing', async () => {
    const firefox = (status: number) => ({ headers, url = '' }: IncomingMessage) => (url.endsWith('/ws') && headers['user-agent']?.includes('Firefox') === true ? { status, html: '' } : null)
    for (const status of [404, 400, 426]) expect(await sockets({ instead: firefox(status) }), String(status)).toEqual(['Socket, Chrome: ok', 'Socket, Firefox: firefox-shut-out'])
    expect(await sockets({ instead: firefox(503) })).toEqual(['Socket, Chrome: ok', 'Socket, Firefox: socket-no-gateway'])
    expect(await sockets({ instead: firefox(403) })).toEqual(['Socket, Chrome: ok', 'Socket, Firefox: socket-forbidden'])
  })

  it('are given up within seconds where a refusal never ends', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined).write('HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n\r\n')
      const drip = setInterval(() => { socket.write('.') }, 100)
      socket.on('close', () => { clearInterval(drip) })
    })
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    closers.push(() => new Promise((resolve) => { server.close(resolve) }))
    const refused = await openAs(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/ws`), { browser: 'Chrome' })
    expect(refused).toMatchObject({ ok: false, status: 403, contentType: 'text/plain', body: expect.stringMatching(/^\.{10,}$/) as string })
  })
})
