/** On paper, which is white whatever theme was chosen: by the style sheet in Chromium, as only a browser knows what a medium is. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchChromium } from './stage.ts'

const CSS = readFileSync(join(import.meta.dirname, '../../src/theme.css'), 'utf8')
const NAMES = [...new Set(CSS.match(/--sl-[\w-]+(?=:)/g))]

let browser: Browser
let page: Page
beforeAll(async () => {
  browser = await launchChromium()
  page = await browser.newPage()
  await page.setContent(`<html class="sl-page"><style>${CSS}</style>`)
})
afterAll(() => browser.close())

/** Every colour of a theme, and that of what the browser itself draws. */
async function look(theme: string, media: 'screen' | 'print'): Promise<Record<string, string>> {
  await page.emulateMedia({ media })
  return page.evaluate(([name, names]) => {
    const root = document.documentElement
    root.dataset['theme'] = name
    const style = getComputedStyle(root)
    return Object.fromEntries(['color-scheme', ...names].map((each) => [each, style.getPropertyValue(each)]))
  }, [theme, NAMES] as const)
}

it.each([['dark', 'light'], ['contrast-dark', 'contrast']])('%s is printed as %s', async (dark, light) => {
  const onScreen = await look(dark, 'screen')
  expect(onScreen).toMatchObject({ 'color-scheme': 'dark', '--sl-text': expect.stringMatching(/^#[ef]/) as string })
  const printed = await look(dark, 'print')
  expect(printed).toEqual(await look(light, 'print'))
  expect(printed).toEqual(await look(light, 'screen'))
  expect(printed['color-scheme']).toBe('light')
})
