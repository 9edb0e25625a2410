/** The menu, from the text of an allmon.ini to what `config/menu` answers. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAllmonIni } from '../../src/config/allmonIni.ts'
import { menuSections } from '../../src/http/menu.ts'
import type { MenuItem } from '../../src/http/menu.ts'

const everybody = () => true
function menuOf(text: string, may: (node: string) => boolean = everybody) {
  const config = parseAllmonIni(text)
  return menuSections(config, config.nodes, may)
}
const node = (id: string, more = '') => `[${id}]\nhost=192.0.2.1\n${more}\n`
const labels = (text: string) => menuOf(text).map((section) => (section.type === 'dropdown' ? section.label : section.name))

describe('the menu', () => {
  it('has every kind of entry of the sample, with what it shows', () => {
    const sample = readFileSync(join(import.meta.dirname, '../fixtures/config/allmon.sample.ini'), 'utf8')
    const watch = (id: string): MenuItem => ({ name: id, url: `link.php?nodes=${id}`, targetBlank: false, kind: 'node', nodes: [id] })
    expect(menuOf(sample)).toEqual([
      { type: 'dropdown', label: 'Nodes', items: [watch('2000'), watch('2001')] },
      { type: 'dropdown', label: 'Display Groups', items: [{ name: 'All Nodes', url: 'link.php?nodes=2000,2001,1998', targetBlank: false, kind: 'group', nodes: ['2000', '2001', '1998'] }] },
      { type: 'dropdown', label: 'Remote', items: [watch('29999')] },
      { type: 'dropdown', label: 'Voters', items: [{ name: 'Club Voter', url: 'voter.php?node=2001', targetBlank: false, kind: 'voter', nodes: ['2001'] }] },
      { type: 'link', name: 'lsNodes', url: '/lsnod/2000', targetBlank: false, kind: 'link', nodes: [] },
      { type: 'dropdown', label: 'Links', items: [{ name: 'AllStarLink', url: 'https://www.allstarlink.org/', targetBlank: true, kind: 'link', nodes: [] }] },
    ])
  })

  it('follows the file, but for the nodes and groups that stand first', () => {
    expect(labels(`[Map]\nurl=/map\nmenu=yes\n${node('48752', 'menu=yes\nsystem=Club')}[V]\nrtcmnode=48752\nmenu=yes\n[All]\nnodes=48752,2000\nsystem=Display Groups\nmenu=yes\n${node('2000', 'menu=yes')}`))
      .toEqual(['Nodes', 'Display Groups', 'Map', 'Club', 'V'])
  })

  it('holds only what says menu=yes', () => {
    expect(labels(`${node('2000')}[All]\nnodes=2000\n[V]\nrtcmnode=2000\nmenu=no\n[Map]\nurl=/map\nmenu=off\n`)).toEqual([])
  })

  it('holds no voter that is not configured: its page could only say so', () => {
    expect(labels(`${node('2000')}[V]\nrtcmnode=2001\nmenu=yes\n`)).toEqual([])
  })

  it('leaves nodes out that are not for whoever asks, groups of none, and to a stranger everything', () => {
    const text = `${node('2000', 'menu=yes')}${node('48752', 'menu=yes')}[All]\nnodes=2000,48752\nmenu=yes\n[One]\nnodes=2000\nmenu=yes\n[V]\nrtcmnode=2000\nmenu=yes\n[Map]\nurl=/map\nmenu=yes\n`
    expect(menuOf(text, (id) => id === '48752')).toEqual([
      { type: 'dropdown', label: 'Nodes', items: [expect.objectContaining({ nodes: ['48752'] })] },
      expect.objectContaining({ name: 'All', url: 'link.php?nodes=48752', nodes: ['48752'] }),
      expect.objectContaining({ name: 'Map' }),
    ])
    expect(menuOf(text, () => false)).toEqual([])
  })
})

describe('a name that somebody would like to harm with', () => {
  it.each([
    ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
    ['W5GLE\u202e\u0007 buh', 'W5GLE buh'],
    ['a\u2028b\tc', 'a b c'],
    ['x'.repeat(500), `${'x'.repeat(80)}…`],
    ['__proto__', '__proto__'],
  ])('is text on one line, told as data: %j', (written, told) => {
    const [section] = menuOf(`${node('2000')}[${written}]\nsystem="${written}"\nnodes=2000\nmenu=yes\n`)
    expect(section).toMatchObject({ type: 'dropdown', label: told, items: [{ name: told, nodes: ['2000'], url: 'link.php?nodes=2000' }] })
  })
})

describe('a link', () => {
  const linkOf = (url: string) => {
    const config = parseAllmonIni(`${node('2000')}[L]\nurl="${url}"\nmenu=yes\n`)
    return { items: menuSections(config, config.nodes, everybody), warnings: config.warnings }
  }

  it.each(['https://club.example/map', 'http://club.example>', '//club.example/x', '/lsnod/2000', 'page.html?a=b#c', 'mailto:w5gle@club.example', 'tel:+15550100'])('may lead to %s', (url) => {
    expect(linkOf(url)).toMatchObject({ items: [{ url: url.replace('>', ''), targetBlank: url.endsWith('>') }], warnings: [] })
  })

  it.each([
    'javascript:alert(1)', 'JaVaScRiPt:alert(1)>', ' javascript:alert(1)', 'java\tscript:alert(1)', '\u0001javascript:alert(1)', 'data:text/html,<script>alert(1)</script>', 'vbscript:x',
    'blob:https://club.example/1', 'filesystem:https://club.example/1', 'file:///etc/passwd', 'view-source:https://club.example', 'intent://x#Intent;end', 'https://', '//', 'https://a b/',
  ])('never leads to %j, and the log says so', (url) => {
    const { items, warnings } = linkOf(url)
    expect(items).toEqual([])
    expect(warnings).toEqual([expect.stringContaining('url is no address that a public page may link to')])
  })
})
