/** Signing in and commanding a node, by hand and by keyboard, in Chromium over the real gateway. */
import type { Browser, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { fileURLToPath } from 'node:url'
import { AstDb } from '../../../server/src/config/astdb.ts'
import { openClub, PASSWORD } from '../../../server/tests/support/club.ts'
import type { Club } from '../../../server/tests/support/club.ts'
import { faults, sideways } from './faults.ts'
import { launchChromium, until } from './stage.ts'

const APP = fileURLToPath(new URL('../../../dist-app', import.meta.url))
const RIGHTS = ['CONNECTUSER', 'DISCUSER', 'MONUSER', 'LMONUSER', 'DTMFUSER', 'PERMUSER'].map((right) => `$${right} = array("W5GLE");`).join('\n')
const NODE_LIST = '48752|WB6NIL|Public <img src=x onerror=alert(1)>|Los Angeles, CA\n48753|WB6NIL|Second|Pasadena, CA\n'

describe('the connect panel in Chromium', () => {
  let browser: Browser
  let club: Club
  let page: Page
  const closers: (() => unknown)[] = []
  const errors: string[] = []

  beforeAll(async () => { browser = await launchChromium() })
  afterAll(async () => { await browser.close() })
  beforeEach(async () => {
    const astdb = new AstDb({ files: [], builtIn: NODE_LIST })
    club = await openClub(closers, 'read', { files: APP, search: astdb, names: (id) => astdb.lookup(id) }, RIGHTS)
    page = await browser.newPage()
    errors.length = 0
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(club.app.url)
    await page.locator('section[data-node="546051"]').waitFor()
  })
  afterEach(async () => {
    expect(errors).toEqual([])
    await page.close()
    for (const close of closers.splice(0).reverse()) await close()
  })

  const links = (node = '546051') => club.fake.state().nodes[node]?.links ?? {}
  const result = () => page.locator('.connect .result').innerText()
  const field = () => page.getByRole('combobox', { name: 'Target node' })
  const button = (name: string) => page.getByRole('button', { name, exact: true })
  const done = () => until(async () => (await result()).startsWith('Done.'))
  /** What has the focus, by what a person would call it. */
  const focused = () => page.evaluate(() => {
    const { activeElement: at } = document
    return at instanceof HTMLInputElement || at instanceof HTMLSelectElement ? (at.labels?.[0]?.textContent.trim() ?? '') : at === document.body ? 'body' : (at?.textContent.trim() ?? '')
  })
  async function signIn(password = PASSWORD): Promise<void> {
    await page.getByRole('button', { name: 'Sign in' }).first().click()
    await page.getByLabel('User name').fill('W5GLE')
    await page.getByLabel('Password').fill(password)
    await page.keyboard.press('Enter')
  }
  /** A double tap where the finger is, whatever has come to lie there. Both are sent at once: what a busy machine takes between two steps may be longer than a double tap is. */
  async function doubleTap(name: string): Promise<void> {
    const { x = 0, y = 0 } = (await button(name).boundingBox()) ?? {}
    await page.mouse.move(x + 20, y + 20)
    await Promise.all([1, 2].flatMap((clickCount) => [page.mouse.down({ clickCount }), page.mouse.up({ clickCount })]))
  }
  /** Answers a question that was read: the first moments it takes no answer. */
  const answer = (give: () => Promise<unknown>) => until(async () => {
    await give()
    return (await page.locator('dialog[open]').count()) === 0
  })
  /** In what this file is about. */
  const ours = () => faults(page, '.connect, .session')

  it('is there for whoever may, after signing in, and gone after signing out; a wrong password is told', async () => {
    expect(await page.locator('.connect').count()).toBe(0)
    await signIn('wrong')
    await page.getByRole('alert').getByText('Invalid username or password').waitFor()
    await page.getByLabel('Password').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.locator('.connect').waitFor()
    await page.getByText('Signed in as W5GLE').waitFor()
    expect(await page.locator('dialog[open]').count()).toBe(0)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await until(async () => (await page.locator('.connect').count()) === 0)
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
  })

  it('connects, shows the row and what came of it; a row of any node is a target of that node; refuses in words', async () => {
    await signIn()
    await field().fill('48752')
    await page.getByText('48752 is WB6NIL Public <img src=x').waitFor()
    await doubleTap('Connect')
    await done()
    expect(links()['48752']).toMatchObject({ mode: 'transceive', permanent: false })
    await page.locator('section[data-node="546051"] tr.link', { hasText: '48752' }).waitFor()

    await club.fake.connect({ node: '546055', link: '48753' })
    await page.locator('section[data-node="546055"] tr.link', { hasText: '48753' }).getByRole('button', { name: '48753', exact: true }).click()
    expect([await field().inputValue(), await page.getByLabel('Node', { exact: true }).inputValue()]).toEqual(['48753', '546055'])
    await button('Disconnect').click()
    await until(() => links('546055')['48753'] === undefined)
    await done()
    expect(links()['48752']).toBeDefined()
    // Until it is too late for the second half of a double tap.
    await until(async () => {
      await button('Disconnect').click()
      return (await result()).startsWith('Refused.')
    })
    expect(await result()).toContain('48753 is not linked to 546055.')
  })

  it('comes into sight of a phone, and is told, when the number of a row is taken; an Enter that is held down commands nothing', async () => {
    await signIn()
    await page.setViewportSize({ width: 390, height: 800 })
    const number = page.locator('section[data-node="546055"] tr.link button.id').last()
    await number.scrollIntoViewIfNeeded()
    await number.focus()
    expect((await field().boundingBox())?.y).toBeLessThan(0)
    const id = await number.innerText()
    const before = JSON.stringify(links('546055'))
    // The second comes while the key is still held down.
    await page.keyboard.down('Enter')
    await page.keyboard.down('Enter')
    await page.keyboard.up('Enter')
    await until(async () => ((await field().boundingBox())?.y ?? -1) >= 0)
    expect([await field().inputValue(), await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))]).toEqual([id, 'Commands for node 546055'])
    await until(async () => (await page.locator('.sl-app > [role="status"] p > span').last().innerText()).startsWith(`Target node: ${id}`))
    expect([await result(), JSON.stringify(links('546055'))]).toEqual(['', before])
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('Connect')
  })

  it('asks before it makes a link that comes back by itself; a double tap answers nothing, and the focus comes back', async () => {
    await signIn()
    await field().fill('48752')
    await page.getByText('48752 is WB6NIL').waitFor()
    await page.getByLabel('Permanent').check()
    await doubleTap('Connect')
    await page.getByRole('alertdialog', { name: 'Make this link permanent?' }).getByText('546051 will connect to 48752 WB6NIL').waitFor()
    expect(await focused()).toBe('No')
    // From anywhere: the page behind it takes no key.
    await page.keyboard.press('Tab')
    await page.keyboard.press('Escape')
    await until(async () => (await page.locator('dialog[open]').count()) === 0)
    expect([await focused(), links()['48752']]).toEqual(['Connect', undefined])
    await page.keyboard.press('Enter')
    await page.getByRole('alertdialog').waitFor()
    await answer(() => button('Yes, connect permanently').click({ timeout: 1_000 }).catch(() => undefined))
    await done()
    expect(await focused()).toBe('Connect')
    expect(links()['48752']).toMatchObject({ permanent: true })
    await page.locator('tr.link', { hasText: '48752' }).getByText('Permanent').waitFor()
  })

  it('says why its buttons wait, beside what came of the last command', async () => {
    await signIn()
    await field().fill('48752')
    await button('Connect').click()
    await done()
    await club.fake.outage({ ms: 60_000 })
    const why = page.locator('.connect .why')
    await until(async () => (await why.innerText()).includes('Asterisk is not answering for 546051'))
    expect(await result()).toContain('Done.')
    expect(await button('Connect').getAttribute('aria-disabled')).toBe('true')
    expect(await why.getAttribute('id')).toBe(await button('Connect').getAttribute('aria-describedby'))
    expect(await why.getAttribute('id')).toBe(await field().getAttribute('aria-describedby'))
    await field().press('Enter')
    await until(async () => (await page.locator('.sl-app > [role="status"] p > span').last().innerText()) === (await why.innerText()).trim())
    expect(await ours()).toEqual([])
  })

  it('works by keyboard alone, from signing in to signing out, and the focus is never lost', async () => {
    /** Tabs to what is called so, forwards or backwards, and names what it met: nothing may swallow the focus. */
    async function reach(name: string, key = 'Tab'): Promise<void> {
      const met: string[] = []
      for (let i = 0; i < 40 && met.at(-1) !== name; i += 1) {
        await page.keyboard.press(key)
        met.push(await focused())
      }
      expect(met.at(-1), met.join(' → ')).toBe(name)
    }
    await reach('Sign in')
    await page.keyboard.press('Enter')
    await page.keyboard.type('W5GLE')
    await page.keyboard.press('Tab')
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press('Enter')
    await page.locator('.connect').waitFor()
    await until(async () => (await focused()) === 'Signed in as W5GLE')

    await reach('Target node')
    await page.keyboard.type('los ang')
    await page.locator('[role=option]').waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    expect([await field().inputValue(), links()['48752']]).toEqual(['48752', undefined])
    await page.keyboard.press('Enter')
    await done()
    expect([Object.keys(links()).includes('48752'), await focused()]).toEqual([true, 'Target node'])

    await reach('Disconnect')
    await page.keyboard.press('Space')
    await until(() => links()['48752'] === undefined)
    await done()
    expect(await focused()).toBe('Disconnect')

    // Words and Enter: the node is named first.
    await reach('Target node', 'Shift+Tab')
    await page.keyboard.press('Control+A')
    await page.keyboard.type('pasadena')
    await page.keyboard.press('Enter')
    await page.getByRole('alertdialog').getByText('546051 will connect to 48753 WB6NIL Second Pasadena, CA.').waitFor()
    expect([await focused(), Object.keys(links()).includes('48753')]).toEqual(['Connect', false])
    await answer(() => page.keyboard.press('Enter'))
    await done()
    expect([await focused(), await field().inputValue()]).toEqual(['Target node', '48753'])

    await reach('DTMF digits')
    await page.keyboard.type('*81')
    await page.keyboard.press('Enter')
    await until(async () => (await result()).startsWith('Not confirmed.'))
    await reach('Disconnect all…')
    await page.keyboard.press('Enter')
    await page.getByRole('alertdialog').getByText('will disconnect 3 links').waitFor()
    expect(await focused()).toBe('No')
    await page.keyboard.press('Tab')
    await answer(() => page.keyboard.press('Enter'))
    await until(() => Object.keys(links()).length === 0)
    await done()
    expect(await focused()).toBe('Disconnect all…')

    await reach('Sign out', 'Shift+Tab')
    await page.keyboard.press('Enter')
    await until(async () => (await focused()) === 'Sign in')
  })

  it.each([
    ['dark', 390],
    ['light', 1_280],
  ] as const)('has no fault that axe knows, %s at %i, empty, choosing, refusing and asking, and does not scroll sideways', async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 844 })
    await signIn('wrong')
    await page.getByRole('alert').waitFor()
    expect(await ours()).toEqual([])
    await page.getByLabel('Password').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.locator('.connect').waitFor()
    await page.locator('.connect details').evaluate((details) => { (details as HTMLDetailsElement).open = true })
    expect(await ours()).toEqual([])
    await field().fill('WB6')
    await page.locator('[role=option]').first().waitFor()
    await page.keyboard.press('ArrowDown')
    expect(await ours()).toEqual([])
    await field().fill('Atlantis')
    await page.keyboard.press('Enter')
    await until(async () => (await result()).includes('No node matches'))
    await page.getByLabel('DTMF digits').fill('x')
    expect(await ours()).toEqual([])
    await button('Disconnect all…').click()
    await page.getByRole('alertdialog').waitFor()
    expect(await ours()).toEqual([])
    expect(await sideways(page)).toBeLessThanOrEqual(0)
  })
})
