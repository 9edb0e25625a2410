import { mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { computed, shallowReactive, shallowRef, toValue } from 'vue'
import type { MaybeRefOrGetter } from 'vue'
import type { NodeState } from '../../../../protocol/nodeState.ts'
import ConnectionStatus from '../../../src/components/ConnectionStatus.vue'
import NodeTable from '../../../src/components/NodeTable.vue'
import type { ConnectionState } from '../../../src/services/connectionState.ts'
import { HUB, LIVE, node, NOW, WAITING } from './samples.ts'

interface View {
  state: NodeState | undefined
  connection: ConnectionState
  stale: boolean
}
interface World {
  views: Map<string, View>
  retried: string[]
}
/** What the stubs below show. Made anew for each test. */
const world = vi.hoisted(() => ({}) as World)
const views = () => world.views

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
// What the table asks the store for by itself is not shown here.
vi.mock('../../../src/stores/realTime.ts', () => ({ useRealTimeStore: () => ({ getNodeById: () => undefined }) }))

const live = (over: Partial<View> = {}): View => ({
  state: node({ links: { '48752': HUB } }),
  connection: LIVE,
  stale: false,
  ...over,
})

beforeEach(() => {
  world.views = shallowReactive(new Map<string, View>())
  world.retried = []
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
