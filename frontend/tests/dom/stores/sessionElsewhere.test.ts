/** Who is here may change without this page's doing: on another tab, by the clock of a session, by the app's own sign-in. */
import { disposePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LiveClient } from '../../../src/services/liveClient.ts'
import { useRealTimeStore } from '../../../src/stores/realTime.ts'
import { useSessionStore } from '../../../src/stores/session.ts'
import Dashboard from '../../../src/views/Dashboard.vue'
import { A, B, CommandWorld } from '../support/commandWorld.ts'

describe('who is here, where something else changes it', () => {
  let world: CommandWorld
  let client: LiveClient
  let session: ReturnType<typeof useSessionStore>
  /** Questions of who is here. */
  let asked: number
  let changes: number
  beforeEach(async () => {
    world = new CommandWorld()
    const me = world.answers.get('auth/me')!
    world.answers.set('auth/me', (...question) => {
      asked += 1
      return me(...question)
    })
    asked = 0
    await world.ready()
    session = useSessionStore(world.pinia)
    client = world.live.client
    asked = 0
    changes = client.userChanges
  })
  afterEach(() => { world.dispose() })

  const here = () => [session.user, session.mayCommand]
  const busy = () => Response.json({ success: false }, { status: 503 })
  const reading = (may: boolean) => {
    if (may) world.answers.delete('nodes/ami/status')
    else world.answers.set('nodes/ami/status', () => Response.json({ success: false, code: 'not-signed-in', message: 'Sign in first.' }, { status: 401 }))
  }

  it.each([['KB4FXC', true], [null, false]])('is by the server after the app signed %s in or out, which counts as the one change it is', async (name, may) => {
    world.user = name
    client.userChanged()
    await world.settle()
    expect([...here(), asked, client.userChanges - changes]).toEqual([name, may, 1, 1])
  })

  it('is asked for after that until it is answered, and an answer to an older question comes too late', async () => {
    const me = world.answers.get('auth/me')!
    const old = await me({}, new URLSearchParams())
    const giveOld = world.hold('auth/me')
    const late = session.check()
    await world.settle()
    const giveNew = world.hold('auth/me')
    client.userChanged()
    await world.settle()
    giveOld(old)
    await late
    giveNew(busy())
    await world.settle()
    world.user = 'KB4FXC'
    world.answers.set('auth/me', me)
    await world.pass(1_001)
    expect(session.user).toBe('KB4FXC')
  })

  it('is learnt where connections are refused for want of a sign-in, once', async () => {
    world.user = null
    reading(false)
    world.gateway.net.refuse(4401)
    await world.pass(120_000)
    expect([...here(), asked]).toEqual([null, false, 1])
  })

  const restart = async (ms = 20_000) => {
    world.gateway.restart()
    await world.pass(ms)
    expect(client.sockets.getAllConnectedNodes()).toEqual([A, B])
  }

  it('is learnt when the sockets are back, once for each loss: a server that starts anew knows no session, and strangers may read', async () => {
    world.user = null
    await restart()
    expect([...here(), asked, client.userChanges - changes]).toEqual([null, false, 1, 1])
    world.user = 'W5GLE'
    await session.check()
    await world.pass(20_000)
    asked = 0
    await restart()
    expect([...here(), asked]).toEqual(['W5GLE', true, 1])
    world.user = null
    await restart()
    expect([...here(), asked]).toEqual([null, false, 2])
  })

  it('is learnt when polls that failed are answered again, and not with every poll', async () => {
    client.sockets.setFlag(false)
    await world.pass(30_000)
    expect([client.ladder.transportOf(A), asked]).toEqual(['polling', 0])
    const outage = async () => {
      const before = asked
      world.gateway.net.cutHttp()
      await world.pass(20_000)
      expect([session.user, asked]).toEqual(['W5GLE', before])
      world.gateway.net.mend()
      await world.pass(30_000)
      expect(client.ladder.transportOf(A)).toBe('polling')
    }
    await outage()
    expect([...here(), asked]).toEqual(['W5GLE', true, 1])
    world.user = null
    await outage()
    expect([...here(), asked]).toEqual([null, false, 2])
  })

  it('is not asked for when sockets come back to a stranger, nor to a page that is put away', async () => {
    world.gateway.signal('hidden')
    await restart(120_000)
    expect(asked).toBe(0)
    world.user = null
    world.gateway.signal('visible')
    await world.pass(20_000)
    asked = 0
    await restart()
    expect([...here(), asked]).toEqual([null, false, 0])
  })

  it('is learnt by a page that then offers to sign in', async () => {
    const page = world.mount(Dashboard)
    await world.settle()
    expect(page.text()).toContain('Signed in as W5GLE')
    world.user = null
    reading(false)
    world.gateway.net.refuse(4401)
    await world.pass(120_000)
    expect(page.text()).toContain('please sign in')
    expect([page.text().includes('Signed in as'), page.findAll('button').some((each) => each.text() === 'Sign in')]).toEqual([false, true])
    page.unmount()
  })

  it('is asked for a time a minute at most where sockets are refused to somebody who is signed in', async () => {
    world.gateway.net.refuse(4401)
    await world.pass(180_000)
    expect([session.user, asked > 0, asked <= 4]).toEqual(['W5GLE', true, true])
  })

  it('is learnt again of the next one, however soon his session ends', async () => {
    const end = async (name: string | null) => {
      world.user = name
      reading(name !== null)
      if (name === null) world.gateway.net.refuse(4401)
      else world.gateway.net.mend()
      await world.pass(20_000)
      return session.user
    }
    expect(await end(null)).toBe(null)
    expect(await end('KB4FXC')).toBe('KB4FXC')
    expect(await end(null)).toBe(null)
  })

  it.each([null, 'KB4FXC'])('is %s by the server when somebody comes back to the page, whose sockets then are his', async (name) => {
    world.gateway.signal('hidden')
    world.user = name
    await world.pass(1_000)
    expect([session.user, asked]).toEqual(['W5GLE', 0])
    world.gateway.signal('visible')
    await world.settle()
    expect([session.user, asked, client.userChanges - changes]).toEqual([name, 1, 1])
  })

  it('is asked for once more where people sign in elsewhere, which is told here some seconds late', async () => {
    const me = world.answers.get('auth/me')!
    world.answers.set('auth/me', async (...question) => {
      const { data } = await (await me(...question)).json() as { data: object }
      return Response.json({ success: true, data: { ...data, sign_in: 'elsewhere', sign_in_url: '/supermon-ng/' } })
    })
    await session.check()
    world.gateway.signal('visible')
    await world.pass(5_000)
    world.user = null
    expect(session.user).toBe('W5GLE')
    await world.pass(1_001)
    expect(here()).toEqual([null, false])
    const before = asked
    await world.pass(60_000)
    expect(asked).toBe(before)
  })

  it('changes nothing when the same comes back to the page', async () => {
    world.gateway.signal('hidden')
    world.gateway.signal('visible')
    await world.settle()
    expect([...here(), asked, client.userChanges - changes]).toEqual(['W5GLE', true, 1, 0])
  })

  it('is known once signing in is over, though somebody else told of a change meanwhile, whose question waits', async () => {
    const me = world.answers.get('auth/me')!
    world.answers.set('auth/login', () => Response.json({ success: true }))
    const give = world.hold('auth/me')
    const done = session.signIn('KB4FXC', 'right')
    await world.settle()
    world.hold('auth/me')
    client.userChanged()
    await world.settle()
    world.user = 'KB4FXC'
    give(await me({}, new URLSearchParams()))
    expect([await done, session.user]).toEqual([true, 'KB4FXC'])
  })

  it.each(['the store', 'the client'])('is asked for no more when %s has ended', async (what) => {
    if (what === 'the store') disposePinia(world.pinia)
    else client.dispose()
    client.userChanged()
    world.gateway.signal('visible')
    await world.pass(60_000)
    expect([asked, client.userObservers.size]).toEqual([0, 0])
  })

  it('is not asked for on behalf of a store that nobody asked', async () => {
    const other = new CommandWorld()
    let questions = 0
    other.answers.set('auth/me', () => {
      questions += 1
      return busy()
    })
    useSessionStore(other.pinia)
    other.live.client.userChanged()
    other.gateway.signal('visible')
    await other.settle()
    expect(questions).toBe(0)
    other.dispose()
  })

  it('has his sockets back who signs in again by the same name, where nothing stands in for them', async () => {
    const store = useRealTimeStore(world.pinia)
    world.answers.set('auth/login', () => Response.json({ success: true }))
    reading(false)
    world.gateway.net.refuse(4401)
    await world.pass(30_000)
    expect(store.connections[A]).toMatchObject({ state: 'paused', reason: { code: 'needs-auth' } })
    world.gateway.net.mend()
    expect(await session.signIn('W5GLE', 'right')).toBe(true)
    await world.settle()
    expect([store.connections[A]?.state, client.userChanges - changes]).toEqual(['live', 1])
  })
})
