/** What the live region of a page says. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EMPTY_LINK } from '../../../protocol/nodeState.ts'
import { setWords } from '../../src/components/words.ts'
import { german } from '../../src/components/words/de.ts'
import { english } from '../../src/components/words/en.ts'
import { A, AnnounceStage, B } from './support/announceStage.ts'

const LINK = { ...EMPTY_LINK, keyed: false, state: 'established', mode: 'transceive' } as const

describe('the live region of a page', () => {
  let stage: AnnounceStage
  beforeEach(async () => {
    stage = new AnnounceStage()
    await stage.open()
  })
  afterEach(() => stage.close())

  describe('about who talks', () => {
    beforeEach(async () => {
      stage.choose(A, 'talk')
      const ids = Array.from({ length: 12 }, (_, i) => String(2_000 + i))
      stage.gateway.node(A).set({ links: Object.fromEntries(ids.map((id) => [id, { ...LINK, callsign: id === '2000' ? 'WB6NIL' : null }])) })
      await stage.pass(2_000)
      expect(stage.said).toEqual(['12 stations connected to 546051.'])
      stage.said = []
    })

    it('says a key-up once, with name and node, and not its end', async () => {
      stage.gateway.node(A).key('2000')
      await stage.pass(4_000)
      stage.gateway.node(A).unkey('2000')
      await stage.pass(4_000)
      expect(stage.said).toEqual(['2000 WB6NIL is talking on 546051.'])
    })

    it('says the node\'s own receiver', async () => {
      stage.gateway.node(A).key()
      await stage.pass(1_000)
      expect(stage.said).toEqual(['Local receiver is talking on 546051.'])
    })

    it('makes two sentences of ten key-ups within a second, a second apart', async () => {
      for (let i = 0; i < 10; i += 1) {
        stage.gateway.node(A).key(String(2_000 + i))
        await stage.pass(100)
      }
      expect(stage.said).toEqual(['2000 WB6NIL, 2001, 2002 are talking on 546051.'])
      await stage.pass(5_000)
      expect(stage.said.slice(1)).toEqual(['7 stations are talking on 546051.'])
    })

    it('says one sentence a second at most, and names three', async () => {
      stage.gateway.node(A).key('2000')
      await stage.pass(300)
      for (const id of ['2001', '2002', '2003']) stage.gateway.node(A).key(id)
      expect(stage.said).toEqual(['2000 WB6NIL is talking on 546051.'])
      await stage.pass(800)
      expect(stage.said).toHaveLength(1)
      await stage.pass(300)
      expect(stage.said).toEqual(['2000 WB6NIL is talking on 546051.', '2001, 2002, 2003 are talking on 546051.'])
    })

    it('counts and names a station once that is heard on several nodes', async () => {
      stage.choose(B, 'talk')
      stage.choose(B, 'links', false)
      for (const node of [A, B]) for (const id of ['2001', '2002']) stage.gateway.node(node).key(id)
      await stage.pass(1_000)
      for (const node of [A, B]) stage.gateway.node(node).key()
      await stage.pass(1_000)
      expect(stage.said).toEqual(['2001, 2002 are talking on 546051, 546055.', 'Local receiver is talking on 546051, 546055.'])
    })

    it('takes a pause for breath for no news, and says the same station again later', async () => {
      for (let i = 0; i < 4; i += 1) {
        stage.gateway.node(A).key('2000')
        await stage.pass(500)
        stage.gateway.node(A).unkey('2000')
        await stage.pass(500)
      }
      expect(stage.said).toHaveLength(1)
      await stage.pass(5_000)
      stage.gateway.node(A).key('2000')
      await stage.pass(1_000)
      expect(stage.said).toEqual(['2000 WB6NIL is talking on 546051.', '2000 WB6NIL is talking on 546051.'])
    })

    it('is silent about a node once it is switched off, and not about another', async () => {
      stage.choose(B, 'talk', false)
      stage.gateway.node(B).key()
      await stage.pass(2_000)
      stage.choose(A, 'talk', false)
      stage.gateway.node(A).key('2000')
      await stage.pass(2_000)
      expect(stage.said).toEqual([])
      stage.choose(B, 'talk')
      stage.gateway.node(B).unkey()
      stage.gateway.node(B).key()
      await stage.pass(2_000)
      expect(stage.said).toEqual(['Local receiver is talking on 546055.'])
    })

    it('does not say of a talker who is found after a loss that he keyed up', async () => {
      stage.gateway.net.cutHttp()
      stage.gateway.net.cut(A)
      await stage.pass(5_000)
      stage.gateway.node(A).key('2000')
      stage.gateway.node(A).disconnect('2005')
      await stage.pass(1_000)
      stage.gateway.net.mend()
      await stage.pass(20_000)
      expect(stage.said).toEqual(['Node 546051: connection lost.', 'Node 546051: connected again.'])
    })

    it.each([
      ['nobody could be asked', { http: false, mends: true }],
      ['polls stood in', { http: true, mends: true }],
      ['polls still stand in', { http: true, mends: false }],
    ])('says and plays the first key-up after a loss over which nothing changed: %s', async (_meanwhile, { http, mends }) => {
      stage.choose(A, 'sound')
      if (!http) stage.gateway.net.cutHttp()
      stage.gateway.net.cut(A)
      await stage.pass(10_000)
      if (mends) stage.gateway.net.mend()
      await stage.pass(20_000)
      stage.page.tones = []
      stage.gateway.node(A).key('2000')
      await stage.pass(5_000)
      expect([stage.page.tones, stage.said.at(-1)]).toEqual([['up'], '2000 WB6NIL is talking on 546051.'])
    })

    it('says what strangers call themselves as text, and not at length', async () => {
      stage.gateway.node(A).connect('2000', { callsign: `<img src=x onerror=alert(1)> ${'x'.repeat(500)}` })
      stage.gateway.node(A).key('2000')
      await stage.pass(1_000)
      expect(stage.wrapper.find('img').exists()).toBe(false)
      expect(stage.said[0]?.length).toBeLessThan(60)
    })

    it('lets nobody find an old sentence', async () => {
      stage.gateway.node(A).key('2000')
      await stage.pass(2_000)
      expect(stage.wrapper.get('[role="status"]').text()).not.toBe('')
      await stage.pass(10_000)
      expect(stage.wrapper.get('[role="status"]').text()).toBe('')
    })
  })

  describe('about links', () => {
    it('says who connects and disconnects, and not who is being dialled', async () => {
      stage.gateway.node(A).connect('48752', { state: 'connecting', callsign: 'WB6NIL' })
      await stage.pass(2_000)
      expect(stage.said).toEqual([])
      stage.gateway.node(A).connect('48752', { state: 'established' })
      await stage.pass(2_000)
      stage.gateway.node(A).disconnect('48752')
      await stage.pass(2_000)
      expect(stage.said).toEqual(['48752 WB6NIL connected to 546051.', '48752 WB6NIL disconnected from 546051.'])
    })

    it('leaves some sentences to a screen reader that comes late, each in a place of its own, so that it reads none twice and misses none', async () => {
      const region = stage.wrapper.get('[role="status"]')
      for (const id of ['2000', '2001', '2002', '2003']) {
        stage.gateway.node(A).connect(id)
        await stage.pass(1_500)
      }
      // Whoever reads all of it because some of it is new would say again what he said.
      expect(region.attributes('aria-atomic')).toBe('false')
      expect(region.findAll('p > span').map((sentence) => sentence.text())).toEqual(['2001', '2002', '2003'].map((id) => `${id} connected to 546051.`))
    })

    it('puts each sentence into an element that stood there empty from the beginning, where none came for long: Orca, when it was busy, skips or repeats others', async () => {
      const places = [...stage.wrapper.get('[role="status"]').element.children]
      for (const id of Array.from({ length: 20 }, (_, i) => String(2000 + i))) {
        const empty = places.filter((place) => place.textContent === '')
        expect(empty.length).toBeGreaterThanOrEqual(places.length - 3)
        stage.gateway.node(A).connect(id)
        await stage.pass(1_500)
        const filled = empty.filter((place) => place.textContent !== '')
        expect(filled.map((place) => place.textContent.trim())).toEqual([`${id} connected to 546051.`])
      }
      expect([...stage.wrapper.get('[role="status"]').element.children]).toEqual(places)
    })

    it('names a station once that leaves several nodes', async () => {
      for (const node of [A, B]) stage.gateway.node(node).connect('48752')
      await stage.pass(2_000)
      for (const node of [A, B]) stage.gateway.node(node).disconnect('48752')
      await stage.pass(2_000)
      expect(stage.said).toEqual(['48752 connected to 546051, 546055.', '48752 disconnected from 546051, 546055.'])
    })

    it('says nothing of a link that is redialled faster than a sentence is made, nor where that is switched off', async () => {
      stage.gateway.node(A).connect('48752')
      await stage.pass(2_000)
      stage.said = []
      stage.gateway.node(A).disconnect('48752')
      stage.gateway.node(A).connect('48752')
      await stage.pass(3_000)
      stage.choose(A, 'links', false)
      stage.gateway.node(A).disconnect('48752')
      await stage.pass(3_000)
      expect(stage.said).toEqual([])
    })
  })

  describe('about loss and recovery', () => {
    it('says each once, however often it is tried, and never an age', async () => {
      stage.gateway.net.cutHttp()
      stage.gateway.net.cut(A)
      await stage.pass(30_000)
      expect(stage.said).toEqual(['Node 546051: connection lost.'])
      stage.gateway.net.mend()
      await stage.pass(20_000)
      expect(stage.said).toEqual(['Node 546051: connection lost.', 'Node 546051: connected again.'])
      await stage.pass(45_000)
      expect(stage.said).toHaveLength(2)
    })

    it('makes one sentence of what many nodes lose at once', async () => {
      stage.gateway.net.cut()
      await stage.pass(10_000)
      expect(stage.said).toEqual(['Nodes 546051, 546055: connection lost.'])
    })

    it('says of a node that is refused before it was told of neither that it came nor that it went', async () => {
      stage.wrapper.unmount()
      stage.said = []
      stage.mount()
      await stage.gateway.settle()
      stage.gateway.net.refuse(4504, A)
      await stage.pass(10_000)
      expect(stage.said).toEqual(['Node 546055: connected.'])
    })

    it('says nothing of a blip', async () => {
      stage.gateway.net.cut(A)
      await stage.pass(1_300)
      stage.gateway.net.mend(A)
      await stage.pass(10_000)
      expect(stage.said).toEqual([])
    })

    it('says why Asterisk does not answer and what to do, and that it answers again', async () => {
      stage.gateway.node(A).reach('down', 'ami-login-refused', 'Asterisk refused the login: check user, secret and permit in manager.conf.')
      await stage.pass(3_000)
      stage.gateway.node(A).reach('up')
      await stage.pass(3_000)
      expect(stage.said).toEqual([
        'Node 546051: Asterisk is not answering. Asterisk refused the login: check user, secret and permit in manager.conf.',
        'Node 546051: Asterisk is answering again.',
      ])
    })

    it('can be switched off for a node, and comes before who talks', async () => {
      stage.choose(A, 'loss', false)
      stage.choose(B, 'talk')
      stage.gateway.node(A).reach('down')
      stage.gateway.node(B).key()
      stage.gateway.node(B).reach('down', 'ami-closed', 'Asterisk closed the connection; it may be restarting.')
      await stage.pass(3_000)
      expect(stage.said).toEqual([
        'Node 546055: Asterisk is not answering. Asterisk closed the connection; it may be restarting. The gateway reconnects by itself; if this persists, check that Asterisk is running.',
        'Local receiver is talking on 546055.',
      ])
    })
  })

  describe('behind a modal dialog, which hides it', () => {
    const dialog = document.createElement('dialog')
    beforeEach(() => {
      // happy-dom has no `:modal`.
      vi.spyOn(document, 'querySelector').mockImplementation((selector) => (selector === 'dialog:modal' && dialog.open ? dialog : null))
      stage.choose(null, 'talk')
      dialog.showModal()
    })
    afterEach(() => {
      dialog.close()
      vi.restoreAllMocks()
    })

    it('waits, and says once it is closed what is so still', async () => {
      stage.gateway.node(A).reach('down', 'ami-closed', 'Asterisk closed the connection.')
      stage.gateway.node(B).connect('48752')
      stage.gateway.node(B).connect('48753')
      stage.gateway.node(B).key('48752')
      await stage.pass(10_000)
      stage.gateway.node(B).disconnect('48753')
      stage.gateway.node(B).key()
      await stage.pass(1_000)
      expect(stage.said).toEqual([])
      dialog.close()
      await stage.pass(4_000)
      expect(stage.said.map((sentence) => sentence.split('. ')[0])).toEqual([
        'Node 546051: Asterisk is not answering', '48752 connected to 546055.', 'Local receiver is talking on 546055.',
      ])
    })

    it('says of sentences that others made the last one', async () => {
      for (const sentence of ['Voter 2001: Alvin is heard.', 'Voter 2001: Houston is heard.', 'Voter 2001 is not current.']) {
        stage.say(sentence)
        await stage.pass(5_000)
      }
      dialog.close()
      await stage.pass(4_000)
      expect(stage.said).toEqual(['Voter 2001 is not current.'])
    })

    it('says also what was about to be said when it opened', async () => {
      dialog.close()
      stage.say('Target node: 48752 WB6NIL')
      dialog.showModal()
      for (const sentence of ['Voter 2001: Alvin is heard.', 'Voter 2001 is not current.']) {
        stage.say(sentence)
        await stage.pass(5_000)
      }
      dialog.close()
      await stage.pass(4_000)
      expect(stage.said).toEqual(['Target node: 48752 WB6NIL', 'Voter 2001 is not current.'])
    })

    it('wakes once a second at most while it waits, and not at all for nothing', async () => {
      const look = vi.mocked(document.querySelector)
      stage.gateway.node(A).reach('down', 'ami-closed', 'Asterisk closed the connection.')
      await stage.pass(2_000)
      look.mockClear()
      await stage.pass(10_000)
      expect(look.mock.calls.length).toBeLessThanOrEqual(10)
      dialog.close()
      await stage.pass(2_000)
      expect(stage.said).toHaveLength(1)
      look.mockClear()
      await stage.pass(10_000)
      expect(look).not.toHaveBeenCalled()
    })

    it('says nothing in the language before', async () => {
      stage.say('Voter 2001 is not current.')
      await stage.pass(2_000)
      setWords(german)
      await stage.pass(1_000)
      dialog.close()
      await stage.pass(3_000)
      expect(stage.said).toEqual([])
    })

    it('says all at once where it is inside of it', async () => {
      dialog.append(stage.wrapper.element as Element)
      stage.gateway.node(B).key()
      await stage.pass(1_000)
      expect(stage.said).toEqual(['Local receiver is talking on 546055.'])
    })
  })

  it('speaks also in a browser that does not know which dialogs are modal', async () => {
    vi.spyOn(document, 'querySelector').mockImplementation((selector) => { throw new DOMException(`'${selector}' is not a valid selector.`, 'SyntaxError') })
    stage.choose(null, 'talk')
    stage.gateway.node(A).key()
    await stage.pass(1_000)
    vi.restoreAllMocks()
    expect(stage.said).toEqual(['Local receiver is talking on 546051.'])
  })

  it('is the only one: a second one stays silent until the first has gone', async () => {
    stage.regions.value = [1, 2]
    stage.choose(null, 'talk')
    await stage.gateway.settle()
    stage.gateway.node(A).key()
    await stage.pass(2_000)
    stage.regions.value = [2]
    await stage.gateway.settle()
    stage.gateway.node(B).key()
    await stage.pass(2_000)
    expect(stage.said).toEqual(['Local receiver is talking on 546051.', 'Local receiver is talking on 546055.'])
  })

  it('gone, components have regions of their own again', async () => {
    stage.regions.value = []
    await stage.gateway.settle()
    expect(stage.wrapper.findAll('[role="status"]')).toHaveLength(2)
    for (const id of [A, B]) stage.gateway.node(id).reach('down', 'other', 'The server gives no reason.')
    await stage.gateway.clock.advance(2_000)
    expect(stage.wrapper.findAll('[role="status"]').map((region) => region.text())).toEqual([A, B].map((id) =>
      `Node ${id}: Asterisk is not answering. The server gives no reason. The gateway's log may say more.`))
  })

  it('speaks the language of the page', async () => {
    setWords({ ...english, language: 'x', announce: { ...english.announce, talks: (who, nodes) => `${who.join()} @ ${nodes.join()}` } })
    stage.choose(null, 'talk')
    stage.gateway.node(A).key()
    await stage.pass(1_000)
    expect(stage.said).toEqual(['Local receiver @ 546051'])
    setWords(english)
    await stage.gateway.settle()
    expect(stage.wrapper.get('[role="status"]').text()).toBe('')
  })
})
