import { mount } from '@vue/test-utils'
import type { Pinia } from 'pinia'
import { expect } from 'vitest'
import { nextTick } from 'vue'
import NodeTable from '../../../src/components/NodeTable.vue'
import { useCommandsStore } from '../../../src/stores/commands.ts'
import { useRealTimeStore } from '../../../src/stores/realTime.ts'
import { useSessionStore } from '../../../src/stores/session.ts'
import { useSiteStore } from '../../../src/stores/site.ts'
import { createFakeGateway } from '../../../src/testing.ts'

/**
 * What a page does with the stores, from first to last, over an older Pinia than the one that this repository is written against. A test calls it in
 * whose file `pinia` is mocked to be that one, as all stores of one page are of one Pinia.
 */
export async function storesServe(pinia: Pinia): Promise<void> {
  const gateway = createFakeGateway({ nodes: { '546051': { callsign: 'W5GLE' } }, users: [{ name: 'W5GLE', permissions: ['CONNECTUSER'] }] })
  const table = mount(NodeTable, { props: { node: { id: '546051' } }, global: { plugins: [pinia, gateway.plugin] } })
  // A store that Pinia 4 had made would not be here.
  const store = useRealTimeStore(pinia)
  expect(Object.keys(pinia.state.value)).toContain('realTime')
  await Promise.all([store.initialize(), useSessionStore(pinia).check(), useSiteStore(pinia).load()])
  await gateway.settle()
  expect(await useCommandsStore(pinia).run('connect', '546051', '48752')).toMatchObject({ phase: 'done' })
  gateway.node('546051').key('48752')
  await gateway.settle()
  await nextTick()
  expect(table.get('h2').text()).toContain('W5GLE')
  expect(table.get('tr.link').text()).toContain('Talking')
  table.unmount()
  gateway.dispose()
  await gateway.settle()
  expect([gateway.sockets, gateway.clock.pending]).toEqual([0, 0])
}
