/** A page that a browser translates goes on as one that nobody translates. */
import type { Browser, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openScene } from './scenes.ts'
import type { Stage } from './scenes.ts'
import { launchChromium } from './stage.ts'

const HUB = '546051'
const VOTED = '546056'

/**
 * As Chrome's translator does: each text node with words in it is taken out and two `<font>` stand in its place; what comes later is treated so as well. The words
 * stay here, so that the page can be compared with another.
 */
function translate(): void {
  const one = (text: Node) => {
    if (!(text instanceof Text) || !text.isConnected || !/[a-z]{2}/i.test(text.data) || text.parentElement?.closest('font, option, script, style') !== null) return
    const [outer, inner] = [document.createElement('font'), document.createElement('font')]
    inner.textContent = text.data
    outer.append(inner)
    text.replaceWith(outer)
  }
  const all = (root: Node) => {
    const texts = document.createNodeIterator(root, NodeFilter.SHOW_TEXT)
    for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) one(text)
  }
  all(document.body)
  new MutationObserver((records) => {
    for (const { target, type, addedNodes } of records) {
      if (type === 'characterData') one(target)
      else addedNodes.forEach(all)
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true })
}

describe('a page that a browser translates', () => {
  let browser: Browser
  let pages: readonly [plain: Page, translated: Page]
  let errors: string[]
  const closers: (() => unknown)[] = []

  beforeAll(async () => { browser = await launchChromium() })
  afterAll(async () => { await browser.close() })
  beforeEach(async () => {
    errors = []
    pages = [await browser.newPage(), await browser.newPage()]
    for (const page of pages) {
      page.on('pageerror', ({ message }) => errors.push(message))
      closers.push(() => page.close())
    }
  })
  afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

  async function open(path: string, until: string): Promise<Stage> {
    const stage = await openScene(pages[0], { name: 'translated', path, links: 3 })
    closers.push(() => stage.close())
    await pages[1].goto(stage.app.url + path)
    for (const page of pages) await page.locator(until).first().waitFor()
    await pages[1].evaluate(translate)
    return stage
  }

  /** What stands on each, but for the voice, which may put together what comes at once in another way. */
  const texts = () => Promise.all(pages.map(async (page) => (await page.locator('header.head, main').allTextContents()).join('\n')))
  const alike = async () => {
    const [plain, translated] = await texts()
    return plain === translated ? 'alike' : { plain, translated }
  }
  /** Waits for it on the page that nobody translates. */
  async function seen(...what: string[]): Promise<void> {
    for (const each of what) await pages[0].locator(each).first().waitFor()
    await expect.poll(alike, { interval: 100 }).toBe('alike')
  }

  it('says of a node what it says of it untranslated', async () => {
    const { hub } = await open(`#${HUB}`, 'tr.link')
    const row = 'tr.link[data-link="3101425"]'
    await hub.connect({ node: HUB, link: '3101425', mode: 'connecting' })
    await seen(`${row}[data-state="connecting"]`)
    await hub.connect({ node: HUB, link: '3101425', mode: 'transceive' })
    await seen(`${row}[data-state="quiet"]`)
    await hub.linkKey({ node: HUB, link: '2000', on: true })
    await hub.key({ node: HUB, on: true })
    await seen('tr.link[data-state="talking"]', '.status[data-state="both"]')
    await hub.linkKey({ node: HUB, link: '2000', on: false })
    await hub.key({ node: HUB, on: false })
    await seen('.talk[data-talking="false"]', '.status[data-state="idle"]')
    await seen('.before :text-matches("[2-9] s ago")')
    await hub.outage({ ms: 600_000 })
    await seen('.status[data-state="down"]')
    expect(errors).toEqual([])
  })

  it('is in another language at once, as it is untranslated', async () => {
    const { hub } = await open(`#${HUB}`, 'tr.link')
    await hub.linkKey({ node: HUB, link: '2000', on: true })
    await seen('tr.link[data-state="talking"]')
    for (const page of pages) {
      await page.getByRole('button', { name: 'Settings' }).click()
      const picker = page.getByLabel('Language', { exact: true })
      await picker.focus()
      await picker.selectOption('de')
    }
    await seen('.talking:has-text("Spricht")')
    expect(await pages[1].getByLabel('Sprache', { exact: true }).evaluate((picker) => picker === document.activeElement)).toBe(true)
    expect(errors).toEqual([])
  })

  it('says of a voter what it says of it untranslated', async () => {
    const { other } = await open(`#voter=${VOTED}`, 'tr.receiver')
    await other.key({ node: VOTED, on: true })
    await seen('tr[data-look="voted"]')
    await other.key({ node: VOTED, on: false })
    await seen('.heard[data-state="nobody"]')
    expect(errors).toEqual([])
  })
})
