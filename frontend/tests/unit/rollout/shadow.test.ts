import * as fc from 'fast-check'
import * as v from 'valibot'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import type { NodeState } from '../../../../protocol/nodeState.ts'
import { figuresSchema } from '../../../../protocol/rollout.ts'
import { statusRowSchema, toStatusRow } from '../../../../protocol/statusRow.ts'
import type { StatusRow } from '../../../../protocol/statusRow.ts'
import { differencesOf } from '../../../src/services/rollout/differences.ts'
import { Shadow } from '../../../src/services/rollout/shadow.ts'
import { arbitraryNode } from '../support/arbitraryNode.ts'
import { hello, link, patch, snapshot } from '../support/frames.ts'
import { holdTime, pass } from '../support/scriptedEnv.ts'
import type { ScriptedSocket } from '../support/scriptedEnv.ts'
import { flagOf } from './flags.ts'
import { browserMemory, json, settle, world } from './world.ts'
import type { World } from './world.ts'

const A = '546051'
const AT = 1_800_000_000_000
const rowOf = (state: NodeState, over: Partial<StatusRow> = {}) => v.parse(statusRowSchema, { ...toStatusRow(A, state, AT), ...over })
const talking: NodeState = {
  ...EMPTY_NODE,
  reach: 'up', rx: true, tx: false, callsign: 'W5GLE', description: 'Hub',
  telemetry: { ...EMPTY_NODE.telemetry, cpuTemp: { text: '51 °C', level: 'normal', url: null }, load: '0.1', alerts: [{ text: 'Storm', level: 'warning', url: null }] },
  links: { '48752': link({ callsign: 'WB6NIL', keyed: true, direction: 'in', connectedSince: AT - 60_000, lastKeyedAt: AT - 5_000 }), '2000': link() },
  indirect: { total: 1, more: false, nodes: { '2001': 'transceive' } },
}

describe('two readings of one node', () => {
  it('do not differ where the row was made of the state, whatever it holds', () => {
    fc.assert(fc.property(arbitraryNode, fc.integer({ min: -1_999, max: 0 }), (state, earlier) => {
      expect(differencesOf(A, state, v.parse(statusRowSchema, toStatusRow(A, state, AT + earlier)), AT + earlier)).toEqual([])
    }))
  })

  const change = (over: (state: NodeState) => Partial<NodeState>) => ({ ...talking, ...over(talking) })
  const withLink = (over: object) => change(({ links }) => ({ links: { ...links, '48752': { ...link(), ...links['48752'], ...over } } }))
  const withTelemetry = (over: object) => change(({ telemetry }) => ({ telemetry: { ...telemetry, ...over } }))
  it.each<[string, NodeState, string]>([
    ['reach', change(() => ({ reach: 'down' })), 'socket up, poll down'],
    ['rx', change(() => ({ rx: false })), 'socket true, poll false'],
    ['tx', change(() => ({ tx: true })), 'socket false, poll true'],
    ['name', change(() => ({ callsign: 'WB6NIL' })), 'socket 9 characters, poll 10'],
    ['links', change(({ links }) => ({ links: { ...links, '3000': link(), '3001': link() } })), 'socket lacks 2, has 0 more'],
    ['links', change(() => ({ links: { '2000': link() } })), 'socket lacks 0, has 1 more'],
    ['link.keyed', withLink({ keyed: false }), 'socket true, poll false'],
    ['link.mode', withLink({ mode: 'monitor' }), 'socket transceive, poll monitor'],
    ['link.direction', withLink({ direction: 'out' }), 'socket in, poll out'],
    ['link.connectedSince', withLink({ connectedSince: AT - 90_000 }), '-30000 ms apart'],
    ['link.lastKeyedAt', withLink({ lastKeyedAt: null }), 'socket some, poll none'],
    ['link.name', withLink({ callsign: 'N0CALL-X' }), 'socket 6 characters, poll 8'],
    ['indirect', change(() => ({ indirect: { total: 0, more: false, nodes: {} } })), 'socket lacks 0, has 1 more'],
    ['indirect.mode', change(() => ({ indirect: { total: 1, more: false, nodes: { '2001': 'monitor' } } })), 'socket transceive, poll monitor'],
    ['telemetry.cpuTemp', withTelemetry({ cpuTemp: null }), 'socket 5 characters, poll 0'],
    ['telemetry.load', withTelemetry({ load: '0.25' }), 'socket 3 characters, poll 4'],
    ['telemetry.alerts', withTelemetry({ alerts: [] }), 'socket 5 characters, poll 0'],
  ])('differ in %s, told without names', (field, state, example) => {
    expect(differencesOf(A, talking, rowOf(state), AT)).toEqual([{ field, example }])
  })

  it('differ in a link that is being connected', () => {
    expect(differencesOf(A, talking, rowOf(withLink({ state: 'connecting' })), AT).map(({ field }) => field)).toContain('link.state')
  })

  it('have fields that a report takes, and examples that name nothing', () => {
    fc.assert(fc.property(arbitraryNode, arbitraryNode, (a, b) => {
      const found = differencesOf(A, a, v.parse(statusRowSchema, toStatusRow(A, b, AT)), AT)
      const mismatches = found.slice(0, 40).map(({ field, example }) => ({ field, example, count: 1 }))
      expect(v.safeParse(figuresSchema.entries.mismatches, mismatches).success).toBe(true)
      for (const { example } of found) expect(example).toMatch(/^(socket |-?\d+ ms apart)[a-z0-9, -]*$/)
    }))
  })
})

describe('a page that compares', () => {
  let on: World
  let shadow: Shadow
  let isIn: boolean
  let compared: number
  let mismatches: string[]

  function begin(): void {
    shadow = new Shadow({
      client: on.client,
      isIn: () => isIn,
      onCompared: () => { compared += 1 },
      onMismatch: (field, example) => mismatches.push(`${field}: ${example}`),
    })
  }
  const answers = (state: NodeState, place: { epoch: string; seq: number } | null) => {
    on.env.respond = () => Promise.resolve(json({ success: true, data: { [A]: { ...toStatusRow(A, state, Date.now()), ...place } }, at: Date.now() }))
  }
  async function live(state: NodeState, seq = 7): Promise<ScriptedSocket> {
    void on.client.ladder.watch(A)
    await settle()
    const socket = on.env.last()
    socket.accept()
    // A server that may be silent for long.
    socket.say(hello({ beatMs: 600_000 }))
    socket.say(snapshot(A, state, { seq }))
    return socket
  }

  beforeEach(() => {
    holdTime()
    on = world()
    isIn = true
    compared = 0
    mismatches = []
  })
  afterEach(() => {
    shadow.dispose()
    on.end()
    vi.useRealTimers()
  })

  it('asks every half a minute for its live nodes, and shows nothing of it', async () => {
    const updates = vi.fn()
    on.client.sockets.onNodeMessage(A, updates)
    await live(talking)
    begin()
    answers(talking, { epoch: 'e1', seq: 7 })
    await pass(29_000)
    expect(on.statusReads()).toBe(0)
    await pass(1_100)
    expect([on.statusReads(), compared, mismatches]).toEqual([1, 1, []])
    answers({ ...talking, rx: false }, { epoch: 'e1', seq: 7 })
    await pass(30_000)
    expect([on.statusReads(), compared, mismatches]).toEqual([2, 2, ['rx: socket true, poll false']])
    expect(updates).toHaveBeenCalledOnce()
    expect(on.client.sockets.currentState(A)?.rx).toBe(true)
  })

  it('compares with what was held at that place, when the socket has moved on meanwhile', async () => {
    const socket = await live(talking)
    begin()
    answers({ ...talking, rx: false }, { epoch: 'e1', seq: 8 })
    const { respond } = on.env
    on.env.respond = async (url, init) => {
      socket.say(patch(A, 8, { rx: false }))
      socket.say(patch(A, 9, { rx: true }))
      return respond(url, init)
    }
    await pass(30_100)
    expect([compared, mismatches]).toEqual([1, []])
  })

  it('waits for a socket that is behind, and calls it a mismatch after 3 s', async () => {
    const socket = await live(talking)
    begin()
    answers({ ...talking, rx: false }, { epoch: 'e1', seq: 9 })
    await pass(30_100)
    socket.say(patch(A, 8, { tx: true }))
    socket.say(patch(A, 9, { rx: false, tx: false }))
    await pass(3_000)
    expect([compared, mismatches]).toEqual([1, []])
    answers(talking, { epoch: 'e1', seq: 12 })
    await pass(33_100)
    expect([compared, mismatches]).toEqual([2, ['seq: 3 behind after 3000 ms']])
  })

  it.each([
    ['is behind the socket', { epoch: 'e1', seq: 3 }],
    ['is of another epoch', { epoch: 'e0', seq: 7 }],
    ['says no place', null],
  ])('does not compare what %s', async (_what, place) => {
    await live(talking)
    begin()
    answers({ ...talking, rx: false }, place)
    await pass(40_000)
    expect([on.statusReads(), compared, mismatches]).toEqual([1, 0, []])
  })

  it('blames no socket that broke while it was behind', async () => {
    const socket = await live(talking)
    begin()
    answers(talking, { epoch: 'e1', seq: 9 })
    await pass(30_100)
    socket.end(1006)
    await pass(4_000)
    expect([compared, mismatches]).toEqual([0, []])
  })

  it('asks nothing while it is hidden, is not in, or has no live node, and keeps to Retry-After', async () => {
    begin()
    await pass(100_000)
    expect(on.statusReads()).toBe(0)
    const socket = await live(talking)
    on.env.signal('hidden')
    await pass(100_000)
    on.env.signal('visible')
    socket.say({ type: 'pong', at: Date.now() })
    isIn = false
    shadow.review()
    await pass(100_000)
    expect(on.statusReads()).toBe(0)
    isIn = true
    shadow.review()
    on.env.respond = () => Promise.resolve(json({}, { status: 429, headers: { 'retry-after': '100' } }))
    await pass(155_000)
    expect(on.statusReads()).toBe(1)
    await pass(10_000)
    expect(on.statusReads()).toBe(2)
  })

  it('leaves nothing behind', async () => {
    await live(talking)
    const listeners = on.env.listeners.size
    begin()
    on.env.respond = () => new Promise(() => undefined)
    await pass(30_100)
    expect(on.statusReads()).toBe(1)
    shadow.dispose()
    await pass(100_000)
    expect([on.statusReads(), on.env.listeners.size, on.env.fetches.at(-1)?.init?.signal?.aborted]).toEqual([1, listeners, true])
  })
})

it('is one of the share that the flag says, by a salt of its own', async () => {
  const pages = await Promise.all(Array.from({ length: 400 }, async (_, i) => {
    const page = world({}, browserMemory('', new Map([['rollout.install', `visitor${String(i).padStart(12, '0')}`]])))
    page.serve = () => Promise.resolve(json({ success: true, data: flagOf({ shadow: 0.25, percent: 50 }) }))
    const source = page.source()
    await source.settled
    const { bucket, on } = source.decide() ?? expect.fail()
    const found = { bucket, on, compares: source.compares }
    page.end()
    return found
  }))
  const inside = pages.filter(({ on }) => on)
  const comparing = inside.filter(({ compares }) => compares)
  expect(pages.filter(({ on, compares }) => !on && compares)).toEqual([])
  expect(comparing.length / inside.length).toBeGreaterThan(0.17)
  expect(comparing.length / inside.length).toBeLessThan(0.33)
  // Not just those who were in first.
  expect(Math.max(...comparing.map(({ bucket }) => bucket))).toBeGreaterThan(40)
})
