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

/** Those of the broker are in brokerOptions.test.ts. */
const NO_BROKER = Object.fromEntries(Object.entries(DEFAULT_OPTIONS).filter(([name]) => /mqtt/i.test(name)))

it('runs the demo on loopback when told nothing', () => {
  expect(parseOptions([], {})).toEqual(DEFAULT_OPTIONS)
  expect(DEFAULT_OPTIONS).toMatchObject({ config: null, port: 8105, host: '127.0.0.1', base: '', dialect: 'plan' })
})

it('takes every option, with a blank or with =', () => {
  const argv =
    '--config a.ini --port=0 --host ::1 --base /x/ --astdb b.txt --private-nodes c.txt ' +
    '--site e.inc --rollout r.json --figures f.json --users d --anonymous none --dialect supermon-ng --log-level debug --node-ports 8110 --voter-ports 8210 ' +
    '--origins https://club.example,http://10.0.0.5:8080 --trusted-proxies 10.0.0.0/8,::1 --tickets required ' +
    '--limits viewers=10,viewersPerNode=5 --metrics-token-file t'
  expect(parseOptions(argv.split(' '), {}, ['viewers', 'viewersPerNode'])).toEqual({
    action: 'run',
    config: 'a.ini',
    port: 0,
    host: '::1',
    base: '/x',
    astdb: 'b.txt',
    privateNodes: 'c.txt',
    site: 'e.inc',
    rollout: 'r.json',
    figures: 'f.json',
    users: 'd',
    supermon: null,
    anonymous: 'none',
    nodePorts: 8110,
    voterPorts: 8210,
    origins: ['https://club.example', 'http://10.0.0.5:8080'],
    trustedProxies: ['10.0.0.0/8', '::1'],
    tickets: 'required',
    limits: { viewers: 10, viewersPerNode: 5 },
    metricsTokenFile: 't',
    dialect: 'supermon-ng',
    logLevel: 'debug',
    ...NO_BROKER,
  })
})

it('refuses users for the demo, and a closed door that nobody has a key for', () => {
  expect(() => parseOptions(['--users', 'd'], {})).toThrow('--users needs --config')
  expect(() => parseOptions(['--config', 'a.ini', '--anonymous', 'none'], {})).toThrow('--anonymous none needs --users or --auth')
})

it('refuses two answers to who is signed in, and a node port that is taken', () => {
  expect(() => parseOptions(['--auth', 'supermon=http://a'], {})).toThrow('--auth needs --config')
  expect(() => parseOptions(['--config', 'a', '--users', 'd', '--auth', 'supermon=http://a'], {})).toThrow('cannot be combined')
  expect(() => parseOptions(['--node-ports', '8105'], {})).toThrow('--node-ports 8105 is the gateway\'s own port')
  expect(() => parseOptions(['--voter-ports', '8105'], {})).toThrow('--voter-ports 8105 is the gateway\'s own port')
  expect(() => parseOptions(['--voter-ports', '8200', '--node-ports', '8200'], {})).toThrow('--voter-ports 8200 is the port of the first node')
})

it('reads addresses of Supermon-NG, origins, networks and limits, or says what is wrong with them', () => {
  const read = (...argv: string[]) => parseOptions(['--config', 'a', ...argv], {}, ['viewers', 'messageRate'])
  expect(read('--auth', 'supermon=https://host.example/supermon-ng/').supermon).toBe('https://host.example/supermon-ng')
  expect(read('--origins', 'HTTPS://Club.example/ , https://club.example:443').origins).toEqual(['https://club.example', 'https://club.example'])
  expect(read('--limits', ' viewers = 12 ,').limits).toEqual({ viewers: 12 })
  const wrong: [string, string, RegExp][] = [
    ['--auth', 'http://a', /--auth cannot be used; give the address of Supermon-NG/],
    ['--auth', 'supermon=ftp://a', /cannot be used/],
    ['--auth', 'supermon=http://user:S3cret@a', /^(?!.*S3cret).*cannot be used/],
    ['--auth', 'supermon=http://a/?x=1', /cannot be used/],
    ['--origins', 'club.example', /"club.example" is not an origin/],
    ['--origins', 'https://club.example/path', /is not an origin/],
    ['--origins', 'file:///etc/passwd', /is not an origin/],
    ['--trusted-proxies', '10.0.0.0/33', /"10.0.0.0\/33" is not an address/],
    ['--trusted-proxies', 'localhost', /is not an address/],
    ['--trusted-proxies', '::1/64/3', /is not an address/],
    ['--limits', 'viewer=3', /no limit "viewer"; those there are: viewers, messageRate/],
    ['--limits', 'viewers=0', /is not a limit; give a whole number above 0, like viewers=100/],
    ['--limits', 'viewers=1e3', /is not a limit/],
    ['--tickets', 'always', /optional, required/],
    ['--node-ports', '70000', /is not a port/],
    ['--node-ports', '0', /cannot be the first port/],
    ['--voter-ports', '8205+', /is not a port/],
  ]
  for (const [option, value, message] of wrong) expect(() => read(option, value), value).toThrow(message)
})

it('shows nodes in a Home Assistant on a broker that is told of them, and on no other', () => {
  expect(parseOptions(['--mqtt', 'mqtt://a', '--mqtt-home-assistant', 'homeassistant'], {}).mqttHomeAssistant).toBe('homeassistant')
  expect(usage('--mqtt-home-assistant', 'homeassistant')).toContain('--mqtt-home-assistant needs --mqtt')
  expect(usage('--from-mqtt', 'mqtt://a', '--mqtt-home-assistant', 'homeassistant')).toContain('--mqtt-home-assistant needs --mqtt')
  for (const prefix of ['a/#', 'a//b', '/a', '+', 'a b']) expect(usage('--mqtt', 'mqtt://a', '--mqtt-home-assistant', prefix)).toContain('cannot begin a topic; give letters')
})

it('takes the environment where there is no argument', () => {
  const env = {
    SUPERMON_LIVE_CONFIG: '/etc/allmon.ini',
    SUPERMON_LIVE_PORT: '9000',
    SUPERMON_LIVE_HOST: '',
    SUPERMON_LIVE_BASE: 'club',
    SUPERMON_LIVE_ASTDB: '/var/astdb.txt',
    SUPERMON_LIVE_PRIVATE_NODES: '/var/p.txt',
    SUPERMON_LIVE_SITE: '/etc/global.inc',
    SUPERMON_LIVE_ROLLOUT: '/etc/rollout.json',
    SUPERMON_LIVE_FIGURES: '/var/figures.json',
    SUPERMON_LIVE_AUTH: 'supermon=http://127.0.0.1:8000/',
    SUPERMON_LIVE_NODE_PORTS: '8200',
    SUPERMON_LIVE_VOTER_PORTS: '8205',
    SUPERMON_LIVE_ORIGINS: '*',
    SUPERMON_LIVE_TRUSTED_PROXIES: '192.0.2.7',
    SUPERMON_LIVE_TICKETS: 'optional',
    SUPERMON_LIVE_LIMITS: 'viewers=7',
    SUPERMON_LIVE_METRICS_TOKEN_FILE: '/run/token',
    SUPERMON_LIVE_ANONYMOUS: 'read',
    SUPERMON_LIVE_DIALECT: 'SUPERMON-NG',
    SUPERMON_LIVE_LOG_LEVEL: 'warn',
  }
  expect(parseOptions(['--port', '9001'], env, ['viewers'])).toEqual({
    action: 'run',
    config: '/etc/allmon.ini',
    port: 9001,
    host: '127.0.0.1',
    base: '/club',
    astdb: '/var/astdb.txt',
    privateNodes: '/var/p.txt',
    site: '/etc/global.inc',
    rollout: '/etc/rollout.json',
    figures: '/var/figures.json',
    users: null,
    supermon: 'http://127.0.0.1:8000',
    anonymous: 'read',
    nodePorts: 8200,
    voterPorts: 8205,
    origins: ['*'],
    trustedProxies: ['192.0.2.7'],
    tickets: 'optional',
    limits: { viewers: 7 },
    metricsTokenFile: '/run/token',
    dialect: 'supermon-ng',
    logLevel: 'warn',
    ...NO_BROKER,
  })
  expect(() => parseOptions([], { SUPERMON_LIVE_PORT: 'x' })).toThrow(
    'SUPERMON_LIVE_PORT "x" is not a port; give a number',
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
    [['--port', '65536'], '--port "65536" is not a port; give a number from 0 to 65535, 0 = any free one; see --help'],
    [['--port', '80a'], '--port "80a" is not a port; give a number from 0 to 65535, 0 = any free one; see --help'],
    [
      ['--host', '0.0.0.0:80'],
      '--host "0.0.0.0:80" is not an address; give one like 127.0.0.1, 0.0.0.0 or ::1, the port goes to --port; see --help',
    ],
    [['--base', '/a/../b'], '--base "/a/../b" is not a URL path; give one like /supermon-ng, or leave it out; see --help'],
    [
      ['--base', 'https://x/y'],
      '--base "https://x/y" is not a URL path; give one like /supermon-ng, or leave it out; see --help',
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
