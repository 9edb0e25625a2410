import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { holdTime, pass } from '../../../unit/support/scriptedEnv.ts'
import { NODE, stage } from './samples.ts'

describe('Voter', () => {
  let page: ReturnType<typeof stage>
  let wrapper: VueWrapper

  beforeEach(() => {
    holdTime()
    page = stage()
  })
  afterEach(() => {
    wrapper.unmount()
    page.end()
    vi.useRealTimers()
  })

  const text = (selector: string) => wrapper.get(selector).text().replace(/\s+/g, ' ')
  const rows = () => wrapper.findAll('tr.receiver').map((row) => row.findAll('th, td').slice(0, 3).map((cell) => cell.text().replace(/\s+/g, ' ')).join(' | '))

  it('says of each receiver in words what it does, and how strong it is, in the order of Asterisk', async () => {
    wrapper = page.show()
    expect(text('.panel')).toContain('Waiting for first data…')
    await page.say({
      Ridge: { rssi: 187, state: 'voted', master: true, order: 0 }, '12': { rssi: 40, order: 1 }, Harbor: { rssi: 90, state: 'mix' }, Valley: { rssi: 0 },
      Campus: { rssi: 0, state: 'inactive' },
    })
    expect(rows()).toEqual([
      'Ridge Master | Voted | 187 of 255', '12 | Voting | 40 of 255', 'Harbor | Mix | 90 of 255', 'Valley | No signal | 0 of 255', 'Campus | Inactive | Unknown –',
    ])
    expect(text('.heard')).toBe('Ridge is heard 187')
    expect(text('footer')).toBe('5 receivers · 1 inactive')
    expect(wrapper.findAll('.fill').map((bar) => Math.round(Number.parseFloat(bar.attributes('style')?.replace(/\D*/, '') ?? '')))).toEqual([73, 16, 35, 0, 0])
    expect(wrapper.get('table caption').text()).toBe('Receivers of voter 546056')
    expect(wrapper.findAll('thead th').map((th) => th.text())).toEqual(['Receiver', 'State', 'Signal', 'Last minute'])
  })

  it('says that it is not known what a receiver does, by a word of a later gateway, and how strong it is all the same', async () => {
    wrapper = page.show()
    await page.say({ Ridge: { rssi: 187, state: 'voted' }, Harbor: { rssi: 90 } })
    await page.say({ Ridge: { rssi: 187, state: 'calibrating' }, Harbor: { rssi: 0, state: 'calibrating' } })
    expect(rows()).toEqual(['Ridge | Unknown | 187 of 255', 'Harbor | Unknown | 0 of 255'])
  })

  it('explains the scale and every word', async () => {
    wrapper = page.show()
    expect(text('.legend')).toMatch(/0 to 255: 0 is no signal.*about 30 dB; each mark on a bar is about 10 dB.*Voted.*Voting.*Mix.*No signal.*Inactive.*Master/)
    await pass(0)
  })

  it('lets a receiver\'s name be any text, and nothing but text', async () => {
    const bad = '<img src=x onerror=alert(1)>'
    wrapper = page.show()
    await page.say({ [bad]: { rssi: 5, state: 'voted' } }, { reachReason: null })
    expect(wrapper.find('img').exists()).toBe(false)
    expect(text('.heard')).toContain(bad)
    expect(text('tr.receiver')).toContain(bad)
    await page.say({}, { reach: 'down', reachReason: { code: 'other', message: bad } })
    expect(wrapper.find('img').exists()).toBe(false)
    expect(text('.fact')).toContain(bad)
  })

  it('draws the last minute of each receiver and sums it up in a sentence', async () => {
    wrapper = page.show()
    await page.say({ Ridge: { rssi: 0 } })
    await pass(10_000)
    await page.say({ Ridge: { rssi: 255, state: 'voted' } })
    await pass(20_000)
    await page.say({ Ridge: { rssi: 0 } })
    await pass(10_000)
    expect(text('.history')).toBe('In the last minute: highest 255, heard for 20 s')
    const path = wrapper.get('.signal[d]').attributes('d') ?? ''
    // A line at the bottom for ten seconds, the full height for twenty, the bottom again, up to now at the right.
    expect(path).toMatch(/^M(\d+\.?\d*) 24V24H\d+\.?\d*V0H\d+\.?\d*V24H60V24Z$/)
    for (let i = 0; i < 5; i += 1) {
      await page.say({ Ridge: { rssi: 0 } })
      await pass(15_000)
    }
    expect(text('.history')).toBe('No signal in the last minute')
  })

  it('says that it is stale when the connection is gone, keeps what it showed, claims nothing, and leaves a gap', async () => {
    page.env.respond = () => Promise.reject(new Error('gone'))
    wrapper = page.show()
    await page.say({ Ridge: { rssi: 187, state: 'voted' } })
    await pass(8_000)
    page.socketOf(NODE).end()
    await pass(1_000)
    expect(wrapper.get('.panel').attributes('data-stale')).toBeUndefined()
    expect(text('.fact')).toBe('Live')
    await pass(3_500)
    expect(wrapper.get('.panel').attributes('data-stale')).toBe('true')
    expect(text('.fact')).toBe('The server cannot be reached.')
    expect(text('.age')).toMatch(/^Last heard \d+ s ago$/)
    expect(text('.panel')).toContain('Out of date: showing the last known state.')
    expect(text('.heard')).toBe('Cannot tell right now which receiver is heard')
    expect(rows()).toEqual(['Ridge | Voted | 187 of 255'])
    await pass(2_000)
    expect(wrapper.get('.signal[d]').attributes('d')).not.toContain('H60V24Z')
    expect(text('[role="status"]')).toBe('Voter 546056: no longer up to date.')
  })

  it('keeps the focus on Retry while it is tried, and leaves it to the name of the voter when it is gone', async () => {
    page.env.respond = () => Promise.reject(new Error('gone'))
    wrapper = page.show()
    await page.say({ Ridge: { rssi: 187 } })
    page.socketOf(NODE).end()
    await pass(10)
    const retry = wrapper.get<HTMLButtonElement>('.title button')
    retry.element.focus()
    await retry.trigger('click')
    await pass(10)
    expect([document.activeElement === retry.element, retry.attributes('aria-disabled')]).toEqual([true, 'true'])
    await page.say({ Ridge: { rssi: 187 } })
    expect([wrapper.find('.title button').exists(), document.activeElement]).toEqual([false, wrapper.get('h3').element])
  })

  it('says of a Retry that has failed that it did', async () => {
    page.env.respond = () => Promise.reject(new Error('gone'))
    wrapper = page.show()
    await page.say({ Ridge: { rssi: 187 } })
    page.socketOf(NODE).end()
    await pass(10)
    await wrapper.get('.title button').trigger('click')
    await pass(10)
    expect(text('[role="status"]')).toBe('')
    page.socketOf(NODE).end()
    await pass(10)
    expect(text('[role="status"]')).toBe('Voter 546056: still not connected.')
  })

  it('says why there is nothing: no voter, no such node, an Asterisk that does not answer', async () => {
    wrapper = page.show({ nodes: [NODE, '546051'] })
    await page.say({}, { reach: 'down', reachReason: { code: 'no-voter', message: 'There is no voter here.' } })
    await page.say({}, { reach: 'unknown', reachReason: { code: 'ami-connecting', message: 'Being connected to.' } }, '546051')
    const facts = wrapper.findAll('.fact')
    expect(facts.map((fact) => fact.text())).toEqual(['There is no voter here.', 'Being connected to.'])
    expect(facts.map((fact) => fact.attributes('data-tone'))).toEqual(['bad', 'busy'])
    expect(wrapper.findAll('[data-stale]')).toEqual([])
    expect(wrapper.find('table').exists()).toBe(false)
  })

  it('shows several voters, each once, and follows what it is given', async () => {
    wrapper = page.show({ nodes: [NODE, '546055', NODE] })
    await page.say({ Ridge: { rssi: 1 } })
    await page.say({ Ridge: { rssi: 2 } }, {}, '546055')
    expect(wrapper.findAll('[data-voter]').map((panel) => panel.attributes('data-voter'))).toEqual([NODE, '546055'])
    await wrapper.setProps({ nodes: ['546055'] })
    await pass(10)
    expect(page.env.held().length).toBe(1)
    expect(rows()).toEqual(['Ridge | Voting | 2 of 255'])
  })

  it('asks for nodes where none are given, and says what is wrong with them', async () => {
    wrapper = page.show({})
    const submit = async (typed: string) => {
      await wrapper.get('input').setValue(typed)
      await wrapper.get('form').trigger('submit')
    }
    await submit('  ')
    expect(text('[role="alert"]')).toBe('Enter a node first.')
    await submit('546056, <b>')
    expect(text('[role="alert"]')).toBe('“<b>” is not a node number.')
    expect(wrapper.get('input').attributes('aria-describedby')).toBe(wrapper.get('[role="alert"]').attributes('id'))
    expect(wrapper.findAll('[data-voter]')).toEqual([])
    await submit('546056, 546055 546056')
    expect(wrapper.findAll('[data-voter]').length).toBe(2)
    expect(wrapper.find('[role="alert"]').exists()).toBe(false)
    expect(wrapper.get('label').attributes('for')).toBe(wrapper.get('input').attributes('id'))
  })

  it('asks nothing while it is not shown, and wants to be closed by whoever shows it', async () => {
    wrapper = page.show({ nodes: [NODE], show: false })
    await pass(5_000)
    expect([page.env.sockets.length, page.env.fetches.length, wrapper.find('[data-voter]').exists()]).toEqual([0, 0, false])
    await wrapper.setProps({ show: true })
    await page.say({ Ridge: { rssi: 1 } })
    expect(wrapper.get('dialog').attributes('open')).toBeDefined()
    await wrapper.get('button.close').trigger('click')
    await wrapper.get('dialog').trigger('cancel')
    expect(wrapper.emitted('close')).toHaveLength(2)
    await wrapper.setProps({ show: false })
    await pass(10)
    expect(page.env.held()).toEqual([])
  })

  it('has no button to close where nobody listens', () => {
    wrapper = page.show()
    expect(wrapper.find('button.close').exists()).toBe(false)
    wrapper.unmount()
    wrapper = page.show({ nodes: [NODE], onClose: () => undefined })
    expect(wrapper.find('button.close').exists()).toBe(true)
  })

  it('tells somebody who does not look who is heard: once it holds, not more often than every five seconds, never a number', async () => {
    wrapper = page.show()
    await page.say({ Ridge: { rssi: 0 }, North: { rssi: 0 } })
    const said: string[] = []
    const listen = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 200) {
        await pass(200)
        const now = text('[role="status"]')
        if (now !== (said.at(-1) ?? '')) said.push(now)
      }
    }
    const hears = (name: string) => page.say({ Ridge: { rssi: 9, ...(name === 'Ridge' ? { state: 'voted' } : {}) }, North: { rssi: 9, ...(name === 'North' ? { state: 'voted' } : {}) } })
    // Nothing settles.
    for (let i = 0; i < 10; i += 1) {
      await hears(i % 2 === 0 ? 'Ridge' : 'North')
      await listen(600)
    }
    expect(said).toEqual([])
    await hears('Ridge')
    await listen(2_400)
    expect(said).toEqual(['Voter 546056: Ridge is heard.'])
    await hears('North')
    await listen(1_800)
    expect(said.length).toBe(1)
    await listen(4_000)
    expect(said.slice(1)).toEqual(['Voter 546056: North is heard.'])
    await listen(20_000)
    expect(said.length).toBe(2)
  })

  it('tries at once when somebody wants it to', async () => {
    wrapper = page.show()
    await page.say({ Ridge: { rssi: 1 } })
    page.socketOf(NODE).end(4503, 'not from here')
    await pass(10)
    const sockets = page.env.sockets.length
    await wrapper.get('.title button').trigger('click')
    await pass(2)
    expect(page.env.sockets.length).toBe(sockets + 1)
  })
})
