import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import type { ComponentPublicInstance } from 'vue'
import type { LinkState } from '../../../../protocol/nodeState.ts'
import NodePanel from '../../../src/components/NodePanel.vue'
import { link, node, NOW } from './samples.ts'

/** A row as its panel shows it: cells by class, white space squeezed. */
function row(over: Partial<LinkState>, id = '2000') {
  const wrapper = mount(NodePanel, { props: { id: '546051', now: NOW, state: node({ links: { [id]: link(over) } }) } })
  const tr = wrapper.get('tbody tr')
  const cell = (name: string) => tr.get(`.${name}`).text().replace(/\s+/g, ' ')
  return { tr, cell }
}

describe('a link in words', () => {
  it.each<[string, Partial<LinkState>, string]>([
    ['talking, with a running timer', { keyed: true, lastKeyedAt: NOW - 7_400 }, 'Talking 0:07'],
    ['talking for over an hour', { keyed: true, lastKeyedAt: NOW - 3_725_000 }, 'Talking 01:02:05'],
    ['talking since nobody knows when', { keyed: true, lastKeyedAt: null }, 'Talking'],
    ['the time since it was last keyed', { lastKeyedAt: NOW - 102_000 }, '00:01:42'],
    ['more than 99 hours', { lastKeyedAt: NOW - 400_000_000 }, '111:06:40'],
    ['never', { lastKeyedAt: null }, 'Never'],
    ['not known', { keyed: null, lastKeyedAt: null }, 'Unknown'],
    ['a clock a little ahead of the server', { lastKeyedAt: NOW + 900 }, '00:00:00'],
  ])('Received: %s', (_, over, words) => {
    expect(row(over).cell('received')).toBe(words)
  })

  it.each<[Partial<LinkState>, string]>([
    [{ mode: 'transceive' }, 'Transceive'],
    [{ mode: 'monitor' }, 'Monitor (receive only)'],
    [{ mode: 'local-monitor' }, 'Local monitor'],
    [{ mode: null }, 'Unknown'],
    [{ mode: 'transceive', state: 'connecting' }, 'Connecting'],
    [{ mode: null, state: 'connecting', direction: 'in' }, 'Hung up'],
    [{ permanent: true }, 'Transceive Permanent'],
    [{ permanent: null }, 'Transceive'],
  ])('Mode of %o: %s', (over, words) => {
    expect(row(over).cell('mode')).toBe(words)
  })

  it('Link, Dir and Connected', () => {
    const { tr, cell } = row({ state: 'connecting', direction: 'in', connectedSince: NOW - 4_000, reconnects: 3 })
    expect(tr.attributes('data-state')).toBe('connecting')
    expect(cell('state')).toBe('Connecting redialled 3×')
    expect(cell('dir')).toBe('In')
    expect(cell('connected')).toBe('00:00:04')
    expect(row({}).cell('state')).toBe('Established')
    expect(row({ direction: null, connectedSince: null }).cell('dir')).toBe('Unknown')
    expect(row({ direction: null, connectedSince: null }).cell('connected')).toBe('Unknown')
  })

  it.each<[string, LinkState['kind'], string]>([
    ['3101425', 'echolink', 'EchoLink'],
    ['80016', 'irlp', 'IRLP'],
    ['W1AW-P', 'phone', 'Phone'],
    ['KG5DRT-1', 'client', 'Client'],
    ['1001', 'private', 'Private'],
  ])('%s is marked as %s', (id, kind, badge) => {
    expect(row({ kind }, id).cell('badge')).toBe(badge)
  })

  it('an ordinary node bears no badge, and a nameless one says so', () => {
    expect(row({}).tr.find('.badge').exists()).toBe(false)
    expect(row({}).cell('info')).toBe('Name unknown')
  })

  it('labels each cell for the narrow layout', () => {
    const labels = row({})
      .tr.findAll('td[data-label]')
      .map((td) => td.attributes('data-label'))
    expect(labels).toEqual(['Received', 'Link', 'Dir', 'Connected', 'Mode'])
  })
})

describe('rendering', () => {
  function counted() {
    const rows: string[] = []
    const others: string[] = []
    const mixin = {
      updated(this: ComponentPublicInstance) {
        if (this.$options.__name === 'LinkRow') rows.push((this.$props as { id: string }).id)
        else others.push(String(this.$options.__name))
      },
    }
    const links = Object.fromEntries(
      [...Array(50).keys()].map((i) => [String(2000 + i), link({ lastKeyedAt: NOW - 5_000 })]),
    )
    const state = node({ links })
    const wrapper = mount(NodePanel, { props: { id: '546051', now: NOW, state }, global: { mixins: [mixin] } })
    return { wrapper, state, links, rows, others }
  }

  it('one key-up renders one row', async () => {
    const { wrapper, state, links, rows } = counted()
    await wrapper.setProps({
      state: { ...state, links: { ...links, '2007': link({ keyed: true, lastKeyedAt: NOW }) } },
    })
    expect(rows).toEqual(['2007'])
    expect(wrapper.findAll('tr[data-state="talking"]')).toHaveLength(1)
  })

  it('a change of the node itself renders no row', async () => {
    const { wrapper, state, rows, others } = counted()
    await wrapper.setProps({ state: { ...state, tx: true } })
    expect(rows).toEqual([])
    expect(others).toContain('StatusRow')
  })

  it('a second that passes renders nothing at all, and every timer moves', async () => {
    const { wrapper, rows, others } = counted()
    await wrapper.setProps({ now: NOW + 1_000 })
    expect(rows).toEqual([])
    // The panel and the test's own component around it, whose property changed; on a page, that is the ticker.
    expect(new Set(others)).toEqual(new Set(['NodePanel', 'undefined']))
    expect(new Set(wrapper.findAll('.received').map((cell) => cell.text()))).toEqual(new Set(['00:00:06']))
    expect(new Set(wrapper.findAll('.connected').map((cell) => cell.text()))).toEqual(new Set(['01:00:01']))
  })

  it('a timer whose start moved on exactly as far as the time says so', async () => {
    const { wrapper, state, links } = counted()
    const first = () => wrapper.get('[data-link="2000"] .received').text()
    await wrapper.setProps({ now: NOW + 10_000 })
    expect(first()).toBe('00:00:15')
    await wrapper.setProps({ state: { ...state, links: { ...links, '2000': link({ lastKeyedAt: NOW + 5_000 }) } } })
    expect(first()).toBe('00:00:05')
  })

  it('a time that a browser has translated moves on, and is left to its translator until then', async () => {
    const { wrapper, state } = counted()
    await wrapper.setProps({ state: { ...state, links: { 2000: link({ keyed: true, lastKeyedAt: NOW - 5_000 }) } } })
    await wrapper.setProps({ state: { ...state, links: { 2000: link({ lastKeyedAt: NOW - 60_000 }) } } })
    const ago = wrapper.get<HTMLElement>('.heard .elapsed').element
    expect(ago.textContent).toBe('1 min ago')
    ago.innerHTML = '<font><font>vor 1 Min.</font></font>'
    await wrapper.setProps({ now: NOW + 1_000 })
    expect(ago.textContent).toBe('vor 1 Min.')
    await wrapper.setProps({ now: NOW + 61_000 })
    expect(ago.textContent).toBe('2 min ago')
  })
})
