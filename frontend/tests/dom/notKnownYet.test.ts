/** The page while a Supermon-NG that is slow has yet to say who is at it: the gateway answers 503 `not-known-yet` then. */
import { afterEach, describe, expect, it } from 'vitest'
import ConnectPanel from '../../src/components/ConnectPanel.vue'
import NodeSection from '../../src/components/NodeSection.vue'
import { useSessionStore } from '../../src/stores/session.ts'
import Dashboard from '../../src/views/Dashboard.vue'
import { A, CommandWorld } from './support/commandWorld.ts'

/** As server/src/http/auth.ts says it. */
const notKnownYet = () => Response.json({ success: false, error: 'Not known yet', message: 'Ask again.', code: 'not-known-yet' }, { status: 503 })

let world: CommandWorld
afterEach(() => { world.dispose() })

/** Not known to anybody until `say` is called. Counts what is asked. */
function open(random?: () => number) {
  world = new CommandWorld(random)
  const me = world.answers.get('auth/me')!
  const asked = { me: 0, nodes: 0 }
  world.answers.set('auth/me', () => {
    asked.me += 1
    return notKnownYet()
  })
  world.answers.set('nodes', () => {
    asked.nodes += 1
    return Response.json({ success: true, data: [{ id: A }] })
  })
  return { page: world.mount(Dashboard), asked, say: () => { world.answers.set('auth/me', me) } }
}

it.each([
  ['at the least', () => 0, [6, 7, 10]],
  ['at the most', () => 0.999_999, [2, 5, 7]],
])('who is here is asked a few times in the first minute, and every 12 to 17 s from then on, with waits %s', async (_, random, counts) => {
  const { page, asked } = open(random)
  const seen: number[] = []
  for (const seconds of [2, 13, 45]) {
    await world.pass(seconds * 1_000)
    seen.push(asked.me)
  }
  expect(seen).toEqual(counts)
  await world.pass(120_000)
  expect(asked.me - counts[2]!).toBeOneOf([7, 10])
  page.unmount()
})

describe('the Dashboard', () => {
  const shows = (page: ReturnType<typeof open>['page']) => [
    page.text().includes('Signed in as W5GLE'), page.find('.session button[aria-haspopup]').exists(), page.findComponent(ConnectPanel).exists(),
  ]

  it('shows the nodes, and says neither that somebody is signed in nor that nobody is', async () => {
    const { page } = open()
    await world.pass(100)
    expect(page.findComponent(NodeSection).props('nodeId')).toBe(A)
    expect(shows(page)).toEqual([false, false, false])
    expect(page.find('.session').exists()).toBe(false)
    expect(page.find('[role="alert"]').exists()).toBe(false)
    page.unmount()
  })

  it('is right with the next answer, whoever it is, and asks anew for the nodes of whoever is signed in', async () => {
    const { page, asked, say } = open()
    await world.pass(100)
    expect(asked.nodes).toBe(1)
    say()
    await world.pass(1_000)
    expect(shows(page)).toEqual([true, false, true])
    expect(asked.nodes).toBe(2)
    world.user = null
    await useSessionStore(world.pinia).check()
    await world.settle()
    expect(shows(page)).toEqual([false, true, false])
    page.unmount()
  })

  it('offers a visitor to sign in once it is known that he is one', async () => {
    const { page, say } = open()
    world.user = null
    await world.pass(100)
    expect(shows(page)).toEqual([false, false, false])
    say()
    await world.pass(1_000)
    expect(shows(page)).toEqual([false, true, false])
    page.unmount()
  })
})
