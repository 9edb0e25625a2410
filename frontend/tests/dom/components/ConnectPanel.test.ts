/** The connect panel over a gateway in memory: who may what, what waits and why, what is asked before it is done. */
import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { onUpdated } from 'vue'
import type { ComponentPublicInstance } from 'vue'
import TargetField from '../../../src/components/control/TargetField.vue'
import { A, B, outcome } from '../support/commandWorld.ts'
import { PanelStage } from '../support/panelStage.ts'

describe('the connect panel', () => {
  let stage: PanelStage
  beforeEach(() => { stage = new PanelStage() })
  afterEach(() => stage.close())
  const names = () => stage.panel.findAll('.linking button').map((each) => each.text())

  describe('shows', () => {
    it('what one may do, and nothing else', async () => {
      await stage.show()
      expect(names()).toEqual(['Connect', 'Monitor', 'Local monitor', 'Disconnect'])
      expect(stage.panel.text()).toContain('Permanent')
      stage.world.rights = ['MONUSER']
      await stage.world.become('KJ6AAA')
      expect(names()).toEqual(['Monitor'])
      expect(stage.panel.find('[type="checkbox"]').exists()).toBe(false)
      expect(stage.panel.find('details').exists()).toBe(false)
    })

    it('no field for a target to whom only DTMF is allowed, and says so to whom nothing is', async () => {
      stage.world.rights = ['DTMFUSER']
      await stage.show()
      expect(stage.panel.find('[role="combobox"]').exists()).toBe(false)
      expect(stage.panel.find('select').exists()).toBe(true)
      expect(stage.panel.find('[name="dtmf"]').exists()).toBe(true)
      stage.world.rights = []
      await stage.world.become('KJ6AAA')
      expect([stage.panel.find('form').exists(), stage.panel.find('details').exists(), stage.why]).toEqual([false, false, 'You are not allowed to send commands.'])
    })

    it('nothing new when links talk: a busy hub costs the panel no render', async () => {
      await stage.show({ target: '48752' })
      for (let i = 0; i < 50; i += 1) stage.world.gateway.node(A).connect(String(48_752 + i), { callsign: 'WB6NIL' })
      await stage.world.settle()
      expect(stage.panel.text()).toContain('48752 is WB6NIL.')
      let renders = 0
      const field = stage.panel.findComponent(TargetField)
      for (const { vm } of [stage.panel, field] as VueWrapper<ComponentPublicInstance>[]) onUpdated(() => { renders += 1 }, vm.$)
      for (let i = 0; i < 50; i += 1) stage.world.gateway.node(A).key(String(48_752 + i))
      await stage.world.settle()
      expect(renders).toBe(0)
      await stage.field.setValue('2000')
      expect(renders).toBeGreaterThan(0)
    })

    it('rarer commands folded on a phone, until somebody unfolds them there', async () => {
      stage.world.page.held.add('(max-width: 40rem)')
      await stage.show()
      const details = stage.panel.get<HTMLDetailsElement>('details').element
      expect(details.open).toBe(false)
      details.open = true
      details.dispatchEvent(new Event('toggle'))
      stage.panel.unmount()
      await stage.show()
      expect(stage.panel.get<HTMLDetailsElement>('details').element.open).toBe(true)
    })
  })

  describe('the node that acts', () => {
    it('is the one a row was tapped in, not the first', async () => {
      await stage.show({ local: B, target: '48752' })
      stage.world.gateway.node(B).connect('48752')
      await stage.world.settle()
      await stage.press('Disconnect')
      expect(stage.sent).toEqual(['disconnect 546055 48752'])
      expect(stage.panel.get<HTMLSelectElement>('select').element.value).toBe(B)
    })

    it('is told when it is chosen here, and is the first where there is no such node', async () => {
      await stage.show({ local: '2000' })
      await stage.field.setValue('48752')
      await stage.press('Monitor')
      await stage.panel.get('select').setValue(B)
      expect(stage.panel.emitted('update:local')).toEqual([[B]])
      await stage.world.pass(500)
      await stage.press('Connect')
      expect(stage.sent).toEqual(['monitor 546051 48752', 'connect 546055 48752'])
    })

    it('is the one that was shown when the button was pressed, whatever is chosen while a name is looked up', async () => {
      await stage.show()
      const answer = stage.world.hold('astdb/search')
      await stage.field.setValue('Los Angeles')
      await stage.press('Connect')
      await stage.panel.get('select').setValue(B)
      answer(Response.json({ success: true, data: { results: [{ node_id: '48752' }] } }))
      await stage.world.settle()
      expect([stage.dialog.open, stage.sent]).toEqual([false, []])
    })
  })

  describe('buttons that wait say why', () => {
    const waiting = () => stage.panel.findAll('.linking button').every((each) => each.attributes('aria-disabled') === 'true')
    /** The reason is what assistive technology reads with the button, and what stands there for everybody. */
    function reasonOf(name: string): string {
      const by = stage.button(name).attributes('aria-describedby')
      return by === undefined ? '' : (document.getElementById(by)?.textContent ?? '')
    }

    it('without a target, and the field takes the focus', async () => {
      await stage.show()
      expect([waiting(), reasonOf('Connect'), reasonOf('Disconnect all…')]).toEqual([true, 'Enter a node first.', ''])
      await stage.press('Disconnect')
      expect([document.activeElement, stage.sent]).toEqual([stage.field.element, []])
      await stage.field.setValue('48752')
      expect([waiting(), reasonOf('Connect')]).toEqual([false, ''])
    })

    it('during a reconnect, beside what came of the last command', async () => {
      await stage.show({ target: '48752' })
      await stage.press('Connect')
      expect(stage.result).toBe('Done. 546051 is linked to 48752.')
      stage.world.gateway.net.cut(A)
      await stage.world.settle()
      expect([waiting(), reasonOf('Connect')]).toEqual([true, 'Reconnecting: no commands for 546051 until it is live.'])
      expect([stage.why, stage.result]).toEqual([reasonOf('Connect'), 'Done. 546051 is linked to 48752.'])
      for (const name of ['Connect', 'Disconnect', 'Disconnect all…', 'Send']) {
        expect(stage.button(name).attributes('aria-disabled')).toBe('true')
        await stage.press(name)
      }
      expect(stage.sent).toEqual(['connect 546051 48752'])
      expect(stage.dialog.open).toBe(false)
      stage.world.gateway.net.mend()
      await stage.world.pass(20_000)
      expect([waiting(), stage.panel.find('.why').text()]).toEqual([false, ''])
    })

    it('while Asterisk is down, and for the node that acts only', async () => {
      await stage.show({ target: '48752' })
      stage.world.gateway.node(A).reach('down', 'ami-refused', 'Nothing answers.')
      await stage.world.settle()
      expect([waiting(), stage.why]).toEqual([true, 'Asterisk is not answering for 546051: no commands until it does.'])
      await stage.panel.get('select').setValue(B)
      expect(waiting()).toBe(false)
    })

    it('to who does not see it: at the field, and in words each time that somebody presses in vain', async () => {
      await stage.show()
      await stage.enter()
      expect(stage.told).toBe('Enter a node first.')
      await stage.field.setValue('48752')
      expect([stage.told, stage.field.attributes('aria-describedby')]).toEqual(['', undefined])
      stage.world.gateway.node(A).reach('down', 'ami-refused', 'Nothing answers.')
      await stage.world.settle()
      expect([stage.told, stage.field.attributes('aria-describedby')]).toEqual(['', stage.panel.get('.why').attributes('id')])
      await stage.panel.get('[name="dtmf"]').setValue('*81')
      const dtmf = () => stage.panel.get('[name="dtmf"]').trigger('submit')
      for (const pressInVain of [() => stage.enter(), () => stage.press('Monitor'), () => stage.press('Disconnect all…'), dtmf]) {
        await pressInVain()
        expect(stage.told).toBe('Asterisk is not answering for 546051: no commands until it does.')
        stage.world.gateway.node(A).reach('up')
        await stage.world.settle()
        expect(stage.told).toBe('')
        stage.world.gateway.node(A).reach('down', 'ami-refused', 'Nothing answers.')
        await stage.world.settle()
      }
      expect(stage.sent).toEqual([])
    })

    it('before somebody has signed in', async () => {
      stage.world.user = null
      await stage.show()
      expect(stage.why).toBe('Sign in to send commands.')
    })
  })

  describe('a double tap', () => {
    it('on Connect is one command', async () => {
      await stage.show({ target: '48752' })
      const form = stage.panel.get('form.linking')
      void form.trigger('submit')
      void form.trigger('submit')
      await stage.world.settle()
      await form.trigger('submit')
      await stage.world.settle()
      expect(stage.sent).toEqual(['connect 546051 48752'])
    })

    it('on Connect with Permanent asks, and its second tap answers nothing', async () => {
      await stage.show({ target: '48752' })
      await stage.permanent.setValue(true)
      await stage.enter()
      expect(stage.dialog.open).toBe(true)
      // Where the second tap may land: on the form, which is inert, or on a button of the question.
      await stage.enter()
      await stage.press('Yes, connect permanently')
      await stage.world.pass(300)
      await stage.press('No')
      expect([stage.dialog.open, stage.sent]).toEqual([true, []])
      await stage.world.pass(200)
      await stage.press('Yes, connect permanently')
      expect([stage.dialog.open, stage.sent]).toEqual([false, ['connect 546051 48752 on']])
    })
  })

  describe('what came of a command', () => {
    it.each([
      ['why the next one was not given meanwhile', 'A', 'at least two letters', 0],
      ['what to do about the next one, and the choice that there is stays', 'Los Angeles', 'choose one', 2],
    ])('is told in place of %s', async (_what, words, notice, options) => {
      stage.found = [{ node_id: '48753' }, { node_id: '48754' }]
      await stage.show({ target: '48752' })
      const answer = stage.world.hold('nodes/connect')
      await stage.press('Connect')
      await stage.field.setValue(words)
      await stage.press('Monitor')
      expect(stage.result).toContain(notice)
      answer(outcome(200, 'done', 'Linked.'))
      await stage.world.settle()
      expect(stage.result).toBe('Done. Linked.')
      expect(stage.panel.findAll('[role="option"]')).toHaveLength(options)
    })

    it('waits for the end of a search that is under way', async () => {
      await stage.show({ target: '48752' })
      const [linked, found] = [stage.world.hold('nodes/connect'), stage.world.hold('astdb/search')]
      await stage.press('Connect')
      await stage.field.setValue('WB6NIL')
      await stage.press('Monitor')
      expect(stage.result).toContain('Looking for')
      linked(outcome(200, 'done', 'Linked.'))
      await stage.world.settle()
      expect(stage.result).toContain('Looking for')
      found(Response.json({ success: true, data: { results: [{ node_id: '48753' }] } }))
      await stage.world.settle()
      expect(stage.result).toBe('Done. Linked.')
    })
  })

  describe('Enter in the field', () => {
    it('is the first thing one may do', async () => {
      stage.world.rights = ['MONUSER', 'LMONUSER', 'DISCUSER']
      await stage.show({ target: '48752' })
      await stage.enter()
      expect(stage.sent).toEqual(['monitor 546051 48752'])
    })

    it('is never a disconnect', async () => {
      stage.world.rights = ['DISCUSER']
      await stage.show({ target: '48752' })
      stage.world.gateway.node(A).connect('48752')
      await stage.world.settle()
      await stage.enter()
      expect([stage.sent, stage.result]).toEqual([[], 'Press Disconnect to end that link; the Enter key never does.'])
      expect([stage.shownAs, stage.field.attributes('aria-invalid')]).toEqual(['refused', 'false'])
      await stage.press('Disconnect')
      expect(stage.sent).toEqual(['disconnect 546051 48752'])
    })
  })

  describe('a permanent link', () => {
    it.each([
      ['Connect', 'connect', 'will connect to', 'Yes, connect permanently'],
      ['Monitor', 'monitor', 'will monitor', 'Yes, monitor permanently'],
      ['Local monitor', 'local-monitor', 'will monitor', 'Yes, monitor locally and permanently'],
    ])('by %s is asked about by name, then made; the next one is not permanent', async (name, path, deed, yes) => {
      await stage.show({ target: '48752' })
      // One that is in that mode already is not made permanent.
      stage.world.gateway.node(A).connect('48752', { callsign: 'WB6NIL', mode: path === 'monitor' ? 'transceive' : 'monitor' })
      await stage.permanent.setValue(true)
      await stage.press(name)
      expect(stage.dialog.textContent).toContain(`546051 ${deed} 48752 WB6NIL`)
      // app_rpt keeps it in memory, and redials over IAX only.
      expect(stage.dialog.textContent).toContain('The link will be redialled whenever it drops, until Asterisk restarts; EchoLink and TLB links are never redialled.')
      await stage.read()
      await stage.press(yes)
      expect(stage.sent).toEqual([`${path} 546051 48752 on`])
      expect(stage.permanent.element.checked).toBe(false)
    })

    it('is not made by No, by Escape, or for a target that was changed meanwhile', async () => {
      await stage.show({ target: '48752' })
      await stage.permanent.setValue(true)
      await stage.enter()
      await stage.read()
      await stage.press('No')
      await stage.enter()
      stage.dialog.close()
      await stage.world.settle()
      await stage.enter()
      await stage.panel.setProps({ target: '48753' })
      await stage.read()
      await stage.press('Yes, connect permanently')
      expect([stage.dialog.open, stage.sent]).toEqual([false, []])
    })

    it('is asked about again at once, before the browser has told that Escape closed the question', async () => {
      await stage.show({ target: '48752' })
      await stage.permanent.setValue(true)
      await stage.enter()
      stage.dialog.dispatchEvent(new Event('cancel', { cancelable: true }))
      expect(stage.dialog.open).toBe(false)
      await stage.world.settle()
      await stage.enter()
      expect(stage.dialog.open).toBe(true)
      // Of the question before.
      stage.dialog.dispatchEvent(new Event('close'))
      await stage.read()
      await stage.press('Yes, connect permanently')
      expect([stage.dialog.open, stage.sent]).toEqual([false, ['connect 546051 48752 on']])
    })

    it('is nothing that a disconnect asks about', async () => {
      await stage.show({ target: '48752' })
      stage.world.gateway.node(A).connect('48752')
      await stage.world.settle()
      await stage.permanent.setValue(true)
      await stage.press('Disconnect')
      expect(stage.sent).toEqual(['disconnect 546051 48752'])
    })
  })

  describe('all links', () => {
    it('are ended after a question that counts those that it ends, and no client', async () => {
      await stage.show()
      await stage.press('Disconnect all…')
      expect(stage.dialog.textContent).toContain('Node 546051 has no links that this disconnects.')
      await stage.read()
      await stage.press('No')
      for (const name of ['48752', '48753', 'W5GLE-P']) stage.world.gateway.node(A).connect(name)
      await stage.world.settle()
      await stage.press('Disconnect all…')
      expect(stage.dialog.textContent).toContain('Node 546051 will disconnect 2 links, including permanent ones. Web clients and phones stay.')
      expect(document.activeElement?.textContent).toBe('No')
      await stage.read()
      await stage.press('No')
      expect(stage.sent).toEqual([])
      await stage.press('Disconnect all…')
      await stage.read()
      await stage.press('Yes, disconnect all')
      expect(stage.sent).toEqual(['disconnect-all 546051'])
      expect(stage.result).toBe('Done. All links of 546051 are disconnected.')
    })
  })

  describe('what was linked to lately', () => {
    it('is offered in the empty field, after a command that was not refused', async () => {
      await stage.show()
      await stage.field.setValue('48752')
      await stage.enter()
      stage.world.answers.set('nodes/connect', () => outcome(409, 'refused', 'No.'))
      await stage.field.setValue('48753')
      await stage.world.pass(500)
      await stage.enter()
      await stage.field.setValue('')
      await stage.field.trigger('click')
      expect(stage.panel.findAll('[role="option"]').map((option) => option.text().replace(/\s+/g, ' '))).toEqual(['48752 recent'])
    })
  })

  describe('DTMF', () => {
    const digits = () => stage.panel.get<HTMLInputElement>('[name="dtmf"]')
    const send = async () => {
      digits().element.form?.dispatchEvent(new Event('submit', { cancelable: true }))
      await stage.world.settle()
    }

    it('is sent as it is meant, and the field is empty for the next', async () => {
      await stage.show()
      await digits().setValue('*8 1a')
      await send()
      expect([stage.sent, digits().element.value]).toEqual([['dtmf 546051 *81A'], ''])
      expect(stage.result).toContain('Not confirmed.')
    })

    it('that was refused is still there to be mended', async () => {
      stage.world.answers.set('nodes/dtmf', () => outcome(409, 'refused', 'Asterisk does not know node 546051.'))
      await stage.show()
      await digits().setValue('*81')
      await send()
      expect([digits().element.value, stage.result]).toEqual(['*81', 'Refused. Asterisk does not know node 546051.'])
    })

    it('that is none is not sent, and says what it is', async () => {
      await stage.show()
      await digits().setValue('*8x')
      await send()
      expect(stage.sent).toEqual([])
      expect(document.getElementById(digits().attributes('aria-describedby') ?? '')?.textContent).toContain('0–9, A–D')
      expect(stage.button('Send').attributes('aria-disabled')).toBe('true')
    })
  })
})
