/** A page of two nodes with its live region, over a gateway in memory whose time stands until the test moves it; and somebody who listens. */
import { mount } from '@vue/test-utils'
import type { VueWrapper } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { expect } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import LiveRegion from '../../../src/components/announce/LiveRegion.vue'
import { useOwnRegion } from '../../../src/components/announce/liveRegions.ts'
import NodeConnection from '../../../src/components/NodeConnection.vue'
import { setWords } from '../../../src/components/words.ts'
import { english } from '../../../src/components/words/en.ts'
import { useNotices } from '../../../src/composables/useNotices.ts'
import type { Notice, Notices } from '../../../src/composables/useNotices.ts'
import { PAGE_ENV } from '../../../src/composables/usePageEnv.ts'
import { createFakeGateway } from '../../../src/testing.ts'
import { FakePageEnv } from './fakePageEnv.ts'

export const A = '546051'
export const B = '546055'

export class AnnounceStage {
  readonly gateway = createFakeGateway({ nodes: { [A]: { callsign: 'W5GLE' }, [B]: {} } })
  readonly page = new FakePageEnv()
  /** Keys of the live regions there are. */
  readonly regions = ref<readonly number[]>([1])
  wrapper!: VueWrapper
  /** All that was said so far, in order. */
  said: string[] = []
  /** A component of the page has something to say. */
  say!: (sentence: string) => void
  #notices!: Notices
  readonly #heard = new WeakSet<Element>()

  readonly #Page = defineComponent({
    setup: () => {
      this.#notices = useNotices()
      this.say = useOwnRegion(() => false).say
      return () => [...[A, B].map((id) => h(NodeConnection, { key: id, nodeId: id })), ...this.regions.value.map((key) => h(LiveRegion, { key }))]
    },
  })

  /** Both nodes are connected, and that was said. */
  async open(): Promise<void> {
    this.mount()
    await this.gateway.settle()
    await this.pass(3_000)
    expect(this.said).toEqual([`Nodes ${A}, ${B}: connected.`])
    this.said = []
  }

  mount(): void {
    this.wrapper = mount(this.#Page, { global: { plugins: [this.gateway.plugin, createPinia()], provide: { [PAGE_ENV as symbol]: this.page } } })
  }

  async close(): Promise<void> {
    this.wrapper.unmount()
    await this.gateway.settle()
    expect(this.gateway.clock.pending).toBe(0)
    setWords(english)
  }

  /** Time passes, and somebody listens twice as often as there may be a sentence. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 500) {
      await this.gateway.clock.advance(Math.min(500, ms - passed))
      this.#listen()
    }
  }

  choose(node: string | null, notice: Notice, wanted = true): void {
    this.#notices.choose(node, notice, wanted)
  }

  #listen(): void {
    const all = this.wrapper.findAll('[role="status"], [aria-live]')
    expect(all).toHaveLength(this.regions.value.length)
    const speaking = all.map((region) => region.findAll('p > span')).filter((sentences) => sentences.length > 0)
    expect(speaking.length).toBeLessThanOrEqual(1)
    for (const { element } of speaking[0] ?? []) {
      // The same element is not read out again.
      if (this.#heard.has(element)) continue
      this.#heard.add(element)
      this.said.push(element.textContent.trim())
    }
  }
}
