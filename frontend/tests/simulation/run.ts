/** One seed, from the first try to the last timer: the real client and the real hubs in a world that obeys the seed. */
import { DEFAULT_LIMITS } from '../../../server/src/gateway/limits.ts'
import { LiveClient } from '../../src/services/liveClient.ts'
import { Actor } from './actor.ts'
import { describeNode, isCurrent, isDeadUnnoticed } from './currency.ts'
import { rngOf } from './rng.ts'
import type { Scene, Trace, Violation } from './scene.ts'
import { scheduleOf } from './schedule.ts'
import type { Schedule } from './schedule.ts'
import type { Stage } from './stage.ts'
import { LETTING_GO } from './toldWatch.ts'
import { Truth } from './truth.ts'
import { VirtualAccess } from './virtualAccess.ts'
import { VirtualHttp } from './virtualHttp.ts'
import { SHARED } from './link.ts'
import { VirtualNetwork } from './virtualNetwork.ts'
import { takeOverTimers, VirtualPage } from './virtualPage.ts'
import { VirtualServer } from './virtualServer.ts'
import { VirtualSocket } from './virtualSocket.ts'
import { VirtualTime } from './virtualTime.ts'
import { Watchman } from './watchman.ts'
import { Weather } from './weather.ts'

export interface RunOptions {
  readonly trace?: (line: string) => void
  /** Planted fault: what belongs to a dead socket is given to the newest one. */
  readonly mixGenerations?: boolean
  /** Let the page's clock go back when it is set back. */
  readonly rawClock?: boolean
  readonly schedule?: Schedule
}

export interface Report {
  readonly seed: number
  readonly violations: readonly Violation[]
  readonly steps: number
  readonly updates: number
  readonly attempts: number
  readonly polls: number
  /** From the end of the faults until the node's socket showed the truth, ms; visible pages only. */
  readonly recoveries: readonly number[]
}

const CHECK_MS = 250
const SLOWEST_WAY = 1_800
/**
 * Faults are over and the page is seen: silence is noticed within 28.5 s, a try that is stuck ends within 10 s, and the
 * wait after either is at most the cap of 17 s. The rest is travel.
 */
const RECOVERY_MS = 49_000
/** A try under way ends within 10 s, a hidden wait within 75 s, both rounded up to the throttle of hidden timers. */
const HIDDEN_RECOVERY_MS = 90_000
/** One more hidden wait, where the first try is spent on learning that a ticket or another greeting is wanted. */
const SECOND_TRY_MS = 80_000
/** With a turn of the timers each minute: for what is under way, for the wait, for the library, for the try. */
const INTENSIVE_MS = 310_000
/** A Supermon-NG that was out of reach is greeted the wrong way first, and the wait after that is another cap. */
const SECOND_GREETING_MS = 18_000
/** What HTTP calls a Supermon-NG and no socket has reached is tried once a minute; a try under way ends before. */
const SOCKETLESS_MS = 85_000
/** The server notices a half-open connection within this, ms. */
const SERVER_NOTICES = 61_000

export async function run(seed: number, options: RunOptions = {}): Promise<Report> {
  const schedule = options.schedule ?? scheduleOf(seed)
  VirtualSocket.born = 0
  const time: VirtualTime = new VirtualTime((error) => {
    watchman.fail('I-9', `thrown: ${stack(error)}`)
  })
  const start = time.now
  const say = options.trace
  const trace: Trace | undefined =
    say === undefined
      ? undefined
      : (text: string) => {
          say(`${((time.now - start) / 1000).toFixed(3).padStart(9)}  ${text}`)
        }
  const page = new VirtualPage(time, schedule.throttle, { rawClock: options.rawClock ?? false })
  const truth = new Truth()
  // Which nodes share a socket is the client's choice, and may change when it learns what the server is.
  let sharing: ReadonlySet<string> | null = null
  let sharingAt = 0
  const endpointOf = (node: string) => {
    if (sharing === null || (schedule.kind !== 'plan' && sharingAt !== time.steps)) {
      sharing = new Set(client.sockets.inspect().flatMap((each) => (each.shared ? [each.node] : [])))
      sharingAt = time.steps
    }
    return sharing.has(node) ? SHARED : node
  }
  const rewired = () => {
    sharing = null
  }
  const weather = new Weather()
  const { kind, nodes, ghosts } = schedule
  const limits = { ...DEFAULT_LIMITS, nodesPerViewer: schedule.nodesPerViewer }
  const access = new VirtualAccess(schedule.access, () => time.now)
  const server = new VirtualServer({
    kind,
    access,
    limits,
    time,
    truth,
    nodes: nodes.filter((node) => !ghosts.includes(node)),
    rng: rngOf(seed, 2),
  })
  const scene: Scene = {
    time,
    page,
    truth,
    server,
    kind,
    hasGarbage: schedule.hasGarbage,
    hasIntensive: schedule.throttle.intensiveAfter !== null,
    endpointOf,
    network: () => network,
    http: () => http,
    client: () => client,
  }
  const watchman = new Watchman(scene, schedule.nodes)
  const network = new VirtualNetwork({
    time,
    server,
    kind,
    access,
    weather,
    trace,
    rng: rngOf(seed, 3),
    lateMessages: schedule.lateMessages,
    mixGenerations: options.mixGenerations ?? false,
    onConnect: (socket, endpoint) => {
      watchman.onConnect(socket, endpoint)
    },
  })
  const http = new VirtualHttp({
    time,
    server,
    access,
    weather: kind === 'supermon-ng' ? weather.withoutCaches() : weather,
    trace,
    rng: rngOf(seed, 4),
    onAsk: (request, open) => {
      watchman.onAsk(request, open)
    },
    onLeaveAlone: (until) => {
      watchman.leaveAloneUntil = Math.max(watchman.leaveAloneUntil, until)
    },
  })
  const giveBack = takeOverTimers(time)
  const onRejection = (error: unknown) => {
    watchman.fail('I-9', `unhandled rejection: ${stack(error)}`)
  }
  process.on('unhandledRejection', onRejection)
  page.flagKnown = schedule.flagKnownAt === null
  const client = new LiveClient({
    topology: schedule.topology,
    flagOn: page.flagKnown ? true : null,
    env: page.env({
      rng: rngOf(seed, 5),
      fetch: (url, init) => http.fetch(url, init),
      socketClass: network.socketClass,
    }),
    onDiagnostic: (diagnostic) => {
      trace?.(`diagnostic ${diagnostic.code}: ${diagnostic.message}`)
      watchman.onDiagnostic(diagnostic)
    },
  })
  try {
    const stage: Stage = { kind, topology: schedule.topology, access, limits, guarded: schedule.guarded, endpointOf, rewired, time, page, network, http, server, weather, client, watchman, trace }
    const actor = new Actor(stage)
    const recoveries = await play()
    return {
      seed,
      violations: watchman.violations,
      steps: time.steps,
      updates: watchman.updates,
      attempts: watchman.attempts,
      polls: watchman.polls,
      recoveries,
    }

    async function play(): Promise<number[]> {
      if (schedule.toldSupermonNg) client.sockets.heardSupermonNg()
      for (const node of nodes.slice(0, schedule.first)) actor.watch(node)
      const tick = () => {
        if (watchman.disposed) return
        watchman.check()
        time.schedule('world', CHECK_MS, tick)
      }
      tick()
      for (const { at, act } of schedule.acts) actor.plan(at, act)
      await time.runUntil(start + schedule.faultsMs)
      actor.awake()
      await time.runUntil(time.now + 10)
      trace?.('the faults are over')
      if (schedule.endsHidden) {
        actor.settle(false)
        const learns = schedule.access.demandsTickets || kind === 'supermon-ng'
        await recover(
          'I-3 (hidden)',
          HIDDEN_RECOVERY_MS + (learns ? SECOND_TRY_MS : 0) + (scene.hasIntensive ? INTENSIVE_MS : 0),
        )
      }
      actor.settle(true)
      const times = await recover('I-3', schedule.toldSupermonNg ? SOCKETLESS_MS : RECOVERY_MS + (kind === 'supermon-ng' ? SECOND_GREETING_MS : 0))
      await finalWord()
      await letGo()
      await dispose()
      return times
    }

    async function recover(invariant: string, bound: number): Promise<number[]> {
      const from = time.now
      const waiting = new Set([...watchman.nodes].filter(([, { watched }]) => watched).map(([node]) => node))
      const times: number[] = []
      // What was under way when the faults ended may still be refused; that is answered once for each reason.
      const helped = new Set<string>()
      while (waiting.size > 0 && time.now - from <= bound) {
        await time.runUntil(time.now + CHECK_MS)
        // Where nothing is numbered, only the next change mends what came in the wrong order.
        if (kind !== 'plan' && (time.now - from) % 5_000 === 0) for (const node of waiting) server.life?.happen(node)
        for (const node of [...waiting]) {
          const state = client.sockets.getNodeState(node)
          const why = state.status === 'paused' ? `${node} ${state.why}` : ''
          if (!helped.has(why) && actor.help(node)) helped.add(why)
          if (!isCurrent(stage, node) && !(invariant !== 'I-3' && isDeadUnnoticed(stage, node))) continue
          waiting.delete(node)
          times.push(time.now - from)
        }
      }
      for (const node of waiting)
        watchman.fail(invariant, `${node}: not current ${bound} ms after the faults: ${describeNode(stage, node)}`)
      return times
    }

    /** Whoever is current must also hear of the next thing. */
    async function finalWord(): Promise<void> {
      const current = schedule.nodes.filter((node) => watchman.entry(node).watched && isCurrent(stage, node))
      for (const node of current) server.life?.happen(node)
      // Hello, subscribe and snapshot are three ways; over a link whose round trip is longer than a probe waits, twice.
      const until = time.now + 6 * SLOWEST_WAY
      while (time.now < until && !current.every((node) => isCurrent(stage, node)))
        await time.runUntil(time.now + CHECK_MS)
      for (const node of current) {
        if (client.sockets.isNodeConnected(node) && !isCurrent(stage, node))
          watchman.fail('I-3', `${node}: missed news on a live socket`)
      }
    }

    /** All but one leave the common socket, which is told of none of them then. */
    async function letGo(): Promise<void> {
      const isWatched = (node: string) => watchman.entry(node).watched
      const common = schedule.nodes.filter((node) => isWatched(node) && endpointOf(node) === SHARED)
      if (common.length === 0) return
      for (const node of common.slice(1)) actor.unwatch(node)
      await time.runUntil(time.now + LETTING_GO + 2 * CHECK_MS)
      if (network.held().some(({ unheard }) => unheard)) {
        for (const node of schedule.nodes) if (!isWatched(node)) server.life?.happen(node)
        await time.runUntil(time.now + 2 * SLOWEST_WAY + CHECK_MS)
      }
      watchman.told.end()
    }

    async function dispose(): Promise<void> {
      trace?.('dispose')
      client.dispose()
      watchman.disposed = true
      time.dirty = true
      if (network.held().length > 0) watchman.fail('I-4', `${network.held().length} sockets are open after dispose`)
      for (const node of schedule.nodes) server.life?.happen(node)
      for (const signal of ['online', 'visible', 'pageshow'] as const) page.signal(signal)
      await time.runUntil(time.now + 1_100)
      if (time.timers.size > 0) watchman.fail('I-4', `${time.timers.size} timers after dispose`)
      if (page.listeners.size + page.activity.size > 0)
        watchman.fail('I-4', `${page.listeners.size + page.activity.size} listeners after dispose`)
      if (http.open.size > 0) watchman.fail('I-4', 'a poll is under way after dispose')
      await time.runUntil(time.now + SERVER_NOTICES)
      const seats = server.lives.reduce((sum, life) => sum + life.seats + life.entered, 0)
      if (seats > 0) watchman.fail('I-9', `${seats} seats are taken on the server after everybody left`)
    }
  } finally {
    client.dispose()
    giveBack()
    process.off('unhandledRejection', onRejection)
  }
}

function stack(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
