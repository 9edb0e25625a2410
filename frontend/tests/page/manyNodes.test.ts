/** A page of many nodes in a real browser: what nobody sees costs nothing, and is there as soon as somebody looks. */
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startFakeAsterisk } from '../../../server/src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../../server/src/fake-asterisk/fakeAsterisk.ts'
import { talkers } from '../../../server/src/fake-asterisk/fakeState.ts'
import { freePort, GatewayProcess, launchChromium, until, writeConfig } from './stage.ts'

const NODES = 12

let browser: Browser
let fake: FakeAsterisk
let gateway: GatewayProcess
let config: { path: string; remove(): Promise<void> }
let page: Page

beforeAll(async () => {
  const [user, secret] = ['admin', 'demo']
  browser = await launchChromium()
  fake = await startFakeAsterisk({ nodes: NODES, links: 10, scenario: 'quiet', seed: 3, user, secret, port: 0, controlPort: null })
  config = await writeConfig(fake.nodes.map((id) => ({ id, port: fake.port, user, secret })))
  gateway = new GatewayProcess({ port: await freePort(), config: config.path })
  await gateway.start()
  page = await browser.newPage({ viewport: { width: 390, height: 800 } })
  await page.goto(`${gateway.url}#all`)
  await until(async () => (await page.locator('section[data-node] tr[data-link]').count()) >= NODES)
})
afterAll(async () => {
  await browser.close()
  await gateway.stop()
  await fake.close()
  await config.remove()
})

/** Is the row laid out and painted? */
const rendered = (row: ReturnType<Page['locator']>) => row.evaluate((element) => element.checkVisibility({ contentVisibilityAuto: true }))

it('renders panels as they come near, and reads all of them out', async () => {
  const [node] = fake.nodes.slice(-1)
  const panel = page.locator(`section[data-node="${node}"]`)
  const [link = ''] = talkers(fake.state().nodes[node ?? ''])
  const row = panel.locator(`tr[data-link="${link}"]`)
  await expect.poll(() => rendered(page.locator('tr[data-link]').first())).toBe(true)
  expect(await rendered(row)).toBe(false)

  // A screen reader does not scroll first: what is not rendered has its name and its rows for it all the same.
  expect(await panel.ariaSnapshot()).toMatch(/heading "Node .*row /s)

  await panel.scrollIntoViewIfNeeded()
  await expect.poll(() => rendered(row)).toBe(true)
  await fake.linkKey({ node: node ?? '', link, on: true })
  await expect.poll(() => row.getAttribute('data-state')).toBe('talking')
})

it('styles no part of the page above the panels by what is in them: each change would be looked for through all of it', async () => {
  const selectors = await page.evaluate(() => [...document.styleSheets].flatMap(({ cssRules }) => [...cssRules]).map((rule) => (rule as CSSStyleRule).selectorText ?? ''))
  expect(selectors.length).toBeGreaterThan(100)
  expect(selectors.filter((selector) => /^(?:html|body|:root|#app|\.sl-app)[^\s,]*:has\(/.test(selector))).toEqual([])
})
