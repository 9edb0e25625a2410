/** What the devtools panel shows, over the fake gateway. */
import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createApp, defineComponent, h, shallowRef } from 'vue'
import { installDevtools } from '../../src/devtools.ts'
import { Panel } from '../../src/devtools/panel.ts'
import type { TimelineEntry } from '../../src/devtools/panel.ts'
import { useNodes } from '../../src/index.ts'
import { createFakeGateway } from '../../src/testing.ts'

/** The extension itself lives in a browser; what it is handed is taken here. */
const registered: [descriptor: object, setup: (api: object) => void][] = []
vi.mock('@vue/devtools-api', () => ({ setupDevtoolsPlugin: (...args: (typeof registered)[number]) => registered.push(args) }))

const A = '546051'
const B = '546055'
const ends: (() => unknown)[] = []
afterEach(() => { for (const end of ends.splice(0).reverse()) end() })

async function scene(ids: readonly string[] = [A], topology: 'per-node' | 'shared' = 'per-node') {
  const gateway = createFakeGateway({ nodes: ids }, { topology })
  const entries: TimelineEntry[] = []
  const panel = new Panel(gateway.plugin.client, { changed: () => undefined, happened: (entry) => entries.push(entry) })
  const shown = shallowRef(ids)
  const Shown = defineComponent({ setup: () => { const nodes = useNodes(shown); return () => h('p', String(nodes.value.length)) } })
  const wrapper = mount(Shown, { global: { plugins: [createPinia(), gateway.plugin] } })
  ends.push(() => { gateway.dispose() }, () => { panel.dispose() }, () => { wrapper.unmount() })
  await gateway.settle()
  const titles = (node = A) => entries.filter(({ groupId }) => groupId === node).map(({ title }) => title)
  return { gateway, panel, entries, titles, shown }
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
    const { panel } = await scene([A, B], 'shared')
    expect(panel.tree()).toMatchObject([{ label: 'common socket: 2 nodes', children: [{ id: A }, { id: B }] }])
  })

  it('tells the age of the ticket that each connection has, and that it has none', async () => {
    const { gateway, panel } = await scene([A, B])
    const age = (node: string) => panel.details(node)['ticket']?.find(({ key }) => key === 'ageMs')?.value
    expect(age(A)).toBeNull()
    gateway.net.refuse(4401, A)
    await gateway.clock.advance(200)
    gateway.net.mend(A)
    const before = age(A) as number
    expect(before).toBeLessThanOrEqual(200)
    await gateway.clock.advance(3_000)
    expect([age(A), age(B)]).toEqual([before + 3_000, null])
  })

  it('tells on the timeline, each thing at once: the first try, open, close, further tries, fallback', async () => {
    const { gateway, titles } = await scene()
    expect(titles().slice(0, 2)).toEqual(['try 1', 'open'])
    gateway.net.cut(A)
    expect(titles().slice(-2)).toEqual(['close: socket-closed', 'transport: none'])
    await gateway.clock.advance(9_000)
    expect(titles()).toEqual(expect.arrayContaining(['try 2', 'fallback']))
    const before = titles().length
    gateway.net.mend(A)
    await gateway.clock.advance(20_000)
    expect(titles().slice(before)).toContain('open')
  })

  it('tells a resync when something was missed', async () => {
    const { gateway, titles } = await scene()
    gateway.net.lose(A)
    gateway.node(A).key()
    expect(titles()).not.toContain('resync')
    gateway.node(A).unkey()
    expect(titles()).toContain('resync')
    expect(gateway.plugin.client.sockets.currentState(A)?.rx).toBe(false)
  })

  it('counts frames by their type once a second, polls too, for each node by itself', async () => {
    const { gateway, entries } = await scene([A, B])
    await gateway.clock.advance(1_000)
    const counted = (node: string) => entries.filter(({ groupId, title }) => groupId === node && /frames?$/.test(title)).at(-1)
    expect(counted(A)).toMatchObject({ title: '2 frames', subtitle: 'hello 1, snapshot 1' })
    gateway.node(A).key()
    gateway.node(A).unkey()
    gateway.node(B).key()
    await gateway.clock.advance(1_000)
    expect(counted(A)).toMatchObject({ title: '2 frames', data: { node: A, patch: 2 } })
    expect(counted(B)).toMatchObject({ title: '1 frame', data: { node: B, patch: 1 } })
    gateway.net.cut(A)
    await gateway.clock.advance(9_000)
    expect(counted(A)?.subtitle).toMatch(/^poll \d$/)
  })

  it('tells who comes to an open common socket and who leaves it, and counts what concerns no single node', async () => {
    const { gateway, entries, titles, shown } = await scene([A, B], 'shared')
    await gateway.clock.advance(1_000)
    expect(entries.find(({ groupId, title }) => groupId === '' && title === '1 frame')?.data).toMatchObject({ hello: 1 })
    shown.value = [A]
    await gateway.clock.advance(1_100)
    expect(titles(B).at(-1)).toBe('closed')
    shown.value = [A, B]
    await gateway.clock.advance(1_100)
    expect(titles(B).slice(titles(B).lastIndexOf('closed') + 1)).toContain('open')
  })

  it('leaves nothing behind', async () => {
    const { gateway, panel } = await scene()
    panel.dispose()
    for (const end of ends.splice(0).reverse()) end()
    await gateway.settle()
    const { diagnostics, sockets } = gateway.plugin.client
    expect([gateway.clock.pending, diagnostics.size, sockets.observers.size]).toEqual([0, 0, 0])
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
