/** Voters in Chromium, over the real gateway: twelve receivers, on a desk and on a phone. */
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
import { faults, sideways } from './faults.ts'
import { launchChromium } from './stage.ts'

const NODE = '546056'
const RECEIVERS = [
  ...Array.from({ length: 10 }, (_, i) => ({ name: i === 0 ? 'Downtown <img src=x onerror=alert(1)>' : `Site ${i + 1}`, master: i === 0, mix: i === 2 })),
  { name: 'North Hill', rssi: 0 }, { name: 'Campus with a long name that somebody gave it', active: false },
]

describe('the voter page in Chromium', () => {
  let folder: string
  let browser: Browser
  let fake: FakeAsterisk
  let app: App
  let page: Page
  let errors: string[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
    await build({
      configFile: false, root: join(import.meta.dirname, 'voterPage'), base: './', plugins: [vue()], logLevel: 'warn',
      build: { outDir: folder, emptyOutDir: true, minify: false, target: 'es2022' },
    })
    browser = await launchChromium()
    fake = await startFakeAsterisk({ nodes: ['546055', NODE], links: 0, voters: { '546055': [{ name: 'Ridge' }], [NODE]: RECEIVERS } })
    app = await runApp(['546055', NODE].map((id) => nodeConfig(id, fake.port)), { files: folder })
  })
  afterAll(async () => {
    await browser.close()
    await app.close(0)
    await fake.close()
    await rm(folder, { recursive: true, force: true })
  })
  beforeEach(async () => {
    page = await browser.newPage()
    errors = []
    page.on('pageerror', (error) => errors.push(error.message))
  })
  afterEach(async () => {
    await fake.key({ node: NODE, on: false })
    await page.close()
    expect(errors).toEqual([])
  })

  const panel = (id = NODE) => page.locator(`section[data-voter="${id}"]`)
  const open = async (path = `#${NODE}`) => {
    await page.goto(`${app.url}${path}`)
  }

  it('follows who is voted, in words and numbers, for several voters beside each other', async () => {
    await open(`#${NODE},546055`)
    await panel().locator('tr.receiver').nth(11).waitFor()
    await panel('546055').getByText('Ridge').waitFor()
    await panel().getByText('No receiver is heard').waitFor()
    await fake.key({ node: NODE, on: true })
    await panel().locator('tr[data-look="voted"]').getByText('Voted').waitFor()
    await panel().locator('.heard').getByText('is heard').waitFor()
    expect(Number(await panel().locator('.heard .rssi').innerText())).toBeGreaterThan(0)
    expect(await panel('546055').locator('tr[data-look="voted"]').count()).toBe(0)
    expect(await page.locator('img').count()).toBe(0)
    await fake.key({ node: NODE, on: false })
    await panel().getByText('No receiver is heard').waitFor()
    // What was heard is still in its last minute.
    await panel().locator('.history').first().getByText(/highest [1-9]\d*, heard for/).waitFor({ state: 'attached' })
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has nothing that axe complains of, in ${colorScheme}, and fits on a phone`, async () => {
      await page.emulateMedia({ colorScheme })
      await open()
      await fake.key({ node: NODE, on: true })
      await panel().locator('tr[data-look="voted"]').waitFor()
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 800 })
        expect(await faults(page), String(width)).toEqual([])
        expect(await sideways(page)).toBeLessThanOrEqual(0)
      }
    })
  }

  it('is a dialog where it is shown over a page: closed by Escape, the focus back where it was', async () => {
    await open(`?dialog#${NODE}`)
    expect(await page.locator('dialog').isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Open' }).click()
    await page.getByRole('dialog', { name: 'Voters' }).locator('tr.receiver').nth(11).waitFor()
    expect(await faults(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'hidden' })
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Open')
    expect(await panel().count()).toBe(0)
  })
})
