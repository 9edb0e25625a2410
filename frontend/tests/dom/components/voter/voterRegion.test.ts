/** Who says what is heard of a voter: the page's live region where there is one, else its own; never both. */
import { mount } from '@vue/test-utils'
import type { VueWrapper } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defineComponent, h } from 'vue'
import LiveRegion from '../../../../src/components/announce/LiveRegion.vue'
import Voter from '../../../../src/components/Voter.vue'
import { PAGE_ENV } from '../../../../src/composables/usePageEnv.ts'
import { createFakeGateway } from '../../../../src/testing.ts'
import type { FakeGateway } from '../../../../src/testing.ts'
import { FakePageEnv } from '../../support/fakePageEnv.ts'

const A = '546051'

describe('what is heard of a voter', () => {
  let gateway: FakeGateway
  let wrapper: VueWrapper
  beforeEach(() => { gateway = createFakeGateway({ nodes: [A] }) })
  afterEach(() => { wrapper.unmount() })

  async function show(withRegion: boolean, props: { show?: boolean } = {}) {
    gateway.node(A).vote({ North: 90, South: 20 }, null)
    const Page = defineComponent({ setup: () => () => [h(Voter, { nodes: [A], ...props }), ...(withRegion ? [h(LiveRegion)] : [])] })
    wrapper = mount(Page, { attachTo: document.body, global: { plugins: [gateway.plugin, createPinia()], provide: { [PAGE_ENV as symbol]: new FakePageEnv() } } })
    await gateway.settle()
    await gateway.clock.advance(2_000)
    gateway.node(A).vote({ North: 90, South: 20 }, 'North')
    await gateway.clock.advance(4_000)
  }
  const said = () => wrapper.findAll('[role="status"]').map((region) => [region.element.closest('.voter') === null ? 'page' : 'voter', region.text()]).sort()

  it('is said by the live region of the page', async () => {
    await show(true)
    expect(said()).toEqual([['page', 'Voter 546051: North is heard.']])
  })

  it('is said by its own where the page has none', async () => {
    await show(false)
    expect(said()).toEqual([['voter', 'Voter 546051: North is heard.']])
  })

  it('is said by its own in a dialog, which hides the page with its region', async () => {
    await show(true, { show: true })
    expect(said()).toEqual([['page', ''], ['voter', 'Voter 546051: North is heard.']])
  })
})
