import type { Clock } from '../env/clock.ts'
import type { ChannelMove } from './amiEvents.ts'
import { isRedialled, kindOf } from './link.ts'
import type { Link, LinkMode, LinkSpec } from './link.ts'
import type { NodeTiming } from './nodeTiming.ts'
import { RptNode } from './rptNode.ts'
import type { TimerSet } from './timers.ts'
import { Variables } from './variables.ts'
import type { Voter } from './voter.ts'

export interface RptServerOptions {
  readonly clock: Clock
  readonly timers: TimerSet
  readonly timing: NodeTiming
  /** When the server came up, ms. */
  readonly startedAt: number
  readonly nodes: readonly string[]
  readonly voters: ReadonlyMap<string, Voter>
  readonly radioless: ReadonlySet<string>
  /** Numbers that no list of nodes knows: dialling them does nothing. */
  readonly unknownTargets: ReadonlySet<string>
  /** Numbers that ring and never answer. */
  readonly unreachableTargets: ReadonlySet<string>
  /** Numbers that lead to TheLinkBox (tlb.conf). */
  readonly tlb: ReadonlySet<string>
  /** See the knobs. */
  readonly redialsAll: () => boolean
  readonly farewellsLost: () => boolean
  readonly announce: (node: RptNode, name: string, value: string) => void
  readonly moved: (node: RptNode, link: Link, move: ChannelMove) => void
}

/** Calls that app_rpt up to 3.3 makes before it lets a link go: each counts twice among its five tries (app_rpt.h `MAX_RETRIES`). */
const REDIALS = 2

/** What calls of a link find. */
interface FarEnd {
  /** Since when somebody is there, ms; Infinity = never. */
  readonly from: number
  /** What it tells of the nodes behind it as it answers; null = nothing yet. */
  readonly behind: readonly string[] | null
}

/** The nodes of one server and the calls between them and the rest of the network. */
export class RptServer {
  readonly nodes: ReadonlyMap<string, RptNode>
  readonly voters: ReadonlyMap<string, Voter>
  readonly clock: Clock
  readonly timers: TimerSet
  readonly timing: NodeTiming
  readonly startedAt: number
  readonly #options: RptServerOptions
  /** What comes next of links whose far end is gone. */
  readonly #waits = new WeakMap<Link, () => void>()

  constructor(options: RptServerOptions) {
    const { clock, timers, timing, startedAt, voters, tlb } = options
    this.#options = options
    this.clock = clock
    this.timers = timers
    this.timing = timing
    this.startedAt = startedAt
    this.voters = voters
    const env = { clock, timers, timing, tlb, announce: options.announce, moved: options.moved }
    this.nodes = new Map(
      options.nodes.map((id) => {
        const channel = voters.has(id)
          ? `voter/${id}`
          : options.radioless.has(id)
            ? 'Local/pseudo@default-00000000;1'
            : `SimpleUSB/${id}`
        return [id, new RptNode(id, channel, options.radioless.has(id), new Variables(), startedAt, env)]
      }),
    )
  }

  /**
   * Calls `name` (rpt_link.c `rpt_link_connect`). Refused with nothing but a word on air: a node that is already reachable
   * through another link. Ignored: itself, a number that no list knows, a link that already is what is asked for, and one
   * that waits for its next try.
   */
  dial(node: RptNode, name: string, mode: LinkMode, permanent: boolean): void {
    if (name === node.id || this.#options.unknownTargets.has(name)) return
    const existing = node.link(name)
    if (existing !== undefined) {
      if (existing.mode === mode || !existing.hasChannel) return
      if (!isRedialled(existing)) {
        // Such a channel just changes its mode, and no event tells about it.
        node.setMode(existing, mode)
        return
      }
      if (permanent || this.#takesCalls(name)) this.#ring(node, this.callAnew(node, existing, mode, permanent))
      else this.drop(node, existing)
      return
    }
    if (this.reachable(node, name)) node.speak(this.timing.connectTelemetryMs, this.timing.frameMs)
    // One that is refused is called again if it is permanent, and is nowhere to be seen if it is not.
    else if (permanent || this.#takesCalls(name)) this.#ring(node, node.add({ name, mode, permanent, connected: false }, this.nodes.get(name) ?? null))
  }

  #takesCalls(name: string): boolean {
    return this.nodes.get(name)?.switches.incomingOff !== true
  }

  /** A link in another mode is another link, called in the old one's place (rpt_link.c `rpt_link_connect`: `modechange`). */
  callAnew(node: RptNode, old: Link, mode: LinkMode, permanent: boolean): Link {
    const { name, reconnects, far } = old
    this.drop(node, old)
    const link = node.add({ name, mode, permanent, reconnects, connected: false }, far)
    link.connectedBefore = true
    return link
  }

  /** Is `name` linked already, here or behind a neighbour? A ring of this server's own nodes would never fall silent. */
  reachable(node: RptNode, name: string): boolean {
    const seen = new Set<RptNode>()
    const look = (at: RptNode): boolean => {
      if (at.id === name || at.linkedTokens().some((token) => token.slice(1) === name)) return true
      seen.add(at)
      return at.links.some((l) => l.far !== null && !seen.has(l.far) && look(l.far))
    }
    return look(node)
  }

  /** A link that stands at once, called or accepted. With `connected: false` it goes on ringing. */
  connect(node: RptNode, spec: LinkSpec): Link {
    const link = node.add({ ...spec, connected: false }, this.nodes.get(spec.name) ?? null)
    if (spec.connected !== false) this.answered(node, link)
    return link
  }

  /** An outgoing call was answered, or an incoming one accepted. Of a redial no event tells, at this end (app_rpt.c `process_link_channel`). */
  answered(node: RptNode, link: Link): void {
    this.#waits.get(link)?.()
    const again = link.connectedBefore
    link.connected = true
    link.connectedBefore = true
    link.hasConnected = true
    link.hasChannel = true
    const far = link.far
    if (far !== null) this.#accept(far, node, link)
    node.moved(link, 'up')
    if (again) {
      link.reconnects += 1
      node.post()
    } else node.updateLinks()
    far?.updateLinks()
    if (!again) node.speak(this.timing.connectTelemetryMs, this.timing.frameMs)
  }

  /** What the far end has of it: a link of its own, in the place of the one that it had: missed, or itself just calling (app_rpt.c `rpt_exec`). */
  #accept(far: RptNode, node: RptNode, { direction }: Link): void {
    const old = far.link(node.id)
    if (old !== undefined) this.#replace(far, old)
    far.add({ name: node.id, direction: direction === 'OUT' ? 'IN' : 'OUT', reconnects: old === undefined ? 0 : old.reconnects + 1 }, node)
  }

  /** Its far end knows of another link by now, or of none. */
  #replace(node: RptNode, old: Link): void {
    node.remove(old)
    this.#tellEnd(node, old)
  }

  /** It was ordered to end: events tell so, also of one that was never answered (rpt_functions.c `function_ilink`). */
  disconnect(node: RptNode, link: Link): void {
    link.hasConnected = true
    this.drop(node, link)
  }

  /** Either end orders it, and says so to the other (app_rpt.h `DISCSTR`), which may not hear it. @param aloud is it said on air? */
  drop(node: RptNode, link: Link, aloud = link.connected): void {
    node.remove(link)
    if (aloud) node.speak(this.timing.dropTelemetryMs, 0)
    if (link.hasChannel) this.#cutFar(node, link)
    this.#tellEnd(node, link)
  }

  /** Of one that was never answered no event tells. */
  #tellEnd(node: RptNode, link: Link): void {
    if (link.hasConnected) node.updateLinks()
    node.transmitter.update(this.timing.linkHangMs)
  }

  /**
   * The far end is gone without a word (app_rpt.c `remote_hangup_helper`). The link stays on the list, without a channel: one that called
   * us until it was missed for long enough, a permanent one until it answers again, any other until app_rpt lets it go.
   */
  lost(node: RptNode, link: Link, backAfterMs: number): void {
    const { behind } = link
    if (!isRedialled(link)) {
      this.drop(node, link)
      return
    }
    const from = this.clock.now() + backAfterMs
    this.#miss(node, link, { behind, from })
    const back = link.far?.link(node.id)
    if (link.far !== null && back?.hasChannel === true) this.#miss(link.far, back, { behind: back.behind, from })
  }

  /** The link has lost its channel, by the far end's doing or nobody's. */
  #miss(node: RptNode, link: Link, far: FarEnd): void {
    node.lose(link)
    if (link.direction === 'IN') this.#wait(node, link, /^[1-9]/.test(link.name) ? this.timing.missedMs : this.timing.frameMs, () => { this.#letGo(node, link) })
    else this.#retry(node, link, far, link.permanent ? Infinity : this.#options.redialsAll() ? REDIALS : 0, this.timing.retryMs)
  }

  /** A node that called us, and is missed, calls again: its new link takes the old one's place (app_rpt.c `rpt_exec`). */
  calledAgain(node: RptNode, old: Link): void {
    const { name, reconnects, far } = old
    this.#replace(node, old)
    this.answered(node, node.add({ name, direction: 'IN', reconnects: reconnects + 1, connected: false }, far))
  }

  /** Pause and call, until it answers or there are no calls left. app_rpt 3.4 and later has none: it counts its tries by the frame (app_rpt.c `periodic_process_link`). */
  #retry(node: RptNode, link: Link, far: FarEnd, calls: number, pauseMs: number): void {
    this.#wait(node, link, pauseMs, () => {
      if (calls === 0) {
        this.#letGo(node, link)
        return
      }
      link.hasChannel = true
      link.since = this.clock.now()
      node.moved(link, 'ringing')
      this.#call(node, link, far, calls - 1)
    })
  }

  /** @param calls that are left when this one comes to nothing */
  #call(node: RptNode, link: Link, far: FarEnd, calls: number): void {
    const { frameMs, dialMs, dialTimeoutMs, redialMs, retryMs, restMs } = this.timing
    const old = this.#options.redialsAll()
    const refused = !this.#takesCalls(link.name)
    const ringsMs = refused ? frameMs : old && link.connectedBefore ? redialMs : dialTimeoutMs
    const pauseMs = refused || old ? retryMs : restMs
    const missingMs = Math.max(0, far.from - this.clock.now())
    if (!refused && (old ? missingMs === 0 : missingMs < ringsMs)) {
      this.#wait(node, link, missingMs + (link.far === null ? dialMs : frameMs), () => {
        link.behind = far.behind ?? link.behind
        this.answered(node, link)
      })
      return
    }
    this.#wait(node, link, ringsMs, () => {
      if (!isRedialled(link)) {
        this.#letGo(node, link)
        return
      }
      node.moved(link, 'ended')
      link.hasChannel = false
      node.post()
      this.#retry(node, link, far, calls, pauseMs)
    })
  }

  /** Events tell the link once more, as it was, and then that it is gone; app_rpt up to 3.3 only the latter. Of one that was never answered they tell nothing. */
  #letGo(node: RptNode, link: Link): void {
    if (!link.hasConnected) {
      node.remove(link)
      node.speak(this.timing.dropTelemetryMs, 0)
      return
    }
    if (!this.#options.redialsAll()) node.updateLinks()
    this.drop(node, link, true)
  }

  /** In place of what was waited for before. Nothing comes of it when the link was ended meanwhile. */
  #wait(node: RptNode, link: Link, ms: number, fn: () => void): void {
    this.#waits.get(link)?.()
    this.#waits.set(link, this.timers.after(ms, () => { if (node.link(link.name) === link) fn() }))
  }

  /** The far end hears that it is over, or hears nothing more (see the knob). */
  #cutFar(node: RptNode, link: Link): void {
    const { far } = link
    const back = far?.link(node.id)
    if (far === null || back?.hasChannel !== true) return
    if (this.#options.farewellsLost()) {
      this.#miss(far, back, { behind: back.behind, from: 0 })
      return
    }
    far.remove(back)
    far.updateLinks()
    far.transmitter.update(this.timing.linkHangMs)
  }

  #ring(node: RptNode, link: Link): void {
    const from = this.#options.unreachableTargets.has(link.name) ? Infinity : 0
    this.#call(node, link, { from, behind: null }, link.permanent ? Infinity : 0)
  }

  /** May `target` be dialled at all? app_rpt takes numbers; a call sign belongs to a station that calls us. */
  dialable(target: string): boolean {
    return kindOf(target) !== 'client' && kindOf(target) !== 'phone'
  }
}
