import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { CommandCode } from '../../../protocol/commandCodes.ts'
import type { Order } from '../../src/control/order.ts'
import { OrderBook } from '../../src/fleet/orderBook.ts'
import { correlationOf, isSignedBy, readReply, readSignedOrder, replyText, signOrder } from '../../src/fleet/orderToken.ts'
import type { OrderToken } from '../../src/fleet/orderToken.ts'
import { ManualClock } from '../support/manualClock.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const NONCE = 'AAAAAAAAAAAAAAAAAAAAAA'
const token = (change: Partial<OrderToken> = {}): OrderToken => ({
  front: 'club', edge: 'shack', user: 'WB6NIL', order: { action: 'disconnect-all', node: '546051' }, issued: 1_000, expires: 11_000, nonce: NONCE, ...change,
})
const ORDERS: readonly Order[] = [
  { action: 'connect', node: '546051', target: '2000', permanent: false },
  { action: 'local-monitor', node: '546051', target: '2000', permanent: true },
  { action: 'disconnect', node: '546051', target: '3101425', permanent: false },
  { action: 'disconnect-all', node: '546051' },
  { action: 'dtmf', node: '546051', digits: '*32000#' },
]

describe('a signed order', () => {
  it.each(ORDERS)('is read as it was given: $action', (order) => {
    const read = readSignedOrder(signOrder(token({ order }), privateKey))
    expect(read?.token).toEqual(token({ order }))
    expect(read !== null && isSignedBy(read, publicKey)).toBe(true)
  })

  it('holds for its own key only, and not once a character of it is another', () => {
    const payload = signOrder(token(), privateKey)
    const read = readSignedOrder(payload)!
    expect(isSignedBy(read, generateKeyPairSync('ed25519').publicKey)).toBe(false)
    expect(isSignedBy({ ...read, body: read.body.replace('546051', '546055') }, publicKey)).toBe(false)
    // A signature for the same text, given for something else.
    expect(isSignedBy({ ...read, signature: sign(null, Buffer.from(read.body), privateKey) }, publicKey)).toBe(false)
    expect(isSignedBy(read, createPublicKey(privateKey))).toBe(true)
  })

  const body = (change: object) => ({ version: 1, front: 'club', edge: 'shack', user: 'WB6NIL', action: 'connect', request: { localnode: '546051', remotenode: '2000' }, issued: 1, expires: 2, nonce: NONCE, ...change })
  const packed = (change: object) => JSON.stringify({ body: JSON.stringify(body(change)), signature: Buffer.alloc(64).toString('base64') })
  it.each([
    ['', 'nothing'], ['{', 'no JSON'], ['null', 'no object'], ['[]', 'a list'], ['{"body":"{}"}', 'no signature'],
    [JSON.stringify({ body: '{}', signature: 'AAAA' }), 'a short signature'],
    [packed({ version: 2 }), 'another version'],
    [packed({ more: 1 }), 'a field too many'],
    [packed({ front: '+' }), 'a front that is no name'],
    [packed({ user: 'W5GLE\nW5GLE' }), 'a user of two lines'],
    [packed({ user: '' }), 'no user'],
    [packed({ action: 'restart' }), 'an action that there is not'],
    [packed({ request: { localnode: '546051', remotenode: '2000\r\nAction: Command' } }), 'a line break in a node'],
    [packed({ request: null }), 'no request'],
    [packed({ issued: 1.5 }), 'half a millisecond'],
    [packed({ nonce: 'short' }), 'a short nonce'],
    [packed({ user: 'x'.repeat(5_000) }), 'more than an order can have'],
  ])('is none: %#: $1', (payload) => {
    expect(readSignedOrder(packed({}))).not.toBeNull()
    expect(readSignedOrder(payload)).toBeNull()
  })

  it('is answered by what tells its very bytes, and in a shape that is checked', () => {
    const payload = signOrder(token(), privateKey)
    expect(correlationOf(payload)).toHaveLength(16)
    expect(correlationOf(payload)).not.toEqual(correlationOf(` ${payload}`))
    const result = { outcome: 'done', code: 'linked', message: '546051 is connected to 2000.', response: null } as const
    expect(readReply(replyText('shack', result))).toEqual({ edge: 'shack', result })
    for (const text of ['', '{}', replyText('+', result), replyText('shack', { ...result, code: '<b>' as CommandCode }), replyText('shack', { ...result, message: 'x'.repeat(1_001) })]) {
      expect(readReply(text)).toBeNull()
    }
  })
})

describe("an edge's book of orders", () => {
  let count = 0
  const nonce = () => `${(count += 1)}`.padStart(22, '0')

  /** Of an edge that has run for a minute. */
  function open(most?: number) {
    const clock = new ManualClock()
    const book = new OrderBook(clock, most)
    clock.advance(60_000)
    /** @param at of the front's clock, seen from the edge's, ms */
    const order = (at = 0, life = 10_000) => token({ issued: clock.now() + at, expires: clock.now() + at + life, nonce: nonce() })
    return { clock, book, order }
  }

  it.each([
    [0, 10_000, null], [-9_999, 10_000, null], [-10_000, 10_000, 'order-expired'], [0, 0, 'order-expired'], [1_000, -500, 'order-expired'],
    [5_000, 10_000, null], [5_001, 10_000, 'order-from-future'], [0, 10_001, 'order-lasts-too-long'],
  ])('takes what was given %i ms from now for %i ms: %s', (at, life, code) => {
    const { book, order } = open()
    expect(book.use(order(at, life))).toBe(code)
  })

  it('takes each order once, whenever it comes again', () => {
    const { clock, book, order } = open()
    const first = order(5_000)
    expect(book.use(first)).toBeNull()
    for (let s = 0; s < 20; s += 1) {
      expect(book.use(first)).toBe('order-used')
      clock.advance(1_000)
    }
    expect(book.use(first)).toBe('order-expired')
    expect(book.use(order())).toBeNull()
  })

  it('takes none again when the clock is set back after it was forgotten', () => {
    const { clock, book, order } = open()
    const first = order()
    expect(book.use(first)).toBeNull()
    clock.advance(30_000)
    expect(book.use(order())).toBeNull()
    clock.jump(-29_000)
    expect(book.use(first)).toBe('order-expired')
  })

  it('takes none that an earlier run may have had, even of a front whose clock is ahead', () => {
    const { clock, book, order } = open()
    const had = order(5_000)
    expect(book.use(had)).toBeNull()
    const next = new OrderBook(clock)
    expect(next.use(had)).toBe('order-before-start')
    clock.advance(5_001)
    expect(next.use(had)).toBe('order-before-start')
    expect(next.use(order())).toBeNull()
  })

  it('that is full takes none until some are forgotten', () => {
    const { clock, book, order } = open(2)
    expect([book.use(order()), book.use(order()), book.use(order())]).toEqual([null, null, 'order-book-full'])
    clock.advance(15_000)
    expect(book.use(order())).toBeNull()
  })
})
