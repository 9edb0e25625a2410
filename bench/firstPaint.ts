/**
 * How soon a slow phone shows something, and how soon the right thing: Chromium with a processor four times as slow, 1.6
 * Mbit/s and 150 ms there and back, nothing cached. Figures to read, never a test.
 */
import type { CDPSession, Page } from 'playwright'
import { openScene } from '../frontend/tests/page/scenes.ts'
import { launchChromium } from '../frontend/tests/page/stage.ts'

export interface FirstPaintFigures {
  readonly loads: number
  /** First contentful paint, ms since the page was asked for. */
  readonly firstPaint: number
  /** The first row of a live node. */
  readonly liveRow: number
  readonly bytes: number
}

async function slowDown(cdp: CDPSession): Promise<void> {
  await cdp.send('Network.enable')
  await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 94_000 })
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 })
}

async function measure(page: Page, url: string): Promise<Omit<FirstPaintFigures, 'loads'>> {
  const cdp = await page.context().newCDPSession(page)
  await slowDown(cdp)
  let bytes = 0
  cdp.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength })
  await page.goto(url, { waitUntil: 'commit' })
  await page.locator('tr.link').first().waitFor()
  const liveRow = await page.evaluate(() => performance.now())
  const firstPaint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN)
  return { firstPaint, liveRow, bytes }
}

/**
 * @param count page loads, each in a browser context of its own
 * @returns medians
 */
export async function measureFirstPaint(count: number): Promise<FirstPaintFigures> {
  const browser = await launchChromium()
  try {
    const starter = await browser.newPage()
    const stage = await openScene(starter, { name: 'first paint' })
    await starter.close()
    const all: Omit<FirstPaintFigures, 'loads'>[] = []
    for (let i = 0; i < count; i += 1) {
      const context = await browser.newContext({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true })
      all.push(await measure(await context.newPage(), stage.app.url))
      await context.close()
    }
    await stage.close()
    const median = (key: 'firstPaint' | 'liveRow' | 'bytes') => Math.round(all.map((each) => each[key]).sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN)
    return { loads: count, firstPaint: median('firstPaint'), liveRow: median('liveRow'), bytes: median('bytes') }
  } finally {
    await browser.close()
  }
}
