/** What a fleet costs, as docs/evidence.md tells it. */
import type { FleetFigures, Side } from '../fleet/fleet.ts'
import type { FrontKilled, Spread } from '../fleet/outages.ts'
import { LAYERS } from '../fleet/reading.ts'
import { number, table } from './text.ts'

const SIDES: readonly (readonly [keyof FleetFigures['sides'], string])[] = [
  ['aloneFew', 'one gateway, a viewer a node'], ['fleetFew', 'the fleet, a viewer a node and front'], ['aloneMany', 'one gateway, many'], ['fleetMany', 'the fleet, many'],
]
const WAYS: Readonly<Record<(typeof LAYERS)[number], string>> = { fromAsterisk: 'Asterisks → edges', toBroker: 'edges → broker', fromBroker: 'broker → fronts', toViewers: 'fronts → viewers' }

export function fleetBody({ broker, size, rounds, seconds, asked, changes, sides, ratio, killed, away, breadth }: FleetFigures): string[] {
  const { viewers } = sides.fleetMany
  const spread = ({ viewers: count, p50Ms, lastMs }: Spread) => `${number(count)} viewers, half of them after ${number(p50Ms / 1000)} s, the last after ${number(lastMs / 1000)} s`
  return [
    `${size.sites} simulated Asterisks of ${size.nodes} nodes with ${size.links} links, an edge beside each, ${broker}, ${size.fronts} fronts, and ${number(viewers)} viewers${viewers < asked ? ` (of ${number(asked)} that were to come)` : ''} over all nodes and fronts, against one gateway with the same nodes and as many viewers; all on this machine's cores, viewers too. Somebody keys or unkeys ten times a second. ${rounds === 1 ? 'One pair' : `Each figure is the median of ${rounds} pairs`}, ${number(changes)} key-ups and releases (${seconds} s) in each.`,
    '',
    table(['', 'viewers', 'until a viewer had it: half, ms', '99 of 100, ms', 'never shown', 'first state, ms'], SIDES.map(([name, title]) => {
      const { viewers: count, p50Ms, p99Ms, missed, firstP50Ms } = sides[name]
      return [title, count, p50Ms, p99Ms, missed, name.endsWith('Few') ? null : firstP50Ms]
    })),
    '',
    `Half of all key-ups take ${number(ratio.many)} × as long over the fleet as over one gateway (99 of 100: ${number(ratio.manyP99)} ×), and ${number(ratio.few)} × where next to nobody watches: what edge, broker and front add.`,
    '',
    table(['each key-up or release adds', 'messages', 'bytes', 'messages a minute that go on anyway', 'bytes'], LAYERS.map((layer) => {
      const { perChange, quietPerMinute } = sides.fleetMany
      return [WAYS[layer], perChange[layer].messages, perChange[layer].bytes, quietPerMinute[layer].messages, quietPerMinute[layer].bytes]
    })),
    '',
    table(['process', 'how many', 'of a core each', 'MiB each'], [...rowsOf(sides.aloneMany), ...rowsOf(sides.fleetMany)]),
    '',
    `A front is killed (SIGKILL), one of ${size.fronts} with ${number(killed.quiet.clients)} viewers in all. They are the library's own client (\`WebSocketService\`, in Node) with its own waits; a load balancer is played that sends each new socket to the next front that is left.`,
    '',
    table(['', 'viewers of it', 'back', 'half of them after, ms', '99 of 100, ms', 'the last, ms', 'told "current"', 'sent the state', 'of these without need', 'KB read', 'bytes for "current"', 'for a state'], [
      killedRow('while nothing changes', killed.quiet), killedRow('during a net', killed.net),
    ]),
    '',
    `The broker is killed and does not run for ${number(away.awayMs / 1000)} s: of ${number(away.viewers)} viewers, ${Object.entries(away.told).map(([code, of]) => `\`${code}\` is told to ${spread(of)}`).join('; ')}. After its return ${spread(away.right)} are right again, with what happened meanwhile.`,
    '',
    ...(breadth === null ? [] : [
      `A front that hears of ${number(breadth.nodes)} nodes at ${number(breadth.edges)} edges answers ${number(breadth.startMs / 1000)} s after its start; while all are watched, each change costs it ${number(breadth.cpuPerChangeUs)} µs of CPU (${number(breadth.shown)} of ${number(breadth.changes)} changes were shown).`,
      '',
    ]),
    'What [docs/scaling.md](scaling.md) reckons with comes from the same run.',
  ]
}

function rowsOf({ processes }: Side) {
  return Object.entries(processes).map(([kind, { count, cores, kib }]) => [kind, count, cores, kib / 1024])
}

function killedRow(name: string, { hit, back, p50Ms, p99Ms, lastMs, current, snapshots, needless, bytes, bytesPerCurrent, bytesPerSnapshot }: FrontKilled) {
  return [name, hit, back, p50Ms, p99Ms, lastMs, current, snapshots, needless, bytes / 1000, bytesPerCurrent, bytesPerSnapshot]
}
