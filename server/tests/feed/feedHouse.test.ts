/** All nodes of a process, in held time over real sockets: when Asterisk is asked, and what is not believed any more. */
import { afterEach, describe, expect, it } from 'vitest'
import { HeldTime } from '../support/heldTime.ts'

let held: HeldTime
afterEach(() => held.close())

async function house(...args: Parameters<typeof HeldTime.start>): Promise<HeldTime> {
  held = await HeldTime.start(...args)
  return held
}
async function watched(...args: Parameters<typeof HeldTime.start>): Promise<HeldTime> {
  await house(...args)
  held.house.watch(held.asterisk.node)
  await held.passUntil(isTrue, 'the first truth', 100)
  return held
}
const isTrue = () => held.lies.length === 0
const polls = () => held.asterisk.proxy.said.match(/^COMMAND: XStat\r$/gm)?.length ?? 0
const logins = () => held.asterisk.proxy.said.match(/^Action: Login\r$/gim)?.length ?? 0
/** How many polls there are in the next `ms`. */
async function pollsIn(ms: number): Promise<number> {
  const before = polls()
  await held.pass(ms)
  return polls() - before
}

describe('polls', () => {
  it('T-2 that tell nothing new are not told: anchors keep still, and nothing is sent while nothing changes', async () => {
    const { told, asterisk } = await watched()
    await asterisk.fake.key({ node: asterisk.node, on: true, ms: 300 })
    await held.pass(400)
    const before = told.length
    expect(await pollsIn(60_000)).toBeGreaterThanOrEqual(12)
    expect(told.slice(before)).toEqual([])
  })

  it('come every second until an event has come, every 5 s after that, and every second again in the next session', async () => {
    const { asterisk } = await watched()
    expect(await pollsIn(10_000)).toBe(10)
    await asterisk.fake.key({ node: asterisk.node, on: true, ms: 100 })
    await held.pass(1_000)
    expect(await pollsIn(20_000)).toBe(4)
    asterisk.proxy.cut()
    await held.pass(2_000)
    expect(await pollsIn(10_000)).toBe(10)
  })

  it('show the first key-up of an Asterisk whose events cannot be read within 1 s', async () => {
    const { asterisk } = await watched({ mode: 'poll' })
    await held.pass(7_300)
    const shows = await asterisk.talk()
    expect(await held.passUntil(() => shows(held.state), 'shown')).toBeLessThanOrEqual(1_000)
    expect(await pollsIn(60_000)).toBe(60)
  })

  it('become rare while nothing moves, show the first key-up late by a tenth of that at most, and come every second from there on', async () => {
    const { asterisk } = await watched({ mode: 'poll' })
    expect(await pollsIn(60_000)).toBeLessThanOrEqual(34)
    expect(await pollsIn(60_000)).toBe(12)
    const shows = await asterisk.talk()
    expect(await held.passUntil(() => shows(held.state), 'shown')).toBeLessThanOrEqual(5_000)
    expect(await pollsIn(600_000)).toBe(600)
  })

  it('of fifty nodes of which nothing is known are no more than those of fifty quiet ones', async () => {
    const nodes = Array.from({ length: 50 }, (_, i) => String(2_000 + i))
    await house({ asterisk: { nodes, links: 0, telemetry: false } })
    held.house.configure(nodes.map((id) => ({ id, hostKey: 'first' })))
    for (const node of nodes) held.house.watch(node)
    await held.pass(1_000)
    // 1,200 actions a minute: two for each.
    expect(await pollsIn(20_000)).toBeLessThanOrEqual(200)
  })

  it('are rare of a node that is only kept for others, and the first viewer who comes is shown what is true now', async () => {
    const { asterisk } = await house()
    held.house.watch(asterisk.node, 'keep')
    await held.passUntil(isTrue, 'the first truth', 100)
    expect(await pollsIn(60_000)).toBe(2)
    await held.pass(5_000)
    await asterisk.fake.setVar({ node: asterisk.node, name: 'cpu_temp', value: '81 C' })
    const before = polls()
    held.house.watch(asterisk.node)
    expect(await held.passUntil(() => held.state.telemetry.cpuTemp?.text === '81 C', 'shown')).toBeLessThanOrEqual(100)
    expect(polls()).toBe(before + 1)
  })

  it('go on every 10 s for a node that Asterisk does not know, and it is there as soon as it is', async () => {
    const { asterisk } = await house()
    const message = 'RptStatus unknown or missing node'
    asterisk.fake.setKnobs({ faults: [{ kind: 'refuse', node: asterisk.node, message }] })
    held.house.watch(asterisk.node)
    await held.passUntil(() => held.state.reachReason?.code === 'node-unknown', 'told', 100)
    expect(await pollsIn(60_000)).toBe(6)
    asterisk.fake.setKnobs({ faults: [] })
    expect(await held.passUntil(isTrue, 'there')).toBeLessThanOrEqual(10_000)
    asterisk.fake.setKnobs({ faults: [{ kind: 'refuse', node: asterisk.node, message }] })
    await held.passUntil(() => held.state.reach === 'down', 'gone again')
    asterisk.fake.setKnobs({ faults: [] })
    await asterisk.fake.key({ node: asterisk.node, on: true })
    expect(await held.passUntil(isTrue, 'there at once, as it says something')).toBeLessThanOrEqual(100)
  })
})

describe('a poll that is older than what an event told of links', () => {
  const link = '48752'
  /** A poll is under way whose answers take so long. */
  const polling = async (replyDelayMs: number) => {
    held.asterisk.fake.setKnobs({ replyDelayMs })
    const before = polls()
    await held.passUntil(() => polls() > before, 'a poll is under way')
    return held.told.length
  }
  /** Whether the link was there, in what was told since. */
  const shown = (from: number) => held.told.slice(from).map(({ state }) => Object.hasOwn(state.links, link)).filter((is, i, all) => is !== all[i - 1])

  it.each([60, 600])('leaves a new one there with all that is known of it, and the next poll tells the rest (%i ms an answer)', async (ms) => {
    const { asterisk, house } = await watched({ asterisk: { links: 1 } })
    const from = await polling(ms)
    await asterisk.fake.connect({ node: asterisk.node, link, behind: ['T2700'] })
    await held.passUntil(() => Object.hasOwn(held.state.links, link), 'the event, behind the answer to the first half', ms)
    const { links } = held.state
    house.feed(asterisk.node)?.update({ ...held.state, links: { ...links, [link]: { ...links[link]!, permanent: true } } }, held.clock.now())
    expect(await held.passUntil(isTrue, 'all true')).toBeLessThanOrEqual(4 * ms + 100)
    await held.pass(3 * ms)
    expect(shown(from)).toEqual([true])
    expect(held.state.links[link]).toMatchObject({ permanent: true, direction: 'out' })
  })

  it('does not bring back one that is gone, and is believed in all else', async () => {
    const { asterisk } = await watched({ asterisk: { links: 1 } })
    await asterisk.fake.connect({ node: asterisk.node, link })
    await held.passUntil(isTrue, 'linked', 1_000)
    await asterisk.fake.setVar({ node: asterisk.node, name: 'cpu_load', value: '7.77, 0.11, 0.09' })
    const from = await polling(60)
    await asterisk.fake.disconnect({ node: asterisk.node, link })
    await held.pass(120)
    expect(held.state.telemetry.load).toMatch(/7\.77/)
    await held.pass(1_000)
    expect(shown(from)).toEqual([false])
  })
})

describe('somebody who asks once a second', () => {
  /** For so many seconds; answers within 2 s count as asked. */
  const ask = async (seconds: number) => {
    for (let i = 0; i < seconds; i += 1) {
      void held.house.fresh(held.asterisk.node)
      await held.pass(1_000)
    }
  }

  it('with a wrong password behind him brings no more logins than somebody who waits', async () => {
    const { asterisk } = await house()
    asterisk.fake.setKnobs({ faults: [{ kind: 'refuse', action: 'Login', message: 'Authentication failed' }] })
    await ask(180)
    // At once, after 20 s, after 40 s more, and after 60 s.
    expect(logins()).toBeLessThanOrEqual(4)
  })

  it('does not have a dead host redialled more often than it is by itself; a viewer who comes does, at once', async () => {
    const { asterisk } = await house()
    await asterisk.proxy.refuse()
    await ask(60)
    const { status } = held.house.hosts[0]!
    expect(status).toMatchObject({ status: 'down' })
    // Tries 1.5 s apart by chance's worst: a nudge each second would show as 1 s and less.
    await held.passUntil(() => held.house.hosts[0]!.status.since !== status.since, 'the next try')
    const from = held.clock.now()
    const next = held.house.hosts[0]!.status
    void held.house.fresh(asterisk.node)
    expect(held.house.hosts[0]!.status).toEqual(next)
    await held.pass(600)
    await asterisk.proxy.listen()
    held.house.watch(asterisk.node)
    await held.passUntil(isTrue, 'there at once')
    expect(held.clock.now() - from).toBeLessThan(700)
  })
})

describe('what was known', () => {
  it('D-4 is not told as true once nobody has looked for longer than the linger', async () => {
    const { asterisk } = await house({ lingerMs: 60_000 })
    const leave = held.house.watch(asterisk.node)
    await held.passUntil(isTrue, 'up', 100)
    leave()
    await held.pass(59_900)
    expect(held.state.reach).toBe('up')
    await held.pass(200)
    expect(held.state).toMatchObject({ reach: 'unknown', reachReason: { code: 'not-watched' }, rx: null, tx: null })
    await asterisk.proxy.refuse()
    const asked = held.house.fresh(asterisk.node)
    await held.pass(100)
    expect((await asked)?.state).toMatchObject({ reach: 'down', rx: null })
  })

  it('of a node that moves to another Asterisk is not told as what that one says, watched or not', async () => {
    const second = { nodes: ['546051', '546055'], links: { '546051': [] } }
    for (const lingers of [true, false]) {
      await house({ second })
      const leave = held.house.watch(held.asterisk.node)
      held.house.watch('546055')
      await held.passUntil(() => isTrue() && held.house.feed('546055')?.state.reach === 'up', 'both are up', 100)
      expect(Object.keys(held.state.links)).not.toEqual([])
      if (lingers) leave()
      const before = held.told.length
      held.house.configure([{ id: '546051', hostKey: 'second' }, { id: '546055', hostKey: 'second' }])
      expect(held.state.reach).toBe('unknown')
      const asked = held.house.fresh('546051')
      await held.pass(100)
      expect((await asked)?.state).toMatchObject({ reach: 'up', links: {} })
      expect(held.told.slice(before).map(({ state: { reach, links } }) => `${reach} ${Object.keys(links).length > 0}`).filter((told) => told === 'up true')).toEqual([])
      await held.close()
    }
  })
})
