import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { readCapture } from '../fixtures/capture.ts'
import { startBench } from './bench.ts'
import type { ManualClock } from '../support/manualClock.ts'
import { replay } from './replay.ts'
import type { Played } from './replay.ts'

let fake: FakeAsterisk
let clock: ManualClock

beforeEach(async () => {
  ;({ fake, clock } = await startBench())
})
afterEach(() => fake.close())

/** Of a command's usage the fake has the first line, which says how it is written. */
function withoutExplanations(reply: string): string {
  return reply.replaceAll(/(Output: Usage: .*\r\n)(?:Output: .*\r\n)*/g, '$1')
}

function expectSame(played: readonly Played[]): void {
  expect(played.length).toBeGreaterThan(0)
  for (const { sent, expected, got } of played) expect({ sent, reply: got }).toEqual({ sent, reply: withoutExplanations(expected) })
}

describe('the fake says what a real Asterisk 22 with app_rpt 3.10.4 said', () => {
  test.each([
    '01-login-ok-events-off',
    '02-login-refused',
    '03-before-login',
    '04-xstat-sawstat-nodestat-zero-links',
    '05-rptstatus-errors',
    '06-command-output',
    '12-authtimeout',
    '14-rpt-cmd-errors',
    '21-permissions',
    '46-usage-and-filters',
  ])('%s', async (name) => {
    expectSame(await replay(readCapture(name), fake.port, clock))
  })

  test('08-login-md5, with the key made from this challenge', async () => {
    const rewrite = (request: string, got: string) => {
      const challenge = /Challenge: (\d+)/.exec(got)?.[1] ?? ''
      const key = createHash('md5').update(`${challenge}testsecret`).digest('hex')
      return request.replace(/Key: [0-9a-f]+/, `Key: ${key}`)
    }
    expectSame(await replay(readCapture('08-login-md5'), fake.port, clock, { rewrite }))
  })

  /** Links came and went and somebody talked before these captures were made. */
  async function someHistory(): Promise<void> {
    await fake.connect({ node: '1999', link: '1998' })
    clock.advance(4_000)
    await fake.key({ node: '1998', on: true, ms: 1_000 })
    clock.advance(4_000)
    await fake.disconnect({ node: '1999', link: '1998' })
    clock.advance(4_000)
  }

  test('07-xstat-custom-vars', async () => {
    await someHistory()
    expectSame(await replay(readCapture('07-xstat-custom-vars'), fake.port, clock))
  })

  test('09-malformed-input', async () => {
    await someHistory()
    await replay(readCapture('07-xstat-custom-vars'), fake.port, clock)
    expectSame(await replay(readCapture('09-malformed-input'), fake.port, clock))
  })

  test('10-connect-xstat-sawstat-disconnect, with a key-up of node 1997', async () => {
    const before = {
      'ActionID: x5\r': () => {
        clock.advance(600)
        return fake.key({ node: '1997', on: true })
      },
      'ActionID: x6\r': () => fake.key({ node: '1997', on: false }),
    }
    expectSame(await replay(readCapture('10-connect-xstat-sawstat-disconnect'), fake.port, clock, { before }))
  })

  test('22-no-read-call: a key-up brings nothing to a user without read=call', async () => {
    const before = { 'core show uptime': () => fake.key({ node: '1997', on: true, ms: 1_200 }) }
    expectSame(await replay(readCapture('22-no-read-call'), fake.port, clock, { before }))
  })
})

describe('a voter', () => {
  const receivers = [
    { name: 'NORTH', address: '127.0.0.1:20001', master: true, active: false },
    { name: 'SOUTH', address: '127.0.0.1:20002', active: false },
    { name: 'EAST', address: '127.0.0.1:20003', mix: true, active: false },
    { name: 'WEST', active: false },
  ]

  test('30-voterstatus', async () => {
    await fake.close()
    ;({ fake, clock } = await startBench({ nodes: ['1999', '1996'], voters: { '1996': receivers } }))
    const hear = async (north: number, south: number, east: number) => {
      for (const [receiver, rssi] of [
        ['NORTH', north],
        ['SOUTH', south],
        ['EAST', east],
      ] as const) {
        await fake.setReceiver({ node: '1996', receiver, rssi, active: true })
      }
    }
    const before = {
      'ActionID: v1': () => hear(0, 0, 0),
      'ActionID: v2': () => hear(90, 180, 40),
      'ActionID: v3': () => hear(200, 120, 255),
      'ActionID: v4': () => hear(0, 0, 0),
    }
    expectSame(await replay(readCapture('30-voterstatus'), fake.port, clock, { before }))
  })
})
