import { describe, expect, it } from 'vitest'
import { Sessions } from '../../src/access/sessions.ts'
import { Tickets } from '../../src/access/tickets.ts'
import type { TicketOptions } from '../../src/access/tickets.ts'
import { DEFAULT_LIMITS } from '../../src/gateway/limits.ts'
import { ManualClock } from '../support/manualClock.ts'

function setUp(options: Partial<TicketOptions> = {}) {
  const clock = new ManualClock()
  const sessions = new Sessions({ clock })
  const ann = sessions.create('ann').session
  const bob = sessions.create('bob').session
  return { clock, ann, bob, visitor: sessions.create(null).session, tickets: new Tickets({ clock, ...options }) }
}

describe('a ticket', () => {
  it('opens once', () => {
    const { tickets, ann } = setUp()
    const ticket = tickets.issue(ann, 'all').reveal()
    expect(ticket).toMatch(/^[0-9a-f]{48}$/)
    expect(tickets.redeem(ticket, ann, null)).toEqual({ ok: true, scope: 'all' })
    expect(tickets.redeem(ticket, ann, null)).toEqual({ ok: false, code: 'unknown' })
    expect(tickets.size).toBe(0)
  })

  it('is worth nothing to another session or to none, and is spent by the attempt', () => {
    const { tickets, ann, bob, visitor } = setUp()
    for (const thief of [bob, visitor, null]) {
      const ticket = tickets.issue(ann, 'all').reveal()
      expect(tickets.redeem(ticket, thief, null)).toEqual({ ok: false, code: 'other-session' })
      expect(tickets.redeem(ticket, ann, null)).toEqual({ ok: false, code: 'unknown' })
    }
  })

  it('of a visitor without a session opens to such a visitor', () => {
    const { tickets, ann } = setUp()
    expect(tickets.redeem(tickets.issue(null, 'all').reveal(), null, '2000').ok).toBe(true)
    expect(tickets.redeem(tickets.issue(null, 'all').reveal(), ann, '2000').ok).toBe(false)
  })

  it('is good for 30 s', () => {
    const { clock, tickets, ann } = setUp()
    const first = tickets.issue(ann, 'all').reveal()
    clock.advance(29_999)
    expect(tickets.redeem(first, ann, null).ok).toBe(true)
    const second = tickets.issue(ann, 'all').reveal()
    clock.advance(30_000)
    expect(tickets.redeem(second, ann, null)).toEqual({ ok: false, code: 'expired' })
  })

  it.each([3_600_000, -3_600_000])('is good for 30 s also when the clock is set by %i ms', (ms) => {
    const { clock, tickets, ann } = setUp()
    const [first, second] = [tickets.issue(ann, 'all').reveal(), tickets.issue(ann, 'all').reveal()]
    clock.jump(ms)
    clock.advance(29_999)
    expect(tickets.redeem(first, ann, null).ok).toBe(true)
    clock.advance(1)
    expect(tickets.redeem(second, ann, null)).toEqual({ ok: false, code: 'expired' })
  })

  it('opens its nodes only', () => {
    const { tickets, ann } = setUp()
    const nodes = new Set(['2000', '2001'])
    const issue = (): string => tickets.issue(ann, nodes).reveal()
    expect(tickets.redeem(issue(), ann, '2001')).toEqual({ ok: true, scope: new Set(['2000', '2001']) })
    expect(tickets.redeem(issue(), ann, '2002')).toEqual({ ok: false, code: 'other-node' })
    expect(tickets.redeem(issue(), ann, null)).toEqual({ ok: false, code: 'other-node' })
    const ticket = issue()
    nodes.add('2002')
    expect(tickets.redeem(ticket, ann, '2002').ok).toBe(false)
  })

  it('is forgotten: guesses leave nothing, old ones go, and visitors cannot push out those of users', () => {
    const { clock, tickets, ann, visitor } = setUp({ maxOut: 10 })
    const mine = tickets.issue(ann, 'all').reveal()
    for (let i = 0; i < 100; i += 1) tickets.issue(i % 2 ? visitor : null, 'all')
    for (let i = 0; i < 100; i += 1) tickets.redeem(`guess${i}`, null, null)
    expect(tickets.size).toBe(11)
    expect(tickets.redeem(mine, ann, null).ok).toBe(true)
    clock.advance(30_000)
    tickets.issue(null, 'all')
    expect(tickets.size).toBe(1)
    expect(clock.pending).toBe(0)
  })

  it('of a visitor lasts though twenty addresses take all that they may meanwhile', () => {
    const { tickets, clock, visitor } = setUp()
    const mine = tickets.issue(visitor, 'all').reveal()
    const { attemptBurst, attemptsPerMinute } = DEFAULT_LIMITS
    const each = attemptBurst + (attemptsPerMinute * tickets.lifeMs) / 60_000
    for (let i = 0; i < each * 20; i += 1) tickets.issue(null, 'all')
    clock.advance(tickets.lifeMs - 1)
    expect(tickets.redeem(mine, visitor, null).ok).toBe(true)
  })
})
