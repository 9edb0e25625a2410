/** The rollout in a real browser: the built gateway follows its file, and the page follows the gateway, without a reload. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Browser, BrowserContext, Page } from 'playwright'
import * as v from 'valibot'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { rolloutReportSchema } from '../../../protocol/rolloutReport.ts'
import { startFakeAsterisk } from '../../../server/src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../../server/src/fake-asterisk/fakeAsterisk.ts'
import { talkers } from '../../../server/src/fake-asterisk/fakeState.ts'
import { rolloutReport } from '../dom/support/rolloutReport.ts'
import { faults, sideways } from './faults.ts'
import { freePort, GatewayProcess, launchChromium, until, writeConfig } from './stage.ts'

const MAIN = join(fileURLToPath(new URL('../../..', import.meta.url)), 'dist-server/main.js')
const run = promisify(execFile)
const account = { user: 'admin', secret: 'demo' }

describe('a rollout in Chromium', () => {
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let fake: FakeAsterisk
  let gateway: GatewayProcess
  let config: { path: string; remove(): Promise<void> }
  let node: string
  let link: string
  let errors: string[]

  beforeAll(async () => { browser = await launchChromium() })
  afterAll(async () => { await browser.close() })
  beforeEach(async () => {
    fake = await startFakeAsterisk({ nodes: 1, links: 5, scenario: 'quiet', seed: 3, ...account, port: 0, controlPort: null })
    node = fake.nodes[0] as string
    link = talkers(fake.state().nodes[node])[0] as string
    config = await writeConfig([{ id: node, port: fake.port, ...account }])
    gateway = new GatewayProcess({ port: await freePort(), config: config.path })
    context = await browser.newContext()
    page = await context.newPage()
    errors = []
    page.on('pageerror', (error) => errors.push(error.message))
  })
  afterEach(async () => {
    expect(errors).toEqual([])
    await context.close()
    await gateway.stop()
    await fake.close()
    await config.remove()
  })

  const rollout = async (...words: string[]) => (await run(process.execPath, [MAIN, 'rollout', ...words, '--config', config.path])).stdout
  const facts = () => page.locator(`section[data-node="${node}"] [role="group"][data-connection]`)
  const talks = (on: boolean) => page.locator(`tr.link[data-state="${on ? 'talking' : 'quiet'}"]`, { hasText: link }).waitFor()
  const groups = async () => {
    const answer = v.parse(v.object({ data: rolloutReportSchema }), await (await fetch(`${gateway.url}api/v1/rollout/report`)).json())
    return answer.data.groups
  }
  /** The page itself reads that sockets are off: its server sends it to polling at once, and it may read why up to 3 s later. */
  const readsOff = () => page.waitForResponse(async (answer) => answer.url().endsWith('/config/realtime') && v.is(v.object({ data: v.object({ enabled: v.literal(false) }) }), await answer.json()))
  /** What is on the page now is on the screen, and who waited for that was told: frames and messages come in the order they were asked for in. */
  const painted = () => page.evaluate(() => new Promise<void>((resolve) => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => { resolve() }
      port2.postMessage(null)
    })
  }))
  async function open(query = ''): Promise<void> {
    await gateway.start()
    await page.goto(`${gateway.url}${query}#${node}`)
    await page.locator('tr.link').nth(4).waitFor()
  }

  // That it takes no longer than 10 s is looked at where time is held: here up to 9 s of it are chance.
  it('is braked and let go, and the page shows who talks all the while', async () => {
    await open()
    await facts().getByText('Socket: Connected').waitFor()
    const told = readsOff()
    await rollout('off')
    await facts().getByText('Not used: polling instead').waitFor()
    await fake.linkKey({ node, link, on: true })
    await talks(true)
    await fake.linkKey({ node, link, on: false })
    await talks(false)
    await told
    await rollout('on')
    await facts().getByText('Socket: Connected').waitFor()
    await fake.linkKey({ node, link, on: true })
    await talks(true)
    await painted()
    // The change of group sent what was counted until then; leaving sends the rest.
    await page.goto('about:blank')
    await until(async () => {
      const { on, off } = await groups()
      return on.latencyCounts.some((count) => count > 0) && on.viewerMinutes > 0 && off.viewerMinutes > 0
    })
    const report = await rollout('report', '--url', gateway.url)
    expect(report).toMatch(/^100 percent hold sockets\./)
    expect(report).toContain('viewer-minutes')
  })

  it('leaves the others at polling, calmly, and takes them in when they are listed', async () => {
    await rollout('set', '0')
    await open()
    expect(await page.locator('tr.link').count()).toBeGreaterThanOrEqual(5)
    await facts().getByText('Not used: polling instead').waitFor()
    await fake.linkKey({ node, link, on: true })
    await talks(true)
    await rollout('allow', 'node', node)
    await facts().getByText('Socket: Connected').waitFor()
  })

  it('is overruled for one browser by ?realtime, which it remembers, but not the brake', async () => {
    await rollout('set', '0')
    await open('?realtime=on')
    await facts().getByText('Socket: Connected').waitFor()
    await page.goto('about:blank')
    await page.goto(`${gateway.url}#${node}`)
    await facts().getByText('Socket: Connected').waitFor()
    await rollout('off')
    await facts().getByText('Not used: polling instead').waitFor()
  })

  it('is told to who may know on a page of its own, from this machine without an account', async () => {
    await rollout('set', '10')
    await gateway.start()
    await page.goto(`${gateway.url}#rollout`)
    await page.getByRole('heading', { name: '10 % hold sockets' }).waitFor()
    expect(await page.getByRole('row', { name: /Enough data/ }).innerText()).toContain('Hold')
    await page.getByText('set 10').waitFor()
    await page.getByRole('link', { name: 'Back to the nodes' }).press('Enter')
    await page.locator('tr.link').nth(4).waitFor()
    expect([await page.title(), await page.evaluate(() => document.activeElement?.tagName)]).toEqual(['Supermon Live', 'MAIN'])
    await page.goBack()
    await page.getByRole('heading', { name: '10 % hold sockets' }).waitFor()
    expect([await page.title(), await page.evaluate(() => document.activeElement?.textContent)]).toEqual(['Rollout – Supermon Live', 'Rollout'])
  })

  it('says of that page, where an update took its file away, that it could not be loaded, and a reload brings it', async () => {
    await open()
    await page.route('**/assets/Rollout-*.js', (route) => route.fulfill({ status: 404, body: 'gone' }))
    await page.evaluate(() => { location.hash = 'rollout' })
    await page.getByText('This page could not be loaded.').waitFor()
    expect([await faults(page), await sideways(page)]).toEqual([[], 0])
    await page.getByRole('link', { name: 'Back to the nodes' }).click()
    await page.locator('tr.link').nth(4).waitFor()
    await page.goBack()
    await page.getByText('This page could not be loaded.').waitFor()
    await page.unroute('**/assets/Rollout-*.js')
    await page.getByRole('button', { name: 'Reload' }).click()
    await page.getByRole('heading', { name: 'Everybody holds a socket' }).waitFor()
  })

  it.each([['light', 1280], ['dark', 390]] as const)('has no fault that axe knows on that page, %s at %i, with everything to be seen', async (colorScheme, width) => {
    const at = Date.UTC(2026, 10, 28, 12)
    const { verdicts, groups, ...rest } = rolloutReport({
      at,
      overall: 'back',
      hours: [{ at: at - 3_600_000, socket: 60, polling: 700, neither: 20, requests: 30_000 }, { at, socket: 90, polling: 400, neither: 0, requests: 20_000 }],
    })
    const report = {
      ...rest,
      verdicts: verdicts.map((each, i) => ({ ...each, verdict: (['back', 'hold'] as const)[i % 2] })),
      groups: { ...groups, on: { ...groups.on, latencyCounts: groups.on.latencyCounts.map((_, i) => i), mismatches: [{ field: 'link.keyed', count: 3, example: 'socket true, poll false' }] } },
    }
    await gateway.start()
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 844 })
    await page.route('**/rollout/report', (route) => route.fulfill({ json: { success: true, data: report } }))
    await page.goto(`${gateway.url}#rollout`)
    await page.getByRole('heading', { name: 'Wrong states' }).waitFor()
    expect([await faults(page), await sideways(page)]).toEqual([[], 0])
  })
})
