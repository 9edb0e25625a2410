/** Carries out the acts of a schedule. */
import type { Act } from './schedule.ts'
import { DEFAULT_LIMITS } from '../../../server/src/gateway/limits.ts'
import { SHARED } from './link.ts'
import type { Link } from './link.ts'
import { INTENSIVE } from './virtualPage.ts'
import type { Life } from './virtualServer.ts'
import type { Stage } from './stage.ts'

/** Acts of the page itself: a page that stands still does not do them before it goes on. */
const ON_PAGE = new Set<Act['do']>(['signal', 'retry', 'watch', 'unwatch', 'activity', 'flag', 'sign-in', 'sign-out'])
const GARBAGE = [
  '<html>Bad gateway</html>',
  '{"type":"patch"',
  '{"type":"snapshot","node":7}',
  'null',
  new ArrayBuffer(3),
]

export class Actor {
  readonly #stage: Stage
  readonly #known = new Set<string>()

  constructor(stage: Stage) {
    this.#stage = stage
  }

  plan(ms: number, act: Act): void {
    this.#stage.time.schedule(ON_PAGE.has(act.do) ? 'page' : 'world', ms, () => {
      if (act.do !== 'happen') this.#stage.trace?.(`* ${JSON.stringify(act)}`)
      this.#do(act)
    })
  }

  watch(node: string): void {
    const { client, watchman, time, trace } = this.#stage
    if (watchman.entry(node).watched) return
    time.dirty = true
    if (!this.#known.has(node)) {
      this.#known.add(node)
      client.sockets.onNodeMessage(node, (update) => {
        trace?.(`${node}: shows ${update.state.telemetry.load ?? ''} by ${update.source}`)
        watchman.onUpdate(node, update)
      })
      client.sockets.onNodeStateChange(node, (state) => {
        trace?.(`${node}: ${JSON.stringify(state)}`)
        // Perhaps it was given a socket of its own.
        this.#stage.rewired()
        watchman.onState(node, state)
      })
    }
    watchman.watching(node, true)
    this.#stage.rewired()
    void client.ladder.watch(node)
    this.#stage.rewired()
  }

  unwatch(node: string): void {
    const { client, watchman, time } = this.#stage
    time.dirty = true
    client.ladder.unwatch(node)
    this.#stage.rewired()
    watchman.watching(node, false)
  }

  /** What was parked while the page stood still happens now; let it pass before `settle`. */
  awake(): void {
    const { time, page } = this.#stage
    if (time.standing)
      this.#do({
        do: 'go-on',
        timersFirst: true,
        slip: false,
        signals: page.away ? ['resume', 'pageshow'] : ['resume'],
      })
  }

  /** No fault from here on; page awake, online, flag on, and seen if `visible`. */
  settle(visible: boolean): void {
    const { time, page, weather, server, client, network, watchman } = this.#stage
    time.dirty = true
    weather.spells.clear()
    server.start()
    for (const link of network.links) link.slowUntil = 0
    if (page.away) this.#do({ do: 'signal', signal: 'pageshow' })
    if (page.visible !== visible) this.#do({ do: 'signal', signal: visible ? 'visible' : 'hidden' })
    if (!page.online) this.#do({ do: 'signal', signal: 'online' })
    watchman.excuse()
    page.flagKnown = true
    client.sockets.setFlag(true)
    this.#stage.limits.viewersPerNode = DEFAULT_LIMITS.viewersPerNode
    for (const node of [...this.#stage.access.withheld]) this.#do({ do: 'give-back', node })
    if (this.#stage.guarded && !this.#stage.access.signedIn) this.#do({ do: 'sign-in' })
  }

  /** A person answers what only a person can: a refusal, a missing sign-in, a flag. Says whether there was one. */
  help(node: string): boolean {
    const { client, watchman, time } = this.#stage
    const state = client.sockets.getNodeState(node)
    if (state.status !== 'paused' || state.why === 'offline' || state.why === 'hidden') return false
    time.dirty = true
    watchman.excuse()
    client.sockets.retryConnection(node)
    return true
  }

  #do(act: Act): void {
    const { time, page, network, server, weather, client, watchman, access, limits } = this.#stage
    time.dirty = true
    switch (act.do) {
      case 'happen':
        server.life?.happen(act.node)
        return
      case 'cut':
        for (const link of this.#picked(act.pick)) network.cut(link)
        return
      case 'half-open':
        for (const link of this.#picked(act.pick)) network.halfOpen(link)
        return
      case 'garbage':
        for (const link of this.#picked(act.pick)) network.garbage(link, GARBAGE[Math.abs(time.now) % GARBAGE.length])
        return
      case 'slow':
        for (const link of this.#picked(act.pick)) link.slowUntil = time.now + act.ms
        return
      case 'close':
        for (const link of this.#picked(act.pick)) link.viewer?.close(act.code, 'closed')
        return
      case 'spell':
        weather.spells.add(act)
        time.schedule('world', act.ms, () => {
          weather.spells.delete(act)
        })
        return
      case 'restart':
        this.#restart(act)
        return
      case 'signal':
        if (act.signal !== 'hidden' && act.signal !== 'freeze') watchman.excuse()
        // Timers that were held back for up to a minute all come now.
        if (act.signal === 'visible' && time.throttleMs >= INTENSIVE) watchman.woke()
        page.signal(act.signal)
        watchman.wakes.signalled(act.signal, watchman.nodes.keys())
        return
      case 'stand':
        time.stand()
        return
      case 'go-on': {
        const slept = time.goOn(act.timersFirst, act.slip)
        watchman.woke()
        for (const signal of act.signals) page.signal(signal)
        for (const signal of act.signals) watchman.wakes.signalled(signal, watchman.nodes.keys())
        watchman.wakes.slept(slept, watchman.nodes.keys())
        return
      }
      case 'retry':
        watchman.excuse()
        client.sockets.retryConnection(act.node)
        return
      case 'watch':
        this.watch(act.node)
        return
      case 'unwatch':
        this.unwatch(act.node)
        return
      case 'activity':
        page.act()
        return
      case 'flag':
        watchman.excuse()
        page.flagKnown = true
        client.sockets.setFlag(act.on)
        return
      case 'goaway-flag':
        for (const link of this.#picked(-1)) link.viewer?.goaway('flag-off', 0)
        return
      case 'sign-in':
        access.signIn()
        this.#userChanged()
        return
      case 'sign-out':
        access.signOut(true)
        server.life?.recheck()
        this.#userChanged()
        return
      case 'session-ends':
        access.signOut(false)
        server.life?.recheck()
        return
      case 'withhold':
      case 'give-back':
        if (act.do === 'withhold') access.withheld.add(act.node)
        else access.withheld.delete(act.node)
        server.life?.recheck()
        return
      case 'full':
        limits.viewersPerNode = 0
        time.schedule('world', act.ms, () => {
          limits.viewersPerNode = DEFAULT_LIMITS.viewersPerNode
        })
        return
      case 'clock':
        page.skew += act.ms
        if (act.ms < 0) watchman.wakes.setBackAt = time.now
        // A clock that never goes back loses the time since it was last read: a deadline may count once more.
        watchman.woke(2_500)
        // The page counts by its own clock, and knows no other.
        watchman.leaveAloneUntil = 0
    }
  }

  /** The page learns that somebody signed in or out; who may see more than before is let in without further ado. */
  #userChanged(): void {
    const { client, watchman } = this.#stage
    watchman.excuse()
    client.userChanged()
    watchman.userChanged()
  }

  /** -1 = all that are open. */
  #picked(pick: number): Link[] {
    const held = this.#stage.network.held().filter(({ viewer, dead }) => viewer !== null && !dead)
    return pick < 0 ? held : held.slice(pick, pick + 1)
  }

  #restart({ how, downMs, spreadMs }: Extract<Act, { do: 'restart' }>): void {
    const { time, network, server } = this.#stage
    const { life } = server
    if (life === null) return
    const links = [...network.links].filter((link) => link.life === life)
    if (how === 'goaway') for (const link of links) link.viewer?.goaway('restart', spreadMs)
    server.stop()
    if (how === 'moved') {
      const next: Life = server.start()
      for (const link of links) {
        if (link.dead || link.over) continue
        // A relay that moves a shared connection would have to repeat what was subscribed; this one cannot.
        // Where nothing is counted, nobody can notice what such a relay keeps to itself.
        if (link.endpoint === SHARED || link.socket.offered.length === 0) network.cut(link)
        else network.move(link, next)
      }
      return
    }
    if (how === 'hard') for (const link of links) network.cut(link)
    if (how === 'vanish') for (const link of links) network.halfOpen(link)
    time.schedule('world', downMs, () => {
      server.start()
    })
  }
}
