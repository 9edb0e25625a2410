/** What can be done with a link at its row: by right, once, and it says there what came of it. */
import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import LiveRegion from '../../../src/components/announce/LiveRegion.vue'
import NodeTable from '../../../src/components/NodeTable.vue'
import NodeSection from '../../../src/components/NodeSection.vue'
import { setWords } from '../../../src/components/words.ts'
import { german } from '../../../src/components/words/de.ts'
import { english } from '../../../src/components/words/en.ts'
import { useCommandsStore } from '../../../src/stores/commands.ts'
import { A, CommandWorld, EVERY_RIGHT, outcome } from '../support/commandWorld.ts'

const EVERY = ['disconnect', 'monitor', 'favorite']
const BAD = '<img src=x onerror=alert(1)>'

describe('actions at a row', () => {
  let world: CommandWorld
  let table: VueWrapper

  beforeEach(() => {
    world = new CommandWorld()
    world.rights = [...EVERY_RIGHT, 'FAVUSER']
  })
  afterEach(async () => {
    table.unmount()
    setWords(english)
    world.dispose()
    await world.settle()
    expect(world.gateway.clock.pending).toBe(0)
  })

  async function show(props: Record<string, unknown> = { actions: EVERY }): Promise<void> {
    world.gateway.node(A).connect('48752', { callsign: 'WB6NIL', mode: 'transceive' })
    world.gateway.node(A).connect('2000', { mode: 'monitor' })
    table = world.mount(NodeTable, { node: { id: A }, ...props })
    await world.ready()
  }
  const row = (id: string) => table.get(`[data-link="${id}"]`)
  const toggle = (id: string) => row(id).get<HTMLButtonElement>('.toggle')
  const names = (id: string) => row(id).findAll('.deeds button').map((each) => each.text())
  const button = (id: string, action: string) => row(id).get<HTMLButtonElement>(`.deeds [data-action="${action}"]`)
  async function press(id: string, action: string): Promise<void> {
    if (!row(id).find('.deeds').exists()) await toggle(id).trigger('click')
    await button(id, action).trigger('click')
    await world.settle()
  }
  const sent = () => world.asked.map(({ path, body }) => `${path.replace('nodes/', '')} ${String(body['localnode'])} ${String(body['remotenode'])}`)
  const question = () => table.get<HTMLDialogElement>('[role="alertdialog"]')
  /** Long enough for a question to have been read. */
  async function answer(yes: boolean): Promise<void> {
    await world.pass(500)
    await table.findAll('dialog button')[yes ? 1 : 0]?.trigger('click')
    await world.settle()
  }

  describe('are offered', () => {
    it('not at all unless the page asks for them: a table put in the place of Supermon-NG\'s is the one that was there', async () => {
      await show({})
      expect(table.find('.toggle').exists()).toBe(false)
    })

    it('by right', async () => {
      await show()
      await toggle('48752').trigger('click')
      expect(names('48752')).toEqual(['Disconnect', 'Monitor', 'Add to favorites'])
      world.rights = ['MONUSER']
      await world.become('KJ6AAA')
      expect(names('48752')).toEqual(['Monitor'])
      world.rights = []
      await world.become('KJ6BBB')
      expect(table.find('.toggle').exists()).toBe(false)
      expect(table.find('.deeds').exists()).toBe(false)
    })

    it('in the order that the page gives, and no Monitor for a link that is listened to already, or not there yet', async () => {
      await show({ actions: ['monitor', 'disconnect'] })
      world.gateway.node(A).connect('2001', { state: 'connecting' })
      await world.settle()
      for (const id of ['48752', '2000', '2001']) await toggle(id).trigger('click')
      expect([names('48752'), names('2000'), names('2001')]).toEqual([['Monitor', 'Disconnect'], ['Disconnect'], ['Disconnect']])
    })

    it('on our own dashboard, unless it is read only', async () => {
      world.gateway.node(A).connect('48752')
      table = world.mount(NodeSection, { nodeId: A })
      await world.ready()
      await toggle('48752').trigger('click')
      expect(names('48752')).toEqual(['Disconnect', 'Monitor'])
      await table.setProps({ readOnly: true })
      expect(table.find('.toggle').exists()).toBe(false)
    })
  })

  describe('by keyboard', () => {
    it('are behind a named button that tells whether it is open, and follow it', async () => {
      await show()
      expect(toggle('48752').attributes()).toMatchObject({ 'aria-label': 'Actions for 48752', 'aria-expanded': 'false', type: 'button' })
      await toggle('48752').trigger('click')
      expect(toggle('48752').attributes('aria-expanded')).toBe('true')
      expect(row('48752').get('.deeds').attributes('id')).toBe(toggle('48752').attributes('aria-controls'))
      expect(row('48752').findAll('.info button').map((each) => each.text())).toEqual(['⋯', 'Disconnect', 'Monitor', 'Add to favorites'])
    })

    it('Escape folds them and goes back to the button', async () => {
      await show()
      await toggle('48752').trigger('click')
      button('48752', 'monitor').element.focus()
      await button('48752', 'monitor').trigger('keydown', { key: 'Escape' })
      expect(row('48752').find('.deeds').exists()).toBe(false)
      expect(document.activeElement).toBe(toggle('48752').element)
    })

    it('the focus goes to the next row when its own is gone', async () => {
      await show()
      await toggle('48752').trigger('click')
      button('48752', 'disconnect').element.focus()
      await press('48752', 'disconnect')
      world.gateway.node(A).disconnect('48752')
      await world.settle()
      expect(document.activeElement?.closest('[data-link]')?.getAttribute('data-link')).toBe('2000')
    })
  })

  describe('do', () => {
    it('what they say, once, whoever taps twice', async () => {
      await show()
      const give = world.hold('nodes/monitor')
      await press('48752', 'monitor')
      await press('48752', 'monitor')
      await world.pass(1_000)
      await press('48752', 'monitor')
      expect(sent()).toEqual(['monitor 546051 48752'])
      expect(button('48752', 'monitor').attributes('aria-disabled')).toBe('true')
      give(outcome(200, 'done', '546051 monitors 48752 now.'))
      await world.settle()
      expect(button('48752', 'monitor').attributes('aria-disabled')).toBe('false')
    })

    it('ask about a permanent link first, and do nothing on No', async () => {
      await show()
      world.gateway.node(A).connect('48752', { callsign: 'WB6NIL', permanent: true })
      await world.settle()
      await press('48752', 'disconnect')
      expect(question().text()).toContain('546051 will disconnect from 48752 WB6NIL. The link is currently permanent; after this it will no longer be redialled.')
      await answer(false)
      expect(sent()).toEqual([])
      expect(question().element.open).toBe(false)
      await press('48752', 'disconnect')
      await answer(true)
      expect(sent()).toEqual(['disconnect 546051 48752'])
    })

    it('ask in no row, and the rows stay where they are until there is an answer, however long it takes', async () => {
      await show()
      const rows = () => table.findAll('[data-link]').map((each) => each.attributes('data-link')).join(' ')
      world.gateway.node(A).connect('48752', { permanent: true })
      await world.settle()
      await press('48752', 'disconnect')
      expect([rows(), question().element.closest('table')]).toEqual(['2000 48752', null])
      await world.pass(40_000)
      world.gateway.node(A).key('48752')
      await world.pass(2_000)
      expect([rows(), question().element.open]).toEqual(['2000 48752', true])
      await answer(false)
      await world.pass(30_000)
      expect([rows(), question().element.open]).toEqual(['48752 2000', false])
      await press('48752', 'disconnect')
      await answer(true)
      expect(sent()).toEqual(['disconnect 546051 48752'])
    })

    it('take an answer though the link has gone meanwhile', async () => {
      await show()
      world.gateway.node(A).connect('48752', { permanent: true })
      await world.settle()
      await press('48752', 'disconnect')
      world.gateway.node(A).disconnect('48752')
      await world.settle()
      expect(question().element.open).toBe(true)
      await answer(true)
      expect(sent()).toEqual(['disconnect 546051 48752'])
      expect(table.find('.note').text()).toContain('48752')
    })

    it.each(['as it is', 'just before it is'])('ask again after the page took them away %s asked', async (when) => {
      await show({ actions: ['disconnect'] })
      world.gateway.node(A).connect('48752', { permanent: true })
      await world.settle()
      await toggle('48752').trigger('click')
      const pressed = button('48752', 'disconnect').trigger('click')
      if (when === 'as it is') await pressed
      await table.setProps({ actions: [] })
      await world.settle()
      await table.setProps({ actions: ['disconnect'] })
      await world.settle()
      await press('48752', 'disconnect')
      expect(question().element.open).toBe(true)
      await answer(true)
      expect(sent()).toEqual(['disconnect 546051 48752'])
    })

    it('nothing while the node takes no commands, and say why', async () => {
      await show()
      await toggle('48752').trigger('click')
      world.gateway.node(A).reach('down')
      await world.settle()
      await press('48752', 'disconnect')
      expect(sent()).toEqual([])
      const pressed = button('48752', 'disconnect')
      expect(pressed.attributes('aria-disabled')).toBe('true')
      expect(row('48752').get(`[id="${pressed.attributes('aria-describedby') ?? ''}"]`).text()).toBe('Asterisk is not answering for 546051: no commands until it does.')
    })

    it('nothing while one of them is asked for, and say that; a favorite does not wait', async () => {
      await show()
      const give = world.hold('nodes/monitor')
      await press('48752', 'monitor')
      const described = (action: string) => document.getElementById(button('48752', action).attributes('aria-describedby') ?? '')?.textContent.trim()
      expect(['disconnect', 'monitor', 'favorite'].map(described)).toEqual(['Monitor 48752…', 'Monitor 48752…', undefined])
      give(outcome(200, 'done', 'It is so.'))
      await world.settle()
      expect(['disconnect', 'monitor'].map(described)).toEqual([undefined, undefined])
    })

    it('a favorite by telling the page, which adds it', async () => {
      await show()
      await press('48752', 'favorite')
      expect(table.emitted('add-favorite')).toEqual([['48752', A]])
      expect(sent()).toEqual([])
    })

    it('a favorite without a question: where nothing else is offered no dialog stands', async () => {
      await show({ actions: ['favorite'] })
      expect(table.find('dialog').exists()).toBe(false)
      await table.setProps({ actions: ['favorite', 'monitor'] })
      expect(table.find('dialog').exists()).toBe(true)
    })
  })

  describe('what came of them', () => {
    it.each([
      [200, 'done', 'Done. It is so.'],
      [403, 'refused', 'Refused. It is so.'],
      [200, 'not-confirmed', 'Not confirmed. It is so.'],
    ])('stands at the row (%i %s)', async (status, name, words) => {
      await show()
      const give = world.hold('nodes/monitor')
      await press('48752', 'monitor')
      expect(row('48752').get('.outcome').text()).toBe('Monitor 48752…')
      give(outcome(status, name, 'It is so.'))
      await world.settle()
      expect(row('48752').get('.outcome').text().replace(/\s+/g, ' ')).toBe(words)
      expect(row('48752').get('.outcome').attributes('data-outcome')).toBe(name)
      expect(row('2000').find('.outcome').exists()).toBe(false)
    })

    it('stands no more once what was being called has answered: the row says so', async () => {
      await show()
      world.gateway.node(A).connect('2003', { state: 'connecting', mode: null })
      world.answers.set('nodes/monitor', () => outcome(202, 'not-confirmed', 'It rings.', 'being-called'))
      await world.settle()
      await useCommandsStore().run('monitor', A, '2003')
      await world.settle()
      expect(row('2003').get('.outcome').text()).toContain('It rings.')
      world.gateway.node(A).connect('2003', { state: 'established', mode: 'monitor' })
      await world.settle()
      expect(table.text()).not.toContain('It rings.')
      world.gateway.node(A).disconnect('2003')
      await world.settle()
      expect(table.text()).not.toContain('It rings.')
    })

    it('stands under the table once the row is gone', async () => {
      await show()
      world.answers.set('nodes/disconnect', () => outcome(200, 'done', 'The link is gone.'))
      await press('48752', 'disconnect')
      expect(table.find('.note').exists()).toBe(false)
      world.gateway.node(A).disconnect('48752')
      await world.settle()
      expect(table.get('.note').text().replace(/\s+/g, ' ')).toBe('48752 Done. The link is gone.')
      await world.pass(20_000)
      expect(table.find('.note').exists()).toBe(false)
    })

    it('is told to screen readers once: by the table, or by the panel of commands where there is one', async () => {
      await show()
      world.answers.set('nodes/monitor', () => outcome(200, 'done', 'It is so.'))
      const status = () => table.findAll('[role="status"]').map((each) => each.text().replace(/\s+/g, ' ')).join()
      expect(status()).toBe('')
      await press('48752', 'monitor')
      expect(status()).toBe('48752: Done. It is so.')
      table.unmount()
      table = world.mount(NodeSection, { nodeId: A })
      await world.settle()
      expect(row('48752').get('.outcome').text()).toContain('It is so.')
      expect(status()).not.toContain('It is so.')
    })

    it('is told by the page, where that has a voice, and after the dialog that is open meanwhile', async () => {
      world.gateway.node(A).connect('48752', { callsign: 'WB6NIL', mode: 'transceive' })
      world.gateway.node(A).connect('2000', { permanent: true })
      table = world.mount(defineComponent({ setup: () => () => [h(NodeTable, { node: { id: A }, actions: ['disconnect', 'monitor'] }), h(LiveRegion)] }))
      await world.ready()
      await world.pass(3_000)
      const voices = () => table.findAll('[role="status"]').map((each) => each.findAll('p > span').at(-1)?.text() ?? '')
      const give = world.hold('nodes/monitor')
      const look = vi.spyOn(document, 'querySelector').mockImplementation(() => (question().element.open ? question().element : null))
      onTestFinished(() => { look.mockRestore() })
      await press('48752', 'monitor')
      await world.pass(2_000)
      expect(voices()).toEqual(['48752: Monitor 48752…'])
      await press('2000', 'disconnect')
      give(outcome(200, 'done', 'It is so.'))
      await world.pass(20_000)
      expect(voices()).toEqual([''])
      await answer(false)
      await world.pass(1_500)
      expect(voices()).toEqual(['48752: Done. It is so.'])
    })

    it('is not told anew in another language: that is another element, which comes with its words', async () => {
      await show()
      world.answers.set('nodes/disconnect', () => outcome(200, 'done', 'The link is gone.'))
      await press('48752', 'disconnect')
      world.gateway.node(A).disconnect('48752')
      await world.settle()
      const { element } = table.get('[role="status"]:has(.note)')
      setWords(german)
      await world.settle()
      expect(element.textContent).toContain('Done.')
      expect([element.isConnected, table.get('[role="status"]:has(.note)').text()]).toEqual([false, expect.stringContaining(german.control.outcome.done)])
    })

    it('is text, whatever a server says', async () => {
      await show()
      world.answers.set('nodes/monitor', () => outcome(403, 'refused', BAD))
      world.answers.set('nodes/disconnect', () => outcome(403, 'refused', BAD))
      await press('48752', 'monitor')
      await press('2000', 'disconnect')
      world.gateway.node(A).disconnect('2000')
      await world.settle()
      expect(table.find('img').exists()).toBe(false)
      expect(row('48752').get('.outcome').text()).toContain(BAD)
      expect(table.get('.note').text()).toContain(BAD)
    })
  })
})
