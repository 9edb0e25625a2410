import { describe, expect, it } from 'vitest'
import { echoLinkCommand, echoLinkNumber, readEchoLinkReply } from '../../src/ami/echolink.ts'
import { AmiEncodeError } from '../../src/ami/encode.ts'
import { parseMessage } from '../../src/ami/message.ts'
import { message, replyTo } from './wire.ts'

const head = ['Response: Success', 'ActionID: 1', 'Message: Command output follows']
const failed = ['Response: Error', 'ActionID: 1', 'Message: Command output follows']
const station = { number: '101425', callsign: 'W5GLE-L', address: '192.0.2.7' }

describe('the number', () => {
  it('is the link name without its 3 and without leading zeros', () => {
    expect(['3101425', '3009999', '3000001', '3999999'].map(echoLinkNumber)).toEqual(['101425', '9999', '1', '999999'])
  })

  it('is none of a link of another kind', () => {
    for (const name of ['3000000', '310142', '31014250', '4101425', 'W5GLE', '3W5GLE', '', '3101425 ', '3101425\n']) {
      expect(echoLinkNumber(name)).toBeNull()
    }
  })
})

describe('the command', () => {
  it('is exactly one, with digits only', () => {
    expect(echoLinkCommand('101425')).toBe('echolink dbget nodename 101425')
    expect(echoLinkCommand('1')).toBe('echolink dbget nodename 1')
  })

  it('lets nothing else through', () => {
    const bad = [
      '', '0', '09999', '1234567', '1 2', '1\r\nAction: Logoff', '1\n', 'W5GLE', '-1', '1e3', '١', '1;core stop now', ' 1',
    ]
    for (const number of bad) expect(() => echoLinkCommand(number), number).toThrow(AmiEncodeError)
  })
})

describe('the answer', () => {
  it('has number, call sign and address', () => {
    const reply = message(...head, 'Output: 101425|W5GLE-L|192.0.2.7')
    expect(readEchoLinkReply(reply, '101425')).toEqual({ ok: true, value: station })
  })

  it('is read from Asterisk 1.4 as well', () => {
    const text = 'Response: Follows\r\nPrivilege: Command\r\nActionID: 1\r\n101425|W5GLE-L|192.0.2.7\n'
    expect(readEchoLinkReply(parseMessage({ text, follows: true }), '101425')).toEqual({ ok: true, value: station })
    const none = 'Response: Follows\r\nPrivilege: Command\r\nActionID: 1\r\nError: Entry for 12 not found!\n'
    expect(readEchoLinkReply(parseMessage({ text: none, follows: true }), '12')).toEqual({ ok: true, value: null })
  })

  it('may lack the address, or carry zeros in front', () => {
    expect(readEchoLinkReply(message(...head, 'Output: 009999|*ECHOTEST*|'), '9999')).toEqual({
      ok: true, value: { number: '9999', callsign: '*ECHOTEST*', address: null },
    })
  })

  it('that there is none, which Asterisk 22 calls an error (edge case 13)', () => {
    const command = "Output: Command 'echolink dbget nodename 12' failed."
    const reply = message(...failed, 'Output: Error: Entry for 12 not found!', command)
    expect(readEchoLinkReply(reply, '12')).toEqual({ ok: true, value: null })
  })

  it('of a station that is being called is no name, until it has answered', () => {
    const told = (actionId: string, number: string) => readEchoLinkReply(replyTo('60-echolink-outbound.txt', actionId), number)
    expect(told('5', '101425')).toMatchObject({ ok: true, value: { callsign: 'N0CALL-L' } })
    expect(told('9', '101425')).toMatchObject({ ok: false, code: 'not-ready' })
    expect(told('13', '101425')).toMatchObject({ ok: true, value: { callsign: 'N0CALL-L' } })
  })

  it('of an Asterisk without EchoLink, new and old', () => {
    const help = "(type 'core show help echolink' for other possible commands)"
    const reply = message(...failed, `Output: No such command 'echolink dbget nodename 12' ${help}`)
    expect(readEchoLinkReply(reply, '12')).toMatchObject({ ok: false, code: 'unknown-action' })
    const text = "Response: Follows\r\nActionID: 1\r\nNo such command 'echolink' (type 'help' for help)\n"
    const old = parseMessage({ text, follows: true })
    expect(readEchoLinkReply(old, '12')).toMatchObject({ ok: false, code: 'unknown-action' })
  })

  it('of an Asterisk that does not let this user ask', () => {
    const reply = message('Response: Error', 'ActionID: 1', 'Message: Permission denied')
    expect(readEchoLinkReply(reply, '12')).toMatchObject({ ok: false, code: 'permission-denied' })
  })

  it('for another station is none', () => {
    const reply = message(...head, 'Output: 5|W5GLE|192.0.2.7')
    expect(readEchoLinkReply(reply, '12')).toMatchObject({ ok: false, code: 'not-understood' })
  })

  it('of junk is not understood, and never throws', () => {
    const junk = [[], ['Output: '], ['Output: |||'], ['Output: 12'], ['Output: Usage: echolink'], ['Output: 12345|X|']]
    for (const lines of junk) {
      const read = readEchoLinkReply(message(...head, ...lines), '12')
      expect(read, lines.join()).toMatchObject({ ok: false, code: 'not-understood' })
    }
    expect(readEchoLinkReply(message(...head, 'Output: 12|   |192.0.2.7'), '12')).toEqual({ ok: true, value: null })
  })

  it('is bounded, printable text whatever the directory holds', () => {
    const name = (text: string) => {
      const read = readEchoLinkReply(message(...head, `Output: 12|${text}|192.0.2.7`), '12')
      return read.ok ? read.value?.callsign : read
    }
    expect(name('<img src=x onerror=alert(1)>')).toBe('<img src=x onerror=alert(1)>')
    expect(name('x'.repeat(10_240))).toBe(`${'x'.repeat(40)}…`)
    expect(name('W5\u0000GLE\u001b[1m\u202e')).toBe('W5 GLE [1m')
    expect(name('W5GLE\r')).toBe('W5GLE')
  })
})
