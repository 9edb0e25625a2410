import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../../protocol/statusRow.ts'
import { report } from '../../../../bench/storm.ts'
import type { Outage } from '../../../../bench/storm.ts'
import type { ConnectionState } from '../../../src/services/connectionState.ts'
import { fallbackAfter, notBefore } from '../../../src/services/fallback.ts'
import { LiveClient } from '../../../src/services/liveClient.ts'
import { PollingService, waitAfterAnswer, waitAfterError } from '../../../src/services/PollingService.ts'
import { RetryAfterError } from '../../../src/services/retryAfter.ts'
import { rngOf } from '../../simulation/rng.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from '../support/scriptedEnv.ts'

const A = '546051'
const waiting = (until: number, reason: object = {}): ConnectionState => ({
  status: 'waiting', until, attempt: 1, reason: { code: 'socket-closed', message: 'x', ...reason },
})

describe('when a node without a socket is polled', () => {
  it('after 2.5 s where this page is alone in its trouble, however the dice fall', () => {
    expect(fallbackAfter({ status: 'connecting', since: 0, attempt: 1 }, 0.9)).toBe(2_500)
    expect(fallbackAfter(waiting(9_000, { code: 'silent', spreadMs: 0 }), 0.9)).toBe(2_500)
  })

  it('up to 5 s later after a close, which may have met everybody, or as much later as the server asks, within reason', () => {
    expect(fallbackAfter(waiting(9_000), 0.5)).toBe(5_000)
    expect(fallbackAfter(waiting(9_000, { code: 'goaway', spreadMs: 10_000 }), 0.5)).toBe(7_500)
    expect(fallbackAfter(waiting(9_000, { code: 'goaway', spreadMs: 3_600_000 }), 0.999)).toBeLessThan(17_500)
  })

  it('not before a try that is near, nearer still than after a goodbye', () => {
    expect(notBefore(waiting(3_400), 2_500, 2_500)).toBe(4_400)
    expect(notBefore(waiting(3_600), 2_500, 2_500)).toBe(2_500)
    expect(notBefore(waiting(3_600, { code: 'goaway' }), 2_500, 2_500)).toBe(4_600)
    expect(notBefore(waiting(2_000), 2_500, 2_500)).toBe(2_500)
  })

  it('at a pace that comes back by halves after failures', () => {
    expect(waitAfterAnswer(0, 1_000, 0.5)).toBe(1_000)
    expect(waitAfterAnswer(1, 1_000, 0.5)).toBe(1_000)
    expect(waitAfterAnswer(5, 1_000, 0.5)).toBe(waitAfterError(2, 1_000, 0.5))
  })
})

describe('polling after an outage', () => {
  beforeEach(() => { holdTime() })
  afterEach(() => { vi.useRealTimers() })

  it('does not go on at full pace with the first answer, but soon', async () => {
    let up = false
    const asked: number[] = []
    const poller = new PollingService({
      env: scriptedEnv(),
      job: () => {
        if (up) asked.push(Date.now())
        return up ? Promise.resolve() : Promise.reject(new Error('down'))
      },
    })
    poller.start()
    await pass(60_000)
    up = true
    await pass(60_000)
    poller.stop()
    const gaps = asked.slice(1).map((at, i) => at - asked[i]!)
    // 60 s of failures are six of them; three, then one are left of that, and the page has been idle since long.
    expect(gaps.slice(0, 4)).toEqual([10_500, 5_000, 5_000, 5_000])
  })

  it('comes back to the pace of a page that is used by halves, step by step', async () => {
    let up = false
    const asked: number[] = []
    const env = scriptedEnv()
    const poller = new PollingService({
      env,
      job: () => {
        if (up) asked.push(Date.now())
        return up ? Promise.resolve() : Promise.reject(new Error('down'))
      },
    })
    const use = async (seconds: number) => {
      for (let i = 0; i < seconds; i += 1) {
        env.act()
        await pass(1_000)
      }
    }
    poller.start()
    await use(60)
    const { retryCount } = poller.getState()
    up = true
    await use(40)
    poller.stop()
    const steps = [retryCount, retryCount >> 1, retryCount >> 2].map((failures) => waitAfterAnswer(failures, 1_000, 0.5))
    expect(steps).toEqual([8_500, 2_500, 1_000])
    expect(asked.slice(1).map((at, i) => at - asked[i]!).slice(0, 4)).toEqual([...steps, 1_000])
  })

  it('leaves a server alone for as long as it asks, whatever happens to the page, its user or what it watches', async () => {
    const env = scriptedEnv()
    let asked = 0
    const poller = new PollingService({ env, job: () => (asked++ === 0 ? Promise.reject(new RetryAfterError('busy', 60_000)) : Promise.resolve()) })
    poller.start()
    await pass(0)
    const events = [
      () => { env.signal('online') }, () => { env.signal('hidden'); env.signal('visible') }, () => { env.act() }, () => { poller.askNow() }, () => { poller.wake() },
      () => { poller.stop(); poller.start() },
    ]
    for (const happens of events) {
      happens()
      await pass(9_000)
      expect(asked).toBe(1)
    }
    await pass(6_000)
    expect(asked).toBe(2)
    poller.stop()
  })
})

interface Page {
  readonly client: LiveClient
  readonly env: ScriptedEnv
  readonly socket: ScriptedSocket
}

describe('real pages, let go in one moment', () => {
  const pages: Page[] = []
  beforeEach(() => { holdTime() })
  afterEach(() => {
    for (const { client } of pages.splice(0)) client.dispose()
    vi.useRealTimers()
  })

  async function open(count: number, topology: 'per-node' | 'shared' = 'per-node', nodes = [A]): Promise<void> {
    const opened: { client: LiveClient; env: ScriptedEnv }[] = []
    for (let i = 0; i < count; i++) {
      const env = scriptedEnv(rngOf(i, 6).next)
      const client = new LiveClient({ env, topology })
      for (const node of nodes) void client.ladder.watch(node)
      opened.push({ client, env })
    }
    await pass(2)
    for (const { client, env } of opened) {
      for (const socket of env.sockets) {
        socket.accept()
        socket.say({ type: 'hello', at: Date.now(), beatMs: 20_000, server: { name: 't', version: '0' }, limits: { messageBytes: 1, nodes: 1 }, features: [] })
      }
      pages.push({ client, env, socket: env.last() })
    }
  }
  /** When each page asked by poll, from now on, for `ms`; the server answers, and takes no sockets. */
  async function pollsOf(ms: number): Promise<number[][]> {
    const from = Date.now()
    const polls = pages.map(() => [] as number[])
    pages.forEach(({ env }, i) => {
      env.respond = (url) => {
        if (!url.includes('/ami/status')) return Promise.resolve(new Response('', { status: 404 }))
        polls[i]?.push(Date.now() - from)
        const data = Object.fromEntries((new URL(url).searchParams.get('nodes') ?? '').split(',').map((id) => [id, toStatusRow(id, EMPTY_NODE, Date.now())]))
        return Promise.resolve(Response.json({ success: true, data, at: Date.now() }))
      }
    })
    for (let at = 0; at < ms; at += 100) {
      for (const { env } of pages) for (const socket of env.held()) if (socket.readyState === 0) socket.end()
      await pass(100)
    }
    return polls
  }
  const peakOf = (outage: Outage, polls: number[][]) =>
    report(outage, polls.map((each) => ({ tries: [], polls: each, backAt: 0 }))).firstPolls

  const NOW: Outage = { name: '', ms: 0, spreadMs: null, most: { sockets: 0, polls: 0 } }
  it.each([
    ['a goodbye with a spread', (page: Page) => { page.socket.say({ type: 'goaway', at: Date.now(), reason: 'restart', spreadMs: 10_000 }) }],
    ['a crash', (page: Page) => { page.socket.end(1006) }],
  ])('do not poll in step: %s', async (_name, letGo) => {
    await open(40)
    for (const page of pages) letGo(page)
    const polls = await pollsOf(14_000)
    expect(polls.filter((each) => each.length > 0).length).toBeGreaterThan(37)
    expect(Math.min(...polls.flat())).toBeGreaterThanOrEqual(2_400)
    // 40 over 5 or 10 s are less than 1 in a tenth of a second; in step they would be 40.
    expect(peakOf(NOW, polls)).toBeLessThanOrEqual(6)
  })

  it.each([
    ['over 10 s where the server asked for that', 10_000, (page: Page) => { page.socket.say({ type: 'goaway', at: Date.now(), reason: 'flag-off', spreadMs: 10_000 }) }],
    ['over 2.5 s where it said nothing', 2_500, (page: Page) => { page.socket.end(4030) }],
  ])('poll without any grace when sockets are switched off, as no try is coming, spread %s', async (_how, spread, letGo) => {
    await open(40)
    for (const page of pages) letGo(page)
    const firsts = (await pollsOf(spread + 1_000)).map((each) => each[0] ?? Number.NaN)
    expect(Math.min(...firsts)).toBeLessThan(spread / 10)
    expect(Math.max(...firsts)).toBeGreaterThan(spread * 0.8)
    expect(Math.max(...firsts)).toBeLessThan(spread + 200)
    expect(firsts.filter((at) => at < spread / 2).length).toBeGreaterThan(10)
  })

  it.each([
    ['the flag is off', (page: Page) => { page.client.sockets.setFlag(false) }],
    ['the server lets go of it alone', (page: Page) => { page.socket.say({ type: 'goaway', at: Date.now(), reason: 'flag-off', spreadMs: 0 }) }],
  ])('poll at once where %s: whoever switches off has spread the pages already', async (_how, letGo) => {
    await open(3)
    for (const page of pages) letGo(page)
    expect((await pollsOf(500)).every(([first]) => first !== undefined && first < 200)).toBe(true)
  })

  it('poll at once also when the flag goes off while a try is waited for', async () => {
    await open(1)
    const [{ client, socket } = expect.fail()] = pages
    socket.end(1006)
    await pollsOf(1_000)
    client.sockets.setFlag(false)
    const [polls] = await pollsOf(300)
    expect(polls?.[0]).toBeLessThan(200)
  })

  it('polls at 2.5 s where only this page found its socket dead after sleep', async () => {
    await open(1)
    await pass(10_000)
    pages[0]?.env.signal('visible')
    // The ping has no answer.
    await pass(2_600)
    expect(pages[0]?.client.sockets.getNodeState(A).status).not.toBe('live')
    const [polls] = await pollsOf(3_700)
    expect(polls?.[0]).toBeLessThanOrEqual(3_600)
  })

  it('asks once for all nodes of a page that fell together', async () => {
    await open(1, 'per-node', [A, '546055', '2000'])
    const { env } = pages[0]!
    for (const socket of [...env.sockets]) socket.end(1006)
    await pollsOf(12_000)
    const asked = env.fetches.flatMap(({ url }) => new URL(url).searchParams.get('nodes') ?? [])
    expect(asked[0]).toBe(`${A},546055,2000`)
  })
})
