/**
 * What Supermon-NG's `NodeTable.vue` promises the pages that use it, one test for each row of that contract, over the real store.
 * Where ours says more or says it better, the test says so.
 */
import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { h } from 'vue'
import type { LinkState, NodeState } from '../../../../protocol/nodeState.ts'
import NodeTable from '../../../src/components/NodeTable.vue'
import { useRealTimeStore } from '../../../src/stores/realTime.ts'
import { A, B, CommandWorld } from '../support/commandWorld.ts'

describe('NodeTable', () => {
  let world: CommandWorld
  let table: VueWrapper

  beforeEach(() => { world = new CommandWorld() })
  afterEach(async () => {
    table.unmount()
    world.dispose()
    await world.settle()
  })

  const at = (ago: number) => world.gateway.clock.now() - ago
  async function show(state: Partial<NodeState> = {}, links: Record<string, Partial<LinkState>> = {}, props: Record<string, unknown> = {}, slots: Record<string, unknown> = {}): Promise<void> {
    const node = world.gateway.node(A)
    node.set(state)
    for (const [id, link] of Object.entries(links)) node.connect(id, link)
    table = world.mount(NodeTable, { node: { id: A }, ...props }, slots)
    await world.ready()
  }
  const squeezed = (text: string) => text.replace(/\s+/g, ' ').trim()
  const cell = (id: string, name: string) => squeezed(table.get(`[data-link="${id}"] .${name}`).text())
  const headers = () => table.findAll('thead th').map((th) => th.text())

  describe('props', () => {
    it('node: an id that is a number, as older pages hand it, is that id', async () => {
      await show({}, { '48752': {} }, { node: { id: Number(A) } })
      expect(table.get('.sl-panel').attributes('data-node')).toBe(A)
      expect(table.find('[data-link="48752"]').exists()).toBe(true)
    })

    it('node.info, else node.callsign, is the title until the node tells its own', async () => {
      await show({ callsign: null }, {}, { node: { id: A, info: 'Alvin, Texas', callsign: 'W5GLE' } })
      expect(table.get('h2').text()).toContain('Alvin, Texas')
      await table.setProps({ node: { id: A, callsign: 'W5GLE' } })
      expect(table.get('h2').text()).toContain('W5GLE')
    })

    it('node.info is no title while it is what the store says of an Asterisk that does not answer', async () => {
      await show({ callsign: null })
      world.gateway.node(A).reach('down', 'ami-refused', 'AMI connection failed')
      await world.settle()
      const { info } = useRealTimeStore(world.pinia).getNodeById(A)!
      expect(info).toBe('AMI connection failed')
      await table.setProps({ node: { id: A, info, callsign: 'W5GLE' } })
      expect(squeezed(table.get('h2').text())).toBe('Node 546051 · W5GLE')
    })

    it('node.info is no title either while it is what the store says of a node that was never heard', async () => {
      table = world.mount(NodeTable, { node: { id: '1999' } })
      await world.settle()
      const { errors, getNodeById } = useRealTimeStore(world.pinia)
      const info = getNodeById('1999')?.info
      expect(info).toContain('4504')
      expect(info).toBe(errors['1999'])
      await table.setProps({ node: { id: '1999', info, callsign: 'W5GLE' } })
      expect(squeezed(table.get('h2').text())).toBe('Node 1999 · W5GLE')
    })

    it.each(['unknown', 'down'] as const)('node.info is no title either where the store has no reason for reach %s; the name from the node list is', async (reach) => {
      await show()
      const store = useRealTimeStore(world.pinia)
      await store.initialize()
      world.gateway.node(A).set({ callsign: null, reach, reachReason: null })
      await world.settle()
      const { id, info, callsign } = store.getNodeById(A)!
      expect([info, callsign]).toEqual(['Not known yet', 'W5GLE'])
      await table.setProps({ node: { id, info, callsign } })
      expect(squeezed(table.get('h2').text())).toBe('Node 546051 · W5GLE')
    })

    it('showDetail, on by default, is the difference between seven columns and five', async () => {
      await show({}, { '48752': {} })
      expect(headers()).toEqual(['Node', 'Node Information', 'Received', 'Link', 'Dir', 'Connected', 'Mode'])
      expect(table.get('[data-link]').element.children).toHaveLength(7)
      await table.setProps({ showDetail: false })
      expect(headers()).toEqual(['Node', 'Node Information', 'Received', 'Connected', 'Mode'])
      expect(table.get('[data-link]').element.children).toHaveLength(5)
    })

    it('astdb names links that bring no name', async () => {
      await show({}, { '48752': {} }, { astdb: { '48752': { callsign: 'WB6NIL', description: 'Hub', location: 'Los Angeles' } } })
      expect(cell('48752', 'name')).toBe('WB6NIL Hub Los Angeles')
    })

    it('config: Listen Live and Archive where they are configured, and no public page for a hidden URL', async () => {
      const config = { listenlive: 'https://example.org/live', archive: 'https://example.org/archive', hideNodeURL: '1' }
      await show({}, {}, { config })
      expect(table.findAll('.title a').map((a) => [a.text(), a.attributes('href')])).toEqual([
        ['Listen live', 'https://example.org/live'],
        ['Archive', 'https://example.org/archive'],
      ])
      expect(table.get('.title').text()).toContain('Private node')
    })
  })

  describe('emits', () => {
    it('node-click(nodeId, localNodeId) when an id is clicked, whose tooltip says what that does', async () => {
      await show({}, { '48752': {} })
      const id = table.get('[data-link="48752"] button.id')
      expect(id.attributes('title')).toBe('Set 48752 as target')
      await id.trigger('click')
      expect(table.emitted('node-click')).toEqual([['48752', A]])
    })

    it('add-favorite(nodeId, localNodeId) with the right to it, where the page asks for the button', async () => {
      world.rights = ['FAVUSER']
      await show({}, { '48752': {} }, { actions: ['favorite'] })
      await table.get('[data-link="48752"] .toggle').trigger('click')
      await table.get('[data-action="favorite"]').trigger('click')
      expect(table.emitted('add-favorite')).toEqual([['48752', A]])
    })
  })

  describe('actions, left out', () => {
    const toggle = () => table.find('[data-link="48752"] .toggle').exists()

    it.each(['onAddFavorite', 'onAdd-favorite'])('are a favorite where the page lets somebody add one (%s)', async (listener) => {
      world.rights = ['FAVUSER', 'DISCUSER', 'MONUSER']
      const added: unknown[] = []
      await show({}, { '48752': {} }, { [listener]: (...what: unknown[]) => { added.push(what) } })
      await table.get('[data-link="48752"] .toggle').trigger('click')
      expect(table.findAll('[data-action]').map((each) => each.attributes('data-action'))).toEqual(['favorite'])
      await table.get('[data-action="favorite"]').trigger('click')
      expect(added).toEqual([['48752', A]])
    })

    it('are none where nobody listens, and none where the page says so', async () => {
      world.rights = ['FAVUSER']
      await show({}, { '48752': {} })
      expect(toggle()).toBe(false)
      table.unmount()
      await show({}, { '48752': {} }, { onAddFavorite: () => undefined, actions: [] })
      expect(toggle()).toBe(false)
    })
  })

  describe('exposes', () => {
    it('refreshData(), which asks by HTTP for the news that no socket brings', async () => {
      await show()
      world.gateway.net.cut(A)
      await world.settle()
      const asked = () => world.gateway.requests.filter((each) => each.includes('ami/status')).length
      const before = asked()
      await (table.vm as unknown as { refreshData(): Promise<void> }).refreshData()
      expect(asked()).toBe(before + 1)
    })

    it('updateNodeData(node), which pages of the polling era call with what they polled; the store is believed', async () => {
      await show({}, { '48752': {} })
      ;(table.vm as unknown as { updateNodeData(node: unknown): void }).updateNodeData({ id: A, remote_nodes: [] })
      await world.settle()
      expect(table.find('[data-link="48752"]').exists()).toBe(true)
    })
  })

  describe('the title row', () => {
    it('links an id from 2000 on to its public page', async () => {
      await show()
      expect(squeezed(table.get('h2').text())).toBe('Node 546051 · W5GLE')
      expect(table.get('h2 a').attributes('href')).toBe('https://stats.allstarlink.org/stats/546051')
    })
  })

  describe('icons', () => {
    it('are small also where the style sheet is missing', async () => {
      await show()
      for (const icon of table.findAll('svg')) expect(icon.attributes()).toMatchObject({ width: '16', height: '16' })
    })
  })

  describe('the status row', () => {
    it.each([
      [false, false, 'idle', 'Idle'],
      [false, true, 'ptt', 'PTT-Keyed'],
      [true, false, 'cos', 'COS-Detected'],
      [true, true, 'both', 'COS-Detected and PTT-Keyed (Full-Duplex)'],
    ])('COS %s, PTT %s is "%s": %s', async (rx, tx, name, text) => {
      await show({ rx, tx })
      expect(table.get('.status').attributes('data-state')).toBe(name)
      expect(table.get('.status strong').text()).toBe(text)
      expect(table.get('.status .id').text()).toBe(A)
    })

    it('says the reason while the node is not reached, and does not look idle', async () => {
      await show()
      world.gateway.node(A).reach('down', 'ami-refused', 'AMI connection failed')
      await world.settle()
      expect(table.get('.status').attributes('data-state')).toBe('down')
      expect(squeezed(table.get('.status').text())).toContain('AMI connection failed')
    })

    it('tells CPU, uptime, load, weather, disk and alerts, also where the temperature is not known', async () => {
      const note = (text: string) => ({ text, level: 'normal' as const, url: null })
      const telemetry = { changedAt: null, cpuTemp: null, uptime: '4 days', load: '0.72', weather: note('20 °C'), disk: note('12% used'), alerts: [note('Heat')] }
      await show({ telemetry })
      expect(table.findAll('.telemetry li').map((li) => squeezed(li.text()))).toEqual(['Alert Heat', 'Weather 20 °C', 'Up 4 days', 'Load 0.72', 'Disk 12% used'])
    })
  })

  describe('a link row', () => {
    it.each<[string, Partial<LinkState>, string, string | null]>([
      ['keyed, receive only', { keyed: true, mode: 'monitor' }, 'talking', 'monitor'],
      ['keyed', { keyed: true }, 'talking', 'transceive'],
      ['connecting', { state: 'connecting' }, 'connecting', 'transceive'],
      ['receive only', { mode: 'monitor' }, 'quiet', 'monitor'],
      ['local monitor', { mode: 'local-monitor' }, 'quiet', 'local-monitor'],
      ['neither', {}, 'quiet', 'transceive'],
    ])('%s can be told by style, whichever row it is', async (_, link, state, mode) => {
      await show({}, { '2000': {}, '48752': { mode: 'transceive', ...link } })
      expect(table.get('[data-link="48752"]').attributes()).toMatchObject({ 'data-state': state, 'data-mode': mode })
      expect(table.get('[data-link="2000"]').attributes('data-state')).toBe('quiet')
    })

    it.each<[Partial<LinkState>, string]>([
      [{ mode: 'transceive' }, 'Transceive'],
      [{ mode: 'monitor' }, 'Monitor (receive only)'],
      [{ mode: 'local-monitor' }, 'Local monitor'],
      [{ mode: 'transceive', state: 'connecting' }, 'Connecting'],
      [{ mode: 'transceive', permanent: true }, 'Transceive Permanent'],
      [{ mode: null }, 'Unknown'],
    ])('Mode of %o: %s', async (link, text) => {
      await show({}, { '48752': link })
      expect(cell('48752', 'mode')).toBe(text)
    })

    it.each<[string, LinkState['kind'], string]>([
      ['3101425', 'echolink', 'EchoLink'],
      ['80016', 'irlp', 'IRLP'],
      ['W1AW-P', 'phone', 'Phone'],
      ['KG5DRT-1', 'client', 'Client'],
      ['1001', 'private', 'Private'],
    ])('%s is shown, as %s, and not dropped for want of a number', async (id, kind, badge) => {
      await show({}, { [id]: { kind } })
      expect(cell(id, 'badge')).toBe(badge)
    })

    it('Received: since last keyed, a talk timer, or Never; Connected: how long; Link and Dir in words', async () => {
      await show({}, {
        '2000': { lastKeyedAt: at(65_000), connectedSince: at(3_600_000), direction: 'in' },
        '2001': { keyed: true, lastKeyedAt: at(12_000), direction: 'out' },
        '2002': { keyed: false, state: 'connecting' },
      })
      expect([cell('2000', 'received'), cell('2001', 'received'), cell('2002', 'received')]).toEqual(['00:01:05', 'Talking 0:12', 'Never'])
      expect([cell('2000', 'connected'), cell('2000', 'dir'), cell('2001', 'dir')]).toEqual(['01:00:00', 'In', 'Out'])
      expect([cell('2000', 'state'), cell('2002', 'state')]).toEqual(['Established', 'Connecting'])
    })
  })

  describe('timers', () => {
    it('go on by the second, each row by its own', async () => {
      await show({}, { '2000': { lastKeyedAt: at(65_000) }, '2001': { lastKeyedAt: at(5_000) } })
      await world.pass(2_000)
      expect([cell('2000', 'received'), cell('2001', 'received')]).toEqual(['00:01:07', '00:00:07'])
      world.gateway.node(A).disconnect('2001')
      await world.pass(1_000)
      expect(cell('2000', 'received')).toBe('00:01:08')
    })
  })

  describe('other states', () => {
    it('before the first news it waits', () => {
      table = world.mount(NodeTable, { node: { id: B } })
      expect(table.text()).toContain('Waiting for first data…')
    })

    it('without links it says so, and not while nobody knows', async () => {
      await show()
      expect(table.text()).toContain('No connections.')
      world.gateway.node(A).reach('down')
      await world.settle()
      expect(table.text()).not.toContain('No connections.')
      expect(table.text()).toContain('Connections unknown.')
    })

    it('counts nodes behind the direct ones, which have no row', async () => {
      await show({ indirect: { total: 27, more: false, nodes: { '2001': 'transceive' } } }, { '48752': {}, '2000': {} })
      expect(table.get('.counts .sum').text()).toBe('2 direct · 27 indirect · 29 total')
      expect(table.findAll('[data-link]')).toHaveLength(2)
    })
  })

  describe('slots', () => {
    it('links, in the heading, where the page has more to open; nothing stands there otherwise', async () => {
      await show({}, {}, { config: { archive: 'https://example.org/archive' } }, { links: () => h('a', { href: '#chart' }, 'Bubble Chart') })
      expect(table.findAll('.title a').map((a) => a.text())).toEqual([A, 'Archive', 'Bubble Chart'])
      table.unmount()
      await show()
      expect(table.find('.title .links').exists()).toBe(false)
    })

    it('before-rows, row-extra for each link, and empty', async () => {
      const slots = {
        'before-rows': () => h('p', { class: 'mine' }, 'Net at eight'),
        'row-extra': ({ id, link }: { id: string; link: LinkState }) => h('i', { class: 'extra' }, `${id} ${link.callsign ?? ''}`),
        empty: () => h('p', { class: 'none' }, 'Be the first'),
      }
      await show({}, {}, {}, slots)
      expect([table.get('.mine').text(), table.get('.none').text()]).toEqual(['Net at eight', 'Be the first'])
      expect(table.text()).not.toContain('No connections.')
      world.gateway.node(A).connect('48752', { callsign: 'WB6NIL' })
      await world.settle()
      expect(table.get('[data-link="48752"] .info .extra').text()).toBe('48752 WB6NIL')
      expect(table.find('.none').exists()).toBe(false)
    })
  })
})
