/** The Dashboard, mounted over a scripted network whose gateway has three nodes. Time is held until it ends. */
import { mount } from '@vue/test-utils'
import type { VueWrapper } from '@vue/test-utils'
import type { App, ComponentOptions } from 'vue'
import { PAGE_ENV } from '../../../src/composables/usePageEnv.ts'
import Dashboard from '../../../src/views/Dashboard.vue'
import { hello, snapshot } from '../../unit/support/frames.ts'
import { pass } from '../../unit/support/scriptedEnv.ts'
import type { ScriptedSocket } from '../../unit/support/scriptedEnv.ts'
import { A, B, makeWorld } from '../stores/world.ts'
import { FakePageEnv } from './fakePageEnv.ts'

export const C = '2000'

export class DashboardStage {
  readonly world = makeWorld()
  readonly browser = new FakePageEnv()
  #wrapper: VueWrapper | null = null

  constructor() {
    this.list(A, B, C)
  }

  /** @throws before it was opened */
  get page(): VueWrapper {
    if (this.#wrapper === null) throw new Error('the page was not opened')
    return this.#wrapper
  }

  /** The gateway has these nodes from now on. */
  list(...ids: string[]): void {
    this.world.answers['nodes'] = () => Response.json({ success: true, config_source: 'allmon.ini', data: ids.map((id) => ({ id, callsign: 'W5GLE' })) })
  }

  answer(route: string, data: unknown): void {
    this.world.answers[route] = () => Response.json({ success: true, data })
  }

  async open(mixins: ComponentOptions[] = []): Promise<VueWrapper> {
    const { world, browser } = this
    const plugin = (app: App) => { app.provide(PAGE_ENV, browser); world.plugin.install(app) }
    this.#wrapper = mount(Dashboard, { attachTo: document.body, global: { plugins: [{ install: plugin }, world.pinia], mixins } })
    await pass(20)
    return this.#wrapper
  }

  /** The sockets that carry these nodes say what is. */
  async speak(state: object, ...ids: string[]): Promise<void> {
    const at = (end: string) => this.world.env.held().find(({ url }) => new URL(url).pathname.endsWith(end))
    const carriers = new Map<string, ScriptedSocket | undefined>(ids.map((id) => [id, at(`/ws/${id}`) ?? at('/ws')]))
    for (const socket of new Set(carriers.values())) {
      if (socket?.readyState !== 0) continue
      socket.accept()
      socket.say(hello())
    }
    await pass(0)
    for (const [id, socket] of carriers) socket?.say(snapshot(id, state))
    await pass(10)
  }

  /** The nodes that are shown, in their order. */
  panels(): (string | null)[] {
    return [...document.querySelectorAll('.sl-panel[data-node]')].map((panel) => panel.getAttribute('data-node'))
  }

  end(): void {
    this.#wrapper?.unmount()
    this.world.end()
  }
}
