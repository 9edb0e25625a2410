/** The gateway's clock is set while an order is watched: what came of it is told as if it had not been. In held time over real sockets. */
import { afterEach, expect, it } from 'vitest'
import { AmiWithdrawnError } from '../../src/ami/requestQueue.ts'
import { ControlDesk } from '../../src/control/controlDesk.ts'
import type { ControlFeeds } from '../../src/control/controlDesk.ts'
import type { ControlResult } from '../../src/control/pendingOrder.ts'
import { HeldTime } from '../support/heldTime.ts'
import { TAKEN } from './deskStage.ts'

const NODE = '546051'
const T = '48752'
const SET: [string, number][] = [['forward by a minute', 60_000], ['forward by three days', 3 * 86_400_000], ['back by an hour', -3_600_000]]
let held: HeldTime
let desk: ControlDesk
let sent: boolean
afterEach(() => {
  desk.dispose()
  return held.close()
})

/** A node with one link, of which polls alone tell; all its links are asked to end. */
async function clearing(command: ControlFeeds['command']): Promise<{ result: ControlResult | null }> {
  held = await HeldTime.start({ mode: 'poll', asterisk: { nodes: [NODE], links: { [NODE]: [{ name: T, ageMs: 30_000 }] }, telemetry: false } })
  const { house, clock } = held
  sent = false
  const feeds: ControlFeeds = {
    fresh: (node) => house.fresh(node),
    watch: (node) => house.watch(node),
    look: (node) => house.look(node),
    urge: (node, forMs) => { house.urge(node, forMs) },
    calledIn: (node, link, mode) => { house.calledIn(node, link, mode) },
    lastMode: (node, link) => house.lastMode(node, link),
    dated: (at) => house.dated(at),
    command: (node, line, go) => command(node, line, () => (sent = go())),
  }
  desk = new ControlDesk({ clock, feeds, log: { info: () => undefined } })
  house.watch(NODE)
  await held.passUntil(() => held.state.links[T]?.state === 'established', 'linked')
  const told: { result: ControlResult | null } = { result: null }
  void desk.run({ action: 'disconnect-all', node: NODE }, { user: 'W5GLE', key: 'one', may: () => true }).then((result) => { told.result = result })
  return told
}

it.each(SET)('a link that stood before is still linked, though the clock is set %s', async (_, ms) => {
  const told = await clearing((_node, _line, go) => (go() ? TAKEN() : Promise.reject(new AmiWithdrawnError('given up'))))
  await held.passUntil(() => sent, 'sent')
  await held.pass(300)
  held.clock.jump(ms)
  await held.passUntil(() => told.result !== null, 'answered')
  expect(told.result).toMatchObject({ outcome: 'not-confirmed', code: 'still-linked' })
})

it.each(SET)('a link that was made anew is another one, though the clock is set %s', async (_, ms) => {
  const told = await clearing((node, line, go) => held.house.command(node, line, go))
  const { fake } = held.asterisk
  const link = () => fake.state().nodes[NODE]?.links[T]
  for (let waited = 0; link() !== undefined && waited < 200; waited += 1) await held.pass(1)
  expect([link(), held.state.links[T]?.state, told.result]).toEqual([undefined, 'established', null])
  held.clock.jump(ms)
  await fake.connect({ node: NODE, link: T })
  await held.passUntil(() => told.result !== null, 'answered')
  expect(link()).toBeDefined()
  expect(told.result).toMatchObject({ outcome: 'done', code: 'all-disconnected' })
})
