import mitt from 'mitt'
import type { Emitter } from 'mitt'
import type { ConnectionState } from './connectionState.ts'
import { tellAll } from './diagnostics.ts'
import type { DiagnosticHook } from './diagnostics.ts'
import type { NodeUpdate } from './watchedNode.ts'

type Events = { message: NodeUpdate; state: ConnectionState }

/**
 * Is told of every node, before those who registered for one: states, and frames as they come in (`poll`: a polled row).
 * @param nodeId null = the socket that many share
 */
export type SocketObserver = (nodeId: string | null, news: ConnectionState | { readonly type: string; readonly node?: unknown }) => void

/** Who wants to hear of which node. Handlers may come before the node and stay after it. */
export class NodeEvents {
  readonly observers = new Set<SocketObserver>()
  readonly #onDiagnostic: DiagnosticHook
  readonly #emitters = new Map<string, Emitter<Events>>()

  constructor(onDiagnostic: DiagnosticHook) {
    this.#onDiagnostic = onDiagnostic
  }

  /** @returns the way out, safe to call twice */
  on<T extends keyof Events>(nodeId: string, type: T, handler: (event: Events[T]) => void): () => void {
    const emitter = this.#emitters.get(nodeId) ?? mitt<Events>()
    this.#emitters.set(nodeId, emitter)
    const guarded = (event: Events[T]) => {
      tellAll([handler], (diagnostic) => { this.#onDiagnostic({ ...diagnostic, node: nodeId }) }, event)
    }
    emitter.on(type, guarded)
    return () => {
      emitter.off(type, guarded)
      const deserted = [...emitter.all.values()].every((handlers) => handlers === undefined || handlers.length === 0)
      if (deserted && this.#emitters.get(nodeId) === emitter) this.#emitters.delete(nodeId)
    }
  }

  emit<T extends keyof Events>(nodeId: string, type: T, event: Events[T]): void {
    if (type === 'state') this.observe(nodeId, event as ConnectionState)
    this.#emitters.get(nodeId)?.emit(type, event)
  }

  readonly observe: SocketObserver = (nodeId, news) => {
    tellAll(this.observers, this.#onDiagnostic, nodeId, news)
  }

  clear(): void {
    for (const emitter of this.#emitters.values()) emitter.all.clear()
    this.#emitters.clear()
  }
}
