import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/config/errors.ts'
import { readAsteriskConf, settingOf, settingsOf } from '../../src/setup/asteriskConf.ts'
import type { AsteriskConf } from '../../src/setup/asteriskConf.ts'
import { confLines } from '../../src/setup/confLines.ts'
import { nodesOf } from '../../src/setup/nodes.ts'
import { Place } from '../../src/setup/place.ts'
import { matchesWildcard } from '../../src/setup/wildcard.ts'
import { anyCharacter } from './anyCharacter.ts'

/** Files by name, as if they lay in one folder. */
const read = (files: Readonly<Record<string, string>>, name = 'rpt.conf') => readAsteriskConf(name, {
  find: (wanted) => Promise.resolve(Object.keys(files).filter((each) => matchesWildcard(wanted, each)).sort()),
  read: (path) => Promise.resolve(files[path] ?? ''),
})
const parse = async (text: string): Promise<AsteriskConf> => (await read({ 'rpt.conf': text }))!
const section = (conf: AsteriskConf, name: string) => conf.sections.find((each) => each.name === name)!

const FIXTURES = join(import.meta.dirname, '../fixtures/asterisk')
const fixture = async (folder: string, name: string) => {
  const place = new Place(join(FIXTURES, folder))
  return (await readAsteriskConf(name, { find: (each) => place.find(`/${each}`), read: async (path) => (await place.textOf(path))! }))!
}

describe('comments', () => {
  const kept = (text: string) => confLines(text).lines.map((line) => line.text)

  it('end a line, but not behind a backslash, which makes a semicolon of it', () => {
    expect(kept('a = 1 ; one\n;b = 2\n;;;;;\nsecret = x\\;y\\;z ; end\n')).toEqual(['a = 1', 'secret = x;y;z'])
  })

  it('go over lines between ;-- and --;, one inside another, and text stands before and behind them', () => {
    expect(kept('a = 1 ;-- no\nb = 2\n;-- deeper --; still\n--; c = 3\nd ;-- x --;= 4')).toEqual(['a = 1', 'c = 3', 'd = 4'])
    expect(kept(';--- a rule\na = 1\n;-----------\nb = 2')).toEqual(['a = 1', 'b = 2'])
  })

  it('that are never closed are told with their first line', async () => {
    expect(confLines('a = 1\n;-- one\n;-- two\nb = 2').openComment).toBe(2)
    expect((await parse('[a]\n;-- x\n[2000]')).warnings).toEqual(['rpt.conf:2: this block comment is not closed; end it with --;'])
  })

  it('leave line numbers as they are', () => {
    expect(confLines('\r\n; x\r\na = 1\r\n').lines).toEqual([{ text: 'a = 1', line: 3 }])
  })
})

describe('sections', () => {
  it('take over from templates in the order named; what stands in them counts more', async () => {
    const conf = await parse('[a](!)\nx = a\ny = a\n[b](!)\ny = b\nz => b\n[2000](a, b)\nz = own\n')
    const node = section(conf, '2000')
    expect([settingOf(node, 'x'), settingOf(node, 'y'), settingOf(node, 'z')]).toEqual(['a', 'b', 'own'])
    expect(conf.sections.map(({ template }) => template)).toEqual([true, true, false])
    expect(conf.warnings).toEqual([])
  })

  it('may inherit from ones that are no templates, and templates from templates', async () => {
    const conf = await parse('[1999]\nx = 1\n[t](!,1999)\ny = 2\n[2000](t)')
    expect(settingOf(section(conf, '2000'), 'x')).toBe('1')
    expect(nodesOf(conf)).toEqual(['1999', '2000'])
  })

  it('are added to by (+), also with what another one has', async () => {
    const conf = await parse('[t](!)\nz = 3\n[2000]\nx = 1\n[other]\n[2000](+,t)\ny = 2\n')
    expect(conf.sections.map(({ name }) => name)).toEqual(['t', '2000', 'other'])
    expect(section(conf, '2000').entries.map(({ key, value }) => `${key}=${value}`)).toEqual(['x=1', 'z=3', 'y=2'])
  })

  it('that inherit from nobody, or add to nobody, are there all the same, with a warning', async () => {
    const conf = await parse('[2000](node-mian)\n[546051](+)\n')
    expect(nodesOf(conf)).toEqual(['2000', '546051'])
    expect(conf.warnings).toEqual([
      'rpt.conf:1: there is no "node-mian" to inherit from further up; correct the name',
      'rpt.conf:2: "546051" is added to, but does not exist yet; it counts as a new one: take the (+) away',
    ])
  })

  it('that are no longer sections are an error that says where and what to do', async () => {
    await expect(parse('\n[2000\nx = 1')).rejects.toThrow('rpt.conf:2: this section header has no closing bracket, and Asterisk does not load the file as it is; write [name]')
    await expect(parse('[2000](node-main')).rejects.toThrow('rpt.conf:1: what this section inherits has no closing parenthesis')
  })

  it('that inherit from themselves again and again do not fill the memory', async () => {
    const conf = await parse(`[t](!)\nx = 1\n${'[t](+,t)\n'.repeat(60)}`)
    expect(section(conf, 't').entries.length).toBeLessThan(200_000)
    expect(conf.warnings.at(-1)).toContain('sections inherit too much from each other')
  })
})

describe('settings', () => {
  it('may be written = and =>, be in any case, come more than once, and go on with +=', async () => {
    const conf = await parse('[a]\nPermit = 1\npermit => 2\nread=call\nread += ,system\n\\[x = y\nnothing\n= nameless\n')
    expect(settingsOf(section(conf, 'a'), 'permit')).toEqual(['1', '2'])
    expect(settingOf(section(conf, 'a'), 'read')).toBe('call,system')
    expect(settingOf(section(conf, 'a'), '[x')).toBe('y')
    expect(settingOf(section(conf, 'a'), 'write')).toBeNull()
  })

  it('before any section are told, without their value', async () => {
    expect((await parse('secret = not-to-be-seen\n[2000]')).warnings).toEqual(['rpt.conf:1: this line comes before any section; it is ignored: move it below a [name]'])
  })
})

describe('includes', () => {
  it('of "a", <b> and c begin in the newest section, and the file that includes them goes on in its own', async () => {
    const conf = (await read({
      'rpt.conf': '[2000]\n#include "a.conf"\n#include <b.conf>\n#include c.conf ; here\nlast = 1\n',
      'a.conf': 'x = 1\n', 'b.conf': '[546051]\n', 'c.conf': 'y = 2\n',
    }))!
    expect(section(conf, '2000').entries.map(({ key, file, line }) => `${key} ${file}:${line}`)).toEqual(['x a.conf:1', 'last rpt.conf:5'])
    expect(section(conf, '546051').entries.map(({ key, file, line }) => `${key} ${file}:${line}`)).toEqual(['y c.conf:1'])
  })

  it('of one wildcard go on from each other, and give no section to a file that has none of its own', async () => {
    const conf = (await read({ 'rpt.conf': '#include n*.conf\nlost = 1\n', 'n1.conf': '[1]\n#include deep\nown = 1\n', 'n2.conf': 'next = 1\n', deep: '[2]\n' }))!
    expect(conf.sections.map(({ name, entries }) => [name, entries.map(({ key }) => key)])).toEqual([['1', ['own', 'next']], ['2', []]])
    expect(conf.warnings).toEqual(['rpt.conf:2: this line comes before any section; it is ignored: move it below a [name]'])
  })

  it('add to the section that was added to last', async () => {
    const conf = (await read({ 'rpt.conf': '[1]\n[2]\n[1](+)\n#include x\n', x: 'a = 1\n' }))!
    expect(section(conf, '1').entries.map(({ key }) => key)).toEqual(['a'])
  })

  it('with wildcards take all files, by name', async () => {
    const conf = (await read({ 'rpt.conf': '#include n*.conf', 'n2.conf': '[2]', 'n1.conf': '[1]', 'm.conf': '[3]' }))!
    expect(nodesOf(conf)).toEqual(['1', '2'])
  })

  it('that lead nowhere are a warning, unless they need not be there', async () => {
    const { warnings } = await parse('#include "none.conf"\n#tryinclude none.conf\n#includeifexists none.conf\n#include\n#inclued x\n')
    expect(warnings).toEqual([
      'rpt.conf:1: "none.conf" is included, but does not exist; add it, or write #tryinclude',
      'rpt.conf:4: #include names no file; it is ignored: name one',
      'rpt.conf:5: this directive is not known; it is ignored',
    ])
  })

  it('in a circle come to an end', async () => {
    const conf = (await read({ 'rpt.conf': '[2000]\n#include *.conf\n', 'b.conf': '#include *.conf\n' }))!
    expect(nodesOf(conf)).toEqual(['2000'])
    expect(conf.warnings.some((line) => line.includes('too deep'))).toBe(true)
  })

  it('go ten files deep, as in Asterisk', async () => {
    const chain = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [i === 0 ? 'rpt.conf' : `f${i}`, `[${i + 1}]\n#tryinclude f${i + 1}\n`]))
    expect(nodesOf((await read(chain))!)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'])
  })

  it('of programs are never run', async () => {
    const { warnings, sections } = await parse('[2000]\n#exec /bin/false\n')
    expect(warnings).toEqual(['rpt.conf:2: #exec is not run here; what that program would add is left out: write it into a file and #include it'])
    expect(sections).toHaveLength(1)
  })
})

describe('real shapes', () => {
  it("finds ASL3's nodes: by template, from included files, and not those that are commented out or templates", async () => {
    const conf = await fixture('asl3', 'rpt.conf')
    expect(nodesOf(conf)).toEqual(['546055', '1999', '546051'])
    expect(conf.warnings).toEqual([])
    expect([settingOf(section(conf, '546051'), 'totime'), settingOf(section(conf, '546051'), 'idrecording')]).toEqual(['120000', '|iW5GLE'])
    expect(settingOf(section(conf, '1999'), 'rxchannel')).toBe('SimpleUSB/1999')
    expect(settingsOf(section(conf, 'functions'), '7')).toEqual(['ilink,7'])
  })

  it("finds HamVOIP's nodes, in its own file and in included ones", async () => {
    const conf = await fixture('hamvoip', 'rpt.conf')
    expect([nodesOf(conf), conf.warnings]).toEqual([['1998', '48752'], []])
  })
})

it('is null for a file that is not there', async () => {
  expect(await read({})).toBeNull()
})

it('throws nothing but its own error, whatever stands there', async () => {
  const piece = fc.oneof(
    fc.constantFrom('[', ']', '(', ')', '!', '+', ',', '=', '>', ';', '--', '\\', '#include ', '#exec', '*', '"', '<', '2000', 'a', ' ', '\n', '\r', '\uFEFF', 'rpt.conf', '+=', '[a-'),
    anyCharacter,
  )
  await fc.assert(fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (pieces) => {
    const text = pieces.join('')
    try {
      const conf = (await read({ 'rpt.conf': text, a: text }))!
      expect(nodesOf(conf).every((id) => /^\d+$/.test(id))).toBe(true)
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError)
    }
  }), { numRuns: 200 })
})

it.each([
  ['*.conf', 'a.conf', true], ['*.conf', '.conf', false], ['.*', '.conf', true], ['a?c', 'abc', true], ['a?c', 'ac', false], ['[a-c]x', 'bx', true],
  ['[!a-c]x', 'bx', false], ['[!a-c]x', 'dx', true], ['*a*b*', 'xaybz', true], ['*a*b', 'xaybz', false], ['a[', 'a[', true], ['', '', true], ['**', 'x', true],
])('wildcard %s, file %s: %s', (pattern, name, matches) => {
  expect(matchesWildcard(pattern, name)).toBe(matches)
})

it('wildcards of many stars take no time', () => {
  expect(matchesWildcard(`${'*a'.repeat(60)}b`, 'a'.repeat(255))).toBe(false)
})
