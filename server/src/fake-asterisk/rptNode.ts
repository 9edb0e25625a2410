import type { Clock } from '../env/clock.ts'
import type { ChannelMove } from './amiEvents.ts'
import { adjacentTokens, linkTokens } from './linkLists.ts'
import { kindOf, makeLink } from './link.ts'
import type { Link, LinkMode, LinkSpec } from './link.ts'
import type { NodeTiming } from './nodeTiming.ts'
import type { TimerSet } from './timers.ts'
import { Transmitter } from './transmitter.ts'
import type { Variables } from './variables.ts'
import { Switches } from './switches.ts'

export interface NodeSurroundings {
  readonly clock: Clock
  readonly timers: TimerSet
  readonly timing: NodeTiming
  /** Numbers that lead to TheLinkBox. */
  readonly tlb: ReadonlySet<string>
  /** Called for every variable that app_rpt announces, after it was stored. */
  readonly announce: (node: RptNode, name: string, value: string) => void
  /** Called for what becomes of the channel of a link, before the link shows it. */
  readonly moved: (node: RptNode, link: Link, move: ChannelMove) => void
}

/** One node of app_rpt: its receiver, its transmitter and its links, and the variables that tell about them. */
export class RptNode {
  readonly id: string
  /** The receive channel's name, e.g. `SimpleUSB/546051`. */
  readonly channel: string
  readonly vars: Variables
  readonly transmitter: Transmitter
  readonly switches = new Switches()
  readonly startedAt: number
  readonly timing: NodeTiming
  rx = false
  lastKeyedAt: number
  /** When a link last talked: then the identifier is queued. */
  lastLinkAudioAt: number | null = null
  keyups = 0
  /** For `ilink` with target 0. */
  lastTarget: string | null = null
  /** What `ilink 6` dropped, for `ilink 16`. */
  dropped: readonly LinkSpec[] = []
  readonly #env: NodeSurroundings
  /** Newest first (app_rpt.c: `AO2_CONTAINER_ALLOC_OPT_INSERT_BEGIN`). */
  #links: Link[] = []

  constructor(
    id: string,
    channel: string,
    radioless: boolean,
    vars: Variables,
    startedAt: number,
    env: NodeSurroundings,
  ) {
    this.id = id
    this.channel = channel
    this.vars = vars
    this.startedAt = startedAt
    this.timing = env.timing
    this.lastKeyedAt = startedAt
    this.#env = env
    this.transmitter = new Transmitter({
      ...env,
      startedAt,
      radioless,
      rx: () => this.rx,
      linkAudio: () => this.#links.some((l) => l.keyed),
      set: (name, on) => {
        this.#announce(name, on ? '1' : '0')
      },
    })
    // In the order in which app_rpt announces them at the start of a node.
    for (const name of ['RXKEYED', 'TXKEYED', 'ETXKEYED', 'AUTOPATCHUP', 'NUMLINKS', 'NUMALINKS', 'LINKS', 'ALINKS']) {
      vars.set(`RPT_${name}`, '0')
    }
  }

  get links(): readonly Link[] {
    return this.#links
  }

  link(name: string): Link | undefined {
    return this.#links.find((l) => l.name === name)
  }

  /** Mode letter and name of everything that is linked, unsorted. */
  linkedTokens(): readonly string[] {
    return linkTokens(this.#links)
  }

  /** The local receiver opens or closes. */
  setRx(on: boolean): void {
    if (this.rx === on) return
    this.rx = on
    this.lastKeyedAt = this.#env.clock.now()
    if (on) this.keyups += 1
    this.#announce('RPT_RXKEYED', on ? '1' : '0')
    this.transmitter.update(this.#env.timing.localHangMs)
    this.#forward(0)
  }

  /** A linked station starts or stops talking to us. */
  setLinkKeyed(link: Link, on: boolean): void {
    if (link.keyed === on || !link.connected || !link.hasChannel) return
    const now = this.#env.clock.now()
    link.keyed = on
    this.lastLinkAudioAt = now
    if (link.kind !== 'phone') {
      if (on) link.lastKeyAt = now
      else link.lastUnkeyAt = now
      this.updateLinks()
    }
    if (on) this.transmitter.updateSoon(this.#env.timing.linkHangMs)
    else this.transmitter.update(this.#env.timing.linkHangMs)
    this.#forward(this.#env.timing.frameMs)
  }

  /** Puts a link on the list. CONNECTING fires no event; one that is answered for the first time is announced by {@link updateLinks}. */
  add(spec: LinkSpec, far: RptNode | null): Link {
    const link = makeLink(spec, this.#env.tlb.has(spec.name) ? 'tlb' : kindOf(spec.name), this.#env.clock.now(), far)
    if (link.direction === 'IN' && link.connected) this.moved(link, 'up')
    this.#links = [link, ...this.#links]
    if (link.direction === 'OUT' && !link.connected) this.moved(link, 'ringing')
    this.post()
    return link
  }

  /** Takes a link off the list, without an event. */
  remove(link: Link): void {
    if (link.hasChannel || link.direction === 'IN') this.moved(link, 'ended')
    this.#links = this.#links.filter((l) => l !== link)
    link.keyed = false
    link.connected = false
  }

  /** Asterisk's core tells what becomes of a link's channel; of phones and the like it tells by other names. */
  moved(link: Link, move: ChannelMove): void {
    if (/^[1-9]/.test(link.name)) this.#env.moved(this, link, move)
  }

  setMode(link: Link, mode: LinkMode): void {
    link.mode = mode
    this.post()
    this.#forward(0)
  }

  /**
   * The far end of a link that stays on the list is gone (app_rpt.c `remote_hangup_helper`). No event tells so: only, and before it, that
   * nothing is behind the link any more, and after it that it has stopped talking. One that called us goes on as ESTABLISHED.
   */
  lose(link: Link): void {
    const now = this.#env.clock.now()
    if (link.behind.length > 0) {
      link.behind = []
      this.updateLinks()
    }
    this.moved(link, link.direction === 'OUT' ? 'ended' : 'let-go')
    link.hasChannel = false
    if (link.direction === 'OUT') {
      link.connected = false
      link.since = now
      link.lastKeyAt = null
    }
    this.post()
    if (!link.keyed) return
    link.keyed = false
    link.lastUnkeyAt = now
    this.updateLinks()
    this.transmitter.update(this.#env.timing.linkHangMs)
    this.#forward(this.#env.timing.frameMs)
  }

  /** The group of four (rpt_link.c `rpt_update_links`). With no link left the count stands alone, or nothing at all. */
  updateLinks(): void {
    const near = adjacentTokens(this.#links)
    const all = this.linkedTokens()
    this.#announce('RPT_ALINKS', near.length === 0 ? '' : [near.length, ...near].join(','))
    this.#announce('RPT_NUMALINKS', String(near.length))
    this.#announce('RPT_LINKS', all.length === 0 ? '0' : [all.length, ...all].join(','))
    this.#announce('RPT_NUMLINKS', String(all.length))
    this.post()
  }

  /**
   * Tells the neighbours of this server who is linked here (the `L` message). They learn it a frame later and fire no
   * event: their own variables stay old until the next key-up (rpt_link.c `handle_link_data`).
   */
  post(): void {
    for (const link of this.#links) {
      const { far } = link
      if (far === null) continue
      this.#env.timers.after(this.#env.timing.frameMs, () => {
        const back = far.link(this.id)
        const list = linkTokens(this.#links, far.id)
        if (back === undefined || this.link(link.name) !== link || list.join() === back.behind.join()) return
        back.behind = list
        far.post()
      })
    }
  }

  /** Speaks for `ms`, and so do the linked nodes of this server, where telemetry is not off. */
  speak(ms: number, delayMs: number): void {
    for (const node of [this, ...this.#links.flatMap((l) => (l.connected && l.far !== null ? [l.far] : []))]) {
      if (node.switches.telemetry !== 0) node.transmitter.speak(ms, delayMs)
    }
  }

  /** What we send to our neighbours on this server changes one frame later per hop. */
  #forward(delayMs: number): void {
    for (const link of this.#links) {
      if (link.far === null) continue
      const far = link.far
      const apply = () => {
        const back = far.link(this.id)
        if (back !== undefined && this.link(link.name) === link) far.setLinkKeyed(back, this.#sendsTo(link))
      }
      if (delayMs === 0) apply()
      else this.#env.timers.after(delayMs, apply)
    }
  }

  #sendsTo(link: Link): boolean {
    if (link.mode !== 'transceive' || !link.connected) return false
    return this.rx || this.#links.some((l) => l !== link && l.keyed && l.mode !== 'local-monitor')
  }

  #announce(name: string, value: string): void {
    this.vars.set(name, value)
    this.#env.announce(this, name, value)
  }
}
