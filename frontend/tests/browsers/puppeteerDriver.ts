/** Chromium by its DevTools protocol and Firefox by WebDriver BiDi: one library speaks both. */
import { existsSync } from 'node:fs'
import puppeteer from 'puppeteer-core'
import type { Page } from 'puppeteer-core'
import type { BrowserDriver, Tab } from './driver.ts'

const PLACES = {
  chromium: [process.env['CHROMIUM'] ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome'],
  firefox: [process.env['FIREFOX'] ?? '', '/usr/bin/firefox-esr', '/usr/bin/firefox'],
}
const CHROMIUM_ARGS = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking', '--no-first-run']
/** The library hands these to Chromium unless told otherwise, and then a hidden page is not treated as people's are. */
const NOT_THROTTLED = ['--disable-background-timer-throttling', '--disable-backgrounding-occluded-windows', '--disable-renderer-backgrounding']
const DESKTOP = { width: 1280, height: 900 }
const PHONE = { width: 390, height: 844, deviceScaleFactor: 2, isMobile: true, hasTouch: true }

class PuppeteerTab implements Tab {
  readonly page: Page
  readonly #touch: boolean

  constructor(page: Page, touch: boolean) {
    this.page = page
    this.#touch = touch
  }

  async goto(url: string): Promise<void> {
    await this.page.goto(url, { waitUntil: 'domcontentloaded' })
  }

  async look<T>(expression: string): Promise<T> {
    return (await this.page.evaluate(expression)) as T
  }

  async click(selector: string): Promise<void> {
    if (this.#touch) await this.page.tap(selector)
    else await this.page.click(selector)
  }

  async type(selector: string, text: string): Promise<void> {
    await this.page.type(selector, text)
  }

  async back(): Promise<void> {
    // After the answer to this: a page that is gone answers nothing.
    await this.page.evaluate('void setTimeout(() => history.back())')
  }

  async picture(): Promise<Buffer> {
    return Buffer.from(await this.page.screenshot())
  }

  async close(): Promise<void> {
    await this.page.close()
  }
}

/** @throws when the browser is not installed, with the package's name */
export async function launchPuppeteer(name: 'chromium' | 'firefox'): Promise<BrowserDriver> {
  const executablePath = PLACES[name].find((path) => path !== '' && existsSync(path))
  if (executablePath === undefined) throw new Error(`no ${name} found; apt-get install ${name === 'firefox' ? 'firefox-esr' : name}`)
  const browser = await puppeteer.launch({
    browser: name === 'firefox' ? 'firefox' : 'chrome', executablePath, headless: true,
    ...(name === 'chromium' ? { args: CHROMIUM_ARGS, ignoreDefaultArgs: NOT_THROTTLED } : {}),
  })
  const open = async (phone = false) => {
    const page = await browser.newPage()
    // Firefox plays no phone: its window is as narrow, and that is all.
    const touch = phone && name === 'chromium'
    await page.setViewport(touch ? PHONE : phone ? { width: PHONE.width, height: PHONE.height } : DESKTOP)
    return new PuppeteerTab(page, touch)
  }
  return {
    name,
    version: (await browser.version()).replace('/', ' '),
    open: ({ phone = false } = {}) => open(phone),
    async openHidden(url) {
      const tab = await open()
      await tab.goto(url)
      const cover = await open()
      await cover.page.bringToFront()
      return {
        tab,
        cover,
        async show() {
          await tab.page.bringToFront()
          await cover.close()
        },
      }
    },
    freeze: name === 'firefox' ? null : async (tab, frozen) => {
      const session = await (tab as PuppeteerTab).page.createCDPSession()
      await session.send('Page.setWebLifecycleState', { state: frozen ? 'frozen' : 'active' })
      await session.detach()
    },
    close: () => browser.close(),
  }
}
