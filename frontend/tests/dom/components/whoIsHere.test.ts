/** What shows what the viewer may do finds out who he is, on whatever page it stands. */
import { mount } from '@vue/test-utils'
import type { VueWrapper } from '@vue/test-utils'
import { createPinia } from 'pinia'
import type { Pinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defineComponent, h } from 'vue'
import type { VNode } from 'vue'
import { ConnectPanel, NodeTable, SessionBar, useNode } from '../../../src/index.ts'
import { createFakeGateway } from '../../../src/testing.ts'
import type { FakeGateway } from '../../../src/testing.ts'

const NODE = '546051'
const PARTS: Readonly<Record<string, () => VNode>> = {
  SessionBar: () => h(SessionBar),
  ConnectPanel: () => h(ConnectPanel, { nodes: [NODE] }),
  NodeTable: () => h(NodeTable, { node: { id: NODE }, actions: ['disconnect'] }),
}

describe('a page of one\'s own', () => {
  let gateway: FakeGateway
  let page: VueWrapper
  beforeEach(() => {
    gateway = createFakeGateway({ nodes: [NODE] })
    gateway.node(NODE).connect('48752', { callsign: 'WB6NIL', mode: 'transceive' })
  })
  afterEach(() => {
    page.unmount()
    gateway.dispose()
  })

  async function show(parts: readonly string[], pinia: Pinia = createPinia()): Promise<void> {
    page = mount(defineComponent({
      setup: () => {
        useNode(NODE)
        return () => parts.map((part) => PARTS[part]?.())
      },
    }), { global: { plugins: [pinia, gateway.plugin] } })
    await gateway.settle()
    await gateway.clock.advance(100)
    await gateway.settle()
  }
  const asked = () => gateway.requests.filter((each) => each === 'GET api/v1/auth/me').length
  const shown = () => ({
    bar: page.text().includes('Signed in as operator'),
    panel: page.text().includes('Enter a node first.'),
    rows: page.find('.toggle').exists(),
  })

  it.each([['SessionBar', 'bar'], ['ConnectPanel', 'panel'], ['NodeTable', 'rows']] as const)('that has %s alone learns who is here by it', async (part, what) => {
    await show([part])
    expect([asked(), shown()[what]]).toEqual([1, true])
  })

  it('that has them all asks once, and opens its socket once', async () => {
    await show(Object.keys(PARTS))
    expect([asked(), shown(), gateway.plugin.client.userChanges]).toEqual([1, { bar: true, panel: true, rows: true }, 0])
  })

  it('that has a table without commands does not ask', async () => {
    page = mount(NodeTable, { props: { node: { id: NODE } }, global: { plugins: [createPinia(), gateway.plugin] } })
    await gateway.settle()
    expect([asked(), page.find('[data-link]').exists()]).toEqual([0, true])
  })

  it('asks again when it is there again, whose stores lived on, and whatever a plug-in kept that keeps state', async () => {
    const pinia = createPinia()
    pinia.state.value['session'] = { known: true, error: null }
    await show(['SessionBar'], pinia)
    expect([asked(), shown().bar]).toEqual([1, true])
    page.unmount()
    await show(['SessionBar'], pinia)
    expect([asked(), shown().bar]).toEqual([2, true])
  })
})
