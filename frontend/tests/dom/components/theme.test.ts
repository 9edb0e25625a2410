import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const css = readFileSync(join(import.meta.dirname, '../../../src/theme.css'), 'utf8')

/** The colours of one theme: the custom properties in the braces after `selector`. */
function theme(selector: string): Record<string, string> {
  const start = css.indexOf(`${selector} {`)
  expect(start, selector).toBeGreaterThan(-1)
  const body = css.slice(start, css.indexOf('}', start))
  return Object.fromEntries([...body.matchAll(/--sl-([\w-]+): (#[0-9a-f]{6});/g)].map((m) => [m[1]!, m[2]!]))
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

const light = theme(':root')
const dark = theme(":root[data-theme='dark']")

describe.each([
  ['light', light],
  ['dark', dark],
])('the %s theme', (_, colours) => {
  const of = (name: string) => colours[name] ?? expect.fail(`no --sl-${name}`)

  it.each(['chosen', 'idle', 'ptt', 'cos', 'both', 'unknown', 'down', 'talk'])('text is readable on %s', (name) => {
    expect(contrast(of(`${name}-text`), of(`${name}-bg`))).toBeGreaterThanOrEqual(4.5)
  })

  it.each(['text', 'muted', 'link', 'warn', 'bad'])('%s is readable on every plain surface', (name) => {
    for (const surface of ['bg', 'surface', 'raised', 'sunken', 'hover']) {
      expect(contrast(of(name), of(surface)), surface).toBeGreaterThanOrEqual(4.5)
    }
  })

  it.each(['control', 'focus'])('%s edges can be seen', (name) => {
    for (const surface of ['bg', 'surface']) expect(contrast(of(name), of(surface)), surface).toBeGreaterThanOrEqual(3)
  })
})

it('is the same dark whether the system or the page asks for it', () => {
  expect(theme(":root:not([data-theme='light'])")).toEqual(dark)
  expect(Object.keys(dark).sort()).toEqual(Object.keys(light).sort())
})

it('fetches nothing from anywhere', () => {
  expect(css).not.toMatch(/url\(|@import|https?:/)
})
