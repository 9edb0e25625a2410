import { mount } from '@vue/test-utils'
import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import axe from 'axe-core'
import NodeNotices from '../../../src/components/announce/NodeNotices.vue'
import { PAGE_ENV } from '../../../src/composables/usePageEnv.ts'
import { FakePageEnv } from '../support/fakePageEnv.ts'

const A = '546051'
const B = '546055'

describe('Sounds and announcements', () => {
  let page: FakePageEnv
  let shown: VueWrapper[]
  beforeEach(() => {
    page = new FakePageEnv()
    shown = []
  })
  afterEach(() => { for (const each of shown) each.unmount() })

  function show(nodeId: string | null): VueWrapper {
    const wrapper = mount(NodeNotices, { props: { nodeId }, attachTo: document.body, global: { provide: { [PAGE_ENV as symbol]: page } } })
    shown.push(wrapper)
    return wrapper
  }
  const box = (wrapper: VueWrapper, notice: string) => wrapper.get<HTMLInputElement>(`[data-notice="${notice}"] input`)
  const ticks = (wrapper: VueWrapper) => wrapper.findAll<HTMLInputElement>('input').filter(({ element }) => element.checked).map((each) => each.element.closest('label')?.textContent.trim())

  const ALL = ['Connection lost and restored', 'Connects and disconnects', 'Who is talking']

  it('tells everything before anybody chose, makes no sound, and touches neither sound nor memory', () => {
    expect(ticks(show(A))).toEqual(ALL)
    expect([page.tones, page.spoken, page.memory.size]).toEqual([[], [], 0])
  })

  it('are chosen per node and are there after a reload', async () => {
    const one = show(A)
    await box(one, 'links').setValue(false)
    await box(one, 'loss').setValue(false)
    expect(ticks(one)).toEqual(['Who is talking'])
    expect(ticks(show(B))).toEqual(ALL)
    const again = new FakePageEnv()
    for (const [key, value] of page.memory) again.memory.set(key, value)
    page = again
    expect(ticks(show(A))).toEqual(['Who is talking'])
  })

  it('for all nodes are chosen in one place, whatever was chosen for each, and each can differ again', async () => {
    const one = show(A)
    await box(one, 'talk').setValue(false)
    const all = show(null)
    expect(box(all, 'talk').element.checked).toBe(true)
    await box(all, 'talk').setValue(false)
    await box(all, 'talk').setValue(true)
    expect(box(one, 'talk').element.checked).toBe(true)
    await box(all, 'speech').setValue(true)
    await box(one, 'speech').setValue(false)
    expect([box(one, 'speech').element.checked, box(show(B), 'speech').element.checked]).toEqual([false, true])
  })

  it('let a sound be heard when it is switched on, and when it is switched off not even the rest of a sentence', async () => {
    const one = show(A)
    await box(one, 'sound').setValue(true)
    await box(one, 'speech').setValue(true)
    expect([page.tones, page.spoken]).toEqual([['up'], ['Node 546051 will be announced aloud.']])
    page.speaking = true
    await box(one, 'sound').setValue(false)
    expect(page.speaking).toBe(true)
    await box(one, 'speech').setValue(false)
    expect([page.tones.length, page.spoken.length, page.speaking]).toEqual([1, 1, false])
  })

  it('say what this browser cannot do, beside the box that waits for it', () => {
    page.sound = false
    page.speech = false
    page.memory.set('notices', JSON.stringify({ all: { sound: true }, nodes: {} }))
    const one = show(A)
    for (const [notice, text] of [['sound', 'This browser cannot play sounds.'], ['speech', 'This browser cannot speak.']] as const) {
      const input = box(one, notice)
      expect([input.element.disabled, input.element.checked]).toEqual([true, false])
      expect(one.get(`[id="${input.attributes('aria-describedby')}"]`).text()).toBe(text)
    }
  })

  it.each(['', '{', '[]', '{"all":{"loss":"no"},"nodes":{}}', '{"all":{},"nodes":{"<img>":{"talk":true}}}', '{"all":{},"nodes":[["<img>",{"talk":true}]]}'])('are as at the beginning where the browser remembers %j', (kept) => {
    page.memory.set('notices', kept)
    expect(ticks(show(A))).toEqual(ALL)
  })

  it('remember 200 nodes, those that were chosen for last, whatever their numbers', async () => {
    const one = show('1000')
    // Down, and so against the order of the numbers; one of them is chosen for once more.
    const ids = [...Array.from({ length: 204 }, (_, i) => String(1_203 - i)), '1100']
    for (const [i, id] of ids.entries()) {
      await one.setProps({ nodeId: id })
      await box(one, 'talk').setValue(i === 204)
    }
    const { nodes } = JSON.parse(page.memory.get('notices') ?? '') as { nodes: [string, object][] }
    expect([nodes.length, nodes[0], nodes.at(-1)]).toEqual([200, ['1199', { talk: false }], ['1100', { talk: true }]])
  })

  it('are also read as they were kept once, by number', async () => {
    page.memory.set('notices', JSON.stringify({ all: { loss: false }, nodes: { [A]: { talk: false }, [B]: { links: false } } }))
    expect([ticks(show(A)), ticks(show(B))]).toEqual([['Connects and disconnects'], ['Who is talking']])
    await box(show(A), 'loss').setValue(true)
    expect(JSON.parse(page.memory.get('notices') ?? '')).toEqual({ all: { loss: false }, nodes: [[B, { links: false }], [A, { talk: false, loss: true }]] })
  })

  it('name the node they are of, and each box what it is for', async () => {
    const one = show(A)
    show(null)
    one.get<HTMLDetailsElement>('details').element.open = true
    expect(shown.map((each) => each.get('summary').attributes('aria-label'))).toEqual(['Sounds and announcements for node 546051', 'Sounds and announcements for all nodes'])
    const { violations } = await axe.run(document.body, { rules: { 'color-contrast': { enabled: false }, region: { enabled: false } } })
    expect(violations.map(({ id }) => id)).toEqual([])
  })
})
