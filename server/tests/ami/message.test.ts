import { describe, expect, it } from 'vitest'
import { parseMessage } from '../../src/ami/message.ts'
import { message, replyTo } from './wire.ts'

describe('message', () => {
  it('finds Response wherever it stands (edge case 9)', () => {
    const old = message('ActionID: g1-3', 'Response: Success', 'Node: 40001')
    expect(old.kind).toBe('response')
    expect(old.response).toBe('Success')
    expect(old.actionId).toBe('g1-3')
  })

  it('is an event when Event stands before Response', () => {
    expect(message('Event: OriginateResponse', 'ActionID: 1', 'Response: Failure').kind).toBe('event')
  })

  it('has names in any case, repeats in order, and the blank after the colon is optional', () => {
    const m = message('response: Success', 'CONN: a', 'Conn:b', 'conn:  c')
    expect(m.getAll('Conn')).toEqual(['a', 'b', ' c'])
    expect(m.get('cOnN')).toBe('a')
    expect(m.get('Node')).toBeUndefined()
  })

  it('a line with a blank before the name is no header, and blanks in a value stay (edge case 26)', () => {
    const m = message('Response: Success', ' ActionID: 7', 'Conn: x  ')
    expect(m.actionId).toBeUndefined()
    expect(m.text).toEqual([' ActionID: 7'])
    expect(m.get('Conn')).toBe('x  ')
  })

  it('without Response or Event is other; without anything it is empty (edge case 10)', () => {
    expect(message('').isEmpty).toBe(true)
    expect(message('').kind).toBe('other')
    const xml = message('<?xml version="1.0"?>', '<nodes>', '  <node>1999</node>', '</nodes>')
    expect(xml.kind).toBe('other')
    expect(xml.isEmpty).toBe(false)
    expect(xml.text[2]).toBe('  <node>1999</node>')
  })

  it('gives command output of the newer form, Error included (edge case 13)', () => {
    const m = replyTo('14-rpt-cmd-errors.txt', '5')
    expect(m.response).toBe('Error')
    expect(m.output).toEqual(['Usage: rpt fun <nodename> <command>', '\tSend a DTMF function to a node'])
  })

  it('gives command output of the older form, whatever it looks like', () => {
    const m = parseMessage({
      follows: true,
      text: 'Response: Follows\r\nPrivilege: Command\r\nActionID: 5\r\nActionID: 9\nFoo: bar\n\nEvent: X\n',
    })
    expect(m.kind).toBe('response')
    expect(m.actionId).toBe('5')
    expect(m.output).toEqual(['ActionID: 9', 'Foo: bar', '', 'Event: X'])
  })

  it('an output line in CRLF that repeats a header is output', () => {
    const m = parseMessage({ follows: true, text: 'Response: Follows\r\nActionID: 5\r\nActionID: 9\r\nx' })
    expect(m.actionId).toBe('5')
    expect(m.output).toEqual(['ActionID: 9', 'x'])
  })
})
