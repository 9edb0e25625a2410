/** A page that stays open while its own address changes, in Chromium over the real gateway. */
import type { Browser } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { fileURLToPath } from 'node:url'
import { openClub } from '../../../server/tests/support/club.ts'
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
    await until(() => asked.length > 1)
    expect(asked.toSorted().slice(0, 2)).toEqual(['/ws/546051', '/ws/546055'])
  })
})
