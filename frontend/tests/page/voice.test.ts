/** What a screen reader is told, in a real browser: a modal dialog hides the rest of the page from it. */
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openClub } from '../../../server/tests/support/club.ts'
import { launchChromium, until } from './stage.ts'

const APP = fileURLToPath(new URL('../../../dist-app', import.meta.url))

describe('the voice of the page in Chromium', () => {
  let browser: Browser
  const closers: (() => unknown)[] = []
  beforeAll(async () => { browser = await launchChromium() })
  afterAll(async () => { await browser.close() })
  afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

  it('tells of a loss that came while the sign-in was open when that is closed', async () => {
    const club = await openClub(closers, 'read', { files: APP })
    const page = await browser.newPage()
    closers.push(() => page.close())
    await page.goto(club.app.url)
    const region = page.locator('.sl-app > [role="status"]')
    await until(async () => (await region.innerText()).includes('connected'))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await club.fake.outage({ ms: 60_000 })
    await page.getByText('Not answering').first().waitFor()
    await page.waitForTimeout(1_500)
    expect(await region.innerText()).not.toContain('not answering')
    await page.keyboard.press('Escape')
    await until(async () => (await region.innerText()).includes('not answering'))
  })
})
