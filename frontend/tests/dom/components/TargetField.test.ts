/** The field for the other end by keyboard and pointer, as WAI-ARIA's combobox with list autocomplete has it. */
import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import TargetField from '../../../src/components/control/TargetField.vue'
import { CommandWorld } from '../support/commandWorld.ts'

const entry = (id: string, callsign: string) => ({ node_id: id, callsign, description: '', location: '' })

describe('the target field', () => {
  let world: CommandWorld
  let page: VueWrapper
  let submitted: string[]
  let searches: string[]
  const text = ref('')

  beforeEach(() => {
    world = new CommandWorld()
    text.value = ''
    submitted = []
    searches = []
    world.answers.set('astdb/search', (_body, query) => {
      searches.push(query.get('q') ?? '')
      return Response.json({ success: true, data: { results: [entry('48752', 'WB6NIL'), entry('48753', 'WB6NIL')] } })
    })
    page = world.mount(defineComponent(() => () => h('form', { onSubmit: (event: Event) => { event.preventDefault(); submitted.push(text.value) } }, [
      h(TargetField, {
        modelValue: text.value,
        'onUpdate:modelValue': (value: string) => { text.value = value },
        recent: [{ id: '2000', name: 'KJ6AAA', because: 'recent' }],
        links: () => [{ id: '27225', name: 'W5GLE Alvin', because: 'linked' as const }, { id: '48752', name: 'WB6NIL', because: 'linked' as const }],
      }),
    ])))
  })
  afterEach(() => {
    page.unmount()
    world.dispose()
  })

  const field = () => page.get<HTMLInputElement>('input')
  const options = () => page.findAll('[role="option"]')
  const shown = () => (field().attributes('aria-expanded') === 'true' ? options().map((option) => option.text().replace(/\s+/g, ' ')) : null)
  const active = () => document.getElementById(field().attributes('aria-activedescendant') ?? '')?.textContent?.trim().slice(0, 5) ?? null
  async function type(value: string): Promise<void> {
    await field().setValue(value)
    await world.pass(300)
  }
  /** @returns whether the field kept the key for itself */
  async function key(name: string, more: KeyboardEventInit = {}): Promise<boolean> {
    const event = new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true, ...more })
    field().element.dispatchEvent(event)
    await world.settle()
    return event.defaultPrevented
  }

  it('has the roles and names of a combobox', async () => {
    await type('wb6')
    const { id } = field().element
    expect(page.get('label').attributes('for')).toBe(id)
    expect(field().attributes()).toMatchObject({ role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'true' })
    expect(document.getElementById(field().attributes('aria-controls') ?? '')?.getAttribute('role')).toBe('listbox')
    expect(field().attributes('aria-activedescendant')).toBeUndefined()
    expect(options().map((option) => option.attributes('aria-selected'))).toEqual(['false', 'false'])
  })

  it('offers links that fit, then what the server finds, each once; asked once the typing rests', async () => {
    await field().setValue('wb')
    await field().setValue('wb6')
    expect(searches).toEqual([])
    await world.pass(300)
    expect(searches).toEqual(['wb6'])
    expect(shown()).toEqual(['48752 WB6NIL linked', '48753 WB6NIL'])
  })

  it('drops an answer that comes after the text has changed', async () => {
    const answer = world.hold('astdb/search')
    await type('wb6')
    await field().setValue('xx')
    answer(Response.json({ success: true, data: { results: [entry('48753', 'WB6NIL')] } }))
    await world.settle()
    expect(shown()).toBeNull()
  })

  it('is walked by arrows, round by way of the text, and taken by Enter, which then does nothing else', async () => {
    await type('wb6')
    expect(await key('ArrowDown')).toBe(true)
    expect(active()).toBe('48752')
    await key('ArrowDown')
    expect(active()).toBe('48753')
    await key('ArrowDown')
    expect(active()).toBeNull()
    await key('ArrowUp')
    expect(active()).toBe('48753')
    expect(await key('Enter')).toBe(true)
    expect([text.value, shown(), submitted]).toEqual(['48753', null, []])
    // With nothing marked it is the form's.
    expect(await key('Enter')).toBe(false)
  })

  it('is closed by Escape, which empties it when there is nothing to close', async () => {
    await type('wb6')
    await key('Escape')
    expect([shown(), text.value]).toEqual([null, 'wb6'])
    await key('Escape')
    expect(text.value).toBe('')
  })

  it('leaves keys of an unfinished character alone, and Home, End and letters to the text', async () => {
    await type('wb6')
    await key('ArrowDown')
    for (const [name, more] of [['Enter', { isComposing: true }], ['Home', {}], ['End', {}], ['a', {}]] as const) expect(await key(name, more)).toBe(false)
    expect(text.value).toBe('wb6')
  })

  it('opens on recent targets when it is empty and asked to, by key or by tap', async () => {
    expect(shown()).toBeNull()
    await key('ArrowDown', { altKey: true })
    expect([shown(), active()]).toEqual([['2000 KJ6AAA recent'], null])
    await key('ArrowUp', { altKey: true })
    expect(shown()).toBeNull()
    await field().trigger('click')
    await options()[0]!.trigger('click')
    expect([text.value, shown()]).toEqual(['2000', null])
  })

  it('lies over nothing once a whole number is written, and opens all the same for who asks', async () => {
    await type('48752')
    expect(shown()).toBeNull()
    await key('ArrowDown')
    expect(shown()).toEqual(['48752 WB6NIL linked', '48753 WB6NIL'])
  })

  it('does not open for a text that somebody else wrote', async () => {
    text.value = 'wb6'
    await world.pass(300)
    expect([shown(), options().length]).toEqual([null, 0])
  })

  it('keeps the focus when an option is pressed, and closes when it leaves', async () => {
    await type('wb6')
    const event = new Event('pointerdown', { bubbles: true, cancelable: true })
    options()[1]!.element.dispatchEvent(event)
    expect(event.defaultPrevented).toBe(true)
    await field().trigger('blur')
    expect(shown()).toBeNull()
  })
})
