/** What is promised in seconds, held to the millisecond: chance at its worst, time held, bytes over real sockets. */
import { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { claimsToKnow } from '../support/brokenAsterisk.ts'
import type { Mode } from '../support/brokenAsterisk.ts'
import { FAILURES } from '../support/failures.ts'
import { HeldTime } from '../support/heldTime.ts'

let held: HeldTime
afterEach(() => held.close())

async function watched(...args: Parameters<typeof HeldTime.start>): Promise<HeldTime> {
  held = await HeldTime.start(...args)
  held.house.watch(held.asterisk.node)
  await held.passUntil(() => held.lies.length === 0, 'the first truth', 100)
  return held
}
const isDown = () => held.state.reach === 'down'
const isTrue = () => held.lies.length === 0

describe('a viewer who stays is told within 5 s, and 2 s after the repair he sees the truth', () => {
  for (const [name, failure] of Object.entries(FAILURES)) {
    it.each<Mode>(['event', 'poll'])(`${name}, %s mode`, async (mode) => {
      const { asterisk, clock, told } = await watched({ mode })
      const shows = await asterisk.talk()
      await held.passUntil(() => shows(held.state), 'somebody talks', 1_100)
      const [struck, before] = [clock.now(), told.length]
      await failure.strike(asterisk)
      if (failure.codes.length > 0) expect(await held.passUntil(isDown, 'told')).toBeLessThanOrEqual(5_000)
      const since = held.state.reachSince
      await held.pass(Math.max(0, struck + failure.lastsMs - clock.now()))
      if (failure.codes.length > 0 && isDown()) expect(held.state.reachSince).toBe(since)
      await asterisk.changeTopology()
      await failure.repair(asterisk)
      expect(await held.passUntil(isTrue, 'back')).toBeLessThanOrEqual(failure.backMs)

      expect(told.filter(({ state }) => claimsToKnow(state))).toEqual([])
      for (const code of held.reasons(before)) expect(failure.codes).toContain(code)
      expect(held.reasons(before).at(-1)).toBe(failure.codes.at(-1))
    })
  }
})

describe('the node of another Asterisk', () => {
  it.each(Object.entries(FAILURES))('waits for nothing while one fails: %s', async (_name, failure) => {
    await watched({ second: { nodes: ['546056', '546055'], links: 1 } })
    const { fake } = held.second!
    const neighbour = () => held.house.feed('546055')?.state
    held.house.watch('546055')
    await held.passUntil(() => neighbour()?.reach === 'up', 'up', 100)
    await failure.strike(held.asterisk)
    for (let i = 0; i < 48; i += 1) {
      const on = i % 2 === 0
      await fake.key({ node: '546055', on })
      // Not a millisecond.
      await held.pass(0)
      expect(neighbour(), `${i}`).toMatchObject({ reach: 'up', rx: on })
      await held.pass(250)
    }
  })
})

describe('told within 5 s, whatever keeps Asterisk from answering', () => {
  const UNSAID = { rx: null, tx: null }
  const start = async (...args: Parameters<typeof HeldTime.start>) => {
    held = await HeldTime.start(...args)
    return held
  }
  /** From the first viewer's coming, ms. */
  const toldAfter = () => {
    held.house.watch(held.asterisk.node)
    return held.passUntil(isDown, 'told')
  }

  it('a path that swallows every packet', async () => {
    await start({ connect: () => new Socket() })
    expect(await toldAfter()).toBeLessThanOrEqual(5_000)
    expect(held.state).toMatchObject({ ...UNSAID, reachReason: { code: 'ami-unreachable' } })
  })

  it('a port that takes connections and says nothing; all is well 2 s after it does', async () => {
    const { asterisk } = await start()
    asterisk.proxy.mute(true)
    expect(await toldAfter()).toBeLessThanOrEqual(5_000)
    expect(held.state.reachReason?.code).toBe('ami-no-answer')
    await held.pass(7_000)
    asterisk.proxy.mute(false)
    expect(await held.passUntil(isTrue, 'back')).toBeLessThanOrEqual(2_000)
  })

  it.each(['Challenge', 'Login'])('a %s that is never answered; a try that hangs is given up after 4.5 s', async (action) => {
    const { asterisk } = await start({ asterisk: { knobs: { faults: [{ kind: 'never', action }] } } })
    expect(await toldAfter()).toBeLessThanOrEqual(5_000)
    expect(held.state.reachReason?.code).toBe('ami-no-answer')
    await held.pass(1_600)
    asterisk.fake.setKnobs({ faults: [] })
    expect(await held.passUntil(isTrue, 'back')).toBeLessThanOrEqual(6_000)
  })

  it('a session that falls silent while nobody talks, at any moment between two polls', async () => {
    for (const after of [0, 900, 2_600, 4_300]) {
      const { asterisk, told } = await watched()
      // An event has come: from now on polls are 5 s apart.
      await asterisk.fake.key({ node: asterisk.node, on: true, ms: 50 })
      await held.pass(8_000 + after)
      asterisk.proxy.mute(true)
      expect(await held.passUntil(isDown, 'told'), `${after}`).toBeLessThanOrEqual(5_000)
      const from = told.length
      await held.pass(10_000)
      // The sentence may say more by now, once.
      expect(told.length - from).toBeLessThanOrEqual(1)
      expect(held.reasons(from - 1)).toEqual(['ami-no-answer'])
      asterisk.proxy.mute(false)
      expect(await held.passUntil(isTrue, 'back'), `${after}`).toBeLessThanOrEqual(2_000)
      await held.close()
    }
  })

  it('half an answer, and then nothing: within 5 s of it', async () => {
    const { asterisk } = await watched()
    asterisk.fake.setKnobs({ faults: [{ kind: 'stall', action: 'RptStatus', times: 1 }] })
    expect(await held.passUntil(isDown, 'told')).toBeLessThanOrEqual(5_000)
    expect(await held.passUntil(isTrue, 'back')).toBeLessThanOrEqual(2_000)
  })

  it('half a message, and then nothing', async () => {
    const { asterisk } = await watched()
    asterisk.fake.setKnobs({ faults: [{ kind: 'never' }] })
    asterisk.proxy.inject('Event: RPT_RXKEYED\r\nPrivilege: call,all\r\nNode: 546051\r\nEvent')
    expect(await held.passUntil(isDown, 'told')).toBeLessThanOrEqual(5_000)
    asterisk.fake.setKnobs({ faults: [] })
    expect(await held.passUntil(isTrue, 'back')).toBeLessThanOrEqual(2_000)
  })

  it('answers slower than any deadline: down as long as it lasts, without flapping, and back by itself', async () => {
    const { asterisk, told } = await watched()
    asterisk.fake.setKnobs({ replyDelayMs: 3_000 })
    expect(await held.passUntil(isDown, 'told')).toBeLessThanOrEqual(5_000)
    const from = told.length
    await held.pass(60_000)
    expect(told.slice(from)).toEqual([])
    asterisk.fake.setKnobs({ replyDelayMs: 0 })
    expect(await held.passUntil(isTrue, 'back')).toBeLessThanOrEqual(6_000)
  })

  it('an outage of hours: tried for ever, 30 s apart at most, and at once for a new viewer', async () => {
    const { asterisk, clock, house } = await watched()
    await asterisk.proxy.refuse()
    // Steps of milliseconds would take as long as it sounds.
    for (let minutes = 0; minutes < 120; minutes += 1) {
      clock.advance(60_000)
      await held.pass(25)
    }
    expect(house.hosts[0]?.status).toMatchObject({ status: 'down' })
    expect((house.hosts[0]?.status.nextTryAt ?? Infinity) - clock.now()).toBeLessThanOrEqual(30_000)
    await asterisk.proxy.listen()
    house.watch(asterisk.node)
    expect(await held.passUntil(isTrue, 'back')).toBeLessThanOrEqual(600)
  })
})
