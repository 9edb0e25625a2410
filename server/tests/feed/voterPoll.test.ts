import { beforeEach, describe, expect, it } from 'vitest'
import { MAX_RECEIVERS } from '../../../protocol/voter.ts'
import { AmiClosedError } from '../../src/ami/closeReason.ts'
import { AmiMessage } from '../../src/ami/message.ts'
import type { AmiHeader } from '../../src/ami/message.ts'
import { Misses } from '../../src/feed/misses.ts'
import { NodeFeed } from '../../src/feed/nodeFeed.ts'
import { VoterHouse } from '../../src/feed/voterHouse.ts'
import { replyTo } from '../ami/wire.ts'
import { ManualClock } from '../support/manualClock.ts'

const header = (name: string, value: string): AmiHeader => ({ name, value })
/** A VoterStatus reply, `Ridge Master=187` for each client. */
function reply(node: string, voted: string | null, ...clients: string[]): AmiMessage {
  return new AmiMessage(
    [
      header('Response', 'Success'), header('Node', node), ...(voted === null ? [] : [header('Voted', voted)]),
      ...clients.flatMap((client) => {
        const [name = '', rssi = ''] = client.split('=')
        return [header('Client', name), header('IP', '198.51.100.11:667'), header('RSSI', rssi)]
      }),
    ],
    [], [],
  )
}
const EMPTY = new AmiMessage([], [], [])
const refusal = (text: string) => new AmiMessage([header('Response', 'Error'), header('Message', text)], [], [])

const NODE = '546056'
/** A real reply as if this voter had given it. */
function captured(actionId: string, capture = '61-voter-mix-voted-master-lost.txt'): AmiMessage {
  const { headers } = replyTo(capture, actionId)
  return new AmiMessage(headers.map(({ name, value }) => header(name, name === 'Node' ? NODE : value)), [], [])
}

describe('a voter', () => {
  let clock: ManualClock
  let node: NodeFeed | null
  let house: VoterHouse
  let watching: number
  let misses: Misses
  /** When Asterisk was asked, ms from the start. */
  let asked: number[]
  let answer: () => Promise<AmiMessage>
  let start: number

  beforeEach(() => {
    clock = new ManualClock()
    start = clock.now()
    node = new NodeFeed(NODE, 'e1', clock.now())
    watching = 0
    misses = new Misses()
    asked = []
    answer = () => Promise.resolve(reply(NODE, null, 'Ridge Master ActiveMaster=0', 'North Hill=0', 'Harbor Mix=0', 'Campus Inactive=0'))
    house = new VoterHouse(clock, {
      feed: (id) => (id === NODE ? node : null),
      watch: () => { watching += 1; return () => { watching -= 1 } },
      voterStatus: () => { asked.push(clock.now() - start); return answer() },
      voterMisses: () => misses,
    })
  })
  const up = (rx = false) => node?.update({ ...node.state, reach: 'up', reachReason: null, rx }, clock.now())
  const settle = async () => { for (let i = 0; i < 10; i += 1) await Promise.resolve() }
  /** Lets time pass in steps short enough for answers to come in between. */
  async function pass(ms: number): Promise<void> {
    await settle()
    for (let passed = 0; passed <= ms; passed += 10) {
      clock.advance(passed === 0 ? 0 : 10)
      await settle()
    }
  }
  const state = () => house.feed(NODE)?.state
  const gaps = () => asked.slice(1).map((at, i) => at - (asked[i] ?? 0))

  it('V-4 is asked about once a second while all is silent, and its first answer does not wait', async () => {
    up()
    house.watch(NODE)
    await pass(5_000)
    expect(asked[0]).toBe(0)
    expect(asked.length).toBe(6)
    expect(state()).toEqual({
      reach: 'up', reachReason: null, voted: null,
      receivers: {
        Ridge: { rssi: 0, state: 'voting', master: true, order: 0 },
        'North Hill': { rssi: 0, state: 'voting', master: false, order: 1 },
        Harbor: { rssi: 0, state: 'mix', master: false, order: 2 },
        Campus: { rssi: 0, state: 'inactive', master: false, order: 3 },
      },
    })
    expect(house.feed(NODE)?.seq).toBe(1)
  })

  it('V-4 is asked at once when its node keys up, then five times a second and never faster', async () => {
    up()
    house.watch(NODE)
    await pass(1_550)
    const before = asked.length
    up(true)
    await pass(0)
    expect(asked.length).toBe(before + 1)
    await pass(2_000)
    expect(asked.length).toBe(before + 1 + 10)
    expect(Math.min(...gaps())).toBe(200)
    up(false)
    await pass(400)
    const quiet = asked.length
    await pass(3_000)
    expect(asked.length - quiet).toBe(3)
  })

  it('V-4 V-8 is asked once a second once the receiver that heard something has gone: what Asterisk keeps of its signal is no signal', async () => {
    answer = () => Promise.resolve(captured('7'))
    up()
    house.watch(NODE)
    await pass(3_000)
    expect(state()?.receivers['NORTH']).toEqual({ rssi: 0, state: 'inactive', master: true, order: 0 })
    expect(asked.length).toBe(4)
  })

  it('V-8 a mix receiver is voted when it is the strongest', async () => {
    answer = () => Promise.resolve(captured('4'))
    up()
    house.watch(NODE)
    await pass(0)
    expect(state()).toMatchObject({ voted: 'EAST', receivers: { SOUTH: { rssi: 90, state: 'voting' }, EAST: { rssi: 200, state: 'voted' } } })
  })

  it.each([
    ['as strong as nobody else, while another is voted', '5', { SOUTH: { rssi: 180, state: 'voting' } }],
    ['alone, while the one before it is still voted', '6', { SOUTH: { rssi: 0, state: 'voting' } }],
    ['alone, while nobody is voted', '8', { SOUTH: { rssi: 0, state: 'voting' } }],
  ])('V-8 a mix receiver is voted when it is heard %s: chan_voter before 3.10.1 does not name it', async (_, actionId, others) => {
    answer = () => Promise.resolve(captured(actionId, '63-voter-before-3.10.1.txt'))
    up(true)
    house.watch(NODE)
    await pass(0)
    expect(state()).toMatchObject({ voted: 'EAST', receivers: { ...others, EAST: { rssi: 220, state: 'voted' } } })
  })

  it('V-4 V-8 whose master has gone is asked once a second, and hears nothing: chan_voter before 3.10.1 keeps all signals, and calls nobody inactive', async () => {
    answer = () => Promise.resolve(captured('10', '63-voter-before-3.10.1.txt'))
    up()
    house.watch(NODE)
    await pass(3_000)
    expect(state()).toMatchObject({ voted: null, receivers: { NORTH: { rssi: 0, state: 'voting' }, EAST: { rssi: 0, state: 'mix' } } })
    expect(asked.length).toBe(4)
  })

  it.each([
    ['it', reply(NODE, 'NORTH', 'NORTH Master Inactive=100', 'SOUTH=0', 'EAST Mix=40')],
    ['another, which has come back since,', reply(NODE, 'SOUTH', 'NORTH Master Inactive=0', 'SOUTH=90', 'EAST Mix=40')],
  ])('V-4 V-8 whose master has gone hears nothing, also where %s is still voted, as chan_voter 3.10.1 has it', async (_, message) => {
    answer = () => Promise.resolve(message)
    up()
    house.watch(NODE)
    await pass(3_000)
    expect(state()).toMatchObject({ voted: null, receivers: { NORTH: { rssi: 0, state: 'inactive' }, SOUTH: { rssi: 0, state: 'voting' }, EAST: { rssi: 0, state: 'mix' } } })
    expect(asked.length).toBe(4)
  })

  it('V-4 is asked often as well while a receiver hears something that does not open the node', async () => {
    answer = () => Promise.resolve(reply(NODE, 'Ridge', 'Ridge ActiveMaster=9', 'North Hill=3', 'South Master Inactive=0'))
    up()
    house.watch(NODE)
    await pass(2_000)
    expect(asked.length).toBe(11)
    expect(state()).toMatchObject({ voted: 'Ridge', receivers: { Ridge: { rssi: 9, state: 'voted' }, 'North Hill': { state: 'voting' } } })
  })

  it('V-4 is left alone when nobody watches any more, and its node with it', async () => {
    up(true)
    const [one, two] = [house.watch(NODE), house.watch(NODE)]
    await pass(1_000)
    one()
    one()
    await pass(1_000)
    expect(asked.length).toBe(11)
    expect(watching).toBe(1)
    two()
    await pass(5_000)
    expect(asked.length).toBe(11)
    expect([watching, clock.pending]).toEqual([0, 0])
    // Whoever comes now is not shown what was heard five seconds ago.
    house.watch(NODE)
    expect(state()).toMatchObject({ reach: 'unknown', receivers: { Ridge: { rssi: null } } })
  })

  it('V-4 that answers slowly is asked one question at a time, with a rest after each', async () => {
    answer = () => new Promise((resolve) => { clock.setTimeout(() => { resolve(reply(NODE, 'Ridge', 'Ridge=9')) }, 450) })
    up(true)
    house.watch(NODE)
    await pass(3_000)
    expect(new Set(gaps())).toEqual(new Set([500]))
  })

  it('V-3 is told as its node is while Asterisk does not answer; who its receivers are stays known', async () => {
    answer = () => Promise.resolve(reply(NODE, 'Ridge', 'Ridge=187', 'Harbor Mix=20'))
    up(true)
    house.watch(NODE)
    await pass(100)
    node?.setReach('down', { code: 'ami-closed', message: 'gone' }, clock.now())
    expect(state()).toEqual({
      reach: 'down', reachReason: { code: 'ami-closed', message: 'gone' }, voted: null,
      receivers: { Ridge: { rssi: null, state: 'voting', master: false, order: 0 }, Harbor: { rssi: null, state: 'mix', master: false, order: 1 } },
    })
    const before = asked.length
    await pass(10_000)
    expect(asked.length).toBe(before)
    up(true)
    await pass(0)
    expect(state()).toMatchObject({ reach: 'up', voted: 'Ridge' })
  })

  it('does not take an answer that was under way when Asterisk went, and asks no more until it is back', async () => {
    let settleLate = (_: AmiMessage) => {}
    answer = () => new Promise((resolve) => { settleLate = resolve })
    up()
    house.watch(NODE)
    await pass(0)
    node?.setReach('down', { code: 'ami-closed', message: 'gone' }, clock.now())
    settleLate(reply(NODE, 'Ridge', 'Ridge=187'))
    await pass(0)
    expect(state()).toMatchObject({ reach: 'down', receivers: {} })
    await pass(5_000)
    expect(asked.length).toBe(1)
  })

  it('goes on after a session that was lost in the middle of a question', async () => {
    answer = () => Promise.reject(new Error('closed'))
    up()
    house.watch(NODE)
    await pass(0)
    answer = () => Promise.resolve(reply(NODE, null, 'Ridge=0'))
    await pass(1_000)
    expect(state()).toMatchObject({ reach: 'up' })
  })

  describe('V-4 over which Asterisk hung twice running', () => {
    const overdue = () => Promise.reject(new AmiClosedError({ code: 'no-answer', message: 'gone' }, true))
    /** The session is over, and there is another one in which the node has answered. */
    const again = (code: 'ami-no-answer' | 'ami-closed' = 'ami-no-answer') => {
      node?.setReach('down', { code, message: 'gone' }, clock.now())
      up(true)
    }
    beforeEach(async () => {
      up()
      answer = overdue
      house.watch(NODE)
      await pass(0)
      again()
      await pass(500)
      expect(asked.length).toBe(2)
      again()
      await pass(500)
    })

    it('says so and is left alone for a minute, then longer, whoever keys up or asks', async () => {
      expect(state()).toMatchObject({ reach: 'down', reachReason: { code: 'ami-no-answer', message: expect.stringMatching(/this voter/) as string } })
      for (let i = 0; i < 50; i += 1) {
        up(i % 2 === 0)
        await house.look(NODE)
        await pass(1_000)
      }
      expect(asked.length).toBe(2)
      await pass(10_000)
      expect(asked.length).toBe(3)
      again()
      await pass(115_000)
      expect(asked.length).toBe(3)
      expect(state()).toMatchObject({ reach: 'down', reachReason: { code: 'ami-no-answer' } })
      await pass(6_000)
      expect(asked.length).toBe(4)
    })

    it('is there again when it answers', async () => {
      answer = () => Promise.resolve(reply(NODE, 'Ridge', 'Ridge=187', 'South Master Inactive=0'))
      await pass(60_000)
      expect(state()).toMatchObject({ reach: 'up', voted: 'Ridge' })
      const before = asked.length
      await pass(1_000)
      expect(asked.length - before).toBe(5)
    })

    it('is asked at once in a session that follows one that ended over no question', async () => {
      // As whoever has the node does then.
      misses.clear()
      again('ami-closed')
      await pass(0)
      expect(asked.length).toBe(3)
    })
  })

  it.each([
    ['is none', EMPTY, 'no-voter'],
    ['is another one', reply('546055', null, 'Ridge=9'), 'no-voter'],
    ['cannot be: the module is not loaded', refusal('Invalid/unknown command: VoterStatus.'), 'voter-not-loaded'],
    ['cannot be told of', refusal('Gone fishing'), 'other'],
  ])('says so with a reason when it %s, and is hardly asked any more, whoever talks', async (_what, message, code) => {
    answer = () => Promise.resolve(message)
    up(true)
    house.watch(NODE)
    await pass(0)
    expect(state()).toMatchObject({ reach: 'down', reachReason: { code, message: expect.stringMatching(/\.$/) as string }, receivers: {} })
    for (let i = 0; i < 50; i += 1) {
      node?.update({ ...node.state, rx: true, lastKeyedAt: i }, clock.now())
      await pass(100)
    }
    expect(asked.length).toBeLessThanOrEqual(1)
    await pass(6_000)
    expect(asked.length).toBe(2)
  })

  it('leaves out receivers whose names cannot cross the wire', async () => {
    answer = () => Promise.resolve(reply(NODE, null, '__proto__=1', 'constructor=2', `${'x'.repeat(200)}=3`, 'Ridge=4'))
    up()
    house.watch(NODE)
    await pass(0)
    expect(Object.keys(state()?.receivers ?? {})).toEqual(['Ridge'])
  })

  it('tells which receivers carry the time: the one that is to, and the one that does', async () => {
    answer = () => Promise.resolve(reply(NODE, null, 'Ridge Master=0', 'South ActiveMaster=0', 'North Hill=0'))
    up()
    house.watch(NODE)
    await pass(0)
    expect(state()?.receivers).toMatchObject({ Ridge: { master: true }, South: { master: true }, 'North Hill': { master: false } })
  })

  it('has a bounded number of receivers, the first of the list', async () => {
    answer = () => Promise.resolve(reply(NODE, null, ...Array.from({ length: MAX_RECEIVERS + 2 }, (_, i) => `R${i}=0`)))
    up()
    house.watch(NODE)
    await pass(0)
    const names = Object.keys(state()?.receivers ?? {})
    expect([names.length, names.at(-1)]).toEqual([MAX_RECEIVERS, `R${MAX_RECEIVERS - 1}`])
  })

  it('is another one, with another feed, when its node went and came back', () => {
    const before = house.feed(NODE)
    expect(house.feed(NODE)).toBe(before)
    node = null
    expect(house.feed(NODE)).toBeNull()
    node = new NodeFeed(NODE, 'e2', clock.now())
    expect(house.feed(NODE)?.epoch).toBe('e2')
  })

  it('is not stopped by a clock that was set back', async () => {
    up(true)
    house.watch(NODE)
    await pass(1_000)
    const before = asked.length
    clock.jump(-3_600_000)
    await pass(1_000)
    expect(asked.length - before).toBeGreaterThanOrEqual(4)
  })

  it('V-4 is asked at once when its node keys up just after the clock was set back', async () => {
    up()
    house.watch(NODE)
    await pass(1_500)
    const before = asked.length
    clock.jump(-3_600_000)
    up(true)
    await pass(0)
    expect(asked.length).toBe(before + 1)
  })

  describe('V-7 asked once', () => {
    it('answers all who ask meanwhile or just after with one question, and asks again later', async () => {
      up()
      const crowd = await Promise.all(Array.from({ length: 30 }, () => house.look(NODE)))
      expect(crowd.every((each) => each?.receivers['Ridge']?.rssi === 0)).toBe(true)
      await house.look(NODE)
      expect(asked.length).toBe(1)
      clock.advance(400)
      await house.look(NODE)
      expect(asked.length).toBe(2)
      await pass(5_000)
      expect([asked.length, clock.pending]).toEqual([2, 0])
    })

    it('shares what is known while somebody watches', async () => {
      up(true)
      house.watch(NODE)
      await pass(1_000)
      const before = asked.length
      await house.look(NODE)
      expect(asked.length).toBe(before)
    })

    it('says why there is no answer, and knows no node that is not here', async () => {
      node?.setReach('down', { code: 'ami-refused', message: 'no' }, clock.now())
      expect(await house.look(NODE)).toMatchObject({ reach: 'down', reachReason: { code: 'ami-refused' } })
      expect(await house.look('1')).toBeNull()
      expect(house.feed('1')).toBeNull()
      expect(asked).toEqual([])
    })
  })
})
