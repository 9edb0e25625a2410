/** The page for those who run the rollout: what it shows, to whom, and how current that is. */
import { mount } from '@vue/test-utils'
import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { App as VueApp } from 'vue'
import { BOX, HOUR_MS, HOURS, hourBars, pairBars } from '../../src/components/rollout/plot.ts'
import { setWords } from '../../src/components/words.ts'
import { german } from '../../src/components/words/de.ts'
import { english } from '../../src/components/words/en.ts'
import { PAGE_ENV } from '../../src/composables/usePageEnv.ts'
import App from '../../src/views/App.vue'
import { pass } from '../unit/support/scriptedEnv.ts'
import { makeWorld } from './stores/world.ts'
import type { World } from './stores/world.ts'
import { FakePageEnv } from './support/fakePageEnv.ts'
import { groupReport, rolloutReport } from './support/rolloutReport.ts'

const REPORT = 'rollout/report'
let world: World
let wrapper: VueWrapper | null = null
beforeEach(() => {
  world = makeWorld()
  world.env.goTo('rollout')
})
afterEach(() => {
  setWords(english)
  wrapper?.unmount()
  wrapper = null
  world.end()
})

const answer = (report = rolloutReport()) => { world.answers[REPORT] = () => Response.json({ success: true, data: report }) }
const refuse = () => { world.answers[REPORT] = () => Response.json({ success: false, message: 'Sign in with an account that has the right SYSINFUSER.' }, { status: 403 }) }
const signedIn = (permissions: Record<string, boolean>) =>
  Response.json({ success: true, data: { user: { name: 'W5GLE' }, permissions, sign_in: 'here', sign_in_url: null } })
const me = (permissions: Record<string, boolean>) => { world.answers['auth/me'] = () => signedIn(permissions) }
async function open(): Promise<VueWrapper> {
  const plugin = (app: VueApp) => { app.provide(PAGE_ENV, new FakePageEnv()); world.plugin.install(app) }
  wrapper = mount(App, { attachTo: document.body, global: { plugins: [{ install: plugin }, world.pinia] } })
  // It comes with a file of its own.
  await import('../../src/views/Rollout.vue')
  await pass(50)
  return wrapper
}
const rows = () => wrapper!.findAll('tbody tr').map((row) => row.findAll('th, td').map((cell) => cell.text().replace(/\s+/g, ' ')))

describe('the page of the rollout', () => {
  it('says the stage, what to do, and why', async () => {
    answer(rolloutReport({ overall: 'back', verdicts: [{ criterion: 'mismatches', verdict: 'back', value: '3 of 612', threshold: 'none', viewerMinutes: 5_213, why: 'Pages show something else.' }] }))
    await open()
    expect(wrapper!.get('h2').text()).toBe('10 % hold sockets')
    expect(wrapper!.get('.band').text()).toContain('Back')
    expect(rows()[0]).toEqual(['Wrong states', 'Back', '3 of 612Pages show something else.', 'none', '5,213 min'])
    expect(wrapper!.text()).toContain('Sockets spare 97.7 % of the status requests (measured between the groups)')
  })

  it('is English in whatever language the page is, times too; who is signed in is told in that language, and marked', async () => {
    setWords(german)
    answer()
    me({ SYSINFUSER: true })
    await open()
    expect(wrapper!.get('.app').attributes('lang')).toBe('en')
    // Which day that is goes by the zone of this machine.
    expect(wrapper!.get('section p').text()).toMatch(/^Since Nov 2[78], 2026, \d/)
    expect(wrapper!.get('ol').text()).toMatch(/^set 10 by W5GLE, Nov 2[78], 2026, \d/)
    expect(wrapper!.get('.session').text()).toContain('Angemeldet als W5GLE')
    expect(wrapper!.get('.session').attributes()).toMatchObject({ lang: 'de', dir: 'ltr' })
  })

  it('has both groups side by side, and of the ways only those that were taken', async () => {
    answer()
    await open()
    const table = rows()
    expect(table).toContainEqual(['Viewer-minutes', '5,213', '41,870'])
    expect(table).toContainEqual(['Polling', '1.5 %', '100 %'])
    expect(table).toContainEqual(['Key-up to screen, 95 of 100', '118 ms', '–'])
    expect(table.map(([name]) => name)).not.toContain('Refused')
  })

  it('shows an example of what differed, as text', async () => {
    const on = groupReport({ mismatches: [{ field: 'link.keyed', count: 3, example: '<img src=x onerror=alert(1)>' }] })
    answer(rolloutReport({ groups: { on, off: groupReport() } }))
    await open()
    expect(wrapper!.text()).toContain('link.keyed 3 times, for instance <img src=x onerror=alert(1)>')
    expect(wrapper!.find('img').exists()).toBe(false)
  })

  it('says once how near the end of polling is', async () => {
    answer(rolloutReport({ phase6: { ready: false, days: 13, needed: 14, why: "13 of 14 days with less than 0.1 % of the viewers' time on polling so far." } }))
    await open()
    expect(wrapper!.text().match(/13 of 14 days/g)).toHaveLength(1)
  })

  it.each([
    [{ enabled: false, percent: 50 }, 'Switched off: everybody polls'],
    [{ enabled: true, percent: 0 }, 'Internal: only listed users and nodes hold sockets'],
    [{ enabled: true, percent: 100 }, 'Everybody holds a socket'],
  ])('calls %j what it is', async (stage, text) => {
    answer(rolloutReport(stage))
    await open()
    expect(wrapper!.get('h2').text()).toBe(text)
  })

  it('asks every half minute while it is seen, and at once when it is seen again', async () => {
    answer()
    await open()
    expect(world.asked(REPORT)).toHaveLength(1)
    await pass(30_000)
    expect(world.asked(REPORT)).toHaveLength(2)
    world.env.signal('hidden')
    await pass(120_000)
    expect(world.asked(REPORT)).toHaveLength(2)
    world.env.signal('visible')
    await pass(10)
    expect(world.asked(REPORT)).toHaveLength(3)
    wrapper?.unmount()
    wrapper = null
    await pass(120_000)
    expect(world.asked(REPORT)).toHaveLength(3)
  })

  it.each([
    ['after the first figures came', 0],
    ['while they are under way', 60],
  ])('goes on asking where it turns out who is signed in %s', async (_when, reportMs) => {
    world.answers[REPORT] = () => new Promise((resolve) => { setTimeout(() => { resolve(Response.json({ success: true, data: rolloutReport() })) }, reportMs) })
    world.answers['auth/me'] = () => new Promise((resolve) => { setTimeout(() => { resolve(signedIn({ SYSINFUSER: true })) }, 20) })
    await open()
    await pass(100)
    expect(world.asked(REPORT)).toHaveLength(2)
    await pass(60_000)
    expect(world.asked(REPORT)).toHaveLength(4)
  })

  it('asks no more when it was hidden while its question was under way', async () => {
    answer()
    await open()
    let give: () => void = () => undefined
    world.answers[REPORT] = () => new Promise((resolve) => { give = () => { resolve(Response.json({ success: true, data: rolloutReport() })) } })
    await pass(30_000)
    world.env.signal('hidden')
    give()
    await pass(120_000)
    expect(world.asked(REPORT)).toHaveLength(2)
  })

  it('keeps what it had when no newer figures come, and says so', async () => {
    answer()
    await open()
    world.answers[REPORT] = () => Response.json({ success: true, data: { percent: 'ten' } })
    await pass(30_000)
    expect(wrapper!.get('[role=alert]').text()).toContain('not in the expected form')
    expect(wrapper!.get('h2').text()).toBe('10 % hold sockets')
    answer(rolloutReport({ percent: 50 }))
    await pass(30_000)
    expect(wrapper!.find('[role=alert]').exists()).toBe(false)
    expect(wrapper!.get('h2').text()).toBe('50 % hold sockets')
  })

  it('shows nothing to somebody who may not see it, also if he could before', async () => {
    answer()
    await open()
    refuse()
    await pass(30_000)
    expect(wrapper!.get('[role=alert]').text()).toContain('Sign in with an account that has the right SYSINFUSER.')
    expect(wrapper!.find('table').exists()).toBe(false)
  })
})

describe('the way to it', () => {
  it('is shown in the settings to who has the right, and leads there and back', async () => {
    world.env.goTo('')
    answer()
    me({ SYSINFUSER: true })
    await open()
    const settings = wrapper!.findAll('button').find((button) => button.text() === 'Settings')
    await settings!.trigger('click')
    expect(wrapper!.get('a[href="#rollout"]').text()).toBe('Rollout status')
    expect(world.asked(REPORT)).toEqual([])
    world.env.goTo('rollout')
    await pass(50)
    expect(wrapper!.get('h1').text()).toBe('Rollout')
    world.env.goTo('')
    await pass(50)
    expect(wrapper!.get('h1').text()).toBe('Supermon Live')
  })

  it('takes the focus along and names the page, and leaves the focus alone where the application opens', async () => {
    answer()
    await open()
    const stands = () => [document.title, document.activeElement?.tagName, document.activeElement?.textContent.slice(0, 7)]
    expect(stands().slice(0, 2)).toEqual(['Rollout – Supermon Live', 'BODY'])
    world.env.goTo('')
    await pass(50)
    expect([document.title, document.activeElement]).toEqual(['Supermon Live', wrapper!.get('main').element])
    world.env.goTo('rollout')
    await pass(50)
    expect(stands()).toEqual(['Rollout – Supermon Live', 'H1', 'Rollout'])
  })

  it('is not shown to anybody else', async () => {
    world.env.goTo('')
    me({ CONNECTUSER: true })
    await open()
    await wrapper!.findAll('button').find((button) => button.text() === 'Settings')!.trigger('click')
    expect(wrapper!.find('a[href="#rollout"]').exists()).toBe(false)
  })
})

describe('the bars', () => {
  const NOW = 1_000 * HOUR_MS + 5

  it('of one hour stand upon each other, and the present hour is the last', () => {
    const bars = hourBars([{ at: 1_000 * HOUR_MS, socket: 30, polling: 60, neither: 10, requests: 0 }], NOW)
    const step = BOX.width / HOURS
    expect(bars.socket).toEqual([expect.objectContaining({ x: (HOURS - 1) * step, y: 70, height: 30 })])
    expect(bars.polling).toEqual([expect.objectContaining({ y: 10, height: 60 })])
    expect(bars.neither).toEqual([expect.objectContaining({ y: 0, height: 10 })])
  })

  it('are as high as their share of the highest hour; what is older than two days is left out', () => {
    const hour = (ago: number, socket: number) => ({ at: (1_000 - ago) * HOUR_MS, socket, polling: 0, neither: 0, requests: 0 })
    const { socket } = hourBars([hour(HOURS, 50), hour(2, 50), hour(1, 100)], NOW)
    expect(socket.map(({ height }) => height)).toEqual([BOX.height / 2, BOX.height])
    expect(socket).toHaveLength(2)
  })

  it('of two groups are each measured by their own highest, as one may be ten times the other', () => {
    const { on, off } = pairBars([1, 2], [10, 0])
    expect(on.map(({ height }) => height)).toEqual([50, 100])
    expect(off.map(({ height }) => height)).toEqual([100])
    expect(off[0]?.x).toBeGreaterThan(on[0]?.x ?? 0)
  })
})
