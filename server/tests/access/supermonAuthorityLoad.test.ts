/** Rights from a Supermon-NG when many visitors come at once, or when it has too much to do. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../support/running.ts'
import { SIGNED_IN, stranger, SupermonAuthorityStage } from '../support/supermonAuthorityStage.ts'
import { json } from '../support/supermonStandIn.ts'

let stage: SupermonAuthorityStage
beforeEach(async () => {
  stage = await SupermonAuthorityStage.open()
})
afterEach(() => stage.close())

describe('with many visitors', () => {
  it('16 are asked about at once, who is known goes first, and the line has an end', async () => {
    const cookie = await stage.supermon.signIn('W5GLE')
    await stage.who(cookie)
    stage.clock.advance(5_000)
    stage.supermon.asked.length = 0
    const held: (() => void)[] = []
    stage.supermon.answer = (request, response) => {
      held.push(() => { json(response, { success: true, data: request.headers.cookie === cookie ? SIGNED_IN : { user: null, authenticated: false, permissions: {} } }) })
    }
    const strangers = Array.from({ length: 300 }, (_, n) => stage.who(stranger(n)))
    await until(() => held.length === 16, '16 at once')
    const known = stage.who(cookie)
    expect((await strangers[299]!).user).toBeNull()
    expect(stage.fields).toEqual([{ code: 'busy' }])
    expect(stage.supermon.asked).toHaveLength(16)
    held.shift()!()
    await until(() => stage.supermon.asked.length === 17, 'the next')
    expect(stage.supermon.asked[16]!.headers.cookie).toBe(cookie)
    stage.supermon.answer = null
    for (const release of held) release()
    await Promise.all([...strangers, known])
    expect(stage.supermon.count('auth/me')).toBe(16 + 1 + 256)
  })

  it('who gets no turn in 5 s is a visitor', async () => {
    stage.supermon.answer = () => undefined
    const answered: number[] = []
    const strangers = Array.from({ length: 49 }, (_, n) => stage.who(stranger(n)).then((identity) => {
      answered.push(n)
      return identity
    }))
    for (const [turn, given] of [[16, 0], [32, 16], [48, 32]] as const) {
      await until(() => stage.supermon.asked.length === turn && answered.length === given, `${turn} asked, ${given} given up`)
      stage.clock.advance(turn < 48 ? 2_000 : 1_000)
    }
    await until(() => answered.length === 33, 'the last one')
    expect(answered[32]).toBe(48)
    stage.clock.advance(1_000)
    expect((await Promise.all(strangers)).every(({ user: name }) => name === null)).toBe(true)
    expect(stage.supermon.asked).toHaveLength(48)
  })

  it('strangers do not push out who signed in', async () => {
    const cookie = await stage.supermon.signIn('W5GLE')
    const identity = await stage.who(cookie)
    for (let n = 0; n < 1_100; n += 22) await Promise.all(Array.from({ length: 22 }, (_, i) => stage.who(stranger(n + i))))
    expect(stage.authority.userOf(identity)).toBe('W5GLE')
    await stage.who(stranger(1_099))
    expect(stage.supermon.count('auth/me')).toBe(1_101)
    await stage.who(stranger(0))
    expect(stage.supermon.count('auth/me')).toBe(1_102)
  })

  it('a Supermon-NG that asks for fewer requests is left alone for as long, 15 s at most', async () => {
    const cookie = await stage.supermon.signIn('W5GLE')
    await stage.who(cookie)
    stage.supermon.answer = (_request, response) => {
      response.setHeader('retry-after', '40')
      json(response, { success: false, error: 'Rate limit exceeded', retry_after: 40 }, 429)
    }
    stage.clock.advance(5_000)
    expect((await stage.who(cookie)).user).toBe('W5GLE')
    stage.supermon.asked.length = 0
    stage.clock.advance(14_999)
    await stage.who(stranger(1))
    expect(stage.supermon.asked).toEqual([])
    stage.supermon.answer = null
    stage.clock.advance(1)
    expect((await stage.who(cookie)).user).toBe('W5GLE')
    expect(stage.supermon.count('auth/me')).toBe(1)
  })
})
