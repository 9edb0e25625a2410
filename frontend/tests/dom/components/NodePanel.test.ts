import { mount } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import type { NodeState } from '../../../../protocol/nodeState.ts'
import NodePanel from '../../../src/components/NodePanel.vue'
import { setWords } from '../../../src/components/words.ts'
import { german } from '../../../src/components/words/de.ts'
import { english } from '../../../src/components/words/en.ts'
import { HUB, link, node, NOW } from './samples.ts'

const text = (wrapper: { text(): string }) => wrapper.text().replace(/\s+/g, ' ')
function panel(state: NodeState | undefined, props: Partial<InstanceType<typeof NodePanel>['$props']> = {}) {
  return mount(NodePanel, { props: { id: '546051', now: NOW, state, ...props } })
}
const status = (state: NodeState) => panel(state).get('.status')

describe('the state of the node itself', () => {
  it.each([
    [false, false, 'idle', 'Idle'],
    [false, true, 'ptt', 'PTT-Keyed'],
    [true, false, 'cos', 'COS-Detected'],
    [true, true, 'both', 'COS-Detected and PTT-Keyed (Full-Duplex)'],
    [null, false, 'unknown', 'Unknown'],
    [true, null, 'unknown', 'Unknown'],
  ])('receiver %s, transmitter %s: %s, in words "%s"', (rx, tx, name, words) => {
    const row = status(node({ rx, tx }))
    expect(row.attributes('data-state')).toBe(name)
    expect(row.get('strong').text()).toBe(words)
  })

  it('says why Asterisk does not answer, in place of a state', () => {
    const reachReason = { code: 'ami-refused', message: 'Nothing listens on port 5038. Is Asterisk running?' } as const
    const row = status(node({ reach: 'down', reachReason, rx: true, tx: true }))
    expect(row.attributes('data-state')).toBe('down')
    expect(text(row)).toContain('Nothing listens on port 5038. Is Asterisk running?')
    expect(text(row)).not.toContain('COS')
  })

  it('does not call a node idle that nobody has reached yet', () => {
    expect(
      status(node({ reach: 'unknown' }))
        .get('strong')
        .text(),
    ).toBe('Unknown')
  })

  it('times the local receiver, in the status row and in the line of talkers', () => {
    const wrapper = panel(node({ rx: true, lastKeyedAt: NOW - 65_000 }))
    expect(wrapper.get('.status .timer').text()).toBe('1:05')
    expect(text(wrapper.get('.talk'))).toBe('Talking now Local receiver 1:05')
  })
})

describe('the title', () => {
  it('links a public node to its statistics page', () => {
    const title = panel(node()).get('.title')
    expect(text(title.get('h2'))).toBe('Node 546051 · W5GLE Alvin, Texas')
    expect(title.get('a').attributes('href')).toBe('https://stats.allstarlink.org/stats/546051')
    expect(title.get('a').attributes('rel')).toContain('noopener')
  })

  it.each([
    ['1999', false],
    ['KG5DRT-1', false],
    ['546051', true],
  ])('calls %s (hidden: %s) a private node and links nowhere', (id, hideNodeUrl) => {
    const title = panel(node(), { id, hideNodeUrl }).get('.title')
    expect(title.find('a').exists()).toBe(false)
    expect(title.text()).toContain('Private node')
  })

  it('uses the name it is given until the node tells its own', async () => {
    const wrapper = panel(undefined, { nameOf: (id) => `listed ${id}` })
    expect(wrapper.get('h2').text()).toContain('listed 546051')
    await wrapper.setProps({ state: node() })
    expect(wrapper.get('h2').text()).not.toContain('listed')
  })

  it('offers Listen live and Archive where they are configured', () => {
    const links = panel(node(), { listenLive: 'https://example.org/l', archive: 'http://example.org/a' }).findAll(
      '.more',
    )
    expect(links.map((a) => [a.text(), a.attributes('href')])).toEqual([
      ['Listen live', 'https://example.org/l'],
      ['Archive', 'http://example.org/a'],
    ])
  })
})

describe('the table', () => {
  const headers = (showDetail: boolean) =>
    panel(node({ links: { '48752': HUB } }), { showDetail })
      .findAll('thead th')
      .map((th) => th.text())

  it('has seven columns, five without detail, and a cell under each', () => {
    expect(headers(true)).toEqual(['Node', 'Node Information', 'Received', 'Link', 'Dir', 'Connected', 'Mode'])
    expect(headers(false)).toEqual(['Node', 'Node Information', 'Received', 'Connected', 'Mode'])
    for (const showDetail of [true, false]) {
      const row = panel(node({ links: { '48752': HUB } }), { showDetail }).get('tbody tr')
      expect(row.element.children).toHaveLength(showDetail ? 7 : 5)
    }
  })

  it('keeps the roles of a table, which the narrow layout would otherwise take away', () => {
    const table = panel(node({ links: { '48752': HUB } })).get('table')
    expect(table.attributes('role')).toBe('table')
    expect(table.findAll('[role="row"]')).toHaveLength(2)
    expect(table.findAll('tbody [role="cell"]')).toHaveLength(6)
    expect(table.get('caption').text()).toBe('Connections of node 546051')
  })

  it('names the tapped link and the local node', async () => {
    const wrapper = panel(node({ links: { '48752': HUB } }))
    const button = wrapper.get('tbody button')
    expect(button.attributes('title')).toBe('Set 48752 as target')
    await button.trigger('click')
    expect(wrapper.emitted('node-click')).toEqual([['48752', '546051']])
  })

  it('has no button where a tap would do nothing', () => {
    expect(
      panel(node({ links: { '48752': HUB } }), { readOnly: true })
        .find('tbody button')
        .exists(),
    ).toBe(false)
  })

  it('counts direct links, nodes behind them and all, with a plus where the list was cut short', () => {
    const counts = (total: number, more: boolean, other = HUB) =>
      panel(node({ links: { '48752': HUB, '2000': other }, indirect: { total, more, nodes: {} } }))
        .get('.counts .sum')
        .text()
    expect(counts(0, false)).toBe('2 direct')
    expect(counts(27, false)).toBe('2 direct · 27 indirect · 29 total')
    expect(counts(250, true)).toBe('2 direct · 250+ indirect · 252+ total')
    expect(counts(0, false, link({ state: 'connecting' }))).toBe('2 direct (1 connecting)')
    // One that called and has hung up is called by nobody; of a phone it is not known whether it talks, and it is connected.
    expect(counts(0, false, link({ state: 'connecting', direction: 'in' }))).toBe('2 direct')
    expect(counts(0, false, link({ kind: 'phone', keyed: null }))).toBe('2 direct')
  })

  it('keeps its rows, and who is at one, while a gateway that has just started knows of none yet; what it then knows counts', async () => {
    const bare = { links: {}, indirect: { total: 0, more: false, nodes: {} } }
    const wrapper = mount(NodePanel, { attachTo: document.body, props: { id: '546051', now: NOW, state: node({ links: { '2000': link(), '2001': link() } }) } })
    const rows = () => wrapper.findAll('[data-link]').map((row) => row.attributes('data-link'))
    const at = wrapper.get<HTMLElement>('[data-link="2001"] button').element
    at.focus()
    await wrapper.setProps({ state: node({ ...bare, reach: 'unknown' }) })
    expect([rows(), document.activeElement === at, wrapper.get('.status strong').text()]).toEqual([['2000', '2001'], true, 'Unknown'])
    await wrapper.setProps({ state: node({ ...bare, reach: 'unknown' }) })
    await wrapper.setProps({ state: node({ links: { '2001': link() } }) })
    expect([rows(), document.activeElement === at]).toEqual([['2001'], true])
    await wrapper.setProps({ state: node({ ...bare, reach: 'down' }) })
    expect([rows(), wrapper.text()]).toEqual([[], expect.stringContaining('Connections unknown.')])
    await wrapper.setProps({ state: node({ links: { '2001': link() } }) })
    await wrapper.setProps({ state: undefined })
    await wrapper.setProps({ state: node({ ...bare, reach: 'unknown' }) })
    expect(rows()).toEqual([])
    // Nor are they another node's.
    await wrapper.setProps({ state: node({ links: { '2001': link() } }) })
    await wrapper.setProps({ id: '546055', state: node({ ...bare, reach: 'unknown' }) })
    expect(rows()).toEqual([])
    wrapper.unmount()
  })

  it('says so when there is nothing, and when nothing is known', () => {
    expect(panel(node()).text()).toContain('No connections.')
    expect(panel(undefined).text()).toContain('Waiting for first data…')
    expect(panel(undefined, { refused: true }).text()).toContain('No data: the server refused this node.')
    const down = panel(node({ reach: 'down' })).text()
    expect(down).toContain('Connections unknown.')
    expect(down).not.toContain('No connections.')
  })
})

describe('who is talking', () => {
  afterEach(() => { setWords(english) })

  it('is one line at the top: everybody who talks, with a timer', () => {
    const links = {
      '48752': link({ ...HUB, keyed: true, lastKeyedAt: NOW - 7_000, connectedSince: NOW - 9 }),
      '2000': link({ keyed: true, lastKeyedAt: NOW - 61_000, connectedSince: NOW - 5 }),
    }
    expect(text(panel(node({ links })).get('.talk'))).toBe('Talking now 2000 1:01 48752 WA5SCR Houston, Texas HUB 0:07')
  })

  it('is of one or of several, where a language has two words for that', () => {
    setWords(german)
    const head = (talking: number) => text(panel(node({ links: Object.fromEntries(Array.from({ length: talking }, (_, i) => [`200${i}`, link({ keyed: true })])) })).get('.head'))
    expect([head(1), head(2), head(5)]).toEqual(['Es spricht', 'Es sprechen', 'Es sprechen'])
  })

  it('tells who was last when nobody is, newest first, since the end of each transmission', () => {
    const links = {
      '48752': link({ ...HUB, lastKeyedAt: NOW - 102_000, lastUnkeyedAt: NOW - 90_000 }),
      '2000': link({ lastKeyedAt: NOW - 200_000 }),
      '2001': link(),
    }
    expect(text(panel(node({ links })).get('.talk'))).toBe('Nobody is talking Last heard WA5SCR 1 min ago · 2000 3 min ago')
  })

  it('does not say that nobody talks while the transmitter is keyed and a phone is there, of which nobody knows whether it talks', () => {
    const links = { 'KJ6AAA-P': link({ kind: 'phone', keyed: null, lastKeyedAt: null }) }
    const wrapper = panel(node({ tx: true, links }))
    expect(text(wrapper.get('.talk'))).toBe('Cannot tell right now who is talking')
    expect(text(wrapper.get('tr[data-link="KJ6AAA-P"] .received'))).toBe('Unknown')
    expect(text(panel(node({ tx: false, links })).get('.talk'))).toBe('Nobody is talking')
    const called = { '2000': link({ state: 'connecting', keyed: null, lastKeyedAt: null }) }
    expect(text(panel(node({ tx: true, links: called })).get('.talk'))).toBe('Nobody is talking')
  })

  it('keeps the history beside those who talk: five names at most, and a third talker more is counted', () => {
    const heard = (i: number, keyed: boolean) => link({ keyed, lastKeyedAt: NOW - i * 60_000 })
    const line = (keyed: number) =>
      text(panel(node({ links: Object.fromEntries([...Array(9).keys()].map((i) => [`200${i}`, heard(i + 1, i < keyed)])) })).get('.talk'))
    expect(line(1)).toBe('Talking now 2000 1:00 Last heard 2001 2 min ago · 2002 3 min ago · 2003 4 min ago · 2004 5 min ago')
    expect(line(5)).toBe('Talking now 2004 5:00 2003 4:00 2002 3:00 and 2 more Last heard 2005 6 min ago · 2006 7 min ago')
  })

  it('does not take the end of the transmission before for that of the newest one', () => {
    const again = link({ ...HUB, lastKeyedAt: NOW - 60_000, lastUnkeyedAt: NOW - 600_000 })
    expect(text(panel(node({ links: { '48752': again } })).get('.before'))).toBe('Last heard WA5SCR 1 min ago')
    const talks = text(panel(node({ links: { '48752': { ...again, keyed: true } } })).get('.talk'))
    expect(talks).toBe('Talking now 48752 WA5SCR Houston, Texas HUB 1:00')
  })

  it('moves on by the second', async () => {
    const wrapper = panel(node({ links: { '48752': link({ ...HUB, lastKeyedAt: NOW - 9_000, lastUnkeyedAt: NOW - 5_000 }) } }))
    expect(text(wrapper.get('.before'))).toContain('WA5SCR 5 s ago')
    await wrapper.setProps({ now: NOW + 1_000 })
    expect(text(wrapper.get('.before'))).toContain('WA5SCR 6 s ago')
  })
})

describe('data that may no longer be true', () => {
  const links = { '48752': link({ ...HUB, keyed: true, lastKeyedAt: NOW - 7_000 }) }

  it('looks stale, says so, and calls nobody talking', () => {
    const wrapper = panel(node({ links, tx: true }), { stale: true })
    expect(wrapper.attributes('data-stale')).toBe('true')
    expect(wrapper.text()).toContain('Out of date')
    expect(text(wrapper.get('.status'))).toContain('Last seen: PTT-Keyed')
    expect(wrapper.get('tbody tr').attributes('data-state')).toBe('was-talking')
    expect(wrapper.text()).not.toMatch(/Talking/)
  })

  it('calls nobody talking while Asterisk does not answer', () => {
    const wrapper = panel(node({ links, reach: 'down', reachReason: null }))
    expect(wrapper.get('tbody tr').attributes('data-state')).toBe('was-talking')
    expect(wrapper.text()).not.toMatch(/Talking/)
  })
})
