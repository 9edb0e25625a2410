import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AmiEncodeError, encodeAction } from '../../src/ami/encode.ts'
import { dtmfCommand, ilinkCommand, isRptId } from '../../src/ami/rptCommand.ts'
import type { IlinkNumber } from '../../src/ami/rptCommand.ts'

function codeOf(fn: () => unknown): string {
  try {
    fn()
  } catch (error) {
    expect(error).toBeInstanceOf(AmiEncodeError)
    return (error as AmiEncodeError).code
  }
  return 'none'
}

describe('encodeAction', () => {
  it('writes CRLF lines and an empty line', () => {
    expect(encodeAction('RptStatus', { COMMAND: 'XStat', NODE: '40001' }, '7').toString()).toBe(
      'Action: RptStatus\r\nActionID: 7\r\nCOMMAND: XStat\r\nNODE: 40001\r\n\r\n',
    )
  })

  it('carries UTF-8', () => {
    expect(encodeAction('Login', { Secret: 'grüße' }, '1').toString('utf8')).toContain('Secret: grüße\r\n')
  })

  it.each(['\r', '\n', '\r\n', '\0', '\t', '\x1b', '\x7f', '\x85', '\u2028', '\u2029', '\ud800'])(
    'refuses %j anywhere in a value',
    (bad) => {
      for (const value of [bad, `1999${bad}`, `${bad}1999`, `1${bad}9`]) {
        expect(codeOf(() => encodeAction('RptStatus', { NODE: value }, '1'))).toBe('control-character')
        expect(codeOf(() => encodeAction('RptStatus', {}, value))).toBe('control-character')
      }
    },
  )

  it.each(['', 'No de', 'NODE:', 'NODE\r\nAction', 'Nöde', 'A1', ' NODE'])('refuses the header name %j', (name) => {
    expect(codeOf(() => encodeAction('Ping', { [name]: 'x' }, '1'))).toBe('bad-name')
    expect(codeOf(() => encodeAction(name, {}, '1'))).toBe('bad-name')
  })

  it('refuses a line that Asterisk would, counted in bytes', () => {
    expect(codeOf(() => encodeAction('Command', { Command: 'a'.repeat(1024) }, '1'))).toBe('line-too-long')
    expect(codeOf(() => encodeAction('Command', { Command: 'ü'.repeat(512) }, '1'))).toBe('line-too-long')
    expect(codeOf(() => encodeAction('Command', { Command: 'a'.repeat(900) }, '1'))).toBe('none')
  })

  it('refuses more than 100 headers', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
    const names = letters.flatMap((a) => letters.map((b) => `X${a}${b}`))
    const fields = (n: number) => Object.fromEntries(names.slice(0, n).map((name) => [name, 'x']))
    expect(codeOf(() => encodeAction('Ping', fields(98), '1'))).toBe('none')
    expect(codeOf(() => encodeAction('Ping', fields(99), '1'))).toBe('too-many-headers')
  })

  it('never tells a value in its message', () => {
    expect(() => encodeAction('Login', { Secret: 'hunter2\n' }, '1')).toThrow(/^(?!.*hunter2)/)
  })

  it('writes one action and no more, or throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (value, id) => {
        let bytes: Buffer
        try {
          bytes = encodeAction('Command', { Command: value }, id)
        } catch (error) {
          return error instanceof AmiEncodeError
        }
        const text = bytes.toString('utf8')
        return text.split('\n').length === 5 && text.split('\r').length === 5 && text.endsWith('\r\n\r\n')
      }),
    )
  })
})

describe('rpt commands', () => {
  it('are built from allow-listed parts', () => {
    expect(ilinkCommand('1999', 3, '1998')).toBe('rpt cmd 1999 ilink 3 1998')
    expect(ilinkCommand('1999', 11, 'KG5DRT-1')).toBe('rpt cmd 1999 ilink 11 KG5DRT-1')
    expect(dtmfCommand('1999', '*81')).toBe('rpt fun 1999 *81')
  })

  it.each<IlinkNumber>([5, 6, 15, 16])('have six words where ilink %s takes no target: app_rpt up to 3.4.5 takes no others', (n) => {
    expect(ilinkCommand('1999', n)).toBe(`rpt cmd 1999 ilink ${n} 0`)
  })

  it.each(['', ' 1999', '1999 ', '1999 1998', '1999\r\nAction: Command', '1999;', '$(x)', 'a'.repeat(21), '1999\n'])(
    'refuse the id %j',
    (id) => {
      expect(isRptId(id)).toBe(false)
      expect(codeOf(() => ilinkCommand(id, 3, '1998'))).toBe('bad-argument')
      expect(codeOf(() => ilinkCommand('1999', 3, id))).toBe('bad-argument')
      expect(codeOf(() => dtmfCommand(id, '*81'))).toBe('bad-argument')
    },
  )

  it.each([0, 4, 7, 9, 10, 14, 17, 19, -1, 1.5, NaN])('refuse ilink %s', (n) => {
    expect(codeOf(() => ilinkCommand('1999', n as IlinkNumber, '1998'))).toBe('bad-argument')
    expect(codeOf(() => ilinkCommand('1999', n as IlinkNumber))).toBe('bad-argument')
  })

  it('refuse a missing target, and one too many', () => {
    expect(codeOf(() => ilinkCommand('1999', 3))).toBe('bad-argument')
    expect(codeOf(() => ilinkCommand('1999', 6, '1998'))).toBe('bad-argument')
  })

  it.each(['', '*81 x', 'E', 'a', '81\r\n', '*'.repeat(33)])('refuse the digits %j', (digits) => {
    expect(codeOf(() => dtmfCommand('1999', digits))).toBe('bad-argument')
  })
})
