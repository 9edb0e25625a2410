/** What Supermon-NG's pages import to ask the server: polling, requests, batches and the token, without any plug-in installed. */
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { effectScope, isRef, watchEffect } from 'vue'
import * as compat from '../../../src/compat.ts'
import type { PollingState } from '../../../src/compat.ts'
import { useSessionStore } from '../../../src/stores/session.ts'
import { pass } from '../../unit/support/scriptedEnv.ts'
import { A, CompatWorld } from '../support/compatWorld.ts'

vi.mock('../../../src/env/browserEnv.ts', { spy: true })

describe('supermon-live/compat', () => {
  let world: CompatWorld
  beforeEach(() => { world = new CompatWorld() })
  afterEach(() => { world.end() })

  describe('usePolling', () => {
    it('asks what addJob gave it, one turn after the other, stops when told, and ends with the scope it was called in', async () => {
      const scope = effectScope()
      const { start, stop, addJob, state } = scope.run(() => compat.usePolling({ activeInterval: 500, maxRetries: 3 }))!
      let asked = 0
      start()
      await pass(1_001)
      const leave = addJob(() => { asked += 1 })
      await pass(1_001)
      expect(asked).toBe(3)
      expect(state.value).toMatchObject({ isActive: true, isConnected: true, currentInterval: 500, retryCount: 0 })
      leave()
      addJob(() => Promise.reject(new Error('no')))
      await pass(501)
      expect(state.value).toMatchObject({ isConnected: false, retryCount: 1, errorCount: 1 })
      world.env.signal('hidden')
      expect(state.value).toMatchObject({ isVisible: false, currentInterval: 10_000 })
      stop()
      expect(state.value.isActive).toBe(false)
      start()
      scope.stop()
      await pass(5_000)
      expect(asked).toBe(3)
      expect([vi.getTimerCount(), world.env.listeners.size, world.env.activity.size]).toEqual([0, 0, 0])
    })

    it('takes another configuration at once, also while it is stopped, and its state says so', async () => {
      const service = new compat.PollingService({ activeInterval: 500 })
      const told: PollingState[] = []
      service.subscribe((state) => told.push(state))
      service.updateConfig({ activeInterval: 200 })
      expect([service.getState().currentInterval, told.at(-1)?.currentInterval]).toEqual([200, 200])
      let asked = 0
      service.addJob(() => { asked += 1 })
      await pass(1_000)
      expect(asked).toBe(0)
      service.start()
      await pass(1_001)
      expect(asked).toBe(6)
      service.updateConfig({ activeInterval: 100 })
      await pass(1_001)
      expect(asked).toBe(17)
      service.destroy()
    })

    it('tells who listens whether the page can be seen, and listens to it only meanwhile', () => {
      const service = new compat.PollingService()
      const seen: boolean[] = []
      const leave = service.onVisibilityChange((visible) => { seen.push(visible) })
      world.env.signal('hidden')
      world.env.signal('visible')
      leave()
      world.env.signal('hidden')
      expect(seen).toEqual([false, true])
      expect(world.env.listeners.size).toBe(0)
    })
  })

  describe('makeRequest', () => {
    it('is one request for all who ask for the same while it is on its way, for its ttl at most', async () => {
      const service = new compat.PollingService()
      let made = 0
      const ask = () => service.makeRequest('nodes', () => Promise.resolve(++made))
      expect(await Promise.all([ask(), ask()])).toEqual([1, 1])
      expect(await ask()).toBe(2)
      expectTypeOf(ask).returns.resolves.toBeNumber()

      const hung = () => service.makeRequest('slow', () => { made += 1; return new Promise<never>(() => undefined) }, 1_000)
      void hung()
      void hung()
      expect(made).toBe(3)
      await pass(1_001)
      void hung()
      expect(made).toBe(4)
    })

    it('tries a failed one again, later and later, and counts; the state is good again when it works', async () => {
      const service = new compat.PollingService({ activeInterval: 1_000, backoffMultiplier: 3, maxBackoffInterval: 8_000, maxRetries: 2 })
      const tries: number[] = []
      let works = false
      const ask = () => service.makeRequest('nodes', () => {
        tries.push(Date.now() - 1_800_000_000_000)
        return works ? Promise.resolve('good') : Promise.reject(new Error('network'))
      })
      const refused = expect(ask()).rejects.toThrow('network')
      await pass(1)
      expect(service.getState()).toMatchObject({ retryCount: 1, errorCount: 1, currentInterval: 3_000 })
      await pass(20_000)
      await refused
      // Chance is a half here: waits of 3 s and 8 s, cut by a quarter.
      expect(tries).toEqual([0, 2_250, 8_250])
      expect(service.getState()).toMatchObject({ retryCount: 3, errorCount: 3, currentInterval: 8_000 })
      const good = ask()
      works = true
      await pass(10_000)
      expect(await good).toBe('good')
      expect(service.getState()).toMatchObject({ retryCount: 0, errorCount: 4, currentInterval: 1_000 })
      service.updateConfig({ maxRetries: 0 })
      works = false
      await expect(ask()).rejects.toThrow('network')
      expect(service.getState().errorCount).toBe(5)
    })

    it('goes on with nothing after destroy, and shares nothing with the next user', async () => {
      const service = new compat.PollingService()
      let made = 0
      const ask = () => service.makeRequest('me', () => { made += 1; return new Promise<never>(() => undefined) })
      void ask()
      compat.useRealTimeStore().clearCache()
      void ask()
      expect(made).toBe(2)
      const failing = expect(service.makeRequest('x', () => { made += 1; return Promise.reject(new Error('network')) })).rejects.toThrow('network')
      await pass(1)
      service.destroy()
      expect(vi.getTimerCount()).toBe(0)
      await failing
      expect(made).toBe(3)
    })
  })

  it('useBatchRequests answers everybody who asks, and a part that fails is null', async () => {
    const batches = compat.useBatchRequests({ maxBatchSize: 5, batchDelay: 25 })
    const [one, two] = [batches.batchRealTimeUpdate([A]), batches.batchRealTimeUpdate(['546055'])]
    await pass(30)
    expect(await one).toEqual(await two)
    expect(world.env.fetches.map(({ url }) => new URL(url).searchParams.get('nodes'))).toEqual([`${A},546055`])
    const { respond } = world.env
    world.env.respond = (url) => (url.endsWith('astdb/health') ? Promise.reject(new TypeError('network')) : respond(url))
    expect(await batches.batchInitialization()).toMatchObject({ nodes: { success: true }, config: { success: true }, astdbHealth: null })
    expect(await batches.batchInitialization({ skipNodesConfig: true })).toMatchObject({ config: null })
    expect(batches.getCacheStats()).toEqual({ size: 2, entries: ['["nodes",[]]', '["config/nodes",[]]'], inFlight: 0 })
    await pass(5_001)
    expect(batches.getCacheStats()).toEqual({ size: 0, entries: [], inFlight: 0 })
    batches.clearCache()
    expect(batches.getCacheStats()).toEqual({ size: 0, entries: [], inFlight: 0 })
  })

  it('addRequest asks without what has no value', async () => {
    await compat.useBatchRequests().addRequest({ endpoint: 'nodes/ami/status', params: { nodes: A, perm: null, page: undefined, flat: false } })
    expect(world.env.fetches.map(({ url }) => new URL(url).search)).toEqual([`?nodes=${A}&flat=false`])
  })

  it('addRequest adds what it is given to a query that stands in the endpoint', async () => {
    await compat.useBatchRequests().addRequest({ endpoint: `nodes/ami/status?nodes=${A}`, params: { flat: true } })
    expect(world.env.fetches.map(({ url }) => new URL(url).search)).toEqual([`?nodes=${A}&flat=true`])
  })

  it('addRequest takes endpoints as Supermon-NG writes them, with a slash before them; with and without are one question', async () => {
    const { addRequest } = compat.useBatchRequests()
    await addRequest({ endpoint: '/nodes', method: 'GET', priority: 'high', ttl: 10_000 })
    await addRequest({ endpoint: 'nodes' })
    await addRequest({ endpoint: `/nodes/ami/status?nodes=${A}`, params: {} })
    await addRequest({ endpoint: '/nodes/connect', method: 'POST', params: { localnode: A } })
    const base = 'http://gateway.test/supermon-ng/api/v1/'
    expect(world.env.fetches.map(({ url }) => url)).toEqual(['nodes', `nodes/ami/status?nodes=${A}`, 'csrf-token', 'nodes/connect'].map((path) => base + path))
  })

  it('addRequest sends what changes something as it is: its method, a JSON body, the token; each time, and once more for a token refused', async () => {
    const batches = compat.useBatchRequests()
    const answers = [
      Response.json({ success: false, message: 'CSRF token validation failed. Please refresh the page and try again.' }, { status: 403 }),
      Response.json({ success: true, message: 'linked' }),
      Response.json({ success: true }),
      Response.json({ success: false, error: 'Not allowed' }, { status: 403 }),
    ]
    let token = 0
    world.env.respond = (url) => Promise.resolve(url.endsWith('csrf-token') ? Response.json({ success: true, csrf_token: `token-${++token}` }) : answers.shift()!)
    const order = { endpoint: 'nodes/connect', method: 'POST', params: { localnode: A, remotenode: '2000', perm: null }, priority: 'high' } as const
    expect(await batches.addRequest(order)).toEqual({ success: true, message: 'linked' })
    const posts = world.env.fetches.filter(({ url }) => url.endsWith('/api/v1/nodes/connect'))
    expect(posts.map(({ init }) => [init?.method, init?.body, new Headers(init?.headers).get('x-csrf-token')])).toEqual([
      ['POST', JSON.stringify(order.params), 'token-1'],
      ['POST', JSON.stringify(order.params), 'token-2'],
    ])
    await batches.addRequest({ ...order, endpoint: 'config/display', method: 'PUT' })
    expect(world.env.fetches.at(-1)?.init?.method).toBe('PUT')
    await expect(batches.addRequest(order)).rejects.toThrow('Not allowed')
    expect(batches.getCacheStats()).toEqual({ size: 0, entries: [], inFlight: 0 })
  })

  it('a batch gives nobody what was answered to the user before, nor what was asked for him', async () => {
    const batches = compat.useBatchRequests()
    let user = 'one'
    const held: (() => void)[] = []
    world.env.respond = () => new Promise((resolve) => { const mine = user; held.push(() => { resolve(Response.json({ success: true, user: mine })) }) })
    const ask = () => batches.addRequest({ endpoint: 'config/user/preferences' })
    const [first, shared] = [ask(), ask()]
    compat.useRealTimeStore().clearCache()
    user = 'two'
    const second = ask()
    for (const answer of held) answer()
    expect([await first, await shared, await second]).toEqual([{ success: true, user: 'one' }, { success: true, user: 'one' }, { success: true, user: 'two' }])
    expect(await ask()).toEqual({ success: true, user: 'two' })
    expect(world.env.fetches).toHaveLength(2)
  })

  it('useCsrfToken, getCsrfService, addRequest and the commands of the store share one token, fetched once', async () => {
    const { getToken, getTokenSync, clearToken, getTokenInfo } = compat.useCsrfToken()
    expect(getTokenInfo()).toMatchObject({ hasToken: false, isValid: false })
    await Promise.all([getToken(), getToken(), compat.getCsrfService().getToken()])
    expect(getTokenSync()).toBe('b'.repeat(64))
    await compat.useRealTimeStore().connectNode(A, '2000').catch(() => null)
    await compat.useBatchRequests().addRequest({ endpoint: 'nodes/monitor', method: 'POST' })
    expect(world.env.fetches.filter(({ url }) => url.endsWith('csrf-token'))).toHaveLength(1)
    clearToken()
    expect(compat.getCsrfService().getTokenSync()).toBeNull()
  })

  it('tokenInfo tells what is, whoever fetched or dropped the token, and what shows it follows within a second', async () => {
    const { tokenInfo, getToken } = compat.useCsrfToken()
    const shown: boolean[] = []
    const scope = effectScope()
    scope.run(() => { watchEffect(() => { shown.push(tokenInfo.value.isValid) }, { flush: 'sync' }) })
    await getToken()
    expect([isRef(tokenInfo), tokenInfo.value.hasToken, compat.useCsrfToken().tokenInfo.value.hasToken]).toEqual([true, true, true])
    void compat.useRealTimeStore().startMonitoring(A)
    await pass(5_000)
    compat.useRealTimeStore().clearCache()
    expect(tokenInfo.value).toEqual({ hasToken: false, isValid: false, timeUntilExpiry: 0, timeUntilRefresh: 0 })
    await pass(1_000)
    expect(shown).toEqual([false, true, false])
    scope.stop()
  })

  it('the token is dropped when somebody signs in or out, by this page or by the store being told', async () => {
    const { getToken, getTokenSync } = compat.useCsrfToken()
    await getToken()
    compat.useRealTimeStore().clearCache()
    expect(getTokenSync()).toBeNull()
    await getToken()
    let user: string | null = 'W5GLE'
    world.env.respond = () => Promise.resolve(Response.json({ success: true, csrf_token: 'c', data: { user: user === null ? null : { name: user } } }))
    const session = useSessionStore()
    await session.signIn('W5GLE', 'secret')
    expect(getTokenSync()).toBeNull()
    await getToken()
    user = null
    await session.signOut()
    expect(getTokenSync()).toBeNull()
  })

  it('a token is asked for again when the way or the server fails, not when it says no, as often as updateConfig says', async () => {
    const { getToken, updateConfig } = compat.useCsrfToken({ maxRetries: 1, retryDelay: 1_000 })
    world.env.respond = () => Promise.reject(new TypeError('network'))
    const asked = () => world.env.fetches.length
    const failing = expect(getToken()).rejects.toThrow('cannot be reached')
    await pass(10_000)
    await failing
    expect(asked()).toBe(2)
    updateConfig({ maxRetries: 2 })
    let left = 2
    world.env.respond = () => Promise.resolve(left-- > 0 ? Response.json({ success: false }, { status: 503 }) : Response.json({ success: true, csrf_token: 'c' }))
    const working = getToken()
    await pass(10_000)
    expect([await working, asked()]).toEqual(['c', 5])
    compat.getCsrfService().clearToken()
    world.env.respond = () => Promise.resolve(Response.json({ success: false }, { status: 401 }))
    await expect(getToken()).rejects.toThrow('401')
    expect(asked()).toBe(6)
  })
})
