/** The table of a hub in a real browser: what only layout, scrolling and focus can show. */
import type { Browser, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startFakeAsterisk } from '../../../server/src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../../server/src/fake-asterisk/fakeAsterisk.ts'
import { talkers } from '../../../server/src/fake-asterisk/fakeState.ts'
import { faults, sideways } from './faults.ts'
import { freePort, GatewayProcess, launchChromium, until, writeConfig } from './stage.ts'

const LINKS = 256
/** Two screens of 800 px, and what is kept ready around them. */
const MOST_DRAWN = 72

describe('a hub of 256 links in Chromium', () => {
  let browser: Browser
  let fake: FakeAsterisk
  let gateway: GatewayProcess
  let config: { path: string; remove(): Promise<void> }
  let page: Page
  let errors: string[]
  let node: string
  let links: string[]

  beforeAll(async () => {
    const [user, secret] = ['admin', 'demo']
    browser = await launchChromium()
    fake = await startFakeAsterisk({ nodes: 1, links: LINKS, scenario: 'quiet', seed: 3, user, secret, port: 0, controlPort: null })
    node = fake.nodes[0] as string
    config = await writeConfig([{ id: node, port: fake.port, user, secret }])
    gateway = new GatewayProcess({ port: await freePort(), config: config.path })
    await gateway.start()
    links = talkers(fake.state().nodes[node])
  })
  afterAll(async () => {
    await browser.close()
    await gateway.stop()
    await fake.close()
    await config.remove()
  })

  async function open(options: Parameters<Browser['newPage']>[0] = {}): Promise<void> {
    page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options })
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(`${gateway.url}#${node}`)
    await page.getByText(`${LINKS} of ${LINKS} shown`).waitFor()
  }
  beforeEach(() => { errors = [] })
  afterEach(async () => {
    await page.close()
    expect(errors).toEqual([])
  })

  const rows = () => page.locator('tr[data-link]')
  const indexes = () => rows().evaluateAll((all) => all.map((row) => Number(row.getAttribute('aria-rowindex'))))
  /** Rows that can be seen, and whether they fill the screen from top to bottom. */
  const inSight = () => rows().evaluateAll((all) => all.map((row) => row.getBoundingClientRect()).filter(({ top, bottom }) => bottom > 0 && top < innerHeight).reduce((sum, { height }) => sum + height, 0))
  const byNumber = () => page.getByLabel('Order').selectOption('number')

  for (const [name, viewport] of [['a desk', { width: 1280, height: 800 }], ['a phone', { width: 390, height: 800 }]] as const) {
    it(`draws what is on the screen of ${name} and little more, wherever it is scrolled to`, async () => {
      await open({ viewport })
      await byNumber()
      for (const part of [0.25, 0.5, 0.9, 0.3]) {
        await page.evaluate((to) => { scrollTo(0, document.documentElement.scrollHeight * to) }, part)
        await until(async () => (await inSight()) > 750)
        expect(await rows().count()).toBeLessThanOrEqual(MOST_DRAWN)
        const drawn = await indexes()
        expect(drawn).toEqual(drawn.map((_, i) => (drawn[0] ?? 0) + i))
      }
      await page.evaluate(() => { scrollTo(0, document.documentElement.scrollHeight) })
      await until(async () => (await indexes()).includes(LINKS + 1))
      expect(await sideways(page)).toBe(0)
    })
  }

  it('is printed whole, and as it was before afterwards', async () => {
    await open()
    await page.evaluate(() => { addEventListener('beforeprint', () => { document.title = `${document.querySelectorAll('tr[data-link]').length} rows` }) })
    const height = () => page.evaluate(() => document.documentElement.scrollHeight)
    const before = await height()
    await page.pdf()
    expect(await page.title()).toBe(`${LINKS} rows`)
    await until(async () => (await rows().count()) <= MOST_DRAWN)
    expect(await height()).toBe(before)
    // A script that prints leaves no moment between.
    await page.evaluate(() => { document.title = ''; dispatchEvent(new Event('beforeprint')) })
    expect(await page.title()).toBe(`${LINKS} rows`)
  })

  it('never takes the focus from a row that is scrolled out of sight', async () => {
    await open()
    await byNumber()
    // Who may not command has no button in a row; the row itself will do.
    await rows().first().evaluate((row) => { (row as HTMLElement).tabIndex = 0; (row as HTMLElement).focus() })
    const first = await rows().first().getAttribute('data-link')
    await page.evaluate(() => { scrollTo(0, 6_000) })
    await until(async () => (await indexes()).some((index) => index > 100))
    await until(async () => !(await indexes()).includes(40))
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-link'))).toBe(first)
    await page.evaluate(() => { (document.activeElement as HTMLElement).blur() })
    await until(async () => !(await indexes()).includes(2))
  })

  it('does not move a row under a mouse, and does once it has gone', async () => {
    await open()
    const [a = '', b = ''] = links.slice(20)
    const top = () => rows().first().getAttribute('data-link')
    await fake.linkKey({ node, link: a, on: true })
    await until(async () => (await top()) === a)
    await rows().nth(3).hover()
    await fake.linkKey({ node, link: a, on: false })
    await fake.linkKey({ node, link: b, on: true })
    await page.getByRole('button', { name: 'Sort now' }).waitFor()
    expect(await top()).toBe(a)
    await page.mouse.move(5, 5)
    await until(async () => (await top()) === b)
    await fake.linkKey({ node, link: b, on: false })
  })

  it('keeps the height of the line of talkers, whoever talks', async () => {
    await open()
    const height = async () => (await page.locator('.talk').boundingBox())?.height
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 })
      const quiet = await height()
      for (const [i, link] of links.slice(0, 4).entries()) {
        await fake.linkKey({ node, link, on: true })
        await page.locator('.talk[data-talking="true"]').waitFor()
        if (i === 3) await page.getByText('and 1 more').waitFor()
        expect(await height()).toBe(quiet)
        expect(await sideways(page)).toBe(0)
      }
      for (const link of links.slice(0, 4)) await fake.linkKey({ node, link, on: false })
      await page.locator('.talk[data-talking="false"]').waitFor()
    }
  })

  it('is laid out from right to left as well', async () => {
    await open()
    await page.evaluate(() => { document.documentElement.dir = 'rtl' })
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 })
      await until(async () => (await sideways(page)) === 0)
      const [id, table] = await Promise.all([page.locator('tr[data-link] .id').first().boundingBox(), page.locator('.home').boundingBox()])
      expect((id?.x ?? 0) - (table?.x ?? 0)).toBeGreaterThan((table?.width ?? 0) / 2)
    }
  })

  it('has what "Order" says beside its choice, however wide the page is', async () => {
    await open()
    for (const width of [1280, 640, 390, 360, 320, 280]) {
      await page.setViewportSize({ width, height: 800 })
      const [label, choice] = await Promise.all([page.locator('.order label').boundingBox(), page.locator('.order select').boundingBox()])
      expect([label, choice]).not.toContain(null)
      expect((label?.y ?? 0) + (label?.height ?? 0) / 2, `${width}`).toBeCloseTo((choice?.y ?? 0) + (choice?.height ?? 0) / 2, 0)
    }
  })

  it('has controls for thumbs where there are thumbs', async () => {
    await open({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 800 } })
    for (const control of await page.locator('.tools :is(input, select)').all()) expect((await control.boundingBox())?.height).toBeGreaterThanOrEqual(44)
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has nothing that axe complains of, in ${colorScheme}: live, and while it is not current`, { timeout: 60_000 }, async () => {
      await open({ colorScheme })
      await fake.linkKey({ node, link: links[0] ?? '', on: true })
      await page.locator('tr[data-state="talking"]').waitFor()
      expect(await faults(page)).toEqual([])
      await gateway.stop('SIGKILL')
      await page.locator('.panel[data-stale]').waitFor()
      expect(await faults(page)).toEqual([])
      await gateway.start()
      await fake.linkKey({ node, link: links[0] ?? '', on: false })
    })
  }
})
