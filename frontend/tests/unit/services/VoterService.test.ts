/** A voter on a page: its socket, else HTTP, and back. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LiveClient } from '../../../src/services/liveClient.ts'
import { VoterService } from '../../../src/services/VoterService.ts'
import type { VoterUpdate } from '../../../src/services/VoterService.ts'
import { hello } from '../support/frames.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from '../support/scriptedEnv.ts'
import { NODE, overHttp, patch, place, snapshot } from '../support/voterFrames.ts'

describe('a voter', () => {
  let env: ScriptedEnv
  let client: LiveClient
  let updates: VoterUpdate[]
  let problems: string[]
  let service: VoterService
  let leave: () => void

  beforeEach(() => {
    holdTime()
    env = scriptedEnv()
    env.respond = () => Promise.resolve(overHttp(99))
    updates = []
    problems = []
    client = new LiveClient({ env, onDiagnostic: ({ code }) => { problems.push(code) } })
    service = new VoterService(client)
    leave = service.watch(NODE, (update) => { updates.push(update) })
  })
  afterEach(async () => {
    leave()
    client.dispose()
    await pass(10)
    expect([env.listeners.size, vi.getTimerCount()]).toEqual([0, 0])
    vi.useRealTimers()
  })

  const last = () => updates.at(-1) as VoterUpdate
  const rssi = () => last().voters[0]?.receivers.find(({ name }) => name === 'Ridge')?.rssi
  async function accept(...frames: object[]): Promise<ScriptedSocket> {
    await pass(2)
    const socket = env.last()
    socket.accept()
    for (const frame of [hello(), ...frames]) socket.say(frame)
    return socket
  }

  it('is followed on a socket of its own, whole and then by patches, without a question by HTTP', async () => {
    const socket = await accept(snapshot(1, 187))
    expect(new URL(socket.url).pathname).toBe('/supermon-ng/ws/voter/546056')
    expect(socket.offered).toEqual(['supermon.v2'])
    expect(last()).toMatchObject({ transport: 'socket', error: null, stale: false, connection: { status: 'live' } })
    expect(last().voters).toEqual([{
      node: NODE, voted: 'Ridge', receivers: [
        { name: 'Ridge', rssi: 187, state: 'voted', master: true, mix: false, inactive: false },
        { name: 'North', rssi: 3, state: 'mix', master: false, mix: true, inactive: false },
      ],
    }])
    const north = last().voters[0]?.receivers[1]
    socket.say(patch(2, 190))
    expect(rssi()).toBe(190)
    expect(last().voters[0]?.receivers[1]).toEqual(north)
    socket.say(patch(2, 5))
    expect(rssi()).toBe(190)
    await pass(10_000)
    expect([env.fetches, socket.frames()]).toEqual([[], []])
  })

  it('asks for all of it again when something was missed, once, and drops what it does not understand', async () => {
    const socket = await accept(snapshot(1, 187))
    socket.say(patch(3, 1))
    socket.say(patch(4, 2))
    expect(socket.frames()).toEqual([{ type: 'resync', node: NODE }])
    expect(rssi()).toBe(187)
    socket.say(snapshot(4, 2))
    socket.say({ type: 'beat', at: Date.now(), nodes: { [NODE]: { epoch: 'e1', seq: 4 } } })
    expect(socket.frames().length).toBe(1)
    socket.say({ type: 'beat', at: Date.now(), nodes: { [NODE]: { epoch: 'e2', seq: 4 } } })
    expect(socket.frames().length).toBe(2)
    socket.say('{')
    socket.say({ type: 'patch', ...place(5), patch: { receivers: { Ridge: { rssi: 300 } } } })
    socket.say({ '546056': { status: 'online' } })
    expect(problems).toEqual(['frame-not-json', 'frame-not-understood', 'frame-not-understood'])
    expect(rssi()).toBe(2)
  })

  it('tells why Asterisk does not tell, and nothing of being asked just now', async () => {
    const socket = await accept({ ...snapshot(1, null), state: { reach: 'unknown', reachReason: { code: 'not-watched', message: 'asking' } } })
    expect(last()).toMatchObject({ voters: [], error: null, stale: false })
    socket.say({ type: 'patch', ...place(2), patch: { reach: 'down', reachReason: { code: 'no-voter', message: 'No voter here.' } } })
    expect(last()).toMatchObject({ voters: [], error: 'No voter here.', code: 'no-voter' })
  })

  it('keeps what it shows through a blip, and resumes where it was', async () => {
    const socket = await accept(snapshot(7, 187))
    await pass(6_000)
    socket.end()
    expect(last()).toMatchObject({ transport: 'none', error: null, stale: false })
    expect(rssi()).toBe(187)
    await pass(1_000)
    const again = await accept({ type: 'current', ...place(7) })
    expect(new URL(again.url).search).toBe('?epoch=e1&seq=7')
    expect(last()).toMatchObject({ transport: 'socket', stale: false })
    expect(env.fetches).toEqual([])
  })

  it('is asked for once a second when its socket stays away, and no more when it is back', async () => {
    const socket = await accept(snapshot(7, 187))
    await pass(6_000)
    socket.end()
    for (const each of env.held()) each.end()
    await pass(2_400)
    expect(env.fetches.length).toBe(0)
    await pass(200)
    expect(last()).toMatchObject({ transport: 'polling', stale: false })
    expect(rssi()).toBe(99)
    await pass(3_000)
    const asked = env.fetches.length
    expect(asked).toBeGreaterThanOrEqual(3)
    expect(asked).toBeLessThanOrEqual(5)
    // Tries of the socket in between change nothing of that.
    expect(updates.slice(-asked).every(({ transport }) => transport === 'polling')).toBe(true)
    await pass(20_000)
    await accept(snapshot(9, 20))
    const back = env.fetches.length
    await pass(5_000)
    expect(env.fetches.length).toBe(back)
    expect([last().transport, rssi()]).toEqual(['socket', 20])
  })

  it('is asked for at once where the socket is not served at all', async () => {
    await pass(2)
    env.last().end()
    await pass(5)
    expect(last()).toMatchObject({ transport: 'polling' })
    expect(rssi()).toBe(99)
  })

  it('says that it is stale, and why, when HTTP brings nothing either, and goes on', async () => {
    await accept(snapshot(7, 187))
    env.respond = () => Promise.resolve(Response.json({ success: false, message: 'Asterisk is asleep.', code: 'ami-no-answer' }, { status: 503 }))
    env.last().end()
    await pass(4_000)
    expect(last()).toMatchObject({ error: 'Asterisk is asleep.', code: 'ami-no-answer', stale: true })
    expect(rssi()).toBe(187)
    env.respond = () => Promise.resolve(Response.json({ voters: 'all' }))
    await pass(8_000)
    expect(last()).toMatchObject({ stale: true, code: 'not-understood' })
    env.respond = () => Promise.resolve(Response.json({ success: true, html: '<table></table>', spinner: '*' }))
    await pass(20_000)
    expect(last().error).toContain('a form for its own page')
    env.respond = () => Promise.resolve(overHttp(5))
    await pass(40_000)
    expect(last()).toMatchObject({ error: null, stale: false })
  })

  describe('whose server greets and tells nothing of it yet', () => {
    const asleep = () => Promise.resolve(Response.json({ success: false, message: 'Nothing answers.', code: 'ami-refused' }, { status: 503 }))
    const states = (from: number) => updates.slice(from).map(({ transport, stale }) => `${transport} ${stale}`)
    /** Heard once, then away for so long that all know it. */
    async function loseIt() {
      await accept(snapshot(1, 187))
      await pass(3_000)
      env.respond = asleep
      for (const each of env.held()) each.end()
      await pass(60_000)
      expect(last()).toMatchObject({ transport: 'polling', stale: true, code: 'ami-refused' })
    }

    /** The next try of its socket, accepted. */
    async function nextTry(): Promise<ScriptedSocket> {
      for (let ms = 0; ms < 40_000 && env.last().readyState !== 0; ms += 100) await pass(100)
      env.last().accept()
      return env.last()
    }

    it('stays as it was, polled and not current, until the voter is spoken of', async () => {
      await loseIt()
      const socket = await nextTry()
      const from = updates.length
      socket.say(hello())
      expect(last().connection.status).toBe('live')
      const asked = env.fetches.length
      for (let s = 0; s < 60; s += 5) {
        await pass(5_000)
        socket.say({ type: 'beat', at: Date.now(), nodes: {} })
      }
      expect(env.fetches.length).toBeGreaterThan(asked)
      expect([...new Set(states(from))]).toEqual(['polling true'])
      const { at } = last()
      socket.say({ type: 'current', ...place(1) })
      expect(last()).toMatchObject({ transport: 'socket', stale: false, error: null })
      expect(last().at).toBeGreaterThan(at as number)
    })

    it('is as old as when it was last heard, where a machine is back and its Asterisk is not', async () => {
      await loseIt()
      const { at } = last()
      const socket = await nextTry()
      socket.say(hello())
      socket.say(snapshot(0, null, { reach: 'down', reachReason: { code: 'ami-refused', message: 'Nothing answers.' }, voted: null }, 'e2'))
      expect(last()).toMatchObject({ transport: 'socket', stale: true, code: 'ami-refused', at })
    })

    it('is not current for a moment at each try that ends in a refusal', async () => {
      await loseIt()
      const from = updates.length
      for (let tries = 0; tries < 5; tries += 1) {
        const socket = await nextTry()
        socket.say(hello())
        socket.end(4429, 'too many viewers are watching this node')
      }
      expect([...new Set(states(from))]).toEqual(['polling true'])
    })

    it('does not take a place that it is not at for word of it', async () => {
      await loseIt()
      const socket = await nextTry()
      socket.say(hello())
      socket.say({ type: 'current', ...place(9) })
      expect(socket.frames().at(-1)).toEqual({ type: 'resync', node: NODE })
      expect(last()).toMatchObject({ transport: 'polling', stale: true })
    })
  })

  it.each([[4504, 'this node is not on this server'], [4503, 'not from here']])('closed with %i says why; only where asking may help it asks', async (code, reason) => {
    await pass(2)
    env.last().accept()
    env.last().end(code, reason)
    await pass(5_000)
    expect(env.fetches.length === 0).toBe(code === 4504)
    if (code === 4504) expect(last().error).toContain(reason)
    expect(env.sockets.length).toBe(1)
    service.retry(NODE)
    await pass(2)
    expect(env.sockets.length).toBe(2)
  })

  it('of a node that is not there is told as refused, also while it is asked for again, and never polled', async () => {
    for (let tries = 1; tries <= 10; tries += 1) {
      for (let s = 0; s < 76 && env.sockets.length < tries; s += 1) await pass(1_000)
      expect(env.sockets).toHaveLength(tries)
      env.last().accept()
      await pass(1_000)
      env.last().end(4504, 'this node is not on this server')
    }
    const [first, ...told] = [...new Set(updates.map(({ error, code, transport }) => `${transport} ${code} ${error}`))]
    expect([first, told, env.fetches]).toEqual(['none null null', [expect.stringMatching(/^none refused .*4504/)], []])
    const errors = updates.map(({ error }) => error)
    expect(errors.slice(errors.findIndex((error) => error !== null))).not.toContain(null)
  })

  it('that is told by HTTP while its socket waits for a sign-in has its socket back, tried as seldom as after any failure', async () => {
    await accept(snapshot(1, 187))
    const tries: number[] = []
    for (let ms = 0; ms < 300_000; ms += 100) {
      if (env.last().readyState < 2) {
        tries.push(ms)
        env.last().end(4401, 'sign in to watch this node')
      }
      await pass(100)
    }
    expect(last()).toMatchObject({ transport: 'polling', connection: { status: 'paused', why: 'needs-auth' } })
    expect(tries.length).toBeGreaterThan(15)
    expect(tries.length).toBeLessThan(30)
    for (let s = 0; s < 18 && env.held().length === 0; s += 1) await pass(1_000)
    await accept({ type: 'current', ...place(1) })
    expect(last()).toMatchObject({ transport: 'socket', stale: false, connection: { status: 'live' } })
  })

  it('whose question is refused as well waits for the sign-in', async () => {
    env.respond = () => Promise.resolve(Response.json({ success: false, code: 'not-signed-in', message: 'Sign in first.' }, { status: 401 }))
    for (let ms = 0; ms < 60_000; ms += 100) {
      await pass(100)
      if (env.last().readyState < 2) env.last().end(4401, 'sign in to watch this node')
    }
    expect(last()).toMatchObject({ connection: { status: 'paused', why: 'needs-auth' } })
    expect(env.sockets.length).toBeLessThanOrEqual(3)
  })

  it('gives its socket back when the page is not seen for a minute, and resumes when it is', async () => {
    const socket = await accept(snapshot(6, 187))
    env.signal('hidden')
    await pass(30_000)
    // However much there is to tell meanwhile.
    socket.say(patch(7, 187))
    await pass(29_000)
    expect(env.held().length).toBe(1)
    await pass(2_000)
    expect(env.held().length).toBe(0)
    await pass(600_000)
    expect([env.sockets.length, env.fetches.length]).toEqual([1, 0])
    env.signal('visible')
    expect(last().stale).toBe(false)
    const again = await accept({ type: 'current', ...place(7) })
    expect(new URL(again.url).search).toBe('?epoch=e1&seq=7')
    expect([last().transport, rssi(), env.fetches.length]).toEqual(['socket', 187, 0])
  })

  it('asks nothing while the page is not seen, where HTTP is all there is', async () => {
    await pass(2)
    env.last().end()
    await pass(2_000)
    env.signal('hidden')
    const asked = env.fetches.length
    await pass(50_000)
    expect(env.fetches.length).toBe(asked)
    env.signal('visible')
    await pass(5)
    expect(env.fetches.length).toBe(asked + 1)
  })

  it('leaves nothing behind when it is left while the page is not seen', async () => {
    await accept(snapshot(7, 187))
    env.signal('hidden')
    leave()
    await pass(10)
    expect([env.held().length, vi.getTimerCount()]).toEqual([0, 0])
  })

  it('has one socket for all who watch it, and none when nobody does', async () => {
    const other = service.watch(NODE, () => undefined)
    await accept(snapshot(1, 1))
    expect(env.sockets.length).toBe(1)
    leave()
    leave()
    await pass(10)
    expect(env.held().length).toBe(1)
    other()
    await pass(10)
    expect(env.held().length).toBe(0)
  })

  it('without sockets, and first shown while the page is offline, is asked for once that is online again', async () => {
    env.state.online = false
    const alone: VoterUpdate[] = []
    const leaveIt = new VoterService({ env, api: client.api }).watch('546055', (update) => { alone.push(update) })
    const asked = () => env.fetches.filter(({ url }) => url.endsWith('node=546055')).length
    await pass(10_000)
    expect([asked(), alone.at(-1)?.transport]).toEqual([0, 'none'])
    env.signal('online')
    await pass(5)
    expect([asked(), alone.at(-1)?.transport]).toEqual([1, 'polling'])
    await pass(1_000)
    expect(asked()).toBe(2)
    leaveIt()
  })

  it('is not called polled while its socket is tried on a page that is offline, and is asked for at once when that is back', async () => {
    const socket = await accept(snapshot(1, 187))
    env.signal('offline')
    socket.end()
    await pass(180_000)
    while (last().connection.status !== 'connecting') await pass(1_000)
    await pass(3_000)
    expect([updates.some(({ transport }) => transport === 'polling'), env.fetches]).toEqual([false, []])
    env.signal('online')
    await pass(10)
    expect([last().transport, env.fetches.length]).toEqual(['polling', 1])
    env.signal('offline')
    expect(last().transport).toBe('none')
  })

  it('works without sockets, and lives by the page\'s policy with them: a sign-in opens it anew, a stopped client none', async () => {
    const asked: VoterUpdate[] = []
    const alone = new VoterService({ env, api: client.api }).watch('546055', (update) => { asked.push(update) })
    await pass(5)
    expect(asked.at(-1)).toMatchObject({ transport: 'polling' })
    alone()
    await accept(snapshot(1, 1))
    client.userChanged()
    await accept(snapshot(1, 1))
    expect(env.held().length).toBe(1)
    expect(env.sockets.length).toBe(2)
    client.dispose()
    await pass(10)
    expect(env.held().length).toBe(0)
  })
})
