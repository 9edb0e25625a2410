/** A server per node, as the migration plan had it: `ws://host:<base + place>/`. */
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { WebSocketService } from '../../../frontend/src/services/WebSocketService.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { freePorts, listen } from '../support/freePorts.ts'
import { sendRaw } from '../support/rawHttp.ts'
import { nodeEnv } from '../support/nodeEnv.ts'
import { nodeConfig, runApp, until } from '../support/running.ts'
import { ownAddress } from '../support/tcpProxy.ts'

/** Ports that are free here are given to nobody else meanwhile. */
const HOST = ownAddress()

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function running(nodePorts: number, nodes: readonly string[] = ['546051', '546055', '546056'], port = 0) {
  const fake = await startFakeAsterisk({ nodes: ['546051', '546055', '546056'], links: 1 })
  ends.push(() => fake.close())
  const app = await runApp(nodes.map((id) => nodeConfig(id, fake.port)), { nodePorts, port, host: HOST })
  ends.push(() => app.close(0))
  return { app, config: (...ids: string[]) => ids.map((id) => nodeConfig(id, fake.port)) }
}

/** What a plain socket to that address is told first: the node's id, or the status of its refusal. */
function firstWord(port: number, path = '/'): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://${HOST}:${port}${path}`)
    ends.push(() => { socket.terminate() })
    socket.on('message', (data: Buffer) => { resolve(Object.keys(JSON.parse(data.toString()) as object)[0] ?? '') })
    socket.on('unexpected-response', (_request, response) => { resolve(String(response.statusCode)) })
    socket.on('error', (error) => { resolve(error.message) })
  })
}

describe('a port per node', () => {
  it('is what the ports route tells, and the common one where a node has none or a proxy stands before it', async () => {
    const base = await freePorts(3, HOST)
    const blocker = await listen(base + 1, HOST)
    ends.push(() => blocker.close())
    const { app } = await running(base)
    const ports = async (headers: Record<string, string> = {}) =>
      ((await (await fetch(`${app.url}api/v1/nodes/websocket/ports`, { headers })).json()) as { nodes: Record<string, { port: number; router: boolean; ws_url: string }> }).nodes
    expect(await ports()).toEqual({
      '546051': { node: '546051', port: base, router: false, ws_url: `ws://${HOST}:${base}/` },
      '546055': { node: '546055', port: app.port, router: true, ws_url: `ws://${HOST}:${app.port}/ws/546055` },
      '546056': { node: '546056', port: base + 2, router: false, ws_url: `ws://${HOST}:${base + 2}/` },
    })
    const behind = await ports({ 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'club.example' })
    expect(behind['546051']).toMatchObject({ port: app.port, router: true, ws_url: 'wss://club.example/ws/546051' })
    const told = (await ports())['546056']
    expect(await firstWord(told?.port ?? 0, new URL(told?.ws_url ?? '').pathname)).toBe('546056')
  })

  it('serves each node at its place, in the dialect of the plan', async () => {
    const base = await freePorts(3, HOST)
    const { app } = await running(base)
    expect(await Promise.all([0, 1, 2].map((i) => firstWord(base + i)))).toEqual(['546051', '546055', '546056'])
    expect(await firstWord(base + 1, '/ws/546055')).toBe('546055')
    expect(app.nodePort('546056')).toBe(base + 2)
  })

  it('W-7 does not serve another node that the path names, nor a path that is none', async () => {
    const base = await freePorts(3, HOST)
    const { app } = await running(base)
    expect(await firstWord(base, '/ws/546055')).toBe('404')
    // `//` is a path, and to some readers of URLs a host that is missing.
    for (const port of [base, app.port]) expect(await firstWord(port, '//')).toBe('404')
  })

  it.each(['', '/supermon-ng'])('W-7 is live for a client only while it serves that node, whatever order the configuration has (base "%s")', async (base) => {
    const ports = await freePorts(2, HOST)
    const fake = await startFakeAsterisk({ nodes: ['546051', '546055'], links: 1 })
    ends.push(() => fake.close())
    let app: Awaited<ReturnType<typeof runApp>> | null = null
    const run = async (...ids: string[]) => {
      const port = app?.port ?? 0
      await app?.close(0)
      app = await runApp(ids.map((id) => nodeConfig(id, fake.port)), { nodePorts: ports, host: HOST, base, port })
      return app
    }
    ends.push(() => app?.close(0))
    const env = { ...nodeEnv((await run('546051', '546055')).url), random: () => 0 }
    const notes: string[] = []
    const sockets = new WebSocketService({ env, onDiagnostic: ({ code }) => { notes.push(code) } })
    ends.push(() => { sockets.dispose() })
    void sockets.connectToNode('546051', ports)
    await until(() => sockets.currentState('546051')?.reach === 'up', 'up')
    await run('546055', '546051')
    const tries = env.opened.length
    await until(() => env.opened.length >= tries + 2, 'has tried twice', 20_000)
    expect(sockets.isNodeConnected('546051')).toBe(false)
    await run('546051', '546055')
    await until(() => sockets.isNodeConnected('546051'), 'live', 20_000)
    await fake.key({ node: '546051', on: true })
    await until(() => sockets.currentState('546051')?.rx === true, 'keyed')
    expect(notes).not.toContain('frame-for-another-node')
  }, 60_000)

  it('goes on without a port that is taken, and names it', async () => {
    const base = await freePorts(3, HOST)
    const other = await listen(base + 1, HOST)
    ends.push(() => new Promise((resolve) => other.close(resolve)))
    const { app } = await running(base)
    expect([app.nodePort('546051'), app.nodePort('546055'), app.nodePort('546056')]).toEqual([base, null, base + 2])
    expect(await firstWord(base + 2)).toBe('546056')
    expect(await firstWord(app.port, '/ws/546055')).toBe('546055')
    const [warning] = app.log.filter(({ message }) => message.includes(String(base + 1)))
    expect(warning).toMatchObject({ level: 'warn', message: expect.stringContaining('546055') as string })
  })

  it('tries a port that was taken again with the next configuration, and names it once while it stays taken', async () => {
    const base = await freePorts(3, HOST)
    const other = await listen(base + 1, HOST)
    const { app, config } = await running(base, ['546051', '546055'])
    expect(app.nodePort('546055')).toBeNull()
    app.reconfigure(config('546051', '546055'))
    app.reconfigure(config('546051', '546055', '546056'))
    await until(() => app.nodePort('546056') === base + 2, 'both configurations are arranged')
    await new Promise((resolve) => other.close(resolve))
    app.reconfigure(config('546051', '546055'))
    await until(() => app.nodePort('546055') === base + 1, 'the port is had')
    expect(await firstWord(base + 1)).toBe('546055')
    expect(app.log.filter(({ message }) => message.includes(String(base + 1)))).toHaveLength(1)
  })

  it('opens each port once, however fast configurations follow one another', async () => {
    const base = await freePorts(3, HOST)
    const { app, config } = await running(base, ['546051'])
    app.reconfigure(config('546051', '546055'))
    app.reconfigure(config('546051', '546055', '546056'))
    app.reconfigure(config('546051', '546055'))
    app.reconfigure(config('546055', '546056', '546051'))
    await until(() => ['546055', '546056', '546051'].every((id, i) => app.nodePort(id) === base + i), 'each has its port')
    expect(await Promise.all([0, 1, 2].map((i) => firstWord(base + i)))).toEqual(['546055', '546056', '546051'])
    expect(app.log.filter(({ message }) => message.includes('Port'))).toEqual([])
  })

  it('answers what is no WebSocket with 426, in the one shape', async () => {
    const base = await freePorts(1, HOST)
    await running(base, ['546051'])
    const plain = await fetch(`http://${HOST}:${base}/`)
    expect([plain.status, await plain.json()]).toEqual([426, { success: false, error: 'Upgrade Required', message: 'This port is a WebSocket.', code: 'upgrade-required' }])
    const raw = sendRaw(base, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n', HOST)
    ends.push(() => { raw.socket.destroy() })
    await until(raw.ended, 'an answer')
    expect(raw.text()).toMatch(/^HTTP\/1\.1 426 [^]*"code":"upgrade-required"/)
  })

  it('lets go of a handshake that is not whole after 6 s, as the common port does', async () => {
    const base = await freePorts(1, HOST)
    const { app } = await running(base, ['546051'])
    const from = Date.now()
    const slow = [base, app.port].map((port) => sendRaw(port, 'GET /ws/546051 HTTP/1.1\r\nHost: a\r\n', HOST))
    ends.push(() => { for (const { socket } of slow) socket.destroy() })
    await until(() => slow.every(({ ended, gone }) => ended() || gone()), 'let go of', 20_000)
    // They are looked for every 2 s.
    expect(Date.now() - from).toBeGreaterThan(5_500)
    expect(Date.now() - from).toBeLessThan(13_000)
  }, 30_000)

  it('leaves the main port to everybody', async () => {
    const base = await freePorts(3, HOST)
    const { app } = await running(base, undefined, base + 1)
    expect([app.nodePort('546051'), app.nodePort('546055'), app.nodePort('546056')]).toEqual([base, null, base + 2])
    expect(await firstWord(base + 1, '/ws/546055')).toBe('546055')
    expect(app.log.some(({ message }) => message.includes('--port'))).toBe(true)
  })

  it('follows the configuration', async () => {
    const base = await freePorts(3, HOST)
    const { app, config } = await running(base, ['546051'])
    app.reconfigure(config('546055', '546056'))
    await until(() => app.nodePort('546056') === base + 1, 'the second node has a port')
    expect(await firstWord(base)).toBe('546055')
    app.reconfigure(config('546056'))
    await until(() => app.nodePort('546056') === base, 'the only node has the first port')
    await expect(firstWord(base + 1)).resolves.toContain('ECONNREFUSED')
  })
})
