/** What must hold in every state of the page: nothing that axe knows, no sideways scroll, no error, and the first paint. */
import type { Browser, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cutOff, faults, overfull, sideways } from './faults.ts'
import { openScene, openSignedIn, SCENES } from './scenes.ts'
import { launchChromium } from './stage.ts'

type Look = readonly ['light' | 'dark', number, string | null]
/** 640 and 320 are what 200 % and 400 % of zoom leave of 1280. */
const PLAIN: readonly Look[] = [['light', 1280, null], ['dark', 320, null]]
const CONTRAST: readonly Look[] = [['dark', 640, 'contrast-dark'], ['light', 390, 'contrast']]

const WIDTHS = [320, 390, 640, 680, 768, 850, 900, 1024, 1280]

describe('the page in Chromium', () => {
  let browser: Browser
  let page: Page
  let errors: string[]
  const closers: (() => unknown)[] = []

  beforeAll(async () => { browser = await launchChromium() })
  afterAll(async () => { await browser.close() })
  beforeEach(async () => {
    page = await browser.newPage()
    errors = []
    page.on('pageerror', (error) => errors.push(error.message))
  })
  afterEach(async () => {
    await page.close()
    for (const close of closers.splice(0).reverse()) await close()
    expect(errors).toEqual([])
  })

  async function isRight(looks: readonly Look[]): Promise<void> {
    for (const [colorScheme, width, theme] of looks) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 800 })
      await page.evaluate((name) => { if (name !== null) document.documentElement.dataset['theme'] = name }, theme)
      expect([await faults(page), await sideways(page), await cutOff(page)], `${theme ?? colorScheme} at ${width}`).toEqual([[], 0, []])
    }
  }

  it('is looked at with eyes that see: pale letters, a picture without words and a line too long are faults', async () => {
    await page.setContent('<html lang="en"><title>T</title><main><h1>T</h1><p style="color: #ccc">pale</p><img src="data:,"><p style="width: 3000px">x</p></main>')
    expect(await cutOff(page)).toEqual([])
    expect((await faults(page)).map((line) => line.split(':')[0])).toEqual(['color-contrast', 'image-alt'])
    expect(await sideways(page)).toBeGreaterThan(0)
    expect(await faults(page, 'h1')).toEqual([])
    await page.setContent('<div class="sl-panel" style="width: 9em; overflow: clip"><p style="white-space: nowrap">longer than its panel</p><p style="width: 99em">wide</p><p>short</p></div>')
    expect(await cutOff(page)).toEqual(['longer than its panel', 'wide'])
  })

  for (const scene of SCENES) {
    it(`has no fault that axe knows and no sideways scroll: ${scene.name}`, async () => {
      const stage = await openScene(page, scene)
      closers.push(() => stage.close())
      await isRight(scene.name === 'net' ? [...PLAIN, ...CONTRAST] : PLAIN)
    })
  }

  it('has none for somebody signed in who has given a command', async () => {
    await openSignedIn(page, closers)
    await isRight(PLAIN)
  })

  for (const [who, open] of [
    ['a net', () => openScene(page, { ...SCENES.find(({ name }) => name === 'net'), name: 'widths' })],
    ['a hub', () => openScene(page, { name: 'widths', path: '#546051', links: 256 })],
    ['a voter', () => openScene(page, { ...SCENES.find(({ name }) => name === 'voter'), name: 'widths' })],
    ['somebody signed in', () => openSignedIn(page, closers)],
  ] as const) {
    it(`shows of ${who} every word at every width, in both languages and in large letters`, { timeout: 120_000 }, async () => {
      const stage = await open()
      if (stage !== undefined) closers.push(() => stage.close())
      for (const [language, letters, widths] of [['en', '100%', WIDTHS], ['de', '100%', WIDTHS], ['de', '200%', WIDTHS]] as const) {
        await speak(language)
        await page.locator('.notices').evaluateAll((all) => { for (const each of all as HTMLDetailsElement[]) each.open = true })
        // What is beyond the screen is laid out anew when it comes near, and not at each width.
        await page.locator('.sl-panel').evaluateAll((all) => { for (const each of all as HTMLElement[]) each.style.contentVisibility = 'visible' })
        await page.locator('html').evaluate((html, size) => { html.style.fontSize = size }, letters)
        for (const width of widths) {
          await page.setViewportSize({ width, height: 800 })
          await page.locator('main').evaluate(settled)
          expect([await cutOff(page), await overfull(page), await sideways(page)], `${language} at ${width}, ${letters}`).toEqual([[], [], 0])
        }
      }
    })
  }

  it('has its four commands in rows of one length, however narrow it is', async () => {
    await openSignedIn(page, closers)
    for (const width of [320, 390, 412, 430, 480, 520, 600, 640]) {
      await page.setViewportSize({ width, height: 800 })
      const tops = await page.locator('.buttons').first().locator('> button').evaluateAll((all) => all.map((each) => each.getBoundingClientRect().top))
      const rows = [...new Set(tops)].map((top) => tops.filter((other) => other === top).length)
      expect(new Set(rows).size, `${width}: ${rows.join()}`).toBe(1)
    }
  })

  it('is as wide as its window though a node has a long name', async () => {
    const stage = await openScene(page, { name: 'long name', hubName: '146.940 and 442.100 linked repeaters of the Gulf Coast Emergency Communications Group' })
    closers.push(() => stage.close())
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 })
      await page.locator('main').evaluate(settled)
      expect([await sideways(page), await cutOff(page)], String(width)).toEqual([0, []])
    }
  })

  it('tells on a phone who talks, by number, and how many more do, always on as much room', async () => {
    const stage = await openScene(page, { name: 'talkers', path: '#546051' })
    closers.push(() => stage.close())
    const links = (await page.locator('tr[data-link]').evaluateAll((all) => all.map((row) => row.dataset['link'] ?? ''))).slice(0, 4)
    const visible = (what: string) => page.locator(`.talk .now ${what}:visible`)
    const heights = new Map<number, number | undefined>()
    for (const [i, link] of links.entries()) {
      await stage.hub.linkKey({ node: '546051', link, on: true })
      for (const width of [320, 390, 430, 680, 1280]) {
        await page.setViewportSize({ width, height: 800 })
        await (i < 3 ? visible('b').nth(i) : visible('.rest')).waitFor()
        expect([await visible('b').allInnerTexts(), await cutOff(page)], `${i + 1} at ${width}`).toEqual([links.slice(0, Math.min(i + 1, 3)), []])
        const height = (await page.locator('.talk').boundingBox())?.height
        expect(heights.get(width) ?? height).toBe(height)
        heights.set(width, height)
      }
    }
    expect(await visible('.rest').innerText()).toBe('and 1 more')
  })

  it('has none with its menus open, which close by Escape', async () => {
    const stage = await openScene(page, { name: 'menus' })
    closers.push(() => stage.close())
    await page.setViewportSize({ width: 390, height: 800 })
    for (const name of ['All 3 nodes', 'Display Groups', 'Voters', 'Settings']) {
      const button = page.getByRole('button', { name, exact: true })
      await button.click()
      expect([await faults(page), await sideways(page)], name).toEqual([[], 0])
      await page.keyboard.press('Escape')
      expect(await button.getAttribute('aria-expanded')).toBe('false')
    }
  })

  async function speak(language: string): Promise<void> {
    await page.evaluate((tag) => { localStorage.setItem('supermon-live.language', tag) }, language)
    await page.reload()
    await page.locator(`html[lang="${language}"] :is(.summary[data-tone="calm"], tr[data-look])`).first().waitFor()
  }

  /** Opens each menu at each width. @returns those that are not all within the window, and where they are */
  async function menusBeyond(): Promise<string[]> {
    const beyond: string[] = []
    for (const width of [320, 390, 480, 640, 768]) {
      await page.setViewportSize({ width, height: 800 })
      await page.locator('main').evaluate(settled)
      for (const menu of await page.locator('.drop').all()) {
        await menu.locator('> button').click()
        const { left, right, cut } = await menu.locator('> .panel').evaluate(settled)
        if (left < 0 || right > width || cut > 0) beyond.push(`${await menu.locator('> button').innerText()} at ${width}: ${left} to ${right}, ${cut} cut off`)
        if ((await sideways(page)) > 0) beyond.push(`the page at ${width}`)
        await page.keyboard.press('Escape')
      }
    }
    return beyond
  }
  /** Where an element is, and by how much its content is wider, px, once the frame is painted in which it came. */
  const settled = (element: Element) => new Promise<{ left: number; right: number; cut: number }>((resolve) => {
    requestAnimationFrame(() => {
      requestAnimationFrame(() => {
        const { left, right } = element.getBoundingClientRect()
        resolve({ left: Math.round(left), right: Math.round(right), cut: element.scrollWidth - element.clientWidth })
      })
    })
  })

  for (const language of ['en', 'de']) {
    it(`opens its menus within the window, whatever its width and whoever is there, in ${language}`, { timeout: 120_000 }, async () => {
      const stage = await openScene(page, { name: 'widths' })
      closers.push(() => stage.close())
      await speak(language)
      await page.locator('.menu .drop').nth(1).waitFor()
      expect(await menusBeyond()).toEqual([])
      await openSignedIn(page, closers)
      await speak(language)
      expect(await menusBeyond()).toEqual([])
    })
  }

  it('keeps an open menu within the window that is turned, and in the language that is chosen in it', async () => {
    const stage = await openScene(page, { name: 'turned' })
    closers.push(() => stage.close())
    await page.setViewportSize({ width: 800, height: 390 })
    await page.getByRole('button', { name: 'Settings', exact: true }).click()
    const panel = page.locator('.head-tools .panel')
    for (const [width, language] of [[390, 'de'], [320, 'de'], [320, 'en']] as const) {
      await page.setViewportSize({ width, height: 800 })
      await page.locator('.language select').selectOption(language)
      await page.locator(`html[lang="${language}"]`).waitFor()
      const { left, right } = await panel.evaluate(settled)
      expect([left >= 0, right <= width], `${language} at ${width}: ${left} to ${right}`).toEqual([true, true])
    }
  })

  it('fills the screen of a kiosk and scrolls nowhere, where there is little to show', async () => {
    await page.setViewportSize({ width: 1920, height: 1080 })
    const stage = await openScene(page, { name: 'kiosk', path: '?kiosk#546055' })
    closers.push(() => stage.close())
    expect(await page.evaluate(() => [document.documentElement.scrollHeight, document.querySelector('.sl-app')?.getBoundingClientRect().height])).toEqual([1080, 1080])
    expect(await page.locator('.sl-app :is(a, button, select, input)').count()).toBe(0)
  })

  it('leads from the menu to a voter and back by keyboard alone, and the browser knows the way', async () => {
    const stage = await openScene(page, { name: 'ways' })
    closers.push(() => stage.close())
    // Which comes by itself, before the nodes are live or after.
    await page.locator('.menu .drop').nth(1).waitFor()
    const reached: string[] = []
    while (reached.at(-1) !== 'Voters' && reached.length < 20) {
      await page.keyboard.press('Tab')
      reached.push(await page.evaluate(() => document.activeElement?.textContent.trim() ?? ''))
    }
    expect(reached.slice(-2)).toEqual(['Display Groups', 'Voters'])
    for (const key of ['Enter', 'Tab', 'Enter']) await page.keyboard.press(key)
    await page.locator('section[data-voter="546056"] tr.receiver').nth(11).waitFor()
    expect(new URL(page.url()).hash).toBe('#voter=546056')
    await page.goBack()
    await page.locator('section[data-node="546051"]').waitFor()
    await page.getByRole('button', { name: 'Display Groups' }).click()
    await page.getByRole('link', { name: 'Club net' }).click()
    await page.locator('section[data-node="546056"]').waitFor({ state: 'detached' })
    expect(new URL(page.url()).hash).toBe('#546051,546055')
  })

  it('keeps a chosen theme over a reload, and shows it from the first paint', async () => {
    const stage = await openScene(page, { name: 'theme' })
    closers.push(() => stage.close())
    const dark = () => page.evaluate(() => [document.documentElement.dataset['theme'], getComputedStyle(document.documentElement).backgroundColor])
    const before = await dark()
    await page.getByRole('button', { name: 'Settings' }).click()
    await page.getByRole('radio', { name: 'Dark' }).check()
    const after = await dark()
    expect([before[0], after[0], before[1] === after[1]]).toEqual([undefined, 'dark', false])
    await page.reload()
    await page.locator('section[data-node="546051"]').waitFor()
    expect(await dark()).toEqual(after)
  })
})
