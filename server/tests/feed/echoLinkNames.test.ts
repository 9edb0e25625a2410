import { beforeEach, describe, expect, it } from 'vitest'
import { AmiClosedError } from '../../src/ami/closeReason.ts'
import type { AmiCloseCode } from '../../src/ami/closeReason.ts'
import type { AmiMessage } from '../../src/ami/message.ts'
import { ECHOLINK, EchoLinkNames } from '../../src/feed/echoLinkNames.ts'
import { message } from '../ami/wire.ts'
import { ManualClock } from '../support/manualClock.ts'

/** An Asterisk whose answers the test gives, one by one. */
let clock: ManualClock
let asked: {
  readonly line: string
  readonly at: number
  answer(...output: string[]): Promise<void>
  lose(code: AmiCloseCode): Promise<void>
}[]
let onShow: string[]
let named: string[]
let warnings: string[]
let idle: boolean
let names: EchoLinkNames

const turn = () => new Promise<void>((resolve) => { setImmediate(resolve) })

beforeEach(() => {
  clock = new ManualClock()
  asked = []
  onShow = ['3101425']
  named = []
  warnings = []
  idle = true
  names = new EchoLinkNames({
    clock,
    command: (line) =>
      new Promise<AmiMessage>((resolve, reject) => {
        asked.push({
          line,
          at: clock.now(),
          answer: (...output) => {
            resolve(message('Response: Success', ...output.map((text) => `Output: ${text}`)))
            return turn()
          },
          lose: (code) => {
            reject(new AmiClosedError({ code, message: 'gone' }))
            return turn()
          },
        })
      }),
    idle: () => idle,
    wanted: () => onShow,
    onName: (link) => { named.push(link) },
    warn: (text) => { warnings.push(text) },
  })
})

const lines = () => asked.map(({ line }) => line.replace('echolink dbget nodename ', ''))
const last = () => asked.at(-1)!
/** A poll has come in, and time for one question goes by. */
function poll(ms = 0): void {
  names.look()
  clock.advance(ms)
}
/** The one question so far is put again after that time, and no sooner. */
function isAskedAgainAfter(ms: number): void {
  poll(ms - 1)
  poll()
  expect(asked).toHaveLength(1)
  poll(1)
  poll()
  expect(asked).toHaveLength(2)
}
const NO_MODULE =
  "No such command 'echolink dbget nodename 101425' (type 'core show help echolink' for other possible commands)"

describe('a name', () => {
  it('is asked for after the poll that showed the link, and told when it comes', async () => {
    names.look()
    expect(asked).toEqual([])
    expect(names.lookup('3101425')).toBeNull()
    clock.advance(0)
    expect(lines()).toEqual(['101425'])
    await last().answer('101425|W5GLE-L|192.0.2.7')
    expect(names.lookup('3101425')).toEqual({ callsign: 'W5GLE-L', description: '[EchoLink 101425]', location: null })
    expect(named).toEqual(['3101425'])
  })

  it('is kept for 10 minutes and then asked for again; nobody is told of the same name twice', async () => {
    poll()
    await last().answer('101425|W5GLE-L|192.0.2.7')
    isAskedAgainAfter(ECHOLINK.keepMs)
    expect(names.lookup('3101425')?.callsign).toBe('W5GLE-L')
    await last().answer('101425|W5GLE-L|192.0.2.8')
    expect(named).toHaveLength(1)
    poll(ECHOLINK.keepMs)
    poll()
    await last().answer('101425|W5GLE-R|192.0.2.8')
    expect(names.lookup('3101425')?.callsign).toBe('W5GLE-R')
    expect(named).toHaveLength(2)
  })

  it('of a station that is being called is asked for until it has answered, without waiting for a poll', async () => {
    poll()
    await last().answer('101425|OUTBOUND|192.0.2.7')
    expect(names.lookup('3101425')).toBeNull()
    poll(ECHOLINK.calledMs - 1)
    expect(asked).toHaveLength(1)
    clock.advance(1)
    await last().answer('101425|OUTBOUND|192.0.2.7')
    clock.advance(ECHOLINK.calledMs)
    await last().answer('101425|W5GLE-L|192.0.2.7')
    expect(names.lookup('3101425')?.callsign).toBe('W5GLE-L')
    expect(clock.pending).toBe(0)
    clock.advance(ECHOLINK.keepMs - 1)
    expect(asked).toHaveLength(3)
    expect(named).toEqual(['3101425'])
    expect(warnings).toEqual([])
  })

  it('that was known stays while the station is called again, and nobody asks once the call is given up', async () => {
    poll()
    await last().answer('101425|W5GLE-L|192.0.2.7')
    poll(ECHOLINK.keepMs)
    poll()
    await last().answer('101425|OUTBOUND|192.0.2.7')
    expect(names.lookup('3101425')?.callsign).toBe('W5GLE-L')
    onShow = []
    clock.advance(ECHOLINK.keepMs)
    expect(asked).toHaveLength(2)
  })

  it('of others is asked for at the usual pace while one is being called', async () => {
    onShow = ['3101425', '3009999']
    poll()
    await last().answer('101425|OUTBOUND|192.0.2.7')
    clock.advance(ECHOLINK.gapMs)
    expect(lines()).toEqual(['101425', '9999'])
    await last().answer('9999|WB6NIL-L|192.0.2.8')
    clock.advance(ECHOLINK.calledMs)
    await last().answer('101425|W5GLE-L|192.0.2.7')
    expect(names.lookup('3101425')?.callsign).toBe('W5GLE-L')
  })

  it('of others has its turn beside as many that are being called as there are places in a second', async () => {
    const called = ['3000001', '3000012', '3000546', '3004742']
    onShow = [...called, '3009999']
    poll()
    for (let i = 0; i < 12; i += 1) {
      const number = lines().at(-1)!
      await last().answer(number === '9999' ? '9999|WB6NIL-L|192.0.2.8' : `${number}|OUTBOUND|192.0.2.7`)
      clock.advance(ECHOLINK.gapMs)
    }
    expect(names.lookup('3009999')?.callsign).toBe('WB6NIL-L')
    // And so has each of them.
    expect(lines().slice(0, 9)).toEqual(['1', '12', '546', '4742', '9999', '1', '12', '546', '4742'])
  })

  it('of a station that never says it is asked for less and less often, and a second after the next call began', async () => {
    poll()
    const calledFor = async (seconds: number) => {
      const before = asked.length
      for (let i = 0; i < seconds; i += 1) {
        await last().answer('101425|OUTBOUND|192.0.2.7')
        poll(1_000)
      }
      return asked.length - before
    }
    expect(await calledFor(10)).toBe(10)
    expect(await calledFor(590)).toBeLessThan(50)
    expect(await calledFor(3_600)).toBeLessThan(30)
    onShow = []
    poll(1_000)
    onShow = ['3101425']
    poll(ECHOLINK.calledMs)
    expect(await calledFor(10)).toBeGreaterThanOrEqual(9)
  })

  it('of one that has been called for hours is asked for every 10 minutes all the same', async () => {
    poll()
    for (let s = 0; s < 6 * 3_600; s += 1) {
      await last().answer('101425|OUTBOUND|192.0.2.7')
      poll(1_000)
    }
    const gaps = asked.slice(1).map(({ at }, i) => at - asked[i]!.at)
    expect(Math.max(...gaps) - ECHOLINK.keepMs).toBeOneOf([0, ECHOLINK.calledMs])
  })

  it('stays when the station has left the directory', async () => {
    poll()
    await last().answer('101425|W5GLE-L|192.0.2.7')
    poll(ECHOLINK.keepMs)
    poll()
    await last().answer('Error: Entry for 101425 not found!')
    expect(names.lookup('3101425')?.callsign).toBe('W5GLE-L')
  })

  it('that there is none is kept as long, and no trouble', async () => {
    poll()
    await last().answer('Error: Entry for 101425 not found!')
    poll(ECHOLINK.keepMs - 1)
    poll()
    expect(asked).toHaveLength(1)
    expect([named, warnings]).toEqual([[], []])
    poll(1)
    poll()
    expect(asked).toHaveLength(2)
  })

  it('is not asked for on behalf of other links', () => {
    onShow = ['48752', '3000000', 'W5GLE-P', '80016', '31014250']
    poll(10_000)
    expect([asked, clock.pending]).toEqual([[], 0])
  })
})

describe('the budget', () => {
  it('is one question at a time and one per 250 ms', async () => {
    onShow = Array.from({ length: 20 }, (_, i) => String(3_100_000 + i))
    poll()
    for (let i = 0; i < 10; i += 1) poll(1_000)
    expect(asked).toHaveLength(1)
    // The first answer comes late: the gap after its question was over long ago.
    await last().answer('100000|W5GLE|')
    clock.advance(0)
    for (let i = 2; i < 20; i += 1) {
      expect(asked).toHaveLength(i)
      await last().answer(`${100_000 + i - 1}|W5GLE|`)
      poll(ECHOLINK.gapMs - 1)
      poll()
      expect(asked).toHaveLength(i)
      clock.advance(1)
    }
    await last().answer('100019|W5GLE|')
    expect(new Set(lines()).size).toBe(20)
    const gaps = asked.slice(1).map(({ at }, i) => at - asked[i]!.at)
    expect(Math.min(...gaps)).toBe(ECHOLINK.gapMs)
    expect(clock.pending).toBe(0)
  })

  it('yields to whoever waits for Asterisk', () => {
    idle = false
    poll(5_000)
    expect(asked).toEqual([])
    idle = true
    clock.advance(ECHOLINK.yieldMs)
    expect(asked).toHaveLength(1)
  })

  it('is not spent on a link that is gone by then', () => {
    names.look()
    onShow = []
    clock.advance(1_000)
    expect([asked, clock.pending]).toEqual([[], 0])
  })

  it('has bounded memory, the oldest answer goes first', async () => {
    onShow = Array.from({ length: ECHOLINK.maxKept + 1 }, (_, i) => String(3_100_000 + i))
    poll()
    for (let i = 0; i <= ECHOLINK.maxKept; i += 1) {
      await last().answer(`${100_000 + i}|W5GLE|`)
      clock.advance(ECHOLINK.gapMs)
    }
    expect(names.lookup('3100000')).toBeNull()
    expect(names.lookup('3100001')).not.toBeNull()
  })
})

describe('trouble', () => {
  it('an Asterisk without EchoLink is not asked again in this session, and the log says so once', async () => {
    onShow = ['3101425', '3009999']
    poll()
    await last().answer(NO_MODULE)
    for (let i = 0; i < 5; i += 1) poll(ECHOLINK.keepMs)
    expect(asked).toHaveLength(1)
    expect(warnings).toEqual([expect.stringContaining('chan_echolink is not loaded')])

    names.newSession()
    poll()
    expect(asked).toHaveLength(2)
    await last().answer(NO_MODULE)
    expect(warnings).toHaveLength(1)
    names.newSession()
    poll(ECHOLINK.gapMs)
    await last().answer('101425|W5GLE-L|192.0.2.7')
    expect(named).toEqual(['3101425'])
  })

  it('junk counts as no name, and the others are asked for', async () => {
    onShow = ['3101425', '3009999']
    poll()
    await last().answer('Usage: what?')
    clock.advance(ECHOLINK.gapMs)
    expect(lines()).toEqual(['101425', '9999'])
    await last().answer('more|junk')
    expect(warnings).toHaveLength(1)
    poll(ECHOLINK.gapMs)
    expect(asked).toHaveLength(2)
  })

  it('a session that ends under a question leaves it open for the next one', async () => {
    poll()
    await last().lose('closed')
    expect([warnings, clock.pending]).toEqual([[], 0])
    names.newSession()
    poll(ECHOLINK.gapMs)
    expect(lines()).toEqual(['101425', '101425'])
  })

  it('an Asterisk that hung over a question is left in peace for 10 minutes, in later sessions too', async () => {
    poll()
    await last().lose('no-answer')
    names.newSession()
    poll(ECHOLINK.keepMs - 1)
    poll()
    expect(asked).toHaveLength(1)
    expect(warnings).toEqual([expect.stringContaining('hung')])
    poll(1)
    poll()
    expect(asked).toHaveLength(2)
  })

  it('nothing goes on after the end', async () => {
    onShow = ['3101425', '3009999']
    poll()
    names.dispose()
    await last().answer('101425|W5GLE-L|')
    poll(10_000)
    expect([asked.length, named, clock.pending]).toEqual([1, [], 0])
  })
})

describe.each([['back', -365 * 86_400_000], ['on', 365 * 86_400_000], ['back by a minute', -60_000], ['on by a minute', 60_000]])('a clock that is set %s', (_, step) => {
  it('changes nothing about when the next one is asked for', async () => {
    onShow = ['3101425', '3009999']
    poll()
    await last().answer('101425|W5GLE-L|')
    clock.jump(step)
    poll(ECHOLINK.gapMs - 1)
    expect(asked).toHaveLength(1)
    clock.advance(1)
    expect(lines()).toEqual(['101425', '9999'])
  })

  it('nor about how long an answer counts', async () => {
    poll()
    await last().answer('101425|W5GLE-L|')
    clock.jump(step)
    isAskedAgainAfter(ECHOLINK.keepMs)
  })

  it('nor about how long a station has been called', async () => {
    poll()
    await last().answer('101425|OUTBOUND|192.0.2.7')
    clock.jump(step)
    for (let i = 1; i <= 5; i += 1) {
      clock.advance(ECHOLINK.calledMs - 1)
      expect(asked).toHaveLength(i)
      clock.advance(1)
      expect(asked).toHaveLength(i + 1)
      await last().answer('101425|OUTBOUND|192.0.2.7')
    }
  })

  it('nor about how long an Asterisk that hung is left in peace', async () => {
    poll()
    await last().lose('no-answer')
    clock.jump(step)
    names.newSession()
    isAskedAgainAfter(ECHOLINK.keepMs)
  })
})
