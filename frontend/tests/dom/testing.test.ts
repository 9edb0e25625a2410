/** What `supermon-live/testing` promises, used as its readers would: their own component, a fault script, a clock. */
import { createTestingPinia } from '@pinia/testing'
import { mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createPinia } from 'pinia'
import { defineComponent, h, nextTick } from 'vue'
import { ConnectPanel, SessionBar, useAstDbStore, useNode, useRealTimeStore, useSessionStore, useVoter } from '../../src/index.ts'
import { createFakeGateway, storeCommands } from '../../src/testing.ts'
import type { FakeGateway } from '../../src/testing.ts'
import type { FakeGatewayOptions } from '../../src/testing.ts'
import { settle } from '../../src/testing/testClock.ts'

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

const CLUB = ['2001', '2002', '2003', '2004', '2005', '2006', '2007']

/** Seven nodes: all but the first share a socket. */
function showClub(topology: 'auto' | 'shared' = 'auto') {
  gateway = createFakeGateway({ nodes: CLUB }, { topology })
  const Club = defineComponent({ setup: () => () => CLUB.map((id) => h(Mine, { id, key: id })) })
  const wrapper = mount(Club, { global: { plugins: [createPinia(), gateway.plugin] } })
  ends.push(() => { gateway.dispose() }, () => { wrapper.unmount() })
  const status = (id: string) => gateway.plugin.client.sockets.getNodeState(id).status
  return { wrapper, status, others: (...ids: string[]) => CLUB.filter((id) => !ids.includes(id)).map(status) }
}
const ALL_LIVE = (count: number) => Array.from({ length: count }, () => 'live')

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
    await gateway.clock.advance(9_000)
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

  it('shows what is said of a node that was kept in a variable also after a restart, and so does its voter', async () => {
    gateway = createFakeGateway({ nodes: [A] })
    const node = gateway.node(A)
    node.vote({ North: 187 }, 'North')
    const Both = defineComponent({
      setup() {
        const voter = useVoter(A)
        return () => [h(Mine, { id: A }), h('p', `, voted:${voter.value.voters[0]?.voted ?? '-'}`)]
      },
    })
    const wrapper = mount(Both, { global: { plugins: [createPinia(), gateway.plugin] } })
    ends.push(() => { gateway.dispose() }, () => { wrapper.unmount() })
    await gateway.settle()
    const { epoch } = node
    node.key('48752')
    gateway.restart(0)
    await gateway.clock.advance(10_000)
    expect(wrapper.text()).toBe('? up live talking:48752, voted:North')
    node.unkey('48752')
    node.vote({ North: 20, South: 187 }, 'South')
    await nextTick()
    expect(wrapper.text()).toBe('? up live talking:, voted:South')
    expect([gateway.node(A) === node, node.epoch === epoch]).toEqual([true, false])
  })

  it('meets a node that is not there, and does not take it for live when it is asked for again', async () => {
    const wrapper = show({ nodes: [B] })
    const told: string[] = []
    ends.push(gateway.plugin.client.sockets.onNodeStateChange(A, (state) => told.push(state.status)))
    await gateway.clock.advance(80_000)
    expect(wrapper.text()).toBe('? - paused talking:')
    expect(told).toEqual(['paused', 'connecting', 'paused'])
  })

  it('is looked at by the store before anything is mounted, as tests begin', async () => {
    gateway = createFakeGateway({ nodes: [A] })
    ends.push(() => { gateway.dispose() })
    const store = useRealTimeStore(createPinia())
    void store.startMonitoring(A)
    await gateway.settle()
    expect(store.connections[A]?.state).toBe('live')
    store.stopMonitoring(A)
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

  it('leaves no timer when the test is over before a socket has opened', async () => {
    const wrapper = show()
    await settle()
    wrapper.unmount()
    gateway.dispose()
    await settle()
    expect(gateway.clock.pending).toBe(0)
  })

  it('names a node that is not there', () => {
    show()
    expect(() => gateway.node('1')).toThrow('there is no node 1; name it in createFakeGateway')
  })
})

describe('faults of one node among many', () => {
  it('a cut breaks the socket that carries it until mend, and with a common one all that share it; the others stay live', async () => {
    const { status, others } = showClub()
    await gateway.settle()
    expect(gateway.sockets).toBe(2)
    gateway.net.cut('2001')
    await gateway.clock.advance(5_000)
    expect([status('2001') === 'live', others('2001')]).toEqual([false, ALL_LIVE(6)])
    gateway.net.mend('2001')
    gateway.net.cut('2007')
    await gateway.clock.advance(8_000)
    expect([status('2001'), others('2001').filter((each) => each === 'live')]).toEqual(['live', []])
    gateway.node('2007').key('48752')
    await gateway.clock.advance(2_000)
    expect(useRealTimeStore().stateOf('2007')?.links['48752']?.keyed).toBe(true)
    gateway.net.mend('2007')
    await gateway.clock.advance(20_000)
    expect(others()).toEqual(ALL_LIVE(7))
  })

  it('a refusal of one on the common socket is told of it alone, with the reason, also to whoever comes back', async () => {
    const { status, others } = showClub()
    await gateway.settle()
    gateway.net.refuse(4504, '2007')
    await gateway.clock.advance(10)
    expect([status('2007'), others('2007')]).toEqual(['paused', ALL_LIVE(6)])
    const { sockets } = gateway.plugin.client
    expect(sockets.getNodeState('2007')).toMatchObject({ why: 'refused', reason: { serverCode: 'no-such-node' } })
    gateway.restart(0)
    await gateway.clock.advance(10_000)
    expect([status('2007'), others('2007')]).toEqual(['paused', ALL_LIVE(6)])
    gateway.net.mend('2007')
    sockets.retryConnection('2007')
    await gateway.clock.advance(10)
    expect(status('2007')).toBe('live')
  })

  it('a code that says nothing of single nodes closes the common socket, until mend', async () => {
    const { status, others } = showClub('shared')
    await gateway.settle()
    gateway.net.refuse(1013, '2003')
    await gateway.clock.advance(8_000)
    expect(others().filter((each) => each === 'live')).toEqual([])
    gateway.net.mend()
    await gateway.clock.advance(20_000)
    expect(others()).toEqual(ALL_LIVE(7))
    expect(status('2003')).toBe('live')
  })

  it('silence falls on the sockets that carry it and on no other', async () => {
    showClub()
    await gateway.settle()
    gateway.net.silence('2001')
    gateway.node('2001').key()
    gateway.node('2007').key()
    await gateway.clock.advance(100)
    const store = useRealTimeStore()
    expect([store.stateOf('2001')?.rx, store.stateOf('2007')?.rx]).toEqual([false, true])
  })
})

describe('a plug-in that is used by one app after the other', () => {
  it('is alive again with each, over the same Pinia too, whatever the one before left monitored', async () => {
    gateway = createFakeGateway({ nodes: [A, B] })
    ends.push(() => { gateway.dispose() })
    const pinia = createPinia()
    const start = () => mount(Mine, { props: { id: A }, global: { plugins: [pinia, gateway.plugin] } })
    const first = start()
    const store = useRealTimeStore(pinia)
    void store.startMonitoring(B)
    await gateway.settle()
    expect(gateway.sockets).toBe(2)
    first.unmount()
    await gateway.settle()
    expect([gateway.sockets, gateway.clock.pending, store.monitoringNodes]).toEqual([0, 0, []])

    const second = start()
    void store.startMonitoring(B)
    await gateway.settle()
    expect(gateway.sockets).toBe(2)
    gateway.node(A).key('48752')
    gateway.node(B).key()
    await nextTick()
    expect(second.text()).toBe('? up live talking:48752')
    expect(store.stateOf(B)?.rx).toBe(true)
    gateway.net.cut(B)
    await gateway.clock.advance(9_000)
    expect(store.connections[B]?.transport).toBe('polling')
    second.unmount()
  })
})

describe('the pages of the fake gateway', () => {
  it('let a ConnectPanel be tested: it commands by right, and finds names', async () => {
    gateway = createFakeGateway({
      nodes: [A], users: [{ name: 'W5GLE', permissions: ['CONNECTUSER'] }], astdb: { '48752': { callsign: 'WB6NIL', location: 'Los Angeles, CA' } },
    })
    const Panel = defineComponent({ setup: () => { useNode(A); return () => h(ConnectPanel, { nodes: [A], target: '48752' }) } })
    const wrapper = mount(Panel, { global: { plugins: [createPinia(), gateway.plugin] } })
    ends.push(() => { gateway.dispose() }, () => { wrapper.unmount() })
    await useSessionStore().check()
    await gateway.settle()
    expect(wrapper.findAll('[role=group] > button').map((button) => button.text())).toEqual(['Connect'])
    await wrapper.get('form').trigger('submit')
    await gateway.settle()
    expect(wrapper.get('.result').text()).toContain('546051 is linked to 48752.')
    expect(gateway.node(A).state.links['48752']).toMatchObject({ mode: 'transceive', permanent: false })
    const names = useAstDbStore()
    expect(await names.searchNodes('wb6')).toMatchObject([{ node_id: '48752', callsign: 'WB6NIL' }])
    expect([await names.getNodeInfo('48752'), await names.getNodeInfo('1')]).toMatchObject([{ location: 'Los Angeles, CA' }, null])
    expect(await names.getMultipleNodesInfo([A, '48752'])).toMatchObject({ [A]: { node_id: A }, '48752': { callsign: 'WB6NIL' } })
  })

  it('know who is signed in: by password, with a token for each session, and refuse what he may not', async () => {
    gateway = createFakeGateway({ nodes: [A], users: [{ name: 'W5GLE', password: 'right', permissions: ['DISCUSER'] }], signedIn: null })
    const wrapper = mount(SessionBar, { global: { plugins: [createPinia(), gateway.plugin] } })
    ends.push(() => { gateway.dispose() }, () => { wrapper.unmount() })
    const [session, store] = [useSessionStore(), useRealTimeStore()]
    await session.check()
    await nextTick()
    expect(wrapper.text()).toContain('Sign in')
    await expect(store.disconnectNode(A, '2000')).rejects.toThrow('Sign in first.')
    expect([await session.signIn('W5GLE', 'wrong'), session.error]).toEqual([false, 'Invalid username or password'])
    expect([await session.signIn('W5GLE', 'right'), gateway.user, session.can('DISCUSER')]).toEqual([true, 'W5GLE', true])
    await expect(store.connectNode(A, '2000')).rejects.toThrow('W5GLE has no right to connect (CONNECTUSER).')
    gateway.node(A).connect('2000')
    await expect(store.disconnectNode(A, '2000')).resolves.toMatchObject({ outcome: 'done' })
    expect([await session.signOut(), gateway.user]).toEqual([true, null])
  })

  it('take no command where nobody can sign in', async () => {
    show({ nodes: [A], users: [] })
    await expect(useRealTimeStore().connectNode(A, '2000')).rejects.toThrow('This gateway has no accounts, so nobody may control a node.')
    await expect(gateway.plugin.client.control.dtmf(A, '*3')).rejects.toMatchObject({ status: 403, serverCode: 'no-accounts' })
  })

  it('tell what the receivers of a voter hear, and of other nodes that they are none', async () => {
    gateway = createFakeGateway({ nodes: [A, B] })
    gateway.node(A).vote({ North: 187, South: { rssi: null, inactive: true } }, 'North')
    const Voter = defineComponent({
      setup() {
        const [a, b] = [useVoter(A), useVoter(B)]
        const told = (update: typeof a.value) => update.error ?? update.voters.flatMap(({ receivers }) => receivers.map(({ name, rssi, state }) => `${name} ${String(rssi)} ${state}`)).join()
        return () => h('p', `${told(a.value)} | ${told(b.value)}`)
      },
    })
    const wrapper = mount(Voter, { global: { plugins: [createPinia(), gateway.plugin] } })
    ends.push(() => { gateway.dispose() }, () => { wrapper.unmount() })
    await gateway.settle()
    expect(wrapper.text()).toBe('North 187 voted,South null inactive | Asterisk has no voter with this number: check the sections of voter.conf and the rxchannel in rpt.conf.')
    gateway.node(A).vote({ North: 20 })
    await gateway.clock.advance(1_000)
    expect(wrapper.text()).toBe('North 20 voting | Asterisk has no voter with this number: check the sections of voter.conf and the rxchannel in rpt.conf.')
  })

  it('tell nothing of a voter whose Asterisk is away, on its socket and to whoever polls', async () => {
    gateway = createFakeGateway({ nodes: [A] })
    gateway.node(A).vote({ North: 187 }, 'North')
    const Voter = defineComponent({
      setup() {
        const voter = useVoter(A)
        return () => h('p', `${voter.value.voters[0]?.voted ?? '-'} ${voter.value.transport} ${voter.value.error ?? ''}`)
      },
    })
    const wrapper = mount(Voter, { global: { plugins: [createPinia(), gateway.plugin] } })
    ends.push(() => { gateway.dispose() }, () => { wrapper.unmount() })
    await gateway.settle()
    gateway.node(A).reach('down')
    await nextTick()
    expect(wrapper.text()).toBe('- socket Asterisk does not answer.')
    gateway.net.cut(A)
    await gateway.clock.advance(20_000)
    expect(wrapper.text()).toBe('- polling Asterisk does not answer.')
    gateway.node(A).reach('up')
    await gateway.clock.advance(30_000)
    expect(wrapper.text()).toContain('North polling')
  })

  it("answer what a page of Supermon-NG's asks: its sections, names' health, a ticket; anything else is no route", async () => {
    gateway = createFakeGateway({ nodes: [A, B] })
    ends.push(() => { gateway.dispose() })
    const { api } = gateway.plugin.client
    expect(await api.get('config/nodes')).toMatchObject({ data: { config: { [A]: { hideNodeURL: false }, [B]: {} }, ini_file: 'allmon.ini', default_node: A } })
    expect(await api.get('astdb/health')).toMatchObject({ healthy: true })
    expect(await api.websocketToken(A)).toMatch(/^ticket-/)
    await expect(api.get('nodes/elsewhere')).rejects.toThrow('no such route')
  })
})
