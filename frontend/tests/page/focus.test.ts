/** Buttons that have done their work and go: where the focus is then, in a real browser, which drops it. */
import type { Browser, Locator, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openScene } from './scenes.ts'
import type { Stage } from './scenes.ts'
import { launchChromium } from './stage.ts'

const NODE = '546051'

describe('the focus in Chromium', () => {
  let browser: Browser
  let page: Page
  let stage: Stage & { close(): Promise<void> }

  beforeAll(async () => { browser = await launchChromium() })
  afterAll(async () => { await browser.close() })
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    stage = await openScene(page, { name: 'focus', path: `#${NODE}`, links: 3 })
  })
  afterEach(async () => {
    await page.close()
    await stage.close()
  })

  const last = async () => (await page.locator('tr[data-link]').last().getAttribute('data-link')) ?? ''
  const focused = () => page.evaluate(() => `${document.activeElement?.tagName} ${document.activeElement?.textContent.trim().slice(0, 11)}`)

  it('stays on "Retry now", however often it is pressed in vain', async () => {
    await stage.app.close(0)
    const retry = page.getByRole('button', { name: 'Retry now' })
    await retry.focus()
    for (let i = 0; i < 2; i += 1) {
      await page.keyboard.press('Enter')
      await page.waitForTimeout(300)
      expect(await focused()).toBe('BUTTON Retry now')
    }
  })

  it('is in the panel when its last link has gone', async () => {
    const rows = page.locator('tr[data-link]')
    // Who may not command has no button in a row; the row itself will do.
    await rows.last().evaluate((row) => { row.tabIndex = 0; row.focus() })
    const links = await rows.evaluateAll((all) => all.map((row) => row.dataset['link'] ?? ''))
    for (const link of links) await stage.hub.disconnect({ node: NODE, link })
    await page.getByText('No connections.').waitFor()
    expect(await focused()).toBe('H2 Node\u00a0546051')
  })

  it('is in the main part of the page when the error is dismissed', async () => {
    let asked = 0
    // The page asks again by itself: that must not bring another error while this one is looked at.
    await page.route('**/api/v1/nodes*', (route) => (asked++ === 0 ? route.fulfill({ status: 500, body: '{}' }) : Promise.resolve()))
    await page.reload()
    await page.getByRole('button', { name: 'Dismiss' }).press('Enter')
    await page.getByRole('alert').waitFor({ state: 'detached' })
    expect((await focused()).split(' ')[0]).toBe('MAIN')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.closest('main') !== null)).toBe(true)
  })

  it('stays on "Sort now" when the rows are sorted, and the button goes with it', async () => {
    await page.locator('.home').focus()
    await stage.hub.linkKey({ node: NODE, link: await last(), on: true })
    const sort = page.getByRole('button', { name: 'Sort now' })
    await sort.waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForTimeout(200)
    expect(await focused()).toBe('BUTTON Sort now')
    await page.keyboard.press('Tab')
    expect([(await focused()).split(' ')[0], await sort.isVisible()]).toEqual(['SELECT', false])
  })

  it('is seen on what is chosen as well, where colours are forced', async () => {
    await page.emulateMedia({ forcedColors: 'active' })
    await page.goto(`${stage.app.url}#${NODE},546055`)
    const chip = (pressed: boolean) => page.locator(`.chooser button[aria-pressed="${pressed}"]`).first()
    const entry = (menu: string) => page.locator('.menu .drop', { has: page.getByRole('button', { name: menu }) })
    const look = (element: Locator) => element.evaluate((each) => [getComputedStyle(each).backgroundColor, getComputedStyle(each).outlineStyle])
    await entry('Voters').getByRole('button').click()
    const voter = await look(entry('Voters').getByRole('link'))
    await entry('Display Groups').getByRole('button').click()
    for (const [chosen, other] of [[chip(true), await look(chip(false))], [entry('Display Groups').locator('a[aria-current]'), voter]] as const) {
      const [background, outline] = await look(chosen)
      expect([background === other[0], outline]).toEqual([false, 'none'])
    }
    await page.keyboard.press('Tab')
    expect(await page.locator('a[aria-current]:focus-visible').count()).toBe(1)
    expect((await look(page.locator(':focus')))[1]).toBe('solid')
    await chip(true).focus()
    expect((await look(page.locator(':focus')))[1]).toBe('solid')
  })
})
