/** What the connect panel says to who does not look: by the page's voice where there is one, else in a region of its own; and in one language. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defineComponent, h } from 'vue'
import LiveRegion from '../../../src/components/announce/LiveRegion.vue'
import ConnectPanel from '../../../src/components/ConnectPanel.vue'
import { setWords } from '../../../src/components/words.ts'
import { german } from '../../../src/components/words/de.ts'
import { english } from '../../../src/components/words/en.ts'
import { useCommandsStore } from '../../../src/stores/commands.ts'
import { A, B, outcome } from '../support/commandWorld.ts'
import { PanelStage } from '../support/panelStage.ts'

describe('the connect panel', () => {
  let stage: PanelStage
  beforeEach(() => { stage = new PanelStage() })
  afterEach(() => stage.close())

  it('tells no more that a node is being called, once that has answered', async () => {
    await stage.show({ target: '48752' })
    stage.world.answers.set('nodes/connect', () => outcome(202, 'not-confirmed', 'It rings.', 'being-called'))
    await stage.press('Connect')
    expect(stage.result).toBe('Not confirmed. It rings.')
    stage.world.gateway.node(A).connect('48752')
    await stage.world.settle()
    expect(stage.result).toBe('')
    stage.world.gateway.node(A).disconnect('48752')
    await stage.world.settle()
    expect(stage.result).toBe('')
  })

  describe('on a page that has a voice', () => {
    let commands: ReturnType<typeof useCommandsStore>
    async function show(target: string): Promise<void> {
      const Page = defineComponent({
        setup() {
          commands = useCommandsStore()
          return () => [h(ConnectPanel, { nodes: [A, B], target }), h(LiveRegion)]
        },
      })
      stage.panel = stage.world.mount(Page)
      await stage.world.ready()
      await stage.world.pass(3_000)
    }
    /** Of all regions that there are: the sentences that stand in them, each an element of its own; where a region has one text, that. */
    function sentences(): Map<Element, string> {
      const told = stage.panel.findAll('[role="status"]').flatMap((voice) => (voice.find('p').exists() ? voice.findAll('p > span') : [voice]))
      return new Map(told.map((each) => [each.element, each.text()]))
    }
    /** All that is said within some seconds from now, by whatever there is, as often as it is. */
    async function heard(seconds: number): Promise<string[]> {
      const all: string[] = []
      let before = sentences()
      for (let i = 0; i < seconds * 2; i += 1) {
        await stage.world.pass(500)
        const now = sentences()
        for (const [element, sentence] of now) if (sentence !== '' && sentence !== before.get(element)) all.push(sentence)
        before = now
      }
      return all
    }

    it('leaves it to that to say what came of commands, and what it has to say itself', async () => {
      await show('48752')
      const done = 'Done. 546051 is linked to 48752.'
      await stage.press('Connect')
      expect([await heard(12), stage.panel.get('.result').text()]).toEqual([['Connect 48752…', done], done])
      await stage.field.setValue('Atlantis')
      await stage.enter()
      expect((await heard(12)).at(-1)).toContain('No node matches “Atlantis”')
      await stage.field.setValue('2000')
      setWords(german)
      const silence = await heard(3)
      setWords(english)
      expect([silence, stage.panel.get('.result').text()]).toEqual([[], expect.stringContaining('546051')])
    })

    it('says once that a link is there that it made, or gone that it ended; what happens to it later is news', async () => {
      await show('48752')
      const far = stage.world.gateway.node(A)
      stage.world.answers.set('nodes/connect', () => outcome(200, 'done', 'It is there.'))
      await stage.press('Connect')
      const made = heard(3)
      await stage.world.pass(1_000)
      far.connect('48752')
      expect(await made).toEqual(['Connect 48752…', 'Done. It is there.'])
      far.disconnect('48752')
      expect(await heard(2)).toEqual(['48752 disconnected from 546051.'])
      far.connect('48752')
      expect(await heard(2)).toEqual(['48752 connected to 546051.'])
      stage.world.answers.set('nodes/disconnect', () => outcome(200, 'done', 'It is gone.'))
      await stage.press('Disconnect')
      far.disconnect('48752')
      expect(await heard(3)).toEqual(['Disconnect 48752…', 'Done. It is gone.'])
      stage.world.answers.set('nodes/connect', () => outcome(202, 'not-confirmed', 'It rings.', 'being-called'))
      await stage.press('Connect')
      await heard(3)
      far.connect('48752')
      expect(await heard(3)).toEqual(['48752 connected to 546051.'])
    })

    it('gives way to a command at a row, and does not say again what it said before', async () => {
      await show('Atlantis')
      await stage.enter()
      await heard(14)
      void commands.run('monitor', A, '48752')
      const said = await heard(14)
      expect(said[0]).toBe('Monitor 48752…')
      expect([said.join(' '), stage.panel.get('.result').text()]).toEqual([expect.not.stringContaining('Atlantis'), expect.stringContaining('48752')])
    })

    it('does not say that it looks for somebody who has been found', async () => {
      stage.found = [{ node_id: '48752', callsign: 'WB6NIL', description: '', location: '' }]
      await show('WB6NIL')
      await stage.enter()
      expect([stage.dialog.open, (await heard(3)).join()]).toEqual([true, expect.not.stringContaining('Looking')])
    })

    it('says that it looks for somebody who is not found in a moment', async () => {
      const answer = stage.world.hold('astdb/search')
      await show('WB6NIL')
      await stage.enter()
      expect(await heard(4)).toEqual(['Looking for “WB6NIL”…'])
      answer(Response.json({ success: true, data: { results: [] } }))
      await stage.world.settle()
      expect((await heard(4)).at(-1)).toContain('No node matches “WB6NIL”')
    })
  })

  describe('for who hears only what has the focus', () => {
    const description = () => document.getElementById(document.activeElement?.getAttribute('aria-describedby') ?? '')?.textContent
    const focused = () => document.activeElement?.textContent.trim()

    it('describes by its question the answer that has the focus, and no other', async () => {
      await stage.show({ target: '48752' })
      await stage.permanent.setValue(true)
      await stage.press('Connect')
      expect([focused(), description()]).toEqual(['No', expect.stringContaining('546051 will connect to 48752')])
      expect(stage.button('Yes, connect permanently').attributes('aria-describedby')).toBeUndefined()
      await stage.read()
      await stage.press('No')
      stage.found = [{ node_id: '48753', callsign: 'WB6NIL', description: '', location: '' }]
      await stage.permanent.setValue(false)
      await stage.field.setValue('WB6NIL')
      await stage.enter()
      expect([focused(), description()]).toEqual(['Connect', expect.stringContaining('546051 will connect to 48753')])
    })

    it('says of digits that are none, when they are written, what they may be', async () => {
      await stage.show()
      const told = () => stage.panel.findAll('[role="alert"]').map((alert) => alert.text())
      await stage.panel.get('[name="dtmf"]').setValue('*3')
      expect(told()).toEqual([])
      await stage.panel.get('[name="dtmf"]').setValue('*3z')
      expect(told()).toEqual([expect.stringContaining('0–9, A–D')])
    })

    it.each(['', '*3z'])('says it, too, to who sends %j, and goes to the field', async (typed) => {
      await stage.show()
      const digits = stage.panel.get<HTMLInputElement>('[name="dtmf"]')
      await digits.setValue(typed)
      await digits.trigger('submit')
      expect(stage.panel.findAll('[role="status"]').map((status) => status.text())).toContainEqual(expect.stringContaining('0–9, A–D'))
      expect([stage.sent, document.activeElement === digits.element]).toEqual([[], true])
    })
  })

  describe('in another language', () => {
    afterEach(() => { setWords(english) })
    const status = () => stage.panel.get('[role="status"]')

    it('says what came of the last command in an element of its own, as only changes in one are read out', async () => {
      await stage.show({ target: '48752' })
      await stage.press('Connect')
      const { element } = status()
      setWords(german)
      await stage.world.settle()
      expect(stage.result).toContain(german.control.outcome.done)
      expect([status().element === element, element.textContent]).toEqual([false, 'Done. 546051 is linked to 48752.'])
    })

    it('has nothing left to say of its own', async () => {
      await stage.show({ target: 'Atlantis' })
      await stage.enter()
      expect(stage.result).toContain('No node matches “Atlantis”')
      setWords(german)
      await stage.world.settle()
      expect(stage.result).toBe('')
    })
  })
})
