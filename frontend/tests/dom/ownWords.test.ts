/** A German page: what gateway and client say in English stands there in German, or is marked as English. */
import { mount } from '@vue/test-utils'
import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { h } from 'vue'
import type { App, VNode } from 'vue'
import LiveRegion from '../../src/components/announce/LiveRegion.vue'
import ConnectPanel from '../../src/components/ConnectPanel.vue'
import NodeTable from '../../src/components/NodeTable.vue'
import SessionBar from '../../src/components/SessionBar.vue'
import { setWords } from '../../src/components/words.ts'
import { german } from '../../src/components/words/de.ts'
import { english } from '../../src/components/words/en.ts'
import { PAGE_ENV } from '../../src/composables/usePageEnv.ts'
import Dashboard from '../../src/views/Dashboard.vue'
import { holdTime, pass } from '../unit/support/scriptedEnv.ts'
import { NODE, stage } from './components/voter/samples.ts'
import { makeWorld, NETWORK } from './stores/world.ts'
import { A, CommandWorld } from './support/commandWorld.ts'
import { FakePageEnv } from './support/fakePageEnv.ts'
import { PanelStage } from './support/panelStage.ts'

beforeEach(() => { setWords(german) })
afterEach(() => { setWords(english) })

/** What stands in it, with what is marked as English in brackets. */
function told({ element }: { readonly element: Element }): string {
  const copy = element.cloneNode(true) as Element
  const english = copy.matches('[lang="en"]') ? [copy] : [...copy.querySelectorAll('[lang="en"]')]
  for (const part of english) part.textContent = `[${part.textContent}]`
  return (copy.textContent ?? '').replace(/\s+/g, ' ').trim()
}
const answered = (status: number, outcome: string, code: string | null, message: string) => () =>
  Response.json({ success: status < 400, message, data: { outcome, code } }, { status })

describe('the panel of commands', () => {
  let panel: PanelStage
  beforeEach(async () => {
    panel = new PanelStage()
    await panel.show()
    await panel.field.setValue('2050')
  })
  afterEach(() => panel.close())
  const connect = async (answer: () => Response | Promise<Response>) => {
    panel.world.answers.set('nodes/connect', answer)
    await panel.press('Verbinden')
    return told(panel.panel.get('[role="status"]'))
  }

  it('says that it is done', async () => {
    expect(await connect(answered(200, 'done', 'linked', '546051 is connected to 2050.'))).toBe('Erledigt. 546051 ist mit 2050 verbunden.')
  })

  it('says why a command was refused, or not even sent', async () => {
    expect(await connect(answered(409, 'refused', 'call-failed', '546051 called 2050, but the call failed.'))).toBe('Abgelehnt. 546051 hat 2050 gerufen, und der Ruf blieb ohne Erfolg.')
    await panel.world.pass(500)
    expect(await connect(() => Response.json({ success: false, code: 'not-allowed', message: 'W5GLE has no right to connect.' }, { status: 403 })))
      .toBe('Abgelehnt. Dazu fehlt das Recht: von 546051 wurde nichts verlangt. authusers.inc erteilt es.')
  })

  it('says why nobody knows what came of it', async () => {
    expect(await connect(() => Promise.reject(new TypeError('Failed to fetch')))).toBe('Nicht bestätigt. Der Server ist nicht erreichbar.')
    await panel.world.pass(500)
    expect(await connect(() => new Response('<h1>502</h1>', { status: 502 }))).toBe('Nicht bestätigt. Die Antwort des Servers ist nicht zu verstehen (HTTP 502).')
  })

  it('marks as English what has no code, as from a Supermon-NG, or one of tomorrow', async () => {
    expect(await connect(answered(200, 'done', null, 'Connected node 546051 to 2050'))).toBe('Erledigt. [Connected node 546051 to 2050]')
    await panel.world.pass(500)
    expect(await connect(answered(409, 'refused', 'of-tomorrow', 'Not on Sundays.'))).toBe('Abgelehnt. [Not on Sundays.]')
  })

  it('marks nothing on an English page', async () => {
    setWords(english)
    await panel.world.settle()
    panel.world.answers.set('nodes/connect', answered(409, 'refused', 'of-tomorrow', 'Not on Sundays.'))
    await panel.press('Connect')
    expect(told(panel.panel.get('[role="status"]'))).toBe('Refused. Not on Sundays.')
    expect(panel.panel.find('[lang="en"]').exists()).toBe(false)
  })
})

describe('a table of links', () => {
  let world: CommandWorld
  let table: VueWrapper
  beforeEach(async () => {
    world = new CommandWorld()
    world.gateway.node(A).connect('48752', { mode: 'transceive' })
    table = world.mount(NodeTable, { node: { id: A }, actions: ['monitor', 'disconnect'] })
    await world.ready()
    await table.get('.toggle').trigger('click')
  })
  afterEach(() => {
    table.unmount()
    world.dispose()
  })
  const press = async (action: string) => {
    await table.get(`.deeds [data-action="${action}"]`).trigger('click')
    await world.settle()
  }

  it('says at the row what came of a command, and to who does not see the rows', async () => {
    world.answers.set('nodes/monitor', answered(202, 'not-confirmed', 'other-mode', 'So far it is not.'))
    await press('monitor')
    expect(told(table.get('.outcome'))).toBe('Nicht bestätigt. 546051 wurde aufgefordert, bei 48752 mitzuhören, und ist bisher in einem anderen Modus verbunden.')
    expect(told(table.get('[role="status"] .sl-visually-hidden'))).toMatch(/^48752: Nicht bestätigt\. 546051 wurde aufgefordert/)
  })

  it('marks there what is English', async () => {
    world.answers.set('nodes/monitor', answered(409, 'refused', null, 'Not on Sundays.'))
    await press('monitor')
    expect(told(table.get('.outcome'))).toBe('Abgelehnt. [Not on Sundays.]')
    expect(told(table.get('[role="status"] .sl-visually-hidden'))).toBe('48752: Abgelehnt. [Not on Sundays.]')
  })

  it('says it below the rows, of a link that has none any more', async () => {
    await press('disconnect')
    expect(told(table.get('.note'))).toBe('48752 Erledigt. 48752 ist von 546051 getrennt.')
  })
})

describe('the voice of the page', () => {
  const refusal = answered(409, 'refused', 'of-tomorrow', 'Not on Sundays.')
  /** Beside what it shall speak for; all that came before has been said. */
  async function beside(world: CommandWorld, shown: () => VNode): Promise<VueWrapper> {
    const page = world.mount({ render: () => [shown(), h(LiveRegion)] })
    await world.ready()
    await world.pass(15_000)
    return page
  }
  const heard = async (world: CommandWorld, page: VueWrapper) => {
    await world.pass(2_500)
    return told(page.findAll('[aria-live] p > span').at(-1)!)
  }

  it('says in German what is, and marks what is English: of the panel', async () => {
    const panel = new PanelStage()
    panel.world.answers.set('nodes/connect', refusal)
    panel.panel = await beside(panel.world, () => h(ConnectPanel, { nodes: [A], target: '2050' }))
    await panel.press('Verbinden')
    expect(await heard(panel.world, panel.panel)).toBe('Abgelehnt. [Not on Sundays.]')
    await panel.close()
  })

  it('says in German what is, and marks what is English: of a row', async () => {
    const world = new CommandWorld()
    world.answers.set('nodes/monitor', refusal)
    world.gateway.node(A).connect('48752', { mode: 'transceive' })
    const page = await beside(world, () => h(NodeTable, { node: { id: A }, actions: ['monitor'] }))
    await page.get('.toggle').trigger('click')
    await page.get('.deeds [data-action="monitor"]').trigger('click')
    expect(await heard(world, page)).toBe('48752: Abgelehnt. [Not on Sundays.]')
    page.unmount()
    world.dispose()
  })
})

describe('a sign-in', () => {
  let world: CommandWorld
  let bar: VueWrapper
  beforeEach(async () => {
    world = new CommandWorld()
    world.user = null
    bar = world.mount(SessionBar)
    await world.ready()
  })
  afterEach(() => {
    bar.unmount()
    world.dispose()
  })

  it.each([
    ['a wrong password', () => Response.json({ success: false, code: 'bad-credentials', message: 'Invalid username or password' }, { status: 401 }), 'Benutzername oder Passwort ist falsch.'],
    ['too many tries', () => Response.json({ success: false, code: 'too-many-attempts', message: 'Too many attempts. Wait a little.' }, { status: 429 }), 'Zu viele Versuche: etwas warten.'],
    ['a page that is not known', () => Response.json({ success: false, code: 'origin', message: 'Open this page under the name of the gateway.' }, { status: 403 }), 'Der Server nimmt Anmeldungen von dieser Seite nicht an: sie unter dem Namen des Gateways öffnen oder ihre Adresse dort erlauben (--origins).'],
    ['no server', NETWORK, 'Der Server ist nicht erreichbar.'],
    ['no words', () => new Response('{}', { status: 500 }), 'Der Server hat abgelehnt (HTTP 500).'],
    ['a wrong password at a Supermon-NG', () => Response.json({ success: false, message: 'Invalid username or password' }, { status: 401 }), 'Benutzername oder Passwort ist falsch.'],
    ['no code', () => Response.json({ success: false, message: 'Closed for the night.' }, { status: 403 }), '[Closed for the night.]'],
  ])('says why it failed: %s', async (_what, answer, why) => {
    world.answers.set('auth/login', answer)
    await bar.get('.session > button').trigger('click')
    await bar.get('[name="username"]').setValue('W5GLE')
    await bar.get('[name="password"]').setValue('wrong')
    await bar.get('dialog form').trigger('submit')
    await world.settle()
    expect(told(bar.get('dialog [role="alert"]'))).toBe(why)
  })

  it('that was not ended says why', async () => {
    await world.become('W5GLE')
    world.answers.set('auth/logout', NETWORK)
    await bar.get('button').trigger('click')
    await world.settle()
    expect(told(bar.get('[role="alert"]'))).toBe('Noch angemeldet. Der Server ist nicht erreichbar.')
  })
})

describe('a list of nodes that could not be read', () => {
  it.each([
    ['no words', () => new Response('{}', { status: 500 }), 'Der Server hat abgelehnt (HTTP 500).'],
    ['a code', () => Response.json({ success: false, code: 'internal', message: 'Internal error of the gateway; see its log.' }, { status: 500 }), 'Dem Gateway ist ein Fehler unterlaufen; sein Protokoll sagt, welcher.'],
    ['no code', () => Response.json({ success: false, error: 'Database is locked' }, { status: 500 }), '[Database is locked]'],
    ['no server', NETWORK, 'Der Server ist nicht erreichbar.'],
    ['a server that is busy', () => new Response('{}', { status: 503, headers: { 'retry-after': '60' } }), 'Der Server bittet um weniger Anfragen: etwas warten.'],
  ])('says why: %s', async (_what, answer, why) => {
    const world = makeWorld()
    world.answers['nodes'] = answer
    const plugin = (app: App) => { app.provide(PAGE_ENV, new FakePageEnv()); world.plugin.install(app) }
    const page = mount(Dashboard, { global: { plugins: [{ install: plugin }, world.pinia] } })
    await pass(20)
    expect(told(page.get('[role="alert"] p'))).toBe(`Die Liste der Knoten war nicht zu lesen. ${why}`)
    page.unmount()
    world.end()
  })
})

describe('a voter', () => {
  let page: ReturnType<typeof stage>
  let voter: VueWrapper
  beforeEach(() => {
    holdTime()
    page = stage()
    voter = page.show()
  })
  afterEach(() => {
    voter.unmount()
    page.end()
    vi.useRealTimers()
  })
  const fact = () => told(voter.get('.fact'))

  it('says why it tells nothing, and marks what has no code', async () => {
    await page.say({}, { reach: 'down', reachReason: { code: 'no-voter', message: 'Asterisk has no voter with this number.' } })
    expect(fact()).toBe('Asterisk hat keinen Voter mit dieser Nummer: die Abschnitte von voter.conf und rxchannel in rpt.conf prüfen.')
    await page.say({}, { reach: 'down', reachReason: { code: 'ami-connecting', message: 'Connecting to Asterisk.' } })
    expect([fact(), voter.get('.fact').attributes('data-tone')]).toEqual(['Asterisk wird gerade verbunden: einige Sekunden abwarten.', 'busy'])
    await page.say({}, { reach: 'down', reachReason: { code: 'other', message: 'Asterisk gave no data about the voter.' } })
    expect(fact()).toBe('[Asterisk gave no data about the voter.]')
  })

  it('says why its socket was refused', async () => {
    await pass(2)
    page.socketOf(NODE).accept()
    page.socketOf(NODE).end(4504, 'no such node')
    await pass(2)
    expect(fact()).toMatch(/^Diesen Knoten gibt es hier nicht/)
  })
})
