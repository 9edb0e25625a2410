/** Strangers: the process lives, other viewers see no gap, memory returns, and Asterisk reads nothing of theirs. */
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { openSocket } from '../support/club.ts'
import { handshake, sendRaw } from '../support/rawHttp.ts'
import { until } from '../support/running.ts'
import { fuzzFrames, fuzzRequests, masked, open, stayHalfOpen, trickle } from './attacks.ts'
import { HUB, NODE, SECRET, stage, strangeLines } from './stage.ts'
import type { Scene } from './stage.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** `npm run fuzz` asks for more. */
const COUNT = Number(process.env['FUZZ_COUNT'] ?? 100_000)
const SEED = Number(process.env['FUZZ_SEED'] ?? 1)
const MB = 1024 * 1024
/** Nobody is kept from anything by the pace of his address: what is tried here is what lies behind it. */
const NO_PACE = { attemptBurstLoopback: 1e6, requestBurstLoopback: 1e7, viewersPerLoopback: 2_000 }

const V2 = ['Sec-WebSocket-Protocol: supermon.v2']

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function onStage(options: Parameters<typeof stage>[0] = {}): Promise<Scene> {
  const scene = await stage({ ...options, limits: { ...NO_PACE, ...options.limits } })
  ends.push(() => scene.end())
  return scene
}

/** What this process holds: bytes in use, bytes of the machine, and, where the system tells (Linux), open files and sockets. */
function held() {
  collect()
  const { heapUsed, rss } = process.memoryUsage()
  return { heapUsed, rss, files: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0 }
}
async function expectReturned(before: ReturnType<typeof held>): Promise<void> {
  const more = () => {
    const now = held()
    return { heap: now.heapUsed - before.heapUsed, rss: now.rss - before.rss, files: now.files - before.files }
  }
  // The machine's memory is given back late, if at all: only a flood that was kept would be this much.
  const returned = ({ heap, rss, files }: ReturnType<typeof more>) => heap < 24 * MB && rss < 250 * MB && files < 20
  let left = more()
  // Each look collects garbage, which is work by itself.
  for (let i = 0; i < 40 && !returned(left); i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 250))
    left = more()
  }
  expect(returned(left), JSON.stringify(left)).toBe(true)
}

async function expectUnharmed({ verdict, ami, viewer }: Scene): Promise<void> {
  const { keyups, seen, gaps, closed } = await verdict()
  expect(keyups).toBeGreaterThan(0)
  expect({ seen, gaps, closed }).toEqual({ seen: keyups, gaps: 0, closed: null })
  expect(strangeLines(ami.sent())).toEqual([])
  expect(JSON.stringify(viewer.frames)).not.toContain(SECRET)
  viewer.frames.length = 0
}

describe('strangers', () => {
  it(`send ${COUNT} frames and requests, some of them signed in, while others trickle or stay half open; nobody notices`, { timeout: 60_000 + COUNT * 2 }, async () => {
    const scene = await onStage({ limits: { messageBurst: 1e6, snapshotBurst: 100 } })
    const sessions = [await scene.session('W5GLE'), await scene.session('WB6NIL')]
    await fuzzRequests(scene, sessions, 400, SEED)
    const before = held()
    const waiting = Promise.all([trickle(scene), stayHalfOpen(scene)])
    const frames = Math.floor(COUNT * 0.85)
    await fuzzFrames(scene, '/ws', V2, Math.floor(frames / 2), SEED + 1)
    await fuzzFrames(scene, `/ws/${HUB}`, V2, Math.floor(frames / 4), SEED + 2)
    await fuzzFrames(scene, `/ws/${HUB}`, [], Math.ceil(frames / 4), SEED + 3)
    const statuses = await fuzzRequests(scene, sessions, COUNT - frames, SEED + 4)
    await waiting
    // Those behind a request that is no HTTP have no answer; most have one, or nothing was tested.
    expect([...statuses.values()].reduce((sum, times) => sum + times, 0)).toBeGreaterThan((COUNT - frames) * 0.6)
    expect([...statuses.keys()].filter((status) => status >= 500 && status !== 503)).toEqual([])
    // Commands, sign-in, tickets and rights were reached, and not only the door before them.
    expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 202, 400, 401, 403, 404, 405, 429]))
    expect(scene.ami.sent()).toMatch(/^Command: rpt cmd /m)
    await expectUnharmed(scene)
    await expectReturned(before)
  })

  it('connect five hundred at once and leave', { timeout: 150_000 }, async () => {
    const scene = await onStage()
    const before = held()
    const raws = Array.from({ length: 500 }, () => sendRaw(scene.app.port, handshake(`/ws/${NODE}`, V2)))
    await until(() => raws.every(({ text }) => text().startsWith('HTTP/1.1 101')), 'each was answered', 60_000)
    for (const { socket } of raws) socket.destroy()
    await expectUnharmed(scene)
    await expectReturned(before)
  })

  // The loop is not held up by those who attack, or the test would be one who does.
  it('ask for much with little: one node named 500 times in a message, states without reading them, bytes and pings without end', async () => {
    const scene = await onStage({ limits: { messageBurst: 5_000, snapshotBurst: 1e6, lagSeconds: 1 } })
    const first = open(scene, `/ws/${HUB}`)
    const kilobytes = await new Promise<number>((resolve) => { first.on('message', (data: Buffer) => { if (data.length > 20_000) resolve(data.length / 1024) }) })
    first.terminate()
    const before = held()
    const bytesBefore = await scene.figure('bytes_sent_total')

    const many = JSON.stringify({ type: 'subscribe', nodes: Array.from({ length: 500 }, () => ({ node: HUB })) })
    const repeating = Array.from({ length: 5 }, () => open(scene, '/ws'))
    const deaf = Array.from({ length: 5 }, () => open(scene, `/ws/${HUB}`))
    const flooding = [`/ws/${HUB}`, '/ws'].map((path) => sendRaw(scene.app.port, handshake(path, V2)))
    const all = [...repeating, ...deaf]
    await until(() => all.every(({ readyState }) => readyState === WebSocket.OPEN), 'all are in')
    for (const socket of deaf) socket.pause()
    for (const socket of repeating) for (let i = 0; i < 5; i += 1) socket.send(many)
    for (const socket of deaf) for (let i = 0; i < 250; i += 1) socket.send(`{"type":"resync","node":"${HUB}"}`)
    // Bytes that are no text, and pings.
    for (const [i, opcode] of [2, 9].entries()) flooding[i]?.socket.write(Buffer.concat(Array.from({ length: 20_000 }, (_, n) => masked(opcode, Buffer.from([n & 255])))))
    await until(() => flooding.every(({ ended }) => ended()), 'who floods is sent away', 60_000)
    // Who does not read is sent away for it, or for going on asking, by what the system's buffers hold.
    const sentAway = async () => (await scene.figure('refusals_total\\{limit="lagSeconds",code="4408"\\}')) + (await scene.figure('refusals_total\\{limit="messagesPerSecond",code="4429"\\}'))
    await expect.poll(sentAway, { timeout: 60_000 }).toBe(deaf.length + flooding.length)
    // One state a message for who reads; for who does not, what the system's own buffers take.
    const megabytes = ((await scene.figure('bytes_sent_total')) - bytesBefore) / MB
    expect(megabytes).toBeLessThan((5 * 5 * kilobytes) / 1024 + deaf.length * 12 + 8)
    for (const socket of all) socket.terminate()
    for (const { socket } of flooding) socket.destroy()
    await expectUnharmed(scene)
    await expectReturned(before)
  }, 150_000)

  it('come from pages of other sites, and with tickets that are spent, stolen or made up', async () => {
    const scene = await onStage({ limits: { viewersPerLoopback: 20 } })
    const [mine, other] = [await scene.session('W5GLE'), await scene.session('WB6NIL')]
    const ticket = async ({ cookie }: { cookie: string }) => {
      const answer = await fetch(`${scene.app.url}api/v1/nodes/${HUB}/websocket/token`, { headers: { cookie } })
      return ((await answer.json()) as { token: string }).token
    }
    const used = await ticket(mine)
    const good = openSocket(scene.app, `ws/${HUB}?ticket=${used}`, { cookie: mine.cookie })
    await until(() => good.types.includes('snapshot'), 'a good ticket opens')
    const attempts: [code: number, path: string, headers: Record<string, string>][] = []
    for (let i = 0; i < 10; i += 1) {
      attempts.push([4401, `ws/${HUB}?ticket=${used}`, { cookie: mine.cookie }])
      attempts.push([4401, `ws/${HUB}?ticket=${await ticket(mine)}`, { cookie: other.cookie }])
      attempts.push([4401, `ws/${NODE}?ticket=${await ticket(mine)}`, { cookie: mine.cookie }])
      attempts.push([4401, `ws/${HUB}?ticket=${i.toString(16).repeat(48).slice(0, 48)}`, {}])
      for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1.evil.example', `http://127.0.0.1:${scene.app.port + 1}`]) {
        attempts.push([4503, `ws/${HUB}`, { origin, cookie: mine.cookie }])
      }
    }
    // A few at a time: who is refused takes a place only until he is told.
    for (let i = 0; i < attempts.length; i += 8) {
      const tried = attempts.slice(i, i + 8).map(([code, path, headers]) => ({ code, path, headers, seen: openSocket(scene.app, path, headers) }))
      await until(() => tried.every(({ seen }) => seen.code !== null), 'each is refused')
      for (const { code, path, headers, seen } of tried) expect([seen.code, seen.types], `${path} ${JSON.stringify(headers)}`).toEqual([code, []])
    }
    expect(good.code).toBeNull()
    good.socket.terminate()
    expect(await scene.figure('refusals_total\\{limit="ticket",code="4401"\\}')).toBe(40)
    expect(await scene.figure('refusals_total\\{limit="origin",code="4503"\\}')).toBe(40)
    await expectUnharmed(scene)
  })

  it('send messages that are too long, in pieces without end, or no WebSocket frames at all', async () => {
    const scene = await onStage()
    const before = held()
    const hello = handshake(`/ws/${HUB}`, ['Sec-WebSocket-Protocol: supermon.v2'])
    const masked = (first: number, length: number) => Buffer.concat([Buffer.from([first, 0x80 | 125, 1, 2, 3, 4]), Buffer.alloc(length, 0x41)])
    const attacks: Record<string, Buffer> = {
      'announces 16 MB': Buffer.concat([Buffer.from([0x81, 0xff, 0, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3, 4]), Buffer.alloc(64)]),
      'is fragmented without end': Buffer.concat([masked(0x01, 125), ...Array.from({ length: 4_000 }, () => masked(0x00, 125))]),
      'is not masked': Buffer.from([0x81, 0x02, 0x7b, 0x7d]),
      'has an unknown opcode': Buffer.from([0x8b, 0x80, 1, 2, 3, 4]),
      'has reserved bits': Buffer.from([0xf1, 0x80, 1, 2, 3, 4]),
      'is not UTF-8': Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]),
      'is HTTP': Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
    }
    const ended = await Promise.all(
      Object.entries(attacks).map(
        ([name, bytes]) =>
          new Promise<string>((resolve) => {
            const socket = connect(scene.app.port, '127.0.0.1', () => { socket.write(hello); socket.write(bytes) })
            socket.on('error', () => undefined)
            socket.resume()
            socket.on('close', () => { resolve(name) })
          }),
      ),
    )
    expect(ended).toEqual(Object.keys(attacks))
    await expectUnharmed(scene)
    await expectReturned(before)
  })
})
