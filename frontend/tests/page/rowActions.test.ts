/** Commands at a row, by keyboard and by thumb, in Chromium over the real gateway and a fake Asterisk that obeys. */
import type { Browser, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { fileURLToPath } from 'node:url'
import { openClub, PASSWORD } from '../../../server/tests/support/club.ts'
import type { Club } from '../../../server/tests/support/club.ts'
import { faults, sideways } from './faults.ts'
import { launchChromium, until } from './stage.ts'

const APP = fileURLToPath(new URL('../../../dist-app', import.meta.url))
const RIGHTS = ['DISCUSER', 'MONUSER', 'PERMUSER'].map((right) => `$${right} = array("W5GLE");`).join('\n')
const NODE = '546051'

describe('actions at a row in Chromium', () => {
  let browser: Browser
  let club: Club
  let page: Page
  const closers: (() => unknown)[] = []
  const errors: string[] = []

  beforeAll(async () => { browser = await launchChromium() })
  afterAll(async () => { await browser.close() })
  beforeEach(async () => { club = await openClub(closers, 'read', { files: APP }, RIGHTS) })
  afterEach(async () => {
    await page.close()
    for (const close of closers.splice(0).reverse()) await close()
    expect(errors).toEqual([])
  })

  async function open(options: Parameters<Browser['newPage']>[0] = {}): Promise<void> {
    page = await browser.newPage(options)
    errors.length = 0
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(`${club.app.url}#${NODE}`)
    await page.getByRole('button', { name: 'Sign in' }).first().click()
    await page.getByLabel('User name').fill('W5GLE')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.locator('.toggle').first().waitFor()
  }
  const links = () => Object.entries(club.fake.state().nodes[NODE]?.links ?? {})
  const row = (id: string) => page.locator(`tr[data-link="${id}"]`)
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent.trim() ?? '')

  it('a link is ended by keyboard alone; its row goes, what came of it stays, and the focus is not lost', async () => {
    await open()
    const [id = ''] = links().find(([, { mode }]) => mode === 'transceive') ?? []
    await row(id).locator('.id').focus()
    await page.keyboard.press('Tab')
    expect(await focused()).toBe(`Actions for ${id}`)
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('Disconnect')
    await page.keyboard.press('Enter')
    // One that is permanent is asked about, and the question takes no answer in its first moments.
    await until(async () => {
      if (await page.locator('dialog[open]').count() > 0) await page.locator('dialog[open]').getByRole('button', { name: 'Disconnect' }).click()
      return !links().some(([name]) => name === id)
    })
    await row(id).waitFor({ state: 'detached' })
    await page.locator('.note').filter({ hasText: id }).filter({ hasText: 'Done.' }).waitFor()
    await until(() => page.evaluate(() => document.activeElement?.closest('tr[data-link]') != null))
  })

  it('a question about a permanent link stands though the link goes, takes Escape, and leaves the focus in the rows', async () => {
    await open()
    const question = page.locator('dialog[open]')
    await page.getByRole('combobox', { name: 'Target node' }).fill('2043')
    await page.getByRole('checkbox', { name: 'Permanent' }).check()
    await page.getByRole('button', { name: 'Monitor', exact: true }).click()
    await question.waitFor()
    await until(async () => {
      await page.keyboard.press('Tab')
      await question.getByRole('button', { name: 'Yes' }).click({ timeout: 1_000 }).catch(() => undefined)
      return (await question.count()) === 0
    })
    await row('2043').getByText('Permanent').waitFor()
    // The mark comes as soon as the node is called; the buttons wait until it has answered.
    await row('2043').locator('.outcome').filter({ hasText: 'Done.' }).waitFor()
    await row('2043').locator('.toggle').focus()
    for (const key of ['Enter', 'Tab', 'Enter']) await page.keyboard.press(key)
    await question.getByText('2043').waitFor()
    await club.fake.disconnect({ node: NODE, link: '2043' })
    await row('2043').waitFor({ state: 'detached' })
    expect([await question.evaluate((dialog) => dialog.matches(':modal')), await focused()]).toEqual([true, 'No'])
    await page.keyboard.press('Escape')
    await question.waitFor({ state: 'detached' })
    expect(await page.evaluate(() => document.activeElement?.closest('tr[data-link]') != null)).toBe(true)
  })

  it('a link is listened to by a tap, with room for a thumb and nothing that axe complains of', async () => {
    await open({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } })
    const [id = ''] = links().find(([, { mode, permanent }]) => mode === 'transceive' && !permanent) ?? []
    await row(id).locator('.toggle').tap()
    for (const each of await row(id).locator('.info button').all()) {
      const box = await each.boundingBox()
      expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44)
    }
    expect(await sideways(page)).toBeLessThanOrEqual(0)
    expect(await faults(page, '.sl-panel')).toEqual([])
    await row(id).getByRole('button', { name: 'Monitor', exact: true }).tap()
    await row(id).locator('.outcome').filter({ hasText: 'Done.' }).waitFor()
    expect(Object.fromEntries(links())[id]?.mode).toBe('monitor')
    await row(id).getByText('Monitor (receive only)').waitFor()
  })
})
