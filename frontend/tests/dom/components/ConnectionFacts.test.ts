import { enableAutoUnmount, mount } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import ConnectionFacts from '../../../src/components/ConnectionFacts.vue'
import { BLIP_MS } from '../../../src/components/settledConnection.ts'
import type { ConnectionState, PauseReason } from '../../../src/services/connectionState.ts'
import { LIVE, NOW, OFFLINE, WAITING } from './samples.ts'

enableAutoUnmount(afterEach)

type Props = InstanceType<typeof ConnectionFacts>['$props']
function facts(props: Partial<Props> = {}) {
  const wrapper = mount(ConnectionFacts, {
    attachTo: document.body,
    props: {
      id: '546051',
      connection: LIVE,
      reach: 'up',
      reachReason: null,
      reachSince: NOW - 60_000,
      heardAt: NOW - 3_000,
      transport: 'socket',
      now: NOW,
      ...props,
    },
  })
  const told = (fact: string) =>
    wrapper
      .get(`[data-fact="${fact}"]`)
      .text()
      .replace(/^\w+: /, '')
  return { wrapper, told, said: () => wrapper.get('[role="status"]').text() }
}
const connecting = (attempt: number): ConnectionState => ({ status: 'connecting', since: NOW, attempt })
const paused = (why: PauseReason): ConnectionState => ({ ...OFFLINE, why }) as ConnectionState
const DOWN = { reach: 'down', reachReason: { code: 'ami-no-answer', message: 'No answer within 5 s.' } } as const

describe('the socket', () => {
  it.each<[ConnectionState, string]>([
    [{ status: 'idle' }, 'Not watched'],
    [connecting(1), 'Connecting…'],
    [connecting(4), 'Connecting… (try 4)'],
    [LIVE, 'Connected'],
    [WAITING, 'Reconnecting in 7 s (try 3)'],
    [{ ...WAITING, until: NOW - 1 } as ConnectionState, 'Reconnecting now (try 3)'],
    [paused('offline'), 'Paused: this device is offline'],
    [paused('hidden'), 'Paused: page in the background'],
    [paused('needs-auth'), 'Paused: please sign in'],
    [paused('flag-off'), 'Not used: polling instead'],
    [paused('refused'), 'Paused: the server refused'],
    [{ status: 'closed' }, 'Closed'],
  ])('%o is told as "%s"', (connection, words) => {
    expect(facts({ connection }).told('socket')).toBe(words)
  })

  it('says why it is not live and what to do, and offers to retry', async () => {
    for (const [connection, why] of [
      [WAITING, 'The server closed the connection. The page retries by itself; if that keeps failing, check that any proxy in front lets WebSockets through.'],
      [OFFLINE, 'This device says that it is offline.'],
    ] as const) {
      const { wrapper } = facts({ connection })
      expect(wrapper.get('.reason').text()).toBe(why)
      await wrapper.get('button').trigger('click')
      expect(wrapper.emitted('retry')).toHaveLength(1)
    }
  })

  it('offers no Retry for what is no node number', () => {
    const { wrapper } = facts({ connection: { status: 'paused', why: 'refused', wake: 'retry', reason: { code: 'bad-node', message: 'This is not a node number.' } } })
    expect(wrapper.get('.reason').text()).toBe('This is not a node number. Check the number.')
    expect(wrapper.find('button').exists()).toBe(false)
  })

  it('keeps the focus on Retry while it is tried, without sending twice, and leaves it to the facts when there is nothing to retry', async () => {
    const { wrapper } = facts({ connection: WAITING })
    const retry = wrapper.get<HTMLButtonElement>('button')
    const at = () => document.activeElement
    retry.element.focus()
    await retry.trigger('click')
    await wrapper.setProps({ connection: connecting(4) })
    expect([at() === retry.element, retry.attributes('aria-disabled')]).toEqual([true, 'true'])
    await retry.trigger('click')
    expect(wrapper.emitted('retry')).toHaveLength(1)
    await wrapper.setProps({ connection: WAITING })
    expect([at() === retry.element, retry.attributes('aria-disabled')]).toEqual([true, 'false'])
    await wrapper.setProps({ connection: connecting(5) })
    await wrapper.setProps({ connection: LIVE })
    expect([wrapper.find('button').exists(), at() === wrapper.element]).toEqual([false, true])
    await wrapper.setProps({ connection: WAITING, now: NOW + BLIP_MS })
    await wrapper.setProps({ connection: connecting(6) })
    expect([wrapper.find('button').exists(), at() === wrapper.element]).toEqual([false, true])
  })

  it('says of a Retry that has failed, each time, that it did: what stands there is as before; and nothing of tries by themselves', async () => {
    const NOT_YET = 'Node 546051: still not connected.'
    const { wrapper, said } = facts({ connection: WAITING })
    async function tries(connection: ConnectionState): Promise<void> {
      await wrapper.setProps({ connection: connecting(4) })
      await wrapper.setProps({ connection })
    }
    await tries(WAITING)
    expect(said()).toBe('')
    for (let i = 0; i < 2; i += 1) {
      await wrapper.get('button').trigger('click')
      expect(said()).toBe('')
      await tries(WAITING)
      expect(said()).toBe(NOT_YET)
    }
    await wrapper.setProps({ connection: paused('refused') })
    await wrapper.get('button').trigger('click')
    await tries(paused('refused'))
    expect(said()).toBe(NOT_YET)
    await wrapper.get('button').trigger('click')
    await tries(paused('refused'))
    await wrapper.get('button').trigger('click')
    await tries(LIVE)
    expect(said()).toBe('Node 546051: connected.')
  })

  it('is no loss where the flag says to poll and polling works: nothing to explain, to retry or to announce', async () => {
    const { wrapper, told, said } = facts()
    await wrapper.setProps({ connection: paused('flag-off'), transport: 'polling' })
    expect([wrapper.find('.reason').exists(), wrapper.find('button').exists(), said()]).toEqual([false, false, ''])
    await wrapper.setProps({ stale: true })
    expect(told('socket')).toBe('Paused: live updates are switched off')
    expect(wrapper.find('.reason').exists()).toBe(true)
    expect(said()).toBe('Node 546051: connection lost.')
    await wrapper.setProps({ stale: false })
    expect(said()).toBe('Node 546051: connected again.')
  })

  it('comes back from there without a word, if it does at once', async () => {
    const { wrapper, told, said } = facts({ connection: paused('flag-off'), transport: 'polling' })
    await wrapper.setProps({ connection: connecting(1) })
    expect(told('socket')).toBe('Not used: polling instead')
    await wrapper.setProps({ connection: LIVE, transport: 'socket' })
    expect([told('socket'), said()]).toEqual(['Connected', ''])
  })

  it.each([LIVE, connecting(2), { status: 'idle' } as const, { status: 'closed' } as const])(
    '%o needs no retry',
    (connection) => {
      expect(facts({ connection }).wrapper.find('button').exists()).toBe(false)
    },
  )
})

describe('Asterisk', () => {
  it('answers, does not, or is not known', () => {
    expect(facts().told('asterisk')).toBe('Answering')
    expect(facts({ ...DOWN, reachSince: NOW - 185_000 }).told('asterisk')).toBe(
      'Not answering for 3 min: No answer within 5 s. If this persists, check its console and load.',
    )
    expect(facts({ ...DOWN, reachSince: null }).told('asterisk')).toBe('Not answering: No answer within 5 s. If this persists, check its console and load.')
    expect(facts({ ...DOWN, reachSince: null, hideReachReason: true }).told('asterisk')).toBe('Not answering')
    expect(facts({ reach: 'unknown' }).told('asterisk')).toBe('Unknown')
  })

  it('is not said to come by polling when polling brings nothing, and its age is not guessed', () => {
    const polled = { heardAt: NOW - 15_000, transport: 'polling' } as const
    expect(facts(polled).told('data')).toBe('Heard 15 s ago (by polling)')
    expect(facts({ ...polled, stale: true }).told('data')).toBe('Data is 15 s old')
    expect(facts({ heardAt: NOW - 15_000, ageUnknown: true }).told('data')).toMatch(/^Age unknown/)
  })

  it('is not called answering on the word of old data', () => {
    expect(facts({ stale: true }).told('asterisk')).toBe('Unknown (was answering)')
  })

  it('and the socket are told apart: a live socket to a dead Asterisk', () => {
    const { told } = facts(DOWN)
    expect(told('socket')).toBe('Connected')
    expect(told('asterisk')).toContain('Not answering')
  })
})

describe('the data', () => {
  it.each<[number | null, string]>([
    [null, 'Nothing heard yet'],
    [NOW, 'Heard just now'],
    [NOW + 500, 'Heard just now'],
    [NOW - 4_999, 'Heard just now'],
    [NOW - 9_999, 'Heard 5 s ago'],
    [NOW - 59_000, 'Heard 55 s ago'],
    [NOW - 130_000, 'Data is 2 min old'],
    [NOW - 7_300_000, 'Data is 2 h old'],
    [NOW - 200_000_000, 'Data is 2 days old'],
  ])('heard at %s: "%s"', (heardAt, words) => {
    expect(facts({ heardAt }).told('data')).toBe(words)
  })

  it('is old as soon as it is stale, and says when it comes by polling', () => {
    expect(facts({ heardAt: NOW - 4_000, stale: true }).told('data')).toBe('Data is 4 s old')
    expect(facts({ transport: 'polling' }).told('data')).toBe('Heard just now (by polling)')
  })
})

describe('the moment that an age counts from', () => {
  const moment = (props: Partial<Props>, fact: string) => facts(props).wrapper.find(`[data-fact="${fact}"] [title]`).attributes('title')
  const clock = (ms: number) => new Date(ms).toLocaleTimeString('en-US')

  it('can be had in the viewer\'s own way', () => {
    expect(moment({ heardAt: NOW - 3_000 }, 'data')).toBe(`Last heard at ${clock(NOW - 3_000)}`)
    expect(moment({ ...DOWN, reachSince: NOW - 185_000 }, 'asterisk')).toBe(`Since ${clock(NOW - 185_000)}`)
  })

  it.each<[Partial<Props>, string]>([
    [{ heardAt: null }, 'data'],
    [{}, 'asterisk'],
    [{}, 'socket'],
    [{ ...DOWN, reachSince: null }, 'asterisk'],
    [{ ...DOWN, reachSince: 1e300 }, 'asterisk'],
  ])('is left out where there is none: %o', (props, fact) => {
    expect(facts(props).wrapper.find(`[data-fact="${fact}"] [title]`).exists()).toBe(false)
  })
})

describe('a blip', () => {
  it('is not told: words and button stay until it has lasted', async () => {
    const { wrapper, told, said } = facts()
    await wrapper.setProps({ connection: WAITING })
    await wrapper.setProps({ connection: connecting(2), now: NOW + 1_000 })
    expect(told('socket')).toBe('Connected')
    expect(wrapper.find('button').exists()).toBe(false)
    await wrapper.setProps({ connection: { ...LIVE, since: NOW + 1_500 }, now: NOW + 2_000 })
    expect(told('socket')).toBe('Connected')
    expect(said()).toBe('')
  })

  it('that lasts becomes a loss, however often it changes between trying and waiting', async () => {
    const { wrapper, told, said } = facts()
    await wrapper.setProps({ connection: connecting(1) })
    await wrapper.setProps({ connection: WAITING, now: NOW + BLIP_MS - 1 })
    expect(told('socket')).toBe('Connected')
    await wrapper.setProps({ now: NOW + BLIP_MS })
    expect(told('socket')).toBe('Reconnecting in 5 s (try 3)')
    expect(said()).toBe('Node 546051: connection lost.')
  })

  it('has no patience with a pause, which does not end by itself', async () => {
    const { wrapper, told } = facts()
    await wrapper.setProps({ connection: OFFLINE })
    expect(told('socket')).toBe('Paused: this device is offline')
  })

  it('starts no memory for the first connection, nor carries one to another node', async () => {
    expect(facts({ connection: WAITING }).told('socket')).toContain('Reconnecting')
    const { wrapper, told } = facts()
    await wrapper.setProps({ id: '2000', connection: connecting(1) })
    expect(told('socket')).toBe('Connecting…')
  })
})

describe('what a screen reader is told', () => {
  it('is changes only: no counting seconds, no second try', async () => {
    const { wrapper, said } = facts({ connection: connecting(1), heardAt: null, reach: 'unknown' })
    expect(said()).toBe('')
    await wrapper.setProps({ connection: LIVE, reach: 'up', heardAt: NOW })
    expect(said()).toBe('Node 546051: connected.')
    await wrapper.setProps({ connection: WAITING })
    await wrapper.setProps({ now: NOW + 3_000 })
    expect(said()).toBe('Node 546051: connection lost.')
    for (let i = 4; i < 10; i++) {
      await wrapper.setProps({ connection: i % 2 ? WAITING : connecting(i), now: NOW + i * 1_000 })
      expect(said()).toBe('Node 546051: connection lost.')
    }
    await wrapper.setProps({ connection: { ...LIVE, since: NOW + 10_000 } })
    expect(said()).toBe('Node 546051: connected again.')
  })

  it('hears of Asterisk going and coming', async () => {
    const { wrapper, said } = facts()
    await wrapper.setProps(DOWN)
    expect(said()).toBe('Node 546051: Asterisk is not answering. No answer within 5 s. If this persists, check its console and load.')
    await wrapper.setProps({ reach: 'unknown', reachReason: null })
    await wrapper.setProps({ reach: 'up' })
    expect(said()).toBe('Node 546051: Asterisk is answering again.')
  })

  it('does not hold the ageing text in a live region', () => {
    const { wrapper } = facts()
    const live = wrapper.findAll('[aria-live], [role="status"], [role="alert"]')
    expect(live).toHaveLength(1)
    expect(live[0]!.text()).toBe('')
    expect(wrapper.get('[data-fact="data"]').element.closest('[aria-live]')).toBeNull()
  })
})
