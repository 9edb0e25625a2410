/** What happens in one run, drawn from its seed: a list of acts in time. Printed with a failing seed. */
import type { PageSignal } from '../../src/env/env.ts'
import type { Topology } from '../../src/services/WebSocketService.ts'
import { rngOf } from './rng.ts'
import type { Rng } from './rng.ts'
import type { AccessPlan } from './virtualAccess.ts'
import type { Throttle } from './virtualPage.ts'
import type { ServerKind } from './virtualServer.ts'
import type { Counter, Door } from './weather.ts'

export type Act =
  | { readonly do: 'happen'; readonly node: string }
  | { readonly do: 'cut' | 'half-open' | 'garbage'; readonly pick: number }
  | { readonly do: 'slow'; readonly pick: number; readonly ms: number }
  | { readonly do: 'close'; readonly pick: number; readonly code: number }
  | {
      readonly do: 'spell'
      readonly ms: number
      readonly door: Door
      readonly counter: Counter
      readonly chance: number
      readonly code: number
    }
  | {
      readonly do: 'restart'
      readonly how: 'goaway' | 'hard' | 'vanish' | 'moved'
      readonly downMs: number
      readonly spreadMs: number
    }
  | { readonly do: 'signal'; readonly signal: PageSignal }
  | { readonly do: 'stand' }
  | {
      readonly do: 'go-on'
      readonly timersFirst: boolean
      readonly slip: boolean
      readonly signals: readonly PageSignal[]
    }
  | { readonly do: 'retry' | 'watch' | 'unwatch'; readonly node: string }
  | { readonly do: 'activity' }
  | { readonly do: 'flag'; readonly on: boolean }
  | { readonly do: 'goaway-flag' }
  | { readonly do: 'clock'; readonly ms: number }
  /** `session-ends`: the server forgets who this is, and the page is not told. */
  | { readonly do: 'sign-in' | 'sign-out' | 'session-ends' }
  /** Somebody may no longer see a node, or may again. */
  | { readonly do: 'withhold' | 'give-back'; readonly node: string }
  /** Others take all seats at all nodes. */
  | { readonly do: 'full'; readonly ms: number }

export interface TimedAct {
  /** From the start of the run, ms. */
  readonly at: number
  readonly act: Act
}

export interface Schedule {
  readonly seed: number
  /** Those that the page watches at one time or another. */
  readonly nodes: readonly string[]
  /** So many of them from the start. */
  readonly first: number
  /** Those of them that the server does not have. */
  readonly ghosts: readonly string[]
  /** Faults stop here, ms. */
  readonly faultsMs: number
  readonly topology: Topology
  readonly kind: ServerKind
  /** HTTP says first that the server is a Supermon-NG. It is wrong where only the pages of one stand there, and its sockets are our gateway's. */
  readonly toldSupermonNg: boolean
  /** Are there accounts? */
  readonly guarded: boolean
  readonly access: AccessPlan
  readonly nodesPerViewer: number
  /** The page learns so late whether it may hold sockets, ms; null = it knows from the start. */
  readonly flagKnownAt: number | null
  readonly endsHidden: boolean
  readonly lateMessages: boolean
  readonly throttle: Throttle
  readonly hasGarbage: boolean
  readonly acts: readonly TimedAct[]
}

const NODES = ['546051', '546055', 'KG5DRT-1', ...Array.from({ length: 207 }, (_, i) => String(500_000 + 37 * i))]
/** Nothing that a node can be called, as somebody types it. */
const ODD = 'W1AW P'
const CODES = [1000, 1001, 1006, 1011, 1012, 1013, 4030, 4401, 4401, 4408, 4429, 4499, 4500, 4504]
/** As many as one viewer may watch by default. */
const MANY = 200

export function scheduleOf(seed: number): Schedule {
  const rng = rngOf(seed, 1)
  const die = rng.next()
  // Most pages show a few nodes, some a dozen, and a few so many that the gateway's pace is felt, or more than it takes in one question.
  const many = die >= 0.985
  const nodes = NODES.slice(0, die < 0.75 ? rng.int(1, 3) : die >= 0.999 ? rng.int(201, 210) : many ? rng.int(58, 75) : rng.int(4, 12))
  const faultsMs = rng.int(30, 75) * 1_000
  const acts: TimedAct[] = []
  const add = (at: number, act: Act) => {
    if (at < faultsMs) acts.push({ at, act })
  }
  const kind: ServerKind = rng.chance(0.15) ? 'supermon-ng' : rng.chance(0.2) ? 'bilingual' : 'plan'
  const guarded = kind !== 'supermon-ng' && rng.chance(0.3)
  const stories = [pageLife, netLife, serverLife, spells, mishaps, choices, flags]
  // The air is never quiet; of the other stories, some: few at a time are easier to read, all at a time find more.
  const share = many ? 0.25 : rng.pick([0.25, 0.5, 0.8])
  for (const node of nodes) air(node, nodes.length, faultsMs, rng, add)
  for (const story of stories) if (rng.chance(share)) story(nodes, faultsMs, rng, add)
  if (guarded) accounts(nodes, faultsMs, rng, add)
  if (rng.chance(0.05)) clockSteps(nodes, faultsMs, rng, add)
  if (rng.chance(0.05)) add(rng.int(0, faultsMs), { do: 'full', ms: rng.int(2_000, 30_000) })
  // Some pages are opened while the server is away.
  if (rng.chance(0.1)) add(0, { do: 'restart', how: 'hard', downMs: rng.int(500, 30_000), spreadMs: 0 })
  const first = nodes.length > 4 && rng.chance(0.5) ? rng.int(1, 8) : nodes.length
  const later = rng.int(100, 30_000)
  for (const node of nodes.slice(first)) add(later, { do: 'watch', node })
  // Its own luck: what the older seeds do stays as it is.
  const flagKnownAt = firstFlag(rngOf(seed, 7), add)
  toggles(nodes, faultsMs, rngOf(seed, 10), add)
  const odd = rngOf(seed, 9).chance(0.04) ? [ODD] : []
  acts.sort((a, b) => a.at - b.at)
  return {
    seed,
    nodes: [...odd, ...nodes],
    first: odd.length + first,
    ghosts: [...odd, ...(nodes.length > 1 && rng.chance(0.12) ? [rng.pick(nodes)] : [])],
    faultsMs,
    topology: rng.pick(['auto', 'auto', 'shared', 'per-node']),
    kind,
    toldSupermonNg: rngOf(seed, 11).chance(kind === 'supermon-ng' ? 0.5 : 0.1),
    guarded,
    access: {
      demandsTickets: guarded && rng.chance(0.5),
      visitorsSee: !guarded || rng.chance(0.4) ? nodes : nodes.filter(() => rng.chance(0.4)),
      signedIn: guarded && rng.chance(0.5),
    },
    flagKnownAt,
    nodesPerViewer: rng.chance(0.05) ? rng.int(1, 8) : MANY,
    endsHidden: rng.chance(0.2),
    lateMessages: rng.chance(0.5),
    throttle: { hiddenMs: rng.chance(0.7) ? 1_000 : 0, intensiveAfter: rng.chance(0.3) ? rng.pick([10_000, 30_000]) : null },
    hasGarbage: acts.some(({ act }) => act.do === 'garbage'),
    acts,
  }
}

type Add = (at: number, act: Act) => void
type Story = (nodes: readonly string[], until: number, rng: Rng, add: Add) => void

/** The air of many nodes is not busier than that of a few. */
function air(node: string, nodes: number, until: number, rng: Rng, add: Add): void {
  const gap = rng.pick([1_500, 4_000, 15_000]) * Math.max(1, nodes - 1)
  for (let at = rng.int(0, gap); at < until; at += rng.int(1, 2 * gap)) {
    add(at, { do: 'happen', node })
    // A short key-up: on and off within less than any poll.
    if (rng.chance(0.2)) add(at + rng.int(1, 80), { do: 'happen', node })
  }
}

/** One thing after another: a page that is hidden is not put away at the same time. */
const pageLife: Story = (_nodes, until, rng, add) => {
  for (let at = rng.int(0, 30_000); at < until; at += rng.int(500, 40_000)) {
    const ms = rng.pick([rng.int(200, 5_000), rng.int(5_000, 60_000)])
    const timersFirst = rng.chance(0.5)
    const kind = rng.pick(['hide', 'hide', 'freeze', 'away', 'sleep', 'sleep'] as const)
    if (kind === 'hide') {
      add(at, { do: 'signal', signal: 'hidden' })
      add(at + ms, { do: 'signal', signal: 'visible' })
    } else if (kind === 'freeze') {
      add(at, { do: 'signal', signal: 'hidden' })
      add(at + 1_000, { do: 'signal', signal: 'freeze' })
      add(at + 1_001, { do: 'stand' })
      add(at + ms + 1_002, { do: 'go-on', timersFirst, slip: false, signals: ['resume'] })
      add(at + ms + 1_050, { do: 'signal', signal: 'visible' })
    } else if (kind === 'away') {
      add(at, { do: 'signal', signal: 'pagehide' })
      add(at, { do: 'signal', signal: 'hidden' })
      add(at + 1, { do: 'signal', signal: 'freeze' })
      add(at + 2, { do: 'stand' })
      add(at + ms + 3, { do: 'go-on', timersFirst, slip: false, signals: ['resume', 'pageshow'] })
      add(at + ms + 5, { do: 'signal', signal: 'visible' })
    } else {
      // The machine sleeps: no signal before it, and not always one after it.
      add(at, { do: 'stand' })
      if (rng.chance(0.6)) add(at + 1, { do: 'half-open', pick: -1 })
      const signals: PageSignal[] = rng.chance(0.3) ? ['online'] : rng.chance(0.3) ? ['visible'] : []
      add(at + ms, { do: 'go-on', timersFirst, slip: rng.chance(0.5), signals })
    }
    at += ms + 2_000
  }
}

const netLife: Story = (_nodes, until, rng, add) => {
  for (let at = rng.int(0, 30_000); at < until; at += rng.int(2_000, 50_000)) {
    const ms = rng.pick([rng.int(50, 3_000), rng.int(3_000, 70_000)])
    add(at, { do: 'signal', signal: 'offline' })
    // "Offline" is a hint: half the time the network is still there.
    if (rng.chance(0.5)) {
      add(at, { do: rng.pick(['cut', 'half-open']), pick: -1 })
      add(at, { do: 'spell', ms, door: 'refuse', counter: 'unreachable', chance: 1, code: 0 })
    }
    add(at + ms, { do: 'signal', signal: 'online' })
    at += ms
  }
}

const serverLife: Story = (_nodes, until, rng, add) => {
  for (let at = rng.int(0, 40_000); at < until; at += rng.int(5_000, 60_000)) {
    const how = rng.pick(['goaway', 'hard', 'vanish', 'moved'] as const)
    const downMs = how === 'moved' ? 0 : rng.pick([rng.int(400, 3_000), rng.int(3_000, 40_000)])
    add(at, { do: 'restart', how, downMs, spreadMs: rng.pick([0, 2_000, 10_000]) })
    at += downMs
  }
}

const spells: Story = (_nodes, until, rng, add) => {
  const count = rng.int(1, 5)
  for (let i = 0; i < count; i++) {
    add(rng.int(0, until), {
      do: 'spell',
      ms: rng.int(1_000, 45_000),
      door: rng.pick(['open', 'refuse', 'blackhole', 'slam', 'mute', 'late', 'deny', 'deny-late', 'goaway']),
      counter: rng.pick(['open', 'open', 'unreachable', 'busy', 'broken', 'not-json', 'hang', 'late', 'stale']),
      chance: rng.pick([0.3, 0.8, 1]),
      code: rng.pick(CODES),
    })
  }
}

const mishaps: Story = (_nodes, until, rng, add) => {
  for (let at = rng.int(0, 20_000); at < until; at += rng.int(1_000, 40_000)) {
    const pick = rng.int(-1, 2)
    const kind = rng.pick(['cut', 'cut', 'half-open', 'half-open', 'garbage', 'slow', 'close', 'close'] as const)
    if (kind === 'slow') add(at, { do: kind, pick, ms: rng.int(1_000, 60_000) })
    else if (kind === 'close') add(at, { do: kind, pick, code: rng.pick(CODES) })
    else add(at, { do: kind, pick })
  }
}

const choices: Story = (nodes, until, rng, add) => {
  for (let at = rng.int(0, 20_000); at < until; at += rng.int(200, 30_000)) {
    const node = rng.pick(nodes)
    const kind = rng.pick(['retry', 'retry', 'activity', 'unwatch'] as const)
    if (kind === 'activity') add(at, { do: kind })
    else add(at, { do: kind, node })
    if (kind === 'retry' && rng.chance(0.3)) add(at + rng.int(1, 200), { do: kind, node })
    if (kind === 'unwatch') add(at + rng.pick([0, 1, 50, 3_000, 20_000]), { do: 'watch', node })
  }
  // Another selection, and back: all at once.
  if (nodes.length < 4 || rng.chance(0.5)) return
  const at = rng.int(1_000, until)
  const back = at + rng.pick([0, 1, 200, 5_000])
  for (const node of nodes.slice(rng.int(0, 2))) {
    add(at, { do: 'unwatch', node })
    add(back, { do: 'watch', node })
  }
}

const flags: Story = (_nodes, until, rng, add) => {
  for (let at = rng.int(0, 60_000); at < until; at += rng.int(10_000, 60_000)) {
    if (rng.chance(0.5)) add(at, { do: 'flag', on: false })
    else add(at, { do: 'goaway-flag' })
    at += rng.pick([1, 500, 20_000])
    add(at, { do: 'flag', on: true })
  }
}

/** A node comes and goes faster than the gateway reads. At the end, so that nothing that comes after it puts it right. */
function toggles(nodes: readonly string[], until: number, rng: Rng, add: Add): void {
  if (!rng.chance(0.06)) return
  const node = rng.pick(nodes)
  const gap = rng.pick([5, 10, 20, 40])
  for (let at = until - 2 * gap * rng.int(5, 60); at < until; at += 2 * gap) {
    add(at, { do: 'unwatch', node })
    add(at + gap, { do: 'watch', node })
  }
  // Or it is not wanted in the end, which nobody may have read.
  if (rng.chance(0.5)) add(until - 1, { do: 'unwatch', node })
}

/** A page that waits for its first answer. */
function firstFlag(rng: Rng, add: Add): number | null {
  if (!rng.chance(0.15)) return null
  const at = rng.int(1, 2_500)
  const on = rng.chance(0.7)
  add(at, { do: 'flag', on })
  if (!on) add(at + rng.int(1, 20_000), { do: 'flag', on: true })
  return at
}

const clockSteps: Story = (_nodes, until, rng, add) => {
  const count = rng.int(1, 2)
  for (let i = 0; i < count; i++)
    add(rng.int(0, until), { do: 'clock', ms: rng.pick([-3_600_000, -20_000, 20_000, 3_600_000]) })
}

const accounts: Story = (nodes, until, rng, add) => {
  for (let at = rng.int(0, 20_000); at < until; at += rng.int(1_000, 30_000)) {
    const kind = rng.pick(['sign-in', 'sign-in', 'sign-out', 'session-ends', 'withhold'] as const)
    if (kind !== 'withhold') add(at, { do: kind })
    else {
      const node = rng.pick(nodes)
      add(at, { do: 'withhold', node })
      add(at + rng.int(1, 20_000), { do: 'give-back', node })
    }
  }
}
