/** Hubs: what is drawn, what a screen reader is told of the rest, and how one link is found among many. */
import { mount } from '@vue/test-utils'
import type { VueWrapper } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import { nextTick } from 'vue'
import type { ComponentPublicInstance } from 'vue'
import type { LinkState } from '../../../../protocol/nodeState.ts'
import NodePanel from '../../../src/components/NodePanel.vue'
import { setWords } from '../../../src/components/words.ts'
import { german } from '../../../src/components/words/de.ts'
import { english } from '../../../src/components/words/en.ts'
import { PAGE_ENV } from '../../../src/composables/usePageEnv.ts'
import { FakePageEnv } from '../support/fakePageEnv.ts'
import { link, node, NOW } from './samples.ts'

const BAD = '<img src=x onerror=alert(1)>'

describe('a table of many links', () => {
  let panel: VueWrapper
  afterEach(() => {
    panel.unmount()
    setWords(english)
  })

  const many = (count: number, over: Partial<LinkState> = {}): Record<string, LinkState> =>
    Object.fromEntries([...Array(count).keys()].map((i) => [String(2_000 + i), link({ connectedSince: NOW - 1_000_000 + i, lastKeyedAt: NOW - 60_000, ...over })]))
  const page = new FakePageEnv()
  function show(links: Record<string, LinkState>, props: Record<string, unknown> = {}, mixins: object[] = []): void {
    const global = { mixins, provide: { [PAGE_ENV as symbol]: page } }
    panel = mount(NodePanel, { props: { id: '546051', now: NOW, state: node({ links }), ...props }, attachTo: document.body, global })
  }
  const tell = (links: Record<string, LinkState>) => panel.setProps({ state: node({ links }) })
  const rows = () => panel.findAll('[data-link]')
  const search = () => panel.get<HTMLInputElement>('[type="search"]')
  const filter = () => panel.get<HTMLSelectElement>('.tools select')
  const shown = () => panel.get('.shown').text()

  it('draws a few rows of 256, and tells how many there are and which these are', () => {
    show(many(256))
    expect(rows().length).toBeLessThanOrEqual(24)
    expect(panel.get('table').attributes('aria-rowcount')).toBe('257')
    expect(panel.get('thead tr').attributes('aria-rowindex')).toBe('1')
    expect(rows().map((row) => row.attributes('aria-rowindex'))).toEqual(rows().map((_, i) => String(i + 2)))
  })

  it('hides the room of rows that are not drawn from screen readers', () => {
    show(many(256))
    const bodies = panel.findAll('tbody')
    expect(bodies).toHaveLength(Math.ceil(256 / 12))
    const gaps = bodies.filter((body) => !body.find('[data-link]').exists())
    expect(gaps).toHaveLength(bodies.length - 2)
    for (const gap of gaps) {
      expect(gap.attributes()).toMatchObject({ 'aria-hidden': 'true', role: 'none' })
      expect(gap.get('td').attributes('style')).toMatch(/block-size: [1-9]\d+px/)
    }
  })

  it('draws all of 256 before it is printed, without waiting for anything, and few of them afterwards', async () => {
    show(many(256))
    page.print(true)
    expect(rows()).toHaveLength(256)
    expect(rows().at(-1)?.get('.received').text()).toBe('00:01:00')
    await panel.setProps({ now: NOW + 1_000 })
    expect([rows().length, rows().at(-1)?.get('.received').text()]).toEqual([256, '00:01:01'])
    page.print(false)
    await nextTick()
    expect(rows().length).toBeLessThanOrEqual(24)
    panel.unmount()
    page.print(true)
  })

  it('draws all of 60, without search and without numbers for rows', () => {
    show(many(60))
    expect(rows()).toHaveLength(60)
    expect(panel.get('table').attributes('aria-rowcount')).toBeUndefined()
    expect(panel.find('[aria-rowindex]').exists()).toBe(false)
    expect(panel.find('[type="search"]').exists()).toBe(false)
  })

  it('is not rebuilt by one link that comes and goes at the limit', async () => {
    show(many(61))
    await tell(many(60))
    expect(panel.find('[type="search"]').exists()).toBe(true)
    await tell(many(50))
    expect(panel.find('[type="search"]').exists()).toBe(false)
  })

  it('a second that passes renders no row and no timer', async () => {
    const updated: string[] = []
    show(many(256), {}, [{ updated(this: ComponentPublicInstance) { updated.push(String(this.$options.__name)) } }])
    await panel.setProps({ now: NOW + 1_000 })
    expect(updated.filter((name) => name !== 'NodePanel' && name !== 'undefined')).toEqual([])
    expect(rows()[0]?.get('.received').text()).toBe('00:01:01')
  })

  it('a key-up renders its row alone, once the order is held or fixed', async () => {
    const updated: string[] = []
    show(many(256), { order: 'number' }, [{ updated(this: ComponentPublicInstance) { if (this.$options.__name === 'LinkRow') updated.push(String((this.$props as { id: string }).id)) } }])
    const before = many(256)
    await tell(before)
    updated.length = 0
    await tell({ ...before, '2003': link({ ...before['2003'], keyed: true, lastKeyedAt: NOW }) })
    expect(updated).toEqual(['2003'])
  })

  describe('is searched', () => {
    const links = () => ({
      ...many(100),
      '48752': link({ callsign: 'WB6NIL', description: 'Hub', location: 'Los Angeles' }),
      '3101425': link({ callsign: 'W5GLE-L', kind: 'echolink' }),
      'W5GLE-P': link({ kind: 'phone' }),
    })
    const found = () => rows().map((row) => row.attributes('data-link'))

    it.each([
      ['by id', '4875', ['48752']],
      ['by call sign, whatever its case', 'wb6nil', ['48752']],
      ['by any text, and every word has to be there', 'angeles HUB', ['48752']],
      ['by part of a call sign that is an id', 'w5gle', ['3101425', 'W5GLE-P']],
      ['not by words of several links', 'hub w5gle', []],
    ])('%s', async (_, text, ids) => {
      show(links(), { order: 'number' })
      await search().setValue(text)
      expect(found()).toEqual(ids)
      expect(shown()).toBe(`${ids.length} of 103 shown`)
      expect(panel.get('[role="status"]').text()).toBe(`${ids.length} of 103 shown`)
    })

    it('by the name that the page knows', async () => {
      show(links(), { nameOf: (id: string) => (id === '2007' ? 'KJ6AAA' : '') })
      await search().setValue('kj6aaa')
      expect(found()).toEqual(['2007'])
    })

    it('and says so when none fits; what a stranger is called is text', async () => {
      show({ ...links(), [BAD]: link({ callsign: BAD, kind: 'client' }) })
      await search().setValue('nobody')
      expect(panel.text()).toContain('No links match.')
      expect(panel.find('table').exists()).toBe(false)
      await search().setValue('<IMG')
      expect(found()).toEqual([BAD])
      expect(panel.find('img').exists()).toBe(false)
    })

    it('and tells no screen reader of links that come and go by themselves', async () => {
      show(links())
      await tell({ ...links(), '49999': link() })
      expect(shown()).toBe('104 of 104 shown')
      expect(panel.get('[role="status"]').text()).toBe('')
    })

    it('and leaves nothing for screen readers in the language before', async () => {
      show(links())
      await search().setValue('wb6nil')
      setWords(german)
      await nextTick()
      expect([shown(), panel.get('[role="status"]').text()]).toEqual([german.table.shown(1, 103), ''])
      await search().setValue('w5gle')
      expect(panel.get('[role="status"]').text()).toBe(german.table.shown(2, 103))
    })

    it('keeps its field though few links are left', async () => {
      show(links())
      await search().setValue('wb6nil')
      await tell({ '48752': links()['48752'] })
      expect(search().element.value).toBe('wb6nil')
    })
  })

  describe('is filtered', () => {
    const links = () => ({ ...many(70), '3101425': link({ kind: 'echolink' }), 'W5GLE-P': link({ kind: 'phone' }), '48752': link({ keyed: true, lastKeyedAt: NOW }) })
    const found = () => rows().map((row) => row.attributes('data-link'))

    it('by the kinds that are connected', async () => {
      show(links())
      expect(filter().findAll('option').map((option) => option.text())).toEqual(['All', 'Talking', 'AllStar', 'EchoLink', 'Phones'])
      await filter().setValue('phone')
      expect(found()).toEqual(['W5GLE-P'])
      expect(shown()).toBe('1 of 73 shown')
    })

    it('not by kind where all are of one', () => {
      show(many(70))
      expect(filter().findAll('option').map((option) => option.text())).toEqual(['All', 'Talking'])
    })

    it('by who talks; a row under a finger stays when he stops', async () => {
      show(links())
      await filter().setValue('talking')
      expect(found()).toEqual(['48752'])
      await panel.get('.home').trigger('pointerdown', { pointerType: 'touch' })
      await tell({ ...links(), '48752': link({ lastKeyedAt: NOW, lastUnkeyedAt: NOW }), '2005': link({ keyed: true, lastKeyedAt: NOW }) })
      expect(found()).toEqual(['48752', '2005'])
      await panel.setProps({ now: NOW + 5_000 })
      expect(found()).toEqual(['2005'])
    })
  })
})
