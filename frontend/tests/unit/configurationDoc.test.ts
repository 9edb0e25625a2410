/** docs/configuration.md lists every option and limit, with its variable and default, and every variable of global.inc. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { helpText, DEFAULT_OPTIONS } from '../../../server/src/config/options.ts'
import { DEFAULT_LIMITS } from '../../../server/src/gateway/limits.ts'
import { VARIABLES } from '../../../server/src/site/globalInc.ts'
import { SHARE_FROM } from '../../src/services/topology.ts'

const text = readFileSync(join(import.meta.dirname, '../../../docs/configuration.md'), 'utf8')
/** Cells of the tables' rows, by what stands in the first. */
const rows = new Map(
  text.split('\n').filter((line) => line.startsWith('| `')).map((line) => {
    const cells = line.split('|').slice(1, -1).map((cell) => cell.trim())
    return [cells[0]?.replaceAll('`', '') ?? '', cells] as const
  }),
)

it('says how many pages the places of one address are', () => {
  const { viewersPerAddress } = DEFAULT_LIMITS
  // One for each node before those that share, and the common one.
  const each = SHARE_FROM
  expect(each).toBe(2)
  expect(text).toContain(`${viewersPerAddress} are ${viewersPerAddress / each} pages, however many nodes each shows.`)
})

it('lists every option of the help, with its variable, and no other', () => {
  const options = [...helpText().matchAll(/^ {2}(--[a-z-]+ [A-Za-z=]+) /gm)].map((match) => match[1] ?? '')
  expect(options.length).toBeGreaterThan(15)
  expect([...rows.keys()].filter((name) => name.startsWith('--'))).toEqual(options)
  for (const option of options) {
    const name = option.split(' ')[0] ?? ''
    expect(rows.get(option)?.[1], option).toBe(`\`SUPERMON_LIVE_${name.slice(2).replaceAll('-', '_').toUpperCase()}\``)
    expect(helpText()).toContain(rows.get(option)?.[1]?.replaceAll('`', ''))
  }
  expect(rows.get('--port PORT')?.[2]).toBe(String(DEFAULT_OPTIONS.port))
  expect(rows.get('--anonymous WHAT')?.[2]).toBe(DEFAULT_OPTIONS.anonymous)
})

it('lists every limit with its default, and no other', () => {
  const limits = Object.fromEntries([...rows].filter(([name]) => /^\w/.test(name)).map(([name, cells]) => [name, Number(cells[1])]))
  expect(limits).toEqual(DEFAULT_LIMITS)
})

it('lists every variable of global.inc that is told, and as what', () => {
  const listed = [...rows].filter(([name]) => name.startsWith('$')).map(([name, cells]) => [name.slice(1), cells[1]?.replaceAll('`', '')])
  expect(listed.toSorted()).toEqual(VARIABLES.toSorted())
})
