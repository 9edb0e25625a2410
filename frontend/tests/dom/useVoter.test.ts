/** A voter's receivers as a component shows them. */
import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createSSRApp, defineComponent, h } from 'vue'
import type { App } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { useVoter } from '../../src/composables/useVoter.ts'
import { createSupermonLive } from '../../src/stores/client.ts'
import type { SupermonLive } from '../../src/stores/client.ts'
import { holdTime, pass, scriptedEnv } from '../unit/support/scriptedEnv.ts'
import type { ScriptedEnv } from '../unit/support/scriptedEnv.ts'

let env: ScriptedEnv
let live: SupermonLive
beforeEach(() => {
  holdTime()
  env = scriptedEnv()
  live = createSupermonLive({ env })
})
afterEach(() => {
  live.client.dispose()
  vi.useRealTimers()
})

const Shown = defineComponent({
  props: { id: { type: String, required: true } },
  setup(props) {
    const voter = useVoter(() => props.id)
    return () => h('p', `${voter.value.voters.flatMap(({ receivers }) => receivers.map(({ name, rssi, state }) => `${name}=${String(rssi)} ${state}`)).join()} ${voter.value.error ?? ''}`)
  },
})
const plugins = () => ({ plugins: [createPinia(), { install: (app: App) => { live.install(app) } }] })
const show = (id: string) => mount(Shown, { props: { id }, global: plugins() })
const answer = (rssi: unknown) => ({
  success: true, voters: [{ node: '546056', voted: 'North', receivers: [{ name: 'North', rssi, mix: false, master: false, inactive: false, state: 'voted' }] }],
})

it('asks once a second for all who show it, goes on after errors, stops when nobody looks or nobody shows it', async () => {
  env.respond = () => Promise.resolve(Response.json(answer(187)))
  const [one, two] = [show('546056'), show('546056')]
  await pass(5)
  expect(one.text()).toBe('North=187 voted')
  expect(two.text()).toBe('North=187 voted')
  await pass(4_000)
  expect(env.fetches.length).toBe(5)

  env.respond = () => Promise.resolve(Response.json({ success: false, message: 'Asterisk does not answer.' }, { status: 503 }))
  await pass(1_100)
  expect(one.text()).toBe('North=187 voted Asterisk does not answer.')
  env.respond = () => Promise.resolve(Response.json(answer('loud')))
  await pass(4_000)
  expect(one.text()).toContain('another shape')
  env.respond = () => Promise.resolve(Response.json(answer(3)))
  await pass(10_000)
  expect(one.text()).toBe('North=3 voted')

  env.signal('hidden')
  await pass(2_000)
  const hidden = env.fetches.length
  await pass(60_000)
  expect(env.fetches.length).toBe(hidden)
  env.signal('visible')
  await pass(5)
  expect(env.fetches.length).toBe(hidden + 1)

  one.unmount()
  await pass(1_100)
  expect(env.fetches.length).toBe(hidden + 2)
  two.unmount()
  await pass(60_000)
  expect(env.fetches.length).toBe(hidden + 2)
  expect([env.listeners.size, vi.getTimerCount()]).toEqual([0, 0])
})

it('follows another node, and asks nothing on a server', async () => {
  env.respond = (url) => Promise.resolve(Response.json(answer(url.includes('546055') ? 1 : 2)))
  const wrapper = show('546056')
  await pass(5)
  await wrapper.setProps({ id: '546055' })
  await pass(5)
  expect(wrapper.text()).toBe('North=1 voted')
  await pass(3_000)
  expect(env.fetches.slice(-3).every(({ url }) => url.includes('546055'))).toBe(true)
  wrapper.unmount()
  const count = env.fetches.length
  const app = createSSRApp(Shown, { id: '546056' })
  for (const plugin of plugins().plugins) app.use(plugin)
  await renderToString(app)
  expect(env.fetches.length).toBe(count)
})
