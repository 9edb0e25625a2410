/**
 * A gateway with a mistake in it, at 10 %: pages that compare in silence find it, and the report says to go back. Real pages, sockets
 * and polls; the pages' clocks run twenty times too fast, so that their half minutes pass in a second and a half.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as v from 'valibot'
import { rolloutReportSchema } from '../../../protocol/rolloutReport.ts'
import type { RolloutReport } from '../../../protocol/rolloutReport.ts'
import { bindRollout } from '../../../frontend/src/rollout.ts'
import { LiveClient } from '../../../frontend/src/services/liveClient.ts'
import type { App } from '../../src/app.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { talkers } from '../../src/fake-asterisk/fakeState.ts'
import { Audience } from '../../src/gateway/audience.ts'
import { v2 } from '../../src/gateway/dialects.ts'
import { Figures } from '../../src/rollout/figures.ts'
import { HeldRollout } from '../support/heldRollout.ts'
import { nodeEnv } from '../support/nodeEnv.ts'
import { nodeConfig, runApp } from '../support/running.ts'

const PAGES = 4
const FAST = 20
const EVERY = 50
const PATIENCE_MS = 25_000

let fake: FakeAsterisk
let app: App
let node: string
let links: readonly string[]
const closers: (() => unknown)[] = []

beforeEach(async () => {
  fake = await startFakeAsterisk({ nodes: 1, links: 20, scenario: 'quiet', seed: 1, user: 'admin', secret: 'demo', port: 0, controlPort: null })
  node = fake.nodes[0] ?? ''
  // app_rpt announces no key-up of a local monitor.
  links = talkers(fake.state().nodes[node])
  app = await runApp([nodeConfig(node, fake.port)], { rollout: new HeldRollout({ percent: 10, allow: { users: [], nodes: [node] }, shadow: 1 }), figures: new Figures() })
})
afterEach(async () => {
  vi.restoreAllMocks()
  for (const close of closers.splice(0).reverse()) await close()
  await app.close(0)
  await fake.close()
})

/** A page that is in, by the node's being listed. */
async function openPage(name: string): Promise<void> {
  const base = nodeEnv(app.url)
  const start = Date.now()
  const env = {
    ...base,
    now: () => start + (Date.now() - start) * FAST,
    setTimeout: (fn: () => void, ms: number) => setTimeout(fn, ms / FAST),
  }
  const client = new LiveClient({ env })
  closers.push(() => { client.dispose() })
  const { decided } = bindRollout({ client }, {
    domain: name,
    env: {
      recall: () => null, remember: () => undefined, query: () => 'on', browser: () => 'other',
      // By such clocks nothing can be timed.
      afterPaint: () => undefined,
      beacon: (url, body) => {
        void fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body }).catch(() => undefined)
        return true
      },
    },
  })
  await decided
  void client.ladder.watch(node)
  await vi.waitFor(() => { expect(client.sockets.isNodeConnected(node)).toBe(true) }, 20_000)
}

async function report(): Promise<RolloutReport> {
  const answer = v.parse(v.object({ data: rolloutReportSchema }), await (await fetch(`${app.url}api/v1/rollout/report`)).json())
  return answer.data
}

interface Rows {
  readonly data: Readonly<Record<string, { readonly remote_nodes: readonly { readonly node: string; readonly keyed: string }[] } | undefined>>
}

/** Keys a link, and waits until the gateway knows: each key-up reaches it by itself, and is a change of its own. */
async function key(link: string, on: boolean): Promise<void> {
  await fake.linkKey({ node, link, on })
  await vi.waitFor(async () => {
    const { data } = (await (await fetch(`${app.url}api/v1/nodes/ami/status?nodes=${node}`)).json()) as Rows
    expect(data[node]?.remote_nodes.find((row) => row.node === link)?.keyed).toBe(on ? 'yes' : 'no')
  }, { timeout: 20_000, interval: 5 })
}

/** Stations talk and stop until the report says what is waited for: pages compare by their own clocks, however quickly we talk. */
async function talkUntil(check: (report: RolloutReport) => boolean): Promise<RolloutReport> {
  const on = new Set<string>()
  const end = Date.now() + PATIENCE_MS
  for (let i = 0; Date.now() < end; i += 1) {
    const link = links[i % links.length] ?? ''
    await key(link, !on.has(link))
    if (!on.delete(link)) on.add(link)
    if (i % 25 === 24 && check(await report())) break
  }
  return report()
}
const verdictOf = (report: RolloutReport, criterion: string) => report.verdicts.find((each) => each.criterion === criterion)

describe('a stage of 10 % on a gateway that is right', () => {
  it('compares, finds nothing, and says so', async () => {
    for (let i = 0; i < PAGES; i += 1) await openPage(`right-${i}`)
    const now = await talkUntil(({ groups }) => groups.on.compared >= 12)
    expect(now.groups.on.compared).toBeGreaterThanOrEqual(12)
    expect(now.groups.on.mismatches).toEqual([])
    expect(verdictOf(now, 'mismatches')?.verdict).not.toBe('back')
  }, PATIENCE_MS + 20_000)
})

describe(`a gateway that loses every ${EVERY}th patch`, () => {
  it('in what it says: the report says to go back, and which fields are wrong', async () => {
    let changes = 0
    const right = v2.change.bind(v2)
    vi.spyOn(v2, 'change').mockImplementation((place, change) => right(place, (changes += 1) % EVERY === 0 ? { ...change, patch: {} } : change))
    for (let i = 0; i < PAGES; i += 1) await openPage(`empty-${i}`)
    const now = await talkUntil(({ overall }) => overall === 'back')
    expect(verdictOf(now, 'mismatches')).toMatchObject({ verdict: 'back' })
    expect(now.overall).toBe('back')
    expect(now.groups.on.mismatches.map(({ field }) => field)).toContain('link.keyed')
  }, PATIENCE_MS + 20_000)

  it('altogether, and is silent after it: pages are behind, and the report says to go back', async () => {
    const tell = (Audience.prototype as unknown as { tell: (...args: unknown[]) => void }).tell
    let changes = 0
    vi.spyOn(Audience.prototype as unknown as { tell: (...args: unknown[]) => void }, 'tell').mockImplementation(function (this: Audience, ...args) {
      changes += 1
      if (changes % EVERY !== 0) tell.apply(this, args)
    })
    for (let i = 0; i < PAGES; i += 1) await openPage(`gone-${i}`)
    for (let i = 0; changes < EVERY; i += 1) await key(links[0] ?? '', i % 2 === 0)
    await vi.waitFor(async () => { expect((await report()).overall).toBe('back') }, { timeout: 30_000, interval: 250 })
    expect((await report()).groups.on.mismatches.map(({ field }) => field)).toContain('seq')
  })
})
