import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const css = readFileSync(join(import.meta.dirname, '../../../src/theme.css'), 'utf8')

/** The colours of one theme: the custom properties in the braces after `selector`. */
function theme(selector: string, text = css): Record<string, string> {
  const start = text.indexOf(`${selector} {`)
  expect(start, selector).toBeGreaterThan(-1)
  const body = text.slice(start, text.indexOf('}', start))
  return Object.fromEntries([...body.matchAll(/--sl-([\w-]+): (#[0-9a-f]{6}|[\d.]+);/g)].map((m) => [m[1]!, m[2]!]))
}

/** WCAG 2 contrast of two #rrggbb colours. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string) => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5]
      .map((i) => parseInt(hex.slice(i, i + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}

const SYSTEM = ":root:not([data-theme='light'], [data-theme='dark'], [data-theme='contrast'], [data-theme='contrast-dark'])"
/** What the system asks for, by its media query. */
const system = (media: string) => theme(SYSTEM, css.slice(css.indexOf(`@media ${media} {`)))

const light = theme(':root')
const dark = { ...light, ...theme(":root:is([data-theme='dark'], [data-theme='contrast-dark'])") }
const CONTRAST = theme(":root:is([data-theme='contrast'], [data-theme='contrast-dark'])")
const contrastLight = { ...light, ...CONTRAST }
/** Three that a browser lays over each other, in this order. */
const contrastDark = { ...dark, ...CONTRAST, ...theme(":root[data-theme='contrast-dark']") }

describe.each([
  ['light', light, 4.5, 3],
  ['dark', dark, 4.5, 3],
  ['light high-contrast', contrastLight, 7, 4.5],
  ['dark high-contrast', contrastDark, 7, 4.5],
])('the %s theme', (_, colours, readable, visible) => {
  const of = (name: string) => colours[name] ?? expect.fail(`no --sl-${name}`)

  it.each(['chosen', 'idle', 'ptt', 'cos', 'both', 'unknown', 'down', 'talk'])('text is readable on %s', (name) => {
    expect(contrast(of(`${name}-text`), of(`${name}-bg`))).toBeGreaterThanOrEqual(readable)
  })

  it.each(['text', 'muted', 'link', 'warn', 'bad'])('%s is readable on every plain surface', (name) => {
    for (const surface of ['bg', 'surface', 'raised', 'sunken', 'hover']) {
      expect(contrast(of(name), of(surface)), surface).toBeGreaterThanOrEqual(readable)
    }
  })

  it.each(['control', 'focus'])('%s edges can be seen', (name) => {
    for (const surface of ['bg', 'surface']) expect(contrast(of(name), of(surface)), surface).toBeGreaterThanOrEqual(visible)
  })
})

describe('high contrast', () => {
  it.each([['light', contrastLight], ['dark', contrastDark]])('%s draws every line, and dims nothing', (_, colours) => {
    expect(contrast(colours['line'] ?? '', colours['surface'] ?? '')).toBeGreaterThanOrEqual(4.5)
    expect(colours['dim']).toBe('1')
  })

  it('leaves it to the system where colours are forced: what is drawn takes its words for them', () => {
    const forced = css.slice(css.indexOf('@media (forced-colors: active)'))
    for (const name of ['line', 'control', 'text', 'muted', 'link', 'focus', 'warn', 'bad']) {
      expect(forced).toMatch(new RegExp(`--sl-${name}: (GrayText|ButtonBorder|CanvasText|LinkText|Highlight);`))
    }
  })
})

it('is the same whether the system or the page asks for it, and every theme has every colour', () => {
  expect({ ...light, ...system('(prefers-color-scheme: dark)') }).toEqual(dark)
  expect({ ...light, ...system('(prefers-contrast: more)') }).toEqual(contrastLight)
  expect({ ...dark, ...system('(prefers-contrast: more)'), ...system('(prefers-contrast: more) and (prefers-color-scheme: dark)') }).toEqual(contrastDark)
  for (const each of [dark, contrastLight, contrastDark]) expect(Object.keys(each).sort()).toEqual(Object.keys(light).sort())
  // What dark left out would be taken from light, and not be seen.
  const told = theme(":root:is([data-theme='dark'], [data-theme='contrast-dark'])")
  expect(Object.keys(light).filter((name) => told[name] === undefined)).toEqual([])
})

it('fetches nothing from anywhere', () => {
  expect(css).not.toMatch(/url\(|@import|https?:/)
})
