/** The whole way for real: fake Asterisk → AMI → gateway process → WebSocket → store → row in Chromium. */
import type { Browser, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startFakeAsterisk } from '../../../server/src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../../server/src/fake-asterisk/fakeAsterisk.ts'
import { freePort, GatewayProcess, launchChromium, writeConfig } from './stage.ts'

const USER = 'admin'
const SECRET = 'a-secret-nobody-may-see'

describe('the dashboard in Chromium', () => {
  let browser: Browser
  let fake: FakeAsterisk
  let gateway: GatewayProcess
  let config: { path: string; remove(): Promise<void> }
  let page: Page
  let errors: string[]
  let node: string
  let link: string

  beforeAll(async () => { browser = await launchChromium() })
  afterAll(async () => { await browser.close() })

  beforeEach(async () => {
    fake = await startFakeAsterisk({ nodes: 2, links: 5, scenario: 'quiet', seed: 3, user: USER, secret: SECRET, port: 0, controlPort: null })
    node = fake.nodes[0] as string
    config = await writeConfig(fake.nodes.map((id) => ({ id, port: fake.port, user: USER, secret: SECRET })))
    gateway = new GatewayProcess({ port: await freePort(), config: config.path, base: '/supermon-ng' })
    await gateway.start()
    page = await browser.newPage()
    errors = []
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(`${gateway.url}#${node}`)
    await panel().locator('tr.link').nth(4).waitFor()
    link = (await panel().locator('tr.link .id').first().innerText()).trim()
  })
  afterEach(async () => {
    expect(errors).toEqual([])
    await page.close()
    await gateway.stop()
    await fake.close()
    await config.remove()
  })

  const panel = () => page.locator(`section[data-node="${node}"]`)
  const row = () => panel().locator('tr.link', { has: page.locator('.id', { hasText: new RegExp(`^\\s*${link}\\s*$`) }) })
  const facts = () => panel().locator('[role="group"][data-connection]')

  it('lights the row that keys up and puts it out again, in words and not by colour alone', async () => {
    expect(await row().getAttribute('data-state')).toBe('quiet')
    await fake.linkKey({ node, link, on: true })
    await row().locator('text=Talking').waitFor()
    expect(await row().getAttribute('data-state')).toBe('talking')
    await fake.linkKey({ node, link, on: false })
    await page.waitForFunction(
      ([id, state]) => [...document.querySelectorAll('tr.link')].find((tr) => tr.textContent.includes(id as string))?.getAttribute('data-state') === state,
      [link, 'quiet'],
    )
  })

  it('says "Reconnecting" with the age of the data when the gateway dies, and is live again without a reload', async () => {
    await page.evaluate(() => { (window as { notReloaded?: boolean }).notReloaded = true })
    await gateway.stop('SIGKILL')
    await facts().getByText(/Reconnecting/).waitFor()
    await facts().getByText(/Data is \d+ s old/).waitFor()
    await panel().and(page.locator('[data-stale]')).waitFor()
    await gateway.start()
    await facts().getByText('Socket: Connected').waitFor()
    await fake.linkKey({ node, link, on: true })
    await row().locator('text=Talking').waitFor()
    expect(await panel().getAttribute('data-stale')).toBeNull()
    expect(await page.evaluate(() => (window as { notReloaded?: boolean }).notReloaded)).toBe(true)
  })

  it('tells the socket from Asterisk: a dead Asterisk is no lost connection', async () => {
    await fake.outage({ ms: 60_000 })
    await facts().getByText(/Not answering|Asterisk/).first().waitFor()
    await page.locator(`section[data-node="${node}"] .status[data-state="down"]`).waitFor()
    expect(await facts().getByText('Socket: Connected').count()).toBe(1)
    await fake.outage({ ms: 0 })
    await page.locator(`section[data-node="${node}"] .status[data-state="idle"]`).waitFor()
  })

  it('shows all configured nodes when nobody chose, and keeps a choice in the address', async () => {
    await page.goto(gateway.url)
    await page.locator('section[data-node]').nth(1).waitFor()
    await page.getByRole('button', { name: new RegExp(node) }).click()
    await page.locator(`section[data-node="${fake.nodes[1] as string}"]`).waitFor({ state: 'detached' })
    await expect.poll(() => new URL(page.url()).hash).toBe(`#${node}`)
  })

  it('can be walked by keyboard alone: every control is reached and shows its focus', async () => {
    await page.goto(gateway.url)
    await page.locator('section[data-node]').nth(1).waitFor()
    const reached: string[] = []
    for (let i = 0; i < 12; i += 1) {
      await page.keyboard.press('Tab')
      const focused = await page.evaluate(() => {
        const element = document.activeElement
        if (element === null || element === document.body) return null
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element)
        return { text: element.textContent.trim(), ring: (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none' }
      })
      if (focused === null) break
      expect(focused.ring, focused.text).toBe(true)
      reached.push(focused.text)
    }
    for (const id of fake.nodes) expect(reached.some((text) => text.includes(id))).toBe(true)
    await page.evaluate(() => { (document.activeElement as HTMLElement).blur() })
    await page.getByRole('button', { name: new RegExp(node) }).focus()
    await page.keyboard.press('Enter')
    await page.locator(`section[data-node="${fake.nodes[1] as string}"]`).waitFor({ state: 'detached' })
  })

  it('never sends the AMI secret, user or address to a browser', async () => {
    const bodies: string[] = []
    for (const path of ['', 'healthz', 'api/v1/nodes', `api/v1/nodes/ami/status?nodes=${node}`, 'api/v1/nodes/websocket/ports', 'nothing']) {
      bodies.push(await (await fetch(`${gateway.url}${path}`)).text())
    }
    for (const body of bodies) {
      expect(body).not.toContain(SECRET)
      expect(body).not.toContain(`127.0.0.1:${fake.port}`)
    }
    expect(gateway.output).not.toContain(SECRET)
  })
})
