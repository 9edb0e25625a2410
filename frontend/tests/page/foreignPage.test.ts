/** The drop-ins on a page with rules of its own, as a page of Supermon-NG's has: they take the room there is, and look as they look elsewhere. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import vue from '@vitejs/plugin-vue'
import type { Browser, Page } from 'playwright'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../server/src/app.ts'
import { startFakeAsterisk } from '../../../server/src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../../server/src/fake-asterisk/fakeAsterisk.ts'
import { nodeConfig, runApp } from '../../../server/tests/support/running.ts'
import { sideways } from './faults.ts'
import { launchChromium, until } from './stage.ts'

const NODE = '546051'
/** "Heard just now" stands for 5 s, and comes again with the next beat of the gateway after 20 s: it is there once within this, ms. */
const BEAT_MS = 40_000
const SCREENS = [['a desk', { width: 1280, height: 900 }], ['a tablet', { width: 820, height: 1180 }], ['a phone', { width: 390, height: 844 }]] as const

/** What each element of the drop-ins looks like, and where in its own drop-in it stands; null where the age of the data makes a line another one. */
function looks(): string[] | null {
  if (!document.body.textContent.includes('Heard just now')) return null
  return [...document.querySelectorAll('.connections, .sl-panel')].flatMap((root) =>
    [root, ...root.querySelectorAll('*')].filter((each) => each.closest('.elapsed, svg, .links > a, .sl-visually-hidden') === null).map((each) => {
      const { x, y, width, height } = each.getBoundingClientRect()
      const style = getComputedStyle(each)
      const { left, top } = root.getBoundingClientRect()
      const said = ['color', 'backgroundColor', 'borderBottomWidth', 'borderBottomColor', 'borderRadius', 'boxShadow', 'position', 'fontSize', 'fontWeight', 'letterSpacing', 'textAlign', 'textTransform', 'verticalAlign'] as const
      return [`${each.tagName}.${each.className.toString()}`, ...[x - left, y - top, width, height].map(Math.round), ...said.map((name) => style[name])].join(' ')
    }))
}

describe('the drop-ins on a page with rules of its own, in Chromium', () => {
  let folder: string
  let browser: Browser
  let fake: FakeAsterisk
  let app: App
  let page: Page

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
    await build({
      configFile: false, root: join(import.meta.dirname, 'foreignPage'), base: './', plugins: [vue()], logLevel: 'warn',
      build: { outDir: folder, emptyOutDir: true, minify: false, target: 'es2022' },
    })
    browser = await launchChromium()
    fake = await startFakeAsterisk({ nodes: [NODE], links: { [NODE]: [{ name: '48752', behind: ['T2000'] }, { name: '48753' }, { name: 'W1AW-P' }] } })
    app = await runApp([nodeConfig(NODE, fake.port)], { files: folder })
    await fake.linkKey({ node: NODE, link: '48752', on: true })
  })
  afterAll(async () => {
    await browser.close()
    await app.close(0)
    await fake.close()
    await rm(folder, { recursive: true, force: true })
  })
  beforeEach(async () => { page = await browser.newPage() })
  afterEach(async () => { await page.close() })

  async function open(path: string, viewport: (typeof SCREENS)[number][1]): Promise<void> {
    await page.setViewportSize(viewport)
    await page.goto(`${app.url}${path}`)
    await page.locator('tr.link[data-state="talking"]').waitFor()
    await page.getByText('Heard just now').waitFor({ timeout: BEAT_MS })
  }
  const seen = () => until(() => page.evaluate(looks), BEAT_MS)

  it.each(SCREENS)('take the width of the column they stand in, on %s', async (_, viewport) => {
    await open('', viewport)
    const box = await page.locator('.sl-panel').boundingBox()
    expect(box?.width).toBe(Math.min(1_100, viewport.width) - 40)
    expect(box?.height).toBeLessThan(1_000)
    expect(await sideways(page)).toBe(0)
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    it.each(SCREENS)(`look as without those rules, in ${colorScheme}, on %s`, async (_, viewport) => {
      await page.emulateMedia({ colorScheme })
      await open('?bare', viewport)
      const bare = await seen()
      expect(bare.length).toBeGreaterThan(50)
      await open('', viewport)
      expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(0, 0, 0)')
      expect(await seen()).toEqual(bare)
    })
  }
})
