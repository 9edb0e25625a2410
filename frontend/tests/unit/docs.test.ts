/** The written word keeps up with the code: a page per permanent code, a test per numbered statement of the wire. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ORDER_CODES } from '../../../protocol/commandCodes.ts'
import { VOTER_CODES } from '../../../protocol/voter.ts'

const ROOT = join(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const unique = (texts: Iterable<string>) => [...new Set(texts)].sort()

/** The strings of a union type, as its source writes them. */
function union(path: string, start: RegExp): string[] {
  const source = read(path)
  const found = start.exec(source)
  if (found === null) throw new Error(`${path} no longer holds ${String(start)}`)
  const body = source.slice(found.index + found[0].length)
  const members = /^(?:\s*\|?\s*'[a-z0-9-]+')+/.exec(body)?.[0] ?? ''
  return [...members.matchAll(/'([a-z0-9-]+)'/g)].map((match) => match[1] ?? '')
}
/** What a call is given as its first argument, wherever it is called. */
function firstArguments(path: string, call: string): string[] {
  return [...read(path).matchAll(new RegExp(`${call}\\(\\s*'([a-z0-9-]+)'`, 'g'))].map((match) => match[1] ?? '')
}

const CODES: Readonly<Record<string, readonly string[]>> = {
  'Why a connection is not live': union('frontend/src/services/connectionState.ts', /type ReasonCode =/),
  'What was dropped and survived': union('frontend/src/services/diagnostics.ts', /type DiagnosticCode =/),
  'Why Asterisk does not answer for a node or its voter': VOTER_CODES,
  'Why a gateway has no MQTT broker': union('server/src/fleet/brokerFault.ts', /readonly code: /),
  'Why an order over a broker was not taken': ORDER_CODES,
  'Why an HTTP request failed': [
    ...union('frontend/src/services/gatewayApi.ts', /readonly code: /),
    ...union('frontend/src/services/retryAfter.ts', /readonly code = /),
  ],
  'What a page did wrong': firstArguments('frontend/src/stores/client.ts', 'mistake'),
  'What a server says about a message': unique(firstArguments('server/src/gateway/viewer.ts', '#error')),
}

/** Below a `## ` heading of the index: the codes that are linked there. */
function indexed(heading: string): string[] {
  const part =
    read('docs/errors/README.md')
      .split(/^## /m)
      .find((each) => each.startsWith(`${heading}\n`)) ?? ''
  return [...part.matchAll(/^\* \[([a-z0-9-]+)\]\(\1\.md\)/gm)].map((match) => match[1] ?? '')
}

describe('docs/errors', () => {
  const pages = readdirSync(join(ROOT, 'docs/errors')).filter((name) => name !== 'README.md')

  it('finds codes of every kind: the lists below are not empty by mistake', () => {
    expect(CODES['Why a connection is not live']).toContain('socket-closed')
    expect(CODES['What was dropped and survived']).toContain('sequence-gap')
    expect(CODES['Why an HTTP request failed']).toContain('not-understood')
    expect(CODES['What a server says about a message']).toContain('bad-frame')
    for (const [group, codes] of Object.entries(CODES)) expect(codes.length, group).toBeGreaterThan(0)
  })

  it('has a page for every permanent code, and a code for every page', () => {
    expect(unique(pages)).toEqual(unique(Object.values(CODES).flat().map((code) => `${code}.md`)))
  })

  it('has an index that lists every code in its group', () => {
    for (const [group, codes] of Object.entries(CODES)) expect(indexed(group).sort(), group).toEqual([...codes].sort())
  })

  it('says on each page what the code means, why it happens and what to do, in 5 to 12 lines', () => {
    for (const page of pages) {
      const text = read(`docs/errors/${page}`)
      const lines = text.trimEnd().split('\n')
      expect(lines[0], page).toBe(`# ${page.replace(/\.md$/, '')}`)
      expect(lines.length, page).toBeGreaterThanOrEqual(5)
      expect(lines.length, page).toBeLessThanOrEqual(12)
      expect(text, page).toMatch(/\n\n\*\*Why\.\*\* \S[^]*\n\n\*\*What to do\.\*\* \S/)
      expect(
        lines.filter((line) => line.length > 120),
        page,
      ).toEqual([])
    }
  })

  it('links only to pages that exist', () => {
    const known = new Set([...pages, '../protocol.md'])
    for (const page of [...pages, 'README.md']) {
      const links = [...read(`docs/errors/${page}`).matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] ?? '')
      expect(
        links.filter((link) => !known.has(link)),
        page,
      ).toEqual([])
    }
  })
})

describe('docs/protocol.md', () => {
  const statements = [...read('docs/protocol.md').matchAll(/^\* \*\*([A-Z]-\d+)\*\*/gm)].map((match) => match[1] ?? '')
  /** The titles of all tests and suites. */
  const titles = ['frontend/tests', 'server/tests']
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    )
    .filter((path) => path.endsWith('.test.ts'))
    .flatMap((path) => [...read(path).matchAll(/\b(?:it|test|describe)(?:\.\w+)*\(\s*(['"`])(.*?)\1/g)])
    .map((match) => match[2] ?? '')
    .join('\n')

  it('numbers every statement once', () => {
    expect(statements.length).toBeGreaterThan(25)
    expect(statements).toEqual([...new Set(statements)])
  })

  it('is pinned: every statement is named in the title of a test', () => {
    expect(statements.filter((statement) => !new RegExp(`\\b${statement}\\b`).test(titles))).toEqual([])
  })
})
