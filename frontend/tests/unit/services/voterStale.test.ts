/** Until when a voter of which nobody tells is shown as true. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LiveClient } from '../../../src/services/liveClient.ts'
import { VoterService } from '../../../src/services/VoterService.ts'
import type { VoterUpdate } from '../../../src/services/VoterService.ts'
import { hello } from '../support/frames.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from '../support/scriptedEnv.ts'
import { NODE, overHttp, place, snapshot } from '../support/voterFrames.ts'

const hangs = () => new Promise<Response>(() => undefined)
const answers = () => Promise.resolve(overHttp(99))
const fails = () => Promise.resolve(new Response('', { status: 502 }))

describe('a voter that nobody tells of', () => {
  let env: ScriptedEnv
  let client: LiveClient
  let updates: VoterUpdate[]
  let leave: () => void

  beforeEach(() => {
    holdTime()
    env = scriptedEnv()
    env.respond = answers
    updates = []
    client = new LiveClient({ env })
    leave = new VoterService(client).watch(NODE, (update) => { updates.push(update) })
  })
  afterEach(async () => {
    leave()
    client.dispose()
    // The deadline of a question that hangs.
    await pass(10_000)
    expect([env.listeners.size, vi.getTimerCount()]).toEqual([0, 0])
    vi.useRealTimers()
  })

  const last = () => updates.at(-1) as VoterUpdate
  /** Its next try is greeted, and told this. */
  async function accept(...frames: object[]): Promise<ScriptedSocket> {
    for (let ms = 0; ms < 40_000 && env.sockets.at(-1)?.readyState !== 0; ms += 100) await pass(100)
    const socket = env.last()
    socket.accept()
    for (const frame of [hello(), ...frames]) socket.say(frame)
    return socket
  }
  /** The way to the server is gone. */
  function cut(respond: ScriptedEnv['respond'] = hangs): void {
    env.respond = respond
    for (const each of env.held()) each.end()
  }
  /** How long it is still shown as true, ms; to the tenth of a second. */
  async function trueFor(most = 40_000): Promise<number> {
    for (let ms = 0; ms < most; ms += 100) {
      if (last().stale) return ms
      await pass(100)
    }
    return most
  }

  const rssi = () => last().voters[0]?.receivers.find(({ name }) => name === 'Ridge')?.rssi

  it('is not current although the question hangs: 3 s, and the pace of polling, after its socket', async () => {
    await accept(snapshot(1, 187))
    // A quiet voter is current however long ago it spoke.
    await pass(10_000)
    cut()
    expect(await trueFor()).toBe(4_000)
    expect(last()).toMatchObject({ transport: 'polling', error: null })
    env.respond = answers
    await pass(20_000)
    expect(last()).toMatchObject({ transport: 'polling', stale: false })
  })

  it('is not current a pace and 3 s after the last answer', async () => {
    await pass(2)
    env.last().end()
    await pass(10_000)
    expect(last()).toMatchObject({ transport: 'polling', stale: false })
    env.respond = hangs
    await pass(1_000)
    const at = last().at as number
    await trueFor()
    expect(env.now() - at).toBeGreaterThanOrEqual(4_000)
    expect(env.now() - at).toBeLessThanOrEqual(4_100)
  })

  it('is current between two answers, however slow polling has become, and no longer the next time its socket is gone', async () => {
    await accept(snapshot(1, 187))
    cut(fails)
    await pass(120_000)
    env.respond = answers
    for (let s = 0; s < 40 && last().stale; s += 1) await pass(1_000)
    const from = updates.length
    const asked = env.fetches.length
    await pass(8_000)
    // Slow it is: the pace comes back by halves.
    expect(env.fetches.length - asked).toBeLessThan(3)
    expect(updates.slice(from).some(({ stale }) => stale)).toBe(false)
    await accept(snapshot(2, 187))
    cut()
    expect(await trueFor()).toBe(4_000)
  })

  it('is current as long on a page that is seen again after an hour', async () => {
    await accept(snapshot(1, 187))
    env.signal('hidden')
    await pass(3_600_000)
    env.respond = hangs
    env.signal('visible')
    expect(await trueFor()).toBe(4_000)
    // Looked away from and at again it is no newer.
    env.signal('hidden')
    await pass(1_000)
    env.signal('visible')
    expect(last().stale).toBe(true)
  })

  it('is not current for a moment either when Asterisk was silent and then the socket is gone, or Asterisk is only asked again', async () => {
    const state = (code: string, seq: number, reach = 'down') => ({ type: 'patch', ...place(seq), patch: { reach, reachReason: { code, message: code } } })
    const socket = await accept(snapshot(1, 187))
    socket.say(state('ami-no-answer', 2))
    expect(last().stale).toBe(true)
    await pass(5_000)
    const from = updates.length
    socket.say(state('not-watched', 3, 'unknown'))
    socket.say(state('ami-no-answer', 4))
    cut()
    await pass(20_000)
    expect(updates.length).toBeGreaterThan(from + 3)
    expect(updates.slice(from).every(({ stale }) => stale)).toBe(true)
  })

  it('is not made current by a server that only means to ask, and says so when that takes long', async () => {
    await accept(snapshot(1, 187))
    await pass(3_000)
    cut()
    const lost = env.now()
    const asking = { reach: 'unknown', reachReason: { code: 'not-watched', message: 'Nobody has asked yet.' }, voted: null }
    const socket = await accept(snapshot(0, null, asking, 'e2'))
    expect(last()).toMatchObject({ transport: 'socket', error: null, stale: false })
    await trueFor()
    expect(env.now() - lost).toBeGreaterThanOrEqual(3_000)
    expect(env.now() - lost).toBeLessThanOrEqual(3_100)
    expect([rssi(), last().code]).toEqual([187, 'not-watched'])
    socket.say({ type: 'patch', ...place(1, 'e2'), patch: { reach: 'up', reachReason: null, receivers: { Ridge: { rssi: 5 } } } })
    expect(last()).toMatchObject({ error: null, stale: false })
    expect(rssi()).toBe(5)
  })
})
