/** A client that does what Supermon-NG's page does, message for message, over our gateway in its dialect. */
import { afterEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { cookieFor, openClub } from '../support/club.ts'
import { nodeConfig, runApp, until } from '../support/running.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** Opens, subscribes to the node of its path, and keeps what it is told in order. */
function legacyClient(url: string, node: string, cookie = '') {
  const socket = new WebSocket(url, { headers: { cookie } })
  closers.push(() => { socket.terminate() })
  const told: Record<string, unknown>[] = []
  const seen = { told, code: null as number | null, protocol: '' }
  socket.on('open', () => {
    seen.protocol = socket.protocol
    socket.send(JSON.stringify({ action: 'subscribe', node }))
  })
  socket.on('message', (data: Buffer) => told.push(JSON.parse(data.toString()) as Record<string, unknown>))
  socket.on('close', (code) => { seen.code = code })
  return { ...seen, seen, say: (message: unknown) => { socket.send(typeof message === 'string' ? message : JSON.stringify(message)) } }
}

const began = Math.floor(Date.now() / 1_000)
/** The fields of a state message, with what each may be. */
const STATE: Record<string, (value: unknown) => boolean> = {
  node: (value) => typeof value === 'string',
  timestamp: (value) => Number.isInteger(value) && Number(value) > began - 5 && Number(value) < Date.now() / 1_000 + 5,
  status: (value) => ['online', 'offline', 'unknown'].includes(String(value)),
  cos_keyed: (value) => value === 0 || value === 1,
  tx_keyed: (value) => value === 0 || value === 1,
  ...Object.fromEntries(['cpu_temp', 'cpu_up', 'cpu_load', 'ALERT', 'WX', 'DISK'].map((name) => [name, (value: unknown) => value === null || typeof value === 'string'])),
  remote_nodes: (value) => Array.isArray(value),
}
const REMOTE = ['node', 'info', 'ip', 'direction', 'elapsed', 'link', 'keyed', 'last_keyed', 'mode']

function expectState(message: Record<string, unknown>, node: string): void {
  for (const [name, check] of Object.entries(STATE)) expect(check(message[name]), `${name}: ${String(message[name])}`).toBe(true)
  expect(message['node']).toBe(node)
  for (const remote of message['remote_nodes'] as Record<string, unknown>[]) {
    expect(Object.keys(remote).toSorted()).toEqual(REMOTE.toSorted())
    expect(['ESTABLISHED', 'CONNECTING', 'LINKED']).toContain(remote['link'])
    expect(['yes', 'no', 'n/a']).toContain(remote['keyed'])
    expect(remote['last_keyed']).toMatch(/^(-1|\d+)$/)
    expect(remote['elapsed']).toMatch(/^(\d{2,}:\d\d:\d\d|unknown)$/)
  }
}

it("N-1 Supermon-NG's page gets the state once, the answer to its subscribe, a message per change, and its pong", async () => {
  const fake = await startFakeAsterisk({ nodes: ['546051', '546055'], links: { '546051': [{ name: '48752' }] } })
  closers.push(() => fake.close())
  const app = await runApp(fake.nodes.map((id) => nodeConfig(id, fake.port)), { dialect: 'supermon-ng' })
  closers.push(() => app.close(0))
  // As its page does it: ports first, a token if there is one, then the path.
  const ports = (await (await fetch(`${app.url}api/v1/nodes/websocket/ports`)).json()) as { nodes: Record<string, { ws_url: string }> }
  const { seen, told, say } = legacyClient(ports.nodes['546051']?.ws_url ?? '', '546051')
  const states = () => told.filter((message) => !('action' in message))
  await until(() => states().some(({ status }) => status === 'online'), 'online')
  expect(seen.protocol).toBe('')
  await until(() => told.some(({ action }) => action === 'subscribed'), 'subscribed')
  expect(told.find(({ action }) => action !== undefined)).toEqual({ action: 'subscribed', node: '546051', v2: true })
  for (const state of states()) expectState(state, '546051')
  // Nothing is told twice.
  const tellings = states().map(({ timestamp: _timestamp, ...state }) => JSON.stringify(state))
  expect(new Set(tellings).size).toBe(tellings.length)

  const before = states().length
  await fake.linkKey({ node: '546051', link: '48752', on: true })
  await until(() => JSON.stringify(states().at(-1)).includes('"keyed":"yes"'), 'keyed')
  // What its own server never tells: another mode, a link that is established.
  await fake.connect({ node: '546051', link: '48752', mode: 'monitor' })
  await until(() => JSON.stringify(states().at(-1)).includes('"mode":"R"'), 'another mode')
  expect(states().length).toBeGreaterThan(before)
  for (const state of states()) expectState(state, '546051')

  say({ action: 'ping' })
  await until(() => told.some(({ action }) => action === 'pong'), 'pong')
  const count = told.length
  for (const junk of ['', '{', '[]', 'null', '{"action":"subscribe","node":"546055"}', '{"action":"explode"}', '{"type":"unsubscribe"}']) say(junk)
  say({ action: 'ping' })
  await until(() => told.filter(({ action }) => action === 'pong').length === 2, 'a second pong')
  expect(told.slice(count).filter((message) => message['node'] === '546055')).toEqual([])
  expect(seen.code).toBeNull()
})

it("Supermon-NG's page that is told a token uses it; whoever may not watch is closed with a code of its own", async () => {
  const { app } = await openClub(closers, 'none', { dialect: 'supermon-ng', tickets: 'required' })
  const cookie = await cookieFor(app, 'W5GLE')
  const { ws_url: url } = (await (await fetch(`${app.url}api/v1/nodes/546051/websocket/token`, { headers: { cookie } })).json()) as { ws_url: string }
  const mine = legacyClient(url, '546051', cookie)
  await until(() => mine.told.some(({ status }) => status === 'online'), 'online')
  const stranger = legacyClient(`${app.url.replace('http', 'ws')}ws/546051`, '546051')
  await until(() => stranger.seen.code !== null, 'closed')
  expect(stranger.seen.code).toBe(4401)
  expect(stranger.told).toEqual([])
})

it('names what is linked behind the adjacent nodes from the node list, in both old dialects and by HTTP', async () => {
  const behind = { '27225': 'W5GLE Repeater Example Town', '27226': 'Node 27226' }
  const fake = await startFakeAsterisk({ nodes: ['546051'], links: { '546051': [{ name: '48752', behind: ['T27225', 'R27226'] }] } })
  closers.push(() => fake.close())
  const names = (id: string) => (id === '27225' ? { callsign: 'W5GLE', description: 'Repeater', location: 'Example Town' } : null)
  for (const dialect of ['plan', 'supermon-ng'] as const) {
    const app = await runApp([nodeConfig('546051', fake.port)], { dialect, names })
    closers.push(() => app.close(0))
    const { told } = legacyClient(`${app.url.replace('http', 'ws')}ws/546051`, '546051')
    const infos = (row: unknown) => {
      const { remote_nodes: remotes = [] } = (row ?? {}) as { remote_nodes?: { node: string; link: string; info: string }[] }
      return Object.fromEntries(remotes.flatMap(({ node, link, info }) => (link === 'LINKED' ? [[node, info]] : [])))
    }
    const shown = () => told.map((message) => infos(dialect === 'plan' ? message['546051'] : message)).filter((linked) => Object.keys(linked).length > 0)
    await until(() => shown().length > 0, 'linked nodes')
    expect(shown()[0]).toEqual(behind)
    const { data } = (await (await fetch(`${app.url}api/v1/nodes/ami/status?nodes=546051`)).json()) as { data: Record<string, object> }
    expect(infos(data['546051'])).toEqual(behind)
  }
})
