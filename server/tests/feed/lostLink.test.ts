/** A link that is not permanent, and whose far end goes without a word: what is told of it until it is gone, or back. */
import { afterEach, describe, expect, it } from 'vitest'
import type { FakeAsteriskOptions } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { HeldTime } from '../support/heldTime.ts'

const NODE = '546051'
const HUB = '48752'
type Spec = NonNullable<Exclude<FakeAsteriskOptions['links'], number>>[string][number]

let held: HeldTime
afterEach(() => held.close())

const link = () => held.state.links[HUB]
const inAsterisk = () => held.asterisk.fake.state().nodes[NODE]?.links[HUB]
/** Of the link, without repeats, since it was lost. */
function told(since: number): string[] {
  const states = held.told.filter(({ at }) => at >= since).map(({ state }) => state.links[HUB]?.state ?? 'gone')
  return states.filter((state, i) => state !== (states[i - 1] ?? 'established'))
}

async function watched(spec: Partial<Spec> = {}, knobs: FakeAsteriskOptions['knobs'] = {}, others: readonly Spec[] = []): Promise<void> {
  held = await HeldTime.start({ asterisk: { nodes: [NODE], links: { [NODE]: [{ name: HUB, ageMs: 3_600_000, behind: ['T27225'], ...spec }, ...others] }, knobs } })
  held.house.watch(NODE)
  await held.passUntil(() => held.state.reach === 'up', 'up')
  // Events come, so polls are far apart.
  await held.asterisk.fake.linkKey({ node: NODE, link: HUB, on: true, ms: 1_000 })
  await held.pass(60_000)
}

async function lose(ms: number): Promise<number> {
  const at = held.clock.now()
  await held.asterisk.fake.lose({ node: NODE, link: HUB, ms })
  return at
}

describe.each([0, 700, 1_900, 3_100, 4_300, 4_950])('a link that is lost at any time between two polls: + %i ms', (offset) => {
  it('is told as being called while app_rpt keeps it, and once as gone', async () => {
    await watched()
    await held.pass(offset)
    const at = await lose(3_600_000)
    await held.passUntil(() => inAsterisk() === undefined, 'let go')
    expect(held.clock.now() - at).toBe(5_000)
    expect(await held.passUntil(() => link() === undefined, 'gone')).toBeLessThanOrEqual(60)
    await held.pass(30_000)
    expect(told(at)).toEqual(['connecting', 'gone'])
    expect(held.state.indirect.nodes).toEqual({})
  })

  it('comes back as the same one where an older app_rpt calls it again', async () => {
    await watched({}, { redialsAll: true })
    await held.pass(offset)
    const at = await lose(7_000)
    await held.passUntil(() => inAsterisk()?.reconnects === 1, 'answered')
    expect(await held.passUntil(() => link()?.state === 'established', 'back')).toBeLessThanOrEqual(1_200)
    await held.pass(30_000)
    expect(told(at)).toEqual(['connecting', 'established'])
    expect(link()).toMatchObject({ mode: 'transceive', reconnects: 1, permanent: null })
    expect(held.state.indirect.nodes).toEqual({ 27225: 'transceive' })
  })

  it('T-7 is told as waited for where it had called us, whoever talks meanwhile, and is gone the moment that events tell', async () => {
    await watched({ direction: 'IN' }, {}, [{ name: '2000' }])
    await held.pass(offset)
    const at = await lose(3_600_000)
    for (let i = 0; i < 4; i += 1) {
      await held.pass(1_000)
      expect(link()).toMatchObject({ direction: 'in', state: 'connecting', mode: null, peer: null })
      await held.asterisk.fake.linkKey({ node: NODE, link: '2000', on: i % 2 === 0 })
    }
    await held.passUntil(() => inAsterisk() === undefined, 'missed')
    expect(held.clock.now() - at).toBe(10_000)
    expect(await held.passUntil(() => link() === undefined, 'gone')).toBeLessThanOrEqual(60)
    await held.pass(30_000)
    expect(told(at)).toEqual(['connecting', 'gone'])
  })

  it('T-7 stands again once it has called us again', async () => {
    await watched({ direction: 'IN' })
    await held.pass(offset)
    const at = await lose(3_600_000)
    await held.pass(4_000)
    await held.asterisk.fake.connect({ node: NODE, link: HUB })
    expect(await held.passUntil(() => link()?.state === 'established', 'back')).toBeLessThanOrEqual(60)
    await held.pass(30_000)
    expect(told(at)).toEqual(['connecting', 'established'])
    expect(link()).toMatchObject({ direction: 'in', mode: 'transceive', reconnects: 1, permanent: null })
  })
})

it('a link that is lost while it talks is silent at once', async () => {
  await watched()
  await held.asterisk.fake.linkKey({ node: NODE, link: HUB, on: true })
  await held.passUntil(() => link()?.keyed === true, 'it talks', 100)
  await lose(3_600_000)
  await held.passUntil(() => link()?.keyed === false, 'silent', 100)
})
