/**
 * The return of 10,000 viewers after an outage: the real policy (the connection machine and its deadlines, no sockets)
 * on a virtual clock. `npm run bench -- storm` prints it beside Supermon-NG's policy: 1, 2, 4 … 30 s without jitter.
 */
import { rngOf } from '../frontend/tests/simulation/rng.ts'
import type { Rng } from '../frontend/tests/simulation/rng.ts'
import { deadlineOf, initialMachine, step } from '../frontend/src/services/connectionMachine.ts'
import type { Machine, MachineEvent } from '../frontend/src/services/connectionMachine.ts'

export interface Outage {
  readonly name: string
  readonly ms: number
  /** The server says goodbye and asks for this spread; null = the connections just break. */
  readonly spreadMs: number | null
}

export const RESTART: Outage = { name: '2 s restart, goaway with 10 s spread', ms: 2_000, spreadMs: 10_000 }
export const CRASH: Outage = { name: '60 s outage, connections refused', ms: 60_000, spreadMs: null }

export interface StormReport {
  /** Most tries that reach the server within 100 ms, once it is back. */
  readonly peak: number
  /** From the server's return to the client's, ms. */
  readonly p50: number
  readonly p99: number
}

/** When one client's tries reach the server, and when it is back; all in ms from the beginning of the outage. */
type Client = (outage: Outage, rng: Rng, random: () => number) => { readonly tries: number[]; readonly backAt: number }

export const CLIENTS = 10_000
const UP_BEFORE = 3_600_000

/** The client of this project. */
export const live: Client = (outage, rng, random) => {
  const rtt = rng.int(10, 100)
  const tries: number[] = []
  let now = -UP_BEFORE
  let machine: Machine = initialMachine({ online: true, visible: true })
  let opened = false
  const send = (event: MachineEvent) => {
    const next = step(machine, event, now, random())
    machine = next.machine
    opened = next.effects.some(({ type }) => type === 'open')
  }
  const say = (event: { type: 'socket-open' | 'socket-message' }) => {
    send({ ...event, generation: machine.generation })
  }
  send({ type: 'connect' })
  say({ type: 'socket-open' })
  say({ type: 'socket-message' })
  now = rtt / 2
  // Beats kept it alive until now.
  say({ type: 'socket-message' })
  const { generation } = machine
  if (outage.spreadMs === null) send({ type: 'socket-close', generation, code: 1006, reason: '' })
  else send({ type: 'goaway', generation, spreadMs: outage.spreadMs, reason: 'restart' })
  for (;;) {
    now = deadlineOf(machine) ?? Number.NaN
    send({ type: 'deadline' })
    if (!opened) throw new Error(`a client at ${now} ms does not try: ${JSON.stringify(machine.state)}`)
    const arrival = now + rtt / 2
    tries.push(arrival)
    now += rtt
    if (arrival >= outage.ms) return { tries, backAt: now }
    send({ type: 'socket-close', generation: machine.generation, code: 1006, reason: '' })
  }
}

/** Supermon-NG 4.3's page: doubling from 1 s to 30 s, no jitter, the same after a goodbye. */
export const supermonNg: Client = (outage, rng) => {
  const rtt = rng.int(10, 100)
  const tries: number[] = []
  let now = rtt / 2
  for (let wait = 1_000; ; wait = Math.min(30_000, wait * 2)) {
    now += wait
    const arrival = now + rtt / 2
    tries.push(arrival)
    now += rtt
    if (arrival >= outage.ms) return { tries, backAt: now }
  }
}

/** @param chance where the clients' jitter comes from; a constant shows what jitter is worth */
export function storm(outage: Outage, client: Client, seed: number, chance?: () => number): StormReport {
  const rng = rngOf(seed, 9)
  const bins = new Map<number, number>()
  const back: number[] = []
  for (let i = 0; i < CLIENTS; i++) {
    const { tries, backAt } = client(outage, rng, chance ?? rng.next)
    back.push(backAt - outage.ms)
    for (const at of tries) {
      if (at < outage.ms) continue
      const bin = Math.floor((at - outage.ms) / 100)
      bins.set(bin, (bins.get(bin) ?? 0) + 1)
    }
  }
  back.sort((a, b) => a - b)
  const at = (share: number) => back[Math.floor(share * (CLIENTS - 1))] ?? 0
  return { peak: Math.max(...bins.values()), p50: at(0.5), p99: at(0.99) }
}

/** Both policies after both outages, for people. */
export function printStorm(): void {
  const policies = { 'Supermon Live': live, 'Supermon-NG': supermonNg }
  console.log(`${CLIENTS} clients; peak = tries per 100 ms after the server is back; seeds 1 to 5, worst of them`)
  for (const outage of [RESTART, CRASH]) {
    for (const [name, client] of Object.entries(policies)) {
      const reports = [1, 2, 3, 4, 5].map((seed) => storm(outage, client, seed))
      const worst = (key: keyof StormReport) => Math.max(...reports.map((report) => report[key]))
      const times = `back p50 ${(worst('p50') / 1000).toFixed(1)} s, p99 ${(worst('p99') / 1000).toFixed(1)} s`
      console.log(`${outage.name.padEnd(38)} ${name.padEnd(14)} peak ${String(worst('peak')).padStart(5)}, ${times}`)
    }
  }
}
