/**
 * The client over the browser's own doors (browserEnv): sockets from mock-socket, HTTP from msw, page events from the DOM.
 * Here things misbehave that a real gateway cannot be made to do.
 */
import { Server, WebSocket as MockWebSocket } from 'mock-socket'
import type { Client } from 'mock-socket'
import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { browserEnv } from '../../../src/env/browserEnv.ts'
import { LiveClient } from '../../../src/services/liveClient.ts'
import { PollingService } from '../../../src/services/PollingService.ts'
import type { NodeUpdate } from '../../../src/services/watchedNode.ts'
import { hello } from '../../unit/support/frames.ts'

const NODE = '546051'
const BASE = 'http://gateway.test/supermon-ng/'
const requests: string[] = []
let reply: () => Response = () => HttpResponse.json({ success: true, data: [] })
const web = setupServer(
  http.get('http://gateway.test/supermon-ng/api/v1/*', ({ request }) => {
    requests.push(new URL(request.url).pathname)
    return reply()
  }),
)

const snapshot = (seq: number) => ({ type: 'snapshot', node: NODE, epoch: 'e1', seq, at: Date.now(), state: { ...EMPTY_NODE, reach: 'up' } })

describe('the client in a browser', () => {
  let socket: Server
  let clients: Client[]
  let live: LiveClient
  let updates: NodeUpdate[]
  /** Every state of the node's connection so far: a wait may be over before anybody looks. */
  let statuses: string[]

  beforeAll(() => { web.listen({ onUnhandledRequest: 'error' }) })
  afterAll(() => { web.close() })
  beforeEach(() => {
    requests.length = 0
    clients = []
    updates = []
    statuses = []
    socket = new Server(`ws://gateway.test/supermon-ng/ws/${NODE}`, {
      mock: false,
      selectProtocol: (offered) => offered[0] ?? '',
    })
    vi.stubGlobal('WebSocket', MockWebSocket)
    socket.on('connection', (client) => {
      clients.push(client)
      client.send(JSON.stringify(hello()))
      client.send(JSON.stringify(snapshot(1)))
    })
    live = new LiveClient({ env: browserEnv({ base: BASE }) })
    follow()
  })
  afterEach(() => {
    vi.useRealTimers()
    live.dispose()
    socket.stop()
    vi.unstubAllGlobals()
    web.resetHandlers()
  })
  function follow(): void {
    live.sockets.onNodeMessage(NODE, (update) => updates.push(update))
    live.sockets.onNodeStateChange(NODE, ({ status }) => statuses.push(status))
  }
  const state = () => live.sockets.getNodeState(NODE)
  /** Its socket ends, which is followed by a wait, and it is live again, over the next one. */
  async function endsAndComesBack(code: number): Promise<void> {
    const before = clients.length
    statuses.length = 0
    clients.at(-1)?.close({ code, reason: '', wasClean: true })
    await expect.poll(() => statuses).toContain('waiting')
    live.sockets.retryConnection(NODE)
    await expect.poll(() => [clients.length, state().status]).toEqual([before + 1, 'live'])
  }

  it('connects, hears and is live', async () => {
    await live.ladder.watch(NODE)
    expect(state().status).toBe('live')
    expect(updates).toHaveLength(1)
  })

  it('comes back after a server that closes with 1000 and no reason, as Supermon-NG does', async () => {
    await live.ladder.watch(NODE)
    await endsAndComesBack(1000)
    expect(clients).toHaveLength(2)
  })

  it('fetches a token of a Supermon-NG for each try, and goes as a guest where there is none', async () => {
    const asked: string[] = []
    socket.on('connection', (client) => { asked.push(client.url) })
    let tokens = 0
    reply = () => (++tokens === 2 ? HttpResponse.json({ success: false, error: 'Authentication required' }, { status: 401 }) : HttpResponse.json({ success: true, node: NODE, token: `t${tokens}`, expires_in: 120 }))
    live.dispose()
    live = new LiveClient({ env: browserEnv({ base: BASE }), tokenRoute: true })
    follow()
    await live.sockets.connectToNode(NODE)
    for (const code of [1000, 1012]) await endsAndComesBack(code)
    expect(requests).toEqual(Array.from({ length: 3 }, () => `/supermon-ng/api/v1/nodes/${NODE}/websocket/token`))
    expect(asked.map((url) => new URL(url).searchParams.get('token'))).toEqual(['t1', null, 't3'])
  })

  it('drops its socket when the page is put away, and comes back with it', async () => {
    await live.ladder.watch(NODE)
    window.dispatchEvent(new Event('pagehide'))
    expect(state()).toMatchObject({ status: 'paused', why: 'hidden' })
    window.dispatchEvent(new Event('pageshow'))
    await expect.poll(() => state().status).toBe('live')
  })

  it('lives on polling where there is no WebSocket, and says so', async () => {
    vi.stubGlobal('WebSocket', undefined)
    reply = () => HttpResponse.json({
      success: true, timestamp: new Date().toISOString(),
      data: { [NODE]: { node: 546051, status: 'online', cos_keyed: 1, tx_keyed: 0, remote_nodes: [{ node: 2001, keyed: 'yes', elapsed: '00:12:07' }] } },
    })
    await live.ladder.watch(NODE)
    expect(state()).toMatchObject({ status: 'paused', reason: { code: 'no-websocket' } })
    await expect.poll(() => updates.length).toBeGreaterThan(0)
    expect(updates.at(-1)).toMatchObject({ source: 'poll', state: { rx: true, links: { '2001': { keyed: true } } } })
    expect(requests[0]).toBe('/supermon-ng/api/v1/nodes/ami/status')
  })

  it('explains what an HTTP server did wrong, in words', async () => {
    const cases: [() => Response, string, RegExp][] = [
      [() => HttpResponse.error(), 'unreachable', /cannot be reached/],
      [() => new HttpResponse('<html>502</html>', { status: 502 }), 'not-understood', /not JSON \(HTTP 502\)/],
      [() => HttpResponse.json({ success: false, message: 'No allmon.ini' }, { status: 500 }), 'refused', /No allmon\.ini/],
      [() => HttpResponse.json({ success: false, error: 'Nope' }, { status: 403 }), 'refused', /Nope/],
      [() => HttpResponse.json({ success: true, data: 7 }), 'not-understood', /not in the expected form/],
    ]
    for (const [answer, code, message] of cases) {
      reply = answer
      await expect(live.api.nodes()).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })
    }
  })

  it('has a clock that never goes back, also when somebody sets it back', () => {
    const env = browserEnv()
    const clock = vi.spyOn(Date, 'now')
    const seen = [5_000, 6_000, 1_000, 2_500, 2_400, 9_000].map((wall) => {
      clock.mockReturnValue(wall)
      return env.now()
    })
    clock.mockRestore()
    expect(seen).toEqual([5_000, 6_000, 6_000, 7_500, 7_500, 14_100])
  })

  it.each([
    ['hidden, and is to ask never then', { backgroundInterval: Number.POSITIVE_INFINITY }, false],
    ['seen, and is to ask every thirty days', { activeInterval: 30 * 86_400_000 }, true],
  ])('asks once, and not without end, while it is %s', async (_what, config, visible) => {
    vi.useFakeTimers()
    const env = browserEnv({ base: BASE })
    const job = vi.fn(() => Promise.resolve())
    const poller = new PollingService({ env: { ...env, page: { ...env.page, visible: () => visible } }, job, config })
    poller.start()
    await vi.advanceTimersByTimeAsync(60_000)
    poller.stop()
    expect(job).toHaveBeenCalledOnce()
  })

  it('has all the time that a question is given, also where that has no end', async () => {
    vi.useFakeTimers()
    const onError = vi.fn()
    const answered = vi.fn()
    const job = async () => {
      await new Promise((resolve) => setTimeout(resolve, 60_000))
      answered()
    }
    const poller = new PollingService({ env: browserEnv({ base: BASE }), job, config: { requestDeadline: Number.POSITIVE_INFINITY }, onError })
    poller.start()
    await vi.advanceTimersByTimeAsync(60_000)
    poller.stop()
    expect(answered).toHaveBeenCalledOnce()
    expect(onError).not.toHaveBeenCalled()
  })

  it('touches no global when it is imported or made, as on a server', async () => {
    const touched: string[] = []
    for (const name of ['window', 'document', 'navigator', 'location', 'history', 'localStorage', 'sessionStorage', 'WebSocket', 'fetch']) {
      vi.stubGlobal(name, undefined)
      Object.defineProperty(globalThis, name, {
        configurable: true,
        get: () => {
          touched.push(name)
          return undefined
        },
      })
    }
    vi.resetModules()
    const { LiveClient: Imported } = await import('../../../src/services/liveClient.ts')
    const { browserEnv: imported } = await import('../../../src/env/browserEnv.ts')
    expect(Imported).not.toBe(LiveClient)
    new Imported({ env: imported() }).dispose()
    expect(touched).toEqual([])
  })
})
