/** What comes of an order over the whole server: HTTP in, AMI out, and the fake Asterisk's links as the truth. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loggedIn } from '../fake-asterisk/rawClient.ts'
import { ControlStage, NODE, OTHER } from '../support/controlStage.ts'
import { until, Watcher } from '../support/running.ts'

let stage: ControlStage
beforeEach(() => { stage = new ControlStage() })
afterEach(() => stage.close())

describe('a link', () => {
  it('is made, changed and ended, each answered when the node shows it', async () => {
    const all = await stage.open()
    const me = await all.visitor()
    const steps = [
      ['connect', 3, 'transceive', '546051 is connected to 48752.'],
      ['monitor', 2, 'monitor', '546051 is monitoring 48752.'],
      ['local-monitor', 8, 'local-monitor', '546051 is monitoring 48752 locally.'],
    ] as const
    for (const [action, ilink, mode, message] of steps) {
      const answer = await me.link(action, '48752', { perm: null })
      expect(answer).toMatchObject({
        status: 200,
        body: { success: true, message, data: { action, local_node: NODE, remote_node: '48752', ilink, outcome: 'done', code: 'linked', ami_response: '' } },
      })
      expect(new Date(String(answer.body.data?.['timestamp'])).getTime()).toBeGreaterThan(0)
      expect(all.link(NODE, '48752')).toMatchObject({ mode, state: 'ESTABLISHED', permanent: false })
      expect(answer.ms).toBeLessThan(3_000)
    }
    const ended = await me.link('disconnect', '48752')
    expect(ended).toMatchObject({ status: 200, body: { message: '48752 is disconnected from 546051.', data: { ilink: 11, outcome: 'done' } } })
    expect(all.link(NODE, '48752')).toBeUndefined()
    expect(all.ami.commands.map(({ line }) => line)).toEqual([3, 2, 8, 11].map((n) => `rpt cmd 546051 ilink ${n} 48752`))
  })

  it('of which no event tells is found by polling four times a second', async () => {
    const all = await stage.open({ links: { [NODE]: [{ name: '3101425' }] } })
    const me = await all.visitor()
    const answer = await me.link('monitor', '3101425')
    expect(answer).toMatchObject({ status: 200, body: { data: { outcome: 'done' } } })
    expect(answer.ms).toBeLessThan(900)
  })

  it('that went unnoticed is made again: what is known is looked up before it counts', async () => {
    const all = await stage.open({ read: 'system', links: { [NODE]: [{ name: '48752' }] } })
    const me = await all.visitor()
    expect(await me.link('connect', '48752')).toMatchObject({ status: 200, body: { data: { code: 'already-linked' } } })
    await all.fake.disconnect({ node: NODE, link: '48752' })
    expect(await me.link('connect', '48752')).toMatchObject({ status: 200, body: { data: { code: 'linked' } } })
    expect(all.link(NODE, '48752')?.state).toBe('ESTABLISHED')
  })

  it('that is there, is not there, or has another way is answered without a command', async () => {
    const all = await stage.open({ links: { [NODE]: [{ name: '48752', behind: ['T27225'] }, { name: '27226', permanent: true }] } })
    const me = await all.visitor()
    const answers = await Promise.all([
      me.link('connect', '48752'), me.link('connect', '27225'), me.link('monitor', '27225', { perm: false }), me.link('disconnect', '27225'), me.link('disconnect', '27227'),
    ])
    expect(answers.map(({ status, body }) => [status, body.code ?? body.data?.['code']])).toEqual([
      [200, 'already-linked'], [409, 'linked-indirectly'], [409, 'linked-indirectly'], [409, 'linked-indirectly'], [409, 'not-linked'],
    ])
    expect(answers[0]?.body).toMatchObject({ success: true, message: '546051 was already connected to 48752.', data: { ami_response: false } })
    expect(answers[1]?.body).toMatchObject({ success: false, error: 'Refused', data: { outcome: 'refused', remote_node: '27225' } })
    expect(all.ami.commands).toEqual([])
    expect(await me.link('disconnect', '27226')).toMatchObject({ status: 200 })
    expect(all.link(NODE, '27226')).toBeUndefined()
  })

  it('that rings, or that nobody knows, is not confirmed within 4.5 s', async () => {
    const all = await stage.open({ unreachableTargets: ['48752'], unknownTargets: ['27225'] })
    const me = await all.visitor()
    const [rings, unknown] = await Promise.all([me.link('connect', '48752'), me.link('connect', '27225')])
    expect(rings).toMatchObject({ status: 202, body: { success: true, message: '48752 is being called by 546051.', data: { outcome: 'not-confirmed', code: 'being-called' } } })
    expect(unknown).toMatchObject({ status: 202, body: { success: true, data: { outcome: 'not-confirmed', code: 'no-link-yet' } } })
    expect(Math.max(rings.ms, unknown.ms)).toBeLessThan(4_500)
  })

  it('whose far end is gone is ended at once, while its node still keeps it', async () => {
    const all = await stage.open({ links: { [NODE]: [{ name: '48752' }] }, timing: { retryMs: 3_600_000 } })
    const me = await all.visitor()
    await all.fake.lose({ node: NODE, link: '48752', ms: 3_600_000 })
    const answer = await me.link('disconnect', '48752')
    expect(answer).toMatchObject({ status: 200, body: { data: { outcome: 'done', code: 'disconnected' } } })
    expect(answer.ms).toBeLessThan(2_000)
    expect(all.ami.commands.map(({ line }) => line)).toEqual(['rpt cmd 546051 ilink 11 48752'])
    expect(all.link(NODE, '48752')).toBeUndefined()
  })

  it('whose far end is gone is not made by an order until its node lets it go', async () => {
    const all = await stage.open({ links: { [NODE]: [{ name: '48752' }] }, timing: { retryMs: 2_000 } })
    const me = await all.visitor()
    await all.fake.lose({ node: NODE, link: '48752', ms: 0 })
    expect(await me.link('connect', '48752')).toMatchObject({
      status: 202, body: { message: '48752 was already being called by 546051, and no link came up: try again.', data: { outcome: 'not-confirmed', code: 'already-called' } },
    })
    expect(await me.link('connect', '48752')).toMatchObject({ status: 200, body: { data: { outcome: 'done', code: 'linked' } } })
  })

  it('whose caller has hung up is refused without a command, and made once its node has let the caller go', async () => {
    const all = await stage.open({ links: { [NODE]: [{ name: '48752', direction: 'IN' }] }, timing: { missedMs: 2_000 } })
    const me = await all.visitor()
    await all.fake.lose({ node: NODE, link: '48752', ms: 3_600_000 })
    for (const action of ['connect', 'monitor'] as const) {
      const answer = await me.link(action, '48752')
      expect(answer).toMatchObject({ status: 409, body: { success: false, code: 'hung-up', message: expect.stringMatching(/^48752 has hung up\. .*try again/) as string } })
    }
    expect(all.ami.commands).toEqual([])
    await until(() => all.link(NODE, '48752') === undefined, 'let go')
    expect(await me.link('connect', '48752')).toMatchObject({ status: 200, body: { data: { outcome: 'done', code: 'linked' } } })
  })

  it('that rings can be called off at once', async () => {
    const all = await stage.open({ unreachableTargets: ['48752'] })
    const me = await all.visitor()
    const calling = me.link('connect', '48752')
    await until(() => all.link(NODE, '48752') !== undefined, 'the node calls')
    const off = await me.link('disconnect', '48752')
    expect(off).toMatchObject({ status: 200, body: { data: { outcome: 'done' } } })
    expect(off.ms).toBeLessThan(1_500)
    expect(await calling).toMatchObject({ status: 409, body: { code: 'superseded' } })
  })

  it('whose call comes to nothing is refused', async () => {
    const all = await stage.open({ unreachableTargets: ['48752'], timing: { dialTimeoutMs: 1_000, restMs: 1_000 } })
    const answer = await (await all.visitor()).link('connect', '48752')
    expect(answer).toMatchObject({ status: 409, body: { code: 'call-failed' } })
  })

  it('is permanent for those who may, and for others refused by its own name', async () => {
    const all = await stage.open()
    const me = await all.visitor()
    const him = await all.visitor('WB6NIL')
    expect(await me.link('connect', '48752', { perm: 'on' })).toMatchObject({ status: 403, body: { success: false, error: 'Not allowed', code: 'permanent-not-allowed' } })
    expect(all.ami.commands).toEqual([])
    for (const [target, perm] of [['48752', 'on'], ['27225', true]] as const) {
      const answer = await him.send('nodes/connect', { localnode: OTHER, remotenode: target, perm })
      expect(answer).toMatchObject({ status: 200, body: { data: { ilink: 13 } } })
      expect(all.link(OTHER, target)?.permanent).toBe(true)
    }
    expect(await me.link('disconnect', '48752', { perm: 'on' })).toMatchObject({ status: 409, body: { code: 'not-linked' } })
  })
})

describe('a permanent link', () => {
  it.each([['EchoLink', '3101425'], ['TheLinkBox', '2202']])('over %s is made, and told to be none: app_rpt lets it go at the first drop', async (_what, target) => {
    const all = await stage.open({ tlb: ['2202'] })
    const him = await all.visitor('WB6NIL')
    const watcher = new Watcher(all.app, OTHER)
    stage.onClose(() => { watcher.close() })
    const order = (action: string) => him.send(`nodes/${action}`, { localnode: OTHER, remotenode: target, perm: 'on' })
    const said = { status: 200, body: { success: true, data: { outcome: 'done', code: 'linked-not-permanent' } } }
    expect(await order('connect')).toMatchObject(said)
    await watcher.until(({ links }) => links[target]?.permanent === false, 'not permanent')
    expect(await order('connect')).toMatchObject(said)
    // Its mode changes as it is.
    expect(await order('monitor')).toMatchObject(said)
    expect(all.ami.commands.map(({ line }) => line)).toEqual([13, 12].map((n) => `rpt cmd ${OTHER} ilink ${n} ${target}`))
    await watcher.until(({ links }) => links[target]?.mode === 'monitor' && links[target].permanent === false, 'monitored, and not permanent')
    await all.fake.lose({ node: OTHER, link: target, ms: 1_000 })
    await watcher.until(({ links }) => links[target] === undefined, 'gone')
  })
})

describe('a link that is being called already', () => {
  it('is not made permanent by asking again, and not told to be', async () => {
    const all = await stage.open({ timing: { dialMs: 2_000 } })
    const him = await all.visitor('WB6NIL')
    const watcher = new Watcher(all.app, OTHER)
    stage.onClose(() => { watcher.close() })
    const connect = (perm: string | null) => him.send('nodes/connect', { localnode: OTHER, remotenode: '48752', perm })
    const plain = connect(null)
    await until(() => all.link(OTHER, '48752')?.state === 'CONNECTING', 'the node calls')
    expect(await connect('on')).toMatchObject({ status: 409, body: { code: 'not-made-permanent', message: expect.stringContaining('is being called') as string } })
    expect(await plain).toMatchObject({ status: 200, body: { data: { code: 'linked' } } })
    await watcher.until(({ links }) => links['48752']?.permanent === false, 'not permanent')
    expect(all.link(OTHER, '48752')).toMatchObject({ state: 'ESTABLISHED', permanent: false })
    expect(all.ami.commands).toHaveLength(1)
  })

  it('for ever stays so when a plain one is asked for, and is not told to be plain', async () => {
    const all = await stage.open({ unreachableTargets: ['48752'] })
    const him = await all.visitor('WB6NIL')
    const watcher = new Watcher(all.app, OTHER)
    stage.onClose(() => { watcher.close() })
    const connect = (perm: string | null) => him.send('nodes/connect', { localnode: OTHER, remotenode: '48752', perm })
    expect(await connect('on')).toMatchObject({ status: 202, body: { data: { code: 'being-called' } } })
    await watcher.until(({ links }) => links['48752']?.permanent === true, 'permanent')
    const plain = connect(null)
    await until(() => all.ami.commands.length === 2, 'the command')
    await all.fake.connect({ node: OTHER, link: '48752' })
    expect(await plain).toMatchObject({ status: 200, body: { data: { code: 'linked' } } })
    await watcher.until(({ links }) => links['48752']?.permanent === null, 'nobody knows')
    expect(all.link(OTHER, '48752')).toMatchObject({ state: 'ESTABLISHED', permanent: true })
  })
})

describe('linking that is switched off', () => {
  it('leaves a link that is redialled meanwhile, and that is not said to be ended', async () => {
    const all = await stage.open({ unreachableTargets: ['48752'], links: {}, timing: { dialTimeoutMs: 600, restMs: 600 } })
    const him = await all.visitor('WB6NIL')
    await him.send('nodes/connect', { localnode: OTHER, remotenode: '48752', perm: 'on' })
    const operator = await loggedIn(all.fake.port, { secret: 'demo' })
    stage.onClose(() => { operator.close() })
    await operator.ask({ Action: 'Command', Command: `rpt cmd ${OTHER} cop 12` })
    const calledAt = () => all.link(OTHER, '48752')?.connectedAt ?? 0
    const before = calledAt()
    const answer = await him.send('nodes/disconnect-all', { localnode: OTHER })
    expect(answer).toMatchObject({
      status: 202,
      body: { message: '546055 was asked to disconnect all, and is still linked to 48752.', data: { outcome: 'not-confirmed', code: 'still-linked' } },
    })
    expect(calledAt()).toBeGreaterThan(before + 1_000)
  })
})

describe('many commands', () => {
  it('a double tap is one command with one answer', async () => {
    const all = await stage.open()
    const me = await all.visitor()
    const [first, second] = await Promise.all([me.link('connect', '48752'), me.link('connect', '48752')])
    expect(first.status).toBe(200)
    expect(second.body.data?.['code']).toBe('linked')
    expect(all.ami.commands).toHaveLength(1)
    expect(all.log.filter(({ action }) => action === 'connect')).toHaveLength(1)
  })

  it('ten at once: none is lost, each has its time on the wire, and what is too much is refused', async () => {
    const all = await stage.open()
    const me = await all.visitor()
    const targets = Array.from({ length: 10 }, (_, i) => String(27_225 + i))
    const answers = await Promise.all(targets.map((target) => me.link('connect', target)))
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(9).fill(200), 429])
    expect(answers.find(({ status }) => status === 429)?.body).toMatchObject({ success: false, error: 'Too many commands', code: 'too-many-commands' })
    expect(Object.keys(all.fake.state().nodes[NODE]?.links ?? {})).toHaveLength(9)
    const times = all.ami.commands.map(({ at }) => at)
    expect(times).toHaveLength(9)
    expect(Math.min(...times.slice(1).map((at, i) => at - (times[i] ?? 0)))).toBeGreaterThanOrEqual(100)
  })

  it('a slow Asterisk gets them no closer', async () => {
    const all = await stage.open({ knobs: { replyDelayMs: 120 } })
    const me = await all.visitor()
    const answers = await Promise.all(['27225', '27226', '27227'].map((target) => me.link('connect', target)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    const times = all.ami.commands.map(({ at }) => at)
    expect(Math.min(...times.slice(1).map((at, i) => at - (times[i] ?? 0)))).toBeGreaterThanOrEqual(220)
  })

  it('do not wait behind the polls of fifty nodes on a slow Asterisk', async () => {
    const nodes = [NODE, ...Array.from({ length: 49 }, (_, i) => String(2_000 + i))]
    const all = await stage.open({ nodes, links: {}, knobs: { replyDelayMs: 50 } })
    const me = await all.visitor()
    // Two answers of 50 ms for each of fifty: what waits at the end of that waits 5 s.
    await fetch(`${all.app.url}api/v1/nodes/ami/status?nodes=${nodes.join(',')}`, { headers: me.headers })
    const answer = await me.link('connect', '48752')
    expect(answer).toMatchObject({ status: 200, body: { data: { code: 'linked' } } })
    expect(answer.ms).toBeLessThan(2_000)
  })
})

describe('Asterisk', () => {
  it('that is away: 503 with the reason, at once', async () => {
    const all = await stage.open()
    const me = await all.visitor()
    expect((await me.link('disconnect', '48752')).status).toBe(409)
    await all.fake.outage({ ms: 60_000 })
    all.ami.close()
    await until(() => all.log.some(({ code }) => typeof code === 'string' && code !== 'not-linked'), 'the gateway notices')
    const answer = await me.link('connect', '48752')
    expect(answer).toMatchObject({ status: 503, body: { success: false, error: 'Asterisk does not answer' } })
    expect(answer.body.code).toMatch(/^ami-/)
    expect(answer.body.message).toMatch(/Asterisk|AMI/)
  })

  it('that is cut off in the middle of its answer: the truth is seen after the way back', async () => {
    const all = await stage.open({ knobs: { faults: [{ action: 'Command', kind: 'cut', times: 1 }] } })
    const me = await all.visitor()
    const answer = await me.link('connect', '48752')
    expect(answer.ms).toBeLessThan(4_500)
    expect(answer).toMatchObject({ status: 200, body: { data: { outcome: 'done', ami_response: false } } })
    expect(all.link(NODE, '48752')?.state).toBe('ESTABLISHED')
  })

  it('that goes for good while somebody waits: not confirmed, in time', async () => {
    const all = await stage.open({ unreachableTargets: ['48752'] })
    const me = await all.visitor()
    const asked = me.link('connect', '48752')
    await until(() => all.link(NODE, '48752') !== undefined, 'the node calls')
    all.ami.close()
    const answer = await asked
    expect(answer).toMatchObject({ status: 202, body: { success: true, data: { outcome: 'not-confirmed' } } })
    expect(answer.body.data?.['code']).toMatch(/^ami-/)
    expect(answer.ms).toBeLessThan(4_500)
  })

  it('that never answers the command: not confirmed, in time', async () => {
    const all = await stage.open({ knobs: { faults: [{ action: 'Command', kind: 'never' }] } })
    const answer = await (await all.visitor()).link('connect', '48752')
    expect(answer.status).toBeLessThan(300)
    expect(answer.ms).toBeLessThan(4_500)
  })

  it('that grants the gateway no commands says so', async () => {
    const all = await stage.open({ write: 'system' })
    const answer = await (await all.visitor()).link('connect', '48752')
    expect(answer).toMatchObject({ status: 409, body: { code: 'ami-no-command-right' } })
    expect(answer.body.message).toContain('manager.conf')
  })

  it('whose node is starting says so', async () => {
    const all = await stage.open({ knobs: { notReady: [NODE] } })
    const me = await all.visitor()
    const answer = await me.link('connect', '48752')
    expect(answer).toMatchObject({ status: 409, body: { code: 'node-not-ready' } })
    expect(answer.body.message).toMatch(/try again/)
    all.fake.setKnobs({ notReady: [] })
    expect(await me.link('connect', '48752')).toMatchObject({ status: 200, body: { data: { outcome: 'done' } } })
  })

  it('of the old kind is understood too', async () => {
    const all = await stage.open({ knobs: { dialect: 'asl2' } })
    const me = await all.visitor()
    expect(await me.link('connect', '48752')).toMatchObject({ status: 200, body: { data: { outcome: 'done' } } })
    expect(await me.link('disconnect', '48752')).toMatchObject({ status: 200 })
  })

  it('of the old kind ends all links of a node, although it takes no command of five words', async () => {
    const all = await stage.open({ knobs: { dialect: 'asl2' }, links: { [NODE]: [{ name: '48752' }, { name: '27225', permanent: true }] } })
    const me = await all.visitor()
    expect(await me.send('nodes/disconnect-all', { localnode: NODE })).toMatchObject({ status: 200, body: { data: { outcome: 'done', code: 'all-disconnected' } } })
    expect(all.fake.state().nodes[NODE]?.links).toEqual({})
  })
})
