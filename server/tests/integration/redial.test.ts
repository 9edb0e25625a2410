/** Links that app_rpt calls again: it tells no event of a loss, nor of the answer, so the polls find them, and find them soon. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loggedIn } from '../fake-asterisk/rawClient.ts'
import type { RawClient } from '../fake-asterisk/rawClient.ts'
import { NODE, openHeldNode } from '../support/heldNode.ts'
import type { HeldNode } from '../support/heldNode.ts'

const HUB = '48752'
const closers: (() => unknown)[] = []
let fake: HeldNode['fake']
let watcher: HeldNode['watcher']
let pass: HeldNode['pass']
let asked: HeldNode['asked']
/** Somebody else at this Asterisk. */
let operator: RawClient

const isNow = (link: Partial<ReturnType<typeof shown>>) => Object.entries(link).every(([field, value]) => shown()[field as 'state'] === value)
function shown() {
  const { state, mode, reconnects, keyed } = watcher.link(HUB) ?? {}
  return { state, mode, reconnects, keyed }
}

beforeEach(async () => {
  ({ fake, watcher, pass, asked } = await openHeldNode(closers, {
    links: { [NODE]: [{ name: HUB, permanent: true, ageMs: 3_600_000, behind: ['T27225'] }] }, telemetry: false,
  }))
  operator = await loggedIn(fake.port, { secret: 'demo' })
  closers.push(() => { operator.close() })
  // Events come, so polls are far apart.
  await fake.linkKey({ node: NODE, link: HUB, on: true, ms: 1_000 })
  await pass(() => isNow({ keyed: true }), 'it talks')
  await pass(() => isNow({ keyed: false }) && watcher.state.tx === false, 'and is silent')
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** How long the next three polls take, ms. */
async function threePolls(): Promise<number> {
  const before = asked('XStat')
  return pass(() => asked('XStat') >= before + 3, 'three polls')
}

describe('a permanent link that is lost', () => {
  it('is found by the next poll, looked at each second while it is called, and then left in peace again', async () => {
    await fake.lose({ node: NODE, link: HUB, ms: 12_000 })
    expect(await pass(() => isNow({ state: 'connecting', mode: null, reconnects: 0 }), 'lost')).toBeLessThanOrEqual(5_200)
    expect(watcher.state.indirect.nodes).toEqual({})
    await pass(() => fake.state().nodes[NODE]?.links[HUB]?.state === 'ESTABLISHED', 'answered')
    expect(await pass(() => isNow({ state: 'established', mode: 'transceive', reconnects: 1 }), 'back')).toBeLessThanOrEqual(1_200)
    expect(watcher.state.indirect.nodes).toEqual({ 27225: 'transceive' })
    expect(await threePolls()).toBeGreaterThan(9_000)
  })

  it('while it talks is shown silent at once, and the events are believed as before', async () => {
    await fake.linkKey({ node: NODE, link: HUB, on: true })
    await pass(() => isNow({ keyed: true }), 'it talks')
    await fake.lose({ node: NODE, link: HUB, ms: 3_000 })
    expect(await pass(() => isNow({ keyed: false }), 'silent')).toBeLessThanOrEqual(100)
    await pass(() => isNow({ state: 'established', reconnects: 1, keyed: false }), 'back')
    expect(await threePolls()).toBeGreaterThan(9_000)
  })
})

it('a link that somebody else makes anew in another mode is shown in it within little more than a second of the answer', async () => {
  await operator.ask({ Action: 'Command', Command: `rpt cmd ${NODE} ilink 2 ${HUB}` })
  expect(await pass(() => isNow({ state: 'connecting', mode: null }), 'called')).toBeLessThanOrEqual(200)
  await pass(() => fake.state().nodes[NODE]?.links[HUB]?.state === 'ESTABLISHED', 'answered')
  expect(await pass(() => isNow({ state: 'established', mode: 'monitor', reconnects: 1 }), 'monitored')).toBeLessThanOrEqual(1_200)
  expect(await threePolls()).toBeGreaterThan(9_000)
})
