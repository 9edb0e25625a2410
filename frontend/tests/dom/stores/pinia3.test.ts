/** The package says that it also takes Pinia 3: what it uses of it is there, and does the same. */
import { mount } from '@vue/test-utils'
import type { Pinia } from 'pinia'
import { createPinia } from 'pinia3'
import { expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import NodeTable from '../../../src/components/NodeTable.vue'
import { useCommandsStore } from '../../../src/stores/commands.ts'
import { useRealTimeStore } from '../../../src/stores/realTime.ts'
import { useSessionStore } from '../../../src/stores/session.ts'
import { useSiteStore } from '../../../src/stores/site.ts'
import { createFakeGateway } from '../../../src/testing.ts'

vi.mock('pinia', () => import('pinia3'))

it('stores of Pinia 3 feed a table, know who is here, and command; the app that goes takes all with it', async () => {
  const gateway = createFakeGateway({ nodes: { '546051': { callsign: 'W5GLE' } }, users: [{ name: 'W5GLE', permissions: ['CONNECTUSER'] }] })
  const pinia = createPinia() as unknown as Pinia
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
})
