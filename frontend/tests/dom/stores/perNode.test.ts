/** What the store says of each node by itself, and that nobody who shows one node is woken for another. */
import { mount } from '@vue/test-utils'
import { disposePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defineComponent, effectScope, h, nextTick, ref, watch } from 'vue'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../../protocol/statusRow.ts'
import { useConnection } from '../../../src/composables/useConnection.ts'
import type { ConnectedNode } from '../../../src/stores/node.ts'
import { link, patch } from '../../unit/support/frames.ts'
import { pass } from '../../unit/support/scriptedEnv.ts'
import { A, B, makeWorld } from './world.ts'
import type { World } from './world.ts'

let world: World
beforeEach(() => { world = makeWorld() })
afterEach(() => { world.end() })

/** Shows what `text` says, and counts how often. */
function show(text: () => unknown) {
  const counted = { renders: 0 }
  const Shown = defineComponent({
    render() {
      counted.renders += 1
      return h('p', JSON.stringify(text()))
    },
  })
  const wrapper = mount(Shown)
  return { counted, wrapper }
}

describe('a component that shows one node', () => {
  const readings: Record<string, () => unknown> = {
    errors: () => world.store.errors[A],
    connections: () => world.store.connections[A],
    wsMonitoringModes: () => world.store.wsMonitoringModes[A],
    getNodeMonitoringMode: () => world.store.getNodeMonitoringMode(A),
    getNodeById: () => world.store.getNodeById(A)?.is_keyed,
    talkers: () => world.store.talkers(A),
  }
  it.each(Object.keys(readings))('is not rendered for another one: %s', async (what) => {
    await world.live(A)
    const other = await world.live(B)
    const { counted, wrapper } = show(readings[what]!)
    const before = wrapper.text()
    other.say(patch(B, 2, { rx: true }))
    await nextTick()
    other.say(patch(B, 3, { reach: 'down', reachReason: { code: 'ami-refused', message: 'Asterisk refuses.' } }))
    await nextTick()
    other.end(4504, 'gone')
    await nextTick()
    expect(world.store.errors[B]).toContain('4504')
    expect([counted.renders, wrapper.text()]).toEqual([1, before])
  })

  it('is rendered when its own news come', async () => {
    const socket = await world.live(A)
    const { counted, wrapper } = show(readings['errors']!)
    socket.say(patch(A, 2, { rx: true }))
    await nextTick()
    expect(counted.renders).toBe(1)
    socket.say(patch(A, 3, { reach: 'down', reachReason: { code: 'ami-refused', message: 'Asterisk refuses.' } }))
    await nextTick()
    expect([counted.renders, wrapper.text()]).toEqual([2, '"Asterisk refuses."'])
  })

  it('is rendered when its node begins to be monitored, and when that ends', async () => {
    const { wrapper } = show(() => [world.store.connections[A]?.state, Object.keys(world.store.errors)])
    await world.live(A)
    expect(wrapper.text()).toBe(`["live",["${A}"]]`)
    world.store.stopMonitoring(A)
    await nextTick()
    expect(wrapper.text()).toBe('[null,[]]')
  })
})

describe('useConnection', () => {
  it('does not move while another node falls', async () => {
    await world.live(A)
    const other = await world.live(B)
    const scope = effectScope()
    let woken = 0
    scope.run(() => world.app.runWithContext(() => { watch(useConnection(A), () => { woken += 1 }, { flush: 'sync' }) }))
    other.end()
    await pass(5_000)
    expect(woken).toBe(0)
    scope.stop()
  })
})

describe('ageOf', () => {
  it('grows on the page second by second, and is nothing again with the next word', async () => {
    const socket = await world.live(A)
    const { wrapper } = show(() => Math.round((world.store.ageOf(A) ?? -1_000) / 1_000))
    expect(wrapper.text()).toBe('0')
    await pass(3_000)
    expect(wrapper.text()).toBe('3')
    socket.say({ type: 'pong', at: Date.now() })
    await pass(1_000)
    expect(wrapper.text()).toBe('1')
    expect([world.store.ageOf('2000'), world.store.ageOf(A)]).toEqual([null, 1_000])
  })

  it('of one node is no news for who shows another thing', async () => {
    await world.live(A)
    const { counted } = show(readingsWithoutTime)
    await pass(9_000)
    expect(counted.renders).toBe(1)
  })
  const readingsWithoutTime = () => [world.store.errors[A], world.store.connections[A], world.store.getNodeById(A)?.status, world.store.talkers(A)]
})

describe('the row of a node', () => {
  const linked = () => ({ links: { '48752': link({ callsign: 'KB1ABC', connectedSince: Date.now() - 5_000, lastKeyedAt: Date.now() - 2_000 }) } })

  it('brings beside each counted time the moment it counts from', async () => {
    const at = Date.now()
    await world.live(A, linked())
    expect(world.store.getNodeById(A)?.remote_nodes).toMatchObject([
      { elapsed: '00:00:05', connected_since: at - 5_000, last_keyed: '2', last_keyed_at: at - 2_000 },
    ])
  })

  it('counts on while nothing happens: who mounts after an hour sees an hour', async () => {
    await world.live(A, linked())
    expect(world.store.getNodeById(A)?.remote_nodes[0]?.elapsed).toBe('00:00:05')
    for (let beat = 0; beat < 180; beat += 1) {
      await pass(20_000)
      world.env.last().say({ type: 'beat', at: Date.now(), nodes: { [A]: { epoch: 'e1', seq: 1 } } })
    }
    const [row] = world.store.getNodeById(A)?.remote_nodes ?? []
    expect([row?.elapsed, row?.last_keyed]).toEqual(['01:00:05', '3602'])
    expect(world.store.getNodeById(A)?.updated_at).toBe(new Date(1_800_000_000_002).toISOString())
  })

  it('counts each second for who shows its times, as the table of 4.0 does that has no clock of its own, and not while the page is hidden', async () => {
    await world.live(A, linked())
    const rows = ref<unknown>(world.store.getNodeById(A)?.remote_nodes)
    const { counted, wrapper } = show(() => (rows.value as ConnectedNode[]).map(({ elapsed, last_keyed }) => `${elapsed} ${last_keyed}`))
    const seen: string[] = []
    for (let second = 0; second < 3; second += 1) {
      await pass(1_000)
      seen.push(wrapper.text())
    }
    expect(seen).toEqual(['["00:00:06 3"]', '["00:00:07 4"]', '["00:00:08 5"]'])
    const { renders } = counted
    world.env.signal('hidden')
    await pass(60_000)
    expect(counted.renders).toBe(renders)
  })

  it('stays the same object until there are news, and wakes nobody who shows no times', async () => {
    await world.live(A, linked())
    const row = world.store.getNodeById(A)
    const { counted } = show(() => world.store.getNodeById(A)?.remote_nodes[0]?.connected_since)
    await pass(30_000)
    expect(counted.renders).toBe(1)
    expect(world.store.getNodeById(A)).toBe(row)
  })

  describe('with nodes behind the adjacent ones', () => {
    const behind = (...ids: string[]) => ({ ...linked(), indirect: { total: ids.length, more: false, nodes: Object.fromEntries(ids.map((id) => [id, 'transceive' as const])) } })
    const ids = (from: number, count: number) => Array.from({ length: count }, (_each, i) => String(from + i))
    const infos = () => world.store.getNodeById(A)?.remote_nodes.map(({ info }) => info)
    const asked = () => world.asked('astdb/nodes').map((url) => url.searchParams.get('nodes'))
    const callsigns: Record<string, string> = {}
    beforeEach(() => {
      Object.assign(callsigns, { '2001': 'WB6NIL', '2002': 'W1AW' })
      world.answers['astdb/nodes'] = (url) => Response.json({
        success: true,
        data: Object.fromEntries((url.searchParams.get('nodes') ?? '').split(',').map((id) => [id, callsigns[id] === undefined ? null : { node_id: id, callsign: callsigns[id], description: '', location: '' }])),
      })
    })

    it('asks for their names when somebody reads them, all at once, and shows them when they come', async () => {
      await world.live(A, behind('2001', '2002'))
      const other = show(() => world.store.getNodeById(A)?.remote_nodes.map(({ node }) => node))
      await pass(5_000)
      expect(asked()).toEqual([])
      const { wrapper } = show(infos)
      expect(wrapper.text()).toBe('["KB1ABC","Node 2001","Node 2002"]')
      await pass(2)
      expect(wrapper.text()).toBe('["KB1ABC","WB6NIL","W1AW"]')
      expect([asked(), other.counted.renders]).toEqual([['2001,2002'], 1])
    })

    it('asks for each once, 200 at a time, and for one that nobody knew again after a quarter of an hour', async () => {
      await world.live(A, behind(...ids(3000, 250)))
      const { wrapper } = show(infos)
      const read = async () => {
        world.store.updateNodeFromWebSocket(toStatusRow(A, { ...EMPTY_NODE, ...behind('3000', '3001'), reach: 'up' }, Date.now()))
        await pass(2)
      }
      for (let minute = 1; minute < 15; minute += 1) {
        await pass(60_000)
        await read()
      }
      expect(asked()).toEqual([ids(3000, 200).join(), ids(3200, 50).join()])
      callsigns['3001'] = 'K1NEW'
      await pass(60_000)
      await read()
      expect(asked().slice(2)).toEqual(['3000,3001'])
      await nextTick()
      expect(wrapper.text()).toContain('K1NEW')
    })

    it('asks again after a minute where the question failed, and at once for who has signed in', async () => {
      const answer = world.answers['astdb/nodes']!
      const refuse = () => Response.json({ success: false }, { status: 401 })
      world.answers['astdb/nodes'] = (url, init) => (url.searchParams.get('nodes')!.startsWith('3') ? refuse() : answer(url, init))
      const many = ids(3000, 200)
      await world.live(A, behind(...many, '9998', '9999'))
      const read = async () => {
        void infos()
        await pass(2)
      }
      await read()
      await pass(50_000)
      await read()
      expect(asked()).toEqual([many.join(), '9998,9999'])
      await pass(10_000)
      await read()
      expect(asked().slice(2)).toEqual([many.join()])
      world.plugin.client.userChanged()
      world.answers['astdb/nodes'] = answer
      await read()
      expect(asked().slice(3)).toEqual([many.join(), '9998,9999'])
      await pass(70_000)
      await read()
      expect(asked()).toHaveLength(5)
    })

    /** There is news of these, and somebody reads their names. */
    const read = async (...nodes: string[]) => {
      world.store.updateNodeFromWebSocket(toStatusRow(A, { ...EMPTY_NODE, ...behind(...nodes), reach: 'up' }, Date.now()))
      void infos()
      await pass(2)
    }

    it('asks for what is read while a question is out once that is answered, as the store has one word for how both went', async () => {
      const answer = world.answers['astdb/nodes']!
      const outstanding: (() => void)[] = []
      world.answers['astdb/nodes'] = (url, init) => new Promise((resolve) => { outstanding.push(() => { resolve(answer(url, init)) }) })
      await world.live(A, behind())
      await read('2001')
      await read('2001', '2002')
      await read('2001', '2002', '9999')
      expect(asked()).toEqual(['2001'])
      outstanding[0]!()
      await pass(2)
      expect([asked(), infos()]).toEqual([['2001', '2002,9999'], ['KB1ABC', 'WB6NIL', 'Node 2002', 'Node 9999']])
      outstanding[1]!()
      await pass(2)
      expect([asked().length, infos()]).toEqual([2, ['KB1ABC', 'WB6NIL', 'W1AW', 'Node 9999']])
      await read('2003')
      expect(asked().slice(2)).toEqual(['2003'])
    })

    it('asks again for who has signed in, also where the answer to the one before him comes while he reads other names', async () => {
      const outstanding: (() => void)[] = []
      world.answers['astdb/nodes'] = () => new Promise((resolve) => { outstanding.push(() => { resolve(Response.json({ success: true, data: {} })) }) })
      await world.live(A, behind())
      await read('9999')
      world.plugin.client.userChanged()
      await read('9998')
      outstanding[0]!()
      await pass(2)
      await read('9999')
      outstanding[1]!()
      await pass(2)
      expect(asked()).toEqual(['9999', '9998', '9999'])
    })

    it('asks for those that are called as something that every object has', async () => {
      await world.live(A, behind('toString', '2001'))
      expect(infos()).toEqual(['KB1ABC', 'Node 2001', 'Node toString'])
      await pass(2)
      expect(asked()).toEqual(['2001,toString'])
    })

    it('asks for none when the page ends in the moment they are read', async () => {
      await world.live(A, behind('2001'))
      void infos()
      disposePinia(world.pinia)
      await pass(2)
      expect(asked()).toEqual([])
    })

    it('asks for none, and wakes nobody until there are news, where nodes are watched to any depth, as the page of 4.0 does', async () => {
      const socket = await world.live(A, behind('2001'))
      let woken = 0
      const stop = watch(() => world.store.nodes, () => { woken += 1 }, { deep: true })
      await pass(5_000)
      expect([woken, asked()]).toEqual([0, []])
      socket.say(patch(A, 2, { rx: true }))
      await nextTick()
      expect(woken).toBe(1)
      stop()
    })

    it('leaves them out for a page of 4.0, which starts polling: its table has a row for all', async () => {
      await world.live(A, behind('2001'))
      const nodes = () => world.store.getNodeById(A)?.remote_nodes.map(({ node }) => node)
      expect(nodes()).toEqual(['48752', '2001'])
      world.store.startPolling()
      expect(nodes()).toEqual(['48752'])
      expect(world.store.stateOf(A)?.indirect.total).toBe(1)
      world.store.reset()
      await world.live(A, behind('2001'))
      expect(nodes()).toEqual(['48752'])
    })
  })

  it('has no peer address where there is none, and stamps what Supermon-NG stamps', async () => {
    const began = Date.now()
    await world.store.initialize()
    expect(world.store.getNodeById(A)).toMatchObject({ created_at: iso(began), updated_at: iso(began), last_updated: began })
    await pass(5_000)
    await world.live(A, { links: { '48752': link(), '2001': link({ peer: '192.0.2.7' }) }, indirect: { total: 1, more: false, nodes: { '2002': 'transceive' } } })
    const node = world.store.getNodeById(A)
    expect(node).toMatchObject({ created_at: iso(began), updated_at: iso(Date.now()), last_updated: Date.now() })
    expect(node?.remote_nodes.map((row) => ['ip' in row, row.ip])).toEqual([[true, '192.0.2.7'], [false, undefined], [true, 'Indirect']])
  })
  const iso = (ms: number) => new Date(ms).toISOString()

  it('says in `info` why the node is not reached, as the table of Supermon-NG prints that; its name stays where names are asked for', async () => {
    const socket = await world.live(A, { callsign: 'W5GLE', description: 'Home' })
    expect(world.store.getNodeById(A)).toMatchObject({ is_online: true, info: 'W5GLE Home' })
    socket.say(patch(A, 2, { reach: 'down', reachReason: { code: 'ami-refused', message: 'Asterisk refuses.' } }))
    expect(world.store.getNodeById(A)).toMatchObject({ is_online: false, info: 'Asterisk refuses.', callsign: 'W5GLE' })
    expect(world.store.getNodeInfo(A)).toBe('W5GLE Home')
    socket.say(patch(A, 3, { reach: 'up', reachReason: null }))
    expect(world.store.getNodeById(A)?.info).toBe('W5GLE Home')
  })

  it('keeps the name from the node list in `info` while its first socket fails: `errors` says that', async () => {
    await world.store.initialize()
    void world.store.startMonitoring(A)
    await pass(2)
    world.env.last().end(1006)
    await pass(20)
    expect(world.store.getNodeById(A)).toMatchObject({ info: 'W5GLE Hub Alvin, Texas', callsign: 'W5GLE', is_online: false })
    expect(world.store.errors[A]).toContain('1006')
  })
})

describe('talkers', () => {
  it('name whoever is keyed, also where nobody saw the beginning', async () => {
    await world.live(A, { rx: true, callsign: 'W5GLE', links: { '48752': link({ keyed: true, callsign: 'KB1ABC' }), '2000': link() } })
    expect(world.store.talkers(A)).toEqual([
      { id: null, callsign: 'W5GLE', keyed: true, since: null, until: null },
      { id: '48752', callsign: 'KB1ABC', keyed: true, since: null, until: null },
    ])
  })

  it('know over a Supermon-NG, whose rows say no times, when the own receiver opened and closed', async () => {
    void world.store.startMonitoring(A)
    await pass(2)
    const row = (rx: boolean) => toStatusRow(A, { ...EMPTY_NODE, reach: 'up', rx, tx: false }, Date.now())
    world.store.updateNodeFromWebSocket(row(false))
    await pass(1_000)
    world.store.updateNodeFromWebSocket(row(true))
    const opened = Date.now()
    expect(world.store.talkers(A)).toEqual([{ id: null, callsign: null, keyed: true, since: opened, until: null }])
    await pass(1_500)
    world.store.updateNodeFromWebSocket(row(true))
    world.store.updateNodeFromWebSocket(row(false))
    expect(world.store.talkers(A)).toEqual([{ id: null, callsign: null, keyed: false, since: opened, until: opened + 1_500 }])
    expect(world.store.getNodeById(A)?.last_heard).toBe(new Date(opened).toISOString())
  })
})
