import { mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { computed, nextTick, ref, shallowReactive, shallowRef, toValue } from 'vue'
import type { MaybeRefOrGetter } from 'vue'
import type { NodeState } from '../../../../protocol/nodeState.ts'
import ConnectionStatus from '../../../src/components/ConnectionStatus.vue'
import NodeTable from '../../../src/components/NodeTable.vue'
import type { ConnectionState } from '../../../src/services/connectionState.ts'
import Dashboard from '../../../src/views/Dashboard.vue'
import { HUB, LIVE, node, NOW, WAITING } from './samples.ts'

interface View {
  state: NodeState | undefined
  connection: ConnectionState
  stale: boolean
}
interface World {
  views: Map<string, View>
  selected: { value: string[] }
  store: unknown
  retried: string[]
}
/** What the stubs below show. Made anew for each test. */
const world = vi.hoisted(() => ({}) as World)
const views = () => world.views
const selected = () => world.selected

vi.mock('../../../src/composables/useNow.ts', () => ({ useNow: () => shallowRef(NOW) }))
vi.mock('../../../src/composables/useNode.ts', () => ({
  useNode: (id: MaybeRefOrGetter<string>) => {
    const view = () => views().get(toValue(id))
    return {
      state: computed(() => view()?.state),
      connection: computed(() => view()?.connection ?? { status: 'idle' }),
      heardAt: computed(() => (view()?.state ? NOW : null)),
      transport: computed(() => 'socket'),
      stale: computed(() => view()?.stale ?? false),
      retry: () => world.retried.push(toValue(id)),
    }
  },
}))
vi.mock('../../../src/composables/useSelection.ts', () => ({
  useSelection: () => ({
    selected: selected(),
    select: (ids: string[]) => {
      selected().value = ids
    },
  }),
}))
vi.mock('../../../src/stores/realTime.ts', () => ({ useRealTimeStore: () => world.store }))
vi.mock('../../../src/stores/session.ts', () => ({
  useSessionStore: () => ({ user: null, known: true, signInAt: { where: 'none', url: null }, mayCommand: false, can: () => false, check: () => Promise.resolve() }),
}))

function newStore() {
  return shallowReactive({
    listed: [] as { id: string; callsign: string }[],
    error: null as string | null,
    nodeConfig: {},
    siteInfo: null as { demo: boolean; title: string } | null,
    initialize: vi.fn(() => Promise.resolve()),
    clearError: vi.fn(),
  })
}
let store: ReturnType<typeof newStore>
const settle = async () => {
  for (let i = 0; i < 5; i++) await nextTick()
}
const listed = (id: string) => ({ id, callsign: 'W5GLE' })
const live = (over: Partial<View> = {}): View => ({
  state: node({ links: { '48752': HUB } }),
  connection: LIVE,
  stale: false,
  ...over,
})

beforeEach(() => {
  world.views = shallowReactive(new Map<string, View>())
  world.selected = ref<string[]>([])
  world.retried = []
  world.store = store = newStore()
})

describe('NodeTable', () => {
  it.each([1, '1', 'yes', true, 'TRUE'])(
    'hides the public page for hideNodeURL %j, in a section or in a map of them',
    (hideNodeURL) => {
      views().set('546051', live())
      for (const config of [{ hideNodeURL }, { '546051': { hideNodeURL }, '2000': {} }]) {
        const table = mount(NodeTable, { props: { node: { id: '546051' }, config } })
        expect(table.find('.title a').exists()).toBe(false)
      }
    },
  )

  it.each([0, '0', 'no', false, '', undefined])('shows it for hideNodeURL %j', (hideNodeURL) => {
    views().set('546051', live())
    expect(
      mount(NodeTable, { props: { node: { id: '546051' }, config: { hideNodeURL } } })
        .find('.title a')
        .exists(),
    ).toBe(true)
  })

  it('takes names from its node and from the node database where the state has none', () => {
    const nameless = { callsign: null, description: null, location: null }
    views().set(
      '546051',
      live({
        state: node({ ...nameless, links: { '48752': { ...HUB, ...nameless }, '2000': { ...HUB, ...nameless } } }),
      }),
    )
    const astdb = {
      '48752': { callsign: 'DB', description: 'entry', location: '' },
      '2000': ['2000', 'OLD', 'form', 'entry'],
    }
    const table = mount(NodeTable, { props: { node: { id: '546051', info: 'From the list' }, astdb } })
    expect(table.get('h2').text()).toContain('From the list')
    expect(table.findAll('.info').map((cell) => cell.text())).toEqual(['OLD form entry', 'DB entry'])
  })

  it('follows another node and passes taps on', async () => {
    views()
      .set('546051', live())
      .set('2000', live({ state: undefined }))
    const table = mount(NodeTable, { props: { node: { id: '546051' } } })
    await table.get('tbody button').trigger('click')
    expect(table.emitted('node-click')).toEqual([['48752', '546051']])
    await table.setProps({ node: { id: '2000' } })
    expect(table.text()).toContain('Waiting for first data…')
  })
})

describe('ConnectionStatus', () => {
  it('tells each node, and retries the one asked for', async () => {
    views()
      .set('1', live())
      .set('2', live({ connection: WAITING }))
    const wrapper = mount(ConnectionStatus, { props: { nodeIds: ['1', '2'] } })
    expect(wrapper.findAll('[data-fact="socket"]').map((li) => li.text())).toEqual([
      'Socket: Connected',
      'Socket: Reconnecting in 7 s (try 3)',
    ])
    await wrapper.get('button').trigger('click')
    expect(world.retried).toEqual(['2'])
  })
})

describe('Dashboard', () => {
  const ids = (wrapper: { element: Element }) =>
    [...wrapper.element.querySelectorAll('.sl-panel')].map((panel) => panel.getAttribute('data-node'))

  it('asks for the list, then shows all nodes, which is what watches them', async () => {
    store.initialize.mockImplementation(() => {
      store.listed = [listed('1'), listed('2')]
      return Promise.resolve()
    })
    const wrapper = mount(Dashboard)
    expect(wrapper.text()).toContain('Looking for nodes…')
    await settle()
    expect(ids(wrapper)).toEqual(['1', '2'])
  })

  it('shows what the address names, and follows it', async () => {
    store.listed = [listed('1'), listed('2'), listed('3')]
    selected().value = ['2']
    const wrapper = mount(Dashboard)
    await settle()
    expect(ids(wrapper)).toEqual(['2'])
    selected().value = ['3', '1']
    await settle()
    expect(ids(wrapper)).toEqual(['3', '1'])
  })

  it('chooses like filter chips: one tap shows one, more add, none is all', async () => {
    store.listed = [listed('1'), listed('2'), listed('3')]
    const wrapper = mount(Dashboard)
    await settle()
    const pressed = () => wrapper.findAll('nav button').map((b) => b.attributes('aria-pressed'))
    const tap = (i: number) => wrapper.findAll('nav button')[i]!.trigger('click')
    expect(pressed()).toEqual(['true', 'false', 'false', 'false'])
    await tap(3)
    expect(selected().value).toEqual(['3'])
    await tap(1)
    expect(selected().value).toEqual(['1', '3'])
    expect(pressed()).toEqual(['false', 'true', 'false', 'true'])
    await tap(1)
    await tap(3)
    expect(pressed()).toEqual(['true', 'false', 'false', 'false'])
    expect(ids(wrapper)).toEqual(['1', '2', '3'])
  })

  it('sums up in words', async () => {
    store.listed = [listed('1'), listed('2'), listed('3')]
    const wrapper = mount(Dashboard)
    await settle()
    const summary = () => wrapper.get('.summary').text()
    expect(summary()).toBe('Waiting for 3 of 3 nodes…')
    for (const id of ['1', '2', '3']) views().set(id, live())
    await settle()
    expect(summary()).toBe('3 nodes · all live')
    views().set('2', live({ stale: true }))
    await settle()
    expect(summary()).toBe('1 of 3 nodes not live')
    views()
      .set('2', live())
      .set('3', live({ state: node({ reach: 'down' }) }))
    await settle()
    expect(summary()).toBe('1 of 3 nodes not live')
    selected().value = ['1']
    await settle()
    expect(summary()).toBe('1 node · live')
  })

  it('has words and a way on when there is no node, and when the list fails', async () => {
    const wrapper = mount(Dashboard)
    await settle()
    expect(wrapper.text()).toContain('There is no node to show.')
    store.error = 'The server cannot be reached.'
    await settle()
    const alert = wrapper.get('[role="alert"]')
    expect(alert.text()).toContain('The server cannot be reached.')
    await alert.get('button').trigger('click')
    expect(store.initialize).toHaveBeenCalledTimes(2)
    await alert.findAll('button')[1]!.trigger('click')
    expect(store.clearError).toHaveBeenCalledOnce()
  })

  it('says that a demonstration is one, and only then', async () => {
    const wrapper = mount(Dashboard)
    expect(wrapper.find('.demo').exists()).toBe(false)
    store.siteInfo = { demo: true, title: 'Club' }
    await settle()
    expect(wrapper.get('.demo').text()).toContain('simulated')
    expect(wrapper.get('h1').text()).toBe('Supermon Live · Club')
  })

  it('does not render again when a list comes that says nothing new', async () => {
    store.listed = [listed('1'), listed('2')]
    let updates = 0
    mount(Dashboard, {
      global: {
        mixins: [
          {
            updated() {
              if ((this as { $options: { __name?: string } }).$options.__name === 'Dashboard') updates++
            },
          },
        ],
      },
    })
    await settle()
    updates = 0
    store.listed = [listed('1'), listed('2')]
    await settle()
    expect(updates).toBe(0)
  })
})
