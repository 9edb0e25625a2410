/** What a component shows is monitored while it is shown, by whoever shows it; and showing costs what changed. */
import { mount } from '@vue/test-utils'
import { createPinia, disposePinia } from 'pinia'
import type { Pinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp, createSSRApp, defineComponent, effectScope, h, nextTick, onUpdated, ref, watch } from 'vue'
import type { App } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { useConnection } from '../../src/composables/useConnection.ts'
import { useNode } from '../../src/composables/useNode.ts'
import { useNodes } from '../../src/composables/useNodes.ts'
import { useNow } from '../../src/composables/useNow.ts'
import { useVoter } from '../../src/composables/useVoter.ts'
import LinkRow from '../../src/components/LinkRow.vue'
import NodeTable from '../../src/components/NodeTable.vue'
import { createSupermonLive } from '../../src/stores/supermonLive.ts'
import type { SupermonLive } from '../../src/stores/client.ts'
import { createUseRealTimeStore, useRealTimeStore } from '../../src/stores/realTime.ts'
import { hello, link, patch, snapshot } from '../unit/support/frames.ts'
import { holdTime, pass, scriptedEnv } from '../unit/support/scriptedEnv.ts'
import type { ScriptedEnv } from '../unit/support/scriptedEnv.ts'

const A = '546051'
const B = '546055'

describe('composables', () => {
  let env: ScriptedEnv
  let live: SupermonLive
  let pinia: Pinia

  beforeEach(() => {
    holdTime()
    env = scriptedEnv()
    live = createSupermonLive({ env, topology: 'per-node' })
    pinia = createPinia()
  })
  afterEach(() => {
    disposePinia(pinia)
    live.client.dispose()
    vi.useRealTimers()
  })

  const plugins = () => ({ global: { plugins: [{ install: (app: App) => { live.install(app) } }, pinia] } })
  const Shows = defineComponent({
    props: { id: { type: String, required: true } },
    setup(props) {
      const { state } = useNode(() => props.id)
      return () => h('p', String(state.value?.rx))
    },
  })
  const heldPaths = () => env.held().map(({ url }) => new URL(url).pathname.split('/').at(-1)).sort()
  async function speak(): Promise<void> {
    await pass(2)
    for (const socket of env.held()) {
      if (socket.readyState !== 0) continue
      socket.accept()
      socket.say(hello())
      socket.say(snapshot(new URL(socket.url).pathname.split('/').at(-1) ?? ''))
    }
    await nextTick()
  }

  it('monitor a node while at least one component shows it', async () => {
    const one = mount(Shows, { props: { id: A }, ...plugins() })
    const two = mount(Shows, { props: { id: A }, ...plugins() })
    await speak()
    expect(one.text()).toBe('false')
    expect(heldPaths()).toEqual([A])
    one.unmount()
    await pass(10)
    expect(heldPaths()).toEqual([A])
    two.unmount()
    await pass(10)
    expect(heldPaths()).toEqual([])
    expect(useRealTimeStore(pinia).monitoringNodes).toEqual([])
  })

  it('follow a component to another node', async () => {
    const shown = mount(Shows, { props: { id: A }, ...plugins() })
    await speak()
    await shown.setProps({ id: B })
    await speak()
    expect(heldPaths()).toEqual([B])
    shown.unmount()
    await pass(10)
    expect(heldPaths()).toEqual([])
  })

  it('keep what is shown when the page chooses other nodes, and what is chosen when nobody shows it', async () => {
    // The page itself: the last app to go ends the client.
    const page = mount({ render: () => null }, plugins())
    const shown = mount(Shows, { props: { id: A }, ...plugins() })
    const store = useRealTimeStore(pinia)
    void store.syncMonitoringForSelection([A, B])
    await speak()
    void store.syncMonitoringForSelection([B])
    await pass(10)
    expect(heldPaths()).toEqual([A, B])
    shown.unmount()
    await pass(10)
    expect(heldPaths()).toEqual([B])
    store.reset()
    await pass(10)
    expect(heldPaths()).toEqual([])
    page.unmount()
  })

  it('start afresh after a reset what is still shown', async () => {
    const shown = mount(Shows, { props: { id: A }, ...plugins() })
    await speak()
    useRealTimeStore(pinia).reset()
    await speak()
    expect([env.sockets.length, heldPaths()]).toEqual([2, [A]])
    expect(shown.text()).toBe('false')
    shown.unmount()
  })

  it('work in a scope without a component, for many nodes and for the connection alone', async () => {
    const app = createSSRApp({})
    app.use(live).use(pinia)
    const scope = effectScope()
    const ids = ref([A, B, A])
    const { nodes, connection } = scope.run(() => app.runWithContext(() => ({ nodes: useNodes(ids), connection: useConnection(A) })))!
    await speak()
    expect(nodes.value.map(({ id, status }) => [id, status])).toEqual([[A, 'online'], [B, 'online']])
    expect(connection.value).toEqual({ state: 'live', reason: null, nextTryAt: null, transport: 'socket' })
    ids.value = [B]
    await nextTick()
    expect(heldPaths()).toEqual([A, B])
    scope.stop()
    await pass(10)
    expect(heldPaths()).toEqual([])
  })

  it('take ids as PHP writes them and as people type them, for what is watched and for what is read', async () => {
    const app = createApp({})
    app.use(live).use(pinia)
    const scope = effectScope()
    const { node, nodes, connection } = scope.run(() => app.runWithContext(() => ({
      node: useNode(546051), nodes: useNodes([` ${A} `, 546051, '']), connection: useConnection(() => `${A} `),
    })))!
    await speak()
    expect(heldPaths()).toEqual([A])
    expect([node.state.value?.reach, nodes.value.map(({ id }) => id), connection.value?.state]).toEqual(['up', [A], 'live'])
    scope.stop()
  })

  it('serve a second gateway by its store, with its clock and nothing of the first, and where no plug-in is installed', async () => {
    const elsewhere = scriptedEnv()
    const other = createSupermonLive({ env: elsewhere, topology: 'per-node' })
    createApp({}).use(pinia)
    const store = createUseRealTimeStore({ id: 'elsewhere', client: () => other.client })(pinia)
    const scope = effectScope()
    const seen = scope.run(() => ({
      node: useNode(B, { store }), nodes: useNodes([B], { store }), connection: useConnection(B, { store }), now: useNow({ store }), voter: useVoter(B, { store }),
    }))!
    await pass(2)
    const [ofNode, ofVoter] = elsewhere.sockets
    expect(elsewhere.sockets.map(({ url }) => new URL(url).pathname)).toEqual([`/supermon-ng/ws/${B}`, `/supermon-ng/ws/voter/${B}`])
    // Its clock is a minute ahead.
    const at = Date.now() + 60_000
    for (const socket of elsewhere.sockets) {
      socket.accept()
      socket.say(hello({ at }))
    }
    ofNode?.say({ ...snapshot(B), at })
    ofVoter?.say({ type: 'snapshot', node: B, epoch: 'v', seq: 1, at, state: { reach: 'up', voted: 'North', receivers: { North: { rssi: 90, state: 'voted' } } } })
    await pass(1_000)
    expect([seen.node.state.value?.reach, seen.nodes.value.length, seen.connection.value?.state, seen.voter.value.voters[0]?.voted]).toEqual(['up', 1, 'live', 'North'])
    expect(seen.now.value - Date.now()).toBeGreaterThan(58_000)
    expect([env.sockets, env.fetches]).toEqual([[], []])
    scope.stop()
    await pass(10)
    expect([elsewhere.held(), vi.getTimerCount()]).toEqual([[], 0])
  })

  it('have nothing going on when their client has ended before them', async () => {
    env.respond = () => Promise.resolve(Response.json({ voters: [] }))
    const app = createApp({})
    app.use(live).use(pinia)
    const scope = effectScope()
    const voted = ref(A)
    scope.run(() => app.runWithContext(() => { useNow(); useNode(A); useVoter(voted) }))
    env.state.hasWebSocket = false
    await pass(12_000)
    expect(env.fetches.length).toBeGreaterThan(2)
    live.client.dispose()
    await pass(10)
    const asked = env.fetches.length
    voted.value = B
    await pass(60_000)
    expect([env.held(), env.fetches.length, vi.getTimerCount(), env.listeners.size]).toEqual([[], asked, 0, 0])
    scope.stop()
  })

  describe('useNow', () => {
    const within = <T>(scope: ReturnType<typeof effectScope>, work: () => T) => {
      const app = createApp({})
      app.use(live)
      return scope.run(() => app.runWithContext(work))!
    }

    it('moves once a second while somebody uses it, stands while the page is hidden, and is right at once when it is seen', async () => {
      const scope = effectScope()
      await pass(250)
      const now = within(scope, useNow)
      const moves: number[] = []
      watch(now, (at) => { moves.push(at - 1_800_000_000_000) }, { flush: 'sync' })
      expect(now.value).toBe(Date.now())
      await pass(3_000)
      expect(moves).toEqual([1_000, 2_000, 3_000])
      env.signal('hidden')
      await pass(10_000)
      expect(moves).toHaveLength(3)
      env.signal('visible')
      expect(now.value).toBe(Date.now())
      scope.stop()
      expect([vi.getTimerCount(), env.listeners.size]).toEqual([0, 0])
    })

    it('wakes nobody when one more begins to use it, and is one for all', async () => {
      const [one, two] = [effectScope(), effectScope()]
      const first = within(one, useNow)
      let woken = 0
      watch(first, () => { woken += 1 }, { flush: 'sync' })
      await pass(700)
      const second = within(two, useNow)
      expect([woken, second.value]).toEqual([0, first.value])
      await pass(300)
      expect([woken, second.value]).toEqual([1, first.value])
      one.stop()
      await pass(1_000)
      expect(second.value).toBe(Date.now() - (Date.now() % 1_000))
      two.stop()
      expect(vi.getTimerCount()).toBe(0)
    })

    it('is right for who comes after a time when nobody used it', async () => {
      const [one, two] = [effectScope(), effectScope()]
      within(one, useNow)
      one.stop()
      await pass(60_500)
      expect(within(two, useNow).value).toBe(Date.now())
      two.stop()
    })
  })

  it('open nothing when a server renders the page', async () => {
    const app = createSSRApp(Shows, { id: A })
    app.use(createPinia()).use(live)
    expect(await renderToString(app)).toBe('<p>undefined</p>')
    await pass(1_000)
    expect([env.sockets.length, env.fetches.length, vi.getTimerCount()]).toEqual([0, 0, 0])
  })

  describe('on a page of 50 nodes with 20 links each', () => {
    const ids = Array.from({ length: 50 }, (_, i) => String(546_000 + i))
    const links = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [String(48_000 + i), link()]))

    async function page() {
      const updates = { rows: 0, tables: 0 }
      const counted = <T extends object>(component: T, what: keyof typeof updates) => ({
        ...component,
        setup(props: never, context: never) {
          onUpdated(() => { updates[what] += 1 })
          return (component as unknown as { setup(props: never, context: never): unknown }).setup(props, context)
        },
      })
      const Row = counted(LinkRow, 'rows')
      const Table = counted(NodeTable, 'tables')
      const Page = defineComponent({ setup: () => () => ids.map((id) => h(Table as unknown as typeof NodeTable, { key: id, node: { id } })) })
      const wrapper = mount(Page, { global: { ...plugins().global, stubs: { LinkRow: Row } } })
      await pass(2)
      for (const [i, socket] of [...env.held()].entries()) {
        socket.accept()
        socket.say(hello())
        socket.say(snapshot(ids[i] ?? '', { links }))
      }
      await nextTick()
      updates.rows = 0
      updates.tables = 0
      return { wrapper, updates, socket: (id: string) => env.held()[ids.indexOf(id)] }
    }

    it('one key-up renders one row, and a thousand frames of one moment render once', { timeout: 60_000 }, async () => {
      const { wrapper, updates, socket } = await page()
      expect(wrapper.findAll('tr').length).toBeGreaterThan(1_000)
      socket('546007')?.say(patch('546007', 2, { links: { '48003': { keyed: true, lastKeyedAt: Date.now() } } }))
      await nextTick()
      expect(updates.rows).toBe(1)
      expect(updates.tables).toBeLessThanOrEqual(1)

      updates.rows = 0
      updates.tables = 0
      for (let i = 0; i < 1_000; i++) {
        socket('546007')?.say(patch('546007', 3 + i, { links: { [String(48_000 + (i % 20))]: { keyed: i % 3 !== 0, lastKeyedAt: Date.now() } } }))
      }
      await nextTick()
      expect(updates.rows).toBe(20)
      expect(updates.tables).toBeLessThanOrEqual(1)
      wrapper.unmount()
    })
  })
})
