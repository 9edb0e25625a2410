/** Somebody signed in before a gateway in memory: who he is, what he may, and what is answered, under the test's hand. */
import { mount } from '@vue/test-utils'
import type { VueWrapper } from '@vue/test-utils'
import { createPinia, disposePinia } from 'pinia'
import type { Pinia } from 'pinia'
import { createApp } from 'vue'
import type { App, Component } from 'vue'
import { PAGE_ENV } from '../../../src/composables/usePageEnv.ts'
import { createSupermonLive } from '../../../src/stores/supermonLive.ts'
import type { SupermonLive } from '../../../src/stores/client.ts'
import { useRealTimeStore } from '../../../src/stores/realTime.ts'
import { useSessionStore } from '../../../src/stores/session.ts'
import { createFakeGateway } from '../../../src/testing/fakeGateway.ts'
import type { FakeGateway } from '../../../src/testing/fakeGateway.ts'
import { FakePageEnv } from './fakePageEnv.ts'

export const A = '546051'
export const B = '546055'
export const EVERY_RIGHT = ['CONNECTUSER', 'MONUSER', 'LMONUSER', 'DISCUSER', 'DTMFUSER', 'PERMUSER'] as const

export interface Asked {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
}


export class CommandWorld {
  readonly gateway: FakeGateway
  readonly page = new FakePageEnv()
  readonly pinia: Pinia = createPinia()
  readonly live: SupermonLive
  /** Stands for the page around what a test mounts. */
  readonly app = createApp({})
  user: string | null = 'W5GLE'
  rights: readonly string[] = EVERY_RIGHT
  /** Answers by path; what is not here the gateway answers. */
  readonly answers = new Map<string, (body: Readonly<Record<string, unknown>>, query: URLSearchParams) => Response | Promise<Response>>()
  /** Changes that were asked for. */
  readonly asked: Asked[] = []

  /** @param random chance, by which waits are drawn */
  constructor(random = () => 0.5) {
    this.gateway = createFakeGateway({ nodes: { [A]: { callsign: 'W5GLE' }, [B]: { callsign: 'WB6NIL' } }, random })
    const { env } = this.gateway
    this.answers.set('auth/me', () => Response.json({
      success: true,
      data: { user: this.user === null ? null : { name: this.user }, permissions: Object.fromEntries(this.rights.map((right) => [right, this.user !== null])), sign_in: 'here' },
    }))
    this.live = createSupermonLive({
      env: {
        ...env,
        fetch: async (url, init) => {
          const { pathname, searchParams } = new URL(url)
          const path = pathname.replace('/api/v1/', '')
          const body = JSON.parse(typeof init?.body === 'string' ? init.body : '{}') as Readonly<Record<string, unknown>>
          if (init?.method === 'POST') this.asked.push({ path, body })
          return (await this.answers.get(path)?.(body, searchParams)) ?? env.fetch(url, init)
        },
      },
    })
    this.app.use(this.live).use(this.pinia).provide(PAGE_ENV, this.page)
  }

  /** With everything around it, in the document, so that it can have the focus. */
  mount(component: Component, props: Record<string, unknown> = {}, slots: Record<string, unknown> = {}): VueWrapper {
    const live = { install: (app: App) => { this.live.install(app) } }
    return mount(component, { props, slots, attachTo: document.body, global: { plugins: [live, this.pinia], provide: { [PAGE_ENV as symbol]: this.page } } }) as VueWrapper
  }

  /** Signed in as `user`, and the nodes are live. */
  async ready(): Promise<void> {
    const store = useRealTimeStore(this.pinia)
    void store.syncMonitoringForSelection([A, B])
    await useSessionStore(this.pinia).check()
    await this.settle()
  }

  settle(): Promise<void> {
    return this.gateway.settle()
  }

  async pass(ms: number): Promise<void> {
    await this.gateway.clock.advance(ms)
    await this.settle()
  }

  /** Somebody else is here, or nobody. */
  async become(user: string | null): Promise<void> {
    this.user = user
    await useSessionStore(this.pinia).check()
    await this.settle()
  }

  /** An answer that the test gives when it likes. */
  hold(path: string): (answer: Response) => void {
    let give: (answer: Response) => void = () => undefined
    const held = new Promise<Response>((resolve) => { give = resolve })
    this.answers.set(path, () => held)
    return give
  }

  dispose(): void {
    disposePinia(this.pinia)
    this.live.client.dispose()
    this.gateway.dispose()
  }
}

export function outcome(status: number, name: string, message: string, code: string | null = null): Response {
  return Response.json({ success: status < 400, message, data: { outcome: name, code } }, { status })
}
