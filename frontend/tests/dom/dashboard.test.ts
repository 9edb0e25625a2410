/** The Dashboard over the real store: what it asks and opens, when, and that leaving it leaves nothing of its own behind. */
import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { useSessionStore } from '../../src/stores/session.ts'
import { toNode } from '../../src/stores/node.ts'
import Dashboard from '../../src/views/Dashboard.vue'
import { hello, patch, snapshot } from '../unit/support/frames.ts'
import { pass } from '../unit/support/scriptedEnv.ts'
import { A, B, makeWorld, NETWORK } from './stores/world.ts'
import type { World } from './stores/world.ts'

vi.mock(import('../../src/stores/node.ts'), async (original) => {
  const real = await original()
  return { ...real, toNode: vi.fn(real.toNode) }
})

let world: World
let user: string | null
beforeEach(() => {
  world = makeWorld()
  user = null
  world.answers['auth/me'] = () => Response.json({ success: true, data: { user: user === null ? null : { name: user }, permissions: {} } })
})
afterEach(() => { world.end() })

const open = () => mount(Dashboard, { global: { plugins: [{ install: (app) => { world.plugin.install(app) } }, world.pinia] } })
const watched = () => world.env.held().map(({ url }) => new URL(url).pathname.split('/').at(-1))
const listOf = (...ids: string[]) => Response.json({ success: true, data: ids.map((id) => ({ id })) })

describe('leaving the Dashboard', () => {
  it('before its list has come opens nothing when it comes', async () => {
    let come: () => void = () => undefined
    world.answers['nodes'] = () => new Promise((resolve) => { come = () => { resolve(listOf(A, B)) } })
    const page = open()
    await pass(10)
    page.unmount()
    come()
    await pass(10_000)
    expect([world.env.sockets, watched()]).toEqual([[], []])
  })

  it('while the gateway is down ends the tries for its list', async () => {
    world.answers['nodes'] = NETWORK
    const page = open()
    await pass(10_000)
    expect(world.asked('nodes').length).toBeGreaterThan(1)
    page.unmount()
    const asked = world.env.fetches.length
    await pass(600_000)
    expect([world.env.fetches.length, vi.getTimerCount()]).toEqual([asked, 0])
  })

  it('closes what it showed and leaves what another part of the page chose', async () => {
    world.answers['nodes'] = () => listOf(A)
    void world.store.startMonitoring(B)
    const page = open()
    await pass(10)
    expect(watched()).toEqual([B, 'ws'])
    page.unmount()
    await pass(10)
    expect(watched()).toEqual([B])
    expect(world.store.monitoringNodes).toEqual([B])
  })
})

describe('the list of the Dashboard', () => {
  it('is asked for once when somebody is signed in already, and once more when that changes', async () => {
    user = 'W5GLE'
    const page = open()
    await pass(50)
    expect([world.asked('nodes').length, world.asked('auth/me').length]).toEqual([1, 1])
    user = null
    await useSessionStore(world.pinia).check()
    await pass(50)
    expect(world.asked('nodes')).toHaveLength(2)
    page.unmount()
  })

  it('is looked for until the newest question is answered, whichever came first', async () => {
    const come: ((response: Response) => void)[] = []
    world.answers['nodes'] = () => new Promise((resolve) => { come.push(resolve) })
    const page = open()
    await pass(50)
    user = 'W5GLE'
    await useSessionStore(world.pinia).check()
    await pass(50)
    expect(come).toHaveLength(2)
    come[0]?.(listOf(A))
    await pass(50)
    expect(page.text()).toContain('Looking for nodes')
    expect(page.text()).not.toContain('There are no nodes')
    come[1]?.(listOf())
    await pass(50)
    expect(page.text()).toContain('There are no nodes')
    page.unmount()
  })

  it('costs nothing while nodes key up: nobody reads their rows', async () => {
    world.answers['nodes'] = () => listOf(A, B)
    const page = open()
    await pass(50)
    const [socket] = world.env.sockets
    socket!.accept()
    socket!.say(hello())
    socket!.say(snapshot(A))
    await pass(50)
    const rows = vi.mocked(toNode).mockClear()
    for (let seq = 2; seq < 12; seq += 1) {
      socket!.say(patch(A, seq, { rx: seq % 2 === 0 }))
      await nextTick()
    }
    expect(rows).not.toHaveBeenCalled()
    expect(world.store.nodes).toHaveLength(2)
    expect(rows).toHaveBeenCalled()
    page.unmount()
  })
})
