/** A page at a club's wall: it comes back by itself, and has nothing to tap. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EMPTY_NODE } from '../../../protocol/nodeState.ts'
import { pass } from '../unit/support/scriptedEnv.ts'
import { A, B, NETWORK } from './stores/world.ts'
import { C, DashboardStage } from './support/dashboardStage.ts'

let stage: DashboardStage
beforeEach(() => { stage = new DashboardStage() })
afterEach(() => { stage.end() })

describe('a kiosk', () => {
  it('that was opened before the gateway had a node shows it once it has', async () => {
    stage.browser.asked.set('kiosk', '')
    stage.list()
    await stage.open()
    expect(stage.page.text()).toContain('There are no nodes to show')
    stage.list(A)
    await pass(76_000)
    expect(stage.panels()).toEqual([A])
  })

  it('whose node was not there for a while shows it again by itself, and says no other thing meanwhile', async () => {
    stage.browser.asked.set('kiosk', '')
    stage.world.env.goTo(A)
    await stage.open()
    const said = () => stage.page.find('.sl-facts [data-fact="socket"]').text()
    stage.world.env.held()[0]!.accept()
    stage.world.env.held()[0]!.end(4504, 'this node is not on this server')
    await pass(1_500)
    const told = () => `${said()} ${stage.page.find('.sl-facts .reason').text()} ${stage.page.find('.sl-panel .message').text()}`
    const refused = told()
    expect(refused).toMatch(/refused.*4504.*by itself.*refused this node/s)
    const { length } = stage.world.env.sockets
    for (let s = 0; s < 75 && stage.world.env.sockets.length === length; s += 1) {
      await pass(1_000)
      expect(told()).toBe(refused)
    }
    expect([stage.world.env.sockets.length, told()]).toEqual([length + 1, refused])
    await stage.speak({}, A)
    expect(said()).toContain('Connected')
  })

  it('shows what there is and nothing to tap, also to somebody who may command', async () => {
    stage.browser.asked.set('kiosk', '')
    stage.answer('auth/me', { user: { name: 'W5GLE' }, permissions: { CONNECTUSER: true } })
    stage.answer('config/menu', { sections: [{ type: 'link', name: 'Club', url: 'https://w5gle.example/', targetBlank: true }] })
    stage.world.env.goTo(A)
    stage.answer('config/nodes', { config: { [A]: { listenlive: 'https://w5gle.example/live', archive: 'https://w5gle.example/old' } }, default_nodes: [] })
    const toTap = () => stage.page.findAll('a, button, input, select, nav, .foot, .connect').map((each) => each.html())
    await stage.open()
    const alert = { text: 'Heat Advisory', level: 'critical', url: 'https://w5gle.example/heat' }
    await stage.speak({ links: Object.fromEntries(Array.from({ length: 70 }, (_, i) => [String(3_000 + i), {}])), telemetry: { ...EMPTY_NODE.telemetry, alerts: [alert] } }, A)
    expect(stage.panels()).toEqual([A])
    expect(stage.page.text()).toMatch(/Node\s546051.*Heat Advisory.*70 direct/s)
    expect(toTap()).toEqual([])
    stage.world.env.goTo(B)
    stage.world.answers['nodes'] = NETWORK
    await stage.world.store.initialize()
    await pass(20)
    for (const socket of stage.world.env.held()) socket.end()
    await pass(20)
    expect(stage.page.text()).toMatch(/The node list could not be loaded.*Reconnecting/s)
    expect(toTap()).toEqual([])
    stage.list()
    stage.world.env.goTo('voter=2001')
    await pass(20)
    expect([stage.page.findAll('.sl-voter').length, toTap()]).toEqual([1, []])
    stage.world.env.goTo(A)
    stage.list(A, B, C)
    stage.browser.asked.clear()
    stage.page.unmount()
    await stage.open()
    expect(stage.page.findAll('.connect, .foot, nav').length).toBe(4)
  })
})
