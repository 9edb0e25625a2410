/**
 * The dashboard over a stand-in of an unmodified Supermon-NG server: no subprotocol, flat messages, the first one twice,
 * acknowledgements, refusals with close code 1000, silence while Asterisk is silent.
 */
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import sirv from 'sirv'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { launchChromium, until } from './stage.ts'

const NODE = '2000'
const LINK = { node: '2001', info: 'WB6NIL ASL Public Hub Los Angeles, CA', ip: '192.0.2.10', direction: 'OUT', elapsed: '00:12:07', link: 'ESTABLISHED', last_keyed: '-1', mode: 'T' }
const message = (keyed: 'yes' | 'no') => ({
  node: NODE, timestamp: Math.floor(Date.now() / 1000), status: 'online', cos_keyed: 0, tx_keyed: 0, cpu_temp: null, cpu_up: null,
  cpu_load: null, ALERT: null, WX: 'Clear 20 C', DISK: null, remote_nodes: [{ ...LINK, keyed }],
})

describe('the dashboard over a Supermon-NG server, in Chromium', () => {
  let browser: Browser
  let page: Page
  let http: Server
  const sockets: WebSocket[] = []
  const heard: string[] = []

  beforeAll(async () => {
    const files = sirv(fileURLToPath(new URL('../../../dist-app', import.meta.url)))
    http = createServer((request, response) => {
      if (request.url?.startsWith('/api/v1/nodes')) {
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify({ success: true, data: [{ id: 2000, callsign: 'WB6NIL', description: 'WB6NIL ASL Public Hub', location: '' }], count: 1 }))
      } else files(request, response, () => { response.writeHead(404).end() })
    })
    // Like its PHP daemon: the offered subprotocol is ignored.
    const daemon = new WebSocketServer({ server: http, handleProtocols: () => false })
    daemon.on('connection', (socket, request) => {
      if (request.url !== `/ws/${NODE}`) {
        socket.close(1000)
        return
      }
      sockets.push(socket)
      socket.on('message', (data: Buffer) => {
        heard.push(data.toString())
        const { action } = JSON.parse(data.toString()) as { action: string }
        socket.send(JSON.stringify(action === 'ping' ? { action: 'pong' } : { action: 'subscribed', node: NODE }))
      })
      socket.send(JSON.stringify(message('no')))
      socket.send(JSON.stringify(message('no')))
    })
    await new Promise<void>((resolve) => { http.listen(0, '127.0.0.1', resolve) })
    browser = await launchChromium()
    page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(http.address() as AddressInfo).port}/`)
  })
  afterAll(async () => {
    await browser.close()
    http.closeAllConnections()
    http.close()
  })

  it('is live although no subprotocol was chosen, and lights the row', async () => {
    await page.locator('tr.link', { hasText: '2001' }).waitFor()
    expect(heard[0]).toBe(`{"action":"subscribe","node":"${NODE}"}`)
    await page.getByText('Socket: Connected').waitFor()
    sockets.at(-1)?.send(JSON.stringify(message('yes')))
    await page.locator('tr.link[data-state="talking"]').waitFor()
    expect(await page.locator('section[data-node]').count()).toBe(1)
  })

  it('says that the age is not known once that server has been silent, instead of calling it live data', async () => {
    await page.getByText(/Age not known/).waitFor({ timeout: 15_000 })
  })

  it('comes back after a close with 1000 and no reason', async () => {
    const before = sockets.length
    sockets.at(-1)?.close(1000)
    await until(() => sockets.length > before, 10_000)
    await page.locator('tr.link[data-state="quiet"]').waitFor()
  })
})
