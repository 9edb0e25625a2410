/** What the bench of a fleet found, for a terminal. */
import type { FleetFigures } from './fleet.ts'
import { LAYERS } from './reading.ts'

export function printFleet(figures: FleetFigures): void {
  const { sides, ratio, killed, away, breadth, costs } = figures
  console.table(Object.fromEntries(Object.entries(sides).map(([name, { viewers, p50Ms, p99Ms, missed, firstP50Ms }]) => [name, { viewers, p50Ms: round(p50Ms), p99Ms: round(p99Ms), missed, firstP50Ms: round(firstP50Ms) }])))
  console.log('fleet / alone, median of pairs:', rounded(ratio))
  for (const name of ['aloneMany', 'fleetMany'] as const) {
    const { perChange, quietPerMinute, processes } = sides[name]
    console.log(`${name}: what each key-up or release adds, and what goes on anyway`)
    console.table(Object.fromEntries(LAYERS.map((layer) => [layer, {
      messages: round(perChange[layer].messages), bytes: round(perChange[layer].bytes), 'messages a minute, quiet': round(quietPerMinute[layer].messages), 'bytes a minute, quiet': round(quietPerMinute[layer].bytes),
    }])))
    console.table(Object.fromEntries(Object.entries(processes).map(([kind, { count, cores, kib }]) => [kind, { count, 'cores each': round(cores), 'MiB each': round(kib / 1024) }])))
  }
  console.table({ 'front killed, quiet': rounded(killed.quiet), 'front killed, net': rounded(killed.net) })
  console.log('broker away:', JSON.stringify({ ...away, told: Object.fromEntries(Object.entries(away.told).map(([code, spread]) => [code, rounded(spread)])), right: rounded(away.right) }))
  if (breadth !== null) console.table({ 'a front of very many nodes': rounded(breadth) })
  console.table({ costs: rounded(costs) })
}

function rounded<T extends object>(figures: T): Record<string, unknown> {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, typeof value === 'number' ? round(value) : (value as unknown)]))
}
function round(value: number): number {
  return Math.round(value * 100) / 100
}
