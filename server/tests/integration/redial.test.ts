/** Links that app_rpt calls again: it tells no event of a loss, nor of the answer, so the polls find them, and find them soon. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { loggedIn } from '../fake-asterisk/rawClient.ts'
import type { RawClient } from '../fake-asterisk/rawClient.ts'
import { ManualClock } from '../support/manualClock.ts'
import { nodeConfig, passUntil, runHeldApp, Watcher } from '../support/running.ts'
import { TcpProxy } from '../support/tcpProxy.ts'

const NODE = '546051'
const HUB = '48752'
const closers: (() => unknown)[] = []
let clock: ManualClock
let fake: FakeAsterisk
let proxy: TcpProxy
let watcher: Watcher
/** Somebody else at this Asterisk. */
let operator: RawClient

const pass = (check: () => boolean, what: string) => passUntil(clock, check, what)
const asked = () => proxy.said.split('COMMAND: XStat\r\n').length - 1
const isNow = (link: Partial<ReturnType<typeof shown>>) => Object.entries(link).every(([field, value]) => shown()[field as 'state'] === value)
function shown() {
  const { state, mode, reconnects, keyed } = watcher.link(HUB) ?? {}
  return { state, mode, reconnects, keyed }
}

beforeEach(async () => {
  clock = new ManualClock()
  fake = await startFakeAsterisk({ nodes: [NODE], links: { [NODE]: [{ name: HUB, permanent: true, ageMs: 3_600_000, behind: ['T27225'] }] }, telemetry: false, clock })
  closers.push(() => fake.close())
  operator = await loggedIn(fake.port, { secret: 'demo' })
  closers.push(() => { operator.close() })
  proxy = new TcpProxy(fake.port)
  await proxy.listen()
  closers.push(() => proxy.close())
  const app = await runHeldApp([nodeConfig(NODE, proxy.port)], { clock, beatMs: 3_600_000 })
  closers.push(() => app.close(0))
  watcher = new Watcher(app, NODE)
  closers.push(() => { watcher.close() })
  await pass(() => watcher.state.reach === 'up', 'up')
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
  const before = asked()
  return pass(() => asked() >= before + 3, 'three polls')
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
