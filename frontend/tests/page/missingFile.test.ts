/** A page of which a file does not come: its gateway restarts at that moment, or two gateways of two versions answer for one address. */
import { fileURLToPath } from 'node:url'
import type { Browser, Page, Request, Route } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openClub } from '../../../server/tests/support/club.ts'
import { holdTime, launchChromium, until } from './stage.ts'

const APP = fileURLToPath(new URL('../../../dist-app', import.meta.url))
const NODE = 'section[data-node="546055"]'

describe('a page of which a file does not come', () => {
  let browser: Browser
  let page: Page
  let url: string
  const closers: (() => unknown)[] = []
  /** What the page asked for, and somebody will answer. */
  const underWay = new Set<Request>()

  beforeAll(async () => { browser = await launchChromium() })
  afterAll(async () => { await browser.close() })
  beforeEach(async () => {
    const club = await openClub(closers, 'read', { files: APP, base: '/live' })
    url = `${club.app.url}#546055`
    page = await browser.newPage()
    closers.push(() => page.close())
    await held()
  })
  afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

  async function held(): Promise<void> {
    await holdTime(page)
    underWay.clear()
    page.on('request', (request) => underWay.add(request))
    page.on('requestfinished', (request) => underWay.delete(request))
    page.on('requestfailed', (request) => underWay.delete(request))
  }
  /** Time passes until it was asked for so many times. @param stepMs less than passes from one request to the next, and from a request to its deadline */
  const passUntil = (counted: { readonly asked: number }, times: number, stepMs = 10_000) => expect.poll(async () => {
    // Answers come in real time: no deadline may be over before them.
    await until(() => underWay.size === 0)
    await page.clock.runFor(stepMs)
    return counted.asked
  }, { timeout: 50_000 }).toBe(times)
  const alert = (text = 'could not be loaded') => page.getByRole('alert').filter({ hasText: text })

  /** Fails the first requests of a kind, as `how` says. */
  async function fail(what: string, times: number, how: (route: Route) => Promise<void>) {
    const counted = { asked: 0 }
    await page.route(what, (route) => (counted.asked++ < times ? how(route) : route.continue()))
    return counted
  }
  const refuse = (route: Route) => route.abort('connectionrefused')
  /** As the sign-in of a Wi-Fi answers for everything. */
  const portal = (route: Route) => route.fulfill({ status: 200, contentType: 'text/html', body: '<!doctype html><h1>Welcome to our Wi-Fi</h1>' })
  /** As on a path that swallows what is sent: nobody answers. */
  const silent = (route: Route) => {
    underWay.delete(route.request())
    return Promise.resolve()
  }
  const notFound = (route: Route) => route.fulfill({ status: 404, contentType: 'application/json', body: '{}' })

  async function comes(): Promise<void> {
    await page.clock.resume()
    await page.locator(NODE).waitFor()
    await alert().waitFor({ state: 'hidden' })
  }

  it.each([['script', refuse], ['script', notFound], ['style sheet', notFound]] as const)('says so, and tries again once within half a minute: a %s', async (kind, how) => {
    const file = await fail(kind === 'script' ? '**/assets/index-*.js' : '**/assets/index-*.css', 1, how)
    await page.goto(url)
    await alert().waitFor()
    expect(await page.getByText('Loading').isVisible()).toBe(false)
    await page.clock.fastForward(4_900)
    expect(file.asked).toBe(1)
    const loaded = page.waitForEvent('load')
    await page.clock.fastForward(25_200)
    await loaded
    await comes()
    expect([file.asked, page.url()]).toEqual([2, url])
  })

  it('is loaded at once by whoever presses the button, also where the browser keeps nothing', async () => {
    await page.addInitScript(() => {
      for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError') } })
    })
    await fail('**/assets/index-*.js', 1, notFound)
    await page.goto(url)
    await page.getByRole('button', { name: 'Reload' }).click()
    await comes()
  })

  it('waits for its gateway, and gives way neither to what the browser says of one that is away nor to who else answers', async () => {
    await page.addInitScript(() => { Math.random = () => 0 })
    await fail('**/assets/index-*.js', 1, refuse)
    await page.goto(url)
    await alert().waitFor()
    const others = [refuse, (route: Route) => route.fulfill({ status: 502, body: '<html>' }), portal]
    const asked = await fail('**/live/', 3, (route) => others[asked.asked - 1]!(route))
    for (const times of [1, 2, 3]) {
      await passUntil(asked, times, 1_000)
      expect(await alert().isVisible()).toBe(true)
    }
    const loaded = page.waitForEvent('load')
    await expect.poll(async () => {
      await page.clock.runFor(1_000)
      return asked.asked
    }).toBeGreaterThanOrEqual(4)
    await loaded
    await comes()
  })

  it('asks again where no answer comes', async () => {
    const script = await fail('**/assets/index-*.js', 1, refuse)
    await page.goto(url)
    await alert().waitFor()
    const asked = await fail('**/live/', 1, silent)
    await passUntil(asked, 1)
    await passUntil(script, 2)
    await comes()
  })

  it('comes again less and less often while that does not help, and like the first time once it was there', async () => {
    await page.addInitScript(() => { Math.random = () => 0 })
    const script = await fail('**/assets/index-*.js', 3, notFound)
    await page.goto(url)
    for (const [times, seconds] of [[1, 5], [2, 10], [3, 15]] as const) {
      await alert().waitFor()
      await page.clock.runFor(seconds * 1_000 - 100)
      expect(script.asked).toBe(times)
      const loaded = page.waitForEvent('load')
      await page.clock.runFor(200)
      await loaded
    }
    await comes()
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0)
  })

  it('leaves alone a page that is there', async () => {
    await page.goto(url)
    await comes()
    const failed = page.evaluate(() => new Promise((resolve) => {
      const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: './assets/gone.css', onerror: resolve })
      document.head.append(link)
    }))
    await failed
    expect(await alert().isVisible()).toBe(false)
  })

  it('says so in German to who reads German', async () => {
    page = await browser.newPage({ locale: 'de-AT' })
    closers.push(() => page.close())
    await fail('**/assets/index-*.js', 1, notFound)
    await page.goto(url)
    await alert('konnte nicht geladen werden').waitFor()
    expect(await alert().getByText('could not be loaded').isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Neu laden' }).click()
    await page.locator(NODE).waitFor()
  })

  describe('but for its language', () => {
    const lang = () => page.locator('html').getAttribute('lang')
    const GERMAN = '**/assets/de-*.js'
    beforeEach(async () => {
      page = await browser.newPage({ locale: 'de-DE' })
      closers.push(() => page.close())
      await held()
    })

    it('is English meanwhile, and loads itself anew once its gateway answers and not somebody else, until that is there', async () => {
      const german = await fail(GERMAN, 2, notFound)
      await page.goto(url)
      await page.locator(NODE).waitFor()
      const gateway = await fail('**/live/', 4, (route) => (gateway.asked === 1 ? refuse : portal)(route))
      await passUntil(gateway, 4)
      expect([await lang(), german.asked]).toEqual(['en', 1])
      for (const times of [2, 3]) {
        await passUntil(german, times)
        await page.locator(NODE).waitFor()
      }
      expect([await lang(), page.url()]).toEqual(['de', url])
    })

    it('asks again where no answer comes', async () => {
      const german = await fail(GERMAN, 1, notFound)
      await page.goto(url)
      await page.locator(NODE).waitFor()
      const asked = await fail('**/live/', 1, silent)
      await passUntil(asked, 1)
      await passUntil(german, 2)
      await expect.poll(lang).toBe('de')
    })

    it('comes again less and less often while that does not help, once an hour at least, and like the first time once that was there', async () => {
      await page.addInitScript(() => { Math.random = () => 0.999_999 })
      const german = await fail(GERMAN, 3, notFound)
      await page.goto(url)
      for (const [times, seconds] of [[1, 90], [2, 180], [3, 3_600]] as const) {
        await page.locator(NODE).waitFor()
        expect(german.asked).toBe(times)
        await page.clock.fastForward(seconds * 1_000 - 100)
        expect(german.asked).toBe(times)
        if (times === 2) await page.evaluate(() => { for (const key of Object.keys(sessionStorage)) sessionStorage.setItem(key, '1000') })
        const loaded = page.waitForEvent('load')
        await page.clock.fastForward(200)
        await loaded
      }
      await expect.poll(lang).toBe('de')
      expect(await page.evaluate(() => sessionStorage.length)).toBe(0)
    })

    it.each([
      ['a key', () => page.keyboard.press('Tab')],
      ['a mouse or a finger', () => page.mouse.click(2, 2)],
      ['the wheel', () => page.mouse.wheel(0, 40)],
    ] as const)('is left alone where somebody has touched it: %s', async (_by, touch) => {
      const german = await fail(GERMAN, 1, notFound)
      await page.goto(url)
      await page.locator(NODE).waitFor()
      await touch()
      const asked = await fail('**/live/', 0, refuse)
      for (let i = 0; i < 10; i += 1) await page.clock.runFor(91_000)
      expect([german.asked, asked.asked, await lang()]).toEqual([1, 0, 'en'])
    })
  })
})
