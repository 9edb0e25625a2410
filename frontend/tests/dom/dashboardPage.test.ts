/** What the Dashboard shows, of which nodes, and what the address, the configuration and the menu have to say about it. */
import { mount } from '@vue/test-utils'
import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nextTick } from 'vue'
import type { App, ComponentOptions } from 'vue'
import { PAGE_ENV } from '../../src/composables/usePageEnv.ts'
import Dashboard from '../../src/views/Dashboard.vue'
import { EMPTY_NODE } from '../../../protocol/nodeState.ts'
import { hello, snapshot } from '../unit/support/frames.ts'
import { pass } from '../unit/support/scriptedEnv.ts'
import { A, B, makeWorld, NETWORK } from './stores/world.ts'
import type { World } from './stores/world.ts'
import { FakePageEnv } from './support/fakePageEnv.ts'

const C = '2000'
const EVIL = '"><img src=x onerror=alert(1)>'

let world: World
let browser: FakePageEnv
let wrapper: VueWrapper | null = null
beforeEach(() => {
  world = makeWorld()
  browser = new FakePageEnv()
  list(A, B, C)
})
afterEach(() => {
  wrapper?.unmount()
  wrapper = null
  world.end()
})

function list(...ids: string[]): void {
  world.answers['nodes'] = () => Response.json({ success: true, config_source: 'allmon.ini', data: ids.map((id) => ({ id, callsign: 'W5GLE' })) })
}
const answer = (route: string, data: unknown) => { world.answers[route] = () => Response.json({ success: true, data }) }

async function open(mixins: ComponentOptions[] = []): Promise<VueWrapper> {
  const plugin = (app: App) => { app.provide(PAGE_ENV, browser); world.plugin.install(app) }
  wrapper = mount(Dashboard, { attachTo: document.body, global: { plugins: [{ install: plugin }, world.pinia], mixins } })
  await pass(20)
  return wrapper
}
/** The sockets of these nodes say what is. */
async function speak(state: object, ...ids: string[]): Promise<void> {
  for (const socket of world.env.held()) {
    const id = new URL(socket.url).pathname.split('/').at(-1) ?? ''
    if (!ids.includes(id)) continue
    if (socket.readyState === 0) {
      socket.accept()
      socket.say(hello())
    }
    socket.say(snapshot(id, state))
  }
  await pass(10)
}
const panels = () => [...document.querySelectorAll('.sl-panel[data-node]')].map((panel) => panel.getAttribute('data-node'))
const chips = () => wrapper!.findAll<HTMLElement>('.chooser button')
const pressed = () => chips().filter((chip) => chip.attributes('aria-pressed') === 'true').map((chip) => chip.text().split(' ')[0])

describe('the nodes on the page', () => {
  it('are all that there are, where neither the address nor the configuration says more', async () => {
    await open()
    expect(panels()).toEqual([A, B, C])
    expect(pressed()).toEqual(['All'])
  })

  it('are looked for first, and none is opened that may not stay', async () => {
    let come: () => void = () => undefined
    world.answers['config/nodes'] = () => new Promise((resolve) => { come = () => { resolve(Response.json({ success: true, data: { config: {}, default_nodes: [B] } })) } })
    await open()
    expect(wrapper!.text()).toContain('Looking for nodes…')
    expect(world.env.sockets).toEqual([])
    come()
    await pass(20)
    expect(panels()).toEqual([B])
  })

  it('are those that the configuration opens with, until somebody chooses; all of them can be chosen too', async () => {
    answer('config/nodes', { config: {}, default_node: `${B},${C}`, default_nodes: [B, C] })
    await open()
    expect(panels()).toEqual([B, C])
    expect(pressed()).toEqual([B, C])
    await chips()[0]!.trigger('click')
    expect([world.env.address.hash(), panels()]).toEqual(['all', [A, B, C]])
    expect(pressed()).toEqual(['All'])
    world.env.goTo('')
    await nextTick()
    expect(panels()).toEqual([B, C])
  })

  it("are the default node's of a Supermon-NG, as its own page opens", async () => {
    answer('config/nodes', { config: {}, default_node: B })
    await open()
    expect(panels()).toEqual([B])
  })

  it('are those of the address, in its order, without what is no node, and follow it', async () => {
    world.env.goTo(` ${B},,<b>,${B},${A}`)
    await open()
    expect(panels()).toEqual([B, A])
    world.env.goTo(C)
    await nextTick()
    expect(panels()).toEqual([C])
  })

  it('are chosen like filter chips: one tap shows one, more add, none is all', async () => {
    await open()
    await chips()[3]!.trigger('click')
    expect(world.env.address.hash()).toBe(C)
    await chips()[1]!.trigger('click')
    expect(world.env.address.hash()).toBe(`${A},${C}`)
    expect(pressed()).toEqual([A, C])
    await chips()[1]!.trigger('click')
    await chips()[3]!.trigger('click')
    expect([pressed(), panels()]).toEqual([['All'], [A, B, C]])
  })

  it('need no chips where there is one; where the address names another, they lead to it', async () => {
    list(A)
    answer('config/menu', { sections: [{ type: 'dropdown', label: 'Nodes', items: [{ name: A, url: `link.php?nodes=${A}`, targetBlank: false }] }] })
    await open()
    expect([panels(), wrapper!.find('.ways').element.children.length]).toEqual([[A], 0])
    world.env.goTo('99999')
    await nextTick()
    expect([panels(), chips().map((chip) => chip.text()), pressed()]).toEqual([['99999'], ['The only node', `${A} W5GLE`], []])
    await chips()[0]!.trigger('click')
    expect([panels(), chips()]).toEqual([[A], []])
    world.env.goTo('99999')
    await nextTick()
    await chips()[1]!.trigger('click')
    expect([panels(), pressed()]).toEqual([[A, '99999'], [A]])
  })

  it('have no chips before it is known which there are', async () => {
    world.answers['nodes'] = () => new Promise(() => undefined)
    world.env.goTo('99999')
    await open()
    expect([panels(), chips()]).toEqual([['99999'], []])
  })

  it('fold their chips away where there are more than twelve, or on a phone', async () => {
    list(...Array.from({ length: 13 }, (_, i) => String(2000 + i)))
    world.env.goTo('2001,2002')
    await open()
    const button = () => wrapper!.find('.ways > .drop > button')
    expect(button().text()).toBe('Nodes: 2 of 13')
    list(A, B, C)
    world.env.goTo('')
    await world.store.initialize()
    await pass(20)
    expect(button().exists()).toBe(false)
    browser.set('(max-width: 640px)', true)
    await nextTick()
    expect(button().text()).toBe('All 3 nodes')
    browser.set('(max-width: 640px)', false)
    await nextTick()
    expect(button().exists()).toBe(false)
  })

  it('are summed up in words', async () => {
    await open()
    const summary = () => wrapper!.get('.summary').text()
    expect(summary()).toBe('Waiting for 3 of 3 nodes…')
    world.env.goTo(`${A},${B}`)
    await pass(20)
    await speak({}, A, B)
    expect(summary()).toBe('2 nodes · all live')
    await speak({ reach: 'down', reachReason: { code: 'ami-refused', message: 'x' } }, B)
    expect(summary()).toBe('1 of 2 nodes not live')
    world.env.goTo(A)
    await pass(20)
    expect(summary()).toBe('1 node · live')
  })

  it('render once for a list that says nothing new', async () => {
    let updates = 0
    await open([{ updated(this: { $options: { __name?: string } }) { if (this.$options.__name === 'Dashboard') updates += 1 } }])
    updates = 0
    await world.store.initialize()
    await pass(20)
    expect(updates).toBe(0)
  })

  it('that are none, and a list that fails, are told with a way on', async () => {
    list()
    await open()
    expect(wrapper!.text()).toContain('There is no node to show.')
    world.answers['nodes'] = NETWORK
    await wrapper!.get('.box button').trigger('click')
    await pass(20)
    const alert = wrapper!.get('[role="alert"]')
    expect(alert.text()).toContain('The list of nodes could not be read.')
    list(A)
    await alert.get('button').trigger('click')
    await pass(20)
    expect([wrapper!.find('[role="alert"]').exists(), panels()]).toEqual([false, [A]])
  })

  it.each([['Dismiss', 1], ['Try again', 0]])('leave the focus to the page\'s main part when "%s" has done its work', async (name, place) => {
    world.answers['nodes'] = NETWORK
    await open()
    const button = wrapper!.findAll<HTMLButtonElement>('[role="alert"] button')[place]!
    expect(button.text()).toBe(name)
    list(A)
    button.element.focus()
    await button.trigger('click')
    await pass(20)
    expect([wrapper!.find('[role="alert"]').exists(), document.activeElement]).toEqual([false, wrapper!.get('main').element])
  })

  it('keep the focus where it is while the list comes anew', async () => {
    await open()
    chips()[1]!.element.focus()
    list(A, B)
    await world.store.initialize()
    await pass(20)
    expect(document.activeElement).toBe(chips()[1]!.element)
  })
})

describe('the menu', () => {
  const menu = {
    sections: [
      { type: 'link', name: 'Club', url: 'https://w5gle.example/', targetBlank: true },
      { type: 'dropdown', label: EVIL, items: [{ name: EVIL, url: 'https://w5gle.example/"><img', targetBlank: false }] },
      { type: 'link', name: 'Bad', url: 'javascript:alert(1)', targetBlank: false },
      { type: 'dropdown', label: 'Display Groups', items: [{ name: 'Both', url: `link.php?nodes=${A},${B}`, targetBlank: false }] },
      { type: 'dropdown', label: 'Nodes', items: [{ name: A, url: `link.php?nodes=${A}`, targetBlank: false }, { name: 'Voter 2001', url: 'voter.php?node=2001', targetBlank: false }] },
    ],
  }
  const entries = () => wrapper!.findAll('nav.menu a').map((link) => [link.text(), link.attributes('href')])

  it('has groups, voters and links as addresses, what stands in the chooser not twice, and no script', async () => {
    answer('config/menu', menu)
    await open()
    expect(wrapper!.findAll('nav.menu .drop > button').map((button) => button.text())).toEqual(['Nodes', 'Display Groups', EVIL])
    expect(entries()).toEqual([
      ['Voter 2001', '#voter=2001'], ['Both', `#${A},${B}`], ['Club (opens a new tab)', 'https://w5gle.example/'],
      [EVIL, 'https://w5gle.example/%22%3E%3Cimg'],
    ])
    expect(document.querySelectorAll('img')).toHaveLength(0)
    expect(wrapper!.get('nav.menu a[target]').attributes('rel')).toBe('noopener noreferrer')
  })

  it('leads to letters and calls as well as to pages, here and elsewhere', async () => {
    const link = (name: string, url: string) => ({ type: 'link', name, url, targetBlank: false })
    answer('config/menu', { sections: [link('Write', 'mailto:w5gle@club.example'), link('Call', 'tel:+15550100'), link('Map', '/map.html'), link('File', 'file:///etc/passwd'), link('Data', 'data:text/html,x')] })
    await open()
    expect(entries()).toEqual([['Write', 'mailto:w5gle@club.example'], ['Call', 'tel:+15550100'], ['Map', 'http://gateway.test/map.html']])
  })

  it('reads the older shape of Supermon-NG, and marks where one is', async () => {
    answer('config/menu', { Nodes: [], 'My Groups': [{ name: 'Both', url: `link.php?nodes=${A},${B}` }], mainItems: [{ name: 'Map', url: '/map.php>' }] })
    world.env.goTo(`${A},${B}`)
    await open()
    expect(entries()).toEqual([['Both', `#${A},${B}`], ['Map (opens a new tab)', 'http://gateway.test/map.php']])
    expect(wrapper!.get('nav.menu [aria-current]').text()).toBe('Both')
    expect(wrapper!.get('nav.menu .drop > button').attributes('data-current')).toBe('true')
  })

  it('opens and closes by its button, by Escape with the focus back, by a tap elsewhere, and by tabbing on', async () => {
    answer('config/menu', menu)
    await open()
    const button = wrapper!.get<HTMLButtonElement>('nav.menu .drop > button')
    const panel = wrapper!.get<HTMLElement>('nav.menu .drop .panel')
    const isOpen = () => [button.attributes('aria-expanded'), panel.element.style.display !== 'none']
    const link = panel.get<HTMLAnchorElement>('a')
    expect([isOpen(), button.attributes('aria-controls')]).toEqual([['false', false], panel.attributes('id')])
    await button.trigger('click')
    expect(isOpen()).toEqual(['true', true])
    link.element.focus()
    await link.trigger('keydown', { key: 'Escape' })
    expect([isOpen(), document.activeElement]).toEqual([['false', false], button.element])
    await button.trigger('click')
    document.body.dispatchEvent(new Event('pointerdown', { bubbles: true }))
    await nextTick()
    expect(isOpen()).toEqual(['false', false])
    await button.trigger('click')
    link.element.focus()
    chips()[0]!.element.focus()
    await nextTick()
    expect(isOpen()).toEqual(['false', false])
  })

  it('leads to a page of voters, and back', async () => {
    answer('config/menu', menu)
    await open()
    world.env.goTo('voter=2001,2002')
    await pass(20)
    expect([panels(), wrapper!.findAll('.sl-voter').length, wrapper!.find('.chooser').exists(), wrapper!.find('.summary').exists()]).toEqual([[], 1, false, false])
    expect(wrapper!.get('.sl-voter').text()).toMatch(/Voter 2001.*Voter 2002/s)
    expect(wrapper!.get('.back a').attributes('href')).toBe('#')
    expect(world.env.held().map(({ url }) => new URL(url).pathname.split('/').slice(-2).join('/')).sort()).toEqual(['voter/2001', 'voter/2002'])
    world.env.goTo('')
    await pass(20)
    expect([panels(), wrapper!.find('.sl-voter').exists()]).toEqual([[A, B, C], false])
  })
})

describe('the head of the page', () => {
  it('has the name of the product until the site has told its own, and a demonstration says that it is one', async () => {
    await open()
    expect([wrapper!.get('h1').text(), wrapper!.find('.demo').exists(), wrapper!.find('.logo').exists()]).toEqual(['Supermon Live', false, false])
    world.answers['nodes'] = () => Response.json({ success: true, config_source: 'demo', data: [{ id: A }] })
    await world.store.initialize()
    await pass(20)
    expect(wrapper!.get('.demo').text()).toContain('simulated')
  })

  it('has call sign, title, place, lines and logo of the site, as text whatever stands in them', async () => {
    answer('config/system-info', {
      callsign: 'W5GLE', smServerName: `Hub ${EVIL}`, location: '<b>Alvin</b>, Texas', title2: 'ASL 3', title3: null, welcomeMsg: `Hello ${EVIL}`,
      logoName: 'logo.png', logoUrl: 'https://w5gle.example/ >', myUrl: 'javascript:alert(1)',
    })
    await open()
    expect(wrapper!.get('h1').text()).toBe('W5GLE – Hub ">')
    expect(wrapper!.findAll('.who p').map((line) => line.text())).toEqual(['Alvin , Texas', 'ASL 3'])
    expect([wrapper!.get('.welcome').text(), wrapper!.get('a.logo').attributes('href')]).toEqual(['Hello ">', 'https://w5gle.example/'])
    expect(wrapper!.get('.logo img').attributes()).toMatchObject({ src: 'http://gateway.test/supermon-ng/user_files/logo.png', alt: 'Logo of W5GLE – Hub ">' })
    expect(document.querySelectorAll('img')).toHaveLength(1)
    await wrapper!.get('.logo img').trigger('error')
    expect(wrapper!.find('.logo').exists()).toBe(false)
  })

  it('may lead from the logo to a letter, which is no picture', async () => {
    answer('config/system-info', { logoName: 'logo.png', logoUrl: 'mailto:w5gle@club.example' })
    await open()
    expect(wrapper!.get('a.logo').attributes('href')).toBe('mailto:w5gle@club.example')
    wrapper!.unmount()
    answer('config/system-info', { logoName: 'mailto:w5gle@club.example' })
    await open()
    expect(wrapper!.find('.logo').exists()).toBe(false)
  })

  it('takes no script for a link or a picture', async () => {
    answer('config/system-info', { logoName: 'javascript:alert(1)', logoUrl: 'javascript:alert(1)', myUrl: 'data:text/html,x' })
    await open()
    expect([wrapper!.find('.logo').exists(), wrapper!.html().includes('javascript:')]).toEqual([false, false])
  })

  it('lets the colours be chosen, and remembers it; high contrast is light or dark as the device is', async () => {
    await open()
    const radios = () => wrapper!.findAll<HTMLInputElement>('.themes input')
    expect(radios().map(({ element }) => element.checked)).toEqual([true, false, false, false])
    await radios()[2]!.trigger('change')
    expect([browser.themed, browser.recall('theme'), radios()[2]!.element.checked]).toEqual(['dark', 'dark', true])
    browser.held.add('(prefers-color-scheme: dark)')
    await radios()[3]!.trigger('change')
    expect(browser.themed).toBe('contrast-dark')
    await radios()[0]!.trigger('change')
    expect([browser.themed, browser.recall('theme')]).toEqual([null, null])
  })
})

describe('a kiosk', () => {
  it('that was opened before the gateway had a node shows it once it has', async () => {
    browser.asked.set('kiosk', '')
    list()
    await open()
    expect(wrapper!.text()).toContain('There is no node to show')
    list(A)
    await pass(76_000)
    expect(panels()).toEqual([A])
  })

  it('whose node was not there for a while shows it again by itself, and says no other thing meanwhile', async () => {
    browser.asked.set('kiosk', '')
    world.env.goTo(A)
    await open()
    const said = () => wrapper!.find('.sl-facts [data-fact="socket"]').text()
    world.env.held()[0]!.accept()
    world.env.held()[0]!.end(4504, 'this node is not on this server')
    await pass(1_500)
    const told = () => `${said()} ${wrapper!.find('.sl-facts .reason').text()} ${wrapper!.find('.sl-panel .message').text()}`
    const refused = told()
    expect(refused).toMatch(/refused.*4504.*by itself.*refused this node/s)
    const { length } = world.env.sockets
    for (let s = 0; s < 75 && world.env.sockets.length === length; s += 1) {
      await pass(1_000)
      expect(told()).toBe(refused)
    }
    expect([world.env.sockets.length, told()]).toEqual([length + 1, refused])
    await speak({}, A)
    expect(said()).toContain('Connected')
  })

  it('shows what there is and nothing to tap, also to somebody who may command', async () => {
    browser.asked.set('kiosk', '')
    answer('auth/me', { user: { name: 'W5GLE' }, permissions: { CONNECTUSER: true } })
    answer('config/menu', { sections: [{ type: 'link', name: 'Club', url: 'https://w5gle.example/', targetBlank: true }] })
    world.env.goTo(A)
    answer('config/nodes', { config: { [A]: { listenlive: 'https://w5gle.example/live', archive: 'https://w5gle.example/old' } }, default_nodes: [] })
    const toTap = () => wrapper!.findAll('a, button, input, select, nav, .foot, .connect').map((each) => each.html())
    await open()
    const alert = { text: 'Heat Advisory', level: 'critical', url: 'https://w5gle.example/heat' }
    await speak({ links: Object.fromEntries(Array.from({ length: 70 }, (_, i) => [String(3_000 + i), {}])), telemetry: { ...EMPTY_NODE.telemetry, alerts: [alert] } }, A)
    expect(panels()).toEqual([A])
    expect(wrapper!.text()).toMatch(/Node\s546051.*Heat Advisory.*70 direct/s)
    expect(toTap()).toEqual([])
    world.env.goTo(B)
    world.answers['nodes'] = NETWORK
    await world.store.initialize()
    await pass(20)
    for (const socket of world.env.held()) socket.end()
    await pass(20)
    expect(wrapper!.text()).toMatch(/The list of nodes could not be read.*Reconnecting/s)
    expect(toTap()).toEqual([])
    list()
    world.env.goTo('voter=2001')
    await pass(20)
    expect([wrapper!.findAll('.sl-voter').length, toTap()]).toEqual([1, []])
    world.env.goTo(A)
    list(A, B, C)
    browser.asked.clear()
    wrapper!.unmount()
    await open()
    expect(wrapper!.findAll('.connect, .foot, nav').length).toBe(4)
  })
})
