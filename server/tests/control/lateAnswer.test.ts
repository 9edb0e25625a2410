/** A link that is answered after its order was: what the order told of it holds. In held time over real sockets. */
import { afterEach, expect, it } from 'vitest'
import type { LinkAction } from '../../../protocol/actions.ts'
import type { LinkState } from '../../../protocol/nodeState.ts'
import { ControlDesk } from '../../src/control/controlDesk.ts'
import type { ControlResult } from '../../src/control/pendingOrder.ts'
import { HeldTime } from '../support/heldTime.ts'

const NODE = '546051'
const T = '48752'
let held: HeldTime
let desk: ControlDesk
afterEach(() => {
  desk.dispose()
  return held.close()
})

const link = () => held.state.links[T]

/** The link stands in transceive. @param dialMs so long a call takes */
async function linked(permanent: LinkState['permanent'], dialMs = 6_000): Promise<void> {
  held = await HeldTime.start({
    asterisk: { nodes: [NODE], links: { [NODE]: [{ name: T, permanent: permanent === true, ageMs: 3_600_000 }] }, telemetry: false, timing: { dialMs } },
  })
  desk = new ControlDesk({ clock: held.clock, feeds: held.house, log: { info: () => undefined } })
  held.house.watch(NODE)
  await held.passUntil(() => link()?.mode === 'transceive', 'linked')
  held.house.feed(NODE)?.update({ ...held.state, links: { [T]: { ...held.state.links[T]!, permanent } } }, held.clock.now())
}

async function beingCalled(action: LinkAction, permanent: boolean, told: LinkState['permanent'] = permanent): Promise<void> {
  let result: ControlResult | null = null
  void desk.run({ action, node: NODE, target: T, permanent }, { user: 'W5GLE', key: 'one', may: () => true }).then((told) => { result = told })
  await held.passUntil(() => result !== null, 'answered')
  expect(result).toMatchObject({ code: 'being-called' })
  expect(link()).toMatchObject({ state: 'connecting', permanent: told })
}

it.each<[LinkState['permanent'], boolean]>([[true, true], [false, false], [null, true], [true, false]])(
  'a link whose mark was %s, ordered in another mode with %s, keeps what was ordered', async (was, ordered) => {
    await linked(was)
    await beingCalled('monitor', ordered)
    await held.passUntil(() => link()?.mode === 'monitor', 'monitored')
    expect(link()?.permanent).toBe(ordered)
    expect(held.asterisk.fake.state().nodes[NODE]?.links[T]?.permanent).toBe(ordered)
  })

it('a link that somebody else has called in yet another mode meanwhile is not known to be permanent', async () => {
  await linked(true)
  await beingCalled('monitor', true)
  void held.house.command(NODE, `rpt cmd ${NODE} ilink 3 ${T}`, () => true)
  await held.passUntil(() => link()?.mode === 'transceive', 'connected')
  expect(link()?.permanent).toBeNull()
})

it('a call for ever that is ordered in another mode, and not for ever, is not known to be permanent: it is made anew, unless it waits for its next try', async () => {
  await linked(true, 20_000)
  await beingCalled('monitor', true)
  await beingCalled('connect', false, null)
  expect(held.asterisk.fake.state().nodes[NODE]?.links[T]?.permanent).toBe(false)
  await held.passUntil(() => link()?.mode === 'transceive', 'connected')
  expect(link()?.permanent).toBeNull()
})

it('in its own mode it stays what it is: app_rpt leaves it as it is, and that is known', async () => {
  await linked(true, 20_000)
  await beingCalled('monitor', true)
  await beingCalled('monitor', false, true)
  expect(held.asterisk.fake.state().nodes[NODE]?.links[T]?.permanent).toBe(true)
})

it('nor is one told as permanent that a later order made anew before the earlier one was answered: neither wanted it for ever', async () => {
  await linked(true, 20_000)
  void desk.run({ action: 'monitor', node: NODE, target: T, permanent: false }, { user: 'W5GLE', key: 'one', may: () => true })
  await held.passUntil(() => link()?.state === 'connecting', 'called')
  await beingCalled('connect', false)
  expect(held.asterisk.fake.state().nodes[NODE]?.links[T]?.permanent).toBe(false)
})

it('whoever would have a call for ever that another order made for once is told that it will not be', async () => {
  await linked(true, 20_000)
  void desk.run({ action: 'monitor', node: NODE, target: T, permanent: false }, { user: 'W5GLE', key: 'one', may: () => true })
  await held.passUntil(() => link()?.state === 'connecting', 'called')
  let result: ControlResult | null = null
  void desk.run({ action: 'monitor', node: NODE, target: T, permanent: true }, { user: 'KJ6AAA', key: 'two', may: () => true }).then((told) => { result = told })
  await held.passUntil(() => result !== null, 'answered')
  expect(result).toMatchObject({ outcome: 'refused', code: 'not-made-permanent' })
  expect(held.asterisk.fake.state().nodes[NODE]?.links[T]?.permanent).toBe(false)
})
