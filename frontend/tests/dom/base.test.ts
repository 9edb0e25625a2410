/** Where the gateway is: settled with the page, whatever its router does to the address. */
import { createPinia, disposePinia } from 'pinia'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createApp } from 'vue'
import { disposeCompat, forgetOwnClient } from '../../src/compat/client.ts'
import { useBatchRequests, useRealTimeStore as useCompatStore } from '../../src/compat.ts'
import { browserEnv } from '../../src/env/browserEnv.ts'
import { createSupermonLive, useRealTimeStore } from '../../src/index.ts'
import { createSupermonLive as createSocketOnly } from '../../src/socket-only.ts'

const at = (path: string) => { history.replaceState(null, '', path) }
const goTo = (path: string) => { history.pushState(null, '', path) }
const url = (path: string) => new URL(path, location.origin).href
function meta(content: string): void {
  const said = document.head.appendChild(document.createElement('meta'))
  said.name = 'app-base'
  said.content = content
}
/** What the page asks for from now on. */
function watchFetch(answer: (path: string, init: RequestInit) => Response = () => Response.json({ success: true, data: [] })): string[] {
  const asked: string[] = []
  vi.stubGlobal('fetch', (address: string, init: RequestInit) => {
    asked.push(address)
    return Promise.resolve(answer(new URL(address).pathname, init))
  })
  return asked
}

afterEach(() => {
  vi.unstubAllGlobals()
  for (const said of document.head.querySelectorAll('meta')) said.remove()
  at('/')
})

describe('the base', () => {
  it.each([
    ['/', undefined, undefined, '/'],
    ['/club/', undefined, undefined, '/club/'],
    ['/club/index.html?kiosk#all', undefined, undefined, '/club/'],
    ['/supermon-ng/live/', undefined, undefined, '/supermon-ng/live/'],
    ['/supermon-ng/lsnod/546051', '/supermon-ng', undefined, '/supermon-ng/'],
    ['/club/', '/', undefined, '/'],
    ['/club/', ' ', undefined, '/'],
    ['/club/', '/supermon-ng', '/live', '/live/'],
    ['/club/', undefined, 'https://example.org/live?x#y', 'https://example.org/live/'],
  ])('of a page at %s whose meta says %s, given %s, is %s, and stays that', (path, said, base, expected) => {
    at(path)
    if (said !== undefined) meta(said)
    const env = browserEnv(base === undefined ? {} : { base })
    expect(env.baseUrl()).toBe(url(expected))
    goTo('/nodes/546051/links')
    expect(env.baseUrl()).toBe(url(expected))
  })

  it.each(['127.0.0.1:8105/live', ' localhost:8105/live', 'club.test:8105', 'ws://club.test/live', 'ftp://club.test/'])('is not %s: it is refused with what to write', (base) => {
    expect(() => createSupermonLive({ base })).toThrow(expect.objectContaining({
      code: 'bad-base', message: `supermon-live: the base "${base}" has to begin with /, http:// or https://.`,
    }))
    expect(() => createSocketOnly({ base })).toThrow('http:// or https://')
  })

  it.each(['', 'live', './live', '/live:1/', '?a:b', 'HTTPS://club.test:8443/live', ' http://127.0.0.1:8105 ', '//club.test:8105/live'])('may be "%s"', (base) => {
    expect(createSupermonLive({ base }).client.env.baseUrl()).toMatch(/^https?:/)
  })

  it('is where the page came from for questions and sockets, also where the first is shown after the router moved', async () => {
    const asked = watchFetch()
    const opened: string[] = []
    vi.stubGlobal('WebSocket', class extends EventTarget {
      readonly readyState = 0
      readonly protocol = ''
      constructor(address: string) {
        super()
        opened.push(address)
      }
      close(): void { /* Was never open. */ }
    })
    const pinia = createPinia()
    const app = createApp(() => null).use(pinia).use(createSupermonLive())
    app.mount(document.createElement('div'))
    onTestFinished(() => {
      app.unmount()
      disposePinia(pinia)
    })
    goTo('/nodes/546051')
    const store = useRealTimeStore(pinia)
    await store.fetchNodeData()
    goTo('/nodes/546051/links')
    void store.startMonitoring('546051')
    await expect.poll(() => opened).toEqual([url('/ws/546051').replace('http', 'ws')])
    expect(new Set(asked.map((address) => address.split('?')[0]))).toEqual(new Set([url('/api/v1/nodes'), url('/api/v1/config/nodes')]))
  })
})

describe('a page of Supermon-NG without a plug-in', () => {
  afterEach(() => {
    disposeCompat()
    forgetOwnClient()
  })

  it.each([
    ['/supermon-ng/lsnod/546051', undefined, '/supermon-ng/api/nodes'],
    ['/supermon-ng', undefined, '/supermon-ng/api/nodes'],
    ['/supermon-ng/', '/supermon-ng', '/supermon-ng/api/v1/nodes'],
    ['/supermon-ng/', '/other', '/other/api/v1/nodes'],
    ['/supermon-ngx/', undefined, '/supermon-ngx/api/v1/nodes'],
    ['/', undefined, '/api/v1/nodes'],
  ])('at %s whose meta says %s asks %s: up to 4.1.5 it says nowhere where it is, and its routes had no version', async (path, said, expected) => {
    at(path)
    if (said !== undefined) meta(said)
    const asked = watchFetch()
    const pinia = createPinia()
    createApp({}).use(pinia)
    await useCompatStore(pinia).fetchNodeData()
    expect(asked.filter((address) => address.endsWith('/nodes') && !address.endsWith('config/nodes'))).toEqual([url(expected)])
    disposePinia(pinia)
  })

  it('of 4.0.9 shows its node and sends commands with their token, over the routes of its server', async () => {
    at('/supermon-ng/')
    const tokens: unknown[] = []
    watchFetch((path, { headers }) => {
      // At api/v1/ V4.0.9 has other routes, and its nodes behind an authentication that no page has.
      if (path.startsWith('/supermon-ng/api/v1/nodes')) return Response.json({ success: false, message: 'Authentication required' }, { status: 401 })
      if (path === '/supermon-ng/api/csrf-token') return Response.json({ success: true, csrf_token: 'c'.repeat(64) })
      if (path === '/supermon-ng/api/nodes') return Response.json({ success: true, data: [{ id: 546051, callsign: 'W5GLE' }] })
      if (path === '/supermon-ng/api/nodes/ami/status') return Response.json({ success: true, data: { 546051: { node: '546051', info: 'W5GLE', status: 'online', cos_keyed: 1, tx_keyed: 0, remote_nodes: [] } } })
      if (path !== '/supermon-ng/api/nodes/connect') return new Response('Not found', { status: 404 })
      tokens.push(new Headers(headers).get('x-csrf-token'))
      return Response.json({ success: true, message: 'Connecting 546051 to 48752' })
    })
    vi.stubGlobal('WebSocket', undefined)
    const pinia = createPinia()
    createApp({}).use(pinia)
    const store = useCompatStore(pinia)
    await store.initialize()
    await store.startMonitoring('546051')
    await store.fetchNodeData()
    expect(store.getNodeById('546051')).toMatchObject({ callsign: 'W5GLE', is_online: true, cos_keyed: 1 })
    expect(await store.connectNode('546051', '48752')).toMatchObject({ message: 'Connecting 546051 to 48752' })
    expect(tokens).toEqual(['c'.repeat(64)])
    disposePinia(pinia)
  })

  it('asks at api/v1/ from the first time on that its server says the routes have gone there', async () => {
    at('/supermon-ng/')
    const posted: unknown[] = []
    const asked = watchFetch((path, { body }) => {
      if (!path.startsWith('/supermon-ng/api/v1/')) return Response.json({ success: false, error: 'Gone' }, { status: 410 })
      if (body != null) posted.push(body)
      return Response.json({ success: true, csrf_token: 'c'.repeat(64), data: {} })
    })
    const { addRequest } = useBatchRequests()
    await addRequest({ endpoint: '/nodes/connect', method: 'POST', params: { localnode: '546051' } })
    expect(asked).toEqual(['api/csrf-token', 'api/v1/csrf-token', 'api/v1/nodes/connect'].map((path) => url(`/supermon-ng/${path}`)))
    expect(posted).toEqual(['{"localnode":"546051"}'])
  })
})
