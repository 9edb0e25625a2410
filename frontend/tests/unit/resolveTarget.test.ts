/** Which node somebody means by what he wrote. */
import { describe, expect, it } from 'vitest'
import type { Found } from '../../src/components/control/found.ts'
import { resolveTarget } from '../../src/components/control/resolveTarget.ts'

const LINKS: readonly Found[] = [
  { id: '48752', name: 'WB6NIL Hub Los Angeles, CA' },
  { id: '27225', name: 'W5GLE Alvin Los Alamos, NM' },
  { id: 'W1AW-P', name: '' },
]
const entry = (id: string): Found => ({ id, name: `Name of ${id}` })

async function resolve(text: string, { linksOnly = false, hits = [] as readonly Found[] | null } = {}) {
  const searched: string[] = []
  const resolved = await resolveTarget(text, { links: LINKS, linksOnly, search: (asked) => { searched.push(asked); return Promise.resolve(hits) } })
  const what = resolved.kind === 'several' ? resolved.found.map(({ id }) => id).join() : 'target' in resolved ? resolved.target.id : ''
  return [resolved.kind, what, ...searched].filter((part) => part !== '').join(' ')
}

describe('a target', () => {
  it.each([
    ['2000', 'sure 2000'],
    ['  2000 ', 'sure 2000'],
    ['48752', 'sure 48752'],
    ['w1aw-p', 'sure W1AW-P'],
    ['1999', 'sure 1999'],
  ])('written as %j is %s, without a search', async (text, expected) => {
    expect(await resolve(text)).toBe(expected)
  })

  it('in words is looked up: one is offered, several are to choose from, none is refused', async () => {
    expect(await resolve('Los Angeles', { hits: [entry('2000')] })).toBe('one 2000 Los Angeles')
    expect(await resolve('Los', { hits: [entry('2000'), entry('2001')] })).toBe('several 2000,2001 Los')
    expect(await resolve('Atlantis')).toBe('none Atlantis')
    expect(await resolve('Atlantis', { hits: null })).toBe('unheard Atlantis')
    expect(await resolve('L')).toBe('too-short')
  })

  it('that looks like a number and a name is looked up as a whole, never cut', async () => {
    expect(await resolve('48752 WB6NIL')).toBe('none 48752 WB6NIL')
  })

  it('of a disconnect is one of the links, and nothing else', async () => {
    const linksOnly = true
    expect(await resolve('angeles', { linksOnly })).toBe('one 48752')
    expect(await resolve('los', { linksOnly })).toBe('several 48752,27225')
    expect(await resolve('atlantis', { linksOnly })).toBe('none')
    expect(await resolve('2000', { linksOnly })).toBe('sure 2000')
  })
})
