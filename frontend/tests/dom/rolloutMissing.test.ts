/** The page of the rollout when its file does not come: after an update it has another name. */
import { mount } from '@vue/test-utils'
import { expect, it, vi } from 'vitest'
import type { App as VueApp } from 'vue'
import { PAGE_ENV } from '../../src/composables/usePageEnv.ts'
import App from '../../src/views/App.vue'
import { pass } from '../unit/support/scriptedEnv.ts'
import { makeWorld } from './stores/world.ts'
import { FakePageEnv } from './support/fakePageEnv.ts'

vi.mock('../../src/views/Rollout.vue', () => { throw new Error('404') })

it('says so, and offers to reload and the way back', async () => {
  // Vue's words to developers.
  for (const kind of ['warn', 'error'] as const) vi.spyOn(console, kind).mockReturnValue()
  const world = makeWorld()
  const page = new FakePageEnv()
  const plugin = (app: VueApp) => { app.provide(PAGE_ENV, page); world.plugin.install(app) }
  const wrapper = mount(App, { attachTo: document.body, global: { plugins: [{ install: plugin }, world.pinia] } })
  world.env.goTo('rollout')
  await vi.waitUntil(() => wrapper.find('[role=alert]').exists(), { timeout: 20_000 })
  expect(wrapper.get('[role=alert]').text()).toContain('This page could not be loaded.')
  expect(document.activeElement).toBe(wrapper.get('h1').element)
  await wrapper.get('button').trigger('click')
  expect(page.reloads).toBe(1)
  expect(wrapper.get('a').attributes('href')).toBe('#')
  world.env.goTo('')
  await pass(50)
  expect(wrapper.get('h1').text()).toBe('Supermon Live')
  wrapper.unmount()
  world.end()
})
