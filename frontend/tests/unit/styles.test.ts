/** What every style sheet of the page keeps to, so that it can be read in both directions, zoomed, and without movement. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../../src')

/** Each style sheet without its comments: whole files of CSS, and the style blocks of components. */
const sheets = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(vue|css)$/.test(file))
  .map((file): [string, string] => {
    const source = readFileSync(join(ROOT, file), 'utf8')
    const styles = file.endsWith('.css') ? source : [...source.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/g)].map((match) => match[1]).join('\n')
    return [file, styles.replace(/\/\*[\s\S]*?\*\//g, '')]
  })
  .filter(([, css]) => css.trim() !== '')

/** Declarations as `property: value`, on one line each. */
function declarations(css: string): string[] {
  return [...css.matchAll(/(?:^|[;{])\s*((?:--)?[a-z-]+\s*:[^;{}]+)(?=[;}])/g)].map((match) => (match[1] ?? '').replace(/\s+/g, ' '))
}

const PHYSICAL = /^((margin|padding|border)-(left|right)|(left|right)\b|border-(top|bottom)-(left|right)-radius|(text-align|float|clear): ?(left|right))/

/** Four lengths whose second and fourth differ are another order in the other direction; insets of a device are not. */
function isLopsided(declaration: string): boolean {
  const match = /^(?:margin|padding|inset|border-width|border-style|border-color): ?(.+)$/.exec(declaration)
  const values = match?.[1]?.match(/(?:[^\s(]+\([^()]*(?:\([^()]*\)[^()]*)*\)|[^\s]+)/g) ?? []
  return values.length === 4 && values[1] !== values[3] && !values.every((value) => value.includes('safe-area-inset'))
}

/** The style sheet without what stands in `@media (prefers-reduced-motion: …)`. */
function outsideMotion(css: string): string {
  let rest = css
  for (;;) {
    const start = rest.indexOf('@media (prefers-reduced-motion')
    if (start < 0) return rest
    let depth = 0
    let end = rest.indexOf('{', start)
    do {
      if (rest[end] === '{') depth += 1
      else if (rest[end] === '}') depth -= 1
      end += 1
    } while (depth > 0 && end < rest.length)
    rest = rest.slice(0, start) + rest.slice(end)
  }
}

describe('the checks', () => {
  it('see what they look for', () => {
    const bad = declarations('a { margin-left: 1px; left: 0; text-align: right } b{padding: 0 1px 0 2px;margin:0 auto}')
    expect(bad.filter((each) => PHYSICAL.test(each))).toHaveLength(3)
    expect(bad.filter(isLopsided)).toEqual(['padding: 0 1px 0 2px'])
    expect(isLopsided('padding: max(1rem, env(safe-area-inset-top)) max(1rem, env(safe-area-inset-right)) max(1rem, env(safe-area-inset-bottom)) max(1rem, env(safe-area-inset-left))')).toBe(false)
    expect(outsideMotion('a{} @media (prefers-reduced-motion: no-preference) { b { transition: all 1s } } c{}')).not.toContain('transition')
  })

  it('see all there is', () => {
    expect(sheets.length).toBeGreaterThan(20)
    for (const [file, css] of sheets) expect(declarations(css).length, file).toBeGreaterThan(0)
  })
})

describe.each(sheets)('%s', (_file, css) => {
  it('knows start and end, not left and right', () => {
    expect(declarations(css).filter((each) => PHYSICAL.test(each) || isLopsided(each))).toEqual([])
  })

  it('moves only where motion is welcome', () => {
    expect(declarations(outsideMotion(css)).filter((each) => /^(transition|animation|scroll-behavior)\b/.test(each) && !/: none/.test(each))).toEqual([])
  })

  it('grows with the text of the browser', () => {
    expect(declarations(css).filter((each) => /^(font|font-size|line-height):.*\d(px|pt|vw|vh)\b/.test(each))).toEqual([])
  })

  it('takes its colours from the theme', () => {
    const own = declarations(css).filter((each) => !each.startsWith('--') && /#[0-9a-f]{3,8}\b|\b(rgb|hsl|oklch)a?\((?! ?0 0 0)/i.test(each))
    expect(own).toEqual([])
  })
})
