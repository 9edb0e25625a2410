/** What Vue devtools show of a client: its connections as a tree, and what happens to them on a timeline. */
import type { ConnectionState } from '../services/connectionState.ts'
import type { Diagnostic } from '../services/diagnostics.ts'
import type { Env } from '../env/env.ts'
import type { LiveClient } from '../services/liveClient.ts'
import type { SocketObserver } from '../services/nodeEvents.ts'
import type { NodeInspection } from '../services/watchedNode.ts'

export const INSPECTOR = 'supermon-live'
export const LAYER = 'supermon-live'

export interface TreeItem {
  id: string
  label: string
  tags?: { label: string; textColor: number; backgroundColor: number }[]
  children?: TreeItem[]
}
export type Details = Record<string, { key: string; value: unknown }[]>

export interface TimelineEntry {
  /** This browser's ms. */
  readonly time: number
  readonly title: string
  readonly subtitle: string
  readonly logType: 'default' | 'warning' | 'error'
  readonly groupId: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface PanelHooks {
  /** The tree or what it shows has changed. */
  changed(): void
  happened(entry: TimelineEntry): void
}

/** What the panel needs of a {@link LiveClient}: its public parts, so that the client of any entry of this package fits. */
export interface InspectedClient {
  readonly env: Pick<Env, 'now' | 'setTimeout' | 'clearTimeout'>
  readonly sockets: Pick<LiveClient['sockets'], 'inspect' | 'observers' | 'currentState'>
  readonly ladder: Pick<LiveClient['ladder'], 'transportOf' | 'onTransport'>
  readonly diagnostics: LiveClient['diagnostics']
  readonly ticketAt: LiveClient['ticketAt']
}

/** How often frames are counted together and the tree is drawn anew, ms; what happens to a connection is told at once. */
const LOOK_MS = 1_000

const COLOR: Readonly<Record<ConnectionState['status'], number>> = {
  idle: 0x9e9e9e, connecting: 0xf9a825, live: 0x2e7d32, waiting: 0xef6c00, paused: 0xc62828, closed: 0x616161,
}

export class Panel {
  readonly #client: InspectedClient
  readonly #hooks: PanelHooks
  /** By node ('' = of no single one): what it was sent since the last look, by type; `poll` = rows of polls. */
  readonly #frames = new Map<string, Map<string, number>>()
  /** Nodes whose state was told. */
  readonly #told = new Set<string>()
  readonly #ends: (() => void)[] = []
  #timer: unknown

  constructor(client: InspectedClient, hooks: PanelHooks) {
    this.#client = client
    this.#hooks = hooks
    const onDiagnostic = (diagnostic: Diagnostic) => { this.#diagnosed(diagnostic) }
    client.diagnostics.add(onDiagnostic)
    const observer: SocketObserver = (node, news) => {
      if ('type' in news) this.#count(node ?? (typeof news.node === 'string' ? news.node : ''), news.type)
      else if (node !== null) this.#stateChanged(node, news)
    }
    client.sockets.observers.add(observer)
    this.#ends.push(
      () => { client.diagnostics.delete(onDiagnostic) },
      () => { client.sockets.observers.delete(observer) },
      client.ladder.onTransport((node, transport) => {
        this.#tell(node, transport === 'polling' ? 'fallback' : `transport: ${transport}`, '', transport === 'polling' ? 'warning' : 'default')
      }),
    )
    this.#look()
  }

  dispose(): void {
    this.#client.env.clearTimeout(this.#timer)
    for (const end of this.#ends.splice(0)) end()
  }

  /** Connections, and below them their nodes. */
  tree(filter = ''): TreeItem[] {
    const nodes = this.#client.sockets.inspect().filter(({ node }) => node.includes(filter))
    const shared = nodes.filter((each) => each.shared)
    const own = nodes.filter((each) => !each.shared).map((each) => ({ ...item(each), label: `own socket: ${each.node}` }))
    return shared.length === 0 ? own : [...own, { id: '', label: `common socket: ${shared.length} nodes`, children: shared.map(item) }]
  }

  /** What is known of one node of the tree. */
  details(id: string): Details {
    const found = this.#client.sockets.inspect().find(({ node }) => node === id)
    if (found === undefined) return {}
    const { state, place, heardAt, shared } = found
    const now = this.#client.env.now()
    const ticketAt = this.#client.ticketAt.get(shared ? null : id) ?? null
    return {
      connection: Object.entries({ ...state, transport: this.#client.ladder.transportOf(id), socket: shared ? 'common' : 'own' }).map(entry),
      place: Object.entries({ epoch: place?.epoch ?? null, seq: place?.seq ?? null, heardAgoMs: heardAt === null ? null : now - heardAt }).map(entry),
      ticket: [{ key: 'ageMs', value: ticketAt === null ? null : now - ticketAt }],
      state: [{ key: 'state', value: this.#client.sockets.currentState(id) }],
    }
  }

  #look(): void {
    this.#catchUp()
    for (const [node, counts] of this.#frames) {
      const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
      const each = [...counts].map(([type, count]) => `${type} ${count}`).join(', ')
      this.#tell(node, total === 1 ? '1 frame' : `${total} frames`, each, 'default', Object.fromEntries(counts))
    }
    this.#frames.clear()
    this.#hooks.changed()
    this.#timer = this.#client.env.setTimeout(() => { this.#look() }, LOOK_MS)
  }

  /** Nodes that were there before the panel; those that came to a common socket that is open, or left it, which changes no state. */
  #catchUp(): void {
    const nodes = this.#client.sockets.inspect()
    for (const { node, state } of nodes) if (!this.#told.has(node)) this.#stateChanged(node, state)
    for (const node of [...this.#told]) if (!nodes.some((each) => each.node === node)) this.#stateChanged(node, { status: 'closed' })
  }

  #count(node: string, type: string): void {
    const counts = this.#frames.get(node) ?? new Map<string, number>()
    this.#frames.set(node, counts.set(type, (counts.get(type) ?? 0) + 1))
  }

  #stateChanged(node: string, state: ConnectionState): void {
    if (state.status === 'closed') this.#told.delete(node)
    else this.#told.add(node)
    switch (state.status) {
      case 'live':
        this.#tell(node, 'open', '', 'default', { ...state })
        break
      case 'connecting':
        this.#tell(node, `try ${state.attempt}`, '', 'default', { ...state })
        break
      case 'waiting':
        this.#tell(node, `close: ${state.reason.code}`, `next try in ${Math.round(state.until - this.#client.env.now())} ms`, 'warning', { ...state })
        break
      case 'paused':
        this.#tell(node, `paused: ${state.why}`, state.reason?.message ?? '', 'error', { ...state })
        break
      case 'idle':
      case 'closed':
        this.#tell(node, state.status, '', 'default')
    }
    this.#hooks.changed()
  }

  #diagnosed({ code, message, node }: Diagnostic): void {
    this.#tell(node ?? '', code === 'sequence-gap' ? 'resync' : code, message, 'warning')
  }

  #tell(node: string, title: string, subtitle: string, logType: TimelineEntry['logType'], data: Readonly<Record<string, unknown>> = {}): void {
    this.#hooks.happened({ time: this.#client.env.now(), title, subtitle, logType, groupId: node, data: { node, ...data } })
  }
}

function item({ node, state, place }: NodeInspection): TreeItem {
  const step = state.status === 'waiting' || state.status === 'connecting' ? ` (try ${state.attempt})` : ''
  const tags = [{ label: `${state.status}${step}`, textColor: 0xffffff, backgroundColor: COLOR[state.status] }]
  if (place !== null) tags.push({ label: `seq ${place.seq}`, textColor: 0xffffff, backgroundColor: 0x455a64 })
  return { id: node, label: node, tags }
}

function entry([key, value]: [string, unknown]): { key: string; value: unknown } {
  return { key, value }
}
