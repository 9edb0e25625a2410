/**
 * The whole way, as a viewer has it: from the moment Asterisk writes that a radio keyed to the row that changed in Chromium, and to
 * the first frame that can show it; over the socket, and polled because the flag is off.
 */
import { Dashboard } from '../frontend/tests/browsers/dashboard.ts'
import type { Tab } from '../frontend/tests/browsers/driver.ts'
import { openHouse } from '../frontend/tests/browsers/house.ts'
import { launchPuppeteer } from '../frontend/tests/browsers/puppeteerDriver.ts'
import { seededRandom } from '../server/src/fake-asterisk/seededRandom.ts'

export interface ScreenFigures {
  readonly way: 'socket' | 'polling'
  readonly keyUps: number
  /** To the change of the document, ms. */
  readonly p50Ms: number
  readonly p99Ms: number
  readonly longestMs: number
  /** To the frame after it, ms. */
  readonly frameP50Ms: number
  readonly frameP99Ms: number
  /** By tenths of a second for polling, by 5 ms for the socket: how many key-ups took so long. */
  readonly histogram: readonly number[]
  readonly histogramStepMs: number
}

export async function measureScreen(count: number): Promise<ScreenFigures[]> {
  const driver = await launchPuppeteer('chromium')
  const house = await openHouse({ links: 20 })
  try {
    const page = new Dashboard(await driver.open(), house)
    await page.open()
    const socket = figures('socket', await page.keyUps(count), 5)
    await house.rollout('off')
    await page.until(({ connection, stale }) => connection === 'paused' && !stale)
    // A poll a second shows several links at once, each keyed at a time of its own: five times as much in the same time.
    const lanes = await Promise.all(house.links.slice(0, LANES).map((link, lane) => page.keyUps(Math.ceil(count / LANES), beforePolled(page.tab, lane), link)))
    return [socket, figures('polling', lanes.flat(), 100)]
  } finally {
    await driver.close()
    await house.close()
  }
}

/** Any time between two polls is as likely as another, and somebody is at the page: it is polled once a second. */
function beforePolled(tab: Tab, seed: number): () => Promise<void> {
  const random = seededRandom(seed)
  return async () => {
    await tab.look(`document.dispatchEvent(new Event('keydown'))`)
    await new Promise((resolve) => setTimeout(resolve, random() * 1_000))
  }
}

/** Links that are keyed independently of each other while polled. */
const LANES = 5

interface Taken {
  readonly documentMs: number
  readonly frameMs: number
}

function figures(way: ScreenFigures['way'], taken: readonly Taken[], stepMs: number): ScreenFigures {
  const document = taken.map(({ documentMs }) => documentMs).sort((a, b) => a - b)
  const frame = taken.map(({ frameMs }) => frameMs).sort((a, b) => a - b)
  const at = (sorted: readonly number[], q: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
  const histogram: number[] = []
  for (const ms of document) {
    const slot = Math.min(30, Math.floor(ms / stepMs))
    while (histogram.length <= slot) histogram.push(0)
    histogram[slot] = (histogram[slot] ?? 0) + 1
  }
  return {
    way, keyUps: taken.length, p50Ms: at(document, 0.5), p99Ms: at(document, 0.99), longestMs: at(document, 1),
    frameP50Ms: at(frame, 0.5), frameP99Ms: at(frame, 0.99), histogram, histogramStepMs: stepMs,
  }
}
