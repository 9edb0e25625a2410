/** What the devtools panel shows, over the fake gateway. */
import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createApp, defineComponent, h } from 'vue'
import { installDevtools } from '../../src/devtools.ts'
import { Panel } from '../../src/devtools/panel.ts'
import type { TimelineEntry } from '../../src/devtools/panel.ts'
import { useNodes } from '../../src/index.ts'
import { createFakeGateway } from '../../src/testing.ts'

/** The extension itself lives in a browser; what it is handed is taken here. */
const registered: [descriptor: object, setup: (api: object) => void][] = []
vi.mock('@vue/devtools-api', () => ({ setupDevtoolsPlugin: (...args: (typeof registered)[number]) => registered.push(args) }))

const A = '546051'
const ends: (() => unknown)[] = []
afterEach(() => { for (const end of ends.splice(0).reverse()) end() })

async function scene(ids: readonly string[] = [A], topology: 'per-node' | 'shared' = 'per-node') {
  const gateway = createFakeGateway({ nodes: ids }, { topology })
  const Shown = defineComponent({ setup: () => { const nodes = useNodes(ids); return () => h('p', String(nodes.value.length)) } })
  const wrapper = mount(Shown, { global: { plugins: [createPinia(), gateway.plugin] } })
  const entries: TimelineEntry[] = []
  const panel = new Panel(gateway.plugin.client, { changed: () => undefined, happened: (entry) => entries.push(entry) })
  ends.push(() => { gateway.dispose() }, () => { panel.dispose() }, () => { wrapper.unmount() })
  await gateway.clock.advance(1_100)
  const titles = () => entries.map(({ title }) => title)
  return { gateway, panel, entries, titles }
}

describe('the devtools panel', () => {
  it('shows each connection with its nodes, their place, and the step of a backoff', async () => {
    const { gateway, panel } = await scene()
    expect(panel.tree()).toMatchObject([{ id: A, label: `own socket: ${A}`, tags: [{ label: 'live' }, { label: 'seq 1' }] }])
    expect(panel.tree('999')).toEqual([])
    gateway.node(A).key()
    expect(panel.details(A)['place']).toEqual(expect.arrayContaining([{ key: 'seq', value: 2 }, { key: 'epoch', value: `life-1-${A}` }]))
    gateway.net.cut()
    await gateway.clock.advance(6_000)
    expect(JSON.stringify(panel.tree())).toMatch(/(waiting|connecting) \(try \d\)/)
    expect(panel.details('nobody')).toEqual({})
  })

  it('puts nodes of the common socket below it', async () => {
    const { panel } = await scene([A, '546055'], 'shared')
    expect(panel.tree()).toMatchObject([{ label: 'common socket: 2 nodes', children: [{ id: A }, { id: '546055' }] }])
  })

  it('tells on the timeline: news, close, tries, fallback, open, resync', async () => {
    const { gateway, entries, titles } = await scene()
    gateway.node(A).key()
    gateway.node(A).unkey()
    await gateway.clock.advance(1_000)
    expect(entries.find(({ title }) => title === '2 news')?.data).toMatchObject({ node: A, frames: 2, polls: 0 })
    gateway.net.cut(A)
    await gateway.clock.advance(4_000)
    expect(titles()).toEqual(expect.arrayContaining(['close: socket-closed', 'try 2', 'fallback']))
    gateway.net.mend(A)
    await gateway.clock.advance(20_000)
    expect(titles()).toContain('open')
  })

  it('leaves nothing behind', async () => {
    const { gateway, panel } = await scene()
    panel.dispose()
    for (const end of ends.splice(0).reverse()) end()
    await gateway.settle()
    expect([gateway.clock.pending, gateway.plugin.client.diagnostics.size]).toEqual([0, 0])
  })

  it('is registered as Vue devtools want it: an inspector that is asked, a timeline that is told', async () => {
    const { gateway } = await scene()
    const app = createApp({ render: () => h('p') })
    installDevtools(app, gateway.plugin)
    const [descriptor, setup] = registered.splice(0)[0] ?? []
    expect(descriptor).toMatchObject({ id: 'supermon-live', app })
    const calls: string[] = []
    const handlers: Record<string, (payload: Record<string, unknown>) => void> = {}
    const on = new Proxy({}, { get: (_target, name: string) => (handler: (payload: Record<string, unknown>) => void) => { handlers[name] = handler } })
    const api = new Proxy({ on }, { get: (target, name: string) => (name === 'on' ? target.on : () => calls.push(name)) })
    setup?.(api)
    expect(calls).toEqual(expect.arrayContaining(['addInspector', 'addTimelineLayer', 'sendInspectorTree']))
    const asked: Record<string, unknown> = { inspectorId: 'supermon-live', filter: '', nodeId: A }
    handlers['getInspectorTree']?.(asked)
    handlers['getInspectorState']?.(asked)
    expect(asked).toMatchObject({ rootNodes: [{ id: A }], state: { connection: expect.anything() as unknown } })
    const other: Record<string, unknown> = { inspectorId: 'pinia' }
    handlers['getInspectorTree']?.(other)
    expect(other).toEqual({ inspectorId: 'pinia' })
    gateway.net.cut()
    expect(calls).toContain('addTimelineEvent')
    app.mount(document.createElement('div'))
    app.unmount()
    const before = calls.length
    await gateway.clock.advance(5_000)
    expect(calls.length).toBe(before)
  })
})
