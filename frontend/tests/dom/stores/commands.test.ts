/** The `commands` store: one command per wish, what came of each at its link, and why a node takes none. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useCommandsStore } from '../../../src/stores/commands.ts'
import { useRealTimeStore } from '../../../src/stores/realTime.ts'
import { A, B, CommandWorld, outcome } from '../support/commandWorld.ts'

type Store = ReturnType<typeof useCommandsStore>

describe('the commands store', () => {
  let world: CommandWorld
  let store: Store

  beforeEach(async () => {
    world = new CommandWorld()
    await world.ready()
    store = useCommandsStore(world.pinia)
  })
  afterEach(async () => {
    world.dispose()
    await world.settle()
    expect(world.gateway.clock.pending).toBe(0)
  })

  const at = (local: string, remote: string) => {
    const state = store.outcomes(local).get(remote)
    return state === undefined ? null : `${state.action} ${state.phase}`
  }

  describe('what came of a command', () => {
    it('is kept by local and remote node: asking, then done', async () => {
      const running = store.run('connect', A, '48752')
      expect([at(A, '48752'), at(B, '48752'), store.latest?.state.phase]).toEqual(['connect asking', null, 'asking'])
      expect(await running).toMatchObject({ action: 'connect', permanent: false, phase: 'done', message: '546051 is linked to 48752.', code: 'linked' })
      expect([at(A, '48752'), at(B, '48752')]).toEqual(['connect done', null])
      expect(store.latest).toMatchObject({ local: A, remote: '48752', state: { phase: 'done' } })
      expect(store.outcomes(B)).toBe(store.outcomes('1'))
    })

    it('is a refusal, never a rejection', async () => {
      expect(await store.run('disconnect', A, '2000')).toMatchObject({ phase: 'refused', message: '2000 is not linked to 546051.', code: 'not-linked' })
      world.answers.set('nodes/connect', () => Response.json({ success: false, code: 'not-allowed', message: 'W5GLE has no right to connect.' }, { status: 403 }))
      expect(await store.run('connect', A, '2000')).toMatchObject({ phase: 'refused', message: 'W5GLE has no right to connect.', code: 'not-allowed' })
      expect(at(A, '2000')).toBe('connect refused')
    })

    it.each([
      ['no answer at all', () => Promise.reject(new TypeError('Failed to fetch')), 'unreachable'],
      ['an answer that cannot be read', () => new Response('<h1>502</h1>', { status: 502 }), 'not-understood'],
    ])('is not confirmed after %s: nobody knows whether the node was asked', async (_what, answer, code) => {
      world.answers.set('nodes/connect', answer)
      expect(await store.run('connect', A, '48752')).toMatchObject({ phase: 'not-confirmed', code })
    })

    it('that it is being called is forgotten once it has answered, and not for a link of before, in another mode', async () => {
      const node = world.gateway.node(A)
      node.connect('48752', { mode: 'transceive' })
      await world.settle()
      world.answers.set('nodes/monitor', () => outcome(202, 'not-confirmed', 'It rings.', 'being-called'))
      await store.run('monitor', A, '48752')
      await world.settle()
      expect([at(A, '48752'), store.latest?.remote]).toEqual(['monitor not-confirmed', '48752'])
      node.connect('48752', { state: 'connecting', mode: null })
      await world.settle()
      expect([at(A, '48752'), store.latest?.remote]).toEqual(['monitor not-confirmed', '48752'])
      node.connect('48752', { state: 'established', mode: 'monitor' })
      await world.settle()
      expect([at(A, '48752'), store.latest]).toEqual([null, null])
    })

    it('is forgotten in time, and at once when somebody else signs in', async () => {
      await store.run('connect', A, '48752')
      await store.run('disconnect', B, '2000')
      await world.pass(15_000)
      expect([at(A, '48752'), at(B, '2000')]).toEqual([null, 'disconnect refused'])
      await world.become('KJ6AAA')
      expect([at(B, '2000'), store.latest]).toEqual([null, null])
    })

    it('of a user who is gone is shown to nobody', async () => {
      const give = world.hold('nodes/connect')
      const running = store.run('connect', A, '48752')
      await world.settle()
      await world.become(null)
      give(outcome(200, 'done', 'Linked.'))
      expect((await running).phase).toBe('done')
      expect([at(A, '48752'), store.latest]).toEqual([null, null])
    })

    it('is bounded per node: the oldest goes', async () => {
      for (let i = 0; i < 66; i += 1) {
        await store.run('disconnect', A, String(27_000 + i))
        await world.gateway.clock.advance(400)
      }
      expect([store.outcomes(A).size, at(A, '27001'), at(A, '27002')]).toEqual([64, null, 'disconnect refused'])
    })
  })

  describe('a wish', () => {
    const sent = () => world.asked.map(({ path }) => path)

    it('of a double tap is one command with one result', async () => {
      const results = await Promise.all([store.run('connect', A, '48752'), store.run('connect', A, '48752')])
      expect(results[0]).toBe(results[1])
      // The first one is answered by now.
      await world.pass(200)
      expect(await store.run('connect', A, '48752')).toBe(results[0])
      expect(sent()).toEqual(['nodes/connect'])
      await world.pass(300)
      await store.run('connect', A, '48752')
      expect(sent()).toEqual(['nodes/connect', 'nodes/connect'])
    })

    it('is sent again where the clock was set back since', async () => {
      await store.run('connect', A, '48752')
      const { clock } = world.gateway
      const back = vi.spyOn(world.live.client.env, 'now').mockImplementation(() => clock.now() - 3_600_000)
      await store.run('connect', A, '48752')
      back.mockRestore()
      expect(sent()).toEqual(['nodes/connect', 'nodes/connect'])
    })

    it('whose second tap lands on what moved under the finger is still one', async () => {
      world.gateway.node(A).connect('48752')
      world.gateway.node(A).connect('48753')
      const first = await store.run('disconnect', A, '48752')
      await world.pass(150)
      expect(await store.run('disconnect', A, '48753')).toBe(first)
      expect(sent()).toEqual(['nodes/disconnect'])
      expect(Object.keys(world.gateway.node(A).state.links)).toEqual(['48753'])
    })

    it('is sent once for as long as it runs, for digits as well', async () => {
      const give = world.hold('nodes/dtmf')
      const first = store.sendDtmf(A, '*81')
      await world.pass(2_000)
      const again = store.sendDtmf(A, '*81')
      give(outcome(202, 'not-confirmed', 'Handed over.'))
      expect(await again).toBe(await first)
      expect(sent()).toEqual(['nodes/dtmf'])
    })

    it('of other digits goes out while the former are on their way', async () => {
      const gives: (() => void)[] = []
      world.answers.set('nodes/dtmf', (body) => new Promise((resolve) => {
        gives.push(() => { resolve(outcome(202, 'not-confirmed', `${String(body['dtmf'])} handed over.`)) })
      }))
      const first = store.sendDtmf(A, '*81')
      await world.pass(500)
      const second = store.sendDtmf(A, '*80')
      await world.settle()
      for (const give of gives) give()
      expect([(await first).message, (await second).message]).toEqual(['*81 handed over.', '*80 handed over.'])
    })

    it('of another kind for the same link goes out at once, and the newest is what is shown', async () => {
      const give = world.hold('nodes/connect')
      const calling = store.run('connect', A, '48752')
      world.gateway.node(A).connect('48752', { state: 'connecting' })
      await world.settle()
      expect((await store.run('disconnect', A, '48752')).phase).toBe('done')
      give(outcome(409, 'refused', 'A later command took its place.'))
      expect((await calling).phase).toBe('refused')
      expect([at(A, '48752'), store.latest?.state.action]).toEqual(['disconnect done', 'disconnect'])
    })

    it.each([
      ['connect', 'nodes/connect', 'on'],
      ['monitor', 'nodes/monitor', 'on'],
      ['local-monitor', 'nodes/local-monitor', 'on'],
      ['disconnect', 'nodes/disconnect', null],
    ] as const)('permanently to %s is asked of %s with perm %s', async (action, path, perm) => {
      await store.run(action, A, '48752', { permanent: true })
      expect(world.asked).toEqual([{ path, body: { localnode: A, remotenode: '48752', perm } }])
    })

    it('to end all links names the node alone', async () => {
      for (const name of ['48752', '48753']) world.gateway.node(A).connect(name)
      expect(await store.disconnectAll(A)).toMatchObject({ action: 'disconnect-all', phase: 'done', message: 'All links of 546051 are disconnected.' })
      expect(world.asked).toEqual([{ path: 'nodes/disconnect-all', body: { localnode: A } }])
      expect(store.latest).toMatchObject({ local: A, remote: null })
    })
  })

  describe('a node', () => {
    it('takes commands while it is live, and says why not otherwise', async () => {
      expect(store.blocked(A)).toBeNull()
      expect(store.blocked('1')).toBe('not-heard')
      world.gateway.node(A).reach('down', 'ami-refused', 'Nothing answers.')
      await world.settle()
      expect([store.blocked(A), store.blocked(B)]).toEqual(['asterisk-down', null])
      world.gateway.node(A).reach('up')
      await world.become(null)
      expect(store.blocked(A)).toBe('not-signed-in')
    })

    it('takes none while it is connected again, and does so while polling brings news', async () => {
      world.gateway.net.cut(A)
      await world.settle()
      expect(store.blocked(A)).toBe('reconnecting')
      await world.pass(9_000)
      expect(store.blocked(A)).toBeNull()
      // A fallback that brings nothing is none.
      world.gateway.net.cutHttp()
      await world.pass(20_000)
      expect(store.blocked(A)).toBe('reconnecting')
      world.gateway.net.mend()
      await world.pass(20_000)
      expect(store.blocked(A)).toBeNull()
    })

    it('that the server does not give takes none, and that is another reason', async () => {
      world.gateway.net.refuse(4504, A)
      await world.pass(1_000)
      expect(store.blocked(A)).toBe('refused')
      // Also while it is asked for again.
      world.gateway.net.mend(A)
      const told = new Set<unknown>()
      const off = world.live.client.sockets.onNodeStateChange(A, () => told.add(store.blocked(A)))
      await world.pass(80_000)
      off()
      expect([...told]).toEqual(['refused', null])
    })

    it('that is left out of what is polled takes none for that reason, too', async () => {
      world.live.client.sockets.setFlag(false)
      void useRealTimeStore(world.pinia).startMonitoring('1')
      await world.pass(10_000)
      expect([store.blocked('1'), store.blocked(A)]).toEqual(['refused', null])
    })
  })

  it('knows what may be done, by right; permanently by two', async () => {
    world.rights = ['MONUSER', 'DISCUSER', 'PERMUSER']
    await world.become('KJ6AAA')
    const may = (['connect', 'monitor', 'local-monitor', 'disconnect', 'disconnect-all', 'dtmf'] as const).filter((action) => store.mayRun(action))
    expect(may).toEqual(['monitor', 'disconnect', 'disconnect-all'])
    expect([store.mayRun('monitor', true), store.mayRun('connect', true)]).toEqual([true, false])
  })

  it('asks who is signed in when the server does not know him any more', async () => {
    world.answers.set('nodes/connect', () => {
      world.user = null
      return Response.json({ success: false, code: 'not-signed-in', message: 'Sign in first.' }, { status: 401 })
    })
    await store.run('connect', A, '48752')
    await world.settle()
    expect(store.blocked(A)).toBe('not-signed-in')
  })
})
