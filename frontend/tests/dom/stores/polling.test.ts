/** What the store says while polling feeds its nodes, or should and brings nothing; and what asking by hand does. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, watch } from 'vue'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../../protocol/statusRow.ts'
import { useNode } from '../../../src/composables/useNode.ts'
import { hello, snapshot } from '../../unit/support/frames.ts'
import { pass } from '../../unit/support/scriptedEnv.ts'
import { A, B, makeWorld, NETWORK } from './world.ts'
import type { World } from './world.ts'

let world: World
beforeEach(() => { world = makeWorld() })
afterEach(() => { world.end() })

/** The status route answers for every node that is asked for but those named. */
function answerStatus({ except = [], state = {}, seq = 5 }: { except?: readonly string[]; state?: object; seq?: number } = {}): void {
  world.answers['nodes/ami/status'] = (url) => {
    const ids = (url.searchParams.get('nodes') ?? '').split(',').filter((id) => !except.includes(id))
    const row = (id: string) => ({ ...toStatusRow(id, { ...EMPTY_NODE, reach: 'up', rx: false, tx: false, ...state }, Date.now()), epoch: 'e1', seq })
    return Response.json({ success: true, at: Date.now(), data: Object.fromEntries(ids.map((id) => [id, row(id)])) })
  }
}

describe('while polling feeds a node', () => {
  beforeEach(async () => {
    answerStatus()
    world.env.state.hasWebSocket = false
    void world.store.startMonitoring(A)
    await pass(3_000)
  })

  it('the mode is polling, and nothing is wrong', () => {
    expect(world.store.wsMonitoringModes).toEqual({ [A]: 'polling' })
    expect(world.store.errors).toEqual({ [A]: null })
    expect(world.store.pollingState).toMatchObject({ isActive: true, isConnected: true, errorCount: 0, currentInterval: 1_000 })
  })

  it('the name that a row says is the one shown, and the list adds its parts: that of 4.0 has the name of a menu for a description', async () => {
    world.answers['nodes'] = () => Response.json({ success: true, data: [{ id: A, callsign: 'W5GLE', description: 'Nodes', location: 'Alvin, Texas' }] })
    await world.store.initialize()
    expect(world.store.getNodeById(A)?.info).toBe('W5GLE Nodes Alvin, Texas')
    answerStatus({ state: { description: 'W5GLE Hub Alvin, Texas' }, seq: 6 })
    await pass(2_000)
    expect(world.store.getNodeById(A)).toMatchObject({ info: 'W5GLE Hub Alvin, Texas', callsign: 'W5GLE', description: 'Hub', location: 'Alvin, Texas' })
    expect(world.store.getNodeInfo(A)).toBe('W5GLE Hub Alvin, Texas')
    // Of another list, or of another day.
    answerStatus({ state: { description: 'WB6NIL Hub Alvin, Texas' }, seq: 7 })
    await pass(2_000)
    expect(world.store.getNodeInfo(A)).toBe('WB6NIL Hub Alvin, Texas')
  })

  it.each([
    // Of 4.3, as in server/tests/fixtures/supermon-ng.
    [{ callsign: 'Unknown', description: 'Node not in database', location: 'Unknown', info: 'Unknown' }, ''],
    [{ callsign: 'Private', description: 'Private Node', location: 'Private' }, ''],
    // Of 4.0: the name of a menu.
    [{ callsign: 'Unknown', description: 'Nodes', location: 'Unknown' }, 'Nodes'],
  ])('a node that stands in no list of a Supermon-NG has no name for that: %o', async (line, name) => {
    world.answers['nodes'] = () => Response.json({ success: true, data: [{ id: 546051, node_number: 546051, ...line }] })
    await world.store.initialize()
    await pass(2_000)
    expect(world.store.getNodeById(A)).toMatchObject({ info: name, callsign: '', description: name, location: '' })
    expect(world.store.listed).toMatchObject([{ id: A, callsign: null, location: null }])
  })

  it('a total outage is told per node, and is over with the first answer', async () => {
    world.answers['nodes/ami/status'] = NETWORK
    await pass(60_000)
    expect(world.store.errors[A]).toBe('The server cannot be reached.')
    expect(world.store.wsMonitoringModes[A]).toBe('offline')
    expect(world.store.connections[A]).toMatchObject({ transport: 'polling' })
    answerStatus()
    await pass(31_000)
    expect(world.store.errors[A]).toBeNull()
    expect(world.store.wsMonitoringModes[A]).toBe('polling')
  })

  it('a node that the answers leave out has an error, the others have none', async () => {
    answerStatus({ except: [B] })
    void world.store.startMonitoring(B)
    await pass(4_000)
    expect(world.store.errors).toEqual({ [A]: null, [B]: 'The server says nothing of this node.' })
    expect(world.store.wsMonitoringModes).toEqual({ [A]: 'polling', [B]: 'offline' })
  })

  it('a node that answers leave out is refused, until one has it; where no answer comes nothing is known of it', async () => {
    answerStatus({ except: [B] })
    const scope = effectScope()
    const nodes = scope.run(() => world.app.runWithContext(() => [A, B].map((id) => useNode(id))))!
    const refused = () => nodes.map((node) => node.refused.value)
    await pass(4_000)
    expect(refused()).toEqual([false, true])
    world.answers['nodes/ami/status'] = NETWORK
    await pass(3_000)
    expect(refused()).toEqual([false, false])
    answerStatus({ except: [B] })
    await pass(31_000)
    expect(refused()).toEqual([false, true])
    // A question of its own that fails says nothing of a node, nor does a row of another version.
    world.answers['nodes/ami/status'] = NETWORK
    await world.store.fetchNodeData().catch(() => undefined)
    expect(refused()).toEqual([false, false])
    world.answers['nodes/ami/status'] = () => Response.json({ success: true, data: { [A]: { node: A, remote_nodes: 7 }, [B]: 7 } })
    await pass(31_000)
    expect([refused(), world.store.errors[B]]).toEqual([[false, false], 'A polled row is not in the expected form.'])
    answerStatus()
    await pass(31_000)
    expect(refused()).toEqual([false, false])
    expect(nodes[1]?.state.value?.reach).toBe('up')
    scope.stop()
  })

  it('a node that falls back afresh does not begin with the failure of last time', async () => {
    world.env.state.hasWebSocket = true
    void world.store.startMonitoring(B)
    await pass(2)
    const socket = world.env.last()
    answerStatus({ except: [B] })
    await pass(4_000)
    expect(world.store.errors[B]).not.toBeNull()
    socket.accept()
    socket.say(hello())
    socket.say(snapshot(B))
    expect(world.store.errors[B]).toBeNull()
    world.answers['nodes/ami/status'] = () => new Promise(() => undefined)
    socket.end()
    await pass(8_600)
    expect(world.store.transportOf(B)).toBe('polling')
    expect(world.store.errors[B]).toBeNull()
  })

  it('pollingState follows failures, stillness and hiding, and tells its readers', async () => {
    const told = vi.fn()
    const off = watch(() => world.store.pollingState, told, { flush: 'sync' })
    world.answers['nodes/ami/status'] = NETWORK
    await pass(30_000)
    expect(world.store.pollingState).toMatchObject({ isConnected: false })
    expect(world.store.pollingState.errorCount).toBeGreaterThan(2)
    expect(told).toHaveBeenCalled()
    answerStatus()
    await pass(31_000)
    expect(world.store.pollingState).toMatchObject({ isConnected: true, retryCount: 0, currentInterval: 5_000 })
    world.env.act()
    expect(world.store.pollingState.currentInterval).toBe(1_000)
    world.env.signal('hidden')
    expect(world.store.pollingState).toMatchObject({ isVisible: false, currentInterval: 10_000 })
    off()
  })

  it('a quiet node is not called stale between two polls, however slow they have become, nor when they quicken', async () => {
    const scope = effectScope()
    const stale = scope.run(() => world.app.runWithContext(() => useNode(A).stale))!
    const flips: boolean[] = []
    watch(stale, (now) => { flips.push(now) }, { flush: 'sync' })
    await pass(100_000)
    expect(world.store.pollingState.currentInterval).toBe(5_000)
    const polls = world.asked('nodes/ami/status').length
    while (world.asked('nodes/ami/status').length === polls) await pass(100)
    let answer: () => void = () => undefined
    const { answers } = world
    const quick = answers['nodes/ami/status']!
    answers['nodes/ami/status'] = (url) => new Promise((resolve) => { answer = () => { resolve(quick(url)) } })
    await pass(4_500)
    world.env.act()
    await pass(300)
    answer()
    answerStatus()
    await pass(5_000)
    expect(flips).toEqual([])
    answers['nodes/ami/status'] = NETWORK
    await pass(30_000)
    expect(stale.value).toBe(true)
    scope.stop()
  })
})

it('a page that says it is offline, and asks nothing, is not called polling while it tries its socket', async () => {
  const socket = await world.live(A)
  world.env.signal('offline')
  socket.end()
  const modes = new Set<string>()
  for (let second = 0; second < 150; second += 1) {
    await pass(1_000)
    modes.add(`${world.store.getNodeMonitoringMode(A)}, ${world.store.transportOf(A)}`)
  }
  expect([...modes]).toEqual(['offline, none', 'connecting, none'])
  expect(world.asked('nodes/ami/status')).toEqual([])
})

describe('fetchNodeData', () => {
  it('asks for the list, once, while nothing is monitored', async () => {
    await world.store.fetchNodeDataOptimized()
    expect(world.asked('nodes')).toHaveLength(1)
    expect(world.store.nodes).toHaveLength(1)
    world.answers['nodes'] = NETWORK
    await world.store.fetchNodeData()
    expect(world.store.error).toContain('cannot be reached')
    await pass(60_000)
    expect(world.asked('nodes')).toHaveLength(2)
  })

  it('asks for what no socket feeds and nothing else, and has the answer when it settles', async () => {
    await world.live(A)
    await world.store.fetchNodeData()
    expect(world.asked('nodes/ami/status')).toEqual([])
    void world.store.startMonitoring(B)
    await pass(2)
    answerStatus({ state: { rx: true } })
    await world.store.fetchNodeData()
    expect(world.asked('nodes/ami/status').map((url) => url.searchParams.get('nodes'))).toEqual([B])
    expect(world.store.getNodeById(B)).toMatchObject({ status: 'online', cos_keyed: 1 })
  })

  it('asks after stopPolling as well, and shows what comes', async () => {
    await world.live(A)
    world.store.stopPolling()
    answerStatus({ state: { rx: true, links: {} } })
    await world.store.fetchNodeData()
    expect(world.asked('nodes/ami/status')).toHaveLength(1)
    expect(world.store.getNodeById(A)).toMatchObject({ cos_keyed: 1, updated_at: new Date().toISOString() })
    await pass(60_000)
    expect(world.asked('nodes/ami/status')).toHaveLength(1)
    expect([world.env.held(), vi.getTimerCount()]).toEqual([[], 0])
  })

  it('while polling runs, waits for an answer of its own, and says what went wrong', async () => {
    world.env.state.hasWebSocket = false
    answerStatus()
    void world.store.startMonitoring(A)
    await pass(3_010)
    answerStatus({ state: { tx: true } })
    const { answers } = world
    const answer = answers['nodes/ami/status']!
    answers['nodes/ami/status'] = (url) => new Promise((resolve) => { setTimeout(() => { resolve(answer(url)) }, 300) })
    let settled = false
    void world.store.fetchNodeData().then(() => { settled = true })
    await pass(200)
    expect(settled).toBe(false)
    await pass(200)
    expect(settled).toBe(true)
    answers['nodes/ami/status'] = NETWORK
    await world.store.fetchNodeData()
    expect(world.store.error).toContain('cannot be reached')
    expect(world.store.errors[A]).toContain('cannot be reached')
  })

  it('takes back what it said when it works again, and only that', async () => {
    void world.store.startMonitoring(A)
    await pass(2)
    world.answers['nodes/ami/status'] = NETWORK
    await world.store.fetchNodeData()
    expect(world.store.error).not.toBeNull()
    answerStatus()
    await world.store.fetchNodeData()
    expect(world.store.error).toBeNull()

    world.answers['nodes'] = () => Response.json({ success: false, message: 'No list today.' }, { status: 500 })
    await world.store.initialize()
    await world.store.fetchNodeData()
    expect(world.store.error).toBe('No list today.')
  })
})
