/** What somebody linked to lately: remembered in his browser, bounded, and nobody else's. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import { useRecentTargets } from '../../src/composables/useRecentTargets.ts'
import type { RecentTargets } from '../../src/composables/useRecentTargets.ts'
import { browserPageEnv } from '../../src/env/pageEnv.ts'
import { CommandWorld } from './support/commandWorld.ts'

describe('recent targets', () => {
  let world: CommandWorld
  beforeEach(() => { world = new CommandWorld() })
  afterEach(() => { world.dispose() })

  const use = (): RecentTargets => world.app.runWithContext(() => effectScope().run(() => useRecentTargets())!)
  const ids = ({ recent }: RecentTargets) => recent.value.map(({ id }) => id)

  it('come the newest first, each once, eight at most, and are there after a reload', async () => {
    await world.ready()
    const recents = use()
    for (let i = 0; i < 10; i += 1) recents.note({ id: String(2_000 + i), name: `Node ${i}` })
    recents.note({ id: '2005', name: 'Again' })
    expect(ids(recents)).toEqual(['2005', '2009', '2008', '2007', '2006', '2004', '2003', '2002'])
    expect(use().recent.value[0]).toEqual({ id: '2005', name: 'Again' })
  })

  it('are forgotten with the sign-out, at once and from the browser', async () => {
    await world.ready()
    const recents = use()
    recents.note({ id: '48752', name: '' })
    await world.become(null)
    expect([ids(recents), world.page.memory.size]).toEqual([[], 0])
  })

  it('of another user are neither shown nor kept; before anybody is known to be here nothing is touched', async () => {
    await world.ready()
    use().note({ id: '48752', name: '' })
    const next = new CommandWorld()
    for (const [key, value] of world.page.memory) next.page.memory.set(key, value)
    world.dispose()
    world = next
    world.user = 'KJ6AAA'
    const recents = use()
    expect(world.page.memory.size).toBe(1)
    await world.ready()
    expect([ids(recents), world.page.memory.size]).toEqual([[], 0])
  })

  it('last as long as the page where the browser remembers nothing', async () => {
    const refuse = () => { throw new DOMException('The operation is insecure.', 'SecurityError') }
    vi.stubGlobal('localStorage', { getItem: refuse, setItem: refuse, removeItem: refuse })
    try {
      const { recall, remember } = browserPageEnv()
      Object.assign(world.page, { recall, remember })
      await world.ready()
      const recents = use()
      recents.note({ id: '2000', name: '' })
      recents.note({ id: '2001', name: '' })
      expect([ids(recents), ids(use())]).toEqual([['2001', '2000'], ['2001', '2000']])
      await world.become(null)
      await world.become('W5GLE')
      expect([ids(recents), ids(use())]).toEqual([[], []])
    } finally {
      vi.unstubAllGlobals()
    }
  })

  it.each(['', '{', 'null', '[]', '{"user":"W5GLE","targets":[{"id":"<img>","name":""}]}', `{"user":"W5GLE","targets":[{"id":"1","name":"${'x'.repeat(200)}"}]}`])(
    'are none where the browser remembers %j', async (kept) => {
      world.page.memory.set('recent-targets', kept)
      await world.ready()
      const recents = use()
      expect(ids(recents)).toEqual([])
      recents.note({ id: '48752', name: 'y'.repeat(200) })
      expect(ids(use())).toEqual(['48752'])
    },
  )
})
