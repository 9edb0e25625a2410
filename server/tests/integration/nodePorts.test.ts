/** A server per node, as the migration plan had it: `ws://host:<base + place>/`. */
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { freePorts, listen } from '../support/freePorts.ts'
import { nodeConfig, runApp, until } from '../support/running.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function running(nodePorts: number, nodes: readonly string[] = ['546051', '546055', '546056'], port = 0) {
  const fake = await startFakeAsterisk({ nodes: ['546051', '546055', '546056'], links: 1 })
  ends.push(() => fake.close())
  const app = await runApp(nodes.map((id) => nodeConfig(id, fake.port)), { nodePorts, port })
  ends.push(() => app.close(0))
  return { app, config: (...ids: string[]) => ids.map((id) => nodeConfig(id, fake.port)) }
}

/** What a plain socket to that address is told first: the node's id, or the status of its refusal. */
function firstWord(port: number, path = '/'): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`)
    ends.push(() => { socket.terminate() })
    socket.on('message', (data: Buffer) => { resolve(Object.keys(JSON.parse(data.toString()) as object)[0] ?? '') })
    socket.on('unexpected-response', (_request, response) => { resolve(String(response.statusCode)) })
    socket.on('error', (error) => { resolve(error.message) })
  })
}

describe('a port per node', () => {
  it('is what the ports route tells, and the common one where a node has none or a proxy stands before it', async () => {
    const base = await freePorts(3)
    const blocker = await listen(base + 1)
    ends.push(() => blocker.close())
    const { app } = await running(base)
    const ports = async (headers: Record<string, string> = {}) =>
      ((await (await fetch(`${app.url}api/v1/nodes/websocket/ports`, { headers })).json()) as { nodes: Record<string, { port: number; router: boolean; ws_url: string }> }).nodes
    expect(await ports()).toEqual({
      '546051': { node: '546051', port: base, router: false, ws_url: `ws://127.0.0.1:${base}/` },
      '546055': { node: '546055', port: app.port, router: true, ws_url: `ws://127.0.0.1:${app.port}/ws/546055` },
      '546056': { node: '546056', port: base + 2, router: false, ws_url: `ws://127.0.0.1:${base + 2}/` },
    })
    const behind = await ports({ 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'club.example' })
    expect(behind['546051']).toMatchObject({ port: app.port, router: true, ws_url: 'wss://club.example/ws/546051' })
    const told = (await ports())['546056']
    expect(await firstWord(told?.port ?? 0, new URL(told?.ws_url ?? '').pathname)).toBe('546056')
  })

  it('serves each node at its place, in the dialect of the plan', async () => {
    const base = await freePorts(3)
    const { app } = await running(base)
    expect(await Promise.all([0, 1, 2].map((i) => firstWord(base + i)))).toEqual(['546051', '546055', '546056'])
    expect(await firstWord(base + 1, '/ws/546055')).toBe('546055')
    expect(app.nodePort('546056')).toBe(base + 2)
  })

  it('does not serve another node that the path names, nor a path that is none', async () => {
    const base = await freePorts(3)
    const { app } = await running(base)
    expect(await firstWord(base, '/ws/546055')).toBe('404')
    // `//` is a path, and to some readers of URLs a host that is missing.
    for (const port of [base, app.port]) expect(await firstWord(port, '//')).toBe('404')
  })

  it('goes on without a port that is taken, and names it', async () => {
    const base = await freePorts(3)
    const other = await listen(base + 1)
    ends.push(() => new Promise((resolve) => other.close(resolve)))
    const { app } = await running(base)
    expect([app.nodePort('546051'), app.nodePort('546055'), app.nodePort('546056')]).toEqual([base, null, base + 2])
    expect(await firstWord(base + 2)).toBe('546056')
    expect(await firstWord(app.port, '/ws/546055')).toBe('546055')
    const [warning] = app.log.filter(({ message }) => message.includes(String(base + 1)))
    expect(warning).toMatchObject({ level: 'warn', message: expect.stringContaining('546055') as string })
  })

  it('leaves the main port to everybody', async () => {
    const base = await freePorts(3)
    const { app } = await running(base, undefined, base + 1)
    expect([app.nodePort('546051'), app.nodePort('546055'), app.nodePort('546056')]).toEqual([base, null, base + 2])
    expect(await firstWord(base + 1, '/ws/546055')).toBe('546055')
    expect(app.log.some(({ message }) => message.includes('--port'))).toBe(true)
  })

  it('follows the configuration', async () => {
    const base = await freePorts(3)
    const { app, config } = await running(base, ['546051'])
    app.reconfigure(config('546055', '546056'))
    await until(() => app.nodePort('546056') === base + 1, 'the second node has a port')
    expect(await firstWord(base)).toBe('546055')
    app.reconfigure(config('546056'))
    await until(() => app.nodePort('546056') === base, 'the only node has the first port')
    await expect(firstWord(base + 1)).resolves.toContain('ECONNREFUSED')
  })
})
