/**
 * The dashboard over a stand-in of an unmodified Supermon-NG server, each of whose defects is met here: no subprotocol taken, the first
 * message twice, acknowledgements among the messages, refusals with close code 1000, silence while Asterisk is silent, numbers for
 * ids, AMI passwords in its answers, tokens that are wanted with each socket.
 */
import { fileURLToPath } from 'node:url'
import sirv from 'sirv'
import type { Browser, Locator, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LiveClient } from '../../src/services/liveClient.ts'
import { nodeEnv } from '../../../server/tests/support/nodeEnv.ts'
import { aLink } from '../../../server/tests/support/supermonDaemon.ts'
import { AMI_SECRET, startSupermon } from '../../../server/tests/support/supermonStandIn.ts'
import type { SupermonStandIn } from '../../../server/tests/support/supermonStandIn.ts'
import { holdTime, launchChromium, until } from './stage.ts'

const NODE = '2000'
/** Configured after the daemon was started: its page lists it, its daemon refuses it. */
const NEWER = '2002'
/** Its Asterisk never answered. */
const DEAD = '2003'
const HUB = aLink('2001', { info: 'WB6NIL ASL Public Hub Los Angeles, CA' })

describe('the dashboard over a Supermon-NG server, in Chromium', () => {
  let browser: Browser
  let page: Page
  let supermon: SupermonStandIn
  const errors: string[] = []
  /** Lets the page's time pass, which stands otherwise, in steps that its sockets can follow: their answers come in real time. */
  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1_000) {
      await page.clock.runFor(1_000)
      await page.evaluate(() => fetch('api/v1/csrf-token').then((answer) => answer.text()))
    }
  }
  const passUntil = (check: () => boolean | Promise<boolean>) => until(async () => {
    if (await check()) return true
    await pass(1_000)
    return false
  })
  const comes = (what: Locator) => passUntil(() => what.isVisible())
  const panel = (node: string) => page.locator(`section[data-node="${node}"]`)

  beforeAll(async () => {
    const app = sirv(fileURLToPath(new URL('../../../dist-app', import.meta.url)))
    supermon = await startSupermon({ W5GLE: { permissions: [], nodes: [2000] } }, {
      path: '', nodes: [NODE, NEWER, DEAD], daemonNodes: [NODE, DEAD],
      files: (request, response) => { app(request, response, () => { response.writeHead(404).end() }) },
    })
    supermon.daemon.set(NODE, { WX: 'Clear 20 C', remote_nodes: [HUB] })
    supermon.daemon.silenceAmi(DEAD)
    browser = await launchChromium()
    page = await browser.newPage()
    page.on('pageerror', (error) => errors.push(error.message))
    await holdTime(page)
    await page.goto(`${supermon.url}/#all`)
  })
  afterAll(async () => {
    await browser.close()
    await supermon.stop()
  })

  it('is live with the first try of each socket although no subprotocol is taken and the first message comes twice, and lights the row', async () => {
    await comes(panel(NODE).locator('tr.link', { hasText: '2001' }))
    expect(await panel(NODE).locator('tr.link').count()).toBe(1)
    expect(supermon.daemon.heard).toContain(`{"action":"subscribe","node":"${NODE}"}`)
    await comes(panel(NODE).getByText('Socket: Connected'))
    supermon.daemon.set(NODE, { remote_nodes: [{ ...HUB, keyed: 'yes' }] })
    await comes(panel(NODE).locator('tr.link[data-state="talking"]'))
    expect(supermon.daemon.offered).toEqual([])
  })

  it('shows a node that is refused with 1000 and no reason by polling, goes on knocking, and lets no other suffer', async () => {
    await comes(panel(NEWER).locator('tr.link', { hasText: '2009' }))
    const before = supermon.daemon.refused.length
    expect(supermon.daemon.refused).toContain(`/ws/${NEWER}`)
    await passUntil(() => supermon.daemon.refused.length > before)
    expect(supermon.daemon.open(NODE)).toBe(1)
  })

  it('waits for a node whose Asterisk is silent from the beginning, with an open socket, and does not call it live', async () => {
    await comes(panel(DEAD).getByText('Socket: Connected'))
    expect(supermon.daemon.open(DEAD)).toBe(1)
    expect(await panel(DEAD).locator('tr.link').count()).toBe(0)
    expect(await panel(DEAD).innerText()).toMatch(/Waiting for first data/)
  })

  it('says that the age is not known once Asterisk has fallen silent, instead of calling it live data', async () => {
    supermon.daemon.silenceAmi(NODE)
    await pass(11_000)
    await comes(panel(NODE).getByText(/Age unknown/))
  })

  it('takes a pong for a sign of life and for nothing else: the socket stays, and no node comes of it', async () => {
    const sections = await page.locator('section[data-node]').count()
    const pings = () => supermon.daemon.heard.filter((text) => text === '{"action":"ping"}').length
    const before = pings()
    await page.evaluate(() => window.dispatchEvent(new Event('pageshow')))
    await passUntil(() => pings() >= before + 2)
    // Longer than a probe waits for its answer.
    await pass(3_000)
    await comes(panel(NODE).getByText('Socket: Connected'))
    expect([supermon.daemon.open(NODE), supermon.daemon.open(DEAD)]).toEqual([1, 1])
    expect(await page.locator('section[data-node]').count()).toBe(sections)
    expect(await page.content()).not.toContain('NaN')
  })

  it('comes back after a close with 1000 and no reason, and takes what is kept there for what it is', async () => {
    supermon.daemon.drop(NODE)
    await until(() => supermon.daemon.open(NODE) === 0)
    await passUntil(() => supermon.daemon.open(NODE) === 1)
    await comes(panel(NODE).getByText('Socket: Connected'))
    await comes(panel(NODE).locator('tr.link', { hasText: '2001' }))
  })

  it('shows nobody what that server tells everybody, and threw nothing in all this', async () => {
    expect(await page.content()).not.toContain(AMI_SECRET)
    expect(errors).toEqual([])
  })
})

describe('the client over a Supermon-NG server that wants a token with each socket', () => {
  it('is live with one, as often as it comes; a visitor without one is refused and polled', async () => {
    const supermon = await startSupermon({ W5GLE: { permissions: [], nodes: [2000] } }, { nodes: [NODE] })
    supermon.daemon.tokensWanted = true
    const [member, visitor] = [await supermon.signIn('W5GLE'), ''].map(
      (cookie) => new LiveClient({ env: nodeEnv(`${supermon.url}/`, cookie), tokenRoute: true }),
    ) as [LiveClient, LiveClient]
    try {
      for (const client of [member, visitor]) void client.ladder.watch(NODE)
      await until(() => member.sockets.isNodeConnected(NODE))
      supermon.daemon.drop(NODE)
      await until(() => !member.sockets.isNodeConnected(NODE))
      await until(() => member.sockets.isNodeConnected(NODE))
      expect(supermon.count(`nodes/${NODE}/websocket/token`)).toBeGreaterThan(1)
      await until(() => visitor.ladder.transportOf(NODE) === 'polling')
      await until(() => visitor.sockets.currentState(NODE)?.reach === 'up')
      expect(supermon.daemon.refused).toContain(`/supermon-ng/ws/${NODE}`)
    } finally {
      for (const client of [member, visitor]) client.dispose()
      await supermon.stop()
    }
  })
})
