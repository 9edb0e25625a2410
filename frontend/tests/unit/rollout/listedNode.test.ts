/** A node on the rollout's lists goes another way than its page: by the operator's word, so it tells nothing of the page's group. */
import { OpenFeature } from '@openfeature/web-sdk'
import * as v from 'valibot'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { figuresSchema } from '../../../../protocol/rollout.ts'
import type { Figures, Way } from '../../../../protocol/rollout.ts'
import { keyedAt, toStatusRow } from '../../../../protocol/statusRow.ts'
import { bindRollout } from '../../../src/rollout.ts'
import { hello, patch, snapshot } from '../support/frames.ts'
import { holdTime, pass } from '../support/scriptedEnv.ts'
import { settle, world } from './world.ts'
import type { World } from './world.ts'

const [A, B] = ['546051', '2000']
let on: World
let sent: Figures[]

beforeEach(() => {
  holdTime()
  on = world()
  sent = []
  poll(false)
})
afterEach(async () => {
  on.end()
  await OpenFeature.clearProviders()
  vi.useRealTimers()
})

/** What polls say of both nodes: does anybody talk there? */
function poll(rx: boolean): void {
  const state = { ...EMPTY_NODE, reach: 'up' as const, rx, lastKeyedAt: Date.now() }
  on.rows = Object.fromEntries([A, B].map((node) => [node, { ...toStatusRow(node, state, Date.now()), keyed_at: keyedAt(state) }]))
}
async function open(flag: Parameters<World['setFlag']>[0], nodes = [A, B]): Promise<void> {
  on.setFlag(flag)
  const beacon = (_url: string, body: string) => sent.push(v.parse(figuresSchema, JSON.parse(body))) > 0
  const env = { ...on.memory, afterPaint: (fn: () => void) => { fn() }, beacon, browser: () => 'other' as const }
  await bindRollout({ client: on.client }, { env }).decided
  for (const node of nodes) void on.client.ladder.watch(node)
  await settle()
  accept()
  await pass(3_000)
}
function accept(): void {
  for (const socket of on.env.held()) {
    if (socket.readyState !== 0) continue
    socket.accept()
    socket.say(hello())
    socket.say(snapshot(nodeOf(socket)))
  }
}
const nodeOf = ({ url }: { readonly url: string }) => url.slice(url.lastIndexOf('/') + 1)
/** Time passes, and the server beats. */
async function quiet(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 10_000) {
    await pass(10_000)
    for (const socket of on.env.held()) if (socket.readyState === 1) socket.say({ type: 'beat', at: Date.now(), nodes: {} })
  }
}
const transports = () => [A, B].map((node) => on.client.ladder.transportOf(node))
const ways = () => [...new Set(sent.flatMap(({ ms }) => Object.keys(ms) as Way[]))]
const sum = (of: (report: Figures) => number) => sent.reduce((all, report) => all + of(report), 0)
const keyUps = () => sum(({ latency }) => latency.reduce((all, count) => all + count, 0))

describe('a node that is denied', () => {
  it('is no fallback of a page whose other nodes hold sockets: its time, its polls and its key-ups are left out', async () => {
    await open({ percent: 100, nodes: { allow: [], deny: [B] } })
    expect(transports()).toEqual(['socket', 'polling'])
    await quiet(60_000)
    poll(true)
    await quiet(60_000)
    expect(on.client.sockets.currentState(B)?.rx).toBe(true)
    expect(on.statusReads()).toBeGreaterThan(20)
    on.env.signal('pagehide')
    expect(new Set(sent.map(({ group }) => group))).toEqual(new Set(['on']))
    // Until the first socket is there, the page is trying.
    expect(ways().toSorted()).toEqual(['socket', 'trying'])
    expect([sum(({ ms }) => ms.socket ?? 0) > 115_000, sum(({ requests }) => requests.made), keyUps()]).toEqual([true, 0, 0])
  })

  it('is reported by no page that watches nothing else', async () => {
    await open({ percent: 100, nodes: { allow: [], deny: [B] } }, [B])
    await quiet(600_000)
    expect(on.client.ladder.transportOf(B)).toBe('polling')
    on.env.signal('pagehide')
    expect(sent).toEqual([])
  })

  it('counts until it is denied, and again when it no longer is', async () => {
    await open({ percent: 100 }, [B])
    await quiet(30_000)
    const change = async (deny: string[], revision: string) => {
      on.setFlag({ percent: 100, revision, nodes: { allow: [], deny } })
      on.news = { revision, enabled: true }
      for (const socket of on.env.held()) socket.say({ type: 'flag', at: Date.now(), revision, spreadMs: 0 })
      await pass(10_000)
      accept()
    }
    await change([B], 'denied')
    await quiet(300_000)
    expect(on.client.ladder.transportOf(B)).toBe('polling')
    await change([], 'not denied')
    await quiet(30_000)
    expect(on.client.ladder.transportOf(B)).toBe('socket')
    on.env.signal('pagehide')
    const counted = sum(({ ms }) => ms.socket ?? 0)
    expect([counted > 60_000, counted < 90_000]).toEqual([true, true])
    expect(sum(({ ms }) => ms.polling ?? 0)).toBeLessThan(12_000)
  })
})

it('a node that is allowed does not make its page\'s polling look like sockets', async () => {
  await open({ percent: 0, nodes: { allow: [A], deny: [] } })
  expect(transports()).toEqual(['socket', 'polling'])
  for (const socket of on.env.held()) socket.say(patch(A, 2, { rx: true }))
  on.client.ladder.unwatch(B)
  await quiet(120_000)
  on.env.signal('pagehide')
  expect(new Set(sent.map(({ group }) => group))).toEqual(new Set(['off']))
  expect([ways().includes('socket'), sum(({ requests }) => requests.saved), keyUps()]).toEqual([false, 0, 0])
})
