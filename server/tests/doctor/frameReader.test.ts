import { describe, expect, it } from 'vitest'
import { FrameReader } from '../../src/doctor/frameReader.ts'

function read(bytes: Buffer, piece: number) {
  const seen: string[] = []
  const reader = new FrameReader((text) => seen.push(text), (code, reason) => seen.push(`end ${code} ${reason}`))
  for (let at = 0; at < bytes.length; at += piece) reader.push(bytes.subarray(at, at + piece))
  return seen
}
const frame = (head: number, payload: Buffer) => {
  const { length } = payload
  const size = length < 126 ? [length] : length < 65_536 ? [126, length >> 8, length & 255] : [127, 0, 0, 0, 0, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255]
  return Buffer.concat([Buffer.from([head, ...size]), payload])
}

describe('frames of a server', () => {
  it('are read whole, of any length, and however they are cut on the way', () => {
    const long = 'ü'.repeat(40_000)
    const bytes = Buffer.concat([
      frame(0x81, Buffer.from('one')), frame(0x89, Buffer.from('ping')), frame(0x01, Buffer.from('tw')), frame(0x80, Buffer.from('o')),
      frame(0x81, Buffer.from('x'.repeat(300))), frame(0x81, Buffer.from(long)), frame(0x88, Buffer.from([0x11, 0x97, 0x6e, 0x6f])),
    ])
    for (const piece of [1, 7, bytes.length]) expect(read(bytes, piece)).toEqual(['one', 'two', 'x'.repeat(300), long, 'end 4503 no'])
  })

  it('end at what nobody could hold, and at a close without a code', () => {
    expect(read(Buffer.from([0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0]), 99)).toEqual(['end 1002 '])
    expect(read(frame(0x88, Buffer.alloc(0)), 99)).toEqual(['end 1005 '])
  })
})
