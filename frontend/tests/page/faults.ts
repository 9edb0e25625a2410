/** What axe knows against a page, and how far it scrolls sideways. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type axe from 'axe-core'
import type { Page } from 'playwright'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/**
 * @param where selector of the part to look at; else the whole page
 * @returns a line for each rule that is broken, with the elements; rules that need a person's eye are not among them
 */
export async function faults(page: Page, where?: string): Promise<string[]> {
  // By the debugger: the page's own policy takes no script from here. A page keeps it until it is loaded anew.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE)
  return page.evaluate(async (part) => {
    const { run } = (window as unknown as { axe: typeof axe }).axe
    // Of what is right nothing is told, and elements are shown by their HTML: working out the rest takes longer than looking.
    const { violations } = await run(part ?? document, { resultTypes: ['violations'], selectors: false })
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
  }, where)
}

/** Pixels by which the page is wider than its window. */
export function sideways(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
}

/**
 * What of the panels cannot be read, by its text: it runs out of its panel, which cuts it off, or its words run out of their cell. Who was
 * heard may be left out of the line of talkers, but not halved; who talks may lose of his name, but nothing of his number.
 */
export function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => [...document.querySelectorAll('.sl-panel')].flatMap((panel) => {
    const { left, right } = panel.getBoundingClientRect()
    return [...panel.querySelectorAll<HTMLElement>('tbody :is(th, td), h2, h3, p, li, .last, .now :is(.head, b, .rest)')].filter((each) => {
      const box = each.getBoundingClientRect()
      if (box.width <= 1) return false
      const runsOut = each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflowX === 'visible'
      const line = each.parentElement?.closest('.before, .now .name, .now')?.getBoundingClientRect()
      const beyond = line !== undefined && (box.right > line.right + 1 || (each.closest('.now') !== null && box.bottom > line.bottom + 2))
      return runsOut || beyond || box.left < left - 1 || box.right > right + 1
    }).map((each) => each.textContent.trim())
  }))
}

/** Buttons and headings of fields whose words run out of them, by their text. */
export function overfull(page: Page): Promise<string[]> {
  return page.evaluate(() => [...document.querySelectorAll<HTMLElement>('main :is(button, legend)')]
    .filter(({ clientWidth, scrollWidth }) => clientWidth > 1 && scrollWidth > clientWidth + 1).map((each) => each.textContent.trim()))
}
