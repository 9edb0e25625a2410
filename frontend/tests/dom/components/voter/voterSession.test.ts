/** A session that ended on another tab, on a page that shows nothing but a voter. */
import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defineComponent, h } from 'vue'
import SessionBar from '../../../../src/components/SessionBar.vue'
import Voter from '../../../../src/components/Voter.vue'
import { useRealTimeStore } from '../../../../src/stores/realTime.ts'
import { A, B, CommandWorld } from '../../support/commandWorld.ts'

const Page = defineComponent({
  props: { nodes: { type: Array<string>, default: () => [A] } },
  setup: (props) => () => [h(SessionBar), h(Voter, { nodes: props.nodes })],
})
const HERE = 'Signed in as W5GLE'

describe('who is here, where a voter alone is shown', () => {
  let world: CommandWorld
  let page: VueWrapper
  /** Questions of who is here. */
  let asked: number
  let answered: boolean
  beforeEach(async () => {
    world = new CommandWorld()
    const me = world.answers.get('auth/me')!
    world.answers.set('auth/me', (...question) => {
      asked += 1
      return answered ? me(...question) : Response.json({ success: false }, { status: 503 })
    })
    answered = true
    world.gateway.node(A).vote({ North: 90 }, 'North')
    page = world.mount(Page)
    await world.pass(3_000)
    expect(who()).toBe(HERE)
    asked = 0
  })
  afterEach(() => {
    page.unmount()
    world.dispose()
  })

  /** As the page says it. */
  const who = () => page.get('.session .who, .session button').text()
  /** On another tab, where strangers may not read. */
  function become(name: string | null): void {
    world.user = name
    if (name === null) {
      world.gateway.net.refuse(4401)
      world.answers.set('nodes/voter/status', () => Response.json({ success: false, code: 'not-signed-in', message: 'Sign in first.' }, { status: 401 }))
    } else {
      world.gateway.net.mend()
      world.answers.delete('nodes/voter/status')
    }
  }

  it('is learnt from the refusal, once, and the page offers to sign in', async () => {
    become(null)
    await world.pass(10_000)
    expect(who()).toBe('Sign in')
    await world.pass(180_000)
    expect(asked).toBe(1)
  })

  it.each([
    ['two voters', false],
    ['two voters and two nodes', true],
  ])('is asked for once a minute, where %s are refused to somebody who is signed in', async (_what, withNodes) => {
    await page.setProps({ nodes: [A, B] })
    if (withNodes) void useRealTimeStore(world.pinia).syncMonitoringForSelection([A, B])
    await world.pass(3_000)
    world.gateway.net.refuse(4401)
    await world.pass(50_000)
    expect([who(), asked]).toEqual([HERE, 1])
  })

  it('is asked for again where that was not answered, until it is', async () => {
    answered = false
    become(null)
    await world.pass(50_000)
    expect([who(), asked > 1]).toEqual([HERE, true])
    answered = true
    await world.pass(17_001)
    expect(who()).toBe('Sign in')
    const before = asked
    await world.pass(180_000)
    expect(asked).toBe(before)
  })

  it('is asked for once a minute at most where a socket is refused to somebody who is signed in', async () => {
    world.gateway.net.refuse(4401)
    await world.pass(180_000)
    expect([who(), asked > 0, asked <= 4]).toEqual([HERE, true, true])
  })

  it('is learnt within a minute where the session ends while its socket is refused anyway', async () => {
    world.gateway.net.refuse(4401)
    await world.pass(90_000)
    expect(who()).toBe(HERE)
    become(null)
    await world.pass(60_000)
    expect(who()).toBe('Sign in')
  })

  it('is learnt again of the next one, however soon his session ends', async () => {
    become(null)
    await world.pass(10_000)
    become('KB4FXC')
    world.gateway.signal('visible')
    await world.pass(5_000)
    expect(who()).toBe('Signed in as KB4FXC')
    become(null)
    await world.pass(10_000)
    expect(who()).toBe('Sign in')
  })
})
