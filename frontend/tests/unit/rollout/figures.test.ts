import * as v from 'valibot'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { figuresSchema, LATENCY_EDGES, MAX_REPORT } from '../../../../protocol/rollout.ts'
import type { Figures, Way } from '../../../../protocol/rollout.ts'
import { keyedAt as keyedAtOf, toStatusRow } from '../../../../protocol/statusRow.ts'
import { familyOf } from '../../../src/env/rolloutEnv.ts'
import { FigureBook } from '../../../src/services/rollout/figures.ts'
import { hello, link, patch, snapshot } from '../support/frames.ts'
import { holdTime, pass } from '../support/scriptedEnv.ts'
import type { ScriptedSocket } from '../support/scriptedEnv.ts'
import { settle, world } from './world.ts'
import type { World } from './world.ts'

const A = '546051'
const URL_OF = 'http://gateway.test/supermon-ng/api/v1/rollout/figures'

let on: World
let book: FigureBook
/** What was sent by beacon, as the gateway reads it. */
let sent: Figures[]
let takesBeacons: boolean
let paints: (() => void)[]

beforeEach(() => {
  holdTime()
  on = world()
  on.rows = { [A]: toStatusRow(A, { ...EMPTY_NODE, reach: 'up' }, Date.now()) }
  sent = []
  paints = []
  takesBeacons = true
  book = new FigureBook({
    client: on.client,
    env: {
      afterPaint: (fn) => paints.push(fn),
      beacon(url, body) {
        expect(url).toBe(URL_OF)
        if (takesBeacons) sent.push(v.parse(figuresSchema, JSON.parse(body)))
        return takesBeacons
      },
      browser: () => 'firefox',
    },
  })
})
afterEach(() => {
  book.dispose()
  on.end()
  vi.useRealTimers()
})

function paint(): void {
  for (const fn of paints.splice(0)) fn()
}
async function live(): Promise<ScriptedSocket> {
  await settle()
  const socket = on.env.last()
  socket.accept()
  socket.say(hello())
  socket.say(snapshot(A, { links: { '2000': link(), '48752': link() } }))
  await settle()
  return socket
}
/** Time passes, and the server beats. */
async function quiet(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 10_000) {
    await pass(Math.min(left, 10_000))
    for (const socket of on.env.held()) if (socket.readyState === 1) socket.say({ type: 'beat', at: Date.now(), nodes: {} })
  }
}
const watch = (node = A) => void on.client.ladder.watch(node)
const inOn = (percent = 10) => { book.setSegment({ group: 'on', percent }) }
const last = () => sent.at(-1) ?? expect.fail('nothing was sent')
const sum = (report: Figures) => Object.values(report.ms).reduce<number>((a, b) => a + (b ?? 0), 0)

describe('the figures of a page', () => {
  it('are sent once a minute while it is seen, for its group and stage, by what fed it', async () => {
    inOn()
    watch()
    await live()
    await quiet(60_000)
    expect(sent).toHaveLength(1)
    expect(last()).toMatchObject({ v: 1, group: 'on', percent: 10, browser: 'firefox' })
    expect(last().ms.socket).toBeGreaterThan(59_900)
    expect(sum(last())).toBe(60_000)
    await quiet(60_000)
    expect(sent).toHaveLength(2)
    expect(last().ms).toEqual({ socket: 60_000 })
  })

  it('are sent when the page is hidden and when it is left, and not while it is hidden', async () => {
    inOn()
    watch()
    await live()
    await pass(5_000)
    on.env.signal('hidden')
    expect(sent).toHaveLength(1)
    await pass(3_600_000)
    expect(sent).toHaveLength(1)
    on.env.signal('pagehide')
    expect(sent).toHaveLength(2)
    expect(last().ms.socket).toBe(3_600_000)
  })

  it('count a node that is not there as refused, also while it is asked for again', async () => {
    inOn()
    watch()
    ;(await live()).end(4504)
    await quiet(60_000)
    for (let s = 0; s < 60 && on.env.sockets.length === 1; s += 1) await pass(1_000)
    await pass(5_000)
    on.env.last().end(4504)
    on.env.signal('hidden')
    expect(on.env.sockets).toHaveLength(2)
    expect(Object.keys(last().ms)).toEqual(['refused'])
  })

  it('are not sent where nothing was watched, nor before it is known whose they are', async () => {
    await pass(600_000)
    inOn()
    await pass(600_000)
    on.env.signal('pagehide')
    expect(sent).toEqual([])
    const other = world()
    other.end()
  })

  it('of one group are sent before those of the other begin', async () => {
    inOn()
    watch()
    await live()
    await pass(20_000)
    book.setSegment({ group: 'on', percent: 10 })
    expect(sent).toHaveLength(0)
    book.setSegment({ group: 'off', percent: 10 })
    expect(last()).toMatchObject({ group: 'on' })
    on.client.sockets.setFlag(false)
    await pass(10_000)
    book.setSegment({ group: 'off', percent: 50 })
    expect(last()).toMatchObject({ group: 'off', percent: 10 })
    expect(last().ms.polling).toBeGreaterThan(9_900)
    expect(last().requests).toMatchObject({ saved: 0 })
  })

  it('count the requests made, and those that polling would have made in the socket\'s place', async () => {
    inOn()
    watch()
    await live()
    on.env.act()
    // 30 s of use are 30 questions, 20 s of none are 4 more.
    await quiet(50_000)
    on.env.signal('hidden')
    expect(last().requests).toEqual({ made: 0, saved: 34 })
    // A hidden page asks every 10 s.
    await pass(100_000)
    on.env.signal('visible')
    book.flush()
    expect(last().requests).toEqual({ made: 0, saved: 10 })
    on.client.sockets.setFlag(false)
    on.env.act()
    await pass(5_000)
    book.flush()
    expect(last().requests.made).toBeGreaterThanOrEqual(5)
    expect(last().requests.saved).toBe(0)
  })

  it('lose no part of a request between two reports', async () => {
    inOn()
    watch()
    await live()
    for (let times = 0; times < 20; times += 1) {
      await pass(500)
      book.flush()
    }
    expect(sent.reduce((all, { requests }) => all + requests.saved, 0)).toBe(10)
  })

  it('count falls to polling by their reason, reconnects, and gaps, once for a page', async () => {
    inOn()
    watch()
    watch('2000')
    await settle()
    for (const [at, socket] of on.env.held().entries()) {
      socket.accept()
      socket.say(hello())
      socket.say(snapshot(at === 0 ? A : '2000'))
    }
    const [first] = on.env.held()
    first?.say(patch(A, 5, { rx: true }))
    await pass(10_000)
    for (const socket of on.env.held()) socket.end(1006)
    for (let at = 0; at < 100; at += 1) {
      await pass(100)
      for (const socket of on.env.held()) if (socket.readyState === 0 && at < 90) socket.end(1006)
    }
    for (let at = 0; at < 400 && !on.client.sockets.isNodeConnected(A); at += 1) {
      for (const socket of on.env.held()) {
        if (socket.readyState !== 0) continue
        socket.accept()
        socket.say(hello())
      }
      await pass(100)
    }
    await pass(3_000)
    book.flush()
    const total = (of: (report: Figures) => number) => sent.reduce((all, report) => all + of(report), 0)
    expect([total(({ gaps }) => gaps), total(({ reconnects }) => reconnects)]).toEqual([1, 1])
    expect(total(({ fallbacks }) => fallbacks['socket-closed'] ?? 0)).toBe(1)
    expect(new Set(sent.flatMap(({ fallbacks }) => Object.keys(fallbacks)))).toEqual(new Set(['socket-closed']))
  })

  it.each<[Way, () => unknown, number]>([
    ['trying', () => undefined, 2_000],
    ['polling', () => { on.client.sockets.setFlag(false) }, 20_000],
    ['stale', () => {
      on.env.respond = () => Promise.reject(new Error('no server'))
      on.client.sockets.setFlag(false)
    }, 20_000],
    ['offline', () => { on.env.signal('offline') }, 40_000],
  ])('call the time without a socket what it was: %s', async (way, begin, ms) => {
    inOn()
    watch()
    await settle()
    begin()
    if (way === 'offline') {
      await settle()
      on.env.last().end(1006)
    }
    await pass(ms / 2)
    sent.length = 0
    book.flush()
    await pass(ms / 2)
    book.flush()
    expect(Math.max(...Object.values(last().ms).map((spent) => spent ?? 0))).toBe(last().ms[way])
  })

  it('do not count a machine\'s sleep as watching', async () => {
    inOn()
    watch()
    await live()
    book.flush()
    vi.setSystemTime(Date.now() + 8 * 3_600_000)
    await pass(61_000)
    book.flush()
    expect(sent.slice(1).reduce((all, report) => all + sum(report), 0)).toBeLessThan(200_000)
  })

  it('are of a shape and size that the gateway takes, however bad the page fares', async () => {
    inOn()
    watch()
    await settle()
    for (let i = 0; i < 100; i += 1) book.mismatch(`field${i}`, 'ä'.repeat(200))
    book.compared(100)
    await pass(1_000)
    book.flush()
    expect(new TextEncoder().encode(JSON.stringify(last())).length).toBeLessThanOrEqual(MAX_REPORT)
    expect(last().mismatches.length).toBeGreaterThan(5)
    expect(last().compared).toBe(100)
  })

  it('name no node', async () => {
    inOn()
    watch()
    const socket = await live()
    socket.say(patch(A, 9, { rx: true }))
    await quiet(60_000)
    expect(JSON.stringify(sent)).not.toMatch(/546051|2000|48752|gateway/)
  })
})

describe('a key-up', () => {
  const bucketOf = (ms: number) => LATENCY_EDGES.findIndex((edge) => ms <= edge)
  const all = ({ latency }: Figures) => latency.reduce<number>((a, b) => a + (b ?? 0), 0)
  it('is timed from the server\'s word to the paint, once for an update', async () => {
    inOn()
    watch()
    const socket = await live()
    await pass(1_000)
    const keyed = { ...patch(A, 2, { links: { '2000': { keyed: true }, '48752': { keyed: true } } }), at: Date.now() }
    await pass(40)
    socket.say(keyed)
    await pass(30)
    paint()
    socket.say(patch(A, 3, { links: { '2000': { keyed: false } } }))
    paint()
    book.flush()
    expect(last().latency[bucketOf(70)]).toBe(1)
    expect(all(last())).toBe(1)
  })

  it('of the node\'s own receiver counts too, one that was there at the beginning does not', async () => {
    inOn()
    watch()
    await settle()
    on.env.last().accept()
    on.env.last().say(hello())
    on.env.last().say(snapshot(A, { rx: true }))
    expect(paints).toHaveLength(0)
    await settle()
    on.env.last().say(patch(A, 2, { rx: false }))
    on.env.last().say(patch(A, 3, { rx: true }))
    expect(paints).toHaveLength(1)
  })

  it('is not timed on a page that nobody sees', async () => {
    inOn()
    watch()
    const socket = await live()
    on.env.signal('hidden')
    socket.say(patch(A, 2, { rx: true }))
    expect(paints).toHaveLength(0)
    on.env.signal('visible')
    socket.say(patch(A, 3, { rx: false }))
    socket.say(patch(A, 4, { rx: true }))
    on.env.signal('hidden')
    paint()
    on.env.signal('visible')
    await pass(61_000)
    expect(sent.flatMap(({ latency }) => latency).every((count) => count === 0)).toBe(true)
  })

  it('that a poll brings is timed from when the link was keyed, as exactly as the row says it', async () => {
    inOn()
    on.client.sockets.setFlag(false)
    const row = (keyed: boolean, keyedAt: number) => {
      const state = { ...EMPTY_NODE, reach: 'up' as const, rx: keyed, links: { '2000': link({ keyed, lastKeyedAt: keyedAt }) } }
      return { [A]: { ...toStatusRow(A, state, Date.now()), keyed_at: keyedAtOf(state) } }
    }
    on.rows = row(false, Date.now() - 600_000)
    watch()
    await pass(2_500)
    const keyedAt = Date.now() - 3_400
    on.rows = row(true, keyedAt)
    await pass(1_000)
    paint()
    book.flush()
    // Its answer came up to a second later; `last_keyed` alone would say 3 s or 4 s.
    expect(all(last())).toBe(1)
    expect(last().latency[bucketOf(3_400)]).toBe(1)
  })
})

describe('a gateway', () => {
  const posts = () => on.env.fetches.filter(({ url }) => url === URL_OF)
  it.each([404, 410])('that answers %i is not told again', async (status) => {
    takesBeacons = false
    const { respond } = on.env
    on.env.respond = (url, init) => (url === URL_OF ? Promise.resolve(new Response('', { status })) : respond(url, init))
    inOn()
    watch()
    await live()
    await pass(600_000)
    expect(posts()).toHaveLength(1)
    expect(posts()[0]?.init).toMatchObject({ method: 'POST', keepalive: true, headers: { 'content-type': 'application/json' } })
  })

  it('that cannot be reached, or is busy, is told the next ones', async () => {
    takesBeacons = false
    inOn()
    watch()
    await live()
    const { respond } = on.env
    on.env.respond = (url, init) => (url === URL_OF ? Promise.reject(new Error('no server')) : respond(url, init))
    await pass(120_000)
    expect(posts()).toHaveLength(2)
    on.env.respond = (url, init) => (url === URL_OF ? Promise.resolve(new Response('', { status: 429 })) : respond(url, init))
    await pass(120_000)
    expect(posts()).toHaveLength(4)
  })
})

it('leaves nothing behind', async () => {
  inOn()
  watch()
  await live()
  await pass(1_000)
  const { size } = on.env.activity
  book.dispose()
  expect(sent).toHaveLength(1)
  expect([on.env.activity.size, on.client.sockets.observers.size, on.client.diagnostics.size]).toEqual([size - 1, 0, 0])
})

it.each([
  ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36', 'chromium'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0', 'chromium'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0', 'firefox'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15', 'safari'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.0.0 Mobile/15E148 Safari/604.1', 'safari'],
  ['curl/8.0', 'other'],
])('knows the family of %s', (userAgent, family) => {
  expect(familyOf(userAgent)).toBe(family)
})
