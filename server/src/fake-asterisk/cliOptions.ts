/** The options of `npm run fake-asterisk`. */
import { parseArgs } from 'node:util'
import type { FakeAsteriskOptions } from './fakeAsterisk.ts'

export const HELP = `A simulated Asterisk with app_rpt: AMI over TCP, on this machine only.

  npm run fake-asterisk -- [options]

  --port N            AMI port (default 5038; 0 = any free one)
  --control-port N    control over HTTP (default none; 0 = any free one)
  --nodes N|A,B,…     how many local nodes, or which (default 3)
  --links N           links of each node (default 20)
  --scenario WORD     quiet (nothing keys), idle (now and then) or net (default)
  --seed N            same seed, same stations and order (default 1)
  --user NAME         manager account (default admin)
  --secret TEXT       its secret (default demo)
  --read CLASSES      events it may read, e.g. call (default all)
  --write CLASSES     actions it may use, e.g. command (default all)
  --receivers N       voter receivers of the third node (default 6; 0 = no voter)
  --help

When ready it prints one line of JSON: {"ready":true,"port":…,"controlPort":…,"nodes":[…],"user":…}
`

class UsageError extends Error {}

function wholeNumber(name: string, text: string, highest: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= highest) return value
  throw new UsageError(`--${name} ${text}: must be a whole number from 0 to ${highest}`)
}

/**
 * @returns null when help is asked for
 * @throws Error whose first line says what is wrong
 */
export function readOptions(args: readonly string[]): FakeAsteriskOptions | null {
  const text = (value: string) => ({ type: 'string', default: value }) as const
  const { values: v } = parseArgs({
    args: [...args],
    options: {
      port: text('5038'),
      'control-port': { type: 'string' },
      nodes: text('3'),
      links: text('20'),
      scenario: text('net'),
      seed: text('1'),
      user: text('admin'),
      secret: text('demo'),
      read: text('all'),
      write: text('all'),
      receivers: text('6'),
      help: { type: 'boolean', default: false },
    },
  })
  if (v.help) return null
  const control = v['control-port']
  const names = v.nodes.split(',')
  // One short number is a count, everything else names nodes.
  const nodes = /^\d{1,3}$/.test(v.nodes) ? wholeNumber('nodes', v.nodes, 100) : names
  if (nodes === names && !names.every((name) => /^\d{4,7}$/.test(name))) {
    throw new UsageError(`--nodes ${v.nodes}: must be a count up to 100 or node numbers such as 546051,546055`)
  }
  const { scenario } = v
  if (scenario !== 'quiet' && scenario !== 'idle' && scenario !== 'net') {
    throw new UsageError(`--scenario ${scenario}: must be quiet, idle or net`)
  }
  return {
    port: wholeNumber('port', v.port, 65_535),
    controlPort: control === undefined ? null : wholeNumber('control-port', control, 65_535),
    nodes,
    links: wholeNumber('links', v.links, 2_000),
    scenario,
    seed: wholeNumber('seed', v.seed, 0xffff_ffff),
    user: v.user,
    secret: v.secret,
    read: v.read,
    write: v.write,
    voterReceivers: wholeNumber('receivers', v.receivers, 200),
  }
}
