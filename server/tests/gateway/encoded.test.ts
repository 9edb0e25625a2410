import { PassThrough } from 'node:stream'
import type { Writable } from 'node:stream'
import * as ws from 'ws'
import { describe, expect, it } from 'vitest'
import { Encoded, textFrame } from '../../src/gateway/encoded.ts'

/** The library's reader of frames, which its types leave out. */
const { Receiver } = ws as unknown as { readonly Receiver: new (options: { isServer: boolean }) => Writable }

/** What the socket library reads out of these bytes, as a client: servers' frames carry no mask. */
function read(bytes: Buffer): Promise<string[]> {
  const receiver = new Receiver({ isServer: false })
  const messages: string[] = []
  return new Promise((resolve, reject) => {
    receiver.on('message', (data: Buffer, isBinary: boolean) => { messages.push(isBinary ? '<binary>' : data.toString('utf8')) })
    receiver.on('error', reject)
    receiver.on('finish', () => { resolve(messages) })
    new PassThrough().end(bytes).pipe(receiver)
  })
}

describe('a message as a frame', () => {
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])('of %i bytes is read as that text', async (length) => {
    const text = 'x'.repeat(length)
    const message = new Encoded(text)
    expect(message.size).toBe(length)
    expect(await read(message.frame)).toEqual([text])
  })

  it('counts bytes and not characters', async () => {
    const text = '°'.repeat(63)
    expect(textFrame(text).subarray(0, 4)).toEqual(Buffer.from([0x81, 126, 0, 126]))
    expect(await read(textFrame(text))).toEqual([text])
  })

  it('stands behind another one without a seam', async () => {
    expect(await read(Buffer.concat(['a', 'x'.repeat(300), ''].map(textFrame)))).toEqual(['a', 'x'.repeat(300), ''])
  })

  it('is made once', () => {
    const message = new Encoded('{}')
    expect(message.frame).toBe(message.frame)
  })
})
