import type { Ref, ShallowRef } from 'vue'
import { NOT_LISTED } from '../../../protocol/names.ts'
import type { TimerHandle } from '../env/env.ts'
import { slowDelay } from '../services/backoff.ts'
import type { ListedNode } from '../services/gatewayApi.ts'
import type { LiveClient } from '../services/liveClient.ts'
import { waitAfter } from './askAgain.ts'
import { failureOf } from './failure.ts'
import type { Listing } from './memory.ts'
import { readNodesConfig } from './nodesConfig.ts'
import type { NodeSection, NodesConfig } from './nodesConfig.ts'

export interface InitializeOptions {
  /** What Supermon-NG's `config/nodes` said, where the caller has asked it already. */
  readonly nodesConfig?: {
    readonly config: Readonly<Record<string, Readonly<Record<string, unknown>>>>
    readonly ini_file?: string
    readonly default_node?: string | null
  }
  /** Ends the tries when it is aborted: who leaves the page waits for no list. */
  readonly signal?: AbortSignal
}

export interface SiteInfo {
  readonly demo: boolean
  readonly title: string
}

/** Where the answers go. */
export interface ListState {
  readonly listing: ShallowRef<Listing>
  readonly nodeConfig: ShallowRef<Readonly<Record<string, NodeSection>>>
  readonly defaultNode: Ref<string | null>
  readonly defaultNodes: ShallowRef<readonly string[] | null>
  readonly siteInfo: ShallowRef<SiteInfo | null>
  readonly error: Ref<string | null>
  readonly errorCode: Ref<string | null>
}

export interface NodeList {
  /** Asks until there is a node in it, while somebody wants it; of an empty one about once a minute. Settles with the first answer or failure that is taken; never rejects. */
  initialize(options?: InitializeOptions): Promise<void>
  /** Asks once. Never rejects. */
  ask(): Promise<void>
  /** Nobody wants it any more; what is on its way comes too late. */
  forget(): void
  /** Forgets, for good. */
  end(): void
}

/** The node list, and what the configuration says of its nodes. */
export function makeNodeList(client: LiveClient, state: ListState): NodeList {
  const { api, env, sockets } = client
  /** Who wants the list and has not got it. */
  const wishes = new Set<InitializeOptions>()
  let failures = 0
  let timer: TimerHandle
  /** Counts the questions: only the newest answer is taken, and whoever awaits an older one awaits that. */
  let asked = 0
  let newest = Promise.resolve()
  let ended = false
  const off = client.onDispose(forget)

  function ask(given?: InitializeOptions['nodesConfig']): Promise<void> {
    newest = put(given)
    return newest
  }

  async function put(given: InitializeOptions['nodesConfig']): Promise<void> {
    env.clearTimeout(timer)
    const mine = ++asked
    const configured = given === undefined ? askConfig() : Promise.resolve(readNodesConfig(given))
    try {
      const answer = await api.nodes()
      if (mine !== asked) return newest
      failures = 0
      // A server that has no node may have one later, as a front whose broker is away.
      if (answer.data.length > 0) clearWishes()
      else askLater(slowDelay(env.random()))
      const listed = Object.fromEntries(answer.data.map((node) => [node.id, { ...node }]))
      state.listing.value = { nodes: answer.data.map(withoutFillers), at: sockets.serverNow() }
      const demo = answer.config_source === 'demo'
      if (state.siteInfo.value?.demo !== demo) state.siteInfo.value = { demo, title: 'Supermon Live' }
      state.error.value = null
      // The list is shown at once; it does not wait for its trimmings.
      if (given === undefined) configure(listed)
      const config = await configured
      if (mine !== asked) return newest
      state.defaultNodes.value = config?.defaultNodes ?? []
      if (config === null) return
      configure(given === undefined ? overlaid(listed, config.sections) : config.sections)
      state.defaultNode.value = config.defaultNode
    } catch (cause) {
      if (mine !== asked) return newest
      const { message, code } = failureOf(cause)
      state.error.value = message
      state.errorCode.value = code
      askLater(waitAfter(cause, failures, env.random()))
      failures += 1
    }
  }

  /** What says the same as before is what was there before: nobody renders for it. */
  function configure(sections: ListState['nodeConfig']['value']): void {
    if (JSON.stringify(sections) !== JSON.stringify(state.nodeConfig.value)) state.nodeConfig.value = sections
  }

  /** null = this server has no such route, or will not say. */
  async function askConfig(): Promise<NodesConfig | null> {
    const answer = await api.get('config/nodes').catch(() => null)
    return answer === null ? null : readNodesConfig((answer as { data?: unknown }).data)
  }

  function askLater(ms: number): void {
    const wish = [...wishes].at(-1)
    if (wish === undefined || ended || client.disposed) return
    timer = env.setTimeout(() => void ask(wish.nodesConfig), ms)
  }

  async function initialize(options: InitializeOptions = {}): Promise<void> {
    const { signal, nodesConfig } = options
    if (signal?.aborted === true) return
    failures = 0
    wishes.add(options)
    // One function for all wishes: however often a signal comes, it is listened to once.
    signal?.addEventListener('abort', onAbort)
    await ask(nodesConfig)
  }

  function onAbort(): void {
    for (const wish of wishes) if (wish.signal?.aborted === true) wishes.delete(wish)
    if (wishes.size === 0) env.clearTimeout(timer)
  }

  /** A signal may live as long as the page: what is over leaves nothing on it. */
  function clearWishes(): void {
    for (const { signal } of wishes) signal?.removeEventListener('abort', onAbort)
    wishes.clear()
  }

  function forget(): void {
    asked += 1
    newest = Promise.resolve()
    clearWishes()
    env.clearTimeout(timer)
  }

  function end(): void {
    ended = true
    forget()
    off()
  }

  return { initialize, ask: () => ask(), forget, end }
}

/** Call sign and location of a node that stands in no list of a Supermon-NG. */
const FILLERS: readonly unknown[] = ['Unknown', 'Private']
/** Descriptions beside them; of "Private Node" the call sign has been taken off. */
const NO_WORDS: readonly unknown[] = [NOT_LISTED, 'Node']

/** Nobody has such a name. */
function withoutFillers(node: ListedNode): ListedNode {
  const { callsign, description, location } = node
  if (callsign !== location || !FILLERS.includes(callsign)) return node
  return { ...node, callsign: null, description: NO_WORDS.includes(description) ? null : description, location: null, info: null }
}

function overlaid(below: Readonly<Record<string, NodeSection>>, above: Readonly<Record<string, NodeSection>>): Record<string, NodeSection> {
  const ids = new Set([...Object.keys(below), ...Object.keys(above)])
  return Object.fromEntries([...ids].map((id) => [id, { ...below[id], ...above[id] }]))
}
