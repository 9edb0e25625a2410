/** Lists of links: who is linked over whom, and the adjacent ones with who of them is keyed. */
import { describe, expect, it } from 'vitest'
import { linkTokens, parseAlinks, parseLinkedNodes } from '../../src/ami/links.ts'

describe('LinkedNodes (edge case 20)', () => {
  it('is a list of letter and name', () => {
    expect(parseLinkedNodes('T27225, T3009999, R84567, CKG5DRT-1, TW1AW-P')).toEqual({
      nodes: [
        { name: '27225', mode: 'transceive' },
        { name: '3009999', mode: 'transceive' },
        { name: '84567', mode: 'monitor' },
        { name: 'KG5DRT-1', mode: 'connecting' },
        { name: 'W1AW-P', mode: 'transceive' },
      ],
      more: false,
    })
  })

  it.each(['<NONE>', '', ' ', ', ,', 'X1999', 'T'])('%j is no node', (text) => {
    expect(parseLinkedNodes(text)).toEqual({ nodes: [], more: false })
  })

  it('repeats are one node, in its strongest mode', () => {
    expect(parseLinkedNodes('C1998, R1998, T1998, R1998,T1999').nodes).toEqual([
      { name: '1998', mode: 'transceive' },
      { name: '1999', mode: 'transceive' },
    ])
  })

  it('R000000 says that there are more, and is no node', () => {
    expect(parseLinkedNodes('R000000, T1998')).toEqual({ nodes: [{ name: '1998', mode: 'transceive' }], more: true })
  })

  it('names that are words of the language are names', () => {
    expect(parseLinkedNodes('T__proto__, Tconstructor').nodes.map((node) => node.name)).toEqual([
      '__proto__',
      'constructor',
    ])
  })

  it.each([
    ['TA, T9999', ['TA', 'T9999']],
    ['TA, TA, T9999', ['TA,TA', 'T9999']],
  ])('a name is put together of parts that stand there, once each: %j', (text, tokens) => {
    expect(linkTokens(text, ['A,TA'])).toEqual(tokens)
  })

  it('thousands are read at once', () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `T${i + 2000}`).join(', ')
    expect(parseLinkedNodes(text).nodes).toHaveLength(20_000)
  })
})

describe('RPT_ALINKS (edge case 21)', () => {
  it.each(['', '0', ' 0 '])('%j is no link', (text) => {
    expect(parseAlinks(text)).toEqual([])
  })

  it('has mode and keyed behind the name', () => {
    expect(parseAlinks('4,1997RK,1998TU,KG5DRT-1TK,42CU')).toEqual([
      { name: '1997', mode: 'monitor', keyed: true },
      { name: '1998', mode: 'transceive', keyed: false },
      { name: 'KG5DRT-1', mode: 'transceive', keyed: true },
      { name: '42', mode: 'connecting', keyed: false },
    ])
  })

  it('drops tokens without a name, and is null when it is no list', () => {
    expect(parseAlinks('2,TU,1998TU')).toEqual([{ name: '1998', mode: 'transceive', keyed: false }])
    expect(parseAlinks('1998TU')).toBeNull()
    expect(parseAlinks('<html>')).toBeNull()
  })

  it.each(['2,3000LK,1998TU', '2,1998TU,3000LK'])('%j has a mode that is not known, which costs that link alone', (text) => {
    expect(parseAlinks(text)).toEqual([{ name: '1998', mode: 'transceive', keyed: false }])
  })

  it.each(['3,1997RK,1998TU', '2,1997RK,KG5', '1,KG5', '2'])('%j is null: a name with an empty line in it has cut off the rest', (text) => {
    expect(parseAlinks(text)).toBeNull()
  })

  it.each(['2,1998TU,KJ6ABCXU', '2,1997RK,1998T', '2,1997RK,1998TU,'])('%j is null: it may have been cut, and what stood behind would be gone', (text) => {
    expect(parseAlinks(text)).toBeNull()
  })

  it.each(['2,KJ6ABCXU,1998TU', '3,KJ6ABCXU,W1AWTU,1998TU', '2,KJ6ABCXU,SMITH,JOHN-PTU'])(
    '%j is null: the call sign in a mode that is not known may be a link, or half a name',
    (text) => {
      expect(parseAlinks(text)).toBeNull()
    },
  )

  it('the count tells whose comma it is, and where it fits nothing there is no list', () => {
    const frank = [{ name: 'FRANK,JOHN-P', mode: 'transceive', keyed: false }]
    expect(parseAlinks('1,FRANK,JOHN-PTU')).toEqual(frank)
    expect(parseAlinks('1,CLARK,JOHN-PTU')).toBeNull()
    expect(parseAlinks('2,1998TU,CLARK,JOHN-PTU')).toBeNull()
    expect(parseAlinks('1,1997RK,1998TU')).toBeNull()
  })
})
