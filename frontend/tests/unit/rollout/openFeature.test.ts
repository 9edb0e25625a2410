/** The real OpenFeature web SDK over the real client: what a flag says holds for sockets. */
import { InMemoryProvider, NOOP_PROVIDER, OpenFeature, ProviderEvents, ProviderStatus } from '@openfeature/web-sdk'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../../protocol/statusRow.ts'
import { bindRollout, DOMAIN, RealtimeProvider } from '../../../src/rollout.ts'
import type { Rollout, RolloutOptions } from '../../../src/rollout.ts'
import { hello, snapshot } from '../support/frames.ts'
import { holdTime, pass } from '../support/scriptedEnv.ts'
import { browserMemory, json, settle, world } from './world.ts'
import type { World } from './world.ts'

const A = '546051'
const B = '2000'

let on: World
let rollout: Rollout

const rolloutEnv = () => ({ ...on.memory, afterPaint: () => undefined, beacon: () => true, browser: () => 'other' as const })
function bind(options: RolloutOptions = {}): Rollout {
  rollout = bindRollout({ client: on.client }, { env: rolloutEnv(), ...options })
  return rollout
}
const details = (key = 'realtime') => OpenFeature.getClient(DOMAIN).getBooleanDetails(key, true)
const transports = () => [A, B].map((node) => on.client.ladder.transportOf(node))
const inMemory = (flags: Record<string, boolean>) => Object.fromEntries(Object.entries(flags).map(([key, value]) =>
  [key, { variants: { on: true, off: false }, defaultVariant: value ? 'on' : 'off', disabled: false }]))

async function watchBoth(): Promise<void> {
  for (const node of [A, B]) void on.client.ladder.watch(node)
  await settle()
}
async function acceptAll(): Promise<void> {
  for (const socket of on.env.held()) {
    const node = socket.url.slice(socket.url.lastIndexOf('/') + 1)
    if (socket.readyState === 0) socket.accept()
    socket.say(hello())
    socket.say(snapshot(node))
  }
  await settle()
}

beforeEach(() => {
  holdTime()
  on = world({ topology: 'per-node' })
  on.rows = Object.fromEntries([A, B].map((id) => [id, toStatusRow(id, { ...EMPTY_NODE, reach: 'up' }, Date.now())]))
})
afterEach(async () => {
  on.end()
  await OpenFeature.clearProviders()
  vi.useRealTimers()
})

describe('sockets by the gateway\'s flag', () => {
  it('are opened once it says on, and nothing is said of them before', async () => {
    const states: string[] = []
    on.client.sockets.onNodeStateChange(A, ({ status }) => states.push(status))
    bind()
    void on.client.ladder.watch(A)
    expect(on.env.sockets).toHaveLength(0)
    await rollout.decided
    await settle()
    await acceptAll()
    expect([states, on.client.ladder.transportOf(A)]).toEqual([['connecting', 'live'], 'socket'])
  })

  it('are for everybody where the server has no flag, which is told no figures; one that has is told them', async () => {
    const beacon = vi.fn(() => true)
    const { serve } = on
    on.serve = () => Promise.resolve(json({ success: false }, { status: 404 }))
    bind({ env: { ...rolloutEnv(), beacon } })
    await rollout.decided
    await watchBoth()
    await acceptAll()
    expect(transports()).toEqual(['socket', 'socket'])
    // It is no gateway of ours, and would take up no offer.
    expect(on.env.sockets.map(({ offered }) => offered)).toEqual([[], []])
    await pass(150_000)
    expect(beacon).not.toHaveBeenCalled()
    on.serve = serve
    await pass(400_000)
    expect(beacon).toHaveBeenCalled()
  })

  it('stay switched off, and are counted so, when the route of a flag that was read is gone', async () => {
    const beacon = vi.fn((_url: string, _body: string) => true)
    on.setFlag({ enabled: false })
    bind({ env: { ...rolloutEnv(), beacon } })
    await watchBoth()
    await pass(10_000)
    on.serve = () => Promise.resolve(json({ success: false }, { status: 404 }))
    on.client.userChanged()
    await pass(150_000)
    expect([transports(), on.env.sockets.length]).toEqual([['polling', 'polling'], 0])
    expect(beacon.mock.calls.map(([, body]) => (JSON.parse(body) as { group: string }).group)).toEqual(['off', 'off'])
  })

  it('are given up for polling when it says off, and come back when it says on', async () => {
    bind()
    await watchBoth()
    await acceptAll()
    expect(transports()).toEqual(['socket', 'socket'])
    on.setFlag({ revision: 'r2', enabled: false })
    on.env.last().say({ type: 'flag', at: Date.now(), revision: 'r2', spreadMs: 0 })
    await pass(3_010)
    expect([transports(), on.env.held()]).toEqual([['polling', 'polling'], []])
    on.setFlag({ revision: 'r3' })
    on.news = { revision: 'r3', enabled: true }
    await pass(10_000)
    await acceptAll()
    expect(transports()).toEqual(['socket', 'socket'])
  })

  it('are left for polling while the flag cannot be read, and opened when it can', async () => {
    on.serve = () => Promise.reject(new Error('no server'))
    bind()
    await watchBoth()
    await rollout.decided
    await pass(1_000)
    expect(transports()).toEqual(['polling', 'polling'])
    expect(OpenFeature.getClient(DOMAIN).providerStatus).toBe(ProviderStatus.ERROR)
    on.setFlag({})
    await pass(6_000)
    await acceptAll()
    expect([OpenFeature.getClient(DOMAIN).providerStatus, transports()]).toEqual([ProviderStatus.READY, ['socket', 'socket']])
  })

  it('are left for polling after 2.5 s without an answer', async () => {
    on.serve = () => new Promise(() => undefined)
    bind()
    await watchBoth()
    await pass(2_490)
    expect(transports()).toEqual(['none', 'none'])
    await pass(20)
    expect(transports()).toEqual(['polling', 'polling'])
  })

  it('are held for one node and not for the other, as its lists say', async () => {
    on.setFlag({ percent: 0, nodes: { allow: [B], deny: [] } })
    bind()
    await watchBoth()
    await acceptAll()
    expect(transports()).toEqual(['polling', 'socket'])
    expect([details(`realtime.${A}`).value, details(`realtime.${B}`).value]).toEqual([false, true])
  })

  it('follow the flag\'s topology, where the page chose none', async () => {
    on.end()
    on = world()
    on.setFlag({ topology: 'shared' })
    bind()
    await rollout.decided
    await watchBoth()
    expect(on.env.held().map(({ url }) => url)).toEqual(['ws://gateway.test/supermon-ng/ws'])
  })

  it('are opened at once where the flag is remembered, and once only', async () => {
    bind()
    await rollout.decided
    const remembered = new Map(on.memory.kept)
    on.end()
    await OpenFeature.clearProviders()
    on = world({}, browserMemory('', remembered))
    on.serve = () => new Promise(() => undefined)
    bind()
    await watchBoth()
    expect(on.env.held()).toHaveLength(2)
    expect(details().reason).toBe('CACHED')
  })
})

describe('the provider', () => {
  it.each([
    [{ enabled: false }, '', 'DISABLED', false],
    [{ percent: 0 }, 'realtime=on', 'TARGETING_MATCH', true],
    [{ minVersion: '99' }, '', 'TARGETING_MATCH', false],
    [{ listed: 'deny' as const }, '', 'TARGETING_MATCH', false],
    [{ percent: 100 }, '', 'SPLIT', true],
  ])('says for %j and ?%s: %s', async (flag, query, reason, value) => {
    on.end()
    on = world({}, browserMemory(query))
    on.setFlag(flag)
    bind()
    await rollout.decided
    expect(details()).toMatchObject({ reason, value, variant: value ? 'on' : 'off', flagMetadata: { revision: 'r1' } })
  })

  it('knows no other flag and no other type', async () => {
    bind()
    await rollout.decided
    const flags = OpenFeature.getClient(DOMAIN)
    expect(flags.getBooleanDetails('other', true)).toMatchObject({ value: true, errorCode: 'FLAG_NOT_FOUND' })
    expect(flags.getStringDetails('realtime', 'x')).toMatchObject({ value: 'x', errorCode: 'FLAG_NOT_FOUND' })
    expect(flags.getNumberDetails('realtime', 7)).toMatchObject({ value: 7, errorCode: 'FLAG_NOT_FOUND' })
    expect(flags.getObjectDetails('realtime', {})).toMatchObject({ value: {}, errorCode: 'FLAG_NOT_FOUND' })
  })

  it('answers for the node of an evaluation context too', async () => {
    on.setFlag({ nodes: { allow: [], deny: [B] } })
    bind()
    await rollout.decided
    await OpenFeature.setContext(DOMAIN, { node: B })
    expect(details().value).toBe(false)
    await OpenFeature.clearContext(DOMAIN)
  })

  it('tells of a change once, by name', async () => {
    bind()
    await rollout.decided
    const changed = vi.fn()
    OpenFeature.getClient(DOMAIN).addHandler(ProviderEvents.ConfigurationChanged, changed)
    on.setFlag({ revision: 'r2', percent: 50 })
    on.client.userChanged()
    await settle()
    on.client.userChanged()
    await settle()
    expect(changed).toHaveBeenCalledOnce()
    expect(changed.mock.calls[0]?.[0]).toMatchObject({ flagsChanged: ['realtime'] })
  })

  it('is not the default one of the page', async () => {
    bind()
    await rollout.decided
    expect(OpenFeature.getProvider()).toBe(NOOP_PROVIDER)
    expect(OpenFeature.getProvider(DOMAIN)).toBeInstanceOf(RealtimeProvider)
  })
})

describe('another provider', () => {
  it('is followed once it is set on the domain: its flips move the sockets', async () => {
    bind()
    await watchBoth()
    await acceptAll()
    const flags = new InMemoryProvider(inMemory({ realtime: false }))
    OpenFeature.setProvider(DOMAIN, flags)
    await settle()
    expect(transports()).toEqual(['polling', 'polling'])
    await flags.putConfiguration(inMemory({ realtime: true }))
    await settle()
    await acceptAll()
    expect(transports()).toEqual(['socket', 'socket'])
    await flags.putConfiguration(inMemory({ realtime: true, [`realtime.${B}`]: false }))
    await settle()
    expect(transports()).toEqual(['socket', 'polling'])
  })

  it('is followed by the client that was handed in, by context as well', async () => {
    const flags = new InMemoryProvider({
      realtime: { variants: { on: true, off: false }, defaultVariant: 'off', disabled: false, contextEvaluator: (context) => (context['club'] === 'W5GLE' ? 'on' : 'off') },
    })
    await OpenFeature.setProviderAndWait('mine', flags)
    bind({ client: OpenFeature.getClient('mine') })
    await watchBoth()
    expect(transports()).toEqual(['polling', 'polling'])
    await OpenFeature.setContext('mine', { club: 'W5GLE' })
    await settle()
    await acceptAll()
    expect(transports()).toEqual(['socket', 'socket'])
    expect(OpenFeature.getProvider(DOMAIN)).toBe(NOOP_PROVIDER)
    await OpenFeature.clearContexts()
  })

  it('that is never ready leaves the page polling after 2.5 s', async () => {
    const never = new InMemoryProvider(inMemory({ realtime: true }))
    OpenFeature.setProvider('slow', Object.assign(never, { initialize: () => new Promise<void>(() => undefined) }))
    bind({ client: OpenFeature.getClient('slow') })
    await watchBoth()
    await pass(2_510)
    expect(transports()).toEqual(['polling', 'polling'])
    never.events.emit(ProviderEvents.Ready)
    await settle()
    await acceptAll()
    expect(transports()).toEqual(['socket', 'socket'])
  })
})

describe('the end of a rollout', () => {
  it('comes with the client: nothing is read, followed or kept', async () => {
    bind()
    await watchBoth()
    await acceptAll()
    on.client.dispose()
    await pass(10)
    expect(vi.getTimerCount()).toBe(0)
    expect(OpenFeature.getProvider(DOMAIN)).toBe(NOOP_PROVIDER)
    const { length } = on.env.fetches
    OpenFeature.setProvider(DOMAIN, new InMemoryProvider(inMemory({ realtime: false })))
    on.env.signal('visible')
    await pass(600_000)
    expect(on.env.fetches).toHaveLength(length)
  })

  it('by hand leaves the sockets as they were decided', async () => {
    bind()
    await watchBoth()
    await acceptAll()
    rollout.stop()
    rollout.stop()
    await pass(1_000)
    expect(transports()).toEqual(['socket', 'socket'])
  })
})
