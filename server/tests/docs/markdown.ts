/** The documents, and what is read out of them. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = new URL('../../../', import.meta.url)
export const ROOT_PATH = fileURLToPath(ROOT)
/** @param path from the root of the sources */
export const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8')

/** In the order in which somebody reads them: what one has installed, the next one mends. */
const FIRST = ['README.md', 'CONTRIBUTING.md', 'docs/install.md', 'docs/upgrade.md', 'docs/troubleshooting.md', 'docs/monitoring.md']
const listed = readdirSync(new URL('docs', ROOT)).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)
export const DOCUMENTS: readonly string[] = [...FIRST, ...listed.filter((path) => !FIRST.includes(path))]
export const ALL_MARKDOWN: readonly string[] = [
  ...DOCUMENTS, 'CHANGELOG.md', ...readdirSync(new URL('docs/errors', ROOT)).filter((name) => name.endsWith('.md')).map((name) => `docs/errors/${name}`),
]

/** Lines of all fenced blocks of that language, without remarks at their end. A line that ends with `\` goes on in the next one. */
export function commandsOf(text: string, language = 'sh'): string[] {
  const blocks = [...text.matchAll(/^```(\S*)\n([^]*?)^```$/gm)].filter(([, name]) => name === language)
  return blocks.flatMap(([, , body = '']) => body.replaceAll(/\s*\\\n\s*/g, ' ').split('\n').map((line) => line.replace(/(?:^|\s+)# .*$/, '').trim()).filter((line) => line !== ''))
}

/** The text without fenced blocks: what stands in them are no links and no headings. */
export const prose = (text: string): string => text.replaceAll(/^```[^]*?^```$/gm, '')

/** Where GitHub lets a link to a heading lead. */
export function anchorsOf(text: string): string[] {
  const seen = new Map<string, number>()
  return [...prose(text).matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) => {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const slug = words.replaceAll(/[^\p{L}\p{N}_\- ]/gu, '').replaceAll(' ', '-')
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    return count === 0 ? slug : `${slug}-${count}`
  })
}
