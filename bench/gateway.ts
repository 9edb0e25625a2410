/**
 * What a gateway costs and how fast it is: the standard cases, each over sockets and, in the same run, over HTTP polling
 * of the same node once a second. Asterisk (fake) and viewers are in this process, the gateway is a process of its own;
 * its CPU time and memory are read from /proc (Linux).
 */
import { Agent } from 'node:http'
import { availableParallelism, loadavg } from 'node:os'
import { performance } from 'node:perf_hooks'
import { freePort, GatewayProcess, writeConfig } from '../frontend/tests/page/stage.ts'
import { startFakeAsterisk } from '../server/src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../server/src/fake-asterisk/fakeAsterisk.ts'
import { talkers } from '../server/src/fake-asterisk/fakeState.ts'
import { seededRandom } from '../server/src/fake-asterisk/seededRandom.ts'
import { TcpProxy } from '../server/tests/support/tcpProxy.ts'
import { floorCpu, floorMemory } from './floor.ts'
import { cpuSeconds, residentKib, warmUpMs } from './proc.ts'
import { watchByPolling, watchBySocket } from './watchers.ts'
import type { Watcher } from './watchers.ts'

export interface Case {
  readonly name: string
  readonly nodes: number
  readonly links: number
  readonly viewers: number
  /** Shortest and longest of talk and of pause, ms; null = nobody talks. */
  readonly talk: readonly [number, number] | null
}

export const CASES: readonly Case[] = [
  { name: 'A net, 1 viewer', nodes: 1, links: 20, viewers: 1, talk: [1_200, 3_500] },
  { name: 'B net, 200 viewers', nodes: 1, links: 20, viewers: 200, talk: [1_200, 3_500] },
  { name: 'C hub of 300, quiet, 50 viewers', nodes: 1, links: 300, viewers: 50, talk: null },
  { name: 'D 50 nodes, quiet, 50 viewers', nodes: 50, links: 10, viewers: 50, talk: null },
  { name: 'E quiet, 2,000 viewers', nodes: 1, links: 20, viewers: 2_000, talk: null },
  { name: 'H hub of 256, net, 50 viewers', nodes: 1, links: 256, viewers: 50, talk: [1_200, 3_500] },
  { name: 'K short key-ups, 1 viewer', nodes: 1, links: 20, viewers: 1, talk: [150, 900] },
]

export interface Figures {
  readonly viewers: number
  /** How long was measured in each round, s. Absent in older records, as is what follows. */
  readonly seconds?: number
  /** Key-ups and releases in Asterisk, in all rounds: what `p50Ms` and `p99Ms` are of, at every viewer; null = nobody talks. */
  readonly changes?: number | null
  /** Key-up or release in Asterisk → at the viewer, ms. */
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  /** Key-ups and releases that some viewer was never shown, share. */
  readonly missed: number | null
  readonly messagesPerViewerMinute: number
  /** Control frames that ask whether the viewer is there. */
  readonly pingsPerViewerMinute: number
  readonly kilobytesPerViewerMinute: number
  readonly cpuSecondsPerMinute: number
  /** What a bare server takes that writes as many messages of that size to as many sockets; null = hardly any were sent, or polled. */
  readonly floorCpuSecondsPerMinute: number | null
  /** Memory the viewers brought, KiB each, when they had just come; null = not measured. */
  readonly kibPerViewer: number | null
  /** The same a minute later, when what their coming left behind has been collected. */
  readonly kibAtRest: number | null
  /** From opening to the first state, median of viewers who come ten at a time, ms. */
  readonly firstStateMs: number | null
  readonly amiActionsPerMinute: number
  readonly amiSessions: number
}

/** More pollers than this are not started: each asks once a second, and what counts is the cost of one. */
const MOST_POLLERS = 100
const SETTLE_MS = 3_000
/** By then what many who come at once leave behind has been collected, ms. */
const REST_MS = 60_000

class Stage {
  readonly fake: FakeAsterisk
  readonly proxy: TcpProxy
  readonly gateway: GatewayProcess
  readonly nodes: readonly string[]
  readonly #remove: () => Promise<void>

  private constructor(fake: FakeAsterisk, proxy: TcpProxy, gateway: GatewayProcess, remove: () => Promise<void>) {
    this.fake = fake
    this.proxy = proxy
    this.gateway = gateway
    this.nodes = fake.nodes
    this.#remove = remove
  }

  static async start({ nodes, links }: Case): Promise<Stage> {
    const account = { user: 'admin', secret: 'demo' }
    const fake = await startFakeAsterisk({ nodes, links, scenario: 'quiet', seed: 1, ...account, port: 0, controlPort: null })
    const proxy = new TcpProxy(fake.port)
    await proxy.listen()
    const config = await writeConfig(fake.nodes.map((id) => ({ id, port: proxy.port, ...account })))
    const gateway = new GatewayProcess({
      port: await freePort(), config: config.path, args: ['--limits', 'viewersPerLoopback=5000,viewersPerNode=5000,attemptBurstLoopback=10000'],
    })
    await gateway.start()
    return new Stage(fake, proxy, gateway, () => config.remove())
  }

  get actions(): number {
    return this.proxy.said.match(/^action:/gim)?.length ?? 0
  }

  async stop(): Promise<void> {
    await this.gateway.stop()
    await this.proxy.close()
    await this.fake.close()
    await this.#remove()
  }
}

/** How viewers watch: each over the node's own socket, over the common one, or by polling once a second. */
export const WAYS = ['sockets', 'shared', 'polling'] as const
export type Way = (typeof WAYS)[number]

export async function measureCase(which: Case, seconds: number): Promise<Readonly<Record<Way, Figures>>> {
  const sockets = await measure(which, seconds, 'sockets')
  const { viewers, messagesPerViewerMinute, pingsPerViewerMinute, kilobytesPerViewerMinute } = sockets
  const bytes = Math.round((kilobytesPerViewerMinute * 1000) / messagesPerViewerMinute)
  const floor = messagesPerViewerMinute > 1 ? round(await floorCpu({ viewers, messagesPerMinute: messagesPerViewerMinute, pingsPerMinute: pingsPerViewerMinute, bytes }, seconds)) : null
  const shared = await measure(which, seconds, 'shared')
  return { sockets: { ...sockets, floorCpuSecondsPerMinute: floor }, shared, polling: await measure(which, seconds, 'polling') }
}

async function measure(which: Case, seconds: number, how: Way): Promise<Figures> {
  const stage = await Stage.start(which)
  const watchers: Watcher[] = []
  const agent = new Agent({ keepAlive: true })
  try {
    const count = how === 'polling' ? Math.min(which.viewers, MOST_POLLERS) : which.viewers
    const open = (index: number) => {
      const node = stage.nodes[index % stage.nodes.length] as string
      return how === 'polling' ? watchByPolling(stage.gateway.url, node, agent) : watchBySocket(stage.gateway.url, node, how === 'shared')
    }
    // The first one wakes the session to Asterisk; what he waits for is not what a viewer waits for.
    watchers.push(await open(0))
    await pause(1_000)
    const before = residentKib(stage.gateway.pid)
    const firsts: number[] = []
    while (watchers.length < count) {
      const batch = await Promise.all(Array.from({ length: Math.min(10, count - watchers.length) }, async (_, i) => {
        const from = performance.now()
        const watcher = await open(watchers.length + i)
        firsts.push(performance.now() - from)
        return watcher
      }))
      watchers.push(...batch)
      await pause(20)
    }
    await pause(SETTLE_MS)
    const kibEach = () => (count >= 1_000 ? round((residentKib(stage.gateway.pid) - before) / (count - 1)) : null)
    const kibPerViewer = kibEach()
    await pause(Math.max(0, warmUpMs(seconds) - SETTLE_MS))

    const start = { cpu: cpuSeconds(stage.gateway.pid), at: performance.now(), actions: stage.actions, bytes: sum(watchers, (w) => w.bytes()), messages: sum(watchers, (w) => w.messages), pings: sum(watchers, (w) => w.pings) }
    // Memory is looked at once more when what their coming left behind is collected: the time until then is measured as well.
    const windowMs = kibPerViewer === null ? seconds * 1000 : Math.max(REST_MS, seconds * 1000)
    const latencies = which.talk === null ? await pause(windowMs).then(() => null) : await talk(stage, which, watchers, windowMs)
    const end = { cpu: cpuSeconds(stage.gateway.pid), at: performance.now(), actions: stage.actions, bytes: sum(watchers, (w) => w.bytes()), messages: sum(watchers, (w) => w.messages), pings: sum(watchers, (w) => w.pings) }
    const minutes = (end.at - start.at) / 60_000
    const per = (amount: number) => amount / watchers.length / minutes
    return {
      viewers: watchers.length,
      seconds: round(minutes * 60),
      changes: latencies?.changes ?? null,
      p50Ms: latencies === null ? null : round(quantile(latencies.seen, 0.5)),
      p99Ms: latencies === null ? null : round(quantile(latencies.seen, 0.99)),
      missed: latencies === null ? null : round(latencies.missed / (latencies.missed + latencies.seen.length)),
      messagesPerViewerMinute: round(per(end.messages - start.messages)),
      pingsPerViewerMinute: round(per(end.pings - start.pings)),
      kilobytesPerViewerMinute: round(per(end.bytes - start.bytes) / 1000),
      cpuSecondsPerMinute: round((end.cpu - start.cpu) / minutes),
      floorCpuSecondsPerMinute: null,
      kibPerViewer,
      kibAtRest: kibEach(),
      firstStateMs: firsts.length === 0 ? null : round(quantile(firsts, 0.5)),
      amiActionsPerMinute: Math.round((end.actions - start.actions) / minutes),
      amiSessions: stage.proxy.accepted,
    }
  } finally {
    for (const watcher of watchers) watcher.close()
    agent.destroy()
    await stage.stop()
  }
}

/** One station at a time talks on the first node. What a viewer did not see before the next change, he was never shown. */
async function talk(stage: Stage, { talk: range }: Case, watchers: readonly Watcher[], ms: number): Promise<{ seen: number[]; missed: number; changes: number }> {
  const [node] = stage.nodes as [string]
  const random = seededRandom(7)
  const [low, high] = range as readonly [number, number]
  const links = talkers(stage.fake.state().nodes[node])
  const seen: number[] = []
  let missed = 0
  let changes = 0
  let link = ''
  const end = performance.now() + ms
  for (let on = true; performance.now() < end; on = !on) {
    if (on) link = links[Math.floor(random() * links.length)] as string
    changes += 1
    const at = performance.now()
    await stage.fake.linkKey({ node, link, on })
    await pause(low + random() * (high - low))
    for (const watcher of watchers) {
      if (watcher.talks === on && watcher.sawAt >= at) seen.push(watcher.sawAt - at)
      else missed += 1
    }
  }
  return { seen, missed, changes }
}

interface Ratios {
  readonly cpu: number
  /** null = the socket carried nothing. */
  readonly bytes: number | null
  readonly delay: number | null
}

export interface Measured {
  readonly name: string
  /** The median of all rounds, figure by figure. */
  readonly ways: Readonly<Record<Way, Figures>>
  readonly ratios: Ratios
}

export interface GatewayFigures {
  /** Each figure is their median. Absent in older records. */
  readonly rounds?: number
  /** So long each process ran before it was measured, s. Absent in older records. */
  readonly warmUpSeconds?: number
  readonly cases: readonly Measured[]
  readonly floorKibPerSocket: number | null
}

/** All cases, each way in turn, `rounds` times; `only` = letters of some. */
export async function measureGateway(seconds: number, only = '', rounds = 1): Promise<GatewayFigures> {
  console.log(`Node ${process.version}, ${availableParallelism()} cores, load ${round(loadavg()[0] ?? 0)} before it began`)
  const cases: Measured[] = []
  for (const which of CASES) {
    if (only !== '' && !only.includes(which.name.charAt(0))) continue
    const taken: Readonly<Record<Way, Figures>>[] = []
    for (let i = 0; i < rounds; i += 1) taken.push(await measureCase(which, seconds))
    const ways = Object.fromEntries(WAYS.map((way) => [way, middle(taken.map((each) => each[way]))])) as Record<Way, Figures>
    cases.push({ name: which.name, ways, ratios: ratios(ways.sockets, ways.polling) })
    console.log(which.name, JSON.stringify(ratios(ways.sockets, ways.polling)))
    console.table(ways)
  }
  return { rounds, warmUpSeconds: warmUpMs(seconds) / 1000, cases, floorKibPerSocket: only === '' || only.includes('E') ? round(await floorMemory(2_000)) : null }
}

/** Figure by figure, the median; of changes all. */
export function middle(all: readonly Figures[]): Figures {
  const median = (name: keyof Figures) => {
    const values = all.flatMap((each) => each[name] ?? [])
    return values.length === 0 ? null : quantile(values, 0.5)
  }
  const medians = Object.fromEntries(Object.keys(all[0] as Figures).map((name) => [name, median(name as keyof Figures)])) as unknown as Figures
  return { ...medians, changes: all.some(({ changes }) => changes == null) ? null : sum(all, ({ changes }) => changes ?? 0) }
}

/** How many times more polling costs for one viewer. */
function ratios(sockets: Figures, polling: Figures): Ratios {
  return {
    cpu: round(polling.cpuSecondsPerMinute / polling.viewers / (sockets.cpuSecondsPerMinute / sockets.viewers)),
    bytes: sockets.kilobytesPerViewerMinute === 0 ? null : round(polling.kilobytesPerViewerMinute / sockets.kilobytesPerViewerMinute),
    delay: polling.p50Ms === null || sockets.p50Ms === null ? null : round(polling.p50Ms / sockets.p50Ms),
  }
}

function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0)
}
function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN
}
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
function round(value: number): number {
  return Math.round(value * 100) / 100
}
