/** The Dashboard while its sockets come and go: what is over before anybody could read it is not told. */
import { mount } from '@vue/test-utils'
import type { VueWrapper } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFakeGateway } from '../../src/testing.ts'
import type { FakeGateway } from '../../src/testing.ts'
import Dashboard from '../../src/views/Dashboard.vue'

const A = '546051'

describe('a node that has been quiet for a while', () => {
  let gateway: FakeGateway
  let page: VueWrapper
  beforeEach(async () => {
    gateway = createFakeGateway({ nodes: { [A]: { callsign: 'W5GLE' } } })
    page = mount(Dashboard, { global: { plugins: [gateway.plugin, createPinia()] } })
    await gateway.settle()
    await gateway.clock.advance(25_000)
  })
  afterEach(() => { page.unmount() })

  const seen = () => ({
    socket: page.get('[data-fact="socket"]').text(),
    asterisk: page.get('[data-fact="asterisk"]').text(),
    data: page.get('[data-fact="data"]').text(),
    stale: page.find('[data-stale]').exists(),
    header: page.get('.summary').text(),
    retry: page.find('.retry').exists(),
  })
  const WELL = { socket: 'Socket: Connected', asterisk: 'Asterisk: Answering', stale: false, header: '1 node · live', retry: false }
  /** Everything that the page was in `ms`, looked at ten times a second. */
  async function watch(ms: number) {
    const looks = []
    for (let passed = 0; passed < ms; passed += 100) {
      await gateway.clock.advance(100)
      looks.push(seen())
    }
    return looks
  }
  async function cutFor(ms: number) {
    gateway.net.cut(A)
    const looks = await watch(ms)
    gateway.net.mend(A)
    return looks
  }

  it('shows nothing of a socket that is gone for 1.9 s', async () => {
    expect(seen()).toMatchObject(WELL)
    const opened = gateway.sockets
    const looks = await cutFor(1_400)
    expect([opened, gateway.sockets]).toEqual([1, 0])
    looks.push(...await watch(500))
    expect(gateway.sockets).toBe(1)
    for (const look of looks) expect(look).toMatchObject(WELL)
    for (const look of await watch(5_000)) expect(look).toMatchObject(WELL)
  })

  it('shows one that stays away: first that it reconnects, then, when polling brings nothing either, that all is old', async () => {
    gateway.net.cutHttp()
    const looks = await cutFor(6_000)
    const firstAt = (told: (look: ReturnType<typeof seen>) => boolean) => (looks.findIndex(told) + 1) * 100
    const reconnecting = firstAt(({ socket }) => /Reconnecting|Connecting/.test(socket))
    expect(reconnecting).toBeGreaterThanOrEqual(2_000)
    expect(reconnecting).toBeLessThanOrEqual(3_500)
    const stale = firstAt((look) => look.stale)
    expect(stale).toBeGreaterThan(3_000)
    expect(stale).toBeLessThanOrEqual(6_000)
    expect(looks.at(-1)).toMatchObject({ asterisk: 'Asterisk: Unknown (was answering)', stale: true, header: 'Node not live' })
    gateway.net.mend()
    await gateway.clock.advance(20_000)
    expect(seen()).toMatchObject(WELL)
  })

  it('is current again from the first poll on, and stays so between polls', async () => {
    const looks = await cutFor(12_000)
    const polled = looks.findIndex(({ data }) => data.includes('by polling'))
    expect(polled).toBeGreaterThan(0)
    for (const { stale } of looks.slice(polled)) expect(stale).toBe(false)
  })
})
