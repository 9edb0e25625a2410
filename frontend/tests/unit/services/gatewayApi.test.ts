/** The HTTP side at its border: what is late, what is refused, what is half understood. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../../protocol/statusRow.ts'
import type { Diagnostic } from '../../../src/services/diagnostics.ts'
import { GatewayApi } from '../../../src/services/gatewayApi.ts'
import { LiveClient } from '../../../src/services/liveClient.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv } from '../support/scriptedEnv.ts'

const NODE = '546051'

describe('the HTTP side', () => {
  let env: ScriptedEnv
  let api: GatewayApi
  let diagnostics: Diagnostic[]

  beforeEach(() => {
    holdTime()
    env = scriptedEnv()
    diagnostics = []
    api = new GatewayApi(env, (each) => diagnostics.push(each))
  })
  afterEach(() => { vi.useRealTimers() })

  /** As `fetch` does it: never answers, and ends when it is told to. */
  const hang = (_url: string, init?: RequestInit) =>
    new Promise<Response>((_resolve, reject) => {
      init?.signal?.addEventListener('abort', () => { reject(new DOMException('aborted', 'AbortError')) })
    })

  it('does not wait for ever: each question has 10 s, one for a ticket 8, its answer to the last byte included', async () => {
    const halfAnswer = (_url: string, init?: RequestInit) =>
      Promise.resolve(new Response(new ReadableStream({
        start: (body) => { init?.signal?.addEventListener('abort', () => { body.error(new DOMException('aborted', 'AbortError')) }) },
      })))
    for (const respond of [hang, halfAnswer]) {
      env.respond = respond
      const questions: [number, () => Promise<unknown>][] = [
        [10_000, () => api.nodes()],
        [10_000, () => api.csrfToken()],
        [10_000, () => api.get('nodes/voter/status?node=1')],
        [8_000, () => api.websocketToken(NODE)],
      ]
      for (const [deadline, ask] of questions) {
        const failed = vi.fn()
        ask().catch(failed)
        await pass(deadline - 1)
        expect(failed).not.toHaveBeenCalled()
        await pass(1)
        expect(failed).toHaveBeenCalledWith(expect.objectContaining({ code: 'no-answer', message: 'The server did not answer in time.' }))
      }
    }
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends a question that nobody waits for any more, and leaves no timer', async () => {
    env.respond = hang
    const aborter = new AbortController()
    const failed = vi.fn()
    api.amiStatus([NODE], aborter.signal).catch(failed)
    await pass(10)
    aborter.abort()
    expect(vi.getTimerCount()).toBe(0)
    await pass(0)
    expect(failed).toHaveBeenCalledOnce()
    api.amiStatus([NODE], aborter.signal).catch(failed)
    expect(env.fetches.at(-1)?.init?.signal?.aborted).toBe(true)
  })

  it.each([
    ['20', 20_000],
    ['Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
    ['Wed, 21 Oct 2026 06:00:00 GMT', 0],
    ['86400000', 300_000],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 300_000],
  ])('leaves a server alone for as long as Retry-After says, in seconds or as a date by its own clock: %s', async (said, ms) => {
    const headers = { 'retry-after': said, date: 'Wed, 21 Oct 2026 07:28:00 GMT' }
    for (const status of [429, 503]) {
      env.respond = () => Promise.resolve(new Response('', { status, headers }))
      await expect(api.nodes()).rejects.toMatchObject({ code: 'retry-after', retryAfterMs: ms })
    }
  })

  it('takes a Retry-After that it does not understand for a plain refusal', async () => {
    env.respond = () => Promise.resolve(Response.json({ message: 'busy' }, { status: 503, headers: { 'retry-after': 'soon' } }))
    await expect(api.nodes()).rejects.toMatchObject({ code: 'refused', message: 'busy' })
  })

  it('takes no row for a node that speaks of another one', async () => {
    const row = toStatusRow('2000', { ...EMPTY_NODE, reach: 'up' }, Date.now())
    env.respond = () => Promise.resolve(Response.json({ success: true, data: { [NODE]: row, 2000: row } }))
    const { rows, badRows } = await api.amiStatus([NODE, '2000'], new AbortController().signal)
    expect([[...rows.keys()], badRows]).toEqual([['2000'], [NODE]])
  })

  it('judges listed nodes one by one: one that is bad costs only itself, and is told', async () => {
    env.respond = () => Promise.resolve(Response.json({ success: true, data: [{ id: NODE, callsign: 'WB6NIL' }, null, { id: '2000', hideNodeURL: 'no' }, { id: 2001 }] }))
    expect((await api.nodes()).data.map(({ id }) => id)).toEqual([NODE, '2001'])
    expect(diagnostics).toMatchObject([{ code: 'node-not-understood', message: '2 of 4 nodes left out.' }])
  })

  it('does not say names twice: Supermon-NG repeats call sign and location in the description', async () => {
    const named = { callsign: 'WB6NIL', location: 'Los Angeles, CA' }
    const data = [
      { id: '2000', ...named, description: 'WB6NIL ASL Public Hub Los Angeles, CA', info: 'Los Angeles, CA' },
      { id: '2001', ...named, description: 'ASL Public Hub' },
      { id: '2002', ...named, description: 'WB6NIL Los Angeles, CA' },
      { id: '2003', callsign: null, location: '', description: 'Hub' },
      { id: '2004', ...named, description: 'WB6NILs hub' },
    ]
    env.respond = () => Promise.resolve(Response.json({ success: true, data }))
    expect((await api.nodes()).data.map(({ description }) => description)).toEqual([
      'ASL Public Hub', 'ASL Public Hub', null, 'Hub', 'WB6NILs hub',
    ])
  })
})

describe('HTTP that answers 401 in place of a node', () => {
  let env: ScriptedEnv
  let client: LiveClient
  let signedIn: boolean

  beforeEach(() => {
    holdTime()
    env = scriptedEnv()
    signedIn = false
    env.respond = () =>
      Promise.resolve(
        signedIn
          ? Response.json({ success: true, data: { [NODE]: toStatusRow(NODE, { ...EMPTY_NODE, reach: 'up' }, Date.now()) } })
          : Response.json({ success: false, error: 'Authentication required' }, { status: 401 }),
      )
    client = new LiveClient({ env })
  })
  afterEach(() => {
    client.dispose()
    vi.useRealTimers()
  })
  const state = () => client.sockets.getNodeState(NODE)

  it('ends in needs-auth, after a ticket was asked for', async () => {
    void client.ladder.watch(NODE)
    await pass(5)
    for (let i = 0; i < 60 && state().status !== 'paused'; i += 1) {
      env.held()[0]?.end()
      await pass(1_000)
    }
    expect(state()).toMatchObject({ status: 'paused', why: 'needs-auth', wake: 'signed-in', reason: { code: 'needs-auth' } })
    expect(env.fetches.some(({ url }) => url.endsWith('/websocket/token'))).toBe(true)
    const tries = env.sockets.length
    await pass(600_000)
    expect(env.sockets).toHaveLength(tries)
  })

  it('ends it when it answers again: somebody signed in on another tab', async () => {
    env.state.hasWebSocket = false
    void client.ladder.watch(NODE)
    await pass(5_000)
    expect(state()).toMatchObject({ why: 'needs-auth' })
    signedIn = true
    env.state.hasWebSocket = true
    await pass(31_000)
    expect(client.sockets.currentState(NODE)).toMatchObject({ reach: 'up' })
    expect(state()).not.toMatchObject({ why: 'needs-auth' })
    expect(env.sockets.length).toBeGreaterThan(0)
  })

  it('says nothing of who signs in before that answer comes', async () => {
    env.state.hasWebSocket = false
    signedIn = true
    void client.ladder.watch(NODE)
    await pass(5_000)
    const { respond } = env
    env.respond = () => new Promise((resolve) => { setTimeout(() => { resolve(Response.json({ success: false }, { status: 401 })) }, 300) })
    const asked = client.ladder.refresh([NODE]).catch(() => undefined)
    env.respond = respond
    client.userChanged()
    await pass(500)
    await asked
    expect(state()).toMatchObject({ why: 'refused', reason: { code: 'no-websocket' } })
    expect(client.userChanges).toBe(1)
  })

  it('is asked at once when somebody signs in here, however often it has failed', async () => {
    env.state.hasWebSocket = false
    void client.ladder.watch(NODE)
    await pass(120_000)
    const asked = env.fetches.length
    signedIn = true
    client.userChanged()
    await pass(10)
    expect(env.fetches).toHaveLength(asked + 1)
    expect(client.sockets.currentState(NODE)).toMatchObject({ reach: 'up' })
  })
})
