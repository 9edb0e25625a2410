/** Where the gateway is: settled with the page, whatever its router does to the address. */
import { createPinia, disposePinia } from 'pinia'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createApp } from 'vue'
import { disposeCompat, forgetOwnClient } from '../../src/compat/client.ts'
import { useRealTimeStore as useCompatStore } from '../../src/compat.ts'
import { browserEnv } from '../../src/env/browserEnv.ts'
import { createSupermonLive, useRealTimeStore } from '../../src/index.ts'

const at = (path: string) => { history.replaceState(null, '', path) }
const goTo = (path: string) => { history.pushState(null, '', path) }
const url = (path: string) => new URL(path, location.origin).href
function meta(content: string): void {
  const said = document.head.appendChild(document.createElement('meta'))
  said.name = 'app-base'
  said.content = content
}
/** What the page asks for from now on. */
function watchFetch(): string[] {
  const asked: string[] = []
  vi.stubGlobal('fetch', (address: string) => {
    asked.push(address)
    return Promise.resolve(Response.json({ success: true, data: [] }))
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
    await vi.waitFor(() => { expect(opened).toEqual([url('/ws/546051').replace('http', 'ws')]) })
    expect(new Set(asked.map((address) => address.split('?')[0]))).toEqual(new Set([url('/api/v1/nodes'), url('/api/v1/config/nodes')]))
  })
})

describe('a page of Supermon-NG without a plug-in', () => {
  afterEach(() => {
    disposeCompat()
    forgetOwnClient()
  })

  it.each([
    ['/supermon-ng/lsnod/546051', undefined, '/supermon-ng/'],
    ['/supermon-ng', undefined, '/supermon-ng/'],
    ['/supermon-ng/', '/other', '/other/'],
    ['/supermon-ngx/', undefined, '/supermon-ngx/'],
    ['/', undefined, '/'],
  ])('at %s whose meta says %s asks %s, as 4.0 says nowhere where it is', async (path, said, expected) => {
    at(path)
    if (said !== undefined) meta(said)
    const asked = watchFetch()
    const pinia = createPinia()
    createApp({}).use(pinia)
    await useCompatStore(pinia).fetchNodeData()
    expect(asked).toContain(url(`${expected}api/v1/nodes`))
    disposePinia(pinia)
  })
})
