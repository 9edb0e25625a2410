/** A gateway greets before it looks who it is: a socket that is greeted and then refused has said nothing of the node. */
import { createPinia, disposePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createApp, effectScope } from 'vue'
import { useStale } from '../../src/composables/useStale.ts'
import { LiveClient } from '../../src/services/liveClient.ts'
import { createUseRealTimeStore } from '../../src/stores/realTime.ts'
import { hello, snapshot } from '../unit/support/frames.ts'
import { holdTime, pass, scriptedEnv } from '../unit/support/scriptedEnv.ts'
import type { ScriptedEnv } from '../unit/support/scriptedEnv.ts'

const A = '546051'
let env: ScriptedEnv
let isStale: () => boolean
/** A component comes. @returns what it says */
let mount: () => () => boolean
const closers: (() => void)[] = []

beforeEach(async () => {
  holdTime()
  // No HTTP: nothing but sockets can bring news.
  env = scriptedEnv(() => 0)
  const client = new LiveClient({ env, topology: 'per-node' })
  const pinia = createPinia()
  createApp({}).use(pinia)
  const store = createUseRealTimeStore({ client: () => client })(pinia)
  closers.push(() => { disposePinia(pinia) }, () => { client.dispose() })
  mount = () => {
    const scope = effectScope(true)
    const stale = scope.run(() => useStale(store, () => A))
    closers.push(() => { scope.stop() })
    return () => stale?.value === true
  }
  isStale = mount()
  void store.startMonitoring(A)
  await pass(2)
  env.last().accept()
  env.last().say(hello())
  env.last().say(snapshot(A))
  await pass(10_000)
})
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close()
  vi.useRealTimers()
})

/** The next try comes, and its server greets. */
async function greeted(greeting = hello()): Promise<void> {
  const before = env.sockets.length
  for (let waited = 0; env.sockets.length === before && waited < 30_000; waited += 50) await pass(50)
  env.last().accept()
  env.last().say(greeting)
}

it('what was held stays old through greetings that are followed by a refusal', async () => {
  expect(isStale()).toBe(false)
  env.last().end(1006)
  await pass(5_500)
  expect(isStale()).toBe(true)
  for (const code of [1013, 1013, 4429]) {
    await greeted()
    expect(isStale()).toBe(true)
    await pass(50)
    env.last().end(code)
    expect(isStale()).toBe(true)
    await pass(500)
    expect(isStale()).toBe(true)
  }
})

it('and is current with the first word of the node, changed or not', async () => {
  env.last().end(1006)
  await pass(5_500)
  await greeted()
  expect(isStale()).toBe(true)
  env.last().say({ type: 'current', node: A, epoch: 'e1', seq: 1, at: Date.now() })
  await pass(1_000)
  expect(isStale()).toBe(false)
  // From its loss on it is current for the moment that any blip may take.
  env.last().end(1006)
  await pass(2_000)
  expect(isStale()).toBe(false)
  await pass(3_500)
  expect(isStale()).toBe(true)
})

it('is old as well to a component that comes between a greeting and the refusal, and to one that comes after', async () => {
  env.last().end(1006)
  await pass(5_500)
  await greeted()
  const between = mount()
  expect(between()).toBe(true)
  await pass(50)
  env.last().end(1013)
  expect([isStale(), between(), mount()()]).toEqual([true, true, true])
  await greeted()
  env.last().say({ type: 'current', node: A, epoch: 'e1', seq: 1, at: Date.now() })
  await pass(1_000)
  expect([isStale(), between(), mount()()]).toEqual([false, false, false])
})

it.each([-3_600_000, 3_600_000])('is old by its age and not by the server\'s clock, which may be set by %i ms meanwhile', async (shift) => {
  env.last().end(1006)
  await greeted(hello({ at: Date.now() + shift }))
  env.last().end(1013)
  await pass(5_500)
  expect(isStale()).toBe(true)
})
