/** What the Dashboard shows, of which nodes, and what the address, the configuration and the menu have to say about it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nextTick } from 'vue'
import { link } from '../unit/support/frames.ts'
import { pass } from '../unit/support/scriptedEnv.ts'
import { A, B, NETWORK } from './stores/world.ts'
import { C, DashboardStage } from './support/dashboardStage.ts'

const EVIL = '"><img src=x onerror=alert(1)>'

let stage: DashboardStage
beforeEach(() => { stage = new DashboardStage() })
afterEach(() => { stage.end() })

const chips = () => stage.page.findAll<HTMLElement>('.chooser button')
const pressed = () => chips().filter((chip) => chip.attributes('aria-pressed') === 'true').map((chip) => chip.text().split(' ')[0])

describe('the nodes on the page', () => {
  it('are all that there are, where neither the address nor the configuration says more', async () => {
    await stage.open()
    expect(stage.panels()).toEqual([A, B, C])
    expect(pressed()).toEqual(['All'])
  })

  it('are looked for first, and none is opened that may not stay', async () => {
    let come: () => void = () => undefined
    stage.world.answers['config/nodes'] = () => new Promise((resolve) => { come = () => { resolve(Response.json({ success: true, data: { config: {}, default_nodes: [B] } })) } })
    await stage.open()
    expect(stage.page.text()).toContain('Looking for nodes…')
    expect(stage.world.env.sockets).toEqual([])
    come()
    await pass(20)
    expect(stage.panels()).toEqual([B])
  })

  it('are those that the configuration opens with, until somebody chooses; all of them can be chosen too', async () => {
    stage.answer('config/nodes', { config: {}, default_node: `${B},${C}`, default_nodes: [B, C] })
    await stage.open()
    expect(stage.panels()).toEqual([B, C])
    expect(pressed()).toEqual([B, C])
    await chips()[0]!.trigger('click')
    expect([stage.world.env.address.hash(), stage.panels()]).toEqual(['all', [A, B, C]])
    expect(pressed()).toEqual(['All'])
    stage.world.env.goTo('')
    await nextTick()
    expect(stage.panels()).toEqual([B, C])
  })

  it("are the default node's of a Supermon-NG, as its own page opens", async () => {
    stage.answer('config/nodes', { config: {}, default_node: B })
    await stage.open()
    expect(stage.panels()).toEqual([B])
  })

  it('are those of the address, in its order, without what is no node, and follow it', async () => {
    stage.world.env.goTo(` ${B},,<b>,${B},${A}`)
    await stage.open()
    expect(stage.panels()).toEqual([B, A])
    stage.world.env.goTo(C)
    await nextTick()
    expect(stage.panels()).toEqual([C])
  })

  it('are chosen like filter chips: one tap shows one, more add, none is all', async () => {
    await stage.open()
    await chips()[3]!.trigger('click')
    expect(stage.world.env.address.hash()).toBe(C)
    await chips()[1]!.trigger('click')
    expect(stage.world.env.address.hash()).toBe(`${A},${C}`)
    expect(pressed()).toEqual([A, C])
    await chips()[1]!.trigger('click')
    await chips()[3]!.trigger('click')
    expect([pressed(), stage.panels()]).toEqual([['All'], [A, B, C]])
  })

  it('need no chips where there is one; where the address names another, they lead to it', async () => {
    stage.list(A)
    stage.answer('config/menu', { sections: [{ type: 'dropdown', label: 'Nodes', items: [{ name: A, url: `link.php?nodes=${A}`, targetBlank: false }] }] })
    await stage.open()
    expect([stage.panels(), stage.page.find('.ways').element.children.length]).toEqual([[A], 0])
    stage.world.env.goTo('99999')
    await nextTick()
    expect([stage.panels(), chips().map((chip) => chip.text()), pressed()]).toEqual([['99999'], ['The only node', `${A} W5GLE`], []])
    await chips()[0]!.trigger('click')
    expect([stage.panels(), chips()]).toEqual([[A], []])
    stage.world.env.goTo('99999')
    await nextTick()
    await chips()[1]!.trigger('click')
    expect([stage.panels(), pressed()]).toEqual([[A, '99999'], [A]])
  })

  it('have no chips before it is known which there are', async () => {
    stage.world.answers['nodes'] = () => new Promise(() => undefined)
    stage.world.env.goTo('99999')
    await stage.open()
    expect([stage.panels(), chips()]).toEqual([['99999'], []])
  })

  it('fold their chips away where there are more than twelve, or on a phone', async () => {
    stage.list(...Array.from({ length: 13 }, (_, i) => String(2000 + i)))
    stage.world.env.goTo('2001,2002')
    await stage.open()
    const button = () => stage.page.find('.ways > .drop > button')
    expect(button().text()).toBe('Nodes: 2 of 13')
    stage.world.env.goTo('2001,2002,99999')
    await nextTick()
    expect([stage.panels(), button().text()]).toEqual([['2001', '2002', '99999'], 'Nodes: 2 of 13'])
    stage.list(A, B, C)
    stage.world.env.goTo('')
    await stage.world.store.initialize()
    await pass(20)
    expect(button().exists()).toBe(false)
    stage.browser.set('(max-width: 40rem)', true)
    await nextTick()
    expect(button().text()).toBe('All 3 nodes')
    stage.browser.set('(max-width: 40rem)', false)
    await nextTick()
    expect(button().exists()).toBe(false)
  })

  it('are summed up in words', async () => {
    await stage.open()
    const summary = () => stage.page.get('.summary').text()
    expect(summary()).toBe('Waiting for 3 of 3 nodes…')
    stage.world.env.goTo(`${A},${B}`)
    await pass(20)
    await stage.speak({}, A, B)
    expect(summary()).toBe('2 nodes · all live')
    await stage.speak({ reach: 'down', reachReason: { code: 'ami-refused', message: 'x' } }, B)
    expect(summary()).toBe('1 of 2 nodes not live')
    stage.world.env.goTo(A)
    await pass(20)
    expect(summary()).toBe('1 node · live')
  })

  it('render once for a list that says nothing new', async () => {
    let updates = 0
    await stage.open([{ updated(this: { $options: { __name?: string } }) { if (this.$options.__name === 'Dashboard') updates += 1 } }])
    updates = 0
    await stage.world.store.initialize()
    await pass(20)
    expect(updates).toBe(0)
  })

  it('that are none, and a list that fails, are told with a way on', async () => {
    stage.list()
    await stage.open()
    expect(stage.page.text()).toContain('There are no nodes to show.')
    stage.world.answers['nodes'] = NETWORK
    await stage.page.get('.box button').trigger('click')
    await pass(20)
    const alert = stage.page.get('[role="alert"]')
    expect(alert.text()).toContain('The node list could not be loaded.')
    stage.list(A)
    await alert.get('button').trigger('click')
    await pass(20)
    expect([stage.page.find('[role="alert"]').exists(), stage.panels()]).toEqual([false, [A]])
  })

  it('say of a try that has failed as the one before that it did: nothing else on the page changes', async () => {
    const said = () => stage.page.get('.app > [role="status"]').text()
    stage.world.answers['nodes'] = NETWORK
    await stage.open()
    await pass(1_000)
    expect(said()).toBe('')
    await stage.page.get('[role="alert"] button').trigger('click')
    await pass(1_000)
    expect(said()).toBe('The node list could not be loaded.')
  })

  it.each([['Dismiss', 1], ['Try again', 0]])('leave the focus to the page\'s main part when "%s" has done its work', async (name, place) => {
    stage.world.answers['nodes'] = NETWORK
    await stage.open()
    const button = stage.page.findAll<HTMLButtonElement>('[role="alert"] button')[place]!
    expect(button.text()).toBe(name)
    stage.list(A)
    button.element.focus()
    await button.trigger('click')
    await pass(20)
    expect([stage.page.find('[role="alert"]').exists(), document.activeElement]).toEqual([false, stage.page.get('main').element])
  })

  it('keep the focus where it is while the list comes anew', async () => {
    await stage.open()
    chips()[1]!.element.focus()
    stage.list(A, B)
    await stage.world.store.initialize()
    await pass(20)
    expect(document.activeElement).toBe(chips()[1]!.element)
  })
})

describe('the number in a row', () => {
  it('is the target of the next command of its node: the focus goes to the commands, and it is said who is meant', async () => {
    stage.answer('auth/me', { user: { name: 'W5GLE' }, permissions: { CONNECTUSER: true } })
    await stage.open()
    await stage.speak({ links: { 48752: link({ callsign: 'WB6NIL' }), 48753: link() } }, B)
    await pass(3_000)
    for (const [id, who] of [['48752', '48752 WB6NIL'], ['48753', '48753']]) {
      await stage.page.get(`[data-link="${id}"] button.id`).trigger('click')
      await pass(1_000)
      expect([stage.page.get<HTMLInputElement>('[name="target"]').element.value, stage.page.get<HTMLSelectElement>('.connect select').element.value]).toEqual([id, B])
      expect(document.activeElement?.getAttribute('aria-label')).toBe(`Commands for node ${B}`)
      expect(stage.page.findAll('.app > [role="status"] p > span').at(-1)?.text()).toBe(`Target node: ${who}`)
    }
  })

  it('is text for who may send digits only: he has no field that it could go to', async () => {
    stage.answer('auth/me', { user: { name: 'W5GLE' }, permissions: { DTMFUSER: true } })
    await stage.open()
    await stage.speak({ links: { 48752: link() } }, B)
    await pass(3_000)
    expect([stage.page.find('.connect').exists(), stage.page.find('[name="target"]').exists()]).toEqual([true, false])
    expect(stage.page.get('[data-link="48752"] .id').element.tagName).toBe('SPAN')
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
  const entries = () => stage.page.findAll('nav.menu a').map((link) => [link.text(), link.attributes('href')])

  it('has groups, voters and links as addresses, what stands in the chooser not twice, and no script', async () => {
    stage.answer('config/menu', menu)
    await stage.open()
    expect(stage.page.findAll('nav.menu .drop > button').map((button) => button.text())).toEqual(['Nodes', 'Display Groups', EVIL])
    expect(entries()).toEqual([
      ['Voter 2001', '#voter=2001'], ['Both', `#${A},${B}`], ['Club (opens in a new tab)', 'https://w5gle.example/'],
      [EVIL, 'https://w5gle.example/%22%3E%3Cimg'],
    ])
    expect(document.querySelectorAll('img')).toHaveLength(0)
    expect(stage.page.get('nav.menu a[target]').attributes('rel')).toBe('noopener noreferrer')
  })

  it('leads to letters and calls as well as to pages, here and elsewhere', async () => {
    const link = (name: string, url: string) => ({ type: 'link', name, url, targetBlank: false })
    stage.answer('config/menu', { sections: [link('Write', 'mailto:w5gle@club.example'), link('Call', 'tel:+15550100'), link('Map', '/map.html'), link('File', 'file:///etc/passwd'), link('Data', 'data:text/html,x')] })
    await stage.open()
    expect(entries()).toEqual([['Write', 'mailto:w5gle@club.example'], ['Call', 'tel:+15550100'], ['Map', 'http://gateway.test/map.html']])
  })

  it('reads the older shape of Supermon-NG, and marks where one is', async () => {
    stage.answer('config/menu', { Nodes: [], 'My Groups': [{ name: 'Both', url: `link.php?nodes=${A},${B}` }], mainItems: [{ name: 'Map', url: '/map.php>' }] })
    stage.world.env.goTo(`${A},${B}`)
    await stage.open()
    expect(entries()).toEqual([['Both', `#${A},${B}`], ['Map (opens in a new tab)', 'http://gateway.test/map.php']])
    expect(stage.page.get('nav.menu [aria-current]').text()).toBe('Both')
    expect(stage.page.get('nav.menu .drop > button').attributes('data-current')).toBe('true')
  })

  it('opens and closes by its button, by Escape with the focus back, by a tap elsewhere, and by tabbing on', async () => {
    stage.answer('config/menu', menu)
    await stage.open()
    const button = stage.page.get<HTMLButtonElement>('nav.menu .drop > button')
    const panel = stage.page.get<HTMLElement>('nav.menu .drop .panel')
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
    stage.answer('config/menu', menu)
    await stage.open()
    stage.world.env.goTo('voter=2001,2002')
    await pass(20)
    expect([stage.panels(), stage.page.findAll('.sl-voter').length, stage.page.find('.chooser').exists(), stage.page.find('.summary').exists()]).toEqual([[], 1, false, false])
    expect(stage.page.get('.sl-voter').text()).toMatch(/Voter 2001.*Voter 2002/s)
    expect(stage.page.get('.back a').attributes('href')).toBe('#')
    expect(stage.world.env.held().map(({ url }) => new URL(url).pathname.split('/').slice(-2).join('/')).sort()).toEqual(['voter/2001', 'voter/2002'])
    stage.world.env.goTo('')
    await pass(20)
    expect([stage.panels(), stage.page.find('.sl-voter').exists()]).toEqual([[A, B, C], false])
  })

  it('leaves the focus at the voter that was gone to, and takes none where the page opens with one', async () => {
    const focused = () => document.activeElement?.closest('h3')?.textContent
    stage.world.env.goTo('voter=2001')
    await stage.open()
    expect(focused()).toBeUndefined()
    stage.world.env.goTo('')
    await pass(20)
    stage.world.env.goTo('voter=2002')
    await pass(20)
    expect(focused()).toBe('Voter 2002')
  })
})

describe('the head of the page', () => {
  it('has the name of the product until the site has told its own, and a demonstration says that it is one', async () => {
    await stage.open()
    expect([stage.page.get('h1').text(), stage.page.find('.demo').exists(), stage.page.find('.logo').exists()]).toEqual(['Supermon Live', false, false])
    stage.world.answers['nodes'] = () => Response.json({ success: true, config_source: 'demo', data: [{ id: A }] })
    await stage.world.store.initialize()
    await pass(20)
    expect(stage.page.get('.demo').text()).toContain('simulated')
  })

  it('has call sign, title, place, lines and logo of the site, as text whatever stands in them', async () => {
    stage.answer('config/system-info', {
      callsign: 'W5GLE', smServerName: `Hub ${EVIL}`, location: '<b>Alvin</b>, Texas', title2: 'ASL 3', title3: null, welcomeMsg: `Hello ${EVIL}`,
      logoName: 'logo.png', logoUrl: 'https://w5gle.example/ >', myUrl: 'javascript:alert(1)',
    })
    await stage.open()
    expect(stage.page.get('h1').text()).toBe('W5GLE – Hub ">')
    expect(stage.page.findAll('.who p').map((line) => line.text())).toEqual(['Alvin , Texas', 'ASL 3'])
    expect([stage.page.get('.welcome').text(), stage.page.get('a.logo').attributes('href')]).toEqual(['Hello ">', 'https://w5gle.example/'])
    expect(stage.page.get('.logo img').attributes()).toMatchObject({ src: 'http://gateway.test/supermon-ng/user_files/logo.png', alt: 'Logo of W5GLE – Hub ">' })
    expect(document.querySelectorAll('img')).toHaveLength(1)
    await stage.page.get('.logo img').trigger('error')
    expect(stage.page.find('.logo').exists()).toBe(false)
  })

  it('may lead from the logo to a letter, which is no picture', async () => {
    stage.answer('config/system-info', { logoName: 'logo.png', logoUrl: 'mailto:w5gle@club.example' })
    await stage.open()
    expect(stage.page.get('a.logo').attributes('href')).toBe('mailto:w5gle@club.example')
    stage.page.unmount()
    stage.answer('config/system-info', { logoName: 'mailto:w5gle@club.example' })
    await stage.open()
    expect(stage.page.find('.logo').exists()).toBe(false)
  })

  it('takes no script for a link or a picture', async () => {
    stage.answer('config/system-info', { logoName: 'javascript:alert(1)', logoUrl: 'javascript:alert(1)', myUrl: 'data:text/html,x' })
    await stage.open()
    expect([stage.page.find('.logo').exists(), stage.page.html().includes('javascript:')]).toEqual([false, false])
  })

  it('lets the colours be chosen, and remembers it; high contrast is light or dark as the device is', async () => {
    await stage.open()
    const radios = () => stage.page.findAll<HTMLInputElement>('.themes input')
    expect(radios().map(({ element }) => element.checked)).toEqual([true, false, false, false])
    await radios()[2]!.trigger('change')
    expect([stage.browser.themed, stage.browser.recall('theme'), radios()[2]!.element.checked]).toEqual(['dark', 'dark', true])
    stage.browser.held.add('(prefers-color-scheme: dark)')
    await radios()[3]!.trigger('change')
    expect(stage.browser.themed).toBe('contrast-dark')
    await radios()[0]!.trigger('change')
    expect([stage.browser.themed, stage.browser.recall('theme')]).toEqual([null, null])
  })

  it.each([[{}, 'its own'], [{ theme: 'dark' }, 'dark']])('opened where %j is remembered is shown as %s, also on a wall', async (kept, shown) => {
    stage.browser.themed = 'its own'
    for (const [key, value] of Object.entries(kept)) stage.browser.memory.set(key, value)
    stage.browser.asked.set('kiosk', '')
    await stage.open()
    expect(stage.browser.themed).toBe(shown)
  })
})
