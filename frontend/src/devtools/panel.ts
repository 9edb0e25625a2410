/** What Vue devtools show of a client: its connections as a tree, and what happens to them on a timeline. */
import type { ConnectionState } from '../services/connectionState.ts'
import type { Diagnostic } from '../services/diagnostics.ts'
import type { Env } from '../env/env.ts'
import type { LiveClient } from '../services/liveClient.ts'
import type { NodeInspection } from '../services/WebSocketService.ts'

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
  readonly sockets: Pick<LiveClient['sockets'], 'inspect' | 'onNodeStateChange' | 'onNodeMessage' | 'currentState'>
  readonly ladder: Pick<LiveClient['ladder'], 'transportOf' | 'onTransport'>
  readonly diagnostics: LiveClient['diagnostics']
  readonly ticketAt: number | null
}

/** How often the list of nodes is looked at, ms; what happens to a listed node is told at once. */
const LOOK_MS = 1_000

const COLOR: Readonly<Record<ConnectionState['status'], number>> = {
  idle: 0x9e9e9e, connecting: 0xf9a825, live: 0x2e7d32, waiting: 0xef6c00, paused: 0xc62828, closed: 0x616161,
}

export class Panel {
  readonly #client: InspectedClient
  readonly #hooks: PanelHooks
  /** By node: the way out, and what was counted since the last look. */
  readonly #followed = new Map<string, { off: () => void; frames: number; polls: number }>()
  readonly #ends: (() => void)[] = []
  #timer: unknown

  constructor(client: InspectedClient, hooks: PanelHooks) {
    this.#client = client
    this.#hooks = hooks
    const onDiagnostic = (diagnostic: Diagnostic) => { this.#diagnosed(diagnostic) }
    client.diagnostics.add(onDiagnostic)
    this.#ends.push(
      () => { client.diagnostics.delete(onDiagnostic) },
      client.ladder.onTransport((node, transport) => {
        this.#tell(node, transport === 'polling' ? 'fallback' : `transport: ${transport}`, '', transport === 'polling' ? 'warning' : 'default')
      }),
    )
    this.#look()
  }

  dispose(): void {
    this.#client.env.clearTimeout(this.#timer)
    for (const { off } of this.#followed.values()) off()
    this.#followed.clear()
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
    const { ticketAt } = this.#client
    return {
      connection: Object.entries({ ...state, transport: this.#client.ladder.transportOf(id), socket: shared ? 'common' : 'own' }).map(entry),
      place: Object.entries({ epoch: place?.epoch ?? null, seq: place?.seq ?? null, heardAgoMs: heardAt === null ? null : now - heardAt }).map(entry),
      ticket: [{ key: 'ageMs', value: ticketAt === null ? null : now - ticketAt }],
      state: [{ key: 'state', value: this.#client.sockets.currentState(id) }],
    }
  }

  #look(): void {
    const { sockets, env } = this.#client
    const listed = new Set(sockets.inspect().map(({ node }) => node))
    for (const node of listed) if (!this.#followed.has(node)) this.#follow(node)
    for (const [node, followed] of this.#followed) {
      const { frames, polls } = followed
      if (frames + polls > 0) this.#tell(node, `${frames + polls} news`, `${frames} by socket, ${polls} by polls`, 'default', { frames, polls })
      Object.assign(followed, { frames: 0, polls: 0 })
      if (listed.has(node)) continue
      followed.off()
      this.#followed.delete(node)
    }
    this.#hooks.changed()
    this.#timer = env.setTimeout(() => { this.#look() }, LOOK_MS)
  }

  #follow(node: string): void {
    const { sockets } = this.#client
    const followed = { off: () => undefined as void, frames: 0, polls: 0 }
    const offState = sockets.onNodeStateChange(node, (state) => { this.#stateChanged(node, state) })
    const offNews = sockets.onNodeMessage(node, ({ source }) => { followed[source === 'poll' ? 'polls' : 'frames'] += 1 })
    followed.off = () => { offState(); offNews() }
    this.#followed.set(node, followed)
  }

  #stateChanged(node: string, state: ConnectionState): void {
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
