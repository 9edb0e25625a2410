/**
 * The return of 10,000 viewers after an outage: the real policy (the connection machine and its deadlines, the fallback
 * and the pace of its polls; no sockets) on a virtual clock. `npm run bench -- storm` prints it beside Supermon-NG's
 * policy: sockets after 1, 2, 4 … 30 s without jitter, polls every 8 s.
 */
import { rngOf } from '../frontend/tests/simulation/rng.ts'
import type { Rng } from '../frontend/tests/simulation/rng.ts'
import { step } from '../frontend/src/services/connectionMachine.ts'
import { deadlineOf, initialMachine } from '../frontend/src/services/machine.ts'
import type { Machine, MachineEvent } from '../frontend/src/services/machine.ts'
import { fallbackAfter, notBefore } from '../frontend/src/services/fallback.ts'
import { POLLING } from '../frontend/src/services/pace.ts'
import { waitAfterError, waitAfterAnswer } from '../frontend/src/services/PollingService.ts'

export interface Outage {
  readonly name: string
  readonly ms: number
  /** The server says goodbye and asks for this spread; null = the connections just break. */
  readonly spreadMs: number | null
  /** Sockets are switched off: only polling is left. */
  readonly flagOff?: boolean
  /** What a server is promised: arrivals per 100 ms at most. Where only polling is left, of first polls. */
  readonly most: { readonly sockets: number; readonly polls: number }
}

export const RESTART: Outage = { name: '2 s restart, goaway with 10 s spread', ms: 2_000, spreadMs: 10_000, most: { sockets: 225, polls: 225 } }
export const CRASH: Outage = { name: '60 s outage, connections refused', ms: 60_000, spreadMs: null, most: { sockets: 100, polls: 100 } }
export const SWITCH: Outage = { name: 'sockets switched off, 10 s spread', ms: 0, spreadMs: 10_000, flagOff: true, most: { sockets: 0, polls: 225 } }

export interface StormReport {
  /** Most tries of sockets that reach the server within 100 ms, once it is back. */
  readonly sockets: number
  /** The same of polls. */
  readonly polls: number
  /** The same of each page's first poll. */
  readonly firstPolls: number
  /** From the server's return to the client's, by socket, ms. */
  readonly p50: number
  readonly p99: number
}

/** When one client's tries and polls reach the server, and when it is back; all in ms from the beginning of the outage. */
export interface Return {
  readonly tries: readonly number[]
  readonly polls: readonly number[]
  readonly backAt: number
}
type Client = (outage: Outage, rng: Rng, random: () => number) => Return

export const CLIENTS = 10_000
const UP_BEFORE = 3_600_000
/** Where nothing but polling is left, it is looked at for this long, ms. */
const LOOKED_AT = 20_000
/** So many pages are under somebody's hand; the others are only looked at, and are polled slower after half a minute. */
const USED = 0.3

/** The client of this project. */
export const live: Client = (outage, rng, random) => {
  const rtt = rng.int(10, 100)
  const page = new Page(random)
  const used = rng.chance(USED)
  page.fall(rtt / 2, outage)
  const tries: number[] = []
  const polls: number[] = []
  let failures = 0
  let pollAt = page.pollAt(rtt / 2)
  const startAt = pollAt
  for (;;) {
    const tryAt = page.nextTry()
    if (tryAt === null && pollAt > LOOKED_AT) return { tries, polls, backAt: outage.ms }
    if (tryAt !== null && tryAt <= pollAt) {
      page.dial(tryAt)
      tries.push(tryAt + rtt / 2)
      if (tryAt + rtt / 2 >= outage.ms) return { tries, polls, backAt: tryAt + rtt }
      page.refused(tryAt + rtt)
      if (polls.length === 0) pollAt = page.pollAt(tryAt + rtt)
      continue
    }
    const again = polls.length === 0 ? page.pollAt(pollAt) : pollAt
    if (again > pollAt) {
      pollAt = again
      continue
    }
    polls.push(pollAt + rtt / 2)
    const interval = used || pollAt - startAt < POLLING.inactiveThreshold ? POLLING.activeInterval : POLLING.inactiveInterval
    const answered = pollAt + rtt / 2 >= outage.ms
    const wait = answered ? waitAfterAnswer(failures, interval, random()) : waitAfterError(failures, interval, random())
    failures = answered ? failures >> 1 : failures + 1
    pollAt += rtt + wait
  }
}

/** One page: the connection machine, and when its node would be polled. */
class Page {
  readonly #random: () => number
  #machine: Machine = initialMachine({ online: true, visible: true })
  #fellAt = 0
  #after = 0

  constructor(random: () => number) {
    this.#random = random
  }

  /** Live until now, and no longer. */
  fall(now: number, { spreadMs, flagOff }: Outage): void {
    this.#send({ type: 'connect' }, -UP_BEFORE)
    const { generation } = this.#machine
    this.#send({ type: 'socket-open', generation }, -UP_BEFORE)
    this.#send({ type: 'socket-message', generation }, -UP_BEFORE)
    if (spreadMs === null) this.#send({ type: 'socket-close', generation, code: 1006, reason: '' }, now)
    else this.#send({ type: 'goaway', generation, spreadMs, reason: flagOff === true ? 'flag-off' : 'restart' }, now)
    this.#fellAt = now
    this.#after = fallbackAfter(this.#machine.state, this.#random())
  }

  pollAt(now: number): number {
    return notBefore(this.#machine.state, this.#fellAt + this.#after, now)
  }

  nextTry(): number | null {
    return deadlineOf(this.#machine)
  }

  dial(now: number): void {
    this.#send({ type: 'deadline' }, now)
    const { state } = this.#machine
    if (state.status !== 'connecting') throw new Error(`a client at ${now} ms does not try: ${JSON.stringify(state)}`)
  }

  refused(now: number): void {
    this.#send({ type: 'socket-close', generation: this.#machine.generation, code: 1006, reason: '' }, now)
  }

  #send(event: MachineEvent, now: number): void {
    this.#machine = step(this.#machine, event, now, this.#random()).machine
  }
}

/** Supermon-NG 4.3's page: doubling from 1 s to 30 s, no jitter, the same after a goodbye; a poll every 8 s meanwhile. */
export const supermonNg: Client = (outage, rng) => {
  const rtt = rng.int(10, 100)
  const tries: number[] = []
  let now = rtt / 2
  for (let wait = 1_000; ; wait = Math.min(30_000, wait * 2)) {
    now += wait
    const arrival = now + rtt / 2
    tries.push(arrival)
    now += rtt
    if (arrival < outage.ms) continue
    const polls = Array.from({ length: Math.floor(now / 8_000) }, (_, i) => (i + 1) * 8_000 + rtt)
    return { tries, polls, backAt: now }
  }
}

export interface StormOptions {
  /** Where the clients' jitter comes from; a constant shows what jitter is worth. */
  readonly chance?: () => number
  /** Fewer cost less. Arrivals are then counted within longer times, so that figures and their noise stay the same. */
  readonly clients?: number
}

export function storm(outage: Outage, client: Client, seed: number, { chance, clients = CLIENTS }: StormOptions = {}): StormReport {
  const rng = rngOf(seed, 9)
  const random = chance ?? rng.next
  return report(outage, Array.from({ length: clients }, () => client(outage, rng, random)), 100 * (CLIENTS / clients))
}

/** @param binMs arrivals are counted within this time */
export function report({ ms }: Outage, returns: readonly Return[], binMs = 100): StormReport {
  const back = returns.map(({ backAt }) => backAt - ms).sort((a, b) => a - b)
  const at = (share: number) => back[Math.floor(share * (back.length - 1))] ?? 0
  const peak = (of: (each: Return) => readonly number[]) => {
    const bins = new Map<number, number>()
    for (const each of returns) {
      for (const arrival of of(each)) {
        const bin = Math.floor((arrival - ms) / binMs)
        if (bin >= 0) bins.set(bin, (bins.get(bin) ?? 0) + 1)
      }
    }
    return Math.max(0, ...bins.values())
  }
  return {
    sockets: peak(({ tries }) => tries),
    polls: peak(({ polls }) => polls),
    firstPolls: peak(({ polls }) => polls.slice(0, 1)),
    p50: at(0.5),
    p99: at(0.99),
  }
}

/** 99 of 100 are back by then, ms. */
const BACK_BY = 17_000

/** @returns what is more than was promised; empty = all is kept */
export function brokenBy({ most, flagOff }: Outage, { sockets, polls, firstPolls, p99 }: StormReport): string[] {
  const asked = flagOff === true ? firstPolls : polls
  return [
    ...(sockets > most.sockets ? [`${sockets} sockets in 100 ms`] : []),
    ...(asked > most.polls ? [`${asked} polls in 100 ms`] : []),
    ...(p99 > BACK_BY ? [`1 of 100 is back after ${p99} ms`] : []),
  ]
}

/** Both policies after each outage, for people. */
export function printStorm(): void {
  const policies = { 'Supermon Live': live, 'Supermon-NG': supermonNg }
  console.log(`${CLIENTS} clients; arrivals per 100 ms at most, after the server is back; seeds 1 to 5, worst of them`)
  for (const outage of [RESTART, CRASH, SWITCH]) {
    for (const [name, client] of Object.entries(policies)) {
      if (outage.flagOff === true && client === supermonNg) continue
      const reports = [1, 2, 3, 4, 5].map((seed) => storm(outage, client, seed))
      const worst = (key: keyof StormReport) => Math.max(...reports.map((each) => each[key]))
      const peaks = `sockets ${String(worst('sockets')).padStart(5)}, polls ${String(worst('polls')).padStart(4)} (first ones ${worst('firstPolls')})`
      const times = outage.flagOff === true ? '' : `; back p50 ${(worst('p50') / 1000).toFixed(1)} s, p99 ${(worst('p99') / 1000).toFixed(1)} s`
      console.log(`${outage.name.padEnd(38)} ${name.padEnd(14)} ${peaks}${times}`)
    }
  }
}
