/** The desk with time held still. The node is a real feed; what Asterisk says and does is played by the test. */
import { beforeEach, describe, expect, it } from 'vitest'
import { EMPTY_LINK } from '../../../protocol/nodeState.ts'
import type { LinkState } from '../../../protocol/nodeState.ts'
import type { AmiMessage } from '../../src/ami/message.ts'
import { AmiWithdrawnError } from '../../src/ami/requestQueue.ts'
import { ANSWER_MS, ControlDesk, MAX_WAITING } from '../../src/control/controlDesk.ts'
import type { ControlFeeds } from '../../src/control/controlDesk.ts'
import type { LinkAction, Order } from '../../src/control/order.ts'
import type { Asker, ControlResult } from '../../src/control/pendingOrder.ts'
import { NodeFeed } from '../../src/feed/nodeFeed.ts'
import { message, replyTo } from '../ami/wire.ts'
import { ManualClock } from '../support/manualClock.ts'

const NODE = '546051'
const TAKEN = () => Promise.resolve(message('Response: Success', 'Message: Command output follows', 'Output: '))

class Stage implements ControlFeeds {
  readonly clock = new ManualClock()
  readonly feed = new NodeFeed(NODE, 'epoch', this.clock.now())
  readonly sent: { line: string; at: number }[] = []
  readonly log: object[] = []
  watching = 0
  looks = 0
  urged = 0
  gone = false
  /** What a look finds out. */
  onLook: () => void = () => undefined
  reply: (line: string) => Promise<AmiMessage> = TAKEN
  readonly desk = new ControlDesk({ clock: this.clock, feeds: this, log: { info: (fields) => { this.log.push(fields) } } })

  constructor() {
    this.feed.setReach('up', null, this.clock.now())
  }

  fresh = () => Promise.resolve(this.gone ? null : this.feed)
  watch = () => {
    this.watching += 1
    return () => { this.watching -= 1 }
  }
  look = () => {
    this.looks += 1
    this.onLook()
    return Promise.resolve()
  }
  urge = () => { this.urged += 1 }
  /** What a command waits for before its turn on the session. */
  turn: Promise<void> | null = null
  command = async (_node: string, line: string, go: () => boolean) => {
    if (this.turn !== null) await this.turn
    if (!go()) throw new AmiWithdrawnError('given up')
    this.sent.push({ line, at: this.clock.now() })
    return this.reply(line)
  }

  link(name: string, link: Partial<LinkState> | null): void {
    const { [name]: _old, ...rest } = this.feed.state.links
    this.feed.update({ ...this.feed.state, links: link === null ? rest : { ...rest, [name]: { ...EMPTY_LINK, ...link } } }, this.clock.now())
  }

  /** Lets promises run, then moves time. */
  async pass(ms = 0): Promise<void> {
    await rest()
    this.clock.advance(ms)
    await rest()
  }

  ask(order: Order, asker: Partial<Asker> = {}): { result: ControlResult | null } {
    const held: { result: ControlResult | null } = { result: null }
    void this.desk.run(order, { user: 'W5GLE', key: 'one', may: () => true, ...asker }).then((result) => { held.result = result })
    return held
  }
}

const rest = () => new Promise((resolve) => { setImmediate(resolve) })
const order = (action: LinkAction, target = '48752', permanent = false): Order => ({ action, node: NODE, target, permanent })
const dtmf = (digits: string): Order => ({ action: 'dtmf', node: NODE, digits })
const ESTABLISHED = { state: 'established', mode: 'transceive' } as const

let stage: Stage
beforeEach(() => { stage = new Stage() })

describe('an order', () => {
  it('is done when the node shows it, and not before', async () => {
    const asked = stage.ask(order('connect'))
    await stage.pass()
    expect(stage.sent.map(({ line }) => line)).toEqual(['rpt cmd 546051 ilink 3 48752'])
    expect([asked.result, stage.urged, stage.watching]).toEqual([null, 1, 1])
    stage.link('48752', { state: 'connecting' })
    await stage.pass(250)
    expect(asked.result).toBeNull()
    stage.link('48752', { state: 'established', mode: 'monitor' })
    await stage.pass(250)
    expect(asked.result).toBeNull()
    stage.link('48752', ESTABLISHED)
    await stage.pass()
    expect(asked.result).toMatchObject({ outcome: 'done', code: 'linked', response: '' })
    expect(stage.watching).toBe(0)
    stage.clock.advance(1_000)
    expect(stage.clock.pending).toBe(0)
  })

  it('is judged by a state that was polled for it: what went unnoticed counts', async () => {
    stage.link('48752', ESTABLISHED)
    stage.onLook = () => { stage.link('48752', null) }
    stage.ask(order('connect'))
    await stage.pass()
    expect([stage.looks, stage.sent.length]).toEqual([1, 1])
  })

  it('that nothing needs to be sent for is answered at once', async () => {
    stage.link('48752', ESTABLISHED)
    const already = stage.ask(order('connect'))
    const notThere = stage.ask(order('disconnect', '27225'))
    await stage.pass()
    expect(already.result).toMatchObject({ outcome: 'done', code: 'already-linked', response: null })
    expect(notThere.result).toMatchObject({ outcome: 'refused', code: 'not-linked' })
    expect(stage.sent).toEqual([])
  })

  it('that nothing shows for is not confirmed, within its time', async () => {
    const asked = stage.ask(order('connect'))
    await stage.pass(ANSWER_MS - 1)
    expect(asked.result).toBeNull()
    await stage.pass(1)
    expect(asked.result).toMatchObject({ outcome: 'not-confirmed', code: 'no-link-yet' })
    expect([stage.watching, stage.clock.pending]).toEqual([0, 0])
  })

  it('that is still being called says so', async () => {
    const asked = stage.ask(order('connect'))
    await stage.pass(300)
    stage.link('48752', { state: 'connecting' })
    await stage.pass(ANSWER_MS)
    expect(asked.result).toMatchObject({ outcome: 'not-confirmed', code: 'being-called', message: '48752 is being called by 546051.' })
  })

  it('whose call comes to nothing is refused; a call from before proves nothing', async () => {
    const failing = stage.ask(order('connect'))
    await stage.pass()
    stage.link('48752', { state: 'connecting' })
    await stage.pass(500)
    stage.link('48752', null)
    await stage.pass()
    expect(failing.result).toMatchObject({ outcome: 'refused', code: 'call-failed' })

    stage.link('27225', { state: 'connecting' })
    const other = stage.ask(order('monitor', '27225'))
    await stage.pass(200)
    stage.link('27225', { state: 'connecting', reconnects: 1 })
    stage.link('27225', null)
    await stage.pass()
    expect(other.result).toBeNull()
    stage.link('27225', { state: 'established', mode: 'monitor' })
    await stage.pass()
    expect(other.result?.outcome).toBe('done')
  })

  it('to a node that is not reached, or not here, is not sent', async () => {
    stage.feed.setReach('down', { code: 'ami-refused', message: 'Nothing answers.' }, stage.clock.now())
    const away = stage.ask(order('connect'))
    await stage.pass()
    expect(away.result).toEqual({ outcome: 'not-sent', code: 'ami-refused', message: 'Nothing answers.', response: null })
    stage.gone = true
    const nowhere = stage.ask(order('monitor'))
    await stage.pass()
    expect(nowhere.result).toMatchObject({ outcome: 'not-sent', code: 'no-such-node' })
    expect(stage.sent).toEqual([])
  })

  it.each(['lost the right', 'was told that it is too late'])('whose asker %s while it waited for its turn is not sent, and holds up nobody', async (what) => {
    let take: () => void = () => undefined
    stage.turn = new Promise((resolve) => { take = resolve })
    let may = true
    const asked = stage.ask(order('connect'), { may: () => may })
    await stage.pass(what === 'lost the right' ? 1_000 : ANSWER_MS)
    if (what === 'lost the right') may = false
    else expect(asked.result).toMatchObject({ outcome: 'not-sent', code: 'not-in-time' })
    take()
    stage.turn = null
    await stage.pass()
    if (what === 'lost the right') expect(asked.result).toMatchObject({ outcome: 'not-sent', code: 'not-allowed' })
    expect(stage.sent).toEqual([])
    stage.ask(order('connect', '27225'))
    await stage.pass()
    expect(stage.sent.map(({ line }) => line)).toEqual(['rpt cmd 546051 ilink 3 27225'])
  })

  it('whose Asterisk is lost before its turn is not sent, and says why', async () => {
    let lose: (error: Error) => void = () => undefined
    stage.turn = new Promise((_resolve, reject) => { lose = reject })
    const asked = stage.ask(order('connect'))
    await stage.pass()
    stage.feed.setReach('down', { code: 'ami-closed', message: 'Asterisk closed the connection.' }, stage.clock.now())
    lose(new Error('closed'))
    await stage.pass()
    expect(asked.result).toMatchObject({ outcome: 'not-sent', code: 'ami-closed' })
    expect(stage.sent).toEqual([])
  })

  it('of somebody who lost the right while he waited is not sent', async () => {
    let may = true
    stage.ask(order('connect'))
    const second = stage.ask(order('connect', '27225'), { may: () => may })
    await stage.pass()
    may = false
    await stage.pass(200)
    expect(second.result).toMatchObject({ outcome: 'not-sent', code: 'not-allowed' })
    expect(stage.sent).toHaveLength(1)
  })
})

describe('what Asterisk says', () => {
  it.each<[string, AmiMessage, string]>([
    ['an unknown node', replyTo('14-rpt-cmd-errors.txt', '2'), 'node-unknown'],
    ['an unknown action', replyTo('14-rpt-cmd-errors.txt', '3'), 'asterisk-refused'],
    ['its usage', replyTo('14-rpt-cmd-errors.txt', '4'), 'asterisk-refused'],
    ['no right to commands', message('Response: Error', 'Message: Permission denied'), 'ami-no-command-right'],
  ])('%s refuses the order', async (_what, reply, code) => {
    stage.reply = () => Promise.resolve(reply)
    const asked = stage.ask(order('connect'))
    await stage.pass()
    expect(asked.result).toMatchObject({ outcome: 'refused', code })
  })

  it('nothing within the time: asked, not confirmed', async () => {
    stage.reply = () => new Promise(() => undefined)
    const asked = stage.ask(order('connect'))
    await stage.pass(ANSWER_MS)
    expect(asked.result).toMatchObject({ outcome: 'not-confirmed', code: 'no-answer-yet', response: null })
  })

  it('nothing more: what shows after the way back counts, stale rows do not', async () => {
    stage.reply = () => Promise.reject(new Error('closed'))
    stage.link('48752', ESTABLISHED)
    const asked = stage.ask(order('disconnect'))
    await stage.pass()
    stage.feed.setReach('down', { code: 'ami-closed', message: 'Asterisk closed the connection.' }, stage.clock.now())
    stage.link('48752', null)
    await stage.pass(1_000)
    expect(asked.result).toBeNull()
    stage.feed.setReach('up', null, stage.clock.now())
    await stage.pass()
    expect(asked.result).toMatchObject({ outcome: 'done', code: 'disconnected' })
  })

  it('nothing more, and no way back: not confirmed, with the reason', async () => {
    stage.reply = () => Promise.reject(new Error('closed'))
    const asked = stage.ask(order('connect'))
    await stage.pass()
    stage.feed.setReach('down', { code: 'ami-closed', message: 'Asterisk closed the connection.' }, stage.clock.now())
    await stage.pass(ANSWER_MS)
    expect(asked.result).toMatchObject({ outcome: 'not-confirmed', code: 'ami-closed' })
    expect(asked.result?.message).toContain('Asterisk closed the connection.')
  })
})

describe('one node', () => {
  it('gets one command after another, with rest between an answer and the next', async () => {
    let answer: (reply: AmiMessage) => void = () => undefined
    stage.reply = () => new Promise((resolve) => { answer = resolve })
    for (const target of ['27225', '27226', '27227']) stage.ask(order('connect', target))
    await stage.pass(500)
    expect(stage.sent).toHaveLength(1)
    const answeredAt = stage.clock.now()
    stage.reply = TAKEN
    answer(await TAKEN())
    await stage.pass(99)
    expect(stage.sent).toHaveLength(1)
    await stage.pass(51)
    await stage.pass(150)
    const [, second, third] = stage.sent
    expect((second?.at ?? 0) - answeredAt).toBeGreaterThanOrEqual(100)
    expect((third?.at ?? 0) - (second?.at ?? 0)).toBeGreaterThanOrEqual(100)
  })

  it('rests longer after a disconnect, while app_rpt takes no command', async () => {
    stage.link('48752', ESTABLISHED)
    stage.ask(order('disconnect'))
    stage.ask(order('connect', '27225'))
    await stage.pass(300)
    expect(stage.sent).toHaveLength(1)
    await stage.pass(60)
    expect(stage.sent).toHaveLength(2)
  })

  it('has room for so many that wait, and says when it has none', async () => {
    const asked = Array.from({ length: MAX_WAITING + 2 }, (_, i) => stage.ask(order('connect', String(27_000 + i))))
    await stage.pass()
    expect(asked.map(({ result }) => result?.code ?? 'waits')).toEqual([...Array<string>(MAX_WAITING + 1).fill('waits'), 'too-many-commands'])
    for (let i = 0; i < MAX_WAITING + 1; i += 1) await stage.pass(150)
    expect(stage.sent).toHaveLength(MAX_WAITING + 1)
  })

  it('is not asked by somebody whose time was up before his turn came', async () => {
    stage.reply = () => new Promise(() => undefined)
    stage.ask(order('connect', '27225'))
    const late = stage.ask(order('connect', '27226'))
    await stage.pass(ANSWER_MS)
    expect(late.result).toMatchObject({ outcome: 'not-sent', code: 'not-in-time' })
    await stage.pass(60_000)
    expect(stage.sent).toHaveLength(1)
  })

  it('a later wish for the same link ends the wait for the earlier one', async () => {
    const first = stage.ask(order('connect'))
    await stage.pass()
    stage.link('48752', { state: 'connecting' })
    const second = stage.ask(order('disconnect'), { key: 'two' })
    await stage.pass(150)
    expect(first.result).toMatchObject({ outcome: 'refused', code: 'superseded' })
    stage.link('48752', null)
    await stage.pass()
    expect(second.result).toMatchObject({ outcome: 'done', code: 'disconnected' })
  })
})

describe('a double tap', () => {
  it('is one command with one answer; the same wish of another visitor is his own', async () => {
    const taps = [stage.ask(order('connect')), stage.ask(order('connect'))]
    const other = stage.ask(order('connect'), { key: 'two', user: 'WB6NIL' })
    await stage.pass()
    stage.link('48752', ESTABLISHED)
    await stage.pass(150)
    expect(taps.map(({ result }) => result?.code)).toEqual(['linked', 'linked'])
    expect(other.result?.code).toBe('already-linked')
    expect(stage.sent).toHaveLength(1)
    expect(stage.log).toHaveLength(2)
    stage.link('48752', null)
    stage.ask(order('connect'))
    await stage.pass(150)
    expect(stage.sent).toHaveLength(2)
  })

  it.each([order('connect', '48752', true), order('monitor'), order('connect', '48753')])('something else is no repeat: %o', async (different) => {
    stage.ask(order('connect'))
    stage.ask(different)
    await stage.pass()
    await stage.pass(150)
    expect(stage.sent).toHaveLength(2)
  })
})

describe('DTMF', () => {
  it('cannot be confirmed', async () => {
    const asked = stage.ask(dtmf('*81'))
    await stage.pass()
    expect(stage.sent[0]?.line).toBe('rpt fun 546051 *81')
    expect(asked.result).toMatchObject({ outcome: 'not-confirmed', code: 'not-verifiable' })
  })

  it('is refused when Asterisk knows no such node, and unsure when the session is lost', async () => {
    stage.reply = () => Promise.resolve(replyTo('14-rpt-cmd-errors.txt', '2'))
    const refused = stage.ask(dtmf('*81'))
    await stage.pass(150)
    expect(refused.result).toMatchObject({ outcome: 'refused', code: 'node-unknown' })
    stage.reply = () => Promise.reject(new Error('closed'))
    const lost = stage.ask(dtmf('*82'))
    await stage.pass(150)
    expect(lost.result).toMatchObject({ outcome: 'not-confirmed', code: 'no-answer' })
  })

  it('leaves no digit in the log or in a sentence, only their count', async () => {
    stage.reply = (line) => Promise.resolve(message('Response: Error', 'Message: Command output follows', `Output: No such command '${line}'`))
    const asked = stage.ask(dtmf('*8112345'))
    await stage.pass()
    expect(stage.log).toEqual([
      { user: 'W5GLE', node: NODE, action: 'dtmf', digits: 8, outcome: 'refused', code: 'asterisk-refused' },
    ])
    expect(asked.result?.message).not.toMatch(/8112345/)
  })
})

describe('the desk', () => {
  it('logs each order once: who, where, what, what came of it', async () => {
    stage.ask(order('connect', '48752', true))
    await stage.pass()
    stage.link('48752', ESTABLISHED)
    await stage.pass()
    expect(stage.log).toEqual([
      { user: 'W5GLE', node: NODE, action: 'connect', target: '48752', permanent: true, outcome: 'done', code: 'linked' },
    ])
  })

  it('answers everybody when it closes, and takes no more', async () => {
    const asked = [stage.ask(order('connect', '27225')), stage.ask(order('connect', '27226'))]
    await stage.pass()
    stage.desk.dispose()
    const after = stage.ask(order('connect', '27227'))
    await stage.pass(1_000)
    expect(asked.map(({ result }) => result?.outcome)).toEqual(['not-confirmed', 'not-sent'])
    expect(after.result).toMatchObject({ outcome: 'not-sent', code: 'stopping' })
    expect([stage.sent.length, stage.watching, stage.clock.pending]).toEqual([1, 0, 0])
  })

  it('a mistake of ours costs one order, not the lane', async () => {
    stage.onLook = () => { throw new Error('bug') }
    const broken = stage.ask(order('connect'))
    await stage.pass(150)
    stage.onLook = () => undefined
    expect(broken.result).toMatchObject({ outcome: 'not-sent', code: 'internal' })
    stage.ask(order('connect'))
    await stage.pass(150)
    expect(stage.sent).toHaveLength(1)
  })
})
