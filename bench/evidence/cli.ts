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

/** What other documents quote stands between these, by what is quoted. */
function quote(path: string, name: 'evidence' | 'scaling', text: string): void {
  const file = join(FOLDER, path)
  writeFileSync(file, readFileSync(file, 'utf8').replace(new RegExp(`(<!-- ${name} -->)[\\s\\S]*?(<!-- /${name} -->)`), (_all, from: string, to: string) => `${from}\n${text}\n${to}`))
}

const words = process.argv.slice(2)
const NAMES = Object.keys(SOURCES) as Name[]

async function measure(name: Name): Promise<void> {
  const { command, minutes, measure: work, missing } = SOURCES[name]
  const reason = words.includes(name) ? null : missing?.()
  if (reason != null) {
    console.log(`${name}: left as it was, ${reason}`)
    return
  }
  console.log(`${name}: about ${minutes} min, ${command}`)
  await gather(name, command, work as () => Promise<unknown>)
}

const unknown = words.find((word) => word !== 'render' && !NAMES.includes(word as Name))
if (unknown !== undefined) {
  console.error(`there is no evidence ${JSON.stringify(unknown)}; give any of ${NAMES.join(', ')}, or render`)
  process.exit(2)
}
for (const name of NAMES) if (words.length === 0 || words.includes(name)) await measure(name)
const { markdown, quoted, scaling, plots } = render(recallAll())
mkdirSync(FOLDER, { recursive: true })
for (const file of readdirSync(FOLDER)) if (file.endsWith('.svg')) rmSync(join(FOLDER, file))
for (const [file, text] of Object.entries(plots)) writeFileSync(join(FOLDER, file), text)
writeFileSync(`${FOLDER}.md`, markdown)
quote('../../README.md', 'evidence', quoted)
quote('../scaling.md', 'scaling', scaling)
console.log('docs/evidence.md is made anew, and what README.md and docs/scaling.md quote of it')
