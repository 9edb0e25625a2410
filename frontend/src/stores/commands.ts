/**
 * The `commands` store: what nodes were asked to do from this page, and what came of it, link by link. Rows, panel and
 * whatever else gives commands share it, so a double tap is one command wherever it lands.
 */
import { defineStore } from 'pinia'
import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import type { CommandAction, LinkAction } from '../../../protocol/actions.ts'
import { MODE_OF } from '../../../protocol/nodeState.ts'
import type { ControlResult } from '../services/ControlService.ts'
import { isMissing } from '../services/connectionState.ts'
import { NOT_ANSWERED } from '../services/fallback.ts'
import { ApiError } from '../services/gatewayApi.ts'
import { useLiveClient } from './client.ts'
import { failureOf } from './failure.ts'
import { useRealTimeStore } from './realTime.ts'
import { useSessionStore } from './session.ts'

export interface CommandState {
  readonly action: CommandAction
  readonly permanent: boolean
  /** `not-confirmed`: it was asked for, and nobody can say yet what came of it. */
  readonly phase: 'asking' | ControlResult['outcome']
  /** One sentence for people; '' while asking. */
  readonly message: string
  /** The permanent code of what came of it: the gateway's, else that of the error. null = it has none, or none yet. */
  readonly code: string | null
  /** When it was given, or ended. Server ms. */
  readonly at: number
}

/** The newest command of this page. What came of it is forgotten once it is over: that somebody was being called, and has answered. */
export interface GivenCommand {
  readonly local: string
  /** null = it is for the node as a whole. */
  readonly remote: string | null
  readonly state: CommandState
}

/**
 * Why a node takes no commands now.
 * - `reconnecting`: what is known of it may be old; this ends by itself;
 * - `refused`: the server does not give this node to this viewer;
 * - `not-heard`: its first news are on their way.
 */
export type Blocked = 'not-signed-in' | 'refused' | 'reconnecting' | 'not-heard' | 'asterisk-down'

const RIGHT: Readonly<Record<CommandAction, string>> = {
  connect: 'CONNECTUSER',
  monitor: 'MONUSER',
  'local-monitor': 'LMONUSER',
  disconnect: 'DISCUSER',
  'disconnect-all': 'DISCUSER',
  dtmf: 'DTMFUSER',
}
/** The same action for the same node again within this time, ms, is the second half of a double tap, whatever has moved under the finger. */
export const DOUBLE_TAP_MS = 400
/** How long an outcome is shown at its link, ms: a link that comes back is not to wear what came of its last end. */
const SHOWN_MS = { done: 15_000, refused: 60_000, 'not-confirmed': 60_000 } as const
/** Polled data may be this much older than the poll's own pace, ms. */
const PATIENCE_MS = 3_000
/** Links of one node whose outcome is kept. */
const MOST = 64
const NONE: ReadonlyMap<string, CommandState> = new Map()

export const useCommandsStore = defineStore('commands', () => {
  const client = useLiveClient()
  const { env, control, ladder, sockets } = client
  const session = useSessionStore()
  const realTime = useRealTimeStore()

  const byNode = shallowRef<ReadonlyMap<string, ReadonlyMap<string, CommandState>>>(new Map())
  const latest = shallowRef<GivenCommand | null>(null)
  const running = new Map<string, Promise<CommandState>>()
  const taps = new Map<string, { readonly at: number; readonly result: Promise<CommandState> }>()
  const timers = new Set<unknown>()

  /** May whoever is signed in do that? @param permanent and have it dialled again for ever */
  const mayRun = (action: CommandAction, permanent = false) => session.can(RIGHT[action]) && (!permanent || session.can('PERMUSER'))

  /** Commands that wait for their answer, and what came of others lately, by link. The same map until it changes. */
  const outcomes = (local: string) => byNode.value.get(local) ?? NONE

  /** Why the node takes no commands now; null = it does. Ages as time goes by: to be asked again each second. */
  function blocked(local: string): Blocked | null {
    if (session.user === null) return 'not-signed-in'
    const connection = realTime.connectionOf(local)
    const transport = realTime.transportOf(local)
    if (transport === 'none' && (isMissing(connection) || (connection.status === 'paused' && connection.why === 'refused'))) return 'refused'
    const state = realTime.stateOf(local)
    if (state === undefined) return realTime.errors[local] === NOT_ANSWERED ? 'refused' : 'not-heard'
    if (transport === 'none' || (transport === 'polling' && pollIsOld(local))) return 'reconnecting'
    if (state.reach === 'up') return null
    return state.reach === 'down' ? 'asterisk-down' : 'not-heard'
  }

  /** A poll that brings nothing is no fallback. */
  const pollIsOld = (local: string) => (realTime.ageOf(local) ?? Infinity) > realTime.pollingState.currentInterval + PATIENCE_MS

  /** Changes a link. Never rejects: what came of it is the result, and in {@link outcomes}. */
  function run(action: LinkAction, local: string, remote: string, { permanent = false }: { readonly permanent?: boolean } = {}): Promise<CommandState> {
    const forEver = permanent && action !== 'disconnect'
    return give({ local, remote, action, permanent: forEver }, '', () => control.link(action, local, remote, forEver))
  }

  /** Ends every link of a node, permanent ones too. Never rejects. */
  function disconnectAll(local: string): Promise<CommandState> {
    return give({ local, remote: null, action: 'disconnect-all', permanent: false }, '', () => control.disconnectAll(local))
  }

  /** Never rejects; at best `not-confirmed`, as nobody can say what digits do. */
  function sendDtmf(local: string, digits: string): Promise<CommandState> {
    return give({ local, remote: null, action: 'dtmf', permanent: false }, digits, () => control.dtmf(local, digits))
  }

  interface Order {
    readonly local: string
    readonly remote: string | null
    readonly action: CommandAction
    readonly permanent: boolean
  }

  function give(order: Order, digits: string, command: () => Promise<ControlResult>): Promise<CommandState> {
    const place = JSON.stringify([order.local, order.action])
    const now = env.now()
    const tap = taps.get(place)
    if (tap !== undefined && now >= tap.at && now - tap.at < DOUBLE_TAP_MS) return tap.result
    const key = JSON.stringify([order, digits])
    const same = running.get(key)
    if (same !== undefined) return same
    const result = carryOut(order, command).finally(() => { running.delete(key) })
    running.set(key, result)
    taps.set(place, { at: now, result })
    return result
  }

  async function carryOut({ local, remote, action, permanent }: Order, command: () => Promise<ControlResult>): Promise<CommandState> {
    const begun: CommandState = { action, permanent, phase: 'asking', message: '', code: null, at: sockets.serverNow() }
    latest.value = { local, remote, state: begun }
    if (remote !== null) put(local, remote, begun)
    const ended: CommandState = { ...begun, ...(await outcomeOf(command)), at: sockets.serverNow() }
    // Unless something else was asked for since, or somebody else sits here.
    if (latest.value?.state === begun) latest.value = { local, remote, state: ended }
    if (remote !== null && outcomes(local).get(remote) === begun) {
      put(local, remote, ended)
      if (ended.phase !== 'asking') later(SHOWN_MS[ended.phase], () => { if (outcomes(local).get(remote) === ended) put(local, remote, null) })
    }
    // Where no socket tells what has changed.
    void ladder.refresh([local]).catch(() => undefined)
    return ended
  }

  async function outcomeOf(command: () => Promise<ControlResult>): Promise<Pick<CommandState, 'phase' | 'message' | 'code'>> {
    try {
      const { outcome, message, code } = await command()
      return { phase: outcome, message, code }
    } catch (cause) {
      const { message, code } = failureOf(cause)
      if (!(cause instanceof ApiError)) return { phase: 'refused', message, code }
      if (cause.status === 401) void session.check()
      // Without an answer that can be read, nobody knows whether the node was asked.
      return { phase: cause.code === 'refused' ? 'refused' : 'not-confirmed', message, code }
    }
  }

  /** @param state null = forget it */
  function put(local: string, remote: string, state: CommandState | null): void {
    const links = new Map(outcomes(local))
    links.delete(remote)
    if (state !== null) links.set(remote, state)
    for (const oldest of links.keys()) {
      if (links.size <= MOST) break
      links.delete(oldest)
    }
    byNode.value = new Map(byNode.value).set(local, links)
  }

  function later(ms: number, work: () => void): void {
    if (client.disposed) return
    const timer = env.setTimeout(() => {
      timers.delete(timer)
      work()
    }, ms)
    timers.add(timer)
  }

  function forget(): void {
    for (const timer of timers) env.clearTimeout(timer)
    timers.clear()
    taps.clear()
    running.clear()
    byNode.value = new Map()
    latest.value = null
  }

  /** It was being called, and has answered since: what is shown of the link says more, and goes on to. One of before may stand in another mode. */
  function isOver({ local, remote, state: { action, code } }: GivenCommand): boolean {
    const link = code === 'being-called' && remote !== null ? realTime.stateOf(local)?.links[remote] : undefined
    return link?.state === 'established' && link.mode === MODE_OF[action]
  }
  const over = () => [...byNode.value].flatMap(([local, links]) => [...links].map(([remote, state]) => ({ local, remote, state })).filter(isOver))
  watch(over, (answered) => { for (const { local, remote } of answered) put(local, remote, null) })
  watch(() => latest.value !== null && isOver(latest.value), (answered) => { if (answered) latest.value = null })

  // What one did is nothing to the next.
  watch(() => session.user, forget, { flush: 'sync' })
  const stay = client.onDispose(forget)
  onScopeDispose(() => {
    stay()
    forget()
  })

  return {
    latest,
    run,
    disconnectAll,
    sendDtmf,
    // Getters and no actions: `createTestingPinia` stubs those, and these only read.
    outcomes: computed(() => outcomes),
    mayRun: computed(() => mayRun),
    blocked: computed(() => blocked),
  }
})
