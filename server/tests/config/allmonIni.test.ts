import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAllmonIni, type AllmonConfig, type NodeConfig } from '../../src/config/allmonIni.ts'
import { ConfigError } from '../../src/config/errors.ts'

/** One node around the lines under test. */
function node(...lines: string[]): { node: NodeConfig; config: AllmonConfig } {
  const config = parseAllmonIni(['[2000]', 'host=127.0.0.1', ...lines].join('\n'))
  return { node: config.nodes[0]!, config }
}

const passwd = (value: string): string => node(`passwd=${value}`).node.secret.reveal()

function failure(text: string, file?: string): ConfigError {
  try {
    parseAllmonIni(text, file)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('values, as PHP reads them', () => {
  it.each([
    ['"p;w with=odd!chars"', 'p;w with=odd!chars'],
    ['"say \\"73\\""', 'say "73"'],
    ['"back\\\\slash"', 'back\\slash'],
    ['"a\\b"', 'a\\b'],
    ["'it; is \\ raw'", 'it; is \\ raw'],
    ['plain', 'plain'],
    ['plain ; a comment', 'plain'],
    ['"quoted" ; a comment', 'quoted'],
    ['"  blanks  "   ', '  blanks  '],
    ['"two"parts', 'twoparts'],
    ['one"t;wo"', 'onet;wo'],
    ['5" dish', '5" dish'],
    ["don't", "don't"],
    ['a=b=c', 'a=b=c'],
    ['(un)quoted!&^~|{}', '(un)quoted!&^~|{}'],
    ['none', 'none'],
    ['yes', 'yes'],
    ['', ''],
  ])('passwd=%s', (written, meant) => {
    expect(passwd(written)).toBe(meant)
  })

  it.each(['yes', 'YES', 'on', 'On', 'true', '1', '"yes"', '"1"'])('menu=%s is on', (word) => {
    expect(node(`menu=${word}`).node.menu).toBe(true)
  })

  it.each(['no', 'off', 'none', 'false', '0', '', 'null', '"no"', 'perhaps'])('menu=%s is off', (word) => {
    expect(node(`menu=${word}`).node.menu).toBe(false)
  })

  it('takes the words for nothing as nothing where a text is meant', () => {
    expect(node('listenlive=none', 'archive=').node).toMatchObject({ listenlive: null, archive: null })
    expect(node('system="none"').node.system).toBe('none')
  })

  it('takes blanks around =, a byte order mark, CRLF, CR, indented lines and # comments', () => {
    const lines = ['\uFEFF# made by hand', ' [2000] ', '\thost = 10.0.0.1:5039', 'user= ops ', '  # more', 'menu =yes']
    for (const end of ['\n', '\r\n', '\r']) {
      const config = parseAllmonIni(lines.join(end))
      expect(config.nodes[0]).toMatchObject({ id: '2000', host: '10.0.0.1', port: 5039, user: 'ops', menu: true })
      expect(config.warnings).toEqual([])
    }
  })

  it('reads a quoted section name', () => {
    expect(parseAllmonIni('["W1AW-P"]\nhost=a').nodes[0]?.id).toBe('W1AW-P')
  })
})

describe('nodes', () => {
  it('have the defaults of Supermon-NG', () => {
    const { secret, ...rest } = node().node
    expect(rest).toEqual({
      id: '2000',
      host: '127.0.0.1',
      port: 5038,
      user: 'admin',
      system: 'Nodes',
      menu: false,
      hideNodeURL: false,
      listenlive: null,
      archive: null,
      lsnodes: null,
    })
    expect(secret.isEmpty).toBe(true)
  })

  it.each([
    ['asterisk.local', 'asterisk.local', 5038],
    ['192.0.2.7:5039', '192.0.2.7', 5039],
    ['"192.0.2.7:1"', '192.0.2.7', 1],
    ['[::1]:5040', '::1', 5040],
    ['[2001:db8::2]', '2001:db8::2', 5038],
    ['2001:db8::2', '2001:db8::2', 5038],
  ])('host=%s', (written, host, port) => {
    expect(parseAllmonIni(`[2000]\nhost=${written}`).nodes[0]).toMatchObject({ host, port })
  })

  it.each([
    ['', 'bad-host'],
    ['two words', 'bad-host'],
    ['ops:s3cret@192.0.2.7', 'bad-port'],
    ['[::1', 'bad-host'],
    ['[127.0.0.1]', 'bad-host'],
    ['a:b:c', 'bad-port'],
    ['http://asterisk', 'bad-port'],
    ['a:0', 'bad-port'],
    ['a:65536', 'bad-port'],
    ['a:', 'bad-port'],
  ])('host=%s is refused, with its line, and is not repeated', (written, code) => {
    const error = failure(`\n[2000]\nmenu=yes\nhost=${written}`, '/etc/allmon.ini')
    expect(error).toMatchObject({ code, file: '/etc/allmon.ini', line: 4 })
    expect(error.message).toMatch(/^\/etc\/allmon\.ini:4: node 2000: .+; write host=/)
    expect(error.message).not.toContain('s3cret')
  })

  it('need a node id as their section name', () => {
    const error = failure('[My Node]\nhost=a')
    expect(error).toMatchObject({ code: 'bad-node-id', line: 1 })
    expect(error.message).toContain(
      'allmon.ini:1: "My Node" has a host but its name is no node id; name the section after',
    )
    for (const id of ['546051', 'KG5DRT-1', 'W1AW-P', 'VE3ABC/W6-P']) {
      expect(parseAllmonIni(`[${id}]\nhost=a`).nodes[0]?.id).toBe(id)
    }
  })

  it('lose URLs that would run as a script', () => {
    const { node: read, config } = node('listenlive="java\tscript:alert(1)"', 'archive=https://example.org/a')
    expect(read).toMatchObject({ listenlive: null, archive: 'https://example.org/a' })
    expect(config.warnings).toHaveLength(1)
  })
})

describe('the rest of the menu', () => {
  const nodes = '[2000]\nhost=a\n[2001]\nhost=a\n'

  it('has groups of configured nodes', () => {
    const config = parseAllmonIni(`${nodes}[All]\nnodes = 2001, 2000,,9999,2001\nmenu=yes\nsystem=Display Groups`)
    expect(config.groups).toEqual([{ name: 'All', nodes: ['2001', '2000'], system: 'Display Groups', menu: true }])
    expect(config.warnings).toEqual([
      'allmon.ini:6: node "9999" of this group is not configured; it is left out: add its section or remove it',
    ])
  })

  it('has voters and links, and skips break', () => {
    const config = parseAllmonIni(
      `${nodes}[Club]\nrtcmnode=2001\n[Site]\nurl="https://example.org/>"\nsystem=Links\nmenu=yes\n[break]\nurl=x\n[Odd]\nmenu=yes`,
    )
    expect(config.voters).toEqual([{ name: 'Club', node: '2001', system: null, menu: false }])
    expect(config.links).toEqual([
      { name: 'Site', url: 'https://example.org/', newTab: true, system: 'Links', menu: true },
    ])
  })

  it.each([
    ['default_node=2001,2000\n[2000]\nhost=a\n[2001]\nhost=a', ['2001', '2000']],
    [`${nodes}[G]\nnodes=2001,2000\n[ASL3+]\ndefault_node=G`, ['2001', '2000']],
    [`[2000]\nhost=a\ndefault_node=G, 2000\n[2001]\nhost=a\n[G]\nnodes=2001`, ['2001', '2000']],
    [nodes, []],
  ])('finds default_node wherever it stands (%#)', (text, ids) => {
    const config = parseAllmonIni(text)
    expect(config.defaultNodes).toEqual(ids)
    expect(config.warnings).toEqual([])
  })
})

describe('warnings', () => {
  it('tell of everything that is doubled; the first one counts', () => {
    const config = parseAllmonIni(
      '[2000]\nhost=a\nhost=b\nx=1\nx=2\n[2000]\nhost=c\n[E]\ndefault_node=2000\ndefault_node=1',
    )
    expect(config.nodes).toHaveLength(1)
    expect(config.nodes[0]?.host).toBe('a')
    expect(config.defaultNodes).toEqual(['2000'])
    expect(config.warnings).toEqual([
      'allmon.ini:3: host stands here a second time in its section; the first one counts: remove one',
      'allmon.ini:6: a section of this name stands further up; the first one counts: remove one',
      'allmon.ini:10: default_node stands here a second time; the first one counts: remove one',
    ])
  })

  it('tell of a password that its ; cuts short, without showing it', () => {
    const { node: read, config } = node('passwd=open;sesame')
    expect(read.secret.reveal()).toBe('open')
    expect(config.warnings).toEqual([
      'allmon.ini:3: node 2000: passwd has a ; and ends there; put the password in double quotes',
    ])
  })

  it('tell of an address that is too long to be told to pages, which is ignored', () => {
    const url = (length: number) => 'https://audio.example/listen?'.padEnd(length, 'a')
    const text = `[2000]\nhost=a\nlistenlive=${url(2_000)}\narchive=${url(2_001)}\n[Site]\nurl=${url(2_001)}\n`
    const { nodes, links, warnings } = parseAllmonIni(text)
    expect([nodes[0]?.listenlive, nodes[0]?.archive, links]).toEqual([url(2_000), null, []])
    expect(warnings).toEqual([4, 6].map((line) => `allmon.ini:${line}: ${line === 4 ? 'archive' : 'url'} is longer than 2000 characters; it is ignored: give a shorter address`))
  })

  it('tell of stray lines and unknown default nodes', () => {
    expect(node('sesame', 'default_node=77').config.warnings).toEqual([
      'allmon.ini:3: this line is no key=value; it is ignored: correct or remove it',
      'allmon.ini:4: default_node "77" is neither a node nor a group of this file; it is left out: correct it',
    ])
  })
})

describe('errors', () => {
  it.each([
    ['', 'no-nodes', null],
    ['[2000]\nuser=x', 'no-nodes', null],
    ['[2000\nhost=a', 'syntax', 1],
    ['[2000]\nhost=a\npasswd="sesame', 'syntax', 3],
    ['[2000]\nhost=a\npasswd="sesame\\"', 'syntax', 3],
  ])('are typed and one line long (%#)', (text, code, line) => {
    const error = failure(text)
    expect(error).toMatchObject({ name: 'ConfigError', code, line, file: 'allmon.ini' })
    expect(error.message).toBe(`allmon.ini${line === null ? '' : `:${line}`}: ${error.reason}; ${error.whatToDo}`)
    expect(error.message).not.toMatch(/sesame|[\r\n]/)
  })

  it('stay one line even for hostile names', () => {
    expect(failure('[\u001b[2J]\nhost=a', 'a\nb.ini').message).toMatch(/^a\?b\.ini:1: "\?\[2J" has a host/)
  })

  it('are the only thing thrown, whatever the text', () => {
    const piece = fc.oneof(
      fc.constantFrom('[', ']', '=', '"', "'", ';', '#', '\\', '\n', '\r\n', ' ', ',', ':', '__proto__', '[2000]\n'),
      fc.constantFrom(
        'host',
        'nodes',
        'url',
        'rtcmnode',
        'default_node',
        'passwd',
        'constructor',
        '127.0.0.1',
        '\uFEFF',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
    )
    const text = fc.array(piece, { maxLength: 60 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, (sample) => {
        try {
          const config = parseAllmonIni(sample)
          expect(config.nodes.length).toBeGreaterThan(0)
          for (const warning of config.warnings) expect(warning).toMatch(/^allmon\.ini:\d+: [^\r\n]+; [^\r\n]+$/)
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error
          expect(error.message).not.toMatch(/[\r\n\u2028\u2029]/)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('and warnings never show a password, however the line is broken', () => {
    const secret = 'Sesame4711'
    const odd = fc.constantFrom('"', "'", ';', '=', '[', ']', '\\', ' ', '#', '\t', '')
    fc.assert(
      fc.property(odd, odd, odd, fc.constantFrom('passwd', 'passwd ', '', 'passwd:'), odd, (a, b, c, key, between) => {
        const line = `${key}${between}=${a}${secret}${b}${c}`
        const text = `[2000]\nhost=a\n${line}\n${line}\n[2000]\nmenu=yes`
        let said: string
        try {
          said = inspect(parseAllmonIni(text), { depth: 9 })
        } catch (error) {
          said = inspect(error, { depth: 9 })
        }
        expect(said).not.toContain(secret)
      }),
      { numRuns: 1_000 },
    )
  })

  it('come in linear time for a line full of quotes', () => {
    // Time on the processor: what others do meanwhile does not count.
    const before = process.cpuUsage()
    failure(`[2000]\nhost=a\npasswd=x${'"\\'.repeat(200_000)}\n["`)
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1e6).toBeLessThan(2)
  })
})
