/**
 * `npm run evidence [-- NAME …]`: measures what is named, or everything, and makes docs/evidence.md anew. `npm run evidence -- render`
 * measures nothing.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FOLDER, gather, recall } from './record.ts'
import { render } from './render.ts'
import type { Records } from './render.ts'
import { SOURCES } from './sources.ts'
import type { Name } from './sources.ts'

const NAMES = Object.keys(SOURCES) as Name[]

export function records(): Records {
  return Object.fromEntries(NAMES.map((name) => [name, recall(name)])) as unknown as Records
}

async function measure(name: Name): Promise<void> {
  const { command, minutes, measure: work } = SOURCES[name]
  console.log(`${name}: about ${minutes} min, ${command}`)
  await gather(name, command, work as () => Promise<unknown>)
}

const words = process.argv.slice(2)
const unknown = words.find((word) => word !== 'render' && !NAMES.includes(word as Name))
if (unknown !== undefined) {
  console.error(`there is no evidence ${JSON.stringify(unknown)}; give any of ${NAMES.join(', ')}, or render`)
  process.exit(2)
}
for (const name of NAMES) if (words.length === 0 || words.includes(name)) await measure(name)
const { markdown, plots } = render(records())
mkdirSync(FOLDER, { recursive: true })
for (const file of readdirSync(FOLDER)) if (file.endsWith('.svg')) rmSync(join(FOLDER, file))
for (const [file, text] of Object.entries(plots)) writeFileSync(join(FOLDER, file), text)
writeFileSync(`${FOLDER}.md`, markdown)
console.log('docs/evidence.md is made anew')
