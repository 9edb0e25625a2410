/** The desk and one order: when it is sent, what Asterisk says to it, and what shows that it is done. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { AmiMessage } from '../../src/ami/message.ts'
import { ANSWER_MS } from '../../src/control/controlDesk.ts'
import { message, replyTo } from '../ami/wire.ts'
import { DeskStage, dtmf, ESTABLISHED, NODE, order } from './deskStage.ts'

let stage: DeskStage
beforeEach(() => { stage = new DeskStage() })

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
    ['a node that is starting', message('Response: Success', 'Output: Node 1999 is not ready.'), 'node-not-ready'],
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

describe('a link that was made', () => {
  it('is told to be permanent after the change that showed it, never before', async () => {
    stage.ask(order('connect', '48752', true))
    await stage.pass()
    const seen: [number, boolean | null | undefined][] = []
    stage.feed.listen(({ seq, state }) => { seen.push([seq, state.links['48752']?.permanent]) })
    stage.link('48752', ESTABLISHED)
    await stage.pass()
    const [first = 0] = seen[0] ?? []
    expect(seen).toEqual([[first, null], [first + 1, true]])
  })

  it('is told to be permanent while it is still being called, so that asking again is not refused', async () => {
    const asked = stage.ask(order('connect', '48752', true))
    await stage.pass()
    stage.link('48752', { state: 'connecting' })
    await stage.pass(ANSWER_MS)
    expect([asked.result?.code, stage.feed.state.links['48752']?.permanent]).toEqual(['being-called', true])
    const again = stage.ask(order('connect', '48752', true))
    await stage.pass()
    stage.link('48752', { ...ESTABLISHED, permanent: true })
    await stage.pass()
    expect([again.result?.outcome, stage.feed.state.links['48752']?.permanent]).toEqual(['done', true])
  })

  it('by a call from before is not known to be permanent', async () => {
    stage.link('48752', { state: 'connecting' })
    const asked = stage.ask(order('connect'))
    await stage.pass(ANSWER_MS)
    expect([asked.result?.code, stage.feed.state.links['48752']?.permanent]).toEqual(['being-called', null])
    const forEver = stage.ask(order('connect', '48752', true))
    await stage.pass()
    expect(forEver.result).toMatchObject({ outcome: 'refused', code: 'not-made-permanent' })
    expect(stage.sent).toHaveLength(1)
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
