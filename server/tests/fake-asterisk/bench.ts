/** The server of the captures: nodes 1999, 1998 and 1997, three users, no links and no variables of scripts. */
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk, FakeAsteriskOptions } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { ManualClock } from '../support/manualClock.ts'

export interface Bench {
  readonly fake: FakeAsterisk
  readonly clock: ManualClock
}

export async function startBench(options: FakeAsteriskOptions = {}): Promise<Bench> {
  const clock = new ManualClock()
  const fake = await startFakeAsterisk({
    nodes: ['1999', '1998', '1997'],
    links: {},
    voters: {},
    telemetry: false,
    user: 'admin',
    secret: 'testsecret',
    users: [
      { name: 'reader', secret: 'readersecret', read: 'call', write: '' },
      { name: 'noread', secret: 'noreadsecret', read: 'system', write: 'command' },
    ],
    unknownTargets: ['4242'],
    uptimeMs: 47_000,
    clock,
    ...options,
  })
  return { fake, clock }
}

/** What a running server may say differently from one run to the next is replaced by its shape. */
export function normalise(text: string): string {
  return text
    .replace(/^Timestamp: \d+\.\d{6}/gm, 'Timestamp: <time>')
    .replace(/^Challenge: \d+/gm, 'Challenge: <digits>')
    .replace(/^(Uptime|LastReload|Output: System uptime|Output: Last reload): \d+/gm, '$1: <s>')
    .replace(/^(Last\w+Time): \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}/gm, '$1: <ctime>')
    .replace(/^Channel: .*\r$/gm, 'Channel: <channel>\r')
    .replace(/^(Conn: \S+ [01]) (\d+) /gm, '$1 <s> ')
    .replace(/^(Conn: \S+ [01] \S+) \d+\r/gm, '$1 <s>\r')
    .replace(
      /\d\d+:\d\d:\d\d:\d{2,3} */g,
      (field) => `<elapsed ms ${field.trim().length === field.length ? '' : field.length}>`,
    )
    .replace(/\d\d+:\d\d:\d\d/g, 'HH:MM:SS')
}
