import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_OPTIONS, helpText, parseOptions, UsageError } from '../../src/config/options.ts'

const usage = (...argv: string[]): string => {
  try {
    parseOptions(argv, {})
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
  return 'accepted'
}

it('runs the demo on loopback when told nothing', () => {
  expect(parseOptions([], {})).toEqual(DEFAULT_OPTIONS)
  expect(DEFAULT_OPTIONS).toMatchObject({ config: null, port: 8105, host: '127.0.0.1', base: '', dialect: 'plan' })
})

it('takes every option, with a blank or with =', () => {
  const argv =
    '--config a.ini --port=0 --host ::1 --base /x/ --astdb b.txt --private-nodes c.txt ' +
    '--users d --anonymous none --dialect supermon-ng --log-level debug'
  expect(parseOptions(argv.split(' '), {})).toEqual({
    action: 'run',
    config: 'a.ini',
    port: 0,
    host: '::1',
    base: '/x',
    astdb: 'b.txt',
    privateNodes: 'c.txt',
    users: 'd',
    anonymous: 'none',
    dialect: 'supermon-ng',
    logLevel: 'debug',
  })
})

it('refuses users for the demo, and a closed door that nobody has a key for', () => {
  expect(() => parseOptions(['--users', 'd'], {})).toThrow('--users needs --config')
  expect(() => parseOptions(['--config', 'a.ini', '--anonymous', 'none'], {})).toThrow('--anonymous none needs --users')
})

it('takes the environment where there is no argument', () => {
  const env = {
    SUPERMON_LIVE_CONFIG: '/etc/allmon.ini',
    SUPERMON_LIVE_PORT: '9000',
    SUPERMON_LIVE_HOST: '',
    SUPERMON_LIVE_BASE: 'club',
    SUPERMON_LIVE_ASTDB: '/var/astdb.txt',
    SUPERMON_LIVE_PRIVATE_NODES: '/var/p.txt',
    SUPERMON_LIVE_USERS: '/var/users',
    SUPERMON_LIVE_ANONYMOUS: 'read',
    SUPERMON_LIVE_DIALECT: 'SUPERMON-NG',
    SUPERMON_LIVE_LOG_LEVEL: 'warn',
  }
  expect(parseOptions(['--port', '9001'], env)).toEqual({
    action: 'run',
    config: '/etc/allmon.ini',
    port: 9001,
    host: '127.0.0.1',
    base: '/club',
    astdb: '/var/astdb.txt',
    privateNodes: '/var/p.txt',
    users: '/var/users',
    anonymous: 'read',
    dialect: 'supermon-ng',
    logLevel: 'warn',
  })
  expect(() => parseOptions([], { SUPERMON_LIVE_PORT: 'x' })).toThrow(
    'SUPERMON_LIVE_PORT "x" is no port; give a number',
  )
})

it('prints help and version even beside a wrong value', () => {
  expect(parseOptions(['--help', '--port', 'x'], { SUPERMON_LIVE_PORT: 'y' }).action).toBe('help')
  expect(parseOptions(['-h'], {}).action).toBe('help')
  expect(parseOptions(['--version'], {}).action).toBe('version')
})

it.each([
  ['', ''],
  ['/', ''],
  ['supermon-ng', '/supermon-ng'],
  ['//a//b/', '/a/b'],
  ['/~ham/live_1.0', '/~ham/live_1.0'],
])('normalises the base %j to %j', (written, base) => {
  expect(parseOptions([], { SUPERMON_LIVE_BASE: written }).base).toBe(base)
  if (written !== '') expect(parseOptions(['--base', written], {}).base).toBe(base)
})

describe('usage errors say what is wrong and what to do', () => {
  it.each([
    [['--prot', '1'], 'unknown option "--prot"; see --help for all options'],
    [['-p', '1'], 'unknown option "-p"; see --help for all options'],
    [['--__proto__'], 'unknown option "--__proto__"; see --help for all options'],
    [['--no-help'], 'unknown option "--no-help"; see --help for all options'],
    [['a.ini'], 'unexpected argument "a.ini"; options start with --, such as --config FILE; see --help'],
    [['--config'], '--config has no value; write --config VALUE; see --help'],
    [['--config', '--port', '1'], '--config has no value; write --config VALUE; see --help'],
    [['--config='], '--config has no value; write --config VALUE; see --help'],
    [['--help=yes'], '--help takes no value; leave the value out; see --help'],
    [['--port', '65536'], '--port "65536" is no port; give a number from 0 to 65535, 0 = any free one; see --help'],
    [['--port', '80a'], '--port "80a" is no port; give a number from 0 to 65535, 0 = any free one; see --help'],
    [
      ['--host', '0.0.0.0:80'],
      '--host "0.0.0.0:80" is no address; give one like 127.0.0.1, 0.0.0.0 or ::1, the port goes to --port; see --help',
    ],
    [['--base', '/a/../b'], '--base "/a/../b" is no URL path; give one like /supermon-ng, or leave it out; see --help'],
    [
      ['--base', 'https://x/y'],
      '--base "https://x/y" is no URL path; give one like /supermon-ng, or leave it out; see --help',
    ],
    [['--dialect', 'morse'], '--dialect "morse" is not known; give one of plan, supermon-ng; see --help'],
  ])('%j', (argv, message) => {
    expect(usage(...argv)).toBe(message)
  })

  it('and nothing else is thrown, whatever the arguments', () => {
    const argument = fc.oneof(
      fc.constantFrom('--', '-', '--port', '--config', '--base', '--host=', '-h', '--dialect', '/a', '0'),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(fc.array(argument, { maxLength: 5 }), (argv) => {
        expect(usage(...argv)).not.toMatch(/[\r\n]/)
      }),
    )
  })
})

it('lists every option and variable in the help, 100 columns at most', () => {
  const help = helpText()
  for (const word of ['--config', '--private-nodes', '--log-level', '--version', 'SUPERMON_LIVE_ASTDB'])
    expect(help).toContain(word)
  expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
  expect(help.endsWith('\n')).toBe(true)
})
