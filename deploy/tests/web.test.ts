/** The generated files in real web servers, as visitors meet them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { ask, jsonOf } from '../../server/src/doctor/ask.ts'
import { BROWSERS, openAs } from '../../server/src/doctor/browserSocket.ts'
import { PASSWORD } from '../../server/tests/support/club.ts'
import { sendRaw } from '../../server/tests/support/rawHttp.ts'
import { until } from '../../server/tests/support/running.ts'
import { BASE, BIG, closeAll, SOCKETS_EACH, startFronts } from './fronts.ts'
import type { Front } from './fronts.ts'

const NODE = '546051'
/** Longer than any web server's usual limits of a minute, and than ours of 90 s twice. */
const IDLE_MS = 185_000
/** An address of loopback that no proxy of these tests has: a visitor from elsewhere. */
const VISITOR = '127.0.0.9'

let fronts: Front[] = []
let idle: { readonly front: Front; readonly socket: WebSocket; closed: string | null; messages: number }[] = []
let idleSince = 0

beforeAll(async () => {
  fronts = await startFronts()
  idle = fronts.map((front) => {
    const entry = { front, socket: browserLike(front, `ws/${NODE}`), closed: null as string | null, messages: 0 }
    entry.socket.on('close', (code) => { entry.closed = `${code} after ${Date.now() - idleSince} ms` })
    entry.socket.on('message', () => { entry.messages += 1 })
    return entry
  })
  idleSince = Date.now()
  await until(() => idle.every(({ messages }) => messages > 0), () => `first message: ${idle.filter(({ messages }) => messages === 0).map(({ front, closed }) => `${front.name} ${closed ?? ''}`).join()}`)
})
afterAll(async () => {
  for (const { socket } of idle) socket.terminate()
  await closeAll()
})

function browserLike({ url }: Front, path: string, options: { localAddress?: string; headers?: Record<string, string> } = {}): WebSocket {
  const socket = new WebSocket(new URL(path, url).href.replace(/^http/, 'ws'), ['supermon.v2'], { rejectUnauthorized: false, origin: url.origin, ...options })
  socket.on('error', () => undefined)
  return socket
}

/** The same of every front, at the same time. A failure names the front. */
async function everywhere(check: (front: Front) => Promise<void>): Promise<void> {
  const ends = await Promise.allSettled(fronts.map(check))
  const failures = ends.flatMap((end, i) => (end.status === 'rejected' ? [`${fronts[i]?.name ?? ''}: ${(end.reason as Error).message}`] : []))
  expect(failures).toEqual([])
}

async function answerOf(url: URL, options: Parameters<typeof ask>[1] = {}) {
  const answer = await ask(url, options)
  if (!answer.ok) throw new Error(`${url.href}: ${answer.code}`)
  return answer
}

describe('behind Apache and nginx, in a folder and as a host, with and without TLS', () => {
  it('the API answers, and the site that was there is still there', async () => {
    await everywhere(async ({ url, base, name }) => {
      const { status, body } = await answerOf(new URL('api/v1/nodes', url))
      expect([status, (jsonOf(body) as { count: number }).count]).toEqual([200, 2])
      if (name.includes('folder')) expect((await answerOf(new URL('/', url))).body).toContain('The site')
      if (base !== '') expect((await answerOf(new URL(`${base}?x=1`, url))).headers.location).toMatch(new RegExp(`^(?:https?://[^/]+)?${base}/`))
    })
  })

  it('sockets open as Chrome asks for them and as Firefox does, a node\'s own and the common one', async () => {
    await everywhere(async ({ url }) => {
      for (const browser of BROWSERS) {
        for (const path of [`ws/${NODE}`, 'ws']) {
          const opened = await openAs(new URL(path, url), { browser })
          if (!opened.ok) throw new Error(`${browser}, ${path}: ${opened.status ?? opened.why}`)
          expect(opened.first).toMatch(/"type":"hello"/)
          opened.close()
        }
      }
    })
  })

  it('the state of a hub with 256 links arrives whole', async () => {
    await everywhere(async ({ url }) => {
      let links = 0
      const opened = await openAs(new URL(`ws/${BIG}`, url), {
        browser: 'Firefox',
        onText: (text) => {
          for (const frame of framesOf(text)) if (frame.type === 'snapshot') links = Object.keys(frame.state?.links ?? {}).length
        },
      })
      if (!opened.ok) throw new Error(opened.why)
      await until(() => links === 256, () => `${links} links`)
      opened.close()
    })
  })

  it('whoever comes over TLS, here or at a proxy before this machine that says so, gets a cookie and addresses for TLS alone', async () => {
    await everywhere(async ({ url }) => {
      for (const said of [null, 'http', 'https', 'https, http', 'http,HTTPS']) {
        const headers = said === null ? {} : { 'x-forwarded-proto': said }
        // Of a list, the last is what the proxy next to this machine says. Who came over TLS to here cannot be talked out of it.
        const tls = url.protocol === 'https:' || /https$/i.test(said ?? '')
        const answer = await answerOf(new URL('api/v1/auth/login', url), {
          method: 'POST', body: JSON.stringify({ username: 'W5GLE', password: PASSWORD }), headers: { 'content-type': 'application/json', origin: url.origin, ...headers },
        })
        expect(answer.status).toBe(200)
        expect(/; secure/i.test(answer.headers['set-cookie']?.[0] ?? ''), `cookie, told ${said ?? 'nothing'}`).toBe(tls)
        const { body } = await answerOf(new URL('api/v1/nodes/websocket/ports', url), { headers })
        expect(body, `told ${said ?? 'nothing'}`).toContain(`"ws_url":"${new URL(`ws/${NODE}`, url).href.replace(/^https?/, tls ? 'wss' : 'ws')}"`)
      }
    })
  })

  it('a visitor is counted by his own address, whatever he forges', async () => {
    for (const front of fronts) {
      const sockets = Array.from({ length: SOCKETS_EACH + 1 }, (_, i) => {
        const socket = browserLike(front, 'ws', { localAddress: VISITOR, headers: { 'X-Forwarded-For': `198.51.100.${i}`, Forwarded: `for=198.51.100.${i}`, 'X-Real-IP': `198.51.100.${i}` } })
        const entry = { socket, closed: 0, greeted: false }
        socket.on('close', (code) => { entry.closed = code })
        socket.on('message', () => { entry.greeted = true })
        return entry
      })
      await until(() => sockets.every(({ closed, greeted }) => closed !== 0 || greeted), front.name)
      expect(sockets.map(({ closed }) => closed).filter((code) => code !== 0), front.name).toEqual([4429])
      for (const { socket } of sockets) socket.terminate()
      await until(() => sockets.every(({ socket }) => socket.readyState === WebSocket.CLOSED), 'closed')
    }
  })

  it('the figures are not public', async () => {
    await everywhere(async ({ url }) => {
      expect((await answerOf(new URL('metrics', url))).status).toBe(403)
      expect((await answerOf(new URL('metrics', url), { headers: { 'x-forwarded-for': '' } })).status).toBe(403)
    })
  })

  it('nothing but the gateway is reached through it', async () => {
    // As bytes: what tidies addresses before it sends them would hide what a stranger can send.
    await everywhere(async ({ url, base }) => {
      if (url.protocol === 'https:') return
      for (const target of [`${base}/../../etc/passwd`, `${base}/%2e%2e/%2e%2e/`, `${base}/http://127.0.0.1:22/`, `${base}/:22/`, `${base}//127.0.0.1:22/`, 'http://127.0.0.1:22/', `${base}/@127.0.0.1:22/`]) {
        const raw = sendRaw(Number(url.port), `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:22\r\nConnection: close\r\n\r\n`)
        await until(() => raw.ended(), target)
        expect(raw.text(), target).toMatch(/^HTTP\/1\.1 (?:200|302|400|403|404) /)
        expect(raw.text(), target).not.toMatch(/SSH-|root:/)
        raw.socket.destroy()
      }
    })
  })

  it('plain HTTP leads to TLS where there is a certificate', async () => {
    const redirecting = fronts.filter(({ redirects }) => redirects !== null)
    expect(redirecting).toHaveLength(2)
    for (const { redirects, url } of redirecting) {
      const { status, headers } = await answerOf(new URL('api/v1/nodes?x=1', redirects as URL))
      expect([status, headers.location]).toEqual([301, `https://node.example:${url.port}${BASE}/api/v1/nodes?x=1`])
    }
  })

  it('a socket on which nobody talks is open after three minutes', async () => {
    // Three minutes by the clock are what is claimed; the other tests of this file pass meanwhile.
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, idleSince + IDLE_MS - Date.now())))
    expect(idle.map(({ front, closed, socket }) => `${front.name}: ${closed ?? (socket.readyState === WebSocket.OPEN ? 'open' : 'not open')}`)).toEqual(fronts.map(({ name }) => `${name}: open`))
    // Heartbeats came through meanwhile.
    for (const { messages } of idle) expect(messages).toBeGreaterThan(8)
  })
})

interface Frame {
  readonly type: string
  readonly state?: { readonly links?: object }
  readonly frames?: readonly Frame[]
}

function framesOf(text: string): readonly Frame[] {
  const frame = JSON.parse(text) as Frame
  return frame.type === 'batch' ? (frame.frames ?? []) : [frame]
}
