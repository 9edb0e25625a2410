/** Voters end to end: fake Asterisk → AMI → feed → gateway → socket. */
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { applyVoterPatch, EMPTY_VOTER, readVoter } from '../../../protocol/voter.ts'
import type { VoterFrame, VoterState } from '../../../protocol/voter.ts'
import type { AppOptions } from '../../src/app.ts'
import { parseAllmonIni } from '../../src/config/allmonIni.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsteriskOptions } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { cookieFor, openClub, openSocket } from '../support/club.ts'
import { freePorts } from '../support/freePorts.ts'
import { runApp, until } from '../support/running.ts'
import { ownAddress } from '../support/tcpProxy.ts'

/** Ports that are free here are given to nobody else meanwhile. */
const HOST = ownAddress()

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const RECEIVERS = [
  { name: 'Ridge', rssi: 0, master: true }, { name: 'North <img src=x onerror=alert(1)>', rssi: 0 }, { name: 'Harbor', mix: true, rssi: 0 },
  { name: 'Campus', active: false },
] as const

async function scene(options: Partial<AppOptions> = {}, asterisk: Partial<FakeAsteriskOptions> = {}) {
  const fake = await startFakeAsterisk({ nodes: ['546051', '546056'], links: 0, voters: { '546056': RECEIVERS }, ...asterisk })
  closers.push(() => fake.close())
  const section = (id: string) => `[${id}]\nhost=127.0.0.1:${fake.port}\nuser=admin\npasswd=demo\n`
  const config = parseAllmonIni(`${section('546051')}${section('546056')}[Voter]\nrtcmnode=546056\n[Same]\nrtcmnode=546056\n[Other]\nrtcmnode=546051\n`, 'allmon.ini')
  const app = await runApp(config.nodes, { site: config, ...options })
  closers.push(() => app.close(0))
  return { fake, app, config }
}

/** A viewer that keeps the voter as a client would. */
function watchVoter(url: string) {
  const socket = new WebSocket(url, 'supermon.v2')
  closers.push(() => { socket.terminate() })
  const seen = { socket, frames: [] as VoterFrame[], state: EMPTY_VOTER, code: null as number | null }
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as VoterFrame
    seen.frames.push(frame)
    if (frame.type === 'snapshot') seen.state = readVoter(frame.state)
    if (frame.type === 'patch') seen.state = applyVoterPatch(seen.state, frame.patch)
  })
  socket.on('close', (code) => { seen.code = code })
  socket.on('error', () => undefined)
  return { seen, until: (check: (state: VoterState) => boolean) => until(() => check(seen.state), () => JSON.stringify(seen.state)) }
}
const socketUrl = (app: { url: string }, path: string) => `${app.url.replace('http', 'ws')}${path}`

describe('a voter in Asterisk', () => {
  it('V-1 V-2 V-4 is followed: who is voted, how strong, who has gone; nothing comes while nothing changes', async () => {
    const { fake, app } = await scene()
    const { seen, until: sees } = watchVoter(socketUrl(app, 'ws/voter/546056'))
    await sees(({ reach }) => reach === 'up')
    expect(seen.state).toEqual({
      reach: 'up', reachReason: null, voted: null,
      receivers: {
        Ridge: { rssi: 0, state: 'voting', master: true, order: 0 },
        'North <img src=x onerror=alert(1)>': { rssi: 0, state: 'voting', master: false, order: 1 },
        Harbor: { rssi: 0, state: 'mix', master: false, order: 2 },
        Campus: { rssi: 0, state: 'inactive', master: false, order: 3 },
      },
    })
    await fake.setReceiver({ node: '546056', receiver: 'Ridge', rssi: 187 })
    await fake.key({ node: '546056', on: true })
    await sees(({ voted, receivers }) => voted === 'Ridge' && receivers['Ridge']?.state === 'voted' && receivers['Ridge'].rssi === 187)
    await fake.setReceiver({ node: '546056', receiver: 'Ridge', active: false })
    await sees(({ receivers }) => receivers['Ridge']?.state === 'inactive')
    // Two questions later nothing has been said, as nothing has changed.
    const { length } = seen.frames
    await new Promise((resolve) => setTimeout(resolve, 450))
    expect(seen.frames.slice(length)).toEqual([])
  })

  it('V-4 changes at most five times a second, however restless its receivers are', async () => {
    const { fake, app } = await scene({}, { voters: { '546056': Array.from({ length: 12 }, (_, i) => ({ name: `Site ${i}` })) } })
    const { seen, until: sees } = watchVoter(socketUrl(app, 'ws/voter/546056'))
    await sees(({ reach }) => reach === 'up')
    await fake.key({ node: '546056', on: true })
    await sees(({ voted }) => voted !== null)
    const from = seen.frames.length
    await until(() => seen.frames.length > from + 5, 'six changes')
    const times = seen.frames.slice(from).filter(({ type }) => type === 'patch').map(({ at }) => at)
    const [first = 0, sixth = 0] = [times[0], times[5]]
    // Five waits of 200 ms, less what a slow machine took for the first answer.
    expect(sixth - first).toBeGreaterThan(650)
  })

  it('V-2 is resumed where a viewer left it', async () => {
    const { app } = await scene()
    const first = watchVoter(socketUrl(app, 'ws/voter/546056'))
    await first.until(({ reach }) => reach === 'up')
    const { epoch, seq } = first.seen.frames.at(-1) as { epoch: string; seq: number }
    const second = watchVoter(socketUrl(app, `ws/voter/546056?epoch=${epoch}&seq=${seq}`))
    await until(() => second.seen.frames.length >= 2, 'greeted')
    expect(second.seen.frames[1]?.type).toBe('current')
  })

  it('V-3 is told as unreachable with the reason when Asterisk dies, and comes back', async () => {
    const { fake, app } = await scene()
    const { until: sees } = watchVoter(socketUrl(app, 'ws/voter/546056'))
    await sees(({ reach }) => reach === 'up')
    await fake.outage({ ms: 60_000 })
    await sees(({ reach, reachReason, receivers }) => reach !== 'up' && reachReason?.code.startsWith('ami-') === true && receivers['Ridge']?.rssi === null)
    await fake.outage({ ms: 0 })
    await sees(({ reach, receivers }) => reach === 'up' && receivers['Ridge']?.rssi === 0)
  })

  it('that is none says so on a socket that stays', async () => {
    const { app } = await scene()
    const { seen, until: sees } = watchVoter(socketUrl(app, 'ws/voter/546051'))
    await sees(({ reachReason }) => reachReason?.code === 'no-voter')
    expect(seen.code).toBeNull()
  })

  it('V-5 is told as escaped markup to whoever asks for no subprotocol', async () => {
    const { app } = await scene()
    const socket = new WebSocket(socketUrl(app, 'ws/voter/546056'))
    closers.push(() => { socket.terminate() })
    const texts: string[] = []
    socket.on('message', (data: Buffer) => { texts.push(data.toString()) })
    await until(() => texts.some((text) => text.includes('Ridge')), 'markup')
    for (const text of texts) expect(text).toMatch(/^<div class="voter-data">.*<\/div>$/)
    expect(texts.at(-1)).toContain('North &#60;img')
    expect(texts.at(-1)).not.toContain('<img')
  })
})

describe('V-1 at the door of a voter', () => {
  it('are the limits, refusals and paths of any socket', async () => {
    const { app, config } = await scene({ limits: { viewersPerAddress: 1, viewersPerLoopback: 3 } })
    const code = async (path: string, headers: Record<string, string> = {}) => {
      const seen = openSocket(app, path, headers)
      closers.push(() => { seen.socket.terminate() })
      await until(() => seen.code !== null || seen.status !== null || seen.types.includes('snapshot'), path)
      return seen.status ?? seen.code
    }
    expect(await code('ws/voter/1')).toBe(4504)
    expect(await code('ws/voter/%20')).toBe(4500)
    expect(await code('ws/voter/546056/more')).toBe(404)
    expect(await code('ws/voter/546056', { origin: 'https://elsewhere.example' })).toBe(4503)
    const { seen } = watchVoter(socketUrl(app, 'ws/voter/546056'))
    await until(() => seen.frames.length > 1, 'seated')
    expect(await code('ws/546056')).toBeNull()
    expect(await code('ws/voter/546056')).toBeNull()
    expect(await code('ws/voter/546056')).toBe(4429)
    app.reconfigure(config.nodes.slice(0, 1))
    await until(() => seen.code !== null, 'closed')
    expect(seen.code).toBe(4504)
  })

  it('are the rights and tickets of its node', async () => {
    const { app } = await openClub(closers, 'none', { tickets: 'required' })
    const cookie = await cookieFor(app, 'WB6NIL')
    const code = async (node: string, who = cookie, ticketFor = node) => {
      const { token = 'x' } = (await (await fetch(`${app.url}api/v1/nodes/${ticketFor}/websocket/token`, { headers: { cookie: who } })).json()) as { token?: string }
      const seen = openSocket(app, `ws/voter/${node}?token=${token}`, { cookie: who })
      closers.push(() => { seen.socket.terminate() })
      await until(() => seen.code !== null || seen.types.includes('snapshot'), node)
      return seen.code
    }
    expect(await code('546055')).toBeNull()
    expect(await code('546055', '')).toBe(4401)
    expect(await code('546051', cookie, '546055')).toBe(4401)
    expect(await code('546055', await cookieFor(app, 'W5GLE'), '546051')).toBe(4401)
  })

  it('stands asked to go when the server stops', async () => {
    const { app } = await scene()
    const { seen } = watchVoter(socketUrl(app, 'ws/voter/546056'))
    await until(() => seen.frames.length > 1, 'seated')
    await app.close(1_000)
    await until(() => seen.code !== null, 'closed')
    expect([seen.frames.at(-1)?.type, seen.code]).toEqual(['goaway', 1012])
  })
})

describe('V-6 a port per voter', () => {
  it('serves the node of each rtcmnode entry once, in order, as markup, and follows the configuration', async () => {
    const base = await freePorts(2, HOST)
    const { app, config } = await scene({ voterPorts: base, host: HOST })
    expect([app.voterPort('546056'), app.voterPort('546051'), app.voterPort('1')]).toEqual([base, base + 1, null])
    const firstWord = (port: number, path = '/') =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(`ws://${HOST}:${port}${path}`)
        closers.push(() => { socket.terminate() })
        socket.on('message', (data: Buffer) => { if (data.includes('Node')) resolve(/Node (\d+)/.exec(data.toString())?.[1] ?? '') })
        socket.on('unexpected-response', (_request, response) => { resolve(String(response.statusCode)) })
        socket.on('error', () => undefined)
      })
    expect(await firstWord(base)).toBe('546056')
    expect(await firstWord(base, '/ws/voter/546056')).toBe('546056')
    expect(await firstWord(base, '/ws/546056')).toBe('404')
    app.reconfigure(config.nodes, { ...config, voters: config.voters.slice(0, 1) })
    await until(() => app.voterPort('546051') === null, 'one voter')
    const { seen } = watchVoter(`ws://${HOST}:${base}/`)
    await until(() => seen.state.reach === 'up', 'up')
  })

  it('that is taken is told of with the option that gives another', async () => {
    const base = await freePorts(1, HOST)
    const { app } = await scene({ voterPorts: base, nodePorts: base, host: HOST })
    expect(app.log.filter(({ message }) => message.includes('--voter-ports'))).toHaveLength(2)
  })
})
