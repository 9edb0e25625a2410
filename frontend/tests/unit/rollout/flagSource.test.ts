import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { hello, snapshot } from '../support/frames.ts'
import { holdTime, pass } from '../support/scriptedEnv.ts'
import { flagOf } from './flags.ts'
import { browserMemory, json, settle, world } from './world.ts'
import type { World } from './world.ts'

const NODE = '546051'

describe('the flag of a page', () => {
  let on: World
  beforeEach(() => {
    holdTime()
    on = world()
  })
  afterEach(() => {
    on.end()
    vi.useRealTimers()
  })

  it('is asked for at once, uncached, and decides', async () => {
    on.setFlag({ percent: 0, listed: 'allow', user: 'W5GLE' })
    const source = on.source()
    expect([source.isSettled, source.decide()]).toEqual([false, null])
    await source.settled
    expect(source.decide()).toMatchObject({ on: true, why: 'listed' })
    expect(on.env.fetches[0]?.url).toBe('http://gateway.test/supermon-ng/api/v1/config/realtime')
    expect(on.env.fetches[0]?.init?.cache).toBe('no-store')
  })

  it.each([
    ['is refused', () => Promise.resolve(json({ success: false }, { status: 503 }))],
    ['cannot be reached', () => Promise.reject(new Error('no server'))],
    ['has another shape', () => Promise.resolve(json({ success: true, data: { ...flagOf(), percent: 101 } }))],
  ])('is none when the first read %s; the page goes on, and a later read corrects it', async (_how, serve) => {
    on.serve = serve
    const source = on.source()
    const changed = vi.fn()
    source.onChange(changed)
    await settle()
    expect([source.isSettled, source.decide(), changed.mock.calls.length]).toEqual([true, null, 1])
    on.setFlag({})
    await pass(5_000)
    expect(source.decide()?.on).toBe(true)
    expect(changed).toHaveBeenCalledTimes(2)
  })

  it.each([404, 405, 410])('is on for everybody where the server has none (%i), and that of a gateway that has one as soon as it answers', async (status) => {
    on.serve = () => Promise.resolve(json({ success: false, error: 'Not found' }, { status }))
    const source = on.source()
    await source.settled
    expect([source.decide(), source.isThere]).toMatchObject([{ on: true, why: 'bucket' }, false])
    // A gateway that comes in its place has not to undo this on the next visit.
    expect(on.memory.kept.has('rollout.flag')).toBe(false)
    on.setFlag({ percent: 0 })
    await pass(300_000)
    expect([source.decide(), source.isThere]).toMatchObject([{ on: false }, true])
  })

  it.each([404, 405, 410])('stays as it was read or is remembered when the route is gone (%i), and is asked for as after any failure', async (status) => {
    on.setFlag({ enabled: false, revision: 'r8' })
    const source = on.source()
    await source.settled
    on.serve = () => Promise.resolve(json({ success: false, error: 'Not found' }, { status }))
    on.client.userChanged()
    await settle()
    expect(on.flagReads()).toBe(2)
    expect([source.decide(), source.isThere]).toMatchObject([{ on: false, why: 'disabled' }, true])

    const later = world({}, browserMemory('', on.memory.kept))
    later.serve = on.serve
    const remembered = later.source()
    await pass(10_000)
    expect(later.flagReads()).toBeGreaterThan(1)
    expect([remembered.decide(), remembered.isFresh]).toMatchObject([{ on: false, why: 'disabled' }, false])
    later.setFlag({ revision: 'r9' })
    await pass(60_000)
    expect([remembered.decide(), remembered.isFresh]).toMatchObject([{ on: true }, true])
    later.end()
  })

  it('is none when the first answer takes more than 2.5 s, and what it says when that comes', async () => {
    let answer: (response: Response) => void = () => undefined
    on.serve = () => new Promise((resolve) => { answer = resolve })
    const source = on.source()
    await pass(2_499)
    expect(source.isSettled).toBe(false)
    await pass(2)
    expect([source.isSettled, source.decide()]).toEqual([true, null])
    answer(json({ success: true, data: flagOf() }))
    await settle()
    expect(source.decide()?.on).toBe(true)
    expect(on.flagReads()).toBe(1)
  })

  it('is remembered in this browser, without the name, and where that user stood', async () => {
    on.setFlag({ user: 'W5GLE', listed: 'allow', percent: 40, revision: 'r7' })
    const before = on.source()
    await before.settled
    const { bucket } = before.decide() ?? {}
    expect([...on.memory.kept.values()].join()).not.toContain('W5GLE')
    expect([...on.memory.kept.values()].join()).not.toContain('"listed":"allow"')

    const later = world({}, browserMemory('', on.memory.kept))
    later.serve = () => Promise.reject(new Error('no server'))
    const source = later.source()
    expect([source.isSettled, source.isFresh]).toEqual([true, false])
    expect(source.decide()).toMatchObject({ bucket, why: 'bucket' })
    await pass(60_000)
    // What cannot be read keeps its last answer.
    expect(source.flag).toMatchObject({ revision: 'r7', percent: 40, user: null })
    later.end()
  })

  it('takes nothing from a memory that is broken', async () => {
    on.memory.kept.set('rollout.flag', '{"flag":')
    expect(on.source().isSettled).toBe(false)
    on.memory.kept.set('rollout.flag', JSON.stringify({ flag: { ...flagOf(), percent: '100' }, bucket: 3 }))
    expect(on.source().isSettled).toBe(false)
    await settle()
  })

  it('deals a visitor by an id that this browser keeps, and a page that can keep nothing by one of its own', async () => {
    on.setFlag({ percent: 50 })
    const bucketIn = async (kept?: Map<string, string>) => {
      const page = world({}, kept === undefined ? { ...browserMemory(), recall: () => null } : browserMemory('', kept), Math.random)
      const source = page.source()
      await source.settled
      const bucket = source.decide()?.bucket
      page.end()
      return bucket
    }
    const kept = new Map<string, string>()
    const first = await bucketIn(kept)
    expect(kept.get('rollout.install')).toMatch(/^[0-9a-z]{24}$/)
    expect(await bucketIn(kept)).toBe(first)
    expect(await bucketIn()).not.toBe(await bucketIn())
  })

  it('gives way to ?realtime=on and off, which are remembered, until ?realtime=auto', async () => {
    const kept = new Map<string, string>()
    const why = async (query: string) => {
      const page = world({}, browserMemory(query, kept))
      page.setFlag({ percent: 0 })
      const source = page.source()
      await source.settled
      const decision = source.decide()
      page.end()
      return `${decision?.on} ${decision?.why}`
    }
    expect(await why('realtime=on')).toBe('true override')
    expect(await why('')).toBe('true override')
    expect(await why('realtime=off')).toBe('false override')
    expect(await why('realtime=perhaps')).toBe('false override')
    expect(await why('realtime=auto')).toBe('false bucket')
    expect(await why('')).toBe('false bucket')
  })

  describe('is read anew', () => {
    it('when somebody signs in, and what was asked for somebody else is dropped', async () => {
      const source = on.source()
      await settle()
      let answerOld: (response: Response) => void = () => undefined
      on.serve = () => new Promise((resolve) => { answerOld = resolve })
      on.client.userChanged()
      await settle()
      on.setFlag({ user: 'W5GLE' })
      on.client.userChanged()
      answerOld(json({ success: true, data: flagOf({ user: 'WB6NIL' }) }))
      await settle()
      expect(source.flag?.user).toBe('W5GLE')
      expect(on.flagReads()).toBe(3)
    })

    it('within the spread of a flag frame, once, and not for the revision it has', async () => {
      on.source()
      void on.client.sockets.connectToNode(NODE)
      await settle()
      const socket = on.env.last()
      socket.accept()
      socket.say(hello())
      socket.say(snapshot(NODE))
      socket.say({ type: 'flag', at: Date.now(), revision: 'r1', spreadMs: 6_000 })
      await pass(6_000)
      expect(on.flagReads()).toBe(1)
      on.setFlag({ revision: 'r2', percent: 10 })
      socket.say({ type: 'flag', at: Date.now(), revision: 'r2', spreadMs: 6_000 })
      socket.say({ type: 'flag', at: Date.now(), revision: 'r2', spreadMs: 6_000 })
      await pass(2_999)
      expect(on.flagReads()).toBe(1)
      await pass(3_001)
      expect(on.flagReads()).toBe(2)
    })

    it('when a polled answer tells of another revision: spread if it would bring pages to sockets, else at once', async () => {
      on.setFlag({ enabled: false })
      const source = on.source()
      await settle()
      await pass(10_000)
      on.news = { revision: 'r2', enabled: true }
      on.setFlag({ revision: 'r2' })
      await on.client.api.amiStatus([NODE], new AbortController().signal)
      await pass(2_999)
      expect(on.flagReads()).toBe(1)
      await pass(2)
      expect([on.flagReads(), source.decide()?.on]).toEqual([2, true])
      await pass(10_000)
      on.news = { revision: 'r3', enabled: false }
      on.setFlag({ revision: 'r3', enabled: false })
      await on.client.api.amiStatus([NODE], new AbortController().signal)
      await pass(1)
      expect([on.flagReads(), source.decide()?.on]).toEqual([3, false])
    })

    it('at most every 3 s while polled answers and the flag contradict each other', async () => {
      on.source()
      await settle()
      on.news = { revision: 'r0', enabled: false }
      for (let second = 0; second < 30; second += 1) {
        await on.client.api.amiStatus([NODE], new AbortController().signal)
        await pass(1_000)
      }
      expect(on.flagReads()).toBeLessThanOrEqual(11)
    })

    it('when the page is seen again, is back online or comes out of the cache, if that is longer ago than a minute', async () => {
      on.source()
      await settle()
      for (const [away, back] of [['hidden', 'visible'], ['offline', 'online'], ['pagehide', 'pageshow']] as const) {
        const reads = on.flagReads()
        on.env.signal(away)
        await pass(30_000)
        on.env.signal(back)
        await pass(1)
        expect(on.flagReads(), back).toBe(reads)
        on.env.signal(away)
        await pass(31_000)
        on.env.signal(back)
        await pass(1)
        expect(on.flagReads(), back).toBe(reads + 1)
      }
    })

    it('every five minutes while the page is seen, and runs no timer while it is hidden', async () => {
      on.source()
      await settle()
      await pass(299_000)
      expect(on.flagReads()).toBe(1)
      await pass(1_001)
      expect(on.flagReads()).toBe(2)
      on.env.signal('hidden')
      expect(vi.getTimerCount()).toBe(0)
      await pass(3_600_000)
      expect(on.flagReads()).toBe(2)
    })

    it('not before the server wants to be asked again', async () => {
      on.serve = () => Promise.resolve(json({}, { status: 429, headers: { 'retry-after': '100' } }))
      on.source()
      await settle()
      on.client.userChanged()
      on.env.signal('visible')
      await pass(99_000)
      expect(on.flagReads()).toBe(1)
      await pass(1_100)
      expect(on.flagReads()).toBe(2)
    })

    it('by longer and longer waits while it cannot be read', async () => {
      on.serve = () => Promise.reject(new Error('no server'))
      on.source()
      await pass(600_000)
      expect(on.flagReads()).toBeGreaterThan(4)
      expect(on.flagReads()).toBeLessThan(12)
    })

    it('and told of, when a socket is sent away though the flag says nothing of it, less and less often', async () => {
      const source = on.source()
      const changed = vi.fn()
      await settle()
      source.onChange(changed)
      void on.client.sockets.connectToNode(NODE)
      await pass(5_000)
      for (let times = 0; times < 3; times += 1) {
        on.env.last().accept()
        on.env.last().say(hello())
        on.env.last().say({ type: 'goaway', at: Date.now(), reason: 'flag-off', spreadMs: 0 })
        await pass(3_000 * 2 ** times - 5)
        expect(changed).toHaveBeenCalledTimes(times)
        await pass(10)
        expect(changed).toHaveBeenCalledTimes(times + 1)
        on.client.sockets.setFlag(true)
        await pass(1)
      }
    })
  })

  it('is read by nobody and waited for by nobody after the end', async () => {
    const held = () => on.client.api.statusObservers.size + on.client.userObservers.size + on.client.sockets.observers.size
    const before = held()
    const source = on.source()
    expect(held()).toBe(before + 3)
    source.dispose()
    await source.settled
    const { length } = on.env.fetches
    on.client.userChanged()
    on.env.signal('visible')
    await pass(3_600_000)
    expect(on.env.fetches).toHaveLength(length)
    expect([vi.getTimerCount(), on.env.listeners.size]).toEqual([0, 0])
    expect(held()).toBe(before)
  })
})
