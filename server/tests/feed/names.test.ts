import { describe, expect, it } from 'vitest'
import { displayName } from '../../../protocol/names.ts'
import { EMPTY_LINK, EMPTY_NODE } from '../../../protocol/nodeState.ts'
import { listed, nameByConvention, NAMELESS, renameLinks } from '../../src/feed/names.ts'

describe('a name by convention', () => {
  const shown = (link: string) => displayName(nameByConvention(link))

  it('of IRLP: reflector, experimental, station', () => {
    const names = ['REF9990 [IRLP 9990]', '[IRLP EXP0016]', '[IRLP 4567]']
    expect(['89990', '80016', '84567'].map(shown)).toEqual(names)
  })

  it('of callers who gave their call sign, by phone or by client', () => {
    expect(['W5GLE-P', 'VE3ABC/W6-p', 'W5GLE', 'KG5DRT-1'].map(shown)).toEqual([
      'W5GLE Phone portal', 'VE3ABC/W6 Phone portal',
      'W5GLE Web Transceiver or IaxRpt', 'KG5DRT-1 Web Transceiver or IaxRpt',
    ])
  })

  it('is none for a bare number', () => {
    const links = ['48752', '1998', '3101425', '546051', '800160', '89']
    for (const link of links) expect(nameByConvention(link), link).toEqual(NAMELESS)
  })
})

describe('the node list', () => {
  it('counts only where it says something', () => {
    const entry = { callsign: null, description: 'Hub', location: null }
    expect(listed(() => entry, '1')).toBe(entry)
    expect(listed(() => NAMELESS, '1')).toBeNull()
    expect(listed(() => ({ ...NAMELESS, callsign: ' ' }), '1')).toBeNull()
    expect(listed(() => null, '1')).toBeNull()
  })
})

describe('naming links anew', () => {
  const named = { callsign: 'W5GLE', description: null, location: 'Example Town' }
  const state = { ...EMPTY_NODE, links: { '48752': { ...EMPTY_LINK, ...named, keyed: true }, '2000': EMPTY_LINK } }

  it('gives the same object when nothing differs', () => {
    expect(renameLinks(state, (id) => (id === '48752' ? { ...named } : null))).toBe(state)
  })

  it('touches names only, and only of links whose name differs', () => {
    const next = renameLinks(state, (id) => (id === '2000' ? { ...named, callsign: 'W5GLE-2' } : named))
    expect(next.links['48752']).toBe(state.links['48752'])
    expect(next.links['2000']).toEqual({ ...EMPTY_LINK, ...named, callsign: 'W5GLE-2' })
    expect(renameLinks(state, () => null).links['48752']).toEqual({ ...EMPTY_LINK, keyed: true })
  })
})
