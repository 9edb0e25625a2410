/** One viewer's page: the library's client and store as an application has them, and what it shows. Only the browser's doors are Node's. */
import { createPinia, disposePinia } from 'pinia'
import { createApp, effectScope } from 'vue'
import type { ComputedRef } from 'vue'
import { useStale } from '../../../frontend/src/composables/useStale.ts'
import { steadyClock } from '../../../frontend/src/env/steadyClock.ts'
import { LiveClient } from '../../../frontend/src/services/liveClient.ts'
import type { Topology } from '../../../frontend/src/services/WebSocketService.ts'
import { createUseRealTimeStore } from '../../../frontend/src/stores/realTime.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
import { nodeEnv } from '../support/nodeEnv.ts'
import type { Jar } from './jar.ts'

export interface PageKind {
  /** `polling`: sockets are switched off for this viewer. */
  readonly way: Topology | 'polling'
  /** Who looks at it; null = a stranger. */
  readonly jar: Jar | null
  /** Somebody moves the mouse now and then. */
  readonly used: boolean
}

/** What a page shows of one node. */
export interface Shown {
  readonly state: NodeState | undefined
  /** Does it say that this may no longer be true? */
  readonly stale: boolean
  readonly transport: 'socket' | 'polling' | 'none'
}

export class Page {
  readonly number: number
  readonly kind: PageKind
  readonly client: LiveClient
  readonly store: ReturnType<ReturnType<typeof createUseRealTimeStore>>
  /** By how much this browser's clock is ahead, ms. */
  clockShift = 0
  readonly #stale = new Map<string, ComputedRef<boolean>>()
  readonly #scope = effectScope(true)
  readonly #touches = new Set<() => void>()
  readonly #end: () => void

  constructor(number: number, kind: PageKind, base: string, nodes: readonly string[]) {
    this.number = number
    this.kind = kind
    const env = nodeEnv(base, () => kind.jar?.cookie ?? '')
    const page = { ...env.page, onActivity: (touch: () => void) => { this.#touches.add(touch); return () => { this.#touches.delete(touch) } } }
    const now = steadyClock(() => Date.now() + this.clockShift)
    this.client = new LiveClient({
      env: { ...env, now, page },
      ...(kind.way === 'polling' ? { flagOn: false } : { topology: kind.way }),
    })
    const pinia = createPinia()
    createApp({}).use(pinia)
    this.store = createUseRealTimeStore({ client: () => this.client })(pinia)
    this.#scope.run(() => {
      for (const node of nodes) this.#stale.set(node, useStale(this.store, () => node))
    })
    for (const node of nodes) void this.store.startMonitoring(node)
    this.#end = () => {
      this.#scope.stop()
      this.client.dispose()
      disposePinia(pinia)
    }
  }

  get name(): string {
    const { way, jar } = this.kind
    return `${this.number} (${way}, ${jar?.user ?? 'stranger'})`
  }

  /** What it shows of the node. */
  shows(node: string): Shown {
    return { state: this.store.stateOf(node), stale: this.#stale.get(node)?.value === true, transport: this.store.transportOf(node) }
  }

  /** Does it wait for somebody to sign in, to show one of these nodes? */
  wantsSignIn(nodes: readonly string[]): boolean {
    return this.client.sockets.inspect().some(({ node, state }) => nodes.includes(node) && state.status === 'paused' && state.why === 'needs-auth')
  }

  /** How long polling may be silent before the page doubts it, ms. */
  get pollPatience(): number {
    return this.store.pollingState.lastInterval
  }

  touch(): void {
    if (this.kind.used) for (const touch of this.#touches) touch()
  }

  /** The user taps Retry on each node that rests until he does. */
  retry(): void {
    for (const { node, state } of this.client.sockets.inspect()) {
      if (state.status === 'paused' && state.why === 'refused') this.store.retry(node)
    }
  }

  dispose(): void {
    this.#end()
  }
}
