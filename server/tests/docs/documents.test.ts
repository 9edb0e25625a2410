/** Every link leads somewhere, every command is in the list of proofs, every script and option that is named exists. */
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ACTION_PERMISSION, PEERS, PERMANENT, PERMISSION_NAMES } from '../../src/access/permissions.ts'
import { parseAuthIni, parseAuthUsers } from '../../src/access/rights.ts'
import { OPTION_VARIABLES, parseOptions } from '../../src/config/options.ts'
import { parseSettings, SETTINGS_VARIABLE } from '../../src/config/settingsFile.ts'
import { COMMANDS } from './commands.ts'
import { ALL_MARKDOWN, anchorsOf, commandsOf, DOCUMENTS, prose, read, ROOT_PATH } from './markdown.ts'

const manifest = JSON.parse(read('package.json')) as { version: string; engines: { node: string }; scripts: Record<string, string> }
const typed = DOCUMENTS.flatMap((path) => commandsOf(read(path)))

describe('links', () => {
  it('between documents lead to a file, and to a heading of it', () => {
    const broken: string[] = []
    let anchors = 0
    for (const path of ALL_MARKDOWN) {
      for (const [, target = ''] of prose(read(path)).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue
        const [file = '', anchor] = target.split('#')
        const to = file === '' ? path : normalize(join(dirname(path), file))
        if (anchor !== undefined) anchors += 1
        if (!existsSync(join(ROOT_PATH, to)) || (anchor !== undefined && !anchorsOf(read(to)).includes(anchor))) broken.push(`${path}: ${target}`)
      }
    }
    expect(broken).toEqual([])
    expect(anchors).toBeGreaterThan(30)
  })

  it('are found by headings as GitHub spells them', () => {
    expect(anchorsOf("# A\n## Who's `there`, and why?\n```sh\n# no heading\n```\n## [Some](x.md) words\n## A\n")).toEqual(['a', 'whos-there-and-why', 'some-words', 'a-1'])
  })
})

describe('commands', () => {
  it('are all in the list of proofs, which lists no other', () => {
    expect(typed.length).toBeGreaterThan(60)
    expect(typed.filter((command) => !(command in COMMANDS))).toEqual([])
    expect(Object.keys(COMMANDS).filter((command) => !typed.includes(command))).toEqual([])
  })

  it('stand in blocks whose language says so', () => {
    for (const path of DOCUMENTS) {
      const shells = [...read(path).matchAll(/^```(\w*)\n([^]*?)^```$/gm)].filter(([, language, body = '']) => language !== 'sh' && /^(?:npm|node|sudo|supermon-live|curl|\$) /m.test(body))
      expect(shells.map(([block]) => block), path).toEqual([])
    }
  })

  it('are read without their remarks, and joined where they go on', () => {
    expect(commandsOf('```sh\na --b  # why\nc \\\n  d\n```\n```ts\ne\n```\n')).toEqual(['a --b', 'c d'])
  })

  it('of npm name scripts that there are, in blocks and in sentences; what runs them names them', () => {
    const named = DOCUMENTS.flatMap((path) => [...read(path).matchAll(/\bnpm run ([a-z][\w:-]*)/g)].map(([, name = '']) => name))
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter((name) => !(name in manifest.scripts))).toEqual([])
    for (const [command, proof] of Object.entries(COMMANDS)) if (proof.by === 'npm') expect(read(proof.ranBy), command).toContain(proof.words)
  })

  it('of the gateway use options that it has, in sentences too', () => {
    const known = [...OPTION_VARIABLES.keys()]
    const used = DOCUMENTS.flatMap((path) => [...read(path).matchAll(/main\.js((?: --[a-z-]+(?: [^\s`-][^\s`]*)?)+)/g)].flatMap(([, words = '']) => [...words.matchAll(/--([a-z-]+)/g)].map(([, name = '']) => name)))
    expect(used.length).toBeGreaterThan(2)
    expect(used.filter((name) => !known.includes(name))).toEqual([])
  })

  it('name the version that this is', () => {
    const versions = [...typed, ...DOCUMENTS.map(read)].flatMap((text) => [...text.matchAll(/supermon-live[_-](\d+\.\d+\.\d+)/g)].map(([, version]) => version))
    expect(new Set(versions)).toEqual(new Set([manifest.version]))
  })
})

describe('settings', () => {
  it('that are shown are understood', () => {
    const shown = read('docs/configuration.md').split('## Settings of an installed gateway')[1]?.split('\n## ')[0] ?? ''
    expect(shown).toContain(SETTINGS_VARIABLE)
    const text = /```ini\n([^]*?)```/.exec(shown)?.[1] ?? ''
    const settings = parseSettings(text, 'shown', [...OPTION_VARIABLES.keys()])
    const env = Object.fromEntries([...settings].map(([name, { value }]) => [OPTION_VARIABLES.get(name) ?? '', value]))
    expect(parseOptions([], env)).toMatchObject({ port: 8115, base: '/supermon-ng/live', supermon: 'http://localhost:8000' })
  })

  it('that sentences name exist', () => {
    for (const path of ['docs/install.md', 'docs/troubleshooting.md', 'docs/monitoring.md', 'docs/upgrade.md']) {
      const named = [...prose(read(path)).matchAll(/`([a-z][a-z-]+) = ([^`]+)`/g)].map(([, name = '', value = '']) => [name, value] as const)
      for (const [name] of named.filter(([name]) => !['read', 'write', 'enabled', 'allowmultiplelogin'].includes(name))) expect([...OPTION_VARIABLES.keys()], `${path}: ${name}`).toContain(name)
    }
  })
})

describe('accounts', () => {
  const shown = read('docs/configuration.md').split('## Accounts')[1]?.split('\n## ')[0] ?? ''

  it('that are shown are understood', () => {
    const { value, warnings } = parseAuthUsers(/```php\n([^]*?)```/.exec(shown)?.[1] ?? '')
    expect([warnings, [...value.keys()], [...(value.get('MONUSER') ?? [])]]).toEqual([[], ['CONNECTUSER', 'DISCUSER', 'MONUSER'], ['W5GLE', 'WB6NIL']])
    const inis = parseAuthIni(`<?php ${/`(\$ININAME.*;)`/.exec(shown)?.[1] ?? ''}`)
    expect([inis.warnings, [...inis.value.files]]).toEqual([[], [['WB6NIL', 'guest.ini']]])
  })

  it('may have each right to command and to see addresses, by a name that there is', () => {
    const named = [...shown.matchAll(/\$([A-Z]+USER)\b/g)].map(([, name = '']) => name)
    expect(named.filter((name) => !PERMISSION_NAMES.includes(name))).toEqual([])
    expect([...Object.values(ACTION_PERMISSION), PERMANENT, PEERS].filter((name) => !named.includes(name))).toEqual([])
  })
})

describe('the README and CONTRIBUTING', () => {
  it('say which Node.js package.json asks for', () => {
    const range = manifest.engines.node.replaceAll(/(\d+\.\d+)\.0/g, '$1').replace('>=24.0', '>=24').split(' || ')
    for (const path of ['README.md', 'CONTRIBUTING.md']) expect(read(path), path).toContain(`Node.js ${range.slice(0, -1).join(', ')} or ${range.at(-1) ?? ''}`)
  })
})

describe('docs/troubleshooting.md', () => {
  it('leads from every symptom of its table to its section, and has no section that the table lacks', () => {
    const text = read('docs/troubleshooting.md')
    const rows = [...text.matchAll(/^\| .* \| \[below\]\(#([\w-]+)\) \|$/gm)].map(([, anchor = '']) => anchor)
    const sections = anchorsOf(text).slice(1).filter((anchor) => anchor !== 'none-of-these')
    expect(rows.toSorted()).toEqual(sections.toSorted())
  })
})
