/** Names reach viewers by patch: EchoLink's from Asterisk, the node list's whenever the file changes. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { displayName } from '../../../protocol/names.ts'
import type { AppOptions } from '../../src/app.ts'
import { AstDb } from '../../src/config/astdb.ts'
import { systemClock } from '../../src/env/clock.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk, FakeAsteriskOptions } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { letRun, ManualClock } from '../support/manualClock.ts'
import { nodeConfig, runApp, until, Watcher } from '../support/running.ts'
import { TcpProxy } from '../support/tcpProxy.ts'

const NODE = '546051'
const OTHER = '546055'
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function running(asterisk: FakeAsteriskOptions = {}, options: Partial<AppOptions> = {}) {
  const clock = new ManualClock()
  ends.push(letRun(clock))
  const fake = await startFakeAsterisk({
    nodes: [NODE, OTHER], links: {}, telemetry: false, clock,
    echoLink: { '101425': 'W5GLE-L', '9999': '*ECHOTEST*' }, ...asterisk,
  })
  ends.push(() => fake.close())
  const proxy = new TcpProxy(fake.port)
  await proxy.listen()
  ends.push(() => proxy.refuse())
  const app = await runApp([nodeConfig(NODE, proxy.port), nodeConfig(OTHER, proxy.port)], { clock, ...options })
  ends.push(() => app.close(0))
  const viewer = new Watcher(app, NODE)
  ends.push(() => { viewer.close() })
  await viewer.up()
  const said = (pattern: RegExp) => [...proxy.said.matchAll(pattern)].map(([, text]) => text)
  return {
    fake, app, viewer,
    asked: () => said(/^Command: (.*)\r$/gm),
    polls: () => said(/^COMMAND: (XStat)\r$/gm).length,
  }
}

function shown(viewer: Watcher, link: string): string | null {
  const state = viewer.link(link)
  return state === undefined ? null : displayName(state)
}
const named = (viewer: Watcher, link: string) => (shown(viewer, link) ?? '') !== ''
const patches = (viewer: Watcher, from = 0) =>
  viewer.frames.slice(from).flatMap((frame) => (frame.type === 'patch' ? [frame.patch] : []))
const link = (fake: FakeAsterisk, name: string, node = NODE) => fake.connect({ node, link: name, direction: 'IN' })

describe('an EchoLink link', () => {
  for (const [kind, options] of Object.entries<FakeAsteriskOptions>({
    'of Asterisk 22': {},
    'of ASL2': { knobs: { dialect: 'asl2' } },
    'of a torn stream': { knobs: { splitWrites: true } },
  })) {
    it(`${kind} is there at once, its name soon after and by itself`, async () => {
      const { fake, viewer, asked } = await running(options)
      const from = viewer.frames.length
      await link(fake, '3101425')
      await viewer.until(() => viewer.link('3101425') !== undefined, 'the row')
      await viewer.until(() => shown(viewer, '3101425') === 'W5GLE-L [EchoLink 101425]', 'the name')
      const seen = patches(viewer, from).map(({ links }) => links?.['3101425'])
      expect(seen[0]).toMatchObject({ kind: 'echolink' })
      expect(seen[0]).not.toMatchObject({ callsign: 'W5GLE-L' })
      expect(seen).toContainEqual({ callsign: 'W5GLE-L', description: '[EchoLink 101425]' })
      expect(asked()).toEqual(['echolink dbget nodename 101425'])
      expect(JSON.stringify(viewer.frames)).not.toMatch(/192\.0\.2|198\.51\.100|203\.0\.113/)
    })
  }

  it('is asked for once, for every node of that Asterisk', async () => {
    const { fake, app, viewer, asked } = await running()
    const other = new Watcher(app, OTHER)
    ends.push(() => { other.close() })
    await other.up()
    await link(fake, '3101425')
    await viewer.until(() => named(viewer, '3101425'), 'the name')
    await fake.disconnect({ node: NODE, link: '3101425' })
    await link(fake, '3101425', OTHER)
    await other.until(() => shown(other, '3101425') === 'W5GLE-L [EchoLink 101425]', 'the name, known already')
    expect(patches(other).flatMap(({ links }) => links?.['3101425']?.callsign ?? [])).toEqual(['W5GLE-L'])
    expect(asked()).toHaveLength(1)
  })

  it('that the node list names is not asked for', async () => {
    const identity = { callsign: 'KG5DRT', description: 'Conference', location: null }
    const { fake, viewer, asked } = await running({}, { names: (id) => (id === '3000546' ? identity : null) })
    // Of two that have no name yet, the lower number would be asked for first.
    await link(fake, '3000546')
    await link(fake, '3101425')
    await viewer.until(() => named(viewer, '3000546') && named(viewer, '3101425'), 'both names')
    expect(shown(viewer, '3000546')).toBe('KG5DRT Conference')
    expect(asked()).toEqual(['echolink dbget nodename 101425'])
  })

  it('that the directory does not have is a row without a name, and no trouble to anybody', async () => {
    const { fake, app, viewer } = await running()
    await link(fake, '3000012')
    await link(fake, '3101425')
    await viewer.until(() => named(viewer, '3101425'), 'the one that has a name')
    expect(viewer.link('3000012')).toMatchObject({
      kind: 'echolink', callsign: null, description: null, state: 'established',
    })
    expect(viewer.frames.filter(({ type }) => type === 'error')).toEqual([])
    expect(app.log.filter(({ level }) => level === 'warn')).toEqual([])
  })
})

describe('an Asterisk that cannot tell', () => {
  it('without EchoLink: rows stay, one question a session, one line in the log', async () => {
    const { fake, app, viewer, asked } = await running({ knobs: { echoLinkLoaded: false } })
    await link(fake, '3101425')
    await until(() => app.log.some(({ message }) => message.includes('chan_echolink')), 'the log says so')
    await link(fake, '3009999')
    await viewer.until(() => viewer.link('3009999')?.state === 'established', 'the other row')
    await fake.key({ node: NODE, on: true })
    await viewer.until(({ rx }) => rx === true, 'and all goes on')
    expect(asked()).toHaveLength(1)
    expect([shown(viewer, '3101425'), shown(viewer, '3009999')]).toEqual(['', ''])

    // It comes back with the module.
    fake.setKnobs({ echoLinkLoaded: true })
    await fake.outage({ ms: 100 })
    await viewer.until(() => named(viewer, '3101425') && named(viewer, '3009999'), 'names in the next session')
    expect(app.log.filter(({ message }) => message.includes('EchoLink'))).toHaveLength(1)
  })

  it('a user without write=command: the log names the right, viewers miss a name and nothing else', async () => {
    const { fake, app, viewer, asked } = await running({ read: 'call', write: '' })
    await link(fake, '3101425')
    await until(() => app.log.some(({ message }) => message.includes('write=')), 'the log says so')
    await link(fake, '3009999')
    await viewer.until(() => viewer.link('3009999')?.state === 'established', 'the other row')
    expect([viewer.state.reach, asked().length]).toEqual(['up', 1])
  })

  it('hangs over the question: the nodes are back soon, and it is not asked that again', async () => {
    const knobs: FakeAsteriskOptions['knobs'] = { faults: [{ action: 'Command', kind: 'never' }] }
    const { fake, app, viewer, asked, polls } = await running({ knobs })
    await link(fake, '3101425')
    await viewer.until(({ reach }) => reach === 'down', 'the session is given up')
    await viewer.up()
    await viewer.until(() => viewer.link('3101425')?.state === 'established', 'the row')
    await fake.key({ node: NODE, on: true })
    await viewer.until(({ rx }) => rx === true, 'key-ups come')
    const before = polls()
    await until(() => polls() >= before + 3, 'three polls more')
    expect([viewer.state.reach, asked().length]).toEqual(['up', 1])
    expect(app.log.filter(({ message }) => message.includes('hung'))).toHaveLength(1)
  })
})

describe('a hostile name', () => {
  const names = {
    markup: ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)> [EchoLink 101425]'],
    'line ends': ['W5GLE\r\n\r\nEvent: RPT_RXKEYED\r\nNode: 546051\r\nEventValue: 1\r\n', 'W5GLE [EchoLink 101425]'],
    'ten thousand characters': ['x'.repeat(10_240), `${'x'.repeat(40)}… [EchoLink 101425]`],
    'a reversed rest': ['W5GLE\u202e\u0007-L', 'W5GLE -L [EchoLink 101425]'],
  } as const
  for (const [kind, [name, text]] of Object.entries(names)) {
    it(`of ${kind} is bounded text`, async () => {
      const { fake, viewer } = await running({ echoLink: { '101425': name, '9999': '*ECHOTEST*' } })
      await link(fake, '3101425')
      await link(fake, '3009999')
      await viewer.until(() => named(viewer, '3009999') && named(viewer, '3101425'), 'both names')
      expect(shown(viewer, '3101425')).toBe(text)
      expect([viewer.state.rx, viewer.state.reach]).toEqual([false, 'up'])
    })
  }
})

describe('the node list', () => {
  it('written anew renames what open viewers see, and nothing else changes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'names-'))
    ends.push(() => rm(folder, { recursive: true }))
    const [astdb, own] = [join(folder, 'astdb.txt'), join(folder, 'privatenodes.txt')]
    const hub = '2000|WB6NIL|ASL Public Hub|Los Angeles, CA'
    await writeFile(astdb, `${NODE}|W5GLE|Hub|Example Town\n48752|N0CALL|Repeater|Example Town\n${hub}\n`)
    await writeFile(own, '')
    const list = new AstDb({ files: [own, astdb] })
    await list.refresh()
    const { fake, app, viewer } = await running({}, { names: (id) => list.lookup(id) })
    list.onChange(() => { app.namesChanged() })
    ends.push(list.watch(systemClock, 20))
    for (const name of ['48752', '2000', '1998', 'KG5DRT-1']) await link(fake, name)
    const polled = () => Object.values(viewer.state.links).filter(({ direction }) => direction !== null)
    await viewer.until(() => polled().length === 4, 'four links')
    expect(['48752', '1998', 'KG5DRT-1'].map((name) => shown(viewer, name))).toEqual([
      'N0CALL Repeater Example Town', '', 'KG5DRT-1 Web Transceiver or IaxRpt',
    ])
    const from = viewer.frames.length
    const idle = viewer.state

    await writeFile(astdb, `${NODE}|W5GLE|Hub|Elsewhere\n48752|W5GLE|Repeater|\n${hub}\n`)
    await viewer.until(() => shown(viewer, '48752') === 'W5GLE Repeater', 'the new name of the link')
    await writeFile(own, '1998|W5GLE|Bench radio|\n')
    await viewer.until(() => shown(viewer, '1998') === 'W5GLE Bench radio', 'the name of the private node')
    expect(patches(viewer, from)).toEqual([
      { location: 'Elsewhere', links: { '48752': { callsign: 'W5GLE', location: null } } },
      { links: { '1998': { callsign: 'W5GLE', description: 'Bench radio' } } },
    ])
    expect(viewer.state.links['2000']).toEqual(idle.links['2000'])

    // A look at the same names, written again, is no news.
    await writeFile(own, '1998|W5GLE|Bench radio|\n1999|W5GLE|Another|\n')
    await until(() => list.lookup('1999') !== null, 'it is read')
    expect(patches(viewer, from).slice(2)).toEqual([])
  })

  it('renames a node that nobody watches yet, too', async () => {
    let callsign = 'N0CALL'
    const names = (id: string) => (id === OTHER ? { callsign, description: null, location: null } : null)
    const { app } = await running({}, { names })
    callsign = 'W5GLE'
    app.namesChanged()
    const viewer = new Watcher(app, OTHER)
    ends.push(() => { viewer.close() })
    await viewer.up()
    expect(viewer.state.callsign).toBe('W5GLE')
  })
})
