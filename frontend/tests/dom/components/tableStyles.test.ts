/** What can be told of the panel's styles without drawing them: both writing directions, and contrast of what is not current. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const FOLDER = join(import.meta.dirname, '../../../src/components')
const PANEL = ['NodePanel', 'NodeTable', 'NodeSection', 'LinkRow', 'StatusRow', 'TalkingNow', 'TelemetryNotes', 'ElapsedText'].map((name) => `${name}.vue`)
const FILES = [...PANEL, ...readdirSync(join(FOLDER, 'table')).map((name) => `table/${name}`)]

/** The styles of a component, or of a style sheet. */
function styles(file: string): string {
  const text = readFileSync(join(FOLDER, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  return file.endsWith('.css') ? text : [...text.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/g)].map((match) => match[1]).join('\n')
}

describe.each(FILES.filter((file) => styles(file).trim() !== ''))('%s', (file) => {
  it('knows no left and no right', () => {
    expect(styles(file).match(/\b(?:left|right)\b|translateX|(?:margin|padding|inset):(?:\s+[^\s;]+){4};|box-shadow:[^;]+/g)).toBeNull()
  })

  it('does not fade text', () => {
    expect(styles(file).match(/opacity:(?!\s*1;)[^;]+|filter:[^;]+/g)).toBeNull()
  })
})

it('what is not current has plain colours: readable ones, on plain surfaces, whatever its state', () => {
  const rule = /\.panel\[data-stale\] \.body > :not\(\.stale\) \{([^}]*)\}/.exec(styles('NodePanel.vue'))?.[1] ?? ''
  const given = new Map([...rule.matchAll(/--sl-([\w-]+): var\(--sl-([\w-]+)\);/g)].map((match) => [match[1], match[2]]))
  // theme.test.ts pins that `text` is readable on each of these in both themes.
  const surfaces = ['surface', 'raised', 'sunken', 'hover']
  for (const state of ['idle', 'ptt', 'cos', 'both', 'unknown', 'down']) {
    expect(given.get(`${state}-text`), state).toBe('text')
    expect(surfaces, state).toContain(given.get(`${state}-bg`))
  }
  for (const colour of ['link', 'warn', 'bad']) expect(given.get(colour), colour).toBe('text')
})
