/**
 * Looks at all pages all the time. What a page shows as current must have been true a moment ago; what nobody may see is not shown; and
 * nothing goes back in a node's order. How long ago a moment may be depends on what fails just then.
 */
import type { NodeUpdate } from '../../../frontend/src/services/watchedNode.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
import type { Page, Shown } from './page.ts'
import type { Truth } from './truth.ts'

const LOOK_MS = 100
/** Asterisk's silence is told within 5 s, a page doubts what it shows 3 s after its socket is gone, and 2 s for everything on the way. */
const LAG_MS = 10_000
/**
 * What was true for a moment between two looks nobody here has noted: untrue is what stays so for this long, ms. On a page that polls, which
 * may have asked in just that moment, it stays until the next poll besides.
 */
const MOMENT_MS = 500
/** A right that is taken away is gone within 5 s, a page doubts what it shows 3 s after it lost its socket, and polls come later still, ms. */
const RIGHTS_MS = 9_500

export interface Finding {
  readonly page: string
  readonly node: string
  readonly rule: 'stale' | 'rights' | 'order' | 'stuck' | 'control' | 'leak' | 'died' | 'fault'
  readonly text: string
}

export interface WatchmanOptions {
  readonly pages: readonly Page[]
  readonly truth: Truth
  /** By how much older than usual what pages show as current may be just now, as nothing tells them, ms. */
  blindMs(): number
  onFinding(finding: Finding): void
}

export class Watchman {
  readonly #options: WatchmanOptions
  readonly #offs: (() => void)[] = []
  #timer: NodeJS.Timeout | undefined
  #lookedAt = performance.now()
  /** How late looks came lately, ms: what a busy machine adds to everything. */
  #lateMs = 0
  /** Since when each page shows what is not true, by page and node. */
  readonly #untrueSince = new Map<string, number>()

  constructor(options: WatchmanOptions) {
    this.#options = options
  }

  begin(): void {
    for (const page of this.#options.pages) for (const node of this.#options.truth.nodes) this.#followOrder(page, node)
    this.#lookedAt = performance.now()
    this.#timer = setInterval(() => { this.look() }, LOOK_MS)
  }

  look(): void {
    const now = performance.now()
    this.#lateMs = Math.max(now - this.#lookedAt - LOOK_MS, this.#lateMs * 0.99)
    this.#lookedAt = now
    const { truth, pages } = this.#options
    truth.note(now)
    for (const page of pages) for (const node of truth.nodes) this.#judge(page, node, now)
  }

  end(): void {
    clearInterval(this.#timer)
    for (const off of this.#offs.splice(0)) off()
  }

  #judge(page: Page, node: string, now: number): void {
    const shown = page.shows(node)
    const { state, stale } = shown
    if (state === undefined) return
    const tell = (rule: Finding['rule'], text: string) => { this.#options.onFinding({ page: page.name, node, rule, text }) }
    const user = page.kind.jar?.user ?? null
    const { history } = this.#options.truth
    const wait = shown.transport === 'polling' ? page.pollPatience : 0
    const since = now - RIGHTS_MS - this.#options.blindMs() - this.#lateMs - wait
    if (user === null) tell('rights', 'a stranger is shown a node')
    else if (user === 'WB6NIL' && node !== '546055') tell('rights', 'he is shown a node that was never his')
    if (stale) {
      this.#untrueSince.delete(`${page.number} ${node}`)
      return
    }
    if (!history.wasSince(`${String(user)} sees ${node}`, true, since)) tell('rights', `shown as current by ${shown.transport}, may not be seen any more`)
    if (hasPeers(state) && !history.wasSince(`${String(user)} peers`, true, since)) tell('rights', 'addresses are shown, may not be seen any more')
    this.#judgeTruth(page, node, shown, now, tell)
  }

  #judgeTruth(page: Page, node: string, { state, transport }: Shown, now: number, tell: (rule: Finding['rule'], text: string) => void): void {
    if (state === undefined) return
    if (claimsToKnow(state)) tell('stale', `reach is ${state.reach}, and it is said who talks`)
    const wait = transport === 'polling' ? page.pollPatience : 0
    const lag = LAG_MS + this.#options.blindMs() + this.#lateMs + wait
    const untrue = this.#options.truth.untrueSince(node, state, now - lag)
    const key = `${page.number} ${node}`
    if (untrue.length === 0) this.#untrueSince.delete(key)
    else if (!this.#untrueSince.has(key)) this.#untrueSince.set(key, now)
    if (now - (this.#untrueSince.get(key) ?? now) < MOMENT_MS + wait) return
    const age = page.client.sockets.heardAt(node)
    const heard = age === null ? 'never' : `${Math.round((page.client.env.now() - age) / 100) / 10} s ago`
    tell('stale', `shown as current by ${transport}, heard ${heard}, and not true for ${Math.round(lag / 1_000)} s: ${untrue.join('; ')}`)
  }

  /** In one epoch numbers only grow, and an epoch that was left does not come back, but for those with and without addresses: they count as one. */
  #followOrder(page: Page, node: string): void {
    const left = new Set<string>()
    let held: { readonly epoch: string; readonly seq: number } | null = null
    const check = ({ source }: NodeUpdate) => {
      const told = page.client.sockets.inspect().find((each) => each.node === node)?.place ?? null
      if (source !== 'socket' || told === null) return
      const place = { epoch: told.epoch.replace(/\.p$/, ''), seq: told.seq }
      const back = held !== null && held.epoch === place.epoch && place.seq < held.seq
      if (back || left.has(place.epoch)) {
        this.#options.onFinding({ page: page.name, node, rule: 'order', text: `went from ${held?.epoch} ${held?.seq} to ${place.epoch} ${place.seq}` })
      }
      if (held !== null && held.epoch !== place.epoch) left.add(held.epoch)
      held = place
    }
    this.#offs.push(page.client.sockets.onNodeMessage(node, check))
  }
}

function hasPeers({ links }: NodeState): boolean {
  return Object.values(links).some(({ peer }) => peer != null)
}

/** While a node is not reached, nobody can say who talks (T-1). */
function claimsToKnow({ reach, rx, tx, links }: NodeState): boolean {
  if (reach === 'up') return false
  return rx !== null || tx !== null || Object.values(links).some(({ keyed }) => keyed !== null)
}
