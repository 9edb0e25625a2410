/** Everything that leaves the gateway in a full run, searched for what must not: routes, dialects, refusals, the log. */
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { loadConfig } from '../../src/config/loadConfig.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { cookieFor, openClub } from '../support/club.ts'
import { until } from '../support/running.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const SECRETS = ['Kilowatt-7/Ohm', 'Ferrite+Bead&9']
const RIGHTS = ['CONNECTUSER', 'DISCUSER', 'MONUSER', 'DTMFUSER', 'SYSINFUSER', 'RSTATUSER', 'BUBLUSER', 'DBTUSER']
const USERS = ['ami-user-antenna', 'ami-user-beacon']

it('no answer, frame or log line holds an AMI password, user, host or port, however encoded', async () => {
  const fakes = await Promise.all([0, 1].map((i) => startFakeAsterisk({ nodes: [String(2700 + i)], links: 3, secret: SECRETS[i] ?? '', user: USERS[i] ?? '' })))
  for (const fake of fakes) closers.push(() => fake.close())
  const { app, accounts, folder } = await openClub(closers, 'read', {}, RIGHTS.map((right) => `$${right} = array("W5GLE");`).join(' '))
  const section = (id: number, host: string, user = '', secret = '') => `[${id}]\nhost=${host}\nuser=${user}\npasswd=${secret}\nmenu=yes\n`
  await writeFile(join(folder, 'allmon.ini'), [
    ...fakes.map((fake, i) => section(2700 + i, `127.0.0.1:${fake.port}`, USERS[i], SECRETS[i])),
    section(2702, `127.0.0.1:${fakes[0]?.port ?? 0}`, 'ami-user-wrong', 'Balun-wrong-1'),
    section(2703, 'ami-host-hidden.invalid:5038', 'ami-user-wrong', 'Balun-wrong-1'),
  ].join('\n'))
  const config = await loadConfig(join(folder, 'allmon.ini'))
  expect(config.nodes.map(({ secret }) => secret.reveal())).toEqual([...SECRETS, 'Balun-wrong-1', 'Balun-wrong-1'])
  app.reconfigure(config.nodes, config)
  await accounts.access.reload()
  const cookie = await cookieFor(app, 'W5GLE')
  const heard: [where: string, text: string][] = []

  // Every route there is, as visitor and as user, with a node where one is asked for, and with what makes it refuse.
  for (const route of app.routes) {
    const [method = 'GET', pattern = ''] = route.split(' ')
    for (const node of ['2700', '2702', '2703', '546051', 'x'.repeat(99)]) {
      for (const headers of [{}, { cookie }]) {
        const path = pattern.replace(':id', node)
        const response = await fetch(`${app.url}${path.slice(1)}?nodes=${node}&node=${node}&q=27&limit=5`, {
          method, headers: { ...headers, 'content-type': 'application/json' },
          ...(method !== 'GET' ? { body: JSON.stringify({ localnode: node, remotenode: '48752', dtmf: '*1', username: 'W5GLE', password: 'wrong' }) } : {}),
        })
        heard.push([`${route} ${node.slice(0, 8)}`, [...response.headers].join('\n') + (await response.text())])
      }
    }
  }
  expect(heard.length).toBeGreaterThan(300)

  // Every dialect, up and down.
  for (const protocols of [['supermon.v2'], []]) {
    for (const node of ['2700', '2701', '2702', '2703', 'x']) {
      const socket = new WebSocket(`${app.url.replace('http', 'ws')}ws/${node}`, protocols, { headers: { cookie } })
      closers.push(() => { socket.terminate() })
      socket.on('message', (data: Buffer) => heard.push([`socket ${node}`, data.toString()]))
      socket.on('close', (code, reason) => heard.push([`close ${node}`, `${code} ${reason.toString()}`]))
      socket.on('error', () => undefined)
    }
  }
  const told = (part: string) => heard.some(([where, text]) => where.startsWith('socket') && text.includes(part))
  await until(() => told('ami-login-refused') && told('ami-unreachable') && told('"reach":"up"'), 'up, refused and unreachable')

  // Commands, done and not: with the token of the session, so that they are answered with what Asterisk says.
  const { csrf_token: token } = (await (await fetch(`${app.url}api/v1/csrf-token`, { headers: { cookie } })).json()) as { csrf_token: string }
  const command = async (action: string, localnode: string) => {
    const response = await fetch(`${app.url}api/v1/nodes/${action}`, {
      method: 'POST', headers: { cookie, 'x-csrf-token': token, 'content-type': 'application/json' },
      body: JSON.stringify({ localnode, remotenode: '48752', dtmf: '*1', perm: null }),
    })
    heard.push([`command ${action} ${localnode}`, [...response.headers].join('\n') + (await response.text())])
    return response.status
  }
  expect([await command('connect', '2700'), await command('disconnect', '2700'), await command('dtmf', '2700')]).toEqual([200, 200, 202])
  expect(await Promise.all(['2702', '2703', '2999'].map((node) => command('connect', node)))).toEqual([503, 503, 404])
  const answered = heard.filter(([where, text]) => where.startsWith('command') && /"ami_response":"/.test(text))
  expect(answered.map(([where]) => where)).toEqual(['command connect 2700', 'command disconnect 2700', 'command dtmf 2700'])

  const ports = fakes.map((fake) => `127.0.0.1:${fake.port}`)
  const plain = [...SECRETS, ...USERS, 'Balun-wrong-1', 'ami-user-wrong', 'ami-host-hidden', ...ports]
  const forbidden = plain.flatMap((text) => [
    text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text), Buffer.from(text).toString('base64').replace(/=+$/, ''),
    createHash('md5').update(text).digest('hex'), createHash('sha256').update(text).digest('hex'),
  ])
  const leaks = heard.flatMap(([where, text]) => forbidden.filter((word) => text.includes(word)).map((word) => `${where}: ${word}`))
  expect(leaks).toEqual([])
  // The operator's log names host, port and user, so that he can mend them; never a password.
  const log = JSON.stringify(app.log)
  expect(log).toContain('refused the login')
  for (const secret of [...SECRETS, 'Balun-wrong-1']) expect(log).not.toContain(secret)
})
