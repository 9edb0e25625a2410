/** Signing in and commanding a node, by hand and by keyboard, in Chromium over the real gateway. */
import axe from 'axe-core'
import type { Browser, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { fileURLToPath } from 'node:url'
import { AstDb } from '../../../server/src/config/astdb.ts'
import { openClub, PASSWORD } from '../../../server/tests/support/club.ts'
import type { Club } from '../../../server/tests/support/club.ts'
import { launchChromium, until } from './stage.ts'

const APP = fileURLToPath(new URL('../../../dist-app', import.meta.url))
const RIGHTS = ['CONNECTUSER', 'DISCUSER', 'MONUSER', 'LMONUSER', 'DTMFUSER', 'PERMUSER'].map((right) => `$${right} = array("W5GLE");`).join('\n')

describe('the connect panel in Chromium', () => {
  let browser: Browser
  let club: Club
  let page: Page
  const closers: (() => unknown)[] = []
  const errors: string[] = []

  beforeAll(async () => { browser = await launchChromium() })
  afterAll(async () => { await browser.close() })
  beforeEach(async () => {
    const astdb = new AstDb({ files: [], builtIn: '48752|WB6NIL|Public <img src=x onerror=alert(1)>|Los Angeles, CA\n' })
    club = await openClub(closers, 'read', { files: APP, search: astdb, names: (id) => astdb.lookup(id) }, RIGHTS)
    page = await browser.newPage()
    errors.length = 0
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(club.app.url)
    await page.locator('section[data-node="546051"]').waitFor()
  })
  afterEach(async () => {
    expect(errors).toEqual([])
    await page.close()
    for (const close of closers.splice(0).reverse()) await close()
  })

  const links = () => club.fake.state().nodes['546051']?.links ?? {}
  const result = () => page.locator('.connect .result').innerText()
  async function signIn(password = PASSWORD): Promise<void> {
    await page.getByRole('button', { name: 'Sign in' }).first().click()
    await page.getByLabel('User name').fill('W5GLE')
    await page.getByLabel('Password').fill(password)
    await page.keyboard.press('Enter')
  }

  it('is there for whoever may, after signing in, and gone after signing out; a wrong password is told', async () => {
    expect(await page.locator('.connect').count()).toBe(0)
    await signIn('wrong')
    await page.getByRole('alert').getByText('Invalid username or password').waitFor()
    await page.getByLabel('Password').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.locator('.connect').waitFor()
    await page.getByText('Signed in as W5GLE').waitFor()
    expect(await page.locator('dialog').evaluate((dialog) => (dialog as HTMLDialogElement).open)).toBe(false)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await until(async () => (await page.locator('.connect').count()) === 0)
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
  })

  it('connects, shows the row and what came of it; a row is a target; disconnects; refuses in words', async () => {
    await signIn()
    await page.getByLabel('Node to connect').fill('48752')
    await until(async () => (await page.locator('datalist option[value="48752"]').count()) === 1)
    expect(await page.locator('datalist option').first().textContent()).toContain('<img src=x')
    await page.getByRole('button', { name: 'Connect', exact: true }).dblclick()
    await until(async () => (await result()).startsWith('Done.'))
    expect(links()['48752']).toMatchObject({ mode: 'transceive', permanent: false })
    const row = page.locator('section[data-node="546051"] tr.link', { hasText: '48752' })
    await row.waitFor()

    await page.getByLabel('Node to connect').fill('')
    await row.getByRole('button', { name: '48752' }).click()
    expect(await page.getByLabel('Node to connect').inputValue()).toBe('48752')
    await page.getByRole('button', { name: 'Disconnect' }).click()
    await until(() => links()['48752'] === undefined)
    await until(async () => (await result()).startsWith('Done.'))
    await page.getByRole('button', { name: 'Disconnect' }).click()
    await until(async () => (await result()).startsWith('Refused.'))
    expect(await result()).toContain('48752 is not linked to 546051.')
  })

  it('asks before it makes a link that comes back by itself', async () => {
    await signIn()
    await page.getByLabel('Node to connect').fill('48752')
    await page.getByLabel('Permanent').check()
    await page.getByRole('button', { name: 'Connect', exact: true }).click()
    await page.getByRole('alertdialog').getByText('permanently?').waitFor()
    await page.getByRole('button', { name: 'No', exact: true }).click()
    expect(links()['48752']).toBeUndefined()
    await page.getByRole('button', { name: 'Connect', exact: true }).click()
    await page.getByRole('button', { name: 'Yes, connect permanently' }).click()
    await until(async () => (await result()).startsWith('Done.'))
    expect(links()['48752']).toMatchObject({ permanent: true })
  })

  it('works by keyboard alone, has no fault that axe knows, and does not scroll sideways on a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 })
    const focused = () => page.evaluate(() => `${document.activeElement?.tagName ?? ''} ${document.activeElement?.textContent.trim() ?? ''}`)
    for (let i = 0; i < 10 && (await focused()) !== 'BUTTON Sign in'; i += 1) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.keyboard.type('W5GLE')
    await page.keyboard.press('Tab')
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press('Enter')
    await page.locator('.connect').waitFor()
    await page.getByLabel('Node to connect').focus()
    await page.keyboard.type('48752')
    await page.keyboard.press('Enter')
    await until(() => links()['48752'] !== undefined)
    await until(async () => (await result()).startsWith('Done.'))
    // By the debugger: the page's own policy takes no script from here.
    await page.evaluate(axe.source)
    const { violations } = await page.evaluate(() => (window as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: unknown[] }[] }> } }).axe.run())
    expect(violations.map(({ id, nodes }) => `${id} ${nodes.length}`)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true)
  })
})
