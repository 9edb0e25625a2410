/**
 * What a busy page costs a slow phone: somebody keys or unkeys 20 times a second, and Chromium runs at a quarter of this
 * machine's speed. The whole way for real: fake Asterisk → gateway process → WebSocket → store → rows.
 */
import type { CDPSession, Page } from 'playwright'
import { freePort, GatewayProcess, launchChromium, until, writeConfig } from '../frontend/tests/page/stage.ts'
import { startFakeAsterisk } from '../server/src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../server/src/fake-asterisk/fakeAsterisk.ts'
import { talkers } from '../server/src/fake-asterisk/fakeState.ts'

export interface TableCase {
  readonly name: string
  readonly nodes: number
  /** Of each node. */
  readonly links: number
}

export const TABLE_CASES: readonly TableCase[] = [
  { name: '1 node of 20 links', nodes: 1, links: 20 },
  { name: '50 nodes of 10 links', nodes: 50, links: 10 },
  { name: 'a hub of 256 links', nodes: 1, links: 256 },
]

export interface TableFigures {
  readonly name: string
  readonly nodes: number
  readonly links: number
  readonly seconds: number
  readonly slowdown: number
  /** State changes that arrived. */
  readonly updates: number
  /** Time in JavaScript for each, ticking timers and all else on the page included; measured on the slowed page. */
  readonly scriptMsPerUpdate: number
  /** The same of style and layout. */
  readonly layoutMsPerUpdate: number
  /** What JavaScript allocated for each, sampled, in a second window. */
  readonly kilobytesPerUpdate: number
  /** Tasks of 50 ms and more. */
  readonly longTasks: number
  readonly longestTaskMs: number
  readonly frames: number
  /** Frames that the page was too busy for, of those a 60 Hz screen would have shown. */
  readonly droppedFrames: number
  readonly rowsDrawn: number
}

interface Watched {
  readonly tasks: number[]
  readonly frames: number[]
}

const UPDATES_PER_SECOND = 20
const FRAME_MS = 1000 / 60

export async function measureTable({ name, nodes, links }: TableCase, seconds: number, slowdown = 4): Promise<TableFigures> {
  const user = 'admin'
  const secret = 'demo'
  const fake = await startFakeAsterisk({ nodes, links, scenario: 'quiet', seed: 1, user, secret, port: 0, controlPort: null })
  const config = await writeConfig(fake.nodes.map((id) => ({ id, port: fake.port, user, secret })))
  const gateway = new GatewayProcess({ port: await freePort(), config: config.path })
  await gateway.start()
  const browser = await launchChromium()
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    const cdp = await page.context().newCDPSession(page)
    const counter = await countPatches(cdp)
    await page.goto(`${gateway.url}#all`)
    await until(async () => (await page.locator('section[data-node] [data-connection="live"]').count()) === nodes, 60_000)
    await until(() => page.evaluate<boolean>(`[...document.querySelectorAll('section[data-node]')].every((panel) => panel.querySelector('tr[data-link]') !== null)`), 60_000)
    // By the thread's own time, or whatever else this machine does would count.
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
    await page.evaluate(WATCH)
    // The page has settled: what is counted from here on is updates.
    await pause(2_000)
    const before = await metrics(cdp)
    const from = counter.patches
    await page.evaluate('seen.tasks.length = 0; seen.frames.length = 0')
    await keyUps(fake, seconds)
    const after = await metrics(cdp)
    const updates = counter.patches - from
    const seen = await page.evaluate<Watched>('seen')
    const allocated = await allocation(cdp, counter, () => keyUps(fake, seconds / 2))
    return {
      name, nodes, links, seconds, slowdown, updates,
      kilobytesPerUpdate: round(allocated / 1000),
      scriptMsPerUpdate: round(((after['ScriptDuration'] ?? 0) - (before['ScriptDuration'] ?? 0)) * 1000 / updates),
      layoutMsPerUpdate: round((sum(after, 'LayoutDuration', 'RecalcStyleDuration') - sum(before, 'LayoutDuration', 'RecalcStyleDuration')) * 1000 / updates),
      longTasks: seen.tasks.length,
      longestTaskMs: round(Math.max(0, ...seen.tasks)),
      ...frameFigures(seen.frames),
      rowsDrawn: await drawn(page),
    }
  } finally {
    await browser.close()
    await gateway.stop()
    await fake.close()
    await config.remove()
  }
}

/** Runs in the page; as text, since the compiler would add helpers that are not there. */
const WATCH = `
  const seen = (window.seen = { tasks: [], frames: [] })
  new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) seen.tasks.push(duration) }).observe({ type: 'longtask' })
  const onFrame = (at) => { seen.frames.push(at); requestAnimationFrame(onFrame) }
  requestAnimationFrame(onFrame)
`

async function countPatches(cdp: CDPSession): Promise<{ patches: number }> {
  const counter = { patches: 0 }
  await cdp.send('Network.enable')
  cdp.on('Network.webSocketFrameReceived', ({ response }) => {
    if (response.payloadData.includes('"patch"')) counter.patches += 1
  })
  return counter
}

/** Bytes that JavaScript allocates for each update while `work` goes on, collected meanwhile or not. */
async function allocation(cdp: CDPSession, counter: { readonly patches: number }, work: () => Promise<void>): Promise<number> {
  const from = counter.patches
  await cdp.send('HeapProfiler.startSampling', { samplingInterval: 2_048, includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true })
  await work()
  const { profile } = await cdp.send('HeapProfiler.stopSampling')
  return profile.samples.reduce((total, { size }) => total + size, 0) / (counter.patches - from)
}

/** One link keys or unkeys every 50 ms, over all nodes; three talk at a time. */
async function keyUps(fake: FakeAsterisk, seconds: number): Promise<void> {
  const { nodes } = fake.state()
  const links = fake.nodes.flatMap((node) => talkers(nodes[node]).map((link) => ({ node, link })))
  const start = performance.now()
  for (let i = 0; i < seconds * UPDATES_PER_SECOND; i += 1) {
    const talks = Math.floor(i / 2)
    const on = i % 2 === 0
    const at = links[(on ? talks : talks - 3) * 7 % links.length]
    if (at !== undefined) await fake.linkKey({ ...at, on })
    await until(() => performance.now() - start >= (i + 1) * (1000 / UPDATES_PER_SECOND))
  }
}

async function metrics(cdp: CDPSession): Promise<Readonly<Record<string, number>>> {
  const { metrics: all } = await cdp.send('Performance.getMetrics')
  return Object.fromEntries(all.map(({ name, value }) => [name, value]))
}

function frameFigures(at: readonly number[]): { frames: number; droppedFrames: number } {
  const gaps = at.slice(1).map((time, i) => time - (at[i] ?? time))
  return { frames: gaps.length, droppedFrames: gaps.reduce((dropped, gap) => dropped + Math.max(0, Math.round(gap / FRAME_MS) - 1), 0) }
}

function drawn(page: Page): Promise<number> {
  return page.locator('tr[data-link]').count()
}

const sum = (of: Readonly<Record<string, number>>, ...names: readonly string[]) => names.reduce((total, name) => total + (of[name] ?? 0), 0)

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
function round(value: number): number {
  return Math.round(value * 100) / 100
}
