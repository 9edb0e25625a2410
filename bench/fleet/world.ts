/** What is measured, as processes on loopback: Asterisks, and between them and viewers one gateway, or edges, a broker and fronts. */
import { execFile } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort, GatewayProcess, writeConfig } from '../../frontend/tests/page/stage.ts'
import type { AmiTarget } from '../../frontend/tests/page/stage.ts'
import { localNodes } from '../../server/src/fake-asterisk/population.ts'
import { seededRandom } from '../../server/src/fake-asterisk/seededRandom.ts'
import { Mosquitto, PROGRAM } from '../../server/tests/support/mosquitto.ts'
import type { AsteriskApi, Said, Site } from './asterisk.ts'
import type { CrowdApi, Opened, Seat } from './crowd.ts'
import { Remote } from './remote.ts'

export interface Size {
  readonly sites: number
  /** Of each site. */
  readonly nodes: number
  /** Of each node. */
  readonly links: number
  readonly fronts: number
  /** Processes that viewers are spread over. */
  readonly crowds: number
}

/** As many viewers as there are may come from this machine. */
const LIMITS = ['viewers', 'viewersPerLoopback', 'viewersPerNode', 'attemptBurstLoopback', 'attemptsPerMinuteLoopback', 'requestBurstLoopback', 'requestsPerMinuteLoopback']
  .map((name) => `${name}=100000`).join(',')
/** What a Mosquitto that is measured is told besides its port: as docs/scaling.md has it, and to count each second. */
export const BROKER_LINES = ['allow_anonymous true', 'set_tcp_nodelay true', 'max_queued_messages 100000', 'sys_interval 1']
/** `sys_interval`, and some more: until the broker has counted what was, ms. */
export const COUNTED_MS = 1_500
export const ACCOUNT = { user: 'admin', secret: 'demo' }

/** @throws with what to do where there is no Mosquitto */
export async function brokerVersion(): Promise<string> {
  const told = await new Promise<string>((resolve) => { execFile(PROGRAM, ['-h'], (_error, stdout) => { resolve(stdout) }) })
  const version = /mosquitto version (\S+)/.exec(told)?.[1]
  if (version === undefined) throw new Error('There is no Mosquitto on this machine, and no bench of a fleet without a broker: install it (Debian: apt install mosquitto).')
  return `Mosquitto ${version}`
}

export class Sites {
  readonly targets: readonly (readonly AmiTarget[])[]
  readonly talkers: Readonly<Record<string, readonly string[]>>
  readonly #parts: readonly Remote<AsteriskApi>[]
  readonly #siteOf: ReadonlyMap<string, Remote<AsteriskApi>>

  private constructor(parts: readonly Remote<AsteriskApi>[], sites: readonly Site[]) {
    this.#parts = parts
    this.targets = sites.map(({ port, talkers }) => Object.keys(talkers).map((id) => ({ id, port, ...ACCOUNT })))
    this.talkers = Object.assign({}, ...sites.map(({ talkers }) => talkers)) as Site['talkers']
    this.#siteOf = new Map(sites.flatMap(({ talkers }, i) => Object.keys(talkers).map((id) => [id, parts[i] as Remote<AsteriskApi>] as const)))
  }

  static async start({ sites, nodes, links }: Size): Promise<Sites> {
    const ids = localNodes(sites * nodes, seededRandom(1))
    const parts = Array.from({ length: sites }, () => new Remote<AsteriskApi>('asterisk.ts'))
    return new Sites(parts, await Promise.all(parts.map((part, i) => part.ask('start', { nodes: ids.slice(i * nodes, (i + 1) * nodes), links, seed: i + 1 }))))
  }

  get nodes(): readonly string[] {
    return this.targets.flat().map(({ id }) => id)
  }

  /** @returns when, by `machineMs` */
  async key(node: string, link: string, on: boolean): Promise<number> {
    return (await this.#siteOf.get(node)?.ask('key', { node, link, on })) ?? Number.NaN
  }

  async said(): Promise<Said> {
    const all = await Promise.all(this.#parts.map((part) => part.ask('said', undefined)))
    return all.reduce((sum, { messages, bytes }) => ({ messages: sum.messages + messages, bytes: sum.bytes + bytes }), { messages: 0, bytes: 0 })
  }

  async stop(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.stop()))
  }
}

/** Where viewers go. */
export interface Door {
  readonly url: string
}

/** What stands between Asterisks and viewers. */
export interface Between {
  /** Where viewers go. */
  readonly doors: readonly GatewayProcess[]
  /** By what they do. */
  readonly pids: () => Readonly<Record<string, readonly number[]>>
  readonly broker: Mosquitto | null
  stop(): Promise<void>
}

export async function startAlone({ targets }: Sites): Promise<Between> {
  const config = await writeConfig(targets.flat())
  const gateway = new GatewayProcess({ port: await freePort(), config: config.path, args: ['--limits', LIMITS] })
  await gateway.start()
  return {
    doors: [gateway], pids: () => ({ gateway: [gateway.pid] }), broker: null,
    async stop() {
      await gateway.stop('SIGKILL')
      await config.remove()
    },
  }
}

export async function startFleet({ targets }: Sites, { fronts: count }: Pick<Size, 'fronts'>): Promise<Between> {
  const broker = await Mosquitto.start(BROKER_LINES)
  const configs = await Promise.all(targets.map((each) => writeConfig(each)))
  const edges: GatewayProcess[] = []
  for (const [i, { path }] of configs.entries()) edges.push(new GatewayProcess({ port: await freePort(), config: path, args: ['--mqtt', broker.url, '--mqtt-name', `site${i + 1}`] }))
  await Promise.all(edges.map((edge) => edge.start()))
  const fronts: GatewayProcess[] = []
  for (let i = 0; i < count; i += 1) fronts.push(await aFront(broker, `front${i + 1}`))
  await Promise.all(fronts.map((front) => front.start()))
  const running = (all: readonly GatewayProcess[]) => all.filter((one) => one.runs).map(({ pid }) => pid)
  return {
    doors: fronts, broker,
    pids: () => ({ edge: running(edges), broker: broker.pid === null ? [] : [broker.pid], front: running(fronts) }),
    async stop() {
      await Promise.all([...edges, ...fronts].map((gateway) => gateway.stop('SIGKILL')))
      await broker.stop()
      for (const config of configs) await config.remove()
    },
  }
}

/** Not started yet. */
export async function aFront(broker: Mosquitto, name: string): Promise<GatewayProcess> {
  return new GatewayProcess({ port: await freePort(), args: ['--from-mqtt', broker.url, '--mqtt-name', name, '--limits', LIMITS] })
}

/** All viewers, spread over processes, doors and nodes evenly. */
export class Crowd {
  readonly #parts: readonly Remote<CrowdApi>[]

  constructor(size: Pick<Size, 'crowds'>) {
    this.#parts = Array.from({ length: size.crowds }, () => new Remote<CrowdApi>('crowd.ts'))
  }

  /** @returns how many came: all, or fewer when one was not told anything in time; and how long each waited, ms */
  async open(seats: readonly Seat[]): Promise<Opened> {
    const opened = await Promise.all(this.#shares(seats).map(([part, own]) => part.ask('open', own)))
    return { count: opened.reduce((all, { count }) => all + count, 0), firstMs: opened.flatMap(({ firstMs }) => firstMs) }
  }

  /** Such as have the library's own client; a balancer sends each to one of the doors. */
  async openClients(seats: readonly Seat[], doors: readonly Door[]): Promise<void> {
    await this.behind(doors)
    await Promise.all(this.#shares(seats).map(([part, own]) => part.ask('openClients', own)))
  }

  async behind(doors: readonly Door[]): Promise<void> {
    await this.all('behind', doors.map(({ url }) => url))
  }

  /** Asks all processes the same. */
  all<N extends keyof CrowdApi>(name: N, argument: Parameters<CrowdApi[N]>[0]): Promise<Awaited<ReturnType<CrowdApi[N]>>[]> {
    return Promise.all(this.#parts.map((part) => part.ask(name, argument)))
  }

  async leave(): Promise<void> {
    await this.all('leave', undefined)
    // Sockets that are gone here are not yet gone there.
    await pause(500)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.stop()))
  }

  #shares(seats: readonly Seat[]): [Remote<CrowdApi>, readonly Seat[]][] {
    return this.#parts.map((part, i) => [part, seats.filter((_, seat) => seat % this.#parts.length === i)])
  }
}

/** Each door has viewers of each node, as far as there are enough. */
export function seatsOf(count: number, nodes: readonly string[], doors: readonly Door[]): Seat[] {
  return Array.from({ length: count }, (_, viewer) => ({
    viewer,
    node: nodes[viewer % nodes.length] as string,
    url: (doors[Math.floor(viewer / nodes.length) % doors.length] as Door).url,
  }))
}
