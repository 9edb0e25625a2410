/** The desk and many orders: one after another, for the same link, twice, and all of them when it closes. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { AmiMessage } from '../../src/ami/message.ts'
import { ANSWER_MS, MAX_WAITING } from '../../src/control/controlDesk.ts'
import type { Order } from '../../src/control/order.ts'
import { DeskStage, ESTABLISHED, NODE, order, TAKEN } from './deskStage.ts'

let stage: DeskStage
beforeEach(() => { stage = new DeskStage() })

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

  it('rests for each link that is ended with all the others', async () => {
    for (const name of ['48752', '27225', '27226', 'W5GLE-P']) stage.link(name, ESTABLISHED)
    stage.ask({ action: 'disconnect-all', node: NODE })
    stage.ask(order('connect', '2000'))
    await stage.pass(840)
    expect(stage.sent).toHaveLength(1)
    await stage.pass(20)
    expect(stage.sent).toHaveLength(2)
  })

  it('of many links rests longer than somebody waits, who is told that it is not Asterisk that is slow', async () => {
    for (let i = 0; i < 20; i += 1) stage.link(String(27_000 + i), ESTABLISHED)
    stage.ask({ action: 'disconnect-all', node: NODE })
    const late = stage.ask(order('connect', '2000'))
    await stage.pass(ANSWER_MS)
    expect(stage.sent).toHaveLength(1)
    expect(late.result).toMatchObject({ outcome: 'not-sent', code: 'not-in-time', message: expect.stringContaining('still busy with the previous command') as string })
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
    expect(late.result).toMatchObject({ outcome: 'not-sent', code: 'not-in-time', message: expect.stringContaining('answers too slowly') as string })
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

  it.each<Order>([{ ...order('disconnect'), node: '546055' }, { action: 'disconnect-all', node: '546055' }])('waits on whatever is asked of another one: $action', async (other) => {
    const first = stage.ask(order('connect'))
    await stage.pass()
    stage.link('48752', { state: 'connecting' })
    stage.ask(other, { key: 'two' })
    await stage.pass(150)
    expect(stage.sent).toHaveLength(2)
    expect(first.result).toBeNull()
    stage.link('48752', ESTABLISHED)
    await stage.pass()
    expect(first.result).toMatchObject({ outcome: 'done', code: 'linked' })
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

describe('an order to end all links', () => {
  it('takes the place of what still waits for one of them, and is done when none is left', async () => {
    const ringing = stage.ask(order('connect'))
    await stage.pass()
    stage.link('48752', { state: 'connecting' })
    const all = stage.ask({ action: 'disconnect-all', node: NODE }, { key: 'two' })
    await stage.pass(150)
    expect(stage.sent.map(({ line }) => line)).toEqual(['rpt cmd 546051 ilink 3 48752', 'rpt cmd 546051 ilink 6 0'])
    expect(ringing.result).toMatchObject({ outcome: 'refused', code: 'superseded', message: 'A later command for 48752 (disconnect-all) took its place.' })
    expect(all.result).toBeNull()
    stage.link('48752', null)
    await stage.pass()
    expect(all.result).toMatchObject({ outcome: 'done', code: 'all-disconnected' })
    expect(stage.log.at(-1)).toEqual({ user: 'W5GLE', node: NODE, action: 'disconnect-all', outcome: 'done', code: 'all-disconnected' })
  })

  it('answers who waits for the end of one of them by that end', async () => {
    stage.link('48752', ESTABLISHED)
    const one = stage.ask(order('disconnect'))
    await stage.pass()
    const all = stage.ask({ action: 'disconnect-all', node: NODE }, { key: 'two' })
    await stage.pass(400)
    expect(stage.sent).toHaveLength(2)
    expect(one.result).toBeNull()
    stage.link('48752', null)
    await stage.pass()
    expect([one.result?.code, all.result?.code]).toEqual(['disconnected', 'all-disconnected'])
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
