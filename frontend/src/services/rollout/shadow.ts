/**
 * A sample of the pages on sockets asks by poll as well, now and then, and compares. What it is answered is never shown and never
 * applied. Only states of the same place in the server's order are compared; the held ones are kept while the question is under
 * way, as a busy node has moved on by the time it is answered.
 */
import type { NodeState } from '../../../../protocol/nodeState.ts'
import type { LooseStatusRow } from '../../../../protocol/statusRow.ts'
import type { TimerHandle } from '../../env/env.ts'
import { RetryAfterError } from '../retryAfter.ts'
import type { StatusAnswer } from '../gatewayApi.ts'
import type { LiveClient } from '../liveClient.ts'
import { differencesOf } from './differences.ts'

const PERIOD_MS = 30_000
const JITTER_MS = 5_000
/** What a poll knows the socket has told by then, ms. */
const CATCH_UP_MS = 3_000

export interface ShadowOptions {
  readonly client: LiveClient
  /** Is this page one of the sample? */
  readonly isIn: () => boolean
  readonly onCompared: () => void
  readonly onMismatch: (field: string, example: string) => void
}

/** What one node's socket told since the question was put, by sequence number. */
interface Trail {
  readonly epoch: string
  readonly states: Map<number, NodeState>
  readonly off: () => void
}

export class Shadow {
  readonly #options: ShadowOptions
  readonly #offPage: () => void
  #timer: TimerHandle
  #asking: AbortController | null = null
  #trails = new Map<string, Trail>()

  constructor(options: ShadowOptions) {
    this.#options = options
    this.#offPage = options.client.env.page.listen(() => { this.review() })
    this.review()
  }

  /** Whether this page is in, or seen, may be otherwise now. */
  review(): void {
    const { client, isIn } = this.#options
    const wanted = isIn() && client.env.page.visible()
    if (!wanted) this.#stop()
    else if (this.#timer === undefined && this.#asking === null) this.#arm(PERIOD_MS)
  }

  dispose(): void {
    this.#offPage()
    this.#stop()
  }

  #stop(): void {
    this.#options.client.env.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#asking?.abort()
    this.#asking = null
    this.#forget()
  }

  #arm(ms: number): void {
    const { env } = this.#options.client
    this.#timer = env.setTimeout(() => void this.#compare(), ms + JITTER_MS * (2 * env.random() - 1))
  }

  async #compare(): Promise<void> {
    const { api, env } = this.#options.client
    this.#timer = undefined
    const asking = new AbortController()
    this.#asking = asking
    let rest = 0
    try {
      this.#follow()
      const nodes = [...this.#trails.keys()]
      const answer = nodes.length === 0 ? null : await api.amiStatus(nodes, asking.signal)
      if (answer !== null && this.#asking === asking && this.#judge(answer)) {
        await new Promise<void>((resolve) => { this.#timer = env.setTimeout(resolve, CATCH_UP_MS) })
        if (this.#asking === asking) this.#judge(answer, true)
      }
    } catch (error) {
      // Polling that does not work is no matter of sockets.
      if (error instanceof RetryAfterError) rest = error.retryAfterMs
    }
    if (this.#asking !== asking) return
    this.#asking = null
    this.#timer = undefined
    this.#forget()
    this.#arm(PERIOD_MS + rest)
  }

  /** Of all nodes that are live, and whose server numbers what it says. */
  #follow(): void {
    const { sockets } = this.#options.client
    for (const { node, place, state } of sockets.inspect()) {
      const held = sockets.currentState(node)
      if (state.status !== 'live' || place === null || held === null) continue
      const states = new Map([[place.seq, held]])
      const off = sockets.onNodeMessage(node, (update) => {
        const now = sockets.inspect().find((each) => each.node === node)?.place
        if (now?.epoch === place.epoch) states.set(now.seq, update.state)
      })
      this.#trails.set(node, { epoch: place.epoch, states, off })
    }
  }

  #forget(): void {
    for (const { off } of this.#trails.values()) off()
    this.#trails.clear()
  }

  /** @param late the socket had its time @returns whether it is behind the answer for any node */
  #judge(answer: StatusAnswer, late = false): boolean {
    const at = answer.at ?? this.#options.client.sockets.serverNow()
    let behind = false
    for (const [node, trail] of [...this.#trails]) {
      const row = answer.rows.get(node)
      if (row === undefined || this.#judgeNode(node, trail, row, at)) {
        trail.off()
        this.#trails.delete(node)
      } else {
        behind = true
        if (late) this.#tellBehind(node, trail, row)
      }
    }
    return behind
  }

  /** @returns whether there is nothing to wait for */
  #judgeNode(node: string, { epoch, states }: Trail, row: LooseStatusRow, at: number): boolean {
    const { onCompared, onMismatch } = this.#options
    const { seq } = row
    if (row.epoch !== epoch || seq === undefined) return true
    const held = states.get(seq)
    if (held === undefined) return seq < Math.max(...states.keys())
    onCompared()
    for (const { field, example } of differencesOf(node, held, row, at)) onMismatch(field, example)
    return true
  }

  #tellBehind(node: string, { epoch, states }: Trail, row: LooseStatusRow): void {
    const { client, onCompared, onMismatch } = this.#options
    const now = client.sockets.inspect().find((each) => each.node === node)
    // A socket that broke meanwhile has a reason of its own to be behind.
    if (now?.state.status !== 'live' || now.place?.epoch !== epoch) return
    onCompared()
    onMismatch('seq', `${(row.seq ?? 0) - Math.max(...states.keys())} behind after ${CATCH_UP_MS} ms`)
  }
}
