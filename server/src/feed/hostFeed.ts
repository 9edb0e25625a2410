/**
 * The nodes of one Asterisk: keeps them true while somebody watches. Events patch at once, polls reconcile; a host that is
 * dead touches only its own nodes.
 */
import type { LinkMode, NodeState } from '../../../protocol/nodeState.ts'
import type { AmiHost, AmiHostStatus } from '../ami/amiHost.ts'
import { channelEnds } from '../ami/channelEvents.ts'
import { endedOverQuestion } from '../ami/closeReason.ts'
import type { AmiMessage } from '../ami/message.ts'
import { readRptEvent } from '../ami/rptEvents.ts'
import type { Clock } from '../env/clock.ts'
import { applyEvent } from './applyEvent.ts'
import { CADENCE, pollDelay, wholeIn } from './cadence.ts'
import type { EventTrust } from './cadence.ts'
import { channelMoved } from './channelMoved.ts'
import { EventsMissed } from './eventsMissed.ts'
import { endLooks, forgetMisses, isOnlyKept, letGo, newEntry } from './hostEntry.ts'
import type { HostEntry, Interest } from './hostEntry.ts'
import { heardMeanwhile, keysMeanwhile } from './heardMeanwhile.ts'
import { HostNames } from './hostNames.ts'
import { keyingMoved } from './keyingMoved.ts'
import { keepModes } from './lastMode.ts'
import { countMiss, restMs, restReason } from './leftAlone.ts'
import type { Misses } from './misses.ts'
import type { NameLookup } from './names.ts'
import { NOT_WATCHED } from './nodeFeed.ts'
import type { NodeFeed } from './nodeFeed.ts'
import { linksOf, pollNode } from './pollNode.ts'
import { reachReason } from './reachReason.ts'
import { reconcile, reconcileKeys } from './reconcile.ts'

export interface HostFeedOptions {
  readonly host: AmiHost
  readonly clock: Clock
  /** Server time by which its nodes are dated, ms. What is known of them may change with it: asked before their state is read. */
  readonly now: () => number
  /** The node list. */
  readonly names: NameLookup
  readonly warn?: (node: string, message: string) => void
  /** A node is kept current for this long after its last viewer left, ms: a reload finds it fresh. */
  readonly lingerMs?: number
}

export class HostFeed {
  readonly #options: HostFeedOptions
  readonly #entries = new Map<string, HostEntry>()
  readonly #off: (() => void)[]
  readonly #lingerMs: number
  readonly #names: HostNames
  readonly #missed = new EventsMissed()

  constructor(options: HostFeedOptions) {
    this.#options = options
    this.#lingerMs = options.lingerMs ?? 60_000
    this.#names = new HostNames({ ...options, nodes: () => this.#entries.values() })
    this.#off = [
      options.host.onStatus((status) => { this.#onStatus(status) }),
      options.host.onEvent((message) => { this.#onEvent(message) }),
    ]
  }

  get status(): AmiHostStatus {
    return this.#options.host.status
  }
  get nodes(): string[] {
    return [...this.#entries.keys()]
  }

  add(feed: NodeFeed): void {
    this.#entries.set(feed.node, newEntry(feed))
  }

  /** The node is not on this host any more. Its feed is left as it is. */
  remove(node: string): void {
    const entry = this.#entries.get(node)
    if (entry === undefined) return
    this.#entries.delete(node)
    const { clock, host } = this.#options
    letGo(entry, clock)
    if (![...this.#entries.values()].some(({ active }) => active)) host.stop()
  }

  /**
   * Somebody watches the node from now on. Returns the way out, safe to call twice.
   */
  watch(node: string, interest: Interest = 'stay'): () => void {
    const entry = this.#entries.get(node)
    if (entry === undefined) return () => undefined
    const leave = interest === 'keep' ? this.#keep(entry) : this.#enter(entry, interest)
    let left = false
    return () => {
      if (left) return
      left = true
      leave()
    }
  }

  #enter(entry: HostEntry, interest: Interest): () => void {
    const { clock } = this.#options
    const slow = entry.active && isOnlyKept(entry)
    entry.watchers += 1
    clock.clearTimeout(entry.linger)
    entry.linger = undefined
    this.#activate(entry, interest !== 'ask')
    if (slow && this.status.status === 'up') this.#pollSoon(entry, 0)
    return () => {
      entry.watchers -= 1
      if (entry.watchers > 0) return
      entry.linger = clock.setTimeout(() => {
        entry.linger = undefined
        if (entry.keepers === 0) this.#deactivate(entry)
      }, this.#lingerMs)
    }
  }

  #keep(entry: HostEntry): () => void {
    entry.keepers += 1
    this.#activate(entry, true)
    return () => {
      entry.keepers -= 1
      if (entry.keepers === 0 && isOnlyKept(entry)) this.#deactivate(entry)
    }
  }

  /**
   * Polls a watched node at once. Resolves when a poll that began after this call has been laid over the state, or when
   * there can be none: the state's `reach` tells which. Never rejects.
   */
  look(node: string): Promise<void> {
    const entry = this.#entries.get(node)
    if (entry === undefined || !entry.active || this.status.status !== 'up' || this.#restMs(entry) > 0) return Promise.resolve()
    return new Promise((resolve) => {
      entry.lookers.push(resolve)
      this.#pollSoon(entry, 0)
    })
  }

  /** Somebody waits for a change of this node: polls it four times a second for the next `forMs`. */
  urge(node: string, forMs: number): void {
    const entry = this.#entries.get(node)
    if (entry === undefined || !entry.active) return
    entry.urged = Math.max(entry.urged, Math.ceil(forMs / CADENCE.urgedMs))
    if (this.status.status !== 'up' || entry.polling) return
    if (entry.dueAt - this.#options.clock.monotonic() > CADENCE.urgedMs) this.#pollSoon(entry, CADENCE.urgedMs)
  }

  /** An order from here has the link called in this mode: it is no other one when it is answered in it. */
  calledIn(node: string, link: string, mode: LinkMode): void {
    this.#entries.get(node)?.modes.set(link, mode)
  }

  /** The mode in which this link stood last, or was ordered: app_rpt hides it while it calls. null = not known. */
  lastMode(node: string, link: string): LinkMode | null {
    return this.#entries.get(node)?.modes.get(link) ?? null
  }

  /**
   * Runs a CLI line on this Asterisk, before all polls that wait.
   * @param go asked as it would be written; false = it is not sent
   * @throws AmiClosedError, AmiEncodeError, AmiWithdrawnError (as rejections), see AmiHost.request
   */
  command(line: string, go: () => boolean): Promise<AmiMessage> {
    return this.#options.host.request('Command', { Command: line }, { urgent: true, go })
  }

  /** @throws AmiClosedError (as a rejection) when there is no session */
  voterStatus(node: string): Promise<AmiMessage> {
    return this.#options.host.request('VoterStatus', { NODE: node })
  }

  /** Those of its voter, for whoever asks for it to count; forgotten when those of its node are. null = the node is not here. */
  voterMisses(node: string): Misses | null {
    return this.#entries.get(node)?.voterMisses ?? null
  }

  /** The node list has changed, see {@link HostNames.refresh}. */
  refreshNames(): void {
    this.#names.refresh()
  }

  dispose(): void {
    this.#names.dispose()
    for (const entry of this.#entries.values()) letGo(entry, this.#options.clock)
    for (const off of this.#off) off()
    this.#options.host.stop()
  }

  #activate(entry: HostEntry, stays: boolean): void {
    const { host } = this.#options
    if (host.status.status === 'idle') host.start()
    else if (stays || !entry.active) host.nudge()
    if (entry.active) return
    entry.active = true
    this.#tellReach(entry, host.status)
    if (host.status.status === 'up') this.#begin(entry)
  }

  #deactivate(entry: HostEntry): void {
    const { clock, host } = this.#options
    clock.clearTimeout(entry.timer)
    entry.active = false
    entry.whole = null
    endLooks(entry)
    entry.feed.setReach('unknown', NOT_WATCHED, this.#options.now())
    if (![...this.#entries.values()].some(({ active }) => active)) host.stop()
  }

  #onStatus(status: AmiHostStatus): void {
    if (status.status === 'up') this.#names.newSession()
    for (const entry of this.#entries.values()) {
      entry.whole = null
      if (status.status === 'up') entry.answered = false
      // It ended over no question: Asterisk may be another one when it is back.
      if (status.status === 'idle' || (status.status === 'down' && !endedOverQuestion(status.reason))) forgetMisses(entry)
    }
    // Over whom it may have ended comes last, or the others would never be asked.
    for (const entry of [...this.#entries.values()].sort((a, b) => a.misses.inARow - b.misses.inARow)) {
      if (!entry.active) continue
      this.#tellReach(entry, status)
      if (status.status === 'up') {
        this.#begin(entry)
      } else {
        this.#options.clock.clearTimeout(entry.timer)
        endLooks(entry)
      }
    }
  }

  /** The first poll of a node in a session that is up. */
  #begin(entry: HostEntry): void {
    if (this.#restMs(entry) > 0) entry.feed.setReach('down', restReason(entry), this.#options.now())
    this.#pollSoon(entry, 0)
  }

  #restMs(entry: HostEntry): number {
    return restMs(entry, this.#entries, this.#options.clock.monotonic())
  }

  /** A connection that is up says nothing of a node yet: its first poll does. */
  #tellReach(entry: HostEntry, status: AmiHostStatus): void {
    const reason = reachReason(status)
    if (reason === null) return
    entry.feed.setReach(reason.code === 'ami-connecting' ? 'unknown' : 'down', reason, this.#options.now())
  }

  #onEvent(message: AmiMessage): void {
    const event = readRptEvent(message)
    if (event === null) {
      this.#onChannel(message)
      return
    }
    this.#missed.came(event.kind)
    const entry = this.#entries.get(event.node)
    if (entry === undefined || !entry.active) return
    const untold = event.kind === 'alinks' && event.links === null
    if (entry.polling && !untold) entry.heard.add(event.kind)
    // Of its receiver only a node tells that has started (app_rpt rpt), and no remote base: XStat is answered from then on.
    if (event.kind === 'rxkeyed' && entry.missKind === 'ended') entry.misses.doubt()
    // Before the first poll there is no state that an event could change. A node that was unknown is there after all.
    if (entry.feed.state.reach !== 'up') {
      this.#pollSoon(entry, 0)
      return
    }
    const now = this.#options.now()
    const { state, poll } = applyEvent(entry.feed.state, event, this.#names.of, entry.modes, now)
    this.#learn(entry, state, now)
    if (poll === 'whole') {
      entry.whole = null
      entry.relinked = entry.polling
    }
    if (poll !== null) this.#pollSoon(entry, CADENCE.afterTopologyMs)
    else this.#hurry(entry)
  }

  #onChannel(message: AmiMessage): void {
    for (const node of channelEnds(message)) {
      const entry = this.#entries.get(node)
      if (entry?.active !== true || isOnlyKept(entry) || entry.feed.state.reach !== 'up') continue
      const wait = channelMoved(entry, this.#options.clock.monotonic())
      if (wait !== null) this.#pollSoon(entry, wait)
    }
  }

  /** What may tell of other links, or of other modes. */
  #learn({ feed, modes }: HostEntry, state: NodeState, now: number): void {
    keepModes(modes, state.links)
    feed.update(state, now)
  }

  /** The node has become busier than its running wait assumed. */
  #hurry(entry: HostEntry): void {
    if (this.#pollDelay(entry) < CADENCE.quietMs && !entry.polling) {
      if (entry.dueAt - this.#options.clock.monotonic() > CADENCE.busyMs) this.#pollSoon(entry, CADENCE.busyMs)
    }
  }

  #pollSoon(entry: HostEntry, ms: number): void {
    const { clock } = this.#options
    if (entry.polling) {
      entry.again = true
      return
    }
    clock.clearTimeout(entry.timer)
    const wait = Math.max(ms, this.#restMs(entry))
    entry.dueAt = clock.monotonic() + wait
    entry.timer = clock.setTimeout(() => void this.#poll(entry), wait)
  }

  #nextPollIn(entry: HostEntry): number {
    const { again, urged, lookers } = entry
    if (lookers.length > 0) return 0
    if (again) return CADENCE.afterTopologyMs
    const ms = entry.lookAgain ? Math.min(CADENCE.busyMs, this.#pollDelay(entry)) : this.#pollDelay(entry)
    entry.lookAgain = false
    return urged > 0 ? Math.min(ms, CADENCE.urgedMs) : ms
  }

  #pollDelay(entry: HostEntry): number {
    const watched = [...this.#entries.values()].filter(({ active }) => active).length
    return pollDelay(entry.feed.state, this.#events, this.#options.clock.now() - entry.feed.at, watched, isOnlyKept(entry))
  }

  #wholeIn({ feed, whole }: HostEntry): number {
    return wholeIn(feed.state, this.#events, whole === null ? null : this.#options.clock.now() - whole.at)
  }

  get #events(): EventTrust {
    return this.#missed.trust(this.#options.host.eventsSeen)
  }

  async #poll(entry: HostEntry): Promise<void> {
    if (entry.polling) return
    const lookers = entry.lookers.splice(0)
    await this.#pollOnce(entry, lookers.length > 0)
    for (const seen of lookers) seen()
  }

  async #pollOnce(entry: HostEntry, looked: boolean): Promise<void> {
    const { host } = this.#options
    if (!entry.active || host.status.status !== 'up') return
    entry.polling = true
    entry.again = false
    entry.heard.clear()
    entry.relinked = false
    // Nobody waits so much for a node that may end the session that the others should wait for him.
    const urgent = (looked || entry.urged > 0) && entry.misses.inARow === 0
    entry.urged = Math.max(0, entry.urged - 1)
    const { feed } = entry
    const before = feed.seq
    const result = await pollNode(host, feed.node, !urgent && this.#wholeIn(entry) > 0 ? 'keys' : 'whole', urgent)
    entry.polling = false
    const now = this.#options.now()
    if (result.type === 'hung' || result.type === 'ended') {
      const warning = countMiss(entry, result.type, this.#entries, this.#options.clock.monotonic())
      if (warning !== null) this.#options.warn?.(feed.node, warning)
    } else if (result.type !== 'lost') {
      entry.answered = true
      entry.misses.clear()
    }
    if (!entry.active || host.status.status !== 'up') return
    switch (result.type) {
      case 'whole': {
        const poll = feed.state.reach === 'up' ? heardMeanwhile(result, feed.state, entry.heard) : result
        const told = reconcile(feed.state, poll, this.#names.of, entry.modes, now)
        // The answer is as old as its question: what the event told of links stays, and the next poll tells the rest.
        const next = entry.relinked ? { ...told, links: feed.state.links, indirect: feed.state.indirect } : told
        // Where an event asked for this poll, it told what it could.
        if (feed.seq === before && feed.state.reach === 'up' && entry.whole !== null) this.#missed.missed(keyingMoved(feed.state, next))
        this.#learn(entry, next, now)
        // What came while it ran may be newer than its answers.
        entry.whole = entry.again || entry.lookAgain ? null : { at: now, links: linksOf(result.sawstat) }
        this.#pollSoon(entry, this.#nextPollIn(entry))
        this.#names.look()
        return
      }
      case 'keys': {
        const next = reconcileKeys(feed.state, keysMeanwhile(result.sawstat, feed.state, entry.heard), now)
        if (feed.seq === before) this.#missed.missed(keyingMoved(feed.state, next))
        feed.update(next, now)
        if (entry.whole?.links !== linksOf(result.sawstat)) entry.whole = null
        this.#pollSoon(entry, entry.whole === null ? CADENCE.afterTopologyMs : Math.min(this.#nextPollIn(entry), this.#wholeIn(entry)))
        return
      }
      case 'refused':
        entry.whole = null
        feed.setReach('down', result.reason, now)
        this.#pollSoon(entry, entry.lookers.length > 0 ? 0 : CADENCE.unknownNodeMs)
        return
      case 'lost':
      case 'hung':
      case 'ended':
        // The host says so itself, and says when it is back.
        return
    }
  }
}
