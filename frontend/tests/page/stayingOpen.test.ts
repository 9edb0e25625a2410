/** A page that stays open while its address changes, or who is at it, in Chromium over the real gateway. */
import type { Browser } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { fileURLToPath } from 'node:url'
import { openClub, PASSWORD } from '../../../server/tests/support/club.ts'
import { launchChromium, until } from './stage.ts'

const APP = fileURLToPath(new URL('../../../dist-app', import.meta.url))

describe('a page that stays open', () => {
  let browser: Browser
  const closers: (() => unknown)[] = []

  beforeAll(async () => { browser = await launchChromium() })
  afterAll(async () => { await browser.close() })
  afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

  it('asks where it came from, though a router moved its address', async () => {
    const club = await openClub(closers, 'read', { files: APP })
    const page = await browser.newPage()
    closers.push(() => page.close())
    await page.goto(club.app.url)
    await page.locator('section[data-node="546051"]').waitFor()
    const asked: string[] = []
    page.on('websocket', (socket) => { asked.push(new URL(socket.url()).pathname) })
    await page.evaluate(() => {
      history.pushState(null, '', '/nodes/546051')
      for (const type of ['pagehide', 'pageshow']) window.dispatchEvent(new PageTransitionEvent(type))
    })
    await until(() => ['/ws', '/ws/546051'].every((path) => asked.includes(path)))
    expect(asked.filter((path) => !/^\/ws(?:\/\d+)?$/.test(path))).toEqual([])
  })
  it.each(['none', 'read'] as const)('offers to sign in again when somebody signed out on another tab, where strangers may do this: %s', async (anonymous) => {
    const club = await openClub(closers, anonymous, { files: APP })
    const context = await browser.newContext()
    closers.push(() => context.close())
    const [here, there] = [await context.newPage(), await context.newPage()]
    await here.goto(club.app.url)
    await here.getByRole('button', { name: 'Sign in' }).first().click()
    await here.getByLabel('User name').fill('W5GLE')
    await here.getByLabel('Password').fill(PASSWORD)
    await here.keyboard.press('Enter')
    await here.getByText('Signed in as W5GLE').waitFor()
    await here.locator('section[data-node="546051"]').waitFor()
    await there.goto(club.app.url)
    await there.getByRole('button', { name: 'Sign out' }).click()
    await there.getByRole('button', { name: 'Sign in' }).waitFor()
    // Strangers who may read are not sent away: who comes back to the page is to see it. Headless tabs are all seen.
    if (anonymous === 'read') await here.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
    await here.getByRole('button', { name: 'Sign in' }).first().waitFor()
    expect(await here.getByText('Signed in as W5GLE').count()).toBe(0)
  })
})
