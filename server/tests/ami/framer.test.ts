import { readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { AmiFramer } from '../../src/ami/framer.ts'
import type { AmiFrame } from '../../src/ami/framer.ts'
import { parseMessage } from '../../src/ami/message.ts'
import { captureNames, frames, randomCuts, seeded, serverBytes } from './wire.ts'

const BANNER = 'Asterisk Call Manager/11.0.0\r\n'

function blocks(text: string | Buffer): AmiFrame[] {
  return frames([Buffer.concat([Buffer.from(BANNER), Buffer.from(text)])]).slice(1)
}

function block(text: string, follows = false): AmiFrame {
  return { kind: 'block', text, follows }
}

describe('every capture', () => {
  it('stands in their README, which names no other', () => {
    const readme = readFileSync(new URL('../fixtures/captures/README.md', import.meta.url), 'utf8')
    expect(captureNames().map((name) => name.slice(0, 2))).toEqual([...readme.matchAll(/^\| (\d\d) \|/gm)].map(([, number]) => number))
  })

  it.each(captureNames())('%s gives the same blocks however it is cut', (name) => {
    const bytes = serverBytes(name)
    const whole = frames([bytes])
    expect(whole[0]).toEqual({ kind: 'banner', text: 'Asterisk Call Manager/11.0.0' })
    expect(whole.some((frame) => frame.kind === 'error')).toBe(false)
    const text = whole.map((frame) => (frame.kind === 'block' ? `${frame.text}\r\n\r\n` : '')).join('')
    // All bytes are accounted for; an empty block is one CRLF on the wire, not two.
    const empties = whole.filter((frame) => frame.kind === 'block' && frame.text === '').length
    expect(Buffer.byteLength(text) - 2 * empties + BANNER.length).toBe(bytes.length)
    for (let seed = 1; seed <= 25; seed += 1) {
      const cut = frames(randomCuts(bytes, seeded(seed)))
      expect(cut, `seed ${seed}`).toEqual(whole)
    }
    expect(frames(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(whole)
  })
})

describe('greeting', () => {
  it('has no empty line behind it, and may be cut anywhere', () => {
    for (let at = 0; at <= BANNER.length; at += 1) {
      const bytes = Buffer.from(`${BANNER}Response: Success\r\n\r\n`)
      expect(frames([bytes.subarray(0, at), bytes.subarray(at)])).toEqual([
        { kind: 'banner', text: 'Asterisk Call Manager/11.0.0' },
        block('Response: Success'),
      ])
    }
  })

  it.each(['Asterisk Call Manager/1.0', 'Asterisk Call Manager/9.0.0', 'Asterisk Call Manager/99'])(
    '%s is AMI',
    (banner) => {
      expect(frames([Buffer.from(`${banner}\r\n`)])).toEqual([{ kind: 'banner', text: banner }])
    },
  )

  it.each([
    ['SSH', 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'],
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'],
    ['an almost right word', 'Asterisk Call Center/1.0\r\n'],
    ['telnet bytes', '\xff\xfd\x18\xff\xfd\x20'],
  ])('%s is not AMI, said at the first wrong byte', (_what, text) => {
    const framer = new AmiFramer()
    const found = framer.push(Buffer.from(text, 'latin1'))
    expect(found).toMatchObject([{ kind: 'error', code: 'not-ami' }])
    expect(framer.push(Buffer.from(BANNER))).toEqual([])
    expect(framer.pendingBytes).toBe(0)
  })

  it('without an end is refused', () => {
    const framer = new AmiFramer({ maxBannerBytes: 64 })
    expect(framer.push(Buffer.from('Asterisk Call Manager/'))).toEqual([])
    expect(framer.push(Buffer.alloc(100, '9'))).toMatchObject([{ kind: 'error', code: 'banner-too-long' }])
  })
})

describe('blocks', () => {
  it('a lone line end is an empty block', () => {
    expect(blocks('\r\nResponse: Success\r\n\r\n\r\n')).toEqual([block(''), block('Response: Success'), block('')])
  })

  it('several in one read, and a rest, come out one by one', () => {
    const framer = new AmiFramer()
    framer.push(Buffer.from(BANNER))
    expect(framer.push(Buffer.from('Event: A\r\n\r\nResponse: Success\r\n\r\nEvent: B\r\n'))).toEqual([
      block('Event: A'),
      block('Response: Success'),
    ])
    expect(framer.pendingBytes).toBe(10)
    expect(framer.push(Buffer.from('\r\n'))).toEqual([block('Event: B')])
    expect(framer.pendingBytes).toBe(0)
  })

  it('a bare LF in the times of an old event ends nothing (edge case 11)', () => {
    const event =
      'Event: RPT_RXKEYED\r\nNode: 40001\r\nEventValue: 1\r\nLastKeyedTime: Tue Mar  3 18:22:07 2026\n\r\n' +
      'LastTxKeyedTime: Tue Mar  3 18:22:07 2026\n\r\n\r\n'
    const found = blocks(`${event}Response: Success\r\n\r\n`)
    expect(found).toHaveLength(2)
    const first = found[0]!
    const read = parseMessage(first.kind === 'block' ? first : { text: '', follows: false })
    expect(read.headers.map((header) => header.name)).toEqual([
      'Event',
      'Node',
      'EventValue',
      'LastKeyedTime',
      'LastTxKeyedTime',
    ])
    expect(read.get('LastTxKeyedTime')).toBe('Tue Mar  3 18:22:07 2026')
  })

  it('bytes that are no UTF-8 are read as Latin-1, in their own line only', () => {
    const mixed = Buffer.concat([
      Buffer.from('Var: utf=104°F\r\nVar: latin=104'),
      Buffer.of(0xb0),
      Buffer.from('F\r\nVar: x=1\r\n\r\n'),
    ])
    expect(blocks(mixed)).toEqual([block('Var: utf=104°F\r\nVar: latin=104°F\r\nVar: x=1')])
  })

  it('over the limit end the stream with a reason, in one read or many', () => {
    const bytes = Buffer.from(`${BANNER}Event: A\r\n\r\n${'X: y\r\n'.repeat(50)}\r\n`)
    for (const chunks of [[bytes], Array.from(bytes, (byte) => Buffer.of(byte))]) {
      const framer = new AmiFramer({ maxBlockBytes: 100 })
      const found = chunks.flatMap((chunk) => framer.push(chunk))
      expect(found.slice(1)).toMatchObject([block('Event: A'), { kind: 'error', code: 'block-too-large' }])
    }
  })

  it('exactly at the limit are fine', () => {
    const text = `Event: ${'a'.repeat(89)}`
    const framer = new AmiFramer({ maxBlockBytes: 100 })
    framer.push(Buffer.from(BANNER))
    expect(framer.push(Buffer.from(`${text}\r\n\r\n`))).toEqual([block(text)])
    expect(framer.push(Buffer.from(`${text}b\r\n\r\n`))).toMatchObject([{ kind: 'error' }])
  })
})

describe('Response: Follows (edge case 12)', () => {
  const head = 'Response: Follows\r\nPrivilege: Command\r\nActionID: 1\r\n'

  it.each([
    ['plain text', 'System uptime: 81234\nLast reload: 81234\n'],
    ['the marker glued to the last line', 'System uptime: 81234'],
    ['empty lines of all kinds', 'a\n\nb\r\n\r\nc\r\n\r\n'],
    ['a header look-alike', 'Response: Error\r\nActionID: 9\r\n\r\nEvent: X\n'],
    ['half a marker', '--END COMMAND--\r\n--END COMMAND-- x\n'],
    ['nothing', ''],
  ])('with %s is read to its marker, wherever it is cut', (_what, output) => {
    const bytes = Buffer.from(`${BANNER}${head}${output}--END COMMAND--\r\n\r\nEvent: A\r\n\r\n`)
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(frames([bytes.subarray(0, at), bytes.subarray(at)]).slice(1)).toEqual([
        block(head + output, true),
        block('Event: A'),
      ])
    }
  })

  it('is held to the limit too', () => {
    const framer = new AmiFramer({ maxBlockBytes: 200 })
    framer.push(Buffer.from(BANNER + head))
    expect(framer.push(Buffer.alloc(300, 'a'))).toMatchObject([{ kind: 'error', code: 'block-too-large' }])
  })
})

describe('work', () => {
  /** Bytes searched and bytes moved, per byte received, for one long LinkedNodes line. */
  function workPerByte(entries: number, chunk: number): number {
    const names = Array.from({ length: entries }, (_, i) => `T${200000 + i}`)
    const bytes = Buffer.from(`${BANNER}Response: Success\r\nLinkedNodes: ${names.join(', ')}\r\n\r\n`)
    let work = 0
    const search = vi.spyOn(Buffer.prototype, 'indexOf')
    search.mockImplementation(function (this: Buffer, value, from) {
      const at = Uint8Array.prototype.indexOf.call(this, value as number, from as number)
      work += (at < 0 ? this.length : at + 1) - Number(from)
      return at
    })
    const move = vi.spyOn(Buffer.prototype, 'copy')
    move.mockImplementation(function (this: Buffer, target, to, from, end) {
      work += Number(end) - Number(from)
      const into = target as Uint8Array
      into.set(this.subarray(Number(from), Number(end)), Number(to))
      return Number(end) - Number(from)
    })
    try {
      const framer = new AmiFramer()
      let found = 0
      for (let at = 0; at < bytes.length; at += chunk) found += framer.push(bytes.subarray(at, at + chunk)).length
      expect(found).toBe(2)
    } finally {
      search.mockRestore()
      move.mockRestore()
    }
    return work / bytes.length
  }

  it.each([1, 7, 1460, 65_536])('per byte stays the same however long the list is, in chunks of %i', (chunk) => {
    expect(workPerByte(1000, chunk)).toBeLessThan(5)
    expect(workPerByte(40_000, chunk)).toBeLessThan(5)
  })
})
