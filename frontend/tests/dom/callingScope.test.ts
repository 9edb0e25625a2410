/** What a composable watches belongs to the scope it is called in: a component's, a store's, or one that somebody made. */
import { mount } from '@vue/test-utils'
import { createPinia, defineStore, disposePinia } from 'pinia'
import type { Pinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defineComponent, effectScope, h, KeepAlive, onMounted, onScopeDispose, ref, shallowRef, Suspense } from 'vue'
import type { Component, EffectScope } from 'vue'
import { useNode, useNow, useRealTimeStore, useVoter, useVoterHistory } from '../../src/index.ts'
import { createFakeGateway } from '../../src/testing.ts'
import type { FakeGateway } from '../../src/testing.ts'

const A = '546051'
const B = '546055'

describe('a composable', () => {
  let gateway: FakeGateway
  let pinia: Pinia
  beforeEach(() => {
    gateway = createFakeGateway({ nodes: [A, B] })
    pinia = createPinia()
    // The page itself: the last app to go ends the client.
    show(() => () => null)
  })
  afterEach(() => {
    disposePinia(pinia)
    gateway.dispose()
  })

  function show(setup: () => () => unknown) {
    return mount(defineComponent({ setup: () => setup() as () => null }), { global: { plugins: [pinia, gateway.plugin] } })
  }
  const watched = () => useRealTimeStore(pinia).monitoringNodes
  /** Nothing is watched, open, or waited for. */
  const rest = () => [watched(), gateway.sockets, gateway.clock.pending]

  it('in a store follows its ids, and the clock, after the component that first used it is gone', async () => {
    gateway.node(A).vote({ North: 100 }, 'North')
    gateway.node(B).vote({ South: 100 }, 'South')
    const useMine = defineStore('mine', () => {
      const id = ref(A)
      const { state } = useNode(id)
      const voter = useVoter(id)
      const now = useNow()
      const history = useVoterHistory(voter)
      return { id, seen: () => [state.value?.reach, voter.value.voters[0]?.voted], times: () => [now.value, history.now.value] }
    })
    const first = show(() => {
      const mine = useMine()
      return () => h('p', mine.id)
    })
    await gateway.settle()
    const mine = useMine(pinia)
    expect([mine.seen(), watched()]).toEqual([['up', 'North'], [A]])
    first.unmount()
    mine.id = B
    await gateway.settle()
    expect([mine.seen(), watched()]).toEqual([['up', 'South'], [B]])
    const before = mine.times()
    await gateway.clock.advance(5_000)
    expect(mine.times().map((at, i) => at - (before[i] ?? 0))).toEqual([5_000, 5_000])
  })

  it('in a scope that components share follows its id until the last of them is gone', async () => {
    const id = ref(A)
    let users = 0
    let scope: EffectScope | null = null
    let shared: ReturnType<typeof useNode> | undefined
    const useShared = () => {
      users += 1
      scope ??= effectScope(true)
      shared ??= scope.run(() => useNode(id))
      onScopeDispose(() => {
        users -= 1
        if (users === 0) scope?.stop()
      })
      return shared
    }
    const text = () => {
      const node = useShared()
      return () => h('p', String(node?.state.value?.reach))
    }
    const [one, two] = [show(text), show(text)]
    await gateway.settle()
    one.unmount()
    id.value = B
    await gateway.settle()
    expect([two.text(), watched()]).toEqual(['up', [B]])
    two.unmount()
    await gateway.settle()
    expect(watched()).toEqual([])
  })

  it('ends with a scope that is stopped before its component goes, whatever its id does then', async () => {
    const id = ref(A)
    const scope = effectScope(true)
    const shown = show(() => {
      scope.run(() => {
        useNode(id)
        useVoterHistory(useVoter(id))
      })
      return () => null
    })
    await gateway.settle()
    expect(gateway.sockets).toBe(2)
    scope.stop()
    await gateway.settle()
    expect(rest()).toEqual([[], 0, 0])
    id.value = B
    await gateway.settle()
    expect(rest()).toEqual([[], 0, 0])
    shown.unmount()
    await gateway.settle()
    expect(rest()).toEqual([[], 0, 0])
  })

  it('in a scope that is stopped before its component mounts leaves nothing', async () => {
    const shown = show(() => {
      const scope = effectScope()
      scope.run(() => {
        useNode(A)
        useNow()
        useVoterHistory(useVoter(B))
      })
      scope.stop()
      return () => null
    })
    await gateway.settle()
    expect(rest()).toEqual([[], 0, 0])
    shown.unmount()
  })

  it('is at work also where it is called when the component has mounted', async () => {
    const shown = show(() => {
      onMounted(() => { useNode(A) })
      return () => null
    })
    await gateway.settle()
    expect(watched()).toEqual([A])
    shown.unmount()
    await gateway.settle()
    expect(watched()).toEqual([])
  })

  it('in a store is at work for all, although the component that first used it never mounts', async () => {
    const useMine = defineStore('mine', () => {
      const { state } = useNode(A)
      return { reach: () => state.value?.reach }
    })
    const Slow = defineComponent({
      async setup() {
        useMine()
        await new Promise(() => undefined)
        return () => null
      },
    })
    const Quick = defineComponent({
      setup() {
        const mine = useMine()
        return () => h('p', String(mine.reach()))
      },
    })
    const view = shallowRef<Component>(Slow)
    const page = show(() => () => h(Suspense, null, { default: () => h(view.value), fallback: () => h('b') }))
    await gateway.settle()
    view.value = Quick
    await gateway.settle()
    expect(page.text()).toBe('up')
  })

  it('in a component that is given up before it mounts opens nothing', async () => {
    let answer: () => void = () => undefined
    const Slow = defineComponent({
      async setup() {
        useNode(A)
        await new Promise<void>((resolve) => { answer = resolve })
        return () => null
      },
    })
    const isShown = ref(true)
    show(() => () => h(Suspense, null, { default: () => h(isShown.value ? Slow : 'i') }))
    await gateway.settle()
    isShown.value = false
    await gateway.settle()
    answer()
    await gateway.settle()
    expect(rest()).toEqual([[], 0, 0])
  })

  it('in a component that is kept alive goes on while it is put away, and ends with it', async () => {
    const Shows = defineComponent({
      setup() {
        const { state } = useNode(A)
        return () => h('p', String(state.value?.rx))
      },
    })
    const isShown = ref(true)
    const page = show(() => () => h(KeepAlive, null, { default: () => (isShown.value ? h(Shows) : null) }))
    await gateway.settle()
    isShown.value = false
    await gateway.settle()
    gateway.node(A).key()
    isShown.value = true
    await gateway.settle()
    expect(page.text()).toBe('true')
    page.unmount()
    await gateway.settle()
    expect(rest()).toEqual([[], 0, 0])
  })
})
