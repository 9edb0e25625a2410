/** A voter's receivers as a component shows them. */
import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createSSRApp, defineComponent, h } from 'vue'
import type { App } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { useVoter } from '../../src/composables/useVoter.ts'
import { createSupermonLive } from '../../src/stores/supermonLive.ts'
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

/** Where no socket is served there is HTTP. */
async function overHttp(): Promise<void> {
  await pass(2)
  for (const socket of env.held()) socket.end()
  await pass(5)
}

it('follows a voter once for all who show it, and not at all when nobody does', async () => {
  env.respond = () => Promise.resolve(Response.json(answer(187)))
  const [one, two] = [show('546056'), show('546056')]
  await overHttp()
  expect(env.sockets.length).toBe(1)
  expect([one.text(), two.text()]).toEqual(['North=187 voted', 'North=187 voted'])
  await pass(4_000)
  expect(env.fetches.length).toBe(5)
  one.unmount()
  await pass(1_000)
  const asked = env.fetches.length
  expect(asked).toBe(6)
  two.unmount()
  await pass(60_000)
  expect(env.fetches.length).toBe(asked)
  expect([env.listeners.size, vi.getTimerCount()]).toEqual([0, 0])
})

it('follows another node and shows nothing of the one before; where there is none it shows nothing', async () => {
  env.respond = (url) => Promise.resolve(url.includes('546055') ? Response.json({}, { status: 500 }) : Response.json(answer(2)))
  const wrapper = show('546056')
  await overHttp()
  expect(wrapper.text()).toBe('North=2 voted')
  await wrapper.setProps({ id: '546055' })
  expect(wrapper.text()).toBe('')
  await overHttp()
  expect(wrapper.text()).toBe('The server refused (HTTP 500).')
  await wrapper.setProps({ id: '546056' })
  await overHttp()
  expect(wrapper.text()).toBe('North=2 voted')
  await wrapper.setProps({ id: ' ' })
  expect(wrapper.text()).toBe('')
  const asked = env.fetches.length
  await pass(10_000)
  expect([env.held().length, env.fetches.length]).toEqual([0, asked])
  wrapper.unmount()
})

it('asks nothing on a server', async () => {
  const app = createSSRApp(Shown, { id: '546056' })
  for (const plugin of plugins().plugins) app.use(plugin)
  await renderToString(app)
  await pass(10_000)
  expect([env.sockets.length, env.fetches.length]).toEqual([0, 0])
})
