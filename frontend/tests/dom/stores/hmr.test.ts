/** A store's module is replaced while a page shows nodes, as Vite does it: pinia's own `acceptHMRUpdate`, a real module graph left out. */
import { mount } from '@vue/test-utils'
import { acceptHMRUpdate, createPinia } from 'pinia'
import { expect, it } from 'vitest'
import { defineComponent, h, nextTick } from 'vue'
import { createFakeGateway } from '../../../src/testing.ts'
import { createUseRealTimeStore, useRealTimeStore } from '../../../src/stores/realTime.ts'

it('hot reload of the store keeps what is watched, opens no socket twice, and news reach the page', async () => {
  const gateway = createFakeGateway({ nodes: ['546051'] })
  const pinia = createPinia()
  const Shown = defineComponent({
    setup() {
      const store = useRealTimeStore()
      void store.startMonitoring('546051')
      return () => h('p', `${String(store.getNodeById('546051')?.is_keyed)} ${String(store.isConnected)}`)
    },
  })
  const wrapper = mount(Shown, { global: { plugins: [pinia, gateway.plugin] } })
  await gateway.settle()
  expect(wrapper.text()).toBe('false true')

  const hot = { data: {}, invalidate: () => { throw new Error('the page would be loaded anew') } }
  const accept = acceptHMRUpdate(useRealTimeStore, hot)
  const useRealTimeStoreAnew = createUseRealTimeStore({ client: () => gateway.plugin.client })
  accept({ useRealTimeStore: useRealTimeStoreAnew })
  await gateway.settle()

  expect(gateway.sockets).toBe(1)
  expect(useRealTimeStore(pinia).monitoringNodes).toEqual(['546051'])
  const { lastUpdateTime } = useRealTimeStore(pinia)
  await gateway.clock.advance(1_000)
  gateway.node('546051').key()
  await nextTick()
  await nextTick()
  expect(wrapper.text()).toBe('true true')
  expect(useRealTimeStore(pinia).lastUpdateTime).toBeGreaterThan(lastUpdateTime)
  wrapper.unmount()
  gateway.dispose()
  await gateway.settle()
  expect(gateway.sockets).toBe(0)
})
