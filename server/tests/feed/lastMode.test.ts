/** What a link was before it is called again is remembered whatever happens meanwhile, in held time over real sockets. */
import { afterEach, describe, expect, it } from 'vitest'
import { NAMELESS } from '../../src/feed/names.ts'
import { HeldTime } from '../support/heldTime.ts'

const T = '48752'
let held: HeldTime
let callsign: string | null
afterEach(() => held.close())

const link = () => held.state.links[T]

/** 48752 is linked in transceive and known to be permanent; somebody else calls it anew as a monitor, and it answers 6 s later. */
async function calledAnew(): Promise<void> {
  callsign = null
  const node = '546051'
  held = await HeldTime.start({
    asterisk: { nodes: [node], links: { [node]: [{ name: T, permanent: true, ageMs: 3_600_000 }] }, telemetry: false, timing: { dialMs: 6_000 } },
    names: (id) => (id === T && callsign !== null ? { ...NAMELESS, callsign } : null),
  })
  held.house.watch(node)
  await held.passUntil(() => link()?.mode === 'transceive', 'linked')
  const known = { ...held.state, links: { [T]: { ...held.state.links[T]!, permanent: true } } }
  held.house.feed(node)?.update(known, held.clock.now())
  void held.house.command(node, `rpt cmd ${node} ilink 2 ${T}`, () => true)
  await held.passUntil(() => link()?.state === 'connecting', 'called')
  expect(link()).toMatchObject({ mode: null, permanent: true })
}

describe('a permanent link that somebody else calls anew in another mode', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['nothing else', () => Promise.resolve()],
    ['Asterisk is lost for a moment', async () => {
      held.asterisk.proxy.cut()
      await held.passUntil(() => held.state.reach !== 'up', 'lost')
      await held.passUntil(() => held.state.reach === 'up', 'back')
    }],
    ['it gets another name', async () => {
      callsign = 'W1AW'
      held.house.refreshNames()
      await held.passUntil(() => link()?.callsign === 'W1AW', 'named')
    }],
  ])('is not known to be permanent once it answers: meanwhile %s', async (_what, meanwhile) => {
    await calledAnew()
    await meanwhile()
    expect(link()).toMatchObject({ state: 'connecting', permanent: true })
    await held.passUntil(() => link()?.mode === 'monitor', 'answered')
    expect(link()?.permanent).toBeNull()
  })
})
