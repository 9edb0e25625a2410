/** Who is here: what the server did counts, also where it cannot be asked about it afterwards. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useSessionStore } from '../../../src/stores/session.ts'
import { useSiteStore } from '../../../src/stores/site.ts'
import type { LiveClient } from '../../../src/services/liveClient.ts'
import { CommandWorld } from '../support/commandWorld.ts'

const FAILURES: [string, () => Response | Promise<Response>, string][] = [
  ['is busy', () => Response.json({ success: false }, { status: 429, headers: { 'retry-after': '20' } }), 'The server asks for fewer requests.'],
  ['restarts', () => Response.json({ success: false }, { status: 502 }), 'The server refused (HTTP 502).'],
  ['is gone', () => Promise.reject(new TypeError('Failed to fetch')), 'The server cannot be reached.'],
]

describe('who is here', () => {
  let world: CommandWorld
  let client: LiveClient
  let session: ReturnType<typeof useSessionStore>
  beforeEach(async () => {
    world = new CommandWorld()
    world.answers.set('auth/login', ({ username }) => {
      world.user = String(username)
      return Response.json({ success: true })
    })
    world.answers.set('auth/logout', () => {
      world.user = null
      return Response.json({ success: true })
    })
    await world.ready()
    session = useSessionStore(world.pinia)
    client = world.live.client
  })
  afterEach(() => { world.dispose() })

  const here = () => [session.user, session.mayCommand]

  it.each(FAILURES)('is nobody after signing out, though the server %s when asked who is', async (_how, answer) => {
    await client.csrf.getToken()
    const changes = client.userChanges
    world.answers.set('auth/me', answer)
    expect([await session.signOut(), session.error]).toEqual([true, null])
    await world.settle()
    expect([...here(), session.signInAt.where]).toEqual([null, false, 'here'])
    expect([client.csrf.getTokenSync(), client.userChanges - changes]).toEqual([null, 1])
  })

  it('is nobody as soon as the server signed him out, and that counts as one change', async () => {
    const changes = client.userChanges
    const me = world.answers.get('auth/me')!
    const give = world.hold('auth/me')
    expect([await session.signOut(), session.busy, ...here()]).toEqual([true, false, null, false])
    give(await me({}, new URLSearchParams()))
    await world.settle()
    expect([...here(), client.userChanges - changes]).toEqual([null, false, 1])
  })

  it('is asked for again after signing in where that failed, whoever else asked meanwhile', async () => {
    await world.become(null)
    const me = world.answers.get('auth/me')!
    world.answers.set('auth/login', () => Response.json({ success: true }))
    const give = world.hold('auth/me')
    const done = session.signIn('KB4FXC', 'right')
    await world.settle()
    world.user = 'KB4FXC'
    const giveSecond = world.hold('auth/me')
    world.gateway.signal('visible')
    await world.settle()
    give(Response.json({ success: false }, { status: 502 }))
    expect([await done, session.user]).toEqual([false, null])
    giveSecond(await me({}, new URLSearchParams()))
    world.answers.set('auth/me', me)
    await world.pass(2_001)
    expect(session.user).toBe('KB4FXC')
  })

  it.each(FAILURES)('is not known after signing in while the server %s, and that is said', async (_how, answer, why) => {
    await world.become(null)
    const me = world.answers.get('auth/me')!
    world.answers.set('auth/me', answer)
    expect([await session.signIn('W5GLE', 'right'), session.error, ...here()]).toEqual([false, why, null, false])
    world.answers.set('auth/me', me)
    expect([await session.signIn('W5GLE', 'right'), session.error, ...here()]).toEqual([true, null, 'W5GLE', true])
  })

  it('is nobody where the browser kept nothing of the sign-in, and that is said', async () => {
    await world.become(null)
    world.answers.set('auth/login', () => Response.json({ success: true }))
    expect([await session.signIn('W5GLE', 'right'), session.errorCode, session.error, ...here()]).toEqual([false, 'not-kept', expect.stringContaining('cookies'), null, false])
    world.user = 'W5GLE'
    expect([await session.signIn('W5GLE', 'right'), session.errorCode, ...here()]).toEqual([true, null, 'W5GLE', true])
  })

  it('is by the newer answer too where two say after a sign-in who is here', async () => {
    await world.become(null)
    const give = world.hold('auth/me')
    const done = session.signIn('W5GLE', 'right')
    await world.settle()
    const giveNewer = world.hold('auth/me')
    world.gateway.signal('visible')
    await world.settle()
    giveNewer(Response.json({ success: true, data: { user: { name: 'W5GLE' } } }))
    await world.settle()
    give(Response.json({ success: true, data: { user: null } }))
    expect([await done, session.error, session.user]).toEqual([true, null, 'W5GLE'])
  })

  it('is not the one before while nobody can say who signed in', async () => {
    world.answers.set('auth/me', FAILURES[0]![1])
    expect([await session.signIn('KB4FXC', 'right'), ...here()]).toEqual([false, null, false])
  })

  it.each(['signOut', 'signIn'] as const)('is by the newest answer: one to a question from before %s comes too late', async (what) => {
    const me = world.answers.get('auth/me')!
    const old = await me({}, new URLSearchParams())
    const give = world.hold('auth/me')
    const late = session.check()
    await world.settle()
    world.answers.set('auth/me', what === 'signIn' ? FAILURES[0]![1] : me)
    await session[what]('KB4FXC', 'right')
    give(old)
    await late
    await world.settle()
    expect(here()).toEqual([null, false])
  })

  it('is by the newer of two answers, and by the older where the newer question was not answered', async () => {
    const me = world.answers.get('auth/me')!
    const giveFirst = world.hold('auth/me')
    const first = session.check()
    world.user = 'KB4FXC'
    world.answers.set('auth/me', me)
    await session.check()
    giveFirst(Response.json({ success: true, data: { user: { name: 'W5GLE' } } }))
    await first
    expect(session.user).toBe('KB4FXC')

    const giveThird = world.hold('auth/me')
    const third = session.check()
    world.answers.set('auth/me', FAILURES[0]![1])
    await session.check()
    expect(session.user).toBe('KB4FXC')
    giveThird(Response.json({ success: true, data: { user: { name: 'W5GLE' } } }))
    await third
    expect(session.user).toBe('W5GLE')
  })

  it('stays who he is while the server cannot be asked', async () => {
    world.answers.set('auth/me', FAILURES[1]![1])
    await session.check()
    expect(here()).toEqual(['W5GLE', true])
  })
})

it('does not wait for a sign-in of its last visit, of which a plug-in kept that it was on its way', async () => {
  const world = new CommandWorld()
  world.answers.set('auth/login', () => Response.json({ success: true }))
  world.pinia.state.value['session'] = { known: true, busy: true, error: null }
  const session = useSessionStore(world.pinia)
  expect([session.known, session.busy]).toEqual([false, false])
  expect([await session.signIn('W5GLE', 'right'), session.user, session.known, session.busy]).toEqual([true, 'W5GLE', true, false])
  world.dispose()
})

describe('a page that begins while the server cannot answer', () => {
  let world: CommandWorld
  beforeEach(() => { world = new CommandWorld() })
  afterEach(() => { world.dispose() })
  const answers = () => ({ me: world.answers.get('auth/me')!, busy: FAILURES[0]![1], down: FAILURES[1]![1], gone: FAILURES[2]![1] })
  const refused = () => Response.json({ success: false }, { status: 404 })

  it('learns by itself who is at it, and where people sign in', async () => {
    const { me, busy, down, gone } = answers()
    world.answers.set('auth/me', gone)
    const session = useSessionStore(world.pinia)
    await session.check()
    expect([session.known, session.user, session.signInAt.where]).toEqual([true, null, 'none'])
    world.answers.set('auth/me', down)
    await world.pass(1_001)
    world.answers.set('auth/me', busy)
    await world.pass(2_001)
    world.answers.set('auth/me', me)
    await world.pass(17_000)
    expect(session.user, 'not before the server lets it').toBe(null)
    await world.pass(5_000)
    expect([session.user, session.signInAt.where]).toEqual(['W5GLE', 'here'])
  })

  it.each([
    ['asked too often, and does not say for how long', () => Response.json({ success: false }, { status: 429 }), 1],
    ['too slow', () => Response.json({ success: false }, { status: 408 }), 1],
    ['a captive portal', () => new Response('<html>Please accept</html>', { headers: { 'content-type': 'text/html' } }), 1],
    ['restarted behind a proxy', () => new Response('<html>502 Bad Gateway</html>', { status: 502, headers: { 'content-type': 'text/html' } }), 1],
  ])('learns who is at it and whose it is after a server that was %s', async (_how, odd, seconds) => {
    const { me } = answers()
    world.answers.set('auth/me', odd)
    world.answers.set('config/system-info', odd)
    const session = useSessionStore(world.pinia)
    const site = useSiteStore(world.pinia)
    await Promise.all([session.check(), site.load()])
    world.answers.set('auth/me', me)
    world.answers.set('config/system-info', () => Response.json({ success: true, data: { title2: 'Club' } }))
    await world.pass(seconds * 1_000 + 1)
    expect([session.user, site.facts.lines]).toEqual(['W5GLE', ['Club']])
  })

  it.each([
    ['about once a minute of what never answers as it should', 200, 10, 25],
    ['as often as ever of a proxy before a server that is away', 502, 35, 60],
  ])('asks %s', async (_how, status, least, most) => {
    let asked = 0
    world.answers.set('auth/me', () => {
      asked += 1
      return new Response('<html></html>', { status, headers: { 'content-type': 'text/html' } })
    })
    await useSessionStore(world.pinia).check()
    await world.pass(600_000)
    expect(asked).toBeGreaterThan(least)
    expect(asked).toBeLessThan(most)
  })

  it('takes a refusal for an answer, and asks no more when it is over', async () => {
    const { me, gone } = answers()
    const session = useSessionStore(world.pinia)
    world.answers.set('auth/me', refused)
    await session.check()
    world.answers.set('auth/me', me)
    await world.pass(60_000)
    expect(session.user).toBe(null)
    world.answers.set('auth/me', gone)
    await session.check()
    world.live.client.dispose()
    world.answers.set('auth/me', me)
    await world.pass(60_000)
    expect(session.user).toBe(null)
  })

  it('learns its menu and whose it is, each once, whichever could not be told at first', async () => {
    const { down } = answers()
    const menu = vi.fn(() => Response.json({ success: true, data: { Nodes: [{ name: 'Club', url: 'https://club.example/' }] } }))
    world.answers.set('config/menu', menu)
    world.answers.set('config/system-info', down)
    const site = useSiteStore(world.pinia)
    await site.load()
    expect(site.facts.lines).toEqual([])
    world.answers.set('config/system-info', () => Response.json({ success: true, data: { title2: 'Club' } }))
    world.answers.set('config/menu', down)
    await world.pass(1_001)
    const { facts } = site
    expect(facts.lines).toEqual(['Club'])
    const more = vi.fn(down)
    for (const path of ['config/menu', 'config/system-info']) world.answers.set(path, more)
    await world.pass(60_000)
    expect([menu.mock.calls.length, more.mock.calls.length, site.facts === facts]).toEqual([1, 0, true])
  })

  it('learns whose it is, though it may have no menu', async () => {
    const { down } = answers()
    const menu = vi.fn(() => Response.json({ success: false }, { status: 404 }))
    world.answers.set('config/menu', menu)
    world.answers.set('config/system-info', down)
    const site = useSiteStore(world.pinia)
    await site.load()
    world.answers.set('config/system-info', () => Response.json({ success: true, data: { title2: 'Club' } }))
    await world.pass(60_000)
    expect([site.facts.lines, site.menu, menu.mock.calls.length]).toEqual([['Club'], [], 2])
  })
})
