/** What a node costs by being there: at an edge, and at a front that hears of very many from edges that are not real. */
import { setTimeout as pause } from 'node:timers/promises'
import { connectAsync } from 'mqtt'
import type { MqttClient } from 'mqtt'
import { WebSocket } from 'ws'
import { freePort, GatewayProcess, until, writeConfig } from '../../frontend/tests/page/stage.ts'
import { EMPTY_NODE } from '../../protocol/nodeState.ts'
import type { LinkState, NodeState } from '../../protocol/nodeState.ts'
import type { Beat, EdgeNodes, EdgeStatus } from '../../server/src/fleet/messages.ts'
import { beatTopic, nodesTopic, patchTopic, stateTopic, statusTopic } from '../../server/src/fleet/topics.ts'
import { Mosquitto } from '../../server/tests/support/mosquitto.ts'
import { cpuSeconds, residentKib } from '../proc.ts'
import type { AsteriskApi } from './asterisk.ts'
import { machineMs, Remote } from './remote.ts'
import { ACCOUNT, aFront, BROKER_LINES } from './world.ts'

export interface FrontBreadth {
  readonly nodes: number
  readonly edges: number
  /** From the start of the process until it knows all edges, ms. */
  readonly startMs: number
  /** CPU of that, s. */
  readonly startCpuSeconds: number
  /** From when somebody looks at all nodes until all are shown, ms. */
  readonly watchMs: number
  /** For each node that is known, and more for each that is watched, KiB. */
  readonly kibPerKnown: number
  readonly kibPerWatched: number
  /** CPU for each change of any of them, while all are watched, with its share of the signs of life, µs. */
  readonly cpuPerChangeUs: number
  /** CPU of the broker for each message in or out meanwhile, µs. */
  readonly brokerPerMessageUs: number
  /** Changes that were published, and that came out again. */
  readonly changes: number
  readonly shown: number
}

const LINKS = 20
/** Nodes that one socket may watch. */
const PER_SOCKET = 200
/** Changes are published in so many portions a second. */
const PORTIONS = 50
const RUN = 'breadth'

export async function frontBreadth(edges: number, nodesEach: number, changesPerSecond: number, seconds: number): Promise<FrontBreadth> {
  const broker = await Mosquitto.start(BROKER_LINES)
  const say = await connectAsync(broker.url, { protocolVersion: 5 })
  const bare = await aFront(broker, 'bare')
  const front = await aFront(broker, 'wide')
  const sockets: WebSocket[] = []
  const owners = Array.from({ length: edges }, (_, i) => ({ edge: `edge${i}`, ids: Array.from({ length: nodesEach }, (_node, j) => String(600_000 + i * nodesEach + j)) }))
  const nodes = owners.flatMap(({ ids }) => ids)
  let stopBeats: () => void = () => undefined
  try {
    await bare.start()
    const empty = residentKib(bare.pid)
    await bare.stop('SIGKILL')
    for (const { edge, ids } of owners) await announce(say, edge, ids)
    stopBeats = beatInTurn(say, owners)
    const from = machineMs()
    await front.start()
    await until(async () => ((await (await fetch(`${front.url}healthz`)).json()) as { hosts: readonly { status: string }[] }).hosts.filter(({ status }) => status === 'up').length === edges, 60_000)
    const startMs = machineMs() - from
    const startCpuSeconds = cpuSeconds(front.pid)
    const known = residentKib(front.pid)
    const askedAt = machineMs()
    const seen = await watchAll(front.url, nodes, sockets)
    const watchMs = machineMs() - askedAt
    await pause(2_000)
    const watched = residentKib(front.pid)
    const brokerPid = broker.pid ?? process.pid
    const before = { front: cpuSeconds(front.pid), broker: cpuSeconds(brokerPid) }
    const changes = await change(say, owners, changesPerSecond, seconds)
    await until(() => seen.patches >= changes, 10_000).catch(() => undefined)
    const each = 1 / nodes.length
    return {
      nodes: nodes.length, edges, startMs, startCpuSeconds, watchMs, kibPerKnown: (known - empty) * each, kibPerWatched: (watched - known) * each,
      cpuPerChangeUs: (1e6 * (cpuSeconds(front.pid) - before.front)) / changes,
      brokerPerMessageUs: (1e6 * (cpuSeconds(brokerPid) - before.broker)) / (2 * changes), changes, shown: seen.patches,
    }
  } finally {
    stopBeats()
    for (const socket of sockets) socket.terminate()
    await front.stop('SIGKILL')
    await bare.stop('SIGKILL')
    await say.endAsync(true)
    await broker.stop()
  }
}

interface Owner {
  readonly edge: string
  readonly ids: readonly string[]
}

/** As edges do: every 5 s, each at a time of its own. It names no nodes, as their counts here are nobody's to doubt. */
function beatInTurn(say: MqttClient, owners: readonly Owner[]): () => void {
  let turn = 0
  const timer = setInterval(() => {
    const { edge } = owners[(turn += 1) % owners.length] as Owner
    say.publish(beatTopic(edge), JSON.stringify({ at: Date.now(), run: RUN, seqs: {} } satisfies Beat), { retain: true })
  }, 5_000 / owners.length)
  return () => { clearInterval(timer) }
}

/** What a real edge would have left with the broker. */
async function announce(say: MqttClient, edge: string, ids: readonly string[]): Promise<void> {
  const keep = { retain: true, qos: 1 } as const
  const nodes = ids.map((id) => ({
    id, callsign: 'WB6NIL', description: 'Hub', location: 'Los Angeles, CA', system: 'Nodes', menu: true, hideNodeURL: false, listenlive: null, archive: null, lsnodes: null,
  }))
  await say.publishAsync(nodesTopic(edge), JSON.stringify({ since: 1, nodes } satisfies EdgeNodes), keep)
  await Promise.all(ids.map((id) => say.publishAsync(stateTopic(edge, id), JSON.stringify({ epoch: `${RUN}-${id}`, seq: 0, at: Date.now(), state: aState() }), { retain: true })))
  await say.publishAsync(statusTopic(edge), JSON.stringify({ up: true, run: RUN } satisfies EdgeStatus), keep)
}

function aState(): NodeState {
  const link: LinkState = {
    callsign: 'KD6ZTE', description: 'Remote base', location: 'Burbank, CA', kind: 'allstar', direction: 'in', state: 'established', mode: 'transceive', keyed: false,
    connectedSince: Date.now(), lastKeyedAt: null, lastUnkeyedAt: null, reconnects: 0, permanent: false, peer: null,
  }
  return { ...EMPTY_NODE, reach: 'up', reachReason: null, reachSince: Date.now(), rx: false, tx: false, links: Object.fromEntries(Array.from({ length: LINKS }, (_, i) => [String(2_000 + i), link])) }
}

interface Seen {
  /** Those that are shown as reached. */
  readonly up: Set<string>
  patches: number
}
interface Frame {
  readonly type: string
  readonly node?: string
  readonly state?: { readonly reach?: string }
  readonly frames?: readonly Frame[]
}

/** Resolves when every node is shown as its edge left it. */
async function watchAll(url: string, nodes: readonly string[], sockets: WebSocket[]): Promise<Seen> {
  const seen: Seen = { up: new Set(), patches: 0 }
  const note = ({ type, node, state, frames = [] }: Frame) => {
    if (type === 'patch') seen.patches += 1
    if (node !== undefined && state?.reach === 'up') seen.up.add(node)
    frames.forEach(note)
  }
  for (let from = 0; from < nodes.length; from += PER_SOCKET) {
    const socket = new WebSocket(`${url.replace('http', 'ws')}ws`, 'supermon.v2')
    sockets.push(socket)
    socket.on('open', () => { socket.send(JSON.stringify({ type: 'subscribe', nodes: nodes.slice(from, from + PER_SOCKET).map((node) => ({ node })) })) })
    socket.on('message', (data: Buffer) => { note(JSON.parse(data.toString()) as Frame) })
  }
  await until(() => seen.up.size >= nodes.length, 120_000)
  return seen
}

/** One link of one node after the other keys or unkeys. */
async function change(say: MqttClient, owners: readonly Owner[], perSecond: number, seconds: number): Promise<number> {
  const nodes = owners.flatMap(({ edge, ids }) => ids.map((id) => ({ edge, id, seq: 0 })))
  const from = machineMs()
  let changes = 0
  while (machineMs() - from < seconds * 1000) {
    for (let i = 0; i < perSecond / PORTIONS; i += 1) {
      // A prime step: neighbours in time are not neighbours in the list.
      const node = nodes[(changes * 7_919) % nodes.length] as (typeof nodes)[number]
      node.seq += 1
      changes += 1
      const at = Date.now()
      say.publish(patchTopic(node.edge, node.id), JSON.stringify({ epoch: `${RUN}-${node.id}`, seq: node.seq, at, patch: { links: { 2000: { keyed: node.seq % 2 === 1, lastKeyedAt: at } } } }))
    }
    await pause(Math.max(0, from + (changes / perSecond) * 1000 - machineMs()))
  }
  return changes
}

export interface EdgeBreadth {
  readonly nodes: number
  /** Each has 20 links. */
  readonly residentKib: number
  /** While nobody watches and nothing happens. */
  readonly cpuSecondsPerMinute: number
}

/** @param settleMs until each node was polled */
export async function edgeBreadth(count: number, seconds: number, settleMs: number): Promise<EdgeBreadth> {
  const asterisk = new Remote<AsteriskApi>('asterisk.ts')
  const broker = await Mosquitto.start(BROKER_LINES)
  const nodes = Array.from({ length: count }, (_, i) => String(600_000 + i))
  const { port } = await asterisk.ask('start', { nodes, links: LINKS, seed: 1 })
  const config = await writeConfig(nodes.map((id) => ({ id, port, ...ACCOUNT })))
  const edge = new GatewayProcess({ port: await freePort(), config: config.path, args: ['--mqtt', broker.url, '--mqtt-name', 'wide'] })
  try {
    await edge.start()
    await pause(settleMs)
    const before = { cpu: cpuSeconds(edge.pid), at: machineMs() }
    await pause(seconds * 1000)
    return { nodes: count, residentKib: residentKib(edge.pid), cpuSecondsPerMinute: (60_000 * (cpuSeconds(edge.pid) - before.cpu)) / (machineMs() - before.at) }
  } finally {
    await edge.stop('SIGKILL')
    await asterisk.stop()
    await broker.stop()
    await config.remove()
  }
}
