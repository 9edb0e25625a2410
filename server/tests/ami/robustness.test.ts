import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AmiFramer } from '../../src/ami/framer.ts'
import { parseMessage } from '../../src/ami/message.ts'
import type { AmiMessage } from '../../src/ami/message.ts'
import { readChallengeReply, readCommandReply, readLoginReply } from '../../src/ami/replies.ts'
import { isRptEvent, readRptEvent } from '../../src/ami/rptEvents.ts'
import { parseSawStat } from '../../src/ami/sawstat.ts'
import { parseVoterStatus } from '../../src/ami/voterStatus.ts'
import { parseXStat } from '../../src/ami/xstat.ts'
import { captureNames, message, serverBytes } from './wire.ts'

const CAP = 64 * 1024
const BANNER = Buffer.from('Asterisk Call Manager/1.0\r\n')

function readAll(read: AmiMessage): void {
  const saw = parseSawStat(read)
  parseXStat(read, saw.ok ? saw.value.links.map((link) => link.name) : [])
  parseVoterStatus(read)
  readRptEvent(read)
  isRptEvent(read)
  readLoginReply(read)
  readChallengeReply(read)
  readCommandReply(read)
}

/** Feeds chunks through everything. Whatever they hold, nothing is thrown and little is kept. */
function swallow(chunks: readonly Uint8Array[]): void {
  const framer = new AmiFramer({ maxBlockBytes: CAP })
  for (const chunk of chunks) {
    for (const frame of framer.push(chunk)) {
      if (frame.kind === 'block') readAll(parseMessage(frame))
    }
    expect(framer.pendingBytes).toBeLessThanOrEqual(CAP)
  }
}

const captures = captureNames().map(serverBytes)

describe('whatever bytes come', () => {
  it('arbitrary ones are swallowed', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (chunks) => {
        swallow([BANNER, ...chunks])
        swallow(chunks)
      }),
      { numRuns: 300 },
    )
  })

  it('captures with bytes changed, lost, doubled and moved are swallowed', () => {
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      length: fc.nat(60),
      how: fc.constantFrom('replace', 'delete', 'double', 'insert'),
      bytes: fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc
          .constantFrom(
            '\r\n',
            '\r\n\r\n',
            '\n',
            'Response: Follows\r\n',
            '--END COMMAND--\r\n\r\n',
            'Conn: ',
            ' '.repeat(99),
            'LinkedNodes: ',
            'ESTABLISHED',
            '=',
            'Event: ',
          )
          .map((text) => Buffer.from(text)),
      ),
    })
    fc.assert(
      fc.property(
        fc.nat(captures.length - 1),
        fc.array(edit, { maxLength: 12 }),
        fc.integer({ min: 1, max: 700 }),
        (which, edits, size) => {
          let bytes = captures[which]!
          for (const { at, length, how, bytes: extra } of edits) {
            const from = Math.floor(at * bytes.length)
            const [head, middle, tail] = [
              bytes.subarray(0, from),
              bytes.subarray(from, from + length),
              bytes.subarray(from + length),
            ]
            const parts = {
              replace: [head, extra, tail],
              delete: [head, tail],
              double: [head, middle, middle, tail],
              insert: [head, extra, middle, tail],
            }[how]
            bytes = Buffer.concat(parts)
          }
          const chunks: Buffer[] = []
          for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
          swallow(chunks)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('lines made of the readers own words are swallowed', () => {
    const word = fc.constantFrom(
      'Conn: ',
      'Node: 1',
      'LinkedNodes: ',
      'Var: ',
      'RPT_ALINKS=',
      ',',
      'T',
      'K',
      '1999',
      ' ',
      '(none)',
      '1.2.3.4',
      'OUT',
      'IN',
      '00:00:00',
      '-1',
      'ESTABLISHED',
      'CONNECTING',
      '          ',
      'Client: ',
      ' Master',
      'IP: ',
      'RSSI: ',
      ':',
      'EventValue: ',
      'Voted: ',
      '\n',
      'R000000',
      '<NONE>',
    )
    const line = fc.array(word, { maxLength: 12 }).map((words) => words.join(''))
    fc.assert(
      fc.property(
        fc.constantFrom('Response: Success', 'Event: RPT_ALINKS', 'X: y'),
        fc.array(line, { maxLength: 12 }),
        (first, lines) => {
          readAll(message(first, 'Node: 1', 'LinkedNodes: T1', ...lines))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('long lines that tease the readers take no long time', () => {
    const n = 200_000
    const teasers = [
      `Conn: ${' '.repeat(n)}ESTABLISHED`,
      `Conn: ${'1'.repeat(n)} OUT 00:00:01 ESTABLISHED`,
      `Conn: ${'a '.repeat(n)}0 OUT 00:00:01 ESTABLISHED`,
      `LinkedNodes: ${'T1, '.repeat(n)}`,
      `Var: RPT_ALINKS=1${',1TK'.repeat(n)}`,
      `Client: ${'Mix '.repeat(n)}`,
      `Client: ${' '.repeat(n)}x`,
      `IP: ${'1'.repeat(n)}`,
      `X: ${'\n'.repeat(n)}y`,
      `Challenge: ${'1'.repeat(n)}`,
      `Message: ${' '.repeat(n)}`,
    ]
    const before = process.cpuUsage()
    for (const response of ['Error', 'Success']) for (const teaser of teasers) readAll(message(`Response: ${response}`, 'Node: 1', teaser, 'LinkedNodes: <NONE>'))
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1e6).toBeLessThan(5)
  })
})
