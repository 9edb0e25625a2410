/**
 * Those scenarios of `npm run test:browsers` that no other test plays, in Chromium: what browsers do to pages that nobody looks at. A page
 * that is hidden is played there alone: the headless shell that `npm test` takes has no tabs.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BrowserDriver } from '../browsers/driver.ts'
import { PEOPLE } from '../browsers/people.ts'
import { play } from '../browsers/play.ts'
import { launchPuppeteer } from '../browsers/puppeteerDriver.ts'

const NAMES = ['two tabs', 'back and forward']

describe('a page that is put away', () => {
  let driver: BrowserDriver
  beforeAll(async () => { driver = await launchPuppeteer('chromium') })
  afterAll(() => driver.close())

  it.each(PEOPLE.filter(({ name }) => NAMES.includes(name)).map((scenario) => [scenario.claim, scenario] as const))('%s', async (_claim, scenario) => {
    expect(await play(driver, scenario)).toMatch(/after [\d.]+ s/)
  })

  it('plays all that are named', () => {
    expect(PEOPLE.map(({ name }) => name)).toEqual(expect.arrayContaining(NAMES))
  })
})
