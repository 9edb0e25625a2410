/** The order of links, and that no row moves under a finger. */
import { mount } from '@vue/test-utils'
import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nextTick } from 'vue'
import type { LinkState } from '../../../../protocol/nodeState.ts'
import { orderedIds } from '../../../src/components/linkOrder.ts'
import NodePanel from '../../../src/components/NodePanel.vue'
import { PAGE_ENV } from '../../../src/composables/usePageEnv.ts'
import { FakePageEnv } from '../support/fakePageEnv.ts'
import { link, node, NOW } from './samples.ts'

describe('the order', () => {
  const keyed = (at: number | null) => link({ keyed: true, lastKeyedAt: at })
  const heard = (at: number) => link({ lastKeyedAt: at })
  const since = (at: number | null) => link({ connectedSince: at })

  it.each<[string, Record<string, LinkState>, string[]]>([
    ['who talks comes first, and who began first stays in front', { '9': heard(NOW), '2': keyed(NOW - 1), '3': keyed(NOW - 5) }, ['3', '2', '9']],
    ['one whose start nobody saw is in front of them', { '2': keyed(NOW - 1), '3': keyed(null) }, ['3', '2']],
    ['then who was heard last', { '2': heard(NOW - 9), '3': heard(NOW - 5), '4': link() }, ['3', '2', '4']],
    ['then who is connected longest, unknown last, equals by number', { '7': since(null), '6': since(5), '5': since(5), '4': since(3) }, ['4', '5', '6', '7']],
    ['names come after numbers, as people sort them', { 'W1AW-10': since(5), 'W1AW-2': since(5), '2000': since(5), '48752': since(5), '199': since(5) }, ['199', '2000', '48752', 'W1AW-2', 'W1AW-10']],
  ])('by last heard: %s', (_, links, ids) => {
    expect(orderedIds(links, 'heard')).toEqual(ids)
    expect(orderedIds(Object.fromEntries(Object.entries(links).reverse()), 'heard')).toEqual(ids)
  })

  it('by node number: whoever talks', () => {
    expect(orderedIds({ '48752': keyed(NOW), '2000': link(), 'W1AW': keyed(NOW) }, 'number')).toEqual(['2000', '48752', 'W1AW'])
  })
})

describe('rows', () => {
  let page: FakePageEnv
  let panel: VueWrapper
  let links: Record<string, LinkState>
  let now: number

  const show = (props: Record<string, unknown> = {}) => {
    panel = mount(NodePanel, {
      props: { id: '546051', now, state: node({ links }), ...props },
      attachTo: document.body,
      global: { provide: { [PAGE_ENV as symbol]: page } },
    })
  }
  beforeEach(() => {
    page = new FakePageEnv()
    now = NOW
    links = { '2000': link({ connectedSince: 1 }), '2001': link({ connectedSince: 2 }), '2002': link({ connectedSince: 3 }) }
  })
  afterEach(() => { panel.unmount() })

  const ids = () => panel.findAll('tbody .id').map((cell) => cell.text()).join(' ')
  const tell = (change: Record<string, LinkState>) => panel.setProps({ state: node({ links: (links = { ...links, ...change }) }) })
  const key = (id: string) => tell({ [id]: link({ ...links[id], keyed: true, lastKeyedAt: now }) })
  const pass = (ms: number) => panel.setProps({ now: (now += ms) })
  const rows = () => panel.get('.home')
  const sortNow = () => panel.get<HTMLButtonElement>('.sort')

  it('move when somebody keys up and nobody is there', async () => {
    show()
    await key('2002')
    expect(ids()).toBe('2002 2000 2001')
  })

  it('move once a second at most, so that they can be read', async () => {
    show()
    await key('2001')
    await key('2002')
    await tell({ '2001': link({ ...links['2001'], keyed: false }) })
    expect(ids()).toBe('2001 2000 2002')
    await pass(1_000)
    expect(ids()).toBe('2002 2001 2000')
  })

  it.each([
    ['a touch', 'pointerdown', { pointerType: 'touch' }],
    ['a key', 'keydown', { key: 'Tab' }],
    ['a pen that has left', 'pointerleave', { pointerType: 'pen' }],
  ])('are held for four seconds by %s; the row lights up in its place', async (_, event, init) => {
    show()
    await rows().trigger(event, init)
    await key('2002')
    expect(ids()).toBe('2000 2001 2002')
    expect(panel.get('[data-link="2002"]').attributes('data-state')).toBe('talking')
    await pass(3_900)
    expect(ids()).toBe('2000 2001 2002')
    await pass(100)
    expect(ids()).toBe('2002 2000 2001')
  })

  it('are held while a mouse is over them, but not for ever by one that is forgotten there', async () => {
    show()
    await rows().trigger('pointermove', { pointerType: 'mouse' })
    await key('2002')
    await pass(29_000)
    expect(ids()).toBe('2000 2001 2002')
    await pass(1_000)
    expect(ids()).toBe('2002 2000 2001')
  })

  it('are held while one of them has the focus, and for four seconds afterwards', async () => {
    show()
    panel.get<HTMLButtonElement>('[data-link="2000"] button').element.focus()
    await key('2002')
    await pass(10_000)
    expect(ids()).toBe('2000 2001 2002')
    panel.get<HTMLButtonElement>('[data-link="2000"] button').element.blur()
    await pass(3_900)
    expect(ids()).toBe('2000 2001 2002')
    await pass(100)
    expect(ids()).toBe('2002 2000 2001')
  })

  it('are held while the caret is in one of them, as a screen reader moves it to what it reads, and for four seconds afterwards', async () => {
    show()
    await nextTick()
    const caretTo = (element: Element) => {
      document.getSelection()?.collapse(element, 0)
      document.dispatchEvent(new Event('selectionchange'))
    }
    caretTo(panel.get('[data-link="2001"] .mode').element)
    await key('2002')
    await pass(29_000)
    expect(ids()).toBe('2000 2001 2002')
    caretTo(panel.get('[data-link="2001"] .id').element)
    await pass(29_000)
    expect(ids()).toBe('2000 2001 2002')
    caretTo(document.body)
    await pass(3_900)
    expect(ids()).toBe('2000 2001 2002')
    await pass(100)
    expect(ids()).toBe('2002 2000 2001')
    caretTo(document.body)
    await key('2001')
    await pass(1_000)
    expect(ids()).toBe('2002 2001 2000')
  })

  it('keep the focus when they move at last', async () => {
    show()
    const button = panel.get<HTMLButtonElement>('[data-link="2002"] button').element
    button.focus()
    await key('2002')
    await pass(30_000)
    expect(ids()).toBe('2002 2000 2001')
    expect(document.activeElement).toBe(button)
  })

  it('leave the focus to the one in their place, the last one to the name of the node, and one that is filtered out to the table', async () => {
    show()
    const focus = () => { panel.get<HTMLButtonElement>('[data-link] button').element.focus() }
    const { '2000': _gone, ...rest } = links
    focus()
    links = rest
    await tell({})
    expect((document.activeElement as HTMLElement).closest('tr')?.dataset['link']).toBe('2001')
    links = {}
    await tell({})
    expect(document.activeElement).toBe(panel.get('h2').element)

    links = Object.fromEntries([...Array(70).keys()].map((i) => [String(3_000 + i), link()]))
    await tell({})
    focus()
    await panel.get<HTMLSelectElement>('.tools select').setValue('talking')
    expect([panel.text().includes('No links match.'), document.activeElement]).toEqual([true, rows().element])
  })

  it.each([
    ['in a moment have the focus back, as when a link is called anew in another mode', 4_000, false, '2000'],
    ['later leave it where it is', 5_000, false, '2001'],
    ['leave it to who has moved it meanwhile', 4_000, true, '2002'],
  ])('that come back %s', async (_, away, moves, focused) => {
    show()
    const button = (id: string) => panel.get<HTMLButtonElement>(`[data-link="${id}"] button`).element
    const { '2000': back, ...rest } = links
    button('2000').focus()
    links = rest
    await tell({})
    await pass(away)
    if (moves) button('2002').focus()
    await tell({ '2000': back as LinkState })
    expect((document.activeElement as HTMLElement).closest('tr')?.dataset['link']).toBe(focused)
  })

  it('that come are added at the end and rows that go are gone, also while they are held', async () => {
    show()
    await rows().trigger('pointerdown', { pointerType: 'touch' })
    const { '2000': _gone, ...rest } = links
    links = { ...rest, '1999': link({ keyed: true, lastKeyedAt: now }) }
    await tell({})
    expect(ids()).toBe('2001 2002 1999')
  })

  it('are sorted by "Sort now", which is there only while it would do something', async () => {
    show()
    const isThere = () => [sortNow().classes('there'), sortNow().attributes('aria-disabled')]
    expect(isThere()).toEqual([false, 'true'])
    await rows().trigger('pointermove', { pointerType: 'mouse' })
    await key('2002')
    expect(isThere()).toEqual([true, 'false'])
    expect(sortNow().text()).toBe('Sort now')
    await sortNow().trigger('click')
    expect(ids()).toBe('2002 2000 2001')
    expect(isThere()).toEqual([false, 'true'])
  })

  it('leave "Sort now" where it is as long as it has the focus, whether it was pressed or they were sorted by themselves', async () => {
    show()
    for (const pressed of [true, false]) {
      await rows().trigger('pointerdown', { pointerType: 'touch' })
      await key(pressed ? '2002' : '2001')
      sortNow().element.focus()
      if (pressed) await sortNow().trigger('click')
      else await pass(4_000)
      expect(ids()).toBe(pressed ? '2002 2000 2001' : '2001 2002 2000')
      expect([document.activeElement === sortNow().element, sortNow().classes('there'), sortNow().attributes('aria-disabled')]).toEqual([true, true, 'true'])
      sortNow().element.blur()
      await nextTick()
      expect(sortNow().classes('there')).toBe(false)
    }
  })

  it('are sorted at once by another order, whoever is there, and then nothing moves them', async () => {
    show()
    await key('2002')
    await rows().trigger('pointermove', { pointerType: 'mouse' })
    await panel.get('select').setValue('number')
    expect(ids()).toBe('2000 2001 2002')
    await pass(60_000)
    await key('2001')
    expect(ids()).toBe('2000 2001 2002')
  })

  describe('in an order', () => {
    it('that is remembered in this browser, for every table', async () => {
      show()
      await panel.get('select').setValue('number')
      expect(page.memory.get('link-order')).toBe('number')
      panel.unmount()
      const before = page
      page = new FakePageEnv()
      for (const [name, value] of before.memory) page.remember(name, value)
      links['2002'] = link({ keyed: true, lastKeyedAt: NOW })
      show()
      expect(panel.get<HTMLSelectElement>('select').element.value).toBe('number')
      expect(ids()).toBe('2000 2001 2002')
    })

    it('that is chosen at another table have another field for it, as Orca goes to one that changes; where it is chosen the field stays', async () => {
      show()
      const other = panel
      show()
      const field = (table: VueWrapper) => table.get<HTMLSelectElement>('select')
      const [here, there] = [field(panel).element, field(other).element]
      here.focus()
      await field(panel).setValue('number')
      expect([field(panel).element === here, field(other).element === there, field(other).element.value]).toEqual([true, false, 'number'])
      other.unmount()
    })

    it('that is the page\'s where it says so: told, and not remembered', async () => {
      links['2002'] = link({ keyed: true, lastKeyedAt: NOW })
      show({ order: 'number' })
      expect(ids()).toBe('2000 2001 2002')
      await panel.get('select').setValue('heard')
      expect(panel.emitted('update:order')).toEqual([['heard']])
      expect(page.memory.size).toBe(0)
      expect(ids()).toBe('2000 2001 2002')
      await panel.setProps({ order: 'heard' })
      expect(ids()).toBe('2002 2000 2001')
    })

    it('that is not what was remembered, if that is no order', () => {
      page.remember('link-order', 'colour')
      show()
      expect(panel.get<HTMLSelectElement>('select').element.value).toBe('heard')
    })
  })
})
