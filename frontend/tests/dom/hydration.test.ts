/** What a server wrote is taken over as it stands, and is the browser's own right afterwards: what it can, what its address says, what it remembers. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSSRApp, h, nextTick } from 'vue'
import type { App, Component } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { PAGE_ENV } from '../../src/composables/usePageEnv.ts'
import { Dashboard, NodeNotices } from '../../src/index.ts'
import { A, makeWorld } from './stores/world.ts'
import { FakePageEnv } from './support/fakePageEnv.ts'

describe('taken over from a server', () => {
  let closers: (() => void)[]
  let complaints: string[]
  beforeEach(() => {
    closers = []
    complaints = []
    for (const kind of ['warn', 'error'] as const) vi.spyOn(console, kind).mockImplementation((...said: unknown[]) => { complaints.push(said.map(String).join(' ').slice(0, 200)) })
  })
  afterEach(() => {
    for (const close of closers.reverse()) close()
    vi.restoreAllMocks()
  })

  function appOf(component: Component, page: FakePageEnv): App {
    const world = makeWorld()
    const app = createSSRApp(() => h(component, component === NodeNotices ? { nodeId: A } : {}))
    app.provide(PAGE_ENV, page).use(world.pinia).use(world.plugin)
    closers.push(() => { world.end() })
    return app
  }

  /** As the server wrote it, and as it is when the browser has taken it over. */
  async function takeOver(component: Component, page: FakePageEnv): Promise<{ written: string; place: HTMLElement }> {
    const server = new FakePageEnv()
    server.sound = server.speech = false
    server.tongues = []
    const written = await renderToString(appOf(component, server))
    const place = document.body.appendChild(document.createElement('div'))
    place.innerHTML = written
    const app = appOf(component, page)
    app.mount(place)
    closers.push(() => {
      app.unmount()
      place.remove()
    })
    await nextTick()
    return { written, place }
  }

  it('notices can be heard where the browser has sound and a voice, though the server has neither', async () => {
    const { written, place } = await takeOver(NodeNotices, new FakePageEnv())
    expect(written).toContain('disabled')
    expect([complaints, place.querySelectorAll(':disabled, .lacking').length]).toEqual([[], 0])
  })

  it('a page for the wall has nothing to tap', async () => {
    const page = new FakePageEnv()
    page.asked.set('kiosk', '')
    const { written, place } = await takeOver(Dashboard, page)
    expect(written).toContain('</button>')
    expect([complaints, place.querySelectorAll('a, button, input, .foot').length]).toEqual([[], 0])
  })

  it('what was chosen in this browser is chosen', async () => {
    const page = new FakePageEnv()
    page.memory.set('theme', 'dark')
    page.memory.set('notices', JSON.stringify({ all: { talk: false, sound: true }, nodes: [] }))
    const { place } = await takeOver(Dashboard, page)
    expect(complaints).toEqual([])
    expect([...place.querySelectorAll<HTMLInputElement>('input:checked')].map((each) => each.value !== 'on' ? each.value : each.closest<HTMLElement>('[data-notice]')?.dataset['notice']))
      .toEqual(['dark', 'loss', 'links', 'sound'])
  })
})
