/** On a server: plain Node, no page and no globals of one. Vue's own renderer runs what users would render. */
import { createPinia, defineStore } from 'pinia'
import type { Pinia } from 'pinia'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createSSRApp, defineComponent, effectScope, h } from 'vue'
import type { App, Component } from 'vue'
import { renderToString } from 'vue/server-renderer'
import * as compat from '../../src/compat.ts'
import LiveRegion from '../../src/components/announce/LiveRegion.vue'
import NodeNotices from '../../src/components/announce/NodeNotices.vue'
import LanguagePicker from '../../src/components/LanguagePicker.vue'
import { ConnectionStatus, createSupermonLive, Dashboard, NodeTable, SessionBar, useNode, useNow, useRealTimeStore, useVoter, useVoterHistory } from '../../src/index.ts'
import { createFakeGateway } from '../../src/testing.ts'

const A = '546051'
afterEach(() => { vi.useRealTimers() })

async function render(component: Component, props: Record<string, unknown> = {}, base = '/supermon-ng'): Promise<string> {
  const app = createSSRApp(component, props)
  app.use(createPinia()).use(createSupermonLive({ base }))
  return renderToString(app)
}

describe('on a server', () => {
  it('there is no page', () => {
    expect([typeof window, typeof document, typeof location, typeof history]).toEqual(['undefined', 'undefined', 'undefined', 'undefined'])
  })

  it.each<[string, Component, Record<string, unknown>, string]>([
    ['Dashboard', Dashboard, {}, 'Looking for nodes'],
    ['NodeTable', NodeTable, { node: { id: A, info: 'W5GLE Hub' } }, 'W5GLE Hub'],
    ['ConnectionStatus', ConnectionStatus, { nodeIds: [A] }, A],
    ['SessionBar', SessionBar, {}, ''],
    ['LiveRegion', LiveRegion, {}, 'role="status"'],
    ['NodeNotices', NodeNotices, { nodeId: A }, 'Who is talking'],
    ['LanguagePicker', LanguagePicker, {}, ''],
  ])('%s is rendered, and opens, asks and waits for nothing', async (_name, component, props, text) => {
    vi.useFakeTimers()
    const fetch = vi.spyOn(globalThis, 'fetch')
    const html = await render(component, props)
    expect(html).toContain(text)
    expect([fetch.mock.calls, vi.getTimerCount()]).toEqual([[], 0])
    fetch.mockRestore()
  })

  it('a scope that is not the component\'s begins nothing: that of a store, or one made in a setup', async () => {
    vi.useFakeTimers()
    const fetch = vi.spyOn(globalThis, 'fetch')
    const useAll = () => {
      useNow()
      useVoterHistory(useVoter(A))
      return useNode(A)
    }
    const useMine = defineStore('mine', () => ({ state: useAll().state }))
    const Shows = defineComponent({
      setup() {
        const { state } = effectScope(true).run(useAll)!
        const mine = useMine()
        return () => h('p', [state.value === mine.state, useRealTimeStore().monitoringNodes.length].join())
      },
    })
    expect(await render(Shows, {}, 'https://example.org')).toBe('<p>true,0</p>')
    await vi.advanceTimersByTimeAsync(10_000)
    expect([fetch.mock.calls, vi.getTimerCount()]).toEqual([[], 0])
    fetch.mockRestore()
  })

  it.each<[string, (app: App, pinia: Pinia, use: (pinia?: Pinia) => unknown) => unknown]>([
    ['of this Pinia', (_app, pinia, use) => use(pinia)],
    ['in the app\'s context', (app, _pinia, use) => app.runWithContext(() => use())],
  ])('a store that was made before anything is rendered begins nothing: one %s', async (_name, make) => {
    vi.useFakeTimers()
    const fetch = vi.spyOn(globalThis, 'fetch')
    const useMine = defineStore('mine', () => {
      useNow()
      useVoterHistory(useVoter(A))
      return { state: useNode(A).state }
    })
    const app = createSSRApp({ setup: () => () => h('p', [useMine().state === undefined, useRealTimeStore().monitoringNodes.length].join()) })
    const pinia = createPinia()
    app.use(pinia).use(createSupermonLive({ base: 'https://example.org' }))
    make(app, pinia, useMine)
    expect(await renderToString(app)).toBe('<p>true,0</p>')
    await vi.advanceTimersByTimeAsync(10_000)
    expect([fetch.mock.calls, vi.getTimerCount()]).toEqual([[], 0])
    fetch.mockRestore()
  })

  it('a fake gateway brings a page of its own: whoever watches it in plain Node is fed', async () => {
    const gateway = createFakeGateway({ nodes: [A] })
    const app = createSSRApp({})
    app.use(createPinia()).use(gateway.plugin)
    const { transport } = app.runWithContext(() => effectScope(true).run(() => useNode(A)))!
    await gateway.settle()
    expect([transport.value, gateway.sockets]).toEqual(['socket', 1])
    gateway.dispose()
  })

  it('every member of the store that is read can be read', async () => {
    const read: unknown[] = []
    const Reads = defineComponent({
      setup() {
        const store = useRealTimeStore()
        for (const key of Object.keys(store)) read.push(store[key as keyof typeof store])
        read.push(store.getNodeById(A), store.getNodeInfo(A), store.ageOf(A), store.talkers(A), store.isAgeKnown(A))
        const { stale, heardAt } = useNode(A)
        return () => h('p', [stale.value, heardAt.value, Object.keys(store.websocketPorts).length].join())
      },
    })
    for (const base of ['/supermon-ng', 'https://example.org/supermon-ng', '']) expect(await render(Reads, {}, base)).toBe('<p>false,,0</p>')
    expect(read.length).toBeGreaterThan(100)
  })

  it('an absolute base is where the gateway is asked, and a path has nothing to go by but this machine', () => {
    const at = (base?: string) => createSupermonLive(base === undefined ? {} : { base }).client.env.baseUrl()
    expect([at('https://example.org/supermon-ng'), at('/supermon-ng'), at()]).toEqual(
      ['https://example.org/supermon-ng/', 'http://localhost/supermon-ng/', 'http://localhost/'])
  })

  it('the address bar is empty, takes nothing and tells nothing', () => {
    const { address, page } = createSupermonLive().client.env
    address.setHash(A)
    address.listen(() => undefined)()
    page.listen(() => undefined)()
    page.onActivity(() => undefined)()
    expect([address.hash(), page.online(), page.visible()]).toEqual(['', true, true])
  })

  it('the moment of a page is that of its rendering, also where one client renders many', async () => {
    vi.useFakeTimers({ now: 1_800_000_000_000 })
    const live = createSupermonLive()
    const Clock = defineComponent({ setup: () => { const now = useNow(); return () => h('p', now.value) } })
    const page = () => { const app = createSSRApp(Clock); app.use(live); return renderToString(app) }
    expect(await page()).toBe('<p>1800000000000</p>')
    vi.setSystemTime(1_800_000_060_000)
    expect(await page()).toBe('<p>1800000060000</p>')
  })

  it('the entry for Supermon-NG is imported and its store made without a page', async () => {
    const Reads = defineComponent({ setup: () => { const store = compat.useRealTimeStore(); return () => h('p', store.nodes.length) } })
    const app = createSSRApp(Reads)
    app.use(createPinia())
    expect(await renderToString(app)).toBe('<p>0</p>')
    compat.disposeCompat()
  })
})
