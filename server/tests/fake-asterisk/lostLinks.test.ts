/** Links that are not permanent and whose far end goes without a word: what stays on the list, for how long, and what events tell. */
import { afterEach, describe, expect, test } from 'vitest'
import type { FakeAsterisk, FakeAsteriskOptions, FakeLinkState } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { startBench } from './bench.ts'
import type { ManualClock } from '../support/manualClock.ts'
import { loggedIn } from './rawClient.ts'
import type { RawClient } from './rawClient.ts'

let fake: FakeAsterisk
let clock: ManualClock
let client: RawClient
afterEach(async () => {
  client.close()
  await fake.close()
})

type Spec = NonNullable<Exclude<FakeAsteriskOptions['links'], number>>[string][number]
async function start(link: Partial<Spec> = {}, knobs: FakeAsteriskOptions['knobs'] = {}, tlb: readonly string[] = []): Promise<void> {
  ;({ fake, clock } = await startBench({ knobs, tlb, links: { '1999': [{ name: '2001', ageMs: 60_000, peer: '192.0.2.1', ...link }] } }))
  client = await loggedIn(fake.port, { events: 'call' })
}

const lose = (ms = 3_600_000) => fake.lose({ node: '1999', link: Object.keys(fake.state().nodes['1999']?.links ?? {})[0] ?? '', ms })
const link = (): FakeLinkState | undefined => Object.values(fake.state().nodes['1999']?.links ?? {})[0]
/** The values of RPT_ALINKS and RPT_LINKS since the last look. */
async function told(): Promise<readonly string[]> {
  client.action({ Action: 'Ping' })
  const text = await client.take('Ping: Pong')
  return [...text.matchAll(/Event: RPT_A?LINKS\r\n[^]*?EventValue: (.*)\r\n/g)].map((match) => match[1] ?? '')
}
async function command(line: string): Promise<void> {
  client.action({ Action: 'Command', Command: line })
  await client.take('Response: Success')
  clock.advance(20)
}
async function conn(): Promise<string | undefined> {
  client.action({ Action: 'RptStatus', COMMAND: 'XStat', NODE: '1999' })
  return /^Conn: (.*?) *\r$/m.exec(await client.take('tel_mode'))?.[1]
}

describe('a link that the node called, and is not permanent', () => {
  test('is kept for 5 s as one that is called, without a channel, and is not called again', async () => {
    await start({ behind: ['T2002'] })
    await lose(1_000)
    expect(await told()).toEqual(['1,2001TU', '1,T2001'])
    expect(await conn()).toMatch(/^2001 {6}\(none\) {14}0 {11}OUT {8}00:00:00 {12}CONNECTING$/)
    clock.advance(4_980)
    expect(link()).toMatchObject({ state: 'CONNECTING', peer: '(none)', reconnects: 0 })
    expect(await told()).toEqual([])
    clock.advance(20)
    expect(link()).toBeUndefined()
    expect(await told()).toEqual(['1,2001CU', '1,C2001', '', '0'])
  })

  test('is left as it is by an order to connect it, and ended by one to disconnect it, which events tell once', async () => {
    await start()
    await lose()
    await command('rpt cmd 1999 ilink 2 2001')
    expect(link()).toMatchObject({ mode: 'transceive', state: 'CONNECTING', peer: '(none)' })
    await command('rpt cmd 1999 ilink 1 2001')
    expect(link()).toBeUndefined()
    clock.advance(60_000)
    expect(await told()).toEqual(['', '0'])
  })

  test('is another one when it is made anew meanwhile, and stays', async () => {
    await start()
    await lose()
    await command('rpt cmd 1999 ilink 1 2001')
    await command('rpt cmd 1999 ilink 3 2001')
    clock.advance(60_000)
    expect(link()).toMatchObject({ state: 'ESTABLISHED', reconnects: 0 })
  })

  test('ends at once when this end orders it, which events tell', async () => {
    await start()
    await fake.disconnect({ node: '1999', link: '2001' })
    expect(await told()).toEqual(['', '0'])
  })

  test.each([['EchoLink', '3101425', false], ['EchoLink', '3101425', true], ['TheLinkBox', '2202', true]])('of %s is gone at once: %s, permanent: %s', async (_what, name, permanent) => {
    await start({ name, permanent }, {}, ['2202'])
    await lose(1_000)
    expect(link()).toBeUndefined()
    clock.advance(60_000)
    expect(link()).toBeUndefined()
    expect(await told()).toEqual(['', '0'])
  })
})

describe('of an app_rpt up to 3.3', () => {
  test('it is called again, and back when it answers', async () => {
    await start({ behind: ['T2002'] }, { redialsAll: true })
    await lose(7_000)
    await told()
    clock.advance(5_000)
    expect(link()).toMatchObject({ state: 'CONNECTING', peer: '192.0.2.1', connectedAt: clock.now() })
    clock.advance(5_000)
    expect(link()).toMatchObject({ state: 'CONNECTING', peer: '(none)' })
    clock.advance(5_250)
    expect(link()).toMatchObject({ state: 'ESTABLISHED', reconnects: 1, permanent: false, connectedAt: clock.now() - 250 })
    expect(fake.state().nodes['1999']?.linkedNodes).toEqual(['T2001', 'T2002'])
    clock.advance(60_000)
    expect(link()?.state).toBe('ESTABLISHED')
    expect(await told()).toEqual([])
  })

  test('it goes after two calls in vain, which events tell once', async () => {
    await start({}, { redialsAll: true })
    await lose(25_000)
    clock.advance(24_980)
    expect(link()).toMatchObject({ state: 'CONNECTING', peer: '(none)', reconnects: 0 })
    clock.advance(20)
    expect(link()).toBeUndefined()
    expect(await told()).toEqual(['', '0'])
  })
})

describe('a link of a node that called', () => {
  test('stands for 10 s without a channel, silent, and goes', async () => {
    await start({ direction: 'IN' })
    await fake.linkKey({ node: '1999', link: '2001', on: true })
    await lose()
    expect(await told()).toEqual(['1,2001TK', '1,T2001', '1,2001TU', '1,T2001'])
    await expect(fake.linkKey({ node: '1999', link: '2001', on: true })).rejects.toThrow(/lost, and cannot talk/)
    clock.advance(9_980)
    expect(await conn()).toMatch(/^2001 {6}\(none\) {14}0 {11}IN {9}00:01:09 {12}ESTABLISHED$/)
    clock.advance(20)
    expect(link()).toBeUndefined()
    expect(await told()).toEqual(['1,2001TU', '1,T2001', '', '0'])
  })

  test('is replaced when it calls again', async () => {
    await start({ direction: 'IN' })
    await lose()
    clock.advance(3_000)
    await fake.connect({ node: '1999', link: '2001' })
    expect(await told()).toEqual(['', '0', '1,2001TU', '1,T2001'])
    clock.advance(60_000)
    expect(link()).toMatchObject({ direction: 'IN', state: 'ESTABLISHED', reconnects: 1, connectedAt: clock.now() - 60_000 })
  })

  test('goes at once where it is no node', async () => {
    await start({ name: 'W1AW', direction: 'IN' })
    await lose()
    clock.advance(20)
    expect(link()).toBeUndefined()
    expect(await told()).toEqual(['1,W1AWTU', '1,TW1AW', '', '0'])
  })
})
