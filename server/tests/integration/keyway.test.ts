/** From the AMI bytes to the viewer, for real, over everything an Asterisk may be. */
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { App } from '../../src/app.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk, FakeAsteriskOptions } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { NODE, openHeldNode } from '../support/heldNode.ts'
import { nodeConfig, runApp, until, Watcher } from '../support/running.ts'
import { refusedPort } from '../support/tcpProxy.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function asterisk(options: FakeAsteriskOptions = {}): Promise<FakeAsterisk> {
  const fake = await startFakeAsterisk({ nodes: [NODE], links: 8, seed: 5, ...options })
  closers.push(() => fake.close())
  return fake
}
async function server(...args: Parameters<typeof runApp>) {
  const app = await runApp(...args)
  closers.push(() => app.close(0))
  return app
}
function watch(app: App, node = NODE, query = ''): Watcher {
  const watcher = new Watcher(app, node, query)
  closers.push(() => { watcher.close() })
  return watcher
}
/** Up, and the EchoLink link has its name: nothing more comes by itself. */
const isSettled = ({ state: { reach, links } }: Watcher) =>
  reach === 'up' && Object.values(links).every(({ kind, callsign }) => kind !== 'echolink' || callsign !== null)
const settled = (watcher: Watcher) => until(() => isSettled(watcher), 'settled')

describe('a key-up reaches the viewer', () => {
  const kinds: Record<string, FakeAsteriskOptions> = {
    'Asterisk 22 with app_rpt 3.10': {},
    'ASL2: Asterisk 1.4, ActionID first, LF inside event times, --END COMMAND--': { knobs: { dialect: 'asl2' } },
    'every write torn at random bytes': { knobs: { splitWrites: true } },
    'ActionID before Response': { knobs: { headerOrder: 'actionid-first' } },
    'LF inside event times': { knobs: { eventTimesExtraLf: true } },
    'a user with read=call and no write': { read: 'call', write: '' },
    'replies that take 150 ms': { knobs: { replyDelayMs: 150 } },
  }
  for (const [kind, options] of Object.entries(kinds)) {
    it(`from ${kind}`, async () => {
      const fake = await asterisk(options)
      const app = await server([nodeConfig(NODE, fake.port)])
      const watcher = watch(app)
      await watcher.up()
      const truth = fake.state().nodes[NODE]!
      expect(Object.keys(watcher.state.links).sort()).toEqual(Object.keys(truth.links).sort())
      const link = Object.keys(truth.links)[0] as string
      const before = Date.now()
      await fake.linkKey({ node: NODE, link, on: true })
      await watcher.until(() => watcher.link(link)?.keyed === true, 'keyed')
      // Asterisk tells of ages in whole seconds.
      expect(watcher.link(link)?.lastKeyedAt).toBeGreaterThan(before - 1_500)
      expect(watcher.link(link)?.lastKeyedAt).toBeLessThan(Date.now() + 1_500)
      await fake.linkKey({ node: NODE, link, on: false })
      await watcher.until(() => watcher.link(link)?.keyed === false, 'unkeyed')
      await fake.key({ node: NODE, on: true })
      await watcher.until(({ rx }) => rx === true, 'rx')
      await fake.key({ node: NODE, on: false })
      await watcher.until(({ rx }) => rx === false, 'rx off')
    })
  }

  it('from an Asterisk whose events cannot be read', async () => {
    const fake = await asterisk({ read: 'system' })
    const app = await server([nodeConfig(NODE, fake.port)])
    const watcher = watch(app)
    await watcher.up()
    const link = Object.keys(watcher.state.links)[0] as string
    await fake.linkKey({ node: NODE, link, on: true })
    await watcher.until(() => watcher.link(link)?.keyed === true, 'keyed')
    await fake.linkKey({ node: NODE, link, on: false })
    await watcher.until(() => watcher.link(link)?.keyed === false, 'unkeyed')
  })

  it('from an Asterisk that lets some events through and not those of links', async () => {
    const users = [{ name: 'partial', secret: 'demo', eventFilters: ['!Event: RPT_A?LINKS'] }]
    const { fake, watcher, pass, asked } = await openHeldNode(closers, { links: 0, users }, 'partial')
    await fake.connect({ node: NODE, link: '2000', mode: 'transceive' })
    await pass(() => watcher.link('2000')?.state === 'established', 'linked')
    const polls = () => asked('SawStat')
    const took: number[] = []
    for (const on of [true, false, true, false]) {
      // Somebody on the local radio, of whom events tell: no proof that they tell of links.
      for (const local of [true, false]) {
        await fake.key({ node: NODE, on: local })
        expect(await pass(() => watcher.state.rx === local, 'the receiver')).toBeLessThan(500)
      }
      const before = polls()
      await pass(() => polls() > before, 'a poll has just begun')
      await pass(() => polls() > before + 1, 'and is over')
      await fake.linkKey({ node: NODE, link: '2000', on })
      took.push(await pass(() => watcher.link('2000')?.keyed === on, `keyed: ${on}`))
    }
    // The first one shows that they do not.
    expect(Math.max(...took.slice(1)), took.join()).toBeLessThanOrEqual(2_000)
  })

  it('also when it is shorter than any poll: each of 10 key-ups of 150 ms is told, on and off', async () => {
    const fake = await asterisk()
    const app = await server([nodeConfig(NODE, fake.port)])
    const watcher = watch(app)
    await watcher.up()
    // app_rpt announces nothing of local monitors; all others it does.
    const link = Object.entries(watcher.state.links).find(([, { mode }]) => mode === 'transceive')?.[0] as string
    const from = watcher.frames.length
    const told = () =>
      watcher.frames.slice(from).flatMap((frame) => (frame.type === 'patch' ? (frame.patch.links?.[link]?.keyed ?? []) : []))
    for (let i = 0; i < 10; i += 1) {
      await fake.linkKey({ node: NODE, link, on: true, ms: 150 })
      await until(() => told().length >= (i + 1) * 2, 'on and off')
    }
    expect(told()).toEqual(Array.from({ length: 20 }, (_, i) => i % 2 === 0))
  })
})

describe('links', () => {
  it('of every kind have their name, mode, direction and state', async () => {
    const fake = await asterisk({ links: 0 })
    const app = await server([nodeConfig(NODE, fake.port)])
    const watcher = watch(app)
    await watcher.up()
    await fake.connect({ node: NODE, link: '2000', mode: 'transceive', direction: 'OUT' })
    await fake.connect({ node: NODE, link: '2001', mode: 'monitor' })
    await fake.connect({ node: NODE, link: '2002', mode: 'local-monitor' })
    await fake.connect({ node: NODE, link: '2003', mode: 'connecting' })
    await fake.connect({ node: NODE, link: '3101425', mode: 'transceive', direction: 'IN' })
    await fake.connect({ node: NODE, link: '80016', mode: 'transceive' })
    await fake.connect({ node: NODE, link: 'W1AW-P', mode: 'transceive', direction: 'IN' })
    await fake.connect({ node: NODE, link: 'KG5DRT-1', mode: 'transceive', direction: 'IN' })
    await fake.connect({ node: NODE, link: 'VE3ABC/W6-P', mode: 'transceive', direction: 'IN' })
    await watcher.until(({ links }) => Object.keys(links).length === 9 && Object.values(links).every(({ direction }) => direction !== null), 'nine links')
    await watcher.until(() => watcher.link('2002')?.mode === 'local-monitor', 'local monitor')
    const seen = Object.fromEntries(
      Object.entries(watcher.state.links).map(([name, { kind, mode, state }]) => [name, `${kind} ${mode ?? '-'} ${state}`]),
    )
    expect(seen).toEqual({
      '2000': 'allstar transceive established',
      '2001': 'allstar monitor established',
      '2002': 'allstar local-monitor established',
      '2003': 'allstar - connecting',
      '3101425': 'echolink transceive established',
      '80016': 'irlp transceive established',
      'W1AW-P': 'phone transceive established',
      'KG5DRT-1': 'client transceive established',
      'VE3ABC/W6-P': 'phone transceive established',
    })
    expect(watcher.link('2000')?.direction).toBe('out')
    expect(watcher.link('3101425')?.direction).toBe('in')
    expect(watcher.link('W1AW-P')?.callsign).toBe('W1AW')
    await fake.disconnect({ node: NODE, link: '2000' })
    await watcher.until(({ links }) => !('2000' in links), 'gone')
  })

  it('T-2 keep their anchors: nothing is sent while nothing changes', async () => {
    const { watcher, pass, asked } = await openHeldNode(closers, { links: 8, seed: 5 })
    await pass(() => isSettled(watcher), 'settled')
    const count = watcher.frames.length
    const before = asked('SawStat')
    await pass(() => asked('SawStat') >= before + 4, 'four polls begin, so three are over')
    expect(watcher.frames.slice(count)).toEqual([])
  })
})

describe('an Asterisk that fails', () => {
  it('is told apart: nothing there, login refused, not an Asterisk, node unknown', async () => {
    const fake = await asterisk()
    const dead = await refusedPort()
    const web = await server([nodeConfig('2', fake.port)])
    const app = await server([
      { ...nodeConfig('1', dead.port), host: dead.host },
      nodeConfig('2', fake.port, 'wrong', 'admin2'),
      nodeConfig('3', web.port),
      nodeConfig('4', fake.port),
    ])
    const expected: Record<string, string> = { '1': 'ami-refused', '2': 'ami-login-refused', '4': 'node-unknown' }
    for (const [node, code] of Object.entries(expected)) {
      const watcher = watch(app, node)
      await watcher.until(({ reachReason }) => reachReason?.code === code, `${node} ${code}`)
      expect(watcher.state.reach).toBe('down')
      expect(watcher.state.reachReason?.message).toMatch(/check/)
    }
    expect(app.log.filter(({ level }) => level === 'warn').length).toBeLessThanOrEqual(4)
  })
})

describe('the gateway', () => {
  it('shares one AMI session among all nodes and viewers of an Asterisk, and opens it only when somebody looks', async () => {
    const fake = await asterisk({ nodes: 3 })
    const app = await server(fake.nodes.map((id) => nodeConfig(id, fake.port)), { lingerMs: 200 })
    expect(fake.state().sessions).toBe(0)
    const watchers = fake.nodes.flatMap((id) => [watch(app, id), watch(app, id)])
    for (const watcher of watchers) await watcher.up()
    expect(fake.state().sessions).toBe(1)
    for (const watcher of watchers) watcher.close()
    await until(() => fake.state().sessions === 0, 'session closed after the linger')
  })

  it('W-1 K-2 refuses a node it does not have, in words, after the handshake', async () => {
    const app = await server([nodeConfig(NODE, 1)])
    const watcher = watch(app, '99999')
    await until(() => watcher.closed !== null, 'closed')
    expect(watcher.closed).toEqual({ code: 4504, reason: 'this node is not on this server' })
    const odd = watch(app, '%2e%2e%2fetc')
    await until(() => odd.closed !== null, 'closed')
    expect(odd.closed?.code).toBe(4500)
  })

  it('W-5 refuses pages of other sites, and lets scripts in', async () => {
    const app = await server([nodeConfig(NODE, 1)])
    const open = (origin?: string) =>
      new Promise<number>((resolve) => {
        const socket = new WebSocket(`${app.url.replace('http', 'ws')}ws/${NODE}`, 'supermon.v2', origin === undefined ? {} : { origin })
        closers.push(() => { socket.terminate() })
        socket.on('close', resolve)
        socket.on('message', () => { resolve(0) })
      })
    expect(await open('https://evil.example')).toBe(4503)
    expect(await open('null')).toBe(4503)
    expect(await open(app.url.replace(/\/$/, ''))).toBe(0)
    expect(await open()).toBe(0)
  })

  it('W-3 P-1 speaks the plan dialect to whoever asks for none', async () => {
    const fake = await asterisk()
    const app = await server([nodeConfig(NODE, fake.port)])
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}ws/${NODE}`)
    closers.push(() => { socket.terminate() })
    const messages: Record<string, { status?: string; remote_nodes?: unknown[] }>[] = []
    socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as never))
    await until(() => messages.at(-1)?.[NODE]?.status === 'online', 'online')
    expect(messages.at(-1)?.[NODE]?.remote_nodes?.length).toBeGreaterThanOrEqual(8)
    socket.send('{"type":"ping"}')
    await until(() => messages.some((message) => 'type' in message), 'pong')
  })

  it('C-4 S-4 resumes a viewer that missed nothing with one small frame', async () => {
    const fake = await asterisk()
    const app = await server([nodeConfig(NODE, fake.port)])
    const first = watch(app)
    await settled(first)
    const place = first.frames.findLast((frame) => frame.type === 'patch' || frame.type === 'snapshot') as { epoch: string; seq: number }
    const second = watch(app, NODE, `?epoch=${place.epoch}&seq=${place.seq}`)
    await until(() => second.frames.length >= 2, 'two frames')
    expect(second.frames.map(({ type }) => type)).toEqual(['hello', 'current'])
  })

  it('H-1 H-2 H-3 H-4 answers the status route from the feed, below the base and without it, in Supermon-NG shape', async () => {
    const fake = await asterisk()
    const app = await server([nodeConfig(NODE, fake.port), nodeConfig('2', 1)], { base: '/supermon-ng' })
    const get = async (path: string) => {
      const response = await fetch(new URL(path, app.url))
      return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, unknown> }
    }
    const { headers, body } = await get(`/supermon-ng/api/v1/nodes/ami/status?nodes=${NODE},2,99999`)
    expect(Object.keys(body['data'] as object)).toEqual(['2', NODE])
    expect((body['data'] as Record<string, unknown>)[NODE]).toMatchObject({
      node: NODE, status: 'online', cos_keyed: 0, epoch: expect.any(String) as string, seq: expect.any(Number) as number,
    })
    expect((body['data'] as Record<string, unknown>)['2']).toMatchObject({ status: 'offline', remote_nodes: [] })
    expect(headers.get('deprecation')).not.toBeNull()
    expect(headers.get('link')).toContain('successor-version')
    for (let i = 0; i < 5; i += 1) await get(`/api/v1/nodes/ami/status?nodes=${NODE}`)
    expect(fake.state().sessions).toBe(1)
    expect((await get('/api/v1/nodes/ami/status')).status).toBe(400)
    expect((await get('/api/v1/nodes/ami/status?nodes=../etc')).status).toBe(400)
    expect((await get('/api/v1/nothing')).status).toBe(404)
    expect((await get('/healthz')).body).toMatchObject({
      status: 'ok', version: 'test', viewers: 0, uptime: expect.any(Number) as number,
      hosts: [{ nodes: [NODE], status: 'up', since: expect.any(Number) as number }, { nodes: ['2'] }],
    })
    expect((await get('/supermon-ng/api/v1/nodes')).body).toMatchObject({ success: true, count: 2, config_source: 'allmon.ini' })
    expect((await get('/api/v1/nodes/websocket/ports')).body).toMatchObject({
      success: true, base_port: app.port, router: true,
      nodes: { [NODE]: { node: NODE, port: app.port, router: true, ws_url: `ws://127.0.0.1:${app.port}/supermon-ng/ws/${NODE}` } },
    })
  })

  it('S-8 tells its viewers to come back when it stops, and is gone', async () => {
    const fake = await asterisk()
    const app = await runApp([nodeConfig(NODE, fake.port)])
    const watcher = watch(app)
    await watcher.up()
    await app.close(3_000)
    await until(() => watcher.closed !== null, 'closed')
    expect(watcher.frames.at(-1)).toMatchObject({ type: 'goaway', spreadMs: 3_000 })
    expect(watcher.closed?.code).toBe(1012)
  })
})
