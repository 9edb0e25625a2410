/** Control actions over the whole server: HTTP in, AMI out, and the fake Asterisk's links as the truth. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { watchAccounts } from '../../src/accounts.ts'
import { loadConfig } from '../../src/config/loadConfig.ts'
import { DEFAULT_OPTIONS } from '../../src/config/options.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsteriskOptions } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { tap } from '../control/tap.ts'
import { letRun, ManualClock } from '../support/manualClock.ts'
import { nodeConfig, runApp, runHeldApp, until } from '../support/running.ts'

const NODE = '546051'
const OTHER = '546055'
const PASSWORD = 'correct horse'
/** `{SHA}` of the password, as htpasswd -s writes it. */
const HASH = `{SHA}${execFileSync('openssl', ['dgst', '-sha1', '-binary'], { input: PASSWORD }).toString('base64')}`
const ALL_RIGHTS = ['CONNECTUSER', 'MONUSER', 'LMONUSER', 'DISCUSER', 'DTMFUSER']

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

interface Answer {
  readonly status: number
  /** By the gateway's clock. */
  readonly ms: number
  readonly body: {
    readonly success: boolean
    readonly error?: string
    readonly message: string
    readonly code?: string
    readonly data?: Readonly<Record<string, unknown>>
  }
}

/** W5GLE may all but permanent links; WB6NIL may all, on 546055 only; KJ6AAA may connect. */
const RIGHTS = [
  ...ALL_RIGHTS.map((name) => `$${name} = array("W5GLE", "WB6NIL"${name === 'CONNECTUSER' ? ', "KJ6AAA"' : ''});`),
  '$PERMUSER = array("WB6NIL");',
].join('\n')

/** Time runs faster here: what takes seconds is seen in tenths of them. */
async function house(options: FakeAsteriskOptions = {}) {
  const clock = new ManualClock()
  closers.push(letRun(clock))
  const fake = await startFakeAsterisk({ nodes: [NODE, OTHER], links: {}, clock, ...options })
  closers.push(() => fake.close())
  const ami = await tap(fake.port, () => clock.now())
  closers.push(() => { ami.close() })
  const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  closers.push(() => rm(folder, { recursive: true, force: true }))
  const config = join(folder, 'allmon.ini')
  const section = (id: string) => `[${id}]\nhost=127.0.0.1:${ami.port}\nuser=admin\npasswd=demo\n`
  await writeFile(config, fake.nodes.map(section).join('\n'))
  await writeFile(join(folder, 'one.ini'), section(OTHER))
  await writeFile(join(folder, '.htpasswd'), ['W5GLE', 'WB6NIL', 'KJ6AAA'].map((user) => `${user}:${HASH}\n`).join(''))
  await writeFile(join(folder, 'authini.inc'), '<?php\n$ININAME[\'WB6NIL\'] = "one.ini";\n')
  const grant = (text: string) => writeFile(join(folder, 'authusers.inc'), `<?php\n${text}\n`)
  await grant(RIGHTS)
  const accounts = await watchAccounts(folder, { ...DEFAULT_OPTIONS, config }, { info: () => undefined, warn: () => undefined })
  closers.push(() => { accounts.stop() })
  const log: Record<string, unknown>[] = []
  const app = await runApp((await loadConfig(config)).nodes, {
    access: accounts.access,
    clock,
    log: { info: (fields, message) => { log.push({ ...fields, message }) }, warn: (fields, message) => { log.push({ ...fields, message }) } },
  })
  closers.push(() => app.close(0))
  return { fake, ami, app, clock, log, accounts, grant, link: (node: string, name: string) => fake.state().nodes[node]?.links[name] }
}
type House = Awaited<ReturnType<typeof house>>

async function post({ app: { url }, clock }: Pick<House, 'app' | 'clock'>, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const from = clock.now()
  const response = await fetch(`${url}api/v1/${path}`, {
    method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const answer = (await response.json()) as Answer['body']
  return { status: response.status, ms: clock.now() - from, body: answer }
}

/** Signs in; the result asks as that user. */
async function visitor(all: Pick<House, 'app' | 'clock'>, username = 'W5GLE') {
  const { app } = all
  const login = await fetch(`${app.url}api/v1/auth/login`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username, password: PASSWORD }),
  })
  expect(login.status).toBe(200)
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? ''
  const { csrf_token: token } = (await (await fetch(`${app.url}api/v1/csrf-token`, { headers: { cookie } })).json()) as { csrf_token: string }
  const headers = { cookie, 'x-csrf-token': token }
  return {
    headers,
    link: (action: string, remotenode: unknown, more: object = {}) => post(all, `nodes/${action}`, { localnode: NODE, remotenode, ...more }, headers),
    send: (path: string, body: unknown, other: Record<string, string> = headers) => post(all, path, body, other),
  }
}

describe('a link', () => {
  it('is made, changed and ended, each answered when the node shows it', async () => {
    const all = await house()
    const me = await visitor(all)
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
    const all = await house({ links: { [NODE]: [{ name: '3101425' }] } })
    const me = await visitor(all)
    const answer = await me.link('monitor', '3101425')
    expect(answer).toMatchObject({ status: 200, body: { data: { outcome: 'done' } } })
    expect(answer.ms).toBeLessThan(900)
  })

  it('that went unnoticed is made again: what is known is looked up before it counts', async () => {
    const all = await house({ read: 'system', links: { [NODE]: [{ name: '48752' }] } })
    const me = await visitor(all)
    expect(await me.link('connect', '48752')).toMatchObject({ status: 200, body: { data: { code: 'already-linked' } } })
    await all.fake.disconnect({ node: NODE, link: '48752' })
    expect(await me.link('connect', '48752')).toMatchObject({ status: 200, body: { data: { code: 'linked' } } })
    expect(all.link(NODE, '48752')?.state).toBe('ESTABLISHED')
  })

  it('that is there, is not there, or has another way is answered without a command', async () => {
    const all = await house({ links: { [NODE]: [{ name: '48752', behind: ['T27225'] }, { name: '27226', permanent: true }] } })
    const me = await visitor(all)
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
    const all = await house({ unreachableTargets: ['48752'], unknownTargets: ['27225'] })
    const me = await visitor(all)
    const [rings, unknown] = await Promise.all([me.link('connect', '48752'), me.link('connect', '27225')])
    expect(rings).toMatchObject({ status: 202, body: { success: true, message: '48752 is being called by 546051.', data: { outcome: 'not-confirmed', code: 'being-called' } } })
    expect(unknown).toMatchObject({ status: 202, body: { success: true, data: { outcome: 'not-confirmed', code: 'no-link-yet' } } })
    expect(Math.max(rings.ms, unknown.ms)).toBeLessThan(4_500)
  })

  it('that rings can be called off at once', async () => {
    const all = await house({ unreachableTargets: ['48752'] })
    const me = await visitor(all)
    const calling = me.link('connect', '48752')
    await until(() => all.link(NODE, '48752') !== undefined, 'the node calls')
    const off = await me.link('disconnect', '48752')
    expect(off).toMatchObject({ status: 200, body: { data: { outcome: 'done' } } })
    expect(off.ms).toBeLessThan(1_500)
    expect(await calling).toMatchObject({ status: 409, body: { code: 'superseded' } })
  })

  it('whose call comes to nothing is refused', async () => {
    const all = await house({ unreachableTargets: ['48752'], timing: { dialTimeoutMs: 1_000 } })
    const answer = await (await visitor(all)).link('connect', '48752')
    expect(answer).toMatchObject({ status: 409, body: { code: 'call-failed' } })
  })

  it('is permanent for those who may, and for others refused by its own name', async () => {
    const all = await house()
    const me = await visitor(all)
    const him = await visitor(all, 'WB6NIL')
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

describe('many commands', () => {
  it('a double tap is one command with one answer', async () => {
    const all = await house()
    const me = await visitor(all)
    const [first, second] = await Promise.all([me.link('connect', '48752'), me.link('connect', '48752')])
    expect(first.status).toBe(200)
    expect(second.body.data?.['code']).toBe('linked')
    expect(all.ami.commands).toHaveLength(1)
    expect(all.log.filter(({ action }) => action === 'connect')).toHaveLength(1)
  })

  it('ten at once: none is lost, each has its time on the wire, and what is too much is refused', async () => {
    const all = await house()
    const me = await visitor(all)
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
    const all = await house({ knobs: { replyDelayMs: 120 } })
    const me = await visitor(all)
    const answers = await Promise.all(['27225', '27226', '27227'].map((target) => me.link('connect', target)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    const times = all.ami.commands.map(({ at }) => at)
    expect(Math.min(...times.slice(1).map((at, i) => at - (times[i] ?? 0)))).toBeGreaterThanOrEqual(220)
  })

  it('do not wait behind the polls of fifty nodes on a slow Asterisk', async () => {
    const nodes = [NODE, ...Array.from({ length: 49 }, (_, i) => String(2_000 + i))]
    const all = await house({ nodes, links: {}, knobs: { replyDelayMs: 50 } })
    const me = await visitor(all)
    // Two answers of 50 ms for each of fifty: what waits at the end of that waits 5 s.
    await fetch(`${all.app.url}api/v1/nodes/ami/status?nodes=${nodes.join(',')}`, { headers: me.headers })
    const answer = await me.link('connect', '48752')
    expect(answer).toMatchObject({ status: 200, body: { data: { code: 'linked' } } })
    expect(answer.ms).toBeLessThan(2_000)
  })
})

describe('Asterisk', () => {
  it('that is away: 503 with the reason, at once', async () => {
    const all = await house()
    const me = await visitor(all)
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
    const all = await house({ knobs: { faults: [{ action: 'Command', kind: 'cut', times: 1 }] } })
    const me = await visitor(all)
    const answer = await me.link('connect', '48752')
    expect(answer.ms).toBeLessThan(4_500)
    expect(answer).toMatchObject({ status: 200, body: { data: { outcome: 'done', ami_response: false } } })
    expect(all.link(NODE, '48752')?.state).toBe('ESTABLISHED')
  })

  it('that goes for good while somebody waits: not confirmed, in time', async () => {
    const all = await house({ unreachableTargets: ['48752'] })
    const me = await visitor(all)
    const asked = me.link('connect', '48752')
    await until(() => all.link(NODE, '48752') !== undefined, 'the node calls')
    all.ami.close()
    const answer = await asked
    expect(answer).toMatchObject({ status: 202, body: { success: true, data: { outcome: 'not-confirmed' } } })
    expect(answer.body.data?.['code']).toMatch(/^ami-/)
    expect(answer.ms).toBeLessThan(4_500)
  })

  it('that never answers the command: not confirmed, in time', async () => {
    const all = await house({ knobs: { faults: [{ action: 'Command', kind: 'never' }] } })
    const answer = await (await visitor(all)).link('connect', '48752')
    expect(answer.status).toBeLessThan(300)
    expect(answer.ms).toBeLessThan(4_500)
  })

  it('that grants the gateway no commands says so', async () => {
    const all = await house({ write: 'system' })
    const answer = await (await visitor(all)).link('connect', '48752')
    expect(answer).toMatchObject({ status: 409, body: { code: 'ami-no-command-right' } })
    expect(answer.body.message).toContain('manager.conf')
  })

  it('of the old kind is understood too', async () => {
    const all = await house({ knobs: { dialect: 'asl2' } })
    const me = await visitor(all)
    expect(await me.link('connect', '48752')).toMatchObject({ status: 200, body: { data: { outcome: 'done' } } })
    expect(await me.link('disconnect', '48752')).toMatchObject({ status: 200 })
  })
})

describe('who may', () => {
  it('nobody without accounts', async () => {
    const fake = await startFakeAsterisk({ nodes: [NODE], links: {} })
    closers.push(() => fake.close())
    const app = await runHeldApp([nodeConfig(NODE, fake.port)])
    closers.push(() => app.close(0))
    for (const path of ['nodes/connect', 'nodes/dtmf']) {
      const answer = await post({ app, clock: app.clock }, path, { localnode: NODE, remotenode: '48752', dtmf: '*81' })
      expect(answer).toMatchObject({ status: 403, body: { success: false, code: 'no-accounts' } })
      expect(answer.body.message).toContain('--users')
    }
    expect(fake.state().nodes[NODE]?.links).toEqual({})
  })

  it('nobody who is not signed in, or who does not bring the token', async () => {
    const all = await house()
    const me = await visitor(all)
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
    const all = await house()
    const him = await visitor(all, 'WB6NIL')
    for (const localnode of [NODE, '2000']) {
      expect(await him.send('nodes/connect', { localnode, remotenode: '48752' })).toMatchObject({ status: 404, body: { code: 'no-such-node' } })
    }
    const newcomer = await visitor(all, 'KJ6AAA')
    for (const action of ['monitor', 'local-monitor', 'disconnect']) {
      expect(await newcomer.link(action, '48752')).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
    }
    expect(await newcomer.send('nodes/dtmf', { localnode: NODE, dtmf: '*81' })).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
    expect(all.ami.commands).toEqual([])
    expect((await newcomer.link('connect', '48752')).status).toBe(200)
  })

  it('not any more, once the right is gone, although he asked before', async () => {
    const all = await house({ knobs: { faults: [{ action: 'Command', kind: 'delay', ms: 600 }] } })
    const me = await visitor(all)
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

describe('what is sent', () => {
  it('is refused unless every word of it is known, and nothing of it reaches AMI', async () => {
    const all = await house()
    const me = await visitor(all)
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
    const all = await house()
    const answer = await (await visitor(all)).send('nodes/dtmf', { localnode: NODE, dtmf: '*327225' })
    expect(answer).toMatchObject({
      status: 202,
      body: { success: true, data: { action: 'dtmf', local_node: NODE, dtmf_command: '*327225', outcome: 'not-confirmed', code: 'not-verifiable', ami_response: '' } },
    })
    await until(() => all.link(NODE, '27225') !== undefined, 'the node did what the digits said')
    expect(all.log).toContainEqual(expect.objectContaining({ user: 'W5GLE', node: NODE, action: 'dtmf', digits: 7, outcome: 'not-confirmed' }))
    expect(JSON.stringify(all.log)).not.toContain('327225')
  })

  it('is logged: who, where, what, what came of it', async () => {
    const all = await house()
    const me = await visitor(all)
    await me.link('connect', '48752')
    expect(all.log.filter(({ user }) => user !== undefined)).toEqual([
      { user: 'W5GLE', node: NODE, action: 'connect', target: '48752', outcome: 'done', code: 'linked', message: 'control: connect done' },
    ])
  })
})
