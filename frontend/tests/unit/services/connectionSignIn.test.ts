/** What a connection does where the server wants to know who is asking, and when that changes. */
import { describe, expect, it } from 'vitest'
import { Bench } from '../support/machineBench.ts'

describe('a connection', () => {
  it('renews its ticket once after 4401, then waits for a sign-in', () => {
    const b = new Bench().live().close(4401)
    expect(b.state.status).toBe('waiting')
    expect(b.until).toBe(100)
    b.wait(100).on({ type: 'deadline' }).close(4401)
    expect(b.state).toMatchObject({ status: 'paused', why: 'needs-auth', wake: 'signed-in' })
    expect(b.on({ type: 'signal', signal: 'visible' }).state.status).toBe('paused')
    expect(b.on({ type: 'signed-in' }).state.status).toBe('connecting')
  })

  it('does not spin between a greeting and a refusal: hello, 4401, hello, 4401 is one renewal', () => {
    const b = new Bench().live().close(4401).wait(100).on({ type: 'deadline' }).open().hear().close(4401)
    expect(b.state).toMatchObject({ status: 'paused', why: 'needs-auth' })
  })

  it('opens its socket anew for another user, and tries where another user may be let in', () => {
    const reopened = [{ type: 'drop' }, { type: 'open', generation: 2 }]
    expect(new Bench().live().on({ type: 'signed-in' }).effects).toEqual(reopened)
    expect(new Bench().on({ type: 'connect' }).on({ type: 'signed-in' }).effects).toEqual(reopened)
    expect(new Bench().live().close(4504).on({ type: 'signed-in' }).state.status).toBe('connecting')
    expect(new Bench().live().close(4503).on({ type: 'signed-in' }).state.status).toBe('paused')
    expect(new Bench().live().close().wait(1_000).on({ type: 'signed-in' }).state.status).toBe('connecting')
    expect(new Bench().on({ type: 'signed-in' }).state.status).toBe('idle')
  })

  it('takes a 401 over HTTP as it takes 4401: a fresh ticket once, then it waits for a sign-in', () => {
    const b = new Bench().live().close().on({ type: 'unauthorized' })
    expect(b.machine.renewed).toBe(true)
    expect(b.until).toBe(100)
    b.wait(100).on({ type: 'deadline' }).on({ type: 'unauthorized' })
    expect(b.state.status).toBe('connecting')
    b.close().on({ type: 'unauthorized' })
    expect(b.state).toMatchObject({ status: 'paused', why: 'needs-auth', wake: 'signed-in' })
    const off = new Bench().live().on({ type: 'flag', on: false }).on({ type: 'unauthorized' })
    expect(off.state).toMatchObject({ why: 'needs-auth' })
    expect(off.on({ type: 'signed-in' }).state).toMatchObject({ why: 'flag-off' })
    expect(new Bench().on({ type: 'connect' }).on({ type: 'no-websocket' }).on({ type: 'unauthorized' }).state).toMatchObject({ why: 'needs-auth' })
    for (const code of [4503, 4504]) expect(new Bench().live().close(code).on({ type: 'unauthorized' }).state).toMatchObject({ why: 'refused' })
    expect(new Bench().live().on({ type: 'unauthorized' }).state.status).toBe('live')
  })

  it('goes back to its pause at once when a retry for want of a user is refused as well: its ticket was a new one', () => {
    const b = new Bench().live().close(4401).wait(100).on({ type: 'deadline' }).close(4401)
    expect(b.on({ type: 'retry' }).state.status).toBe('connecting')
    expect(b.close(4401).state).toMatchObject({ status: 'paused', why: 'needs-auth' })
  })

  it('tries what was refused for want of a user when HTTP gives it, as seldom and as spread as after any failure', () => {
    const b = new Bench().live().close(4401).wait(100).on({ type: 'deadline' })
    b.random = 0.999999
    const waits: number[] = []
    for (let i = 0; i < 6; i += 1) {
      expect(b.close(4401).state).toMatchObject({ status: 'paused', why: 'needs-auth' })
      let waited = 0
      while (b.on({ type: 'admitted' }).state.status === 'paused') {
        b.wait(100)
        waited += 100
      }
      expect(b.effects).toMatchObject([{ type: 'open' }])
      // The other nodes of the same answer.
      expect(b.on({ type: 'admitted' }).effects).toEqual([])
      waits.push(waited)
    }
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 17_000, 17_000])
    b.random = 0
    b.close(4401)
    expect(b.wait(11_900).on({ type: 'admitted' }).state.status).toBe('paused')
    expect(b.wait(100).on({ type: 'admitted' }).state.status).toBe('connecting')
  })

  it('takes no poll for a reason to try where something else than a user is missing', () => {
    for (const code of [4503, 4504]) expect(new Bench().live().close(code).wait(60_000).on({ type: 'admitted' }).state).toMatchObject({ why: 'refused' })
    expect(new Bench().live().on({ type: 'flag', on: false }).wait(60_000).on({ type: 'admitted' }).state).toMatchObject({ why: 'flag-off' })
    expect(new Bench().live().close().wait(1).on({ type: 'admitted' }).state.status).toBe('waiting')
    expect(new Bench().live().wait(60_000).on({ type: 'admitted' }).effects).toEqual([])
  })
})
