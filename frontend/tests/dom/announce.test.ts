/** What the live region of a page says, over a gateway in memory whose time stands until the test moves it. */
import { mount } from '@vue/test-utils'
import type { VueWrapper } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import { EMPTY_LINK } from '../../../protocol/nodeState.ts'
import LiveRegion from '../../src/components/announce/LiveRegion.vue'
import NodeConnection from '../../src/components/NodeConnection.vue'
import { setWords } from '../../src/components/words.ts'
import { english } from '../../src/components/words/en.ts'
import { useNotices } from '../../src/composables/useNotices.ts'
import type { Notice, Notices } from '../../src/composables/useNotices.ts'
import { PAGE_ENV } from '../../src/composables/usePageEnv.ts'
import { createFakeGateway } from '../../src/testing.ts'
import type { FakeGateway } from '../../src/testing.ts'
import { FakePageEnv } from './support/fakePageEnv.ts'

const A = '546051'
const B = '546055'
const LINK = { ...EMPTY_LINK, keyed: false, state: 'established', mode: 'transceive' } as const

describe('the live region of a page', () => {
  let gateway: FakeGateway
  let page: FakePageEnv
  let wrapper: VueWrapper
  let notices: Notices
  const regions = ref<readonly number[]>([1])
  /** All that was said so far, in order. */
  let said: string[]

  const Page = defineComponent({
    setup() {
      notices = useNotices()
      return () => [...[A, B].map((id) => h(NodeConnection, { key: id, nodeId: id })), ...regions.value.map((key) => h(LiveRegion, { key }))]
    },
  })
  beforeEach(async () => {
    regions.value = [1]
    gateway = createFakeGateway({ nodes: { [A]: { callsign: 'W5GLE' }, [B]: {} } })
    page = new FakePageEnv()
    await open()
  })
  afterEach(async () => {
    wrapper.unmount()
    await gateway.settle()
    expect(gateway.clock.pending).toBe(0)
    setWords(english)
  })

  const mountPage = () => mount(Page, { global: { plugins: [gateway.plugin, createPinia()], provide: { [PAGE_ENV as symbol]: page } } })
  async function open() {
    said = []
    wrapper = mountPage()
    await gateway.settle()
    await pass(3_000)
    expect(said).toEqual([`Nodes ${A}, ${B}: connected.`])
    said = []
  }
  /** Time passes, and somebody listens twice as often as there may be a sentence. */
  async function pass(ms: number) {
    for (let passed = 0; passed < ms; passed += 500) {
      await gateway.clock.advance(Math.min(500, ms - passed))
      listen()
    }
  }
  let element: Element | null = null
  function listen() {
    const all = wrapper.findAll('[role="status"], [aria-live]')
    expect(all).toHaveLength(regions.value.length)
    const speaking = all.map((region) => region.get('p')).filter((p) => p.text() !== '')
    expect(speaking.length).toBeLessThanOrEqual(1)
    const [p] = speaking
    // The same element is not read out again.
    if (p !== undefined && p.element !== element) said.push(p.text())
    element = p?.element ?? null
  }
  const choose = (node: string | null, notice: Notice, wanted = true) => { notices.choose(node, notice, wanted) }

  describe('about who talks', () => {
    beforeEach(async () => {
      choose(A, 'talk')
      const ids = Array.from({ length: 12 }, (_, i) => String(2_000 + i))
      gateway.node(A).set({ links: Object.fromEntries(ids.map((id) => [id, { ...LINK, callsign: id === '2000' ? 'WB6NIL' : null }])) })
      await pass(2_000)
      expect(said).toEqual(['12 stations connected to 546051.'])
      said = []
    })

    it('says a key-up once, with name and node, and not its end', async () => {
      gateway.node(A).key('2000')
      await pass(4_000)
      gateway.node(A).unkey('2000')
      await pass(4_000)
      expect(said).toEqual(['2000 WB6NIL talks on 546051.'])
    })

    it('says the node\'s own receiver', async () => {
      gateway.node(A).key()
      await pass(1_000)
      expect(said).toEqual(['Local receiver talks on 546051.'])
    })

    it('makes two sentences of ten key-ups within a second, a second apart', async () => {
      for (let i = 0; i < 10; i += 1) {
        gateway.node(A).key(String(2_000 + i))
        await pass(100)
      }
      expect(said).toEqual(['2000 WB6NIL, 2001, 2002 talk on 546051.'])
      await pass(5_000)
      expect(said.slice(1)).toEqual(['7 stations talk on 546051.'])
    })

    it('says one sentence a second at most, and names three', async () => {
      gateway.node(A).key('2000')
      await pass(300)
      for (const id of ['2001', '2002', '2003']) gateway.node(A).key(id)
      expect(said).toEqual(['2000 WB6NIL talks on 546051.'])
      await pass(800)
      expect(said).toHaveLength(1)
      await pass(300)
      expect(said).toEqual(['2000 WB6NIL talks on 546051.', '2001, 2002, 2003 talk on 546051.'])
    })

    it('takes a pause for breath for no news, and says the same station again later', async () => {
      for (let i = 0; i < 4; i += 1) {
        gateway.node(A).key('2000')
        await pass(500)
        gateway.node(A).unkey('2000')
        await pass(500)
      }
      expect(said).toHaveLength(1)
      await pass(5_000)
      gateway.node(A).key('2000')
      await pass(1_000)
      expect(said).toEqual(['2000 WB6NIL talks on 546051.', '2000 WB6NIL talks on 546051.'])
    })

    it('is silent about a node once it is switched off, and not about another', async () => {
      choose(B, 'talk', false)
      gateway.node(B).key()
      await pass(2_000)
      choose(A, 'talk', false)
      gateway.node(A).key('2000')
      await pass(2_000)
      expect(said).toEqual([])
      choose(B, 'talk')
      gateway.node(B).unkey()
      gateway.node(B).key()
      await pass(2_000)
      expect(said).toEqual(['Local receiver talks on 546055.'])
    })

    it('does not say of a talker who is found after a loss that he keyed up', async () => {
      gateway.net.cutHttp()
      gateway.net.cut(A)
      await pass(5_000)
      gateway.node(A).key('2000')
      gateway.node(A).disconnect('2005')
      await pass(1_000)
      gateway.net.mend()
      await pass(20_000)
      expect(said).toEqual(['Node 546051: connection lost.', 'Node 546051: connected again.'])
    })

    it.each([
      ['nobody could be asked', { http: false, mends: true }],
      ['polls stood in', { http: true, mends: true }],
      ['polls still stand in', { http: true, mends: false }],
    ])('says and plays the first key-up after a loss over which nothing changed: %s', async (_meanwhile, { http, mends }) => {
      choose(A, 'sound')
      if (!http) gateway.net.cutHttp()
      gateway.net.cut(A)
      await pass(10_000)
      if (mends) gateway.net.mend()
      await pass(20_000)
      page.tones = []
      gateway.node(A).key('2000')
      await pass(5_000)
      expect([page.tones, said.at(-1)]).toEqual([['up'], '2000 WB6NIL talks on 546051.'])
    })

    it('says what strangers call themselves as text, and not at length', async () => {
      gateway.node(A).connect('2000', { callsign: `<img src=x onerror=alert(1)> ${'x'.repeat(500)}` })
      gateway.node(A).key('2000')
      await pass(1_000)
      expect(wrapper.find('img').exists()).toBe(false)
      expect(said[0]?.length).toBeLessThan(60)
    })

    it('lets nobody find an old sentence', async () => {
      gateway.node(A).key('2000')
      await pass(2_000)
      expect(wrapper.get('[role="status"]').text()).not.toBe('')
      await pass(10_000)
      expect(wrapper.get('[role="status"]').text()).toBe('')
    })
  })

  describe('about links', () => {
    it('says who connects and disconnects, and not who is being dialled', async () => {
      gateway.node(A).connect('48752', { state: 'connecting', callsign: 'WB6NIL' })
      await pass(2_000)
      expect(said).toEqual([])
      gateway.node(A).connect('48752', { state: 'established' })
      await pass(2_000)
      gateway.node(A).disconnect('48752')
      await pass(2_000)
      expect(said).toEqual(['48752 WB6NIL connected to 546051.', '48752 WB6NIL disconnected from 546051.'])
    })

    it('says nothing of a link that is redialled faster than a sentence is made, nor where that is switched off', async () => {
      gateway.node(A).connect('48752')
      await pass(2_000)
      said = []
      gateway.node(A).disconnect('48752')
      gateway.node(A).connect('48752')
      await pass(3_000)
      choose(A, 'links', false)
      gateway.node(A).disconnect('48752')
      await pass(3_000)
      expect(said).toEqual([])
    })
  })

  describe('about loss and recovery', () => {
    it('says each once, however often it is tried, and never an age', async () => {
      gateway.net.cutHttp()
      gateway.net.cut(A)
      await pass(30_000)
      expect(said).toEqual(['Node 546051: connection lost.'])
      gateway.net.mend()
      await pass(20_000)
      expect(said).toEqual(['Node 546051: connection lost.', 'Node 546051: connected again.'])
      await pass(45_000)
      expect(said).toHaveLength(2)
    })

    it('makes one sentence of what many nodes lose at once', async () => {
      gateway.net.cut()
      await pass(10_000)
      expect(said).toEqual(['Nodes 546051, 546055: connection lost.'])
    })

    it('says of a node that is refused before it was told of neither that it came nor that it went', async () => {
      wrapper.unmount()
      said = []
      wrapper = mountPage()
      await gateway.settle()
      gateway.net.refuse(4504, A)
      await pass(10_000)
      expect(said).toEqual(['Node 546055: connected.'])
    })

    it('says nothing of a blip', async () => {
      gateway.net.cut(A)
      await pass(1_300)
      gateway.net.mend(A)
      await pass(10_000)
      expect(said).toEqual([])
    })

    it('says why Asterisk does not answer and what to do, and that it answers again', async () => {
      gateway.node(A).reach('down', 'ami-login-refused', 'Asterisk refused the login: check user, secret and permit in manager.conf.')
      await pass(3_000)
      gateway.node(A).reach('up')
      await pass(3_000)
      expect(said).toEqual([
        'Node 546051: Asterisk is not answering. Asterisk refused the login: check user, secret and permit in manager.conf.',
        'Node 546051: Asterisk is answering again.',
      ])
    })

    it('can be switched off for a node, and comes before who talks', async () => {
      choose(A, 'loss', false)
      choose(B, 'talk')
      gateway.node(A).reach('down')
      gateway.node(B).key()
      gateway.node(B).reach('down', 'ami-closed', 'Asterisk closed the connection; it may be restarting.')
      await pass(3_000)
      expect(said).toEqual([
        'Node 546055: Asterisk is not answering. Asterisk closed the connection; it may be restarting. The gateway connects again by itself; if it stays so, check that Asterisk runs.',
        'Local receiver talks on 546055.',
      ])
    })
  })

  it('is the only one: a second one stays silent until the first has gone', async () => {
    regions.value = [1, 2]
    choose(null, 'talk')
    await gateway.settle()
    gateway.node(A).key()
    await pass(2_000)
    regions.value = [2]
    await gateway.settle()
    gateway.node(B).key()
    await pass(2_000)
    expect(said).toEqual(['Local receiver talks on 546051.', 'Local receiver talks on 546055.'])
  })

  it('gone, components have regions of their own again', async () => {
    regions.value = []
    await gateway.settle()
    expect(wrapper.findAll('[role="status"]')).toHaveLength(2)
    for (const id of [A, B]) gateway.node(id).reach('down', 'other', 'The server gives no reason.')
    await gateway.clock.advance(2_000)
    expect(wrapper.findAll('[role="status"]').map((region) => region.text())).toEqual([A, B].map((id) =>
      `Node ${id}: Asterisk is not answering. The server gives no reason. The log of the gateway may say more.`))
  })

  it('speaks the language of the page', async () => {
    setWords({ ...english, language: 'x', announce: { ...english.announce, talks: (who, nodes) => `${who.join()} @ ${nodes.join()}` } })
    choose(null, 'talk')
    gateway.node(A).key()
    await pass(1_000)
    expect(said).toEqual(['Local receiver @ 546051'])
    setWords(english)
    await gateway.settle()
    expect(wrapper.get('[role="status"]').text()).toBe('')
  })

  describe('makes a sound', () => {
    const heard = () => [page.tones.join(' '), page.spoken]

    it('of nothing unless it was chosen', async () => {
      gateway.node(A).connect('48752')
      gateway.node(A).key('48752')
      await pass(10_000)
      expect(heard()).toEqual(['', []])
    })

    it('and speaks when somebody keys up, connects or disconnects, not more often than every five seconds a node', async () => {
      choose(A, 'sound')
      choose(A, 'speech')
      gateway.node(A).connect('48752', { callsign: 'WB6NIL' })
      gateway.node(A).key('48752')
      await pass(4_000)
      expect(heard()).toEqual(['up', ['48752 WB6NIL connected to 546051.']])
      gateway.node(A).unkey('48752')
      gateway.node(A).key('48752')
      await pass(1_100)
      expect(page.tones).toHaveLength(1)
      gateway.node(A).disconnect('48752')
      await pass(5_000)
      gateway.node(A).key()
      await pass(100)
      expect(heard()).toEqual(['up down up', ['48752 WB6NIL connected to 546051.', '48752 WB6NIL disconnected from 546051.', 'Local receiver talks on 546051.']])
    })

    it('for the node it was chosen for, also where the screen reader is told nothing', async () => {
      choose(null, 'talk', false)
      choose(B, 'sound')
      gateway.node(A).key()
      gateway.node(B).key()
      await pass(3_000)
      expect([heard(), said]).toEqual([['up', []], []])
    })

    it('one at a time: sentences of several nodes do not queue up', async () => {
      choose(null, 'speech')
      gateway.node(A).key()
      gateway.node(B).key()
      await pass(500)
      expect(page.spoken).toEqual(['Local receiver talks on 546051.'])
    })

    it('does not fall behind, however slow the voice: what happens while it says a sentence is not made up for', async () => {
      choose(null, 'speech')
      gateway.node(A).connect('48752')
      page.speaking = true
      await pass(20_000)
      gateway.node(B).key()
      await pass(500)
      page.speaking = false
      gateway.node(A).key()
      await pass(500)
      expect(page.spoken).toEqual(['48752 connected to 546051.', 'Local receiver talks on 546051.'])
    })

    it('soon after a loss in the background too, as long as anything is to be heard', async () => {
      /** How long a page in the background is without A, ms. */
      const lost = async () => {
        await gateway.clock.advance(30_000)
        gateway.net.cut(A)
        gateway.net.mend(A)
        const since = gateway.clock.now()
        while (!gateway.plugin.client.sockets.isNodeConnected(A)) await gateway.clock.advance(500)
        return gateway.clock.now() - since
      }
      gateway.signal('hidden')
      expect(await lost()).toBeGreaterThan(30_000)
      choose(A, 'sound')
      expect(await lost()).toBeLessThanOrEqual(1_000)
      choose(A, 'sound', false)
      expect(await lost()).toBeGreaterThan(30_000)
      choose(B, 'speech')
      expect(await lost()).toBeLessThanOrEqual(1_000)
      regions.value = []
      expect(await lost()).toBeGreaterThan(30_000)
    })

    it('is silent at once when it leaves the page, and not when one leaves that never spoke', async () => {
      regions.value = [1, 2]
      await gateway.settle()
      page.speaking = true
      regions.value = [1]
      await gateway.settle()
      expect(page.speaking).toBe(true)
      regions.value = []
      await gateway.settle()
      expect(page.speaking).toBe(false)
    })
  })
})
