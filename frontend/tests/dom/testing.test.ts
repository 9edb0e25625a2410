/** What `supermon-live/testing` promises, used as its readers would: their own component, a fault script, a clock. */
import { createTestingPinia } from '@pinia/testing'
import { mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createPinia } from 'pinia'
import { defineComponent, h, nextTick } from 'vue'
import { useNode, useRealTimeStore } from '../../src/index.ts'
import { createFakeGateway, storeCommands } from '../../src/testing.ts'
import type { FakeGateway } from '../../src/testing.ts'
import type { FakeGatewayOptions } from '../../src/testing.ts'

const A = '546051'
const B = '546055'

/** A component as somebody else would write it. */
const Mine = defineComponent({
  props: { id: { type: String, required: true } },
  setup(props) {
    const { state, connection } = useNode(() => props.id)
    return () => {
      const talking = Object.entries(state.value?.links ?? {}).filter(([, link]) => link.keyed === true).map(([name]) => name)
      return h('p', `${state.value?.callsign ?? '?'} ${state.value?.reach ?? '-'} ${connection.value.status} talking:${talking.join()}`)
    }
  },
})

let gateway: FakeGateway
const ends: (() => void)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) end()
  await gateway.settle()
  expect(gateway.sockets).toBe(0)
  expect(gateway.clock.pending).toBe(0)
})

function show(options: FakeGatewayOptions = { nodes: { [A]: { callsign: 'W5GLE' }, [B]: { callsign: 'WB6NIL' } } }, pinia = createPinia()) {
  gateway = createFakeGateway(options)
  const wrapper = mount(Mine, { props: { id: A }, global: { plugins: [pinia, gateway.plugin] } })
  ends.push(() => { gateway.dispose() }, () => { wrapper.unmount() })
  return wrapper
}

describe('a component of somebody else, over the fake gateway', () => {
  it('shows what the test says, key by key', async () => {
    const wrapper = show()
    await gateway.settle()
    expect(wrapper.text()).toBe('W5GLE up live talking:')
    gateway.node(A).key('48752')
    await nextTick()
    expect(wrapper.text()).toBe('W5GLE up live talking:48752')
    gateway.node(A).unkey('48752')
    gateway.node(B).key('2000')
    await nextTick()
    expect(wrapper.text()).toBe('W5GLE up live talking:')
  })

  it('meets a cut: polls meanwhile, and is live again by itself', async () => {
    const wrapper = show()
    await gateway.settle()
    gateway.net.cut(A)
    await gateway.clock.advance(3_000)
    expect(gateway.requests.some((request) => request.includes('nodes/ami/status'))).toBe(true)
    gateway.node(A).key('48752')
    await gateway.clock.advance(2_000)
    expect(wrapper.text()).toContain('talking:48752')
    expect(wrapper.text()).not.toContain('live')
    gateway.net.mend(A)
    await gateway.clock.advance(20_000)
    expect(wrapper.text()).toBe('W5GLE up live talking:48752')
  })

  it('meets a socket that carries nothing any more, and has another one within a minute', async () => {
    const wrapper = show()
    await gateway.settle()
    gateway.net.silence(A)
    gateway.node(A).key('48752')
    await gateway.clock.advance(1_000)
    expect(wrapper.text()).toContain('talking:')
    await gateway.clock.advance(60_000)
    expect(wrapper.text()).toBe('W5GLE up live talking:48752')
  })

  it('meets a refusal, an Asterisk that is down, a restart, and a page that is put away', async () => {
    const wrapper = show()
    await gateway.settle()
    gateway.node(A).reach('down', 'ami-refused', 'Nothing answers.')
    await nextTick()
    expect(wrapper.text()).toContain('down live')
    gateway.node(A).reach('up')
    gateway.restart(0)
    await gateway.clock.advance(5_000)
    expect(wrapper.text()).toContain('up live')
    gateway.net.refuse(4504, A)
    await gateway.clock.advance(1_000)
    expect(wrapper.text()).toContain('paused')
    gateway.net.mend(A)
    gateway.signal('hidden')
    gateway.net.cutHttp()
    gateway.signal('visible')
    await gateway.clock.advance(5_000)
    expect(wrapper.text()).toContain('paused')
  })

  it('works with createTestingPinia: commands are spied on, everything else is at work', async () => {
    const wrapper = show(undefined, createTestingPinia({ createSpy: vi.fn, stubActions: storeCommands }))
    const store = useRealTimeStore()
    await gateway.settle()
    gateway.node(A).key('48752')
    await nextTick()
    expect(wrapper.text()).toBe('W5GLE up live talking:48752')
    await store.connectNode(A, '2000')
    expect(store.connectNode).toHaveBeenCalledWith(A, '2000')
    expect(gateway.requests).toEqual([])
  })

  it('is what the store commands: done, refused, and shown', async () => {
    show()
    const store = useRealTimeStore()
    await gateway.settle()
    await expect(store.connectNode(A, '48752')).resolves.toMatchObject({ outcome: 'done' })
    expect(gateway.node(A).state.links['48752']?.mode).toBe('transceive')
    await expect(store.disconnectNode(A, '2000')).rejects.toThrow('2000 is not linked to 546051.')
    await store.disconnectNode(A, '48752')
    expect(store.stateOf(A)?.links).toEqual({})
  })

  it('names a node that is not there', () => {
    show()
    expect(() => gateway.node('1')).toThrow('there is no node 1; name it in createFakeGateway')
  })
})
