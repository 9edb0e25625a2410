/** `createTestingPinia` as it comes: every action is a spy that does nothing, and components show what is there all the same. */
import { createTestingPinia } from '@pinia/testing'
import { mount } from '@vue/test-utils'
import { expect, it, vi } from 'vitest'
import { defineComponent, h, nextTick } from 'vue'
import { NodeTable, SessionBar, useConnection, useNode, useNodes, useRealTimeStore, useSessionStore } from '../../../src/index.ts'
import { createFakeGateway } from '../../../src/testing.ts'

const A = '546051'

it('a component over the store with all actions stubbed follows its node, and commands do nothing', async () => {
  const gateway = createFakeGateway({ nodes: { [A]: { callsign: 'W5GLE' } } })
  const Mine = defineComponent({
    setup() {
      const { state, connection, stale } = useNode(A)
      const nodes = useNodes([A])
      const other = useConnection(A)
      const store = useRealTimeStore()
      return () => [
        h('p', [state.value?.callsign, connection.value.status, stale.value, nodes.value[0]?.is_keyed, other.value?.state, store.ageOf(A), store.talkers(A).length].join()),
        h(NodeTable, { node: { id: A } }),
        h(SessionBar),
      ]
    },
  })
  const wrapper = mount(Mine, { global: { plugins: [createTestingPinia({ createSpy: vi.fn }), gateway.plugin] } })
  await gateway.settle()
  expect(wrapper.get('p').text()).toBe('W5GLE,live,false,false,live,0,0')
  gateway.node(A).key()
  await nextTick()
  expect(wrapper.get('p').text()).toBe('W5GLE,live,false,true,live,0,1')

  const store = useRealTimeStore()
  await store.connectNode(A, '48752')
  expect(store.connectNode).toHaveBeenCalledWith(A, '48752')
  await store.initialize()
  expect(gateway.requests).toEqual([])
  expect(useSessionStore().can('CONNECTUSER')).toBe(false)
  wrapper.unmount()
  await gateway.settle()
  expect(gateway.sockets).toBe(0)
  gateway.dispose()
})

it('what is read can be said by the test', () => {
  const gateway = createFakeGateway({ nodes: [A] })
  const Mine = defineComponent({ setup: () => { const store = useRealTimeStore(); return () => h('p', String(store.ageOf(A))) } })
  const Test = defineComponent({
    setup() {
      Object.assign(useRealTimeStore(), { ageOf: () => 42 })
      return () => h(Mine)
    },
  })
  const wrapper = mount(Test, { global: { plugins: [createTestingPinia({ createSpy: vi.fn }), gateway.plugin] } })
  expect(wrapper.text()).toBe('42')
  wrapper.unmount()
  gateway.dispose()
})
