/**
 * `npm run evidence [-- NAME …]`: measures what is named, or everything, and makes docs/evidence.md anew. `npm run evidence -- render`
 * measures nothing.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FOLDER, gather } from './record.ts'
import { recallAll } from './recall.ts'
import { render } from './render.ts'
import { SOURCES } from './sources.ts'
import type { Name } from './sources.ts'

/** What README.md quotes stands between these. */
const QUOTED = /(<!-- evidence -->)[\s\S]*?(<!-- \/evidence -->)/

const NAMES = Object.keys(SOURCES) as Name[]

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
const { markdown, quoted, plots } = render(recallAll())
mkdirSync(FOLDER, { recursive: true })
for (const file of readdirSync(FOLDER)) if (file.endsWith('.svg')) rmSync(join(FOLDER, file))
for (const [file, text] of Object.entries(plots)) writeFileSync(join(FOLDER, file), text)
writeFileSync(`${FOLDER}.md`, markdown)
const readme = join(FOLDER, '../../README.md')
writeFileSync(readme, readFileSync(readme, 'utf8').replace(QUOTED, `$1\n${quoted}\n$2`))
console.log('docs/evidence.md is made anew, and what README.md quotes of it')
