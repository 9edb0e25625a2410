/** What an unmodified Supermon-NG 4.3 says of its site: `ConfigController::loadMenuItems`, `getSystemInfo`, and what its own page makes of them. */
import { describe, expect, it } from 'vitest'
import { readMenu } from '../../src/stores/menu.ts'
import { readSiteFacts } from '../../src/stores/siteFacts.ts'

describe('the menu of a Supermon-NG', () => {
  it('has the nodes, whose names are numbers there: PHP keeps the key of a section [1998] as an integer', () => {
    const answer: unknown = JSON.parse(String.raw`{"sections":[
      {"type":"dropdown","label":"Nodes","items":[
        {"name":1998,"url":"link.php?nodes=1998","targetBlank":false},
        {"name":1999,"url":"voter.php?node=1999","targetBlank":false}]},
      {"type":"link","name":"LsNodes","url":"\/lsnod\/1998","targetBlank":false}]}`)
    expect(readMenu(answer)).toEqual([
      { label: 'Nodes', items: [{ kind: 'nodes', name: '1998', nodes: ['1998'] }, { kind: 'voter', name: '1999', node: '1999' }] },
      { label: null, items: [{ kind: 'link', name: 'LsNodes', url: '/lsnod/1998', newTab: false }] },
    ])
  })

  it('leaves out what has no name or no address', () => {
    expect(readMenu({ sections: [{ type: 'link', name: null, url: '/x' }, { type: 'link', name: 'X' }, { type: 'link', name: ['X'], url: '/x' }] })).toEqual([])
  })

  it('leads to what can be a node, and to nothing else', () => {
    const item = (url: string) => readMenu({ mainItems: [{ name: 'Both', url }] })[0]?.items[0]
    expect(item('link.php?nodes=1998, 1999,,<b>,W1AW P')).toEqual({ kind: 'nodes', name: 'Both', nodes: ['1998', '1999'] })
    for (const url of ['link.php?nodes=', 'link.php?nodes=<b>', 'voter.php?node=<b>']) expect(item(url), url).toBeUndefined()
  })
})

describe('the texts of a Supermon-NG', () => {
  it('are text, of one line and 500 characters at most', () => {
    const { welcome, lines } = readSiteFacts({ welcomeMsg: '<b>Hello</b>\n <i>all</i>', title2: 'x'.repeat(600) })
    expect([welcome, lines.map(({ length }) => length)]).toEqual(['Hello all', [500]])
  })
})

describe('the logo of a Supermon-NG', () => {
  it('is where its own page has it: Dashboard.vue shows user_files/ and the name', () => {
    expect(readSiteFacts({ logoName: 'club.png', logoUrl: 'https://club.example/ >' }).logo).toEqual({ src: 'user_files/club.png', href: 'https://club.example/' })
  })

  it('is below the routes of a gateway that serves it itself', () => {
    expect(readSiteFacts({ logoName: 'club.png', logoImage: 'config/logo?v=1' }).logo?.src).toBe('api/v1/config/logo?v=1')
  })

  it('stays the address that it is, for whoever shows it to check', () => {
    for (const logoName of ['https://club.example/club.png', 'javascript:alert(1)']) expect(readSiteFacts({ logoName }).logo?.src).toBe(logoName)
  })
})
