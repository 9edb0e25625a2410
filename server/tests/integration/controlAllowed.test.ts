/** Who may give orders over the whole server, and what of them gets through: to Asterisk, and into the log. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { ControlStage, NODE, OTHER, post, RIGHTS } from '../support/controlStage.ts'
import { nodeConfig, runHeldApp, until } from '../support/running.ts'

let stage: ControlStage
beforeEach(() => { stage = new ControlStage() })
afterEach(() => stage.close())

describe('who may', () => {
  it('nobody without accounts', async () => {
    const fake = await startFakeAsterisk({ nodes: [NODE], links: {} })
    stage.onClose(() => fake.close())
    const app = await runHeldApp([nodeConfig(NODE, fake.port)])
    stage.onClose(() => app.close(0))
    for (const path of ['nodes/connect', 'nodes/dtmf']) {
      const answer = await post(app, path, { localnode: NODE, remotenode: '48752', dtmf: '*81' })
      expect(answer).toMatchObject({ status: 403, body: { success: false, code: 'no-accounts' } })
      expect(answer.body.message).toContain('--users')
    }
    expect(fake.state().nodes[NODE]?.links).toEqual({})
  })

  it('nobody who is not signed in, or who does not bring the token', async () => {
    const all = await stage.open()
    const me = await all.visitor()
    const body = { localnode: NODE, remotenode: '48752' }
    expect(await me.send('nodes/connect', body, {})).toMatchObject({ status: 401, body: { success: false, code: 'not-signed-in', error: 'Authentication required' } })
    const visiting = await fetch(`${all.app.url}api/v1/csrf-token`)
    const { csrf_token: token } = (await visiting.json()) as { csrf_token: string }
    const cookie = visiting.headers.get('set-cookie')?.split(';')[0] ?? ''
    expect((await me.send('nodes/connect', body, { cookie, 'x-csrf-token': token })).status).toBe(401)
    for (const wrong of [{}, { 'x-csrf-token': '' }, { 'x-csrf-token': 'f'.repeat(64) }, { 'x-csrf-token': token }]) {
      const answer = await me.send('nodes/connect', body, { cookie: me.headers.cookie, ...wrong })
      expect(answer).toMatchObject({ status: 403, body: { success: false, code: 'csrf' } })
      expect(answer.body.message).toContain('CSRF token validation failed')
    }
    expect(all.ami.commands).toEqual([])
  })

  it('only on his own nodes, and only what he was granted', async () => {
    const all = await stage.open()
    const him = await all.visitor('WB6NIL')
    for (const localnode of [NODE, '2000']) {
      expect(await him.send('nodes/connect', { localnode, remotenode: '48752' })).toMatchObject({ status: 404, body: { code: 'no-such-node' } })
    }
    const newcomer = await all.visitor('KJ6AAA')
    for (const action of ['monitor', 'local-monitor', 'disconnect']) {
      expect(await newcomer.link(action, '48752')).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
    }
    expect(await newcomer.send('nodes/dtmf', { localnode: NODE, dtmf: '*81' })).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
    expect(all.ami.commands).toEqual([])
    expect((await newcomer.link('connect', '48752')).status).toBe(200)
  })

  it('not any more, once the right is gone, although he asked before', async () => {
    const all = await stage.open({ knobs: { faults: [{ action: 'Command', kind: 'delay', ms: 600 }] } })
    const me = await all.visitor()
    const first = me.link('connect', '48752')
    await until(() => all.ami.commands.length === 1, 'the first is sent')
    const second = me.link('connect', '27225')
    const third = me.link('monitor', '27226')
    await all.grant(RIGHTS.replace('$CONNECTUSER = array("W5GLE", ', '$CONNECTUSER = array('))
    await all.accounts.access.reload()
    expect(await second).toMatchObject({ status: 403, body: { success: false, code: 'not-allowed' } })
    expect([(await first).status, (await third).status]).toEqual([200, 200])
    expect(all.ami.commands.map(({ line }) => line)).not.toContain('rpt cmd 546051 ilink 3 27225')
  })
})

it('nobody makes a link permanent once the right to that is gone, although he asked before', async () => {
  const all = await stage.open({ knobs: { faults: [{ action: 'Command', kind: 'delay', ms: 600 }] } })
  const him = await all.visitor('WB6NIL')
  const connect = (remotenode: string, perm: string | null) => him.send('nodes/connect', { localnode: OTHER, remotenode, perm })
  const first = connect('48752', 'on')
  await until(() => all.ami.commands.length === 1, 'the first is sent')
  const [second, third] = [connect('27225', 'on'), connect('27226', null)]
  // One that came later is answered, so both wait for their turn.
  await fetch(`${all.app.url}healthz/live`)
  await all.grant(RIGHTS.replace('$PERMUSER = array("WB6NIL")', '$PERMUSER = array()'))
  await all.accounts.access.reload()
  expect(await second).toMatchObject({ status: 403, body: { success: false, code: 'not-allowed' } })
  expect([(await first).status, (await third).status]).toEqual([200, 200])
  expect(all.ami.commands.map(({ line }) => line)).toEqual(['rpt cmd 546055 ilink 13 48752', 'rpt cmd 546055 ilink 3 27226'])
})

describe('what is sent', () => {
  it('is refused unless every word of it is known, and nothing of it reaches AMI', async () => {
    const all = await stage.open()
    const me = await all.visitor()
    await me.link('disconnect', '48752')
    const poison = ['EVIL\r\nAction: Originate', 'EVIL\n', 'EVIL 1', 'EVIL;', 'EVIL\u2028', 'EVILÄ', 'EVIL'.repeat(9), '', '0', '0EVIL', NODE]
    for (const text of poison) {
      for (const action of ['connect', 'monitor', 'local-monitor', 'disconnect']) {
        const answer = await me.link(action, text)
        expect(answer, JSON.stringify(text)).toMatchObject({ status: 400, body: { success: false, error: 'Bad request', code: 'bad-target' } })
      }
    }
    for (const text of poison.slice(0, 8)) {
      expect(await me.send('nodes/connect', { localnode: text, remotenode: '48752' })).toMatchObject({ status: 400, body: { code: 'bad-node' } })
      expect(await me.send('nodes/dtmf', { localnode: NODE, dtmf: text })).toMatchObject({ status: 400, body: { code: 'bad-digits' } })
      expect((await me.link('connect', '48752', { perm: text })).status).toBe(400)
    }
    for (const body of ['', '{', '[]', 'null', `{"localnode":"${'x'.repeat(3_000)}"}`]) {
      expect(await me.send('nodes/connect', body), body.slice(0, 20)).toMatchObject({ status: 400, body: { code: 'bad-request' } })
    }
    expect(all.ami.commands).toEqual([])
    expect(all.ami.said()).not.toMatch(/EVIL|Originate/)
    expect(JSON.stringify(all.log)).not.toContain('EVIL')
  })

  it('as DTMF is handed on and not confirmed; the log knows how many digits, not which', async () => {
    const all = await stage.open()
    const answer = await (await all.visitor()).send('nodes/dtmf', { localnode: NODE, dtmf: '*327225' })
    expect(answer).toMatchObject({
      status: 202,
      body: { success: true, data: { action: 'dtmf', local_node: NODE, dtmf_command: '*327225', outcome: 'not-confirmed', code: 'not-verifiable', ami_response: '' } },
    })
    await until(() => all.link(NODE, '27225') !== undefined, 'the node did what the digits said')
    expect(all.log).toContainEqual(expect.objectContaining({ user: 'W5GLE', node: NODE, action: 'dtmf', digits: 7, outcome: 'not-confirmed' }))
    expect(JSON.stringify(all.log)).not.toContain('327225')
  })

  it('is logged: who, where, what, what came of it', async () => {
    const all = await stage.open()
    const me = await all.visitor()
    await me.link('connect', '48752')
    expect(all.log.filter(({ user }) => user !== undefined)).toEqual([
      { user: 'W5GLE', node: NODE, action: 'connect', target: '48752', outcome: 'done', code: 'linked', message: 'control: connect done' },
    ])
  })
})
