/** Signing in and out: nothing is left behind, and nothing that went wrong is kept from anybody. */
import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defineComponent, h } from 'vue'
import LiveRegion from '../../../src/components/announce/LiveRegion.vue'
import SessionBar from '../../../src/components/SessionBar.vue'
import { CommandWorld } from '../support/commandWorld.ts'

describe('the session bar', () => {
  let world: CommandWorld
  let bar: VueWrapper
  beforeEach(async () => {
    world = new CommandWorld()
    world.user = null
    world.answers.set('auth/login', (body) => {
      if (body['password'] !== 'right') return Response.json({ success: false, code: 'bad-credentials', message: 'Invalid username or password' }, { status: 401 })
      world.user = String(body['username'])
      return Response.json({ success: true })
    })
    world.answers.set('auth/logout', () => {
      world.user = null
      return Response.json({ success: true })
    })
    bar = world.mount(SessionBar)
    await world.ready()
  })
  afterEach(() => {
    bar.unmount()
    world.dispose()
  })

  const button = (name: string) => bar.findAll('button').find((each) => each.text() === name)!
  const dialog = () => bar.get<HTMLDialogElement>('dialog').element
  const field = (name: string) => bar.get<HTMLInputElement>(`[name="${name}"]`)
  const focused = () => document.activeElement?.textContent?.trim()
  async function signIn(password: string): Promise<void> {
    await bar.get('.session > button').trigger('click')
    await world.settle()
    await field('username').setValue('W5GLE')
    await field('password').setValue(password)
    await bar.get('dialog form').trigger('submit')
    await world.settle()
  }

  it('takes the focus into the dialog, and after signing in to who is signed in', async () => {
    await button('Sign in').trigger('click')
    expect([document.activeElement, dialog().querySelector('[autofocus]')]).toEqual([field('username').element, null])
    await signIn('right')
    expect([dialog().open, focused()]).toEqual([false, 'Signed in as W5GLE'])
    await button('Sign out').trigger('click')
    await world.settle()
    expect(focused()).toBe('Sign in')
  })

  /** Enter on the button: the browser makes a click of it. */
  async function openByKey(): Promise<void> {
    await button('Sign in').trigger('keydown', { key: 'Enter' })
    await button('Sign in').trigger('click')
  }

  it('goes by its title to the first field where it was opened by a key, so that Orca reads both; the name from before is written over', async () => {
    await signIn('wrong')
    dialog().close()
    await openByKey()
    const title = dialog().querySelector('h2')
    // What showModal itself looks for: Firefox goes to the first field otherwise, and by the time it is back Orca is in there without a word.
    expect([document.activeElement, title?.hasAttribute('autofocus')]).toEqual([title, true])
    await world.pass(250)
    const { element } = field('username')
    expect([document.activeElement, element.selectionStart, element.selectionEnd]).toEqual([element, 0, 'W5GLE'.length])
  })

  it('has the first letter of who types at once in that field', async () => {
    await openByKey()
    document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key: 'W', bubbles: true }))
    expect(document.activeElement).toBe(field('username').element)
  })

  it('takes the focus from nobody who was faster', async () => {
    await openByKey()
    field('password').element.focus()
    await world.pass(250)
    expect(document.activeElement).toBe(field('password').element)
    dialog().close()
    await openByKey()
    dialog().close()
    await world.pass(250)
    expect(document.activeElement).not.toBe(field('username').element)
  })

  it('calls nothing invalid that nobody has filled in yet: browsers say so of an empty field that is required', async () => {
    await button('Sign in').trigger('click')
    await world.settle()
    expect(['username', 'password'].map((name) => field(name).attributes('aria-invalid'))).toEqual(['false', 'false'])
  })

  it.each(['our gateway', 'a Supermon-NG, which gives no code'])('marks a wrong password for everybody, ready to be written over: %s', async (server) => {
    if (server !== 'our gateway') world.answers.set('auth/login', () => Response.json({ success: false, message: 'Invalid username or password' }, { status: 401 }))
    await signIn('wrong')
    expect(dialog().open).toBe(true)
    expect(field('password').attributes('aria-invalid')).toBe('true')
    expect(document.getElementById(field('password').attributes('aria-describedby') ?? '')?.textContent).toBe('Invalid username or password')
    expect(document.activeElement).toBe(field('password').element)
  })

  it.each([
    ['Cancel', () => button('Cancel').trigger('click')],
    ['Escape', () => Promise.resolve(dialog().close())],
  ])('keeps no password and no complaint after %s', async (_how, leave) => {
    await signIn('wrong')
    await leave()
    await world.settle()
    expect([dialog().open, field('password').element.value, bar.find('[role="alert"]').exists()]).toEqual([false, '', false])
  })

  it('keeps no password after it was right', async () => {
    await signIn('right')
    expect(field('password').element.value).toBe('')
  })

  it('says beside the button that signing out failed', async () => {
    await signIn('right')
    world.answers.set('auth/logout', () => Promise.reject(new TypeError('Failed to fetch')))
    await button('Sign out').trigger('click')
    await world.settle()
    const alert = bar.get('[role="alert"]')
    expect([alert.text(), dialog().contains(alert.element)]).toEqual(['Still signed in. The server cannot be reached.', false])
  })

  it('does not wait for the next answer to say that somebody is signed out', async () => {
    await signIn('right')
    world.hold('auth/me')
    await button('Sign out').trigger('click')
    await world.settle()
    expect([bar.text(), focused()]).toEqual([expect.not.stringContaining('Signed in'), 'Sign in'])
  })

  it('has the page say that a sign-in ended by itself, and nothing of one that was ended here, or that nobody had', async () => {
    const page = world.mount(LiveRegion)
    await signIn('right')
    await button('Sign out').trigger('click')
    await world.pass(2_000)
    await world.become(null)
    await world.pass(2_000)
    expect(page.text()).not.toContain('signed in')
    await world.become('W5GLE')
    await world.become(null)
    await world.pass(2_000)
    expect(page.text()).toContain('No longer signed in.')
    page.unmount()
  })

  it('stays open and says why when nobody can say who is signed in now', async () => {
    world.answers.set('auth/me', () => Response.json({ success: false }, { status: 502 }))
    await signIn('right')
    expect([dialog().open, bar.get('dialog [role="alert"]').text()]).toEqual([true, 'The server refused (HTTP 502).'])
    // The password may be right.
    expect(field('password').attributes('aria-invalid')).toBe('false')
  })

  it('stays open and says why when the browser kept nothing of it', async () => {
    world.answers.set('auth/login', () => Response.json({ success: true }))
    await signIn('right')
    expect([dialog().open, bar.get('dialog [role="alert"]').text(), document.activeElement]).toEqual([true, expect.stringContaining('allow cookies'), field('password').element])
  })

  it('signs in once for two taps', async () => {
    let logins = 0
    const answer = world.answers.get('auth/login')!
    world.answers.set('auth/login', (...asked) => { logins += 1; return answer(...asked) })
    await field('username').setValue('W5GLE')
    await field('password').setValue('right')
    const form = bar.get('dialog form')
    void form.trigger('submit')
    void form.trigger('submit')
    await world.settle()
    expect(logins).toBe(1)
  })

  it('can stand twice on a page: no id is used twice', () => {
    bar.unmount()
    bar = world.mount(defineComponent(() => () => h('div', [h(SessionBar), h(SessionBar)])))
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id)
    expect(ids.length).toBeGreaterThan(4)
    expect(ids).toEqual([...new Set(ids)])
  })
})
