/** The library's parts on a page that others wrote, in Chromium: ours are readable and in their places, and the page stays as it was. */
import { join } from 'node:path'
import vue from '@vitejs/plugin-vue'
import type { Browser, Page } from 'playwright'
import { build } from 'vite'
import type { Rolldown } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { launchChromium } from './stage.ts'

const CLUB = 'http://club.test/'

/** Our texts that are neither in our colours on a ground of ours nor in the page's on the page's. Its body has the colour #222. */
function lost(): string[] {
  const ofThePage = (each: Element) => getComputedStyle(each).color === 'rgb(34, 34, 34)'
  const grounded = (each: Element): boolean =>
    each.id !== 'app' && (getComputedStyle(each).backgroundColor !== 'rgba(0, 0, 0, 0)' || (each.parentElement !== null && grounded(each.parentElement)))
  return [...document.querySelectorAll('#app :not(.own, option, .sl-visually-hidden *)')]
    .filter((each) => [...each.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.nodeValue?.trim() !== '') && each.checkVisibility())
    .filter((each) => grounded(each) === ofThePage(each))
    .map((each) => `${each.tagName}.${each.className}: ${each.textContent}`)
}

describe('parts of the library on a page of somebody else, in Chromium', () => {
  let files: Map<string, string | Uint8Array>
  let browser: Browser
  let page: Page
  let errors: string[]

  beforeAll(async () => {
    const built = await build({
      configFile: false, root: join(import.meta.dirname, 'hostPage'), base: './', plugins: [vue()], logLevel: 'warn', build: { write: false, minify: false, target: 'es2022' },
    }) as Rolldown.RolldownOutput
    files = new Map(built.output.map((each) => [each.fileName, each.type === 'chunk' ? each.code : each.source]))
    browser = await launchChromium()
  })
  afterAll(() => browser.close())
  beforeEach(async () => {
    page = await browser.newPage()
    errors = []
    page.on('pageerror', (error) => errors.push(error.message))
    await page.route(`${CLUB}**`, async (route) => {
      const name = new URL(route.request().url()).pathname.slice(1) || 'index.html'
      const type = { html: 'text/html', js: 'text/javascript', css: 'text/css' }[name.split('.').at(-1) ?? '']
      await route.fulfill({ body: Buffer.from(files.get(name) ?? ''), ...(type !== undefined && { contentType: type }) })
    })
  })
  afterEach(async () => {
    await page.close()
    expect(errors).toEqual([])
  })

  async function open(query = ''): Promise<void> {
    await page.goto(CLUB + query)
    await page.getByText('W1AW').first().waitFor()
  }

  describe.each(['light', 'dark'] as const)('that is light whatever the device is, on a device that is %s,', (colorScheme) => {
    it.each(['', '?out', '?dashboard', '?dashboard&out'])('can be read, and leave what is not theirs as it was: %s', async (query) => {
      await page.emulateMedia({ colorScheme })
      await open(query)
      await page.evaluate(() => { for (const each of document.querySelectorAll('details')) each.open = true })
      expect(await page.evaluate(lost)).toEqual([])
      const scheme = (selector: string) => page.locator(selector).first().evaluate((each) => getComputedStyle(each).colorScheme)
      expect([await scheme('html'), await scheme('h1')]).toEqual(['normal', 'normal'])
      expect(await scheme('#app input')).toBe('light dark')
    })
  })

  describe('with a reset of styles', () => {
    const SIGN_IN = () => page.getByRole('button', { name: 'Sign in' }).click()
    const CONFIRM = () => page.locator('[data-action="disconnect-all"]').click()
    const VOTERS = () => page.locator('button.own').click()

    it.each([['signing in', '?out', SIGN_IN], ['a question', '?', CONFIRM], ['voters', '?', VOTERS]] as const)('the dialog of %s is in the middle, as large as elsewhere', async (_, query, press) => {
      const boxOf = async (address: string) => {
        await open(address)
        await press()
        return page.locator('dialog[open]').evaluate((dialog) => {
          const { left, top, width, height } = dialog.getBoundingClientRect()
          const aside = [left - (document.documentElement.clientWidth - width) / 2, top - (innerHeight - height) / 2]
          return { aside: aside.map((off) => Math.abs(Math.trunc(off))), width: Math.round(width), height }
        })
      }
      const { height, ...elsewhere } = await boxOf(query)
      expect(elsewhere.aside).toEqual([0, 0])
      const { height: here, ...box } = await boxOf(`${query}&reset`)
      expect(box).toEqual(elsewhere)
      // The same lines, with or without the spaces between them.
      expect(Math.abs(here - height)).toBeLessThan(24)
    })

    it('signs stand in the line they belong to, and headings are headings', async () => {
      const looks = () => page.evaluate(() => [...document.querySelectorAll('#app :is(svg, h2, h3)')].map((each) => {
        const { display, fontSize, fontWeight } = getComputedStyle(each)
        return [each.tagName, each.parentElement?.textContent.trim(), ...(each.tagName === 'svg' ? [display] : [fontSize, fontWeight])].join(' ')
      }))
      await open()
      const elsewhere = await looks()
      expect(elsewhere).toContain('svg Critical inline')
      await open('?reset')
      expect(await looks()).toEqual(elsewhere)
    })
  })

  it('are in the colours that somebody chose also when the page comes anew, and in its own once he gives them up', async () => {
    const theme = () => page.evaluate(() => document.documentElement.dataset['theme'])
    const choose = async (name: string) => {
      await page.getByRole('button', { name: 'Settings' }).click()
      await page.locator(`.themes [value=${name}]`).check()
    }
    await open('?dashboard&theme=dark')
    expect(await theme()).toBe('dark')
    await choose('contrast')
    await open('?dashboard&theme=dark')
    expect(await theme()).toBe('contrast')
    await choose('system')
    expect(await theme()).toBe('dark')
    await open('?dashboard&theme=dark')
    expect(await theme()).toBe('dark')
  })
})
