/** The rollout's figures in Prometheus' words. They are sums already, of this process: each is filled when somebody looks. */
import { Counter, Gauge, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import { GROUPS, LATENCY_EDGES, WAYS } from '../../../protocol/rollout.ts'
import type { Group } from '../../../protocol/rollout.ts'
import type { Rollout } from '../config/rolloutFile.ts'
import type { Counted } from '../rollout/figures.ts'
import type { Totals } from '../rollout/totals.ts'

export interface RolloutFigures {
  readonly rollout: Pick<Rollout, 'enabled' | 'percent'>
  readonly counted: Counted
}

const PREFIX = 'supermon_live_rollout_'

interface Labelled {
  readonly percent: string
  readonly group: Group
  readonly totals: Totals
}

export function registerRollout(registry: Registry, read: () => RolloutFigures): void {
  const registers = [registry]
  const all = (): Labelled[] => Object.entries(read().counted).flatMap(([percent, groups]) => GROUPS.map((group) => ({ percent, group, totals: groups[group] })))
  const gauge = (name: string, help: string, value: () => number) => new Gauge({ name: `${PREFIX}${name}`, help, registers, collect() { this.set(value()) } })
  /** @param each what one group at one stage adds, with labels */
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[], each: (labelled: Labelled) => readonly (readonly [labels: Record<L, string>, value: number])[]) =>
    new Counter({
      name: `${PREFIX}${name}`,
      help,
      labelNames,
      registers,
      collect() {
        this.reset()
        for (const labelled of all()) for (const [labels, value] of each(labelled)) this.inc(labels, value)
      },
    })

  gauge('enabled', 'May anybody hold a socket? 0 = the kill switch is thrown.', () => Number(read().rollout.enabled))
  gauge('percent', 'How many of a hundred hold sockets.', () => read().rollout.percent)
  counter('viewer_seconds_total', 'Time that pages spent, by where their news came from.', ['percent', 'group', 'way'], ({ percent, group, totals: { ms } }) =>
    WAYS.map((way) => [{ percent, group, way }, ms[way] / 1000]))
  counter('requests_total', 'Status requests that pages made, and those that a socket spared.', ['percent', 'group', 'kind'], ({ percent, group, totals: { requests } }) =>
    (['made', 'saved'] as const).map((kind) => [{ percent, group, kind }, requests[kind]]))
  counter('reconnects_total', 'Sockets that came back after they had been live.', [], ({ totals: { reconnects } }) => [[{}, reconnects]])
  counter('fallbacks_total', 'Falls from the socket to polling, by reason.', ['reason'], ({ totals: { fallbacks } }) =>
    Object.entries(fallbacks).map(([reason, count]) => [{ reason }, count]))
  counter('compared_total', 'States that were compared with polled ones.', [], ({ totals: { compared } }) => [[{}, compared]])
  counter('mismatches_total', 'Fields of these that differed.', ['field'], ({ totals: { mismatches } }) =>
    Object.entries(mismatches).map(([field, { count }]) => [{ field }, count]))
  counter('gaps_total', 'News that were found missing.', [], ({ totals: { gaps } }) => [[{}, gaps]])
  new KeyUpDelays(registry, all)
}

const NAME = `${PREFIX}keyup_seconds`
const HELP = 'From key-up at the node to the screen of a viewer.'

/** A histogram whose buckets are counted already. Its sum is as near as they tell. */
class KeyUpDelays extends Histogram<'percent' | 'group'> {
  readonly #all: () => readonly Labelled[]

  constructor(registry: Registry, all: () => readonly Labelled[]) {
    super({ name: NAME, help: HELP, labelNames: ['percent', 'group'], registers: [registry] })
    this.#all = all
  }

  /** What the registry asks where it is there, and what `get` itself asks. */
  getForPromString() {
    const values = this.#all().flatMap(({ percent, group, totals: { latency } }) => {
      let count = 0
      let sum = 0
      const row = (metricName: string, value: number, le?: number | '+Inf') =>
        ({ metricName: `${NAME}${metricName}`, labels: { percent, group, ...(le === undefined ? {} : { le }) }, value })
      const buckets = latency.map((inBucket, i) => {
        const [low, high] = [LATENCY_EDGES[i - 1] ?? 0, LATENCY_EDGES[i] ?? LATENCY_EDGES.at(-1) ?? 0]
        count += inBucket
        sum += (inBucket * (low + high)) / 2 / 1000
        return row('_bucket', count, i < LATENCY_EDGES.length ? high / 1000 : '+Inf')
      })
      return [...buckets, row('_sum', sum), row('_count', count)]
    })
    return Promise.resolve({ name: NAME, help: HELP, type: 'histogram', aggregator: 'sum', values })
  }
}
