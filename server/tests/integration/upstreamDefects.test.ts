/**
 * Defects of Supermon-NG's server side that only a whole gateway can show to be absent: what is old or unknown told as true, and a
 * voter route that fails before it refuses.
 */
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsteriskOptions } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { Fault } from '../../src/fake-asterisk/knobs.ts'
import { cookieFor, openClub } from '../support/club.ts'
import { nodeConfig, runApp, until } from '../support/running.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const NODE = '546051'

async function scene(fakeOptions: FakeAsteriskOptions = {}, options: Parameters<typeof runApp>[1] = {}) {
  const fake = await startFakeAsterisk({ nodes: [NODE], links: { [NODE]: [{ name: '48752' }] }, ...fakeOptions })
  closers.push(() => fake.close())
  const app = await runApp([nodeConfig(NODE, fake.port)], options)
  closers.push(() => app.close(0))
  const row = async () => ((await (await fetch(`${app.url}api/v1/nodes/ami/status?nodes=${NODE}`)).json()) as { data: Record<string, Row> }).data[NODE]
  return { fake, app, row }
}
interface Row {
  readonly status: string
  readonly info: string
  readonly cos_keyed: number
  readonly remote_nodes: readonly { readonly keyed: string }[]
}

/** Everything that a page of that dialect is told, oldest first. */
function page(url: string, dialect: 'plan' | 'supermon-ng') {
  const told: Row[] = []
  const socket = new WebSocket(`${url.replace('http', 'ws')}ws/${NODE}`)
  closers.push(() => { socket.terminate() })
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as Row & Record<string, Row>
    told.push(dialect === 'plan' ? (message[NODE] as Row) : message)
  })
  return { told, leave: () => { socket.terminate() } }
}

describe('D-4 a state that is kept while nobody watches', () => {
  it.each(['plan', 'supermon-ng'] as const)('is never told as how things are to the next page that comes: %s', async (dialect) => {
    const { fake, app, row } = await scene({}, { dialect, lingerMs: 30 })
    const first = page(app.url, dialect)
    await fake.key({ node: NODE, on: true })
    await until(() => first.told.at(-1)?.cos_keyed === 1, 'somebody talks')
    first.leave()
    await until(() => fake.state().sessions === 0, 'nobody watches')
    await fake.key({ node: NODE, on: false })
    // Whatever is known now is of then, and Asterisk takes its time to say more.
    fake.setKnobs({ replyDelayMs: 300 })
    const second = page(app.url, dialect)
    await until(() => second.told.length > 0, 'a first message')
    expect(second.told[0]).toMatchObject({ status: 'unknown', cos_keyed: 0 })
    await until(() => second.told.at(-1)?.status === 'online', 'how it is')
    expect(second.told.filter(({ cos_keyed }) => cos_keyed === 1)).toEqual([])
    expect((await row())?.status).toBe('online')
  })
})

describe('D-14 an XStat that fails', () => {
  const faults: Record<string, Fault> = {
    'is refused': { kind: 'refuse', command: 'XStat', message: 'RptStatus failed' },
    'is never answered': { kind: 'never', command: 'XStat' },
    'is cut in the middle': { kind: 'cut', command: 'XStat' },
  }
  it.each(Object.entries(faults))('%s is not told as a quiet node: not online, the reason in place of the name', async (_name, fault) => {
    const { app, row } = await scene({ knobs: { faults: [fault] } })
    for (const dialect of ['first', 'again']) {
      const answer = await row()
      expect(answer?.status, dialect).not.toBe('online')
      expect(answer?.remote_nodes, dialect).toEqual([])
      expect(answer?.info, dialect).toMatch(/\w{3}/)
    }
    const { told } = page(app.url, 'plan')
    await until(() => told.at(-1)?.status === 'offline', 'a page is told')
    expect(told.map(({ status }) => status)).not.toContain('online')
  })

  it('after it was well takes back what was known of who talks', async () => {
    const { fake, app, row } = await scene()
    const { told } = page(app.url, 'plan')
    await fake.linkKey({ node: NODE, link: '48752', on: true })
    await until(() => told.at(-1)?.remote_nodes[0]?.keyed === 'yes', 'a link talks')
    fake.setKnobs({ faults: [{ kind: 'refuse', command: 'XStat', message: 'RptStatus failed' }] })
    await until(() => told.at(-1)?.status === 'offline', 'told')
    expect(told.at(-1)?.remote_nodes[0]?.keyed).toBe('n/a')
    expect(await row()).toMatchObject({ status: 'offline', remote_nodes: [{ keyed: 'n/a' }] })
  })
})

describe('D-16 the status of a voter', () => {
  it('of a node that is not here is 404, a list is refused in words, and nothing is a 500', async () => {
    const { app } = await scene({ voters: { [NODE]: [{ name: 'North', rssi: 100 }] } })
    const ask = async (query: string) => {
      const response = await fetch(`${app.url}api/v1/nodes/voter/status${query}`)
      return [response.status, ((await response.json()) as { code?: string }).code]
    }
    expect(await ask('?node=99999')).toEqual([404, 'no-such-node'])
    expect(await ask(`?node=${NODE},99999`)).toEqual([400, 'bad-node'])
    expect(await ask('?node=')).toEqual([400, 'no-nodes'])
    expect(await ask('')).toEqual([400, 'no-nodes'])
    expect((await ask(`?node=${NODE}`))[0]).toBe(200)
  })

  it("goes by the user's own ini file", async () => {
    const { app } = await openClub(closers, 'none')
    const code = async (node: string, cookie: string) =>
      ((await (await fetch(`${app.url}api/v1/nodes/voter/status?node=${node}`, { headers: { cookie } })).json()) as { code?: string }).code
    const [all, one] = [await cookieFor(app, 'W5GLE'), await cookieFor(app, 'WB6NIL')]
    // Asterisk was asked, and has no voters; or it was not.
    const [asked, hidden] = ['voter-not-loaded', 'no-such-node']
    expect([await code(NODE, all), await code('546055', all)]).toEqual([asked, asked])
    expect([await code(NODE, one), await code('546055', one)]).toEqual([hidden, asked])
    expect([await code(NODE, ''), await code('546055', '')]).toEqual([hidden, hidden])
  })
})
