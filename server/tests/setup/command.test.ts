/** The command as an operator gives it, on whole machines in folders. */
import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/loadConfig.ts'
import { parseOptions } from '../../src/config/options.ts'
import { withSettings } from '../../src/config/settingsFile.ts'
import { ALLMON, APACHE_FILES, Machine, NGINX_FILES, SUPERMON, SUPERMON_FILES, on } from './machine.ts'

const CONF = '/etc/supermon-live/supermon-live.conf'
const INI = '/etc/supermon-live/allmon.ini'
const MANAGER = '/etc/asterisk/manager.conf'

describe('where nothing is found', () => {
  it.each([
    ['an empty machine', {}],
    ['an Asterisk without nodes', { '/etc/asterisk/rpt.conf': '[general]\n[node-main](!)\nduplex = 2\n' }],
    ['a Supermon-NG without nodes', { [`${SUPERMON}/user_files/allmon.ini`]: '[break]\nmenu = yes\n' }],
  ])('%s: says what to do, writes nothing, exits 3', async (_, files) => {
    const machine = await on(Machine.make(files))
    const before = await machine.tree()
    const { code, out, web } = await machine.setup('--yes')
    expect(code).toBe(3)
    expect(out).toContain('No nodes were found, and nothing was written.\n')
    expect(out).toContain('sudo supermon-live setup --demo\n')
    expect([await machine.tree(), web]).toEqual([before, []])
  })

  it('the demo can be had', async () => {
    const machine = await on(Machine.make(APACHE_FILES))
    const { code, out } = await machine.setup('--demo')
    expect([code, await machine.settings()]).toEqual([0, { base: '/supermon-live', port: '8105' }])
    expect(out).toContain('Found    simulated nodes: this is the demo\n')
    const again = await machine.setup()
    expect([again.code, again.out.includes(`Note     For your own nodes remove ${CONF}, and run setup again\n`)]).toEqual([0, true])
  })
})

describe('where Asterisk is found', () => {
  it('gets its nodes and a user, the settings for a page of its own, and the names', async () => {
    const machine = await on(Machine.withAsterisk('asl3', { ...APACHE_FILES, '/var/lib/asterisk/astdb.txt': '', '/etc/asterisk/privatenodes.txt': '' }))
    const { code, out, web } = await machine.setup('--yes')
    expect(code).toBe(0)
    expect(await machine.settings()).toEqual({
      config: INI, base: '/supermon-live', port: '8105', astdb: '/var/lib/asterisk/astdb.txt', 'private-nodes': '/etc/asterisk/privatenodes.txt',
      rollout: '/etc/supermon-live/rollout.json', figures: '/var/lib/supermon-live/rollout-figures.json',
    })
    const { nodes } = await loadConfig(machine.at(INI))
    expect(nodes.map(({ id, user, secret, host, port }) => [id, user, secret.reveal(), host, port])).toEqual(
      ['546055', '1999', '546051'].map((id) => [id, 'admin', 'made-up-asl3;secret', '127.0.0.1', 5038]),
    )
    expect(web.map(({ argv }) => argv)).toEqual(['apache --base /supermon-live --port 8105 --root ROOT'])
    expect(out).toContain('Found    Asterisk with 3 nodes, by /etc/asterisk/rpt.conf\n')
    expect(out).toContain('Page     http://node.example/supermon-live/\n')
  })

  it('tells of a user that stands in manager.conf twice', async () => {
    const machine = await on(Machine.make({ '/etc/asterisk/rpt.conf': '[546051]\n', [MANAGER]: '[general]\nenabled = yes\n[w]\nsecret = a\nread = call\n[w]\nsecret = b\n' }))
    const { out } = await machine.setup('--yes')
    expect(out).toContain(`Note     ${MANAGER}:6: "w" is already there further up`)
    expect((await loadConfig(machine.at(INI))).nodes.map(({ user, secret }) => [user, secret.reveal()])).toEqual([['w', 'b']])
  })

  it("takes HamVOIP's lesser user, and its list of names", async () => {
    const machine = await on(Machine.withAsterisk('hamvoip', { '/var/log/asterisk/astdb.txt': '' }))
    const { code, out } = await machine.setup('--yes')
    const { nodes } = await loadConfig(machine.at(INI))
    expect([code, nodes.map(({ id, user }) => `${id} ${user}`)]).toEqual([0, ['1998 supermon', '48752 supermon']])
    expect(await machine.settings()).toMatchObject({ astdb: '/var/log/asterisk/astdb.txt' })
    expect(out).toContain('Note     There is no web server here that setup knows.')
    expect(out).toContain('Page     http://127.0.0.1:8105/supermon-live/ from this machine only\n')
  })

  it('writes settings that the gateway understands', async () => {
    const machine = await on(Machine.withAsterisk('asl3'))
    await machine.setup('--yes')
    const { env } = await withSettings({ SUPERMON_LIVE_SETTINGS: machine.at(CONF) })
    expect(parseOptions([], env)).toMatchObject({ config: INI, base: '/supermon-live', port: 8105, rollout: '/etc/supermon-live/rollout.json' })
  })

  it('warns of what is odd in its files, with file and line', async () => {
    const machine = await on(Machine.make({ '/etc/asterisk/rpt.conf': '[546051](none)\n#exec /bin/false\n', [MANAGER]: '[general]\nenabled = no\n[a]\nsecret = s\nread = call\n' }))
    const { code, out } = await machine.setup('--yes')
    expect(code).toBe(0)
    expect(out).toContain('Note     /etc/asterisk/rpt.conf:1: there is no "none" to inherit from further up; correct the name\n')
    expect(out).toContain('Note     /etc/asterisk/rpt.conf:2: #exec is not run here;')
    expect(out).toContain('Note     AMI is switched off: write enabled = yes below [general] in /etc/asterisk/manager.conf, then: sudo asterisk -rx "manager reload"\n')
    expect(out).not.toContain('AMI user')
  })

  it('says once what is new in rpt.conf, and leaves allmon.ini alone', async () => {
    const machine = await on(Machine.withAsterisk('asl3'))
    await machine.setup('--yes')
    const before = await machine.read(INI)
    await machine.write('/etc/asterisk/custom/rpt/30-new.conf', '[2000](node-main)\n')
    const { code, out } = await machine.setup('--yes')
    expect([code, await machine.read(INI)]).toEqual([0, before])
    expect(out).toContain(`Note     rpt.conf has 2000, but ${INI} does not: add a section there, or remove the file and run setup again.\n`)
  })
})

describe('where Supermon-NG is found', () => {
  it('is set up beside it, with its sign-in, on another port than its daemon; its secrets stay where they are', async () => {
    const machine = await on(Machine.withAsterisk('asl3', { ...SUPERMON_FILES, ...NGINX_FILES }))
    const { code, out, web } = await machine.setup('--yes')
    expect([code, await machine.settings()]).toEqual([0, {
      config: `${SUPERMON}/user_files/allmon.ini`, base: '/supermon-ng/live', port: '8115', auth: 'supermon=http://localhost:8000',
      astdb: `${SUPERMON}/astdb.txt`, 'private-nodes': `${SUPERMON}/user_files/privatenodes.txt`,
      rollout: '/etc/supermon-live/rollout.json', figures: '/var/lib/supermon-live/rollout-figures.json',
    }])
    expect((await machine.tree()).filter((line) => line.startsWith('etc/supermon-live/'))).toHaveLength(1)
    expect(await machine.read(MANAGER)).not.toContain('supermon-live')
    expect(web[0]).toMatchObject({ argv: 'nginx --base /supermon-ng/live --port 8115 --root ROOT', env: { SUPERMON_LIVE_AUTH: 'supermon=http://localhost:8000', SUPERMON_LIVE_DIALECT: undefined } })
    expect(out).toContain(`Found    1 node in ${SUPERMON}/user_files/allmon.ini\n`)
    expect(out).not.toContain('AMI user')
  })

  it('is set up under it when told so: its page, its path, its port', async () => {
    const machine = await on(Machine.make({ ...SUPERMON_FILES, ...APACHE_FILES }))
    const { code, web } = await machine.setup('--under')
    expect([code, await machine.settings()]).toMatchObject([0, { base: '/supermon-ng', port: '8105', dialect: 'supermon-ng', config: `${SUPERMON}/user_files/allmon.ini` }])
    // Nodes of users' own files are theirs to see, and only it knows who is on its page.
    expect(await machine.settings()).toMatchObject({ auth: 'supermon=http://localhost:8000' })
    expect(web[0]?.env).toMatchObject({ SUPERMON_LIVE_DIALECT: 'supermon-ng' })
  })

  it.each(['', 'auth = supermon=http://localhost:9000\n'])('under it, where Supermon-NG is asked who is signed in is the operator\'s own business: %j', async (auth) => {
    const machine = await on(Machine.make(SUPERMON_FILES))
    await machine.setup('--under')
    const changed = (await machine.read(CONF)).replace(/^auth = .*\n/m, auth)
    await machine.write(CONF, changed)
    expect((await machine.setup('--under')).code).toBe(0)
    expect(await machine.read(CONF)).toBe(changed)
    await expect(machine.setup('--beside')).rejects.toThrow('and is kept.')
  })

  it('is set up alone when told so: people sign in here by its files', async () => {
    const machine = await on(Machine.make(SUPERMON_FILES))
    await machine.setup('--alone')
    expect(await machine.settings()).toMatchObject({ base: '/supermon-live', port: '8115', users: `${SUPERMON}/user_files`, config: `${SUPERMON}/user_files/allmon.ini` })
  })

  it.each([['', '/supermon-ng/live'], ['--alone', '/supermon-live']])('without nodes in its allmon.ini, those of rpt.conf are taken: setup %s', async (words, base) => {
    const machine = await on(Machine.withAsterisk('asl3', { ...SUPERMON_FILES, [`${SUPERMON}/user_files/allmon.ini`]: '[break]\nmenu = yes\n' }))
    const { code, out } = await machine.setup(words)
    expect([code, await machine.settings()]).toMatchObject([0, { config: INI, base }])
    expect((await loadConfig(machine.at(INI))).nodes).toHaveLength(3)
    expect(out).toContain(`Note     ${SUPERMON}/user_files/allmon.ini has no nodes yet: ours come from /etc/asterisk/rpt.conf\n`)
    expect((await machine.setup(words)).out).not.toContain('has no nodes yet')
  })

  it.each([
    ['APP_BASE_PATH=/', '/live'], ['APP_BASE_PATH="/club/sm/"', '/club/sm/live'], ["export APP_BASE_PATH='/x' # here", '/x/live'], ['APP_BASE_PATH=/a b', '/supermon-ng/live'], ['', '/supermon-ng/live'],
  ])('goes by its path: %s', async (line, base) => {
    const machine = await on(Machine.make({ ...SUPERMON_FILES, [`${SUPERMON}/.env`]: `${line}\n` }))
    await machine.setup()
    expect(await machine.settings()).toMatchObject({ base })
  })

  it('goes by the folder and the port that it was given, and takes the usual port where it has no daemon', async () => {
    const machine = await on(Machine.make({
      ...SUPERMON_FILES, [`${SUPERMON}/.env`]: 'USER_FILES_PATH=/srv/sm/\n', '/srv/sm/allmon.ini': ALLMON,
      '/etc/systemd/system/supermon-ng-websocket.service.d/port.conf': '[Service]\nEnvironment="WEBSOCKET_BASE_PORT=9105"\n',
    }))
    await machine.setup('--alone')
    expect(await machine.settings()).toMatchObject({ config: '/srv/sm/allmon.ini', users: '/srv/sm', port: '8105' })
  })

  it('does not start a service with an allmon.ini that cannot be understood', async () => {
    const machine = await on(Machine.make({ ...SUPERMON_FILES, [`${SUPERMON}/user_files/allmon.ini`]: '[546051\nhost = x\n' }))
    const before = await machine.tree()
    await expect(machine.setup('--yes')).rejects.toThrow(/allmon\.ini:1: this section header has no closing bracket; write \[name\]$/)
    expect(await machine.tree()).toEqual(before)
  })
})

describe('a configuration from elsewhere', () => {
  it('is taken as it is; people sign in by the accounts beside it, if there are any', async () => {
    const machine = await on(Machine.make({ '/srv/club/allmon.ini': ALLMON, '/srv/club/.htpasswd': '' }))
    expect((await machine.setup('--config /srv/club/allmon.ini --base /club')).code).toBe(0)
    expect(await machine.settings()).toMatchObject({ config: '/srv/club/allmon.ini', users: '/srv/club', base: '/club', port: '8105' })
  })

  it.each([
    ['/home/pi/allmon.ini', '/home', {}, '/home/pi/allmon.ini'],
    ["/root/my club's/nodes.ini", '/root', { "/root/my club's/.htpasswd": '', "/root/my club's/w5gle.ini": '', "/root/my club's/notes.txt": '' }, ["nodes.ini", ".htpasswd", "w5gle.ini"].map((name) => `'/root/my club'\\''s/${name}'`).join(' ')],
  ])('that systemd hides from the service is refused, with the command that copies it and its accounts: %s', async (path, folder, files, copied) => {
    const machine = await on(Machine.make({ ...files, [path]: ALLMON }))
    const before = await machine.tree()
    const refused = machine.setup(['--config', path])
    await expect(refused).rejects.toThrow(
      `The service cannot see ${path}, whatever its mode: ${folder} is hidden from it. Nothing was changed. Copy it, and set up that: ` +
        `sudo install -m 640 -g supermon-live ${copied} /etc/supermon-live/ && sudo supermon-live setup --config /etc/supermon-live/${basename(path)}`,
    )
    expect(await machine.tree()).toEqual(before)
  })

  it('that is not there is an error, and nothing is written', async () => {
    const machine = await on(Machine.withAsterisk('asl3'))
    const before = await machine.tree()
    await expect(machine.setup('--config /srv/none.ini')).rejects.toThrow(/none\.ini: there is no such file/)
    expect(await machine.tree()).toEqual(before)
  })
})

describe('run again', () => {
  it('after it was broken off, it does all that was left: the settings are the last file that it writes', async () => {
    const machine = await on(Machine.withAsterisk('asl3', APACHE_FILES))
    await expect(machine.setup('--yes', { web: () => Promise.reject(new Error('broken off')) })).rejects.toThrow('broken off')
    await expect(machine.read(CONF)).rejects.toThrow('ENOENT')
    const { code, web } = await machine.setup('--yes')
    expect([code, web.length, (await machine.settings())['config']]).toEqual([0, 1, INI])
  })

  it('changes no byte, time, mode or owner, and says that it kept everything', async () => {
    const machine = await on(Machine.withAsterisk('asl3', APACHE_FILES))
    await machine.setup('--yes')
    const before = await machine.tree()
    const { code, out, web } = await machine.setup('--yes')
    expect([code, await machine.tree()]).toEqual([0, before])
    expect(out).toContain(`Kept     ${INI}\nKept     ${CONF}\n`)
    expect(web).toHaveLength(1)
  })

  it('keeps settings that the operator changed, and tells the web server of those', async () => {
    const machine = await on(Machine.withAsterisk('asl3', { ...APACHE_FILES, [CONF]: `config = ${INI}\nport = 9000\nbase = /mine\n` }))
    const { web } = await machine.setup('--yes')
    expect(await machine.read(CONF)).toBe(`config = ${INI}\nport = 9000\nbase = /mine\n`)
    expect(web[0]?.argv).toBe('apache --base /mine --port 9000 --root ROOT')
  })

  it.each([['--under'], ['--base /other'], ['--config /srv/club/allmon.ini'], ['--demo']])('with %s against the settings says so, and changes nothing', async (line) => {
    const machine = await on(Machine.make({ ...SUPERMON_FILES, '/srv/club/allmon.ini': ALLMON }))
    await machine.setup()
    const before = await machine.tree()
    await expect(machine.setup(line)).rejects.toThrow(/supermon-live\.conf says .*, and is kept\. Change it there, or remove it and run setup again\. Nothing was changed\.$/)
    expect(await machine.tree()).toEqual(before)
    expect((await machine.setup('--beside')).code).toBe(0)
  })

  it.each([
    ['--demo', '--alone', 'says nothing about config'],
    ['--demo', '--beside', 'says nothing about auth'],
    ['--alone', '--under', 'says nothing about dialect'],
  ])('after %s with %s says so, and changes nothing', async (first, second, says) => {
    const machine = await on(Machine.make(SUPERMON_FILES))
    await machine.setup(first)
    const before = await machine.tree()
    await expect(machine.setup(second)).rejects.toThrow(`${CONF} ${says}, and is kept.`)
    expect(await machine.tree()).toEqual(before)
  })

  it('compares whether people sign in here: not without accounts where there were to be some, with those that were added later', async () => {
    const machine = await on(Machine.make(SUPERMON_FILES))
    await machine.setup('--alone')
    await machine.write(CONF, (await machine.read(CONF)).replace(/^users = .*$/m, ''))
    await expect(machine.setup('--alone')).rejects.toThrow(`${CONF} says nothing about users, and is kept.`)
    const bare = await on(Machine.withAsterisk('asl3'))
    await bare.setup('--alone')
    await bare.write(CONF, `${await bare.read(CONF)}users = /etc/supermon-live/users\n`)
    expect((await bare.setup('--alone')).code).toBe(0)
  })

  it('where the nodes are gone says so, exits 3, and changes nothing', async () => {
    const machine = await on(Machine.withAsterisk('asl3', APACHE_FILES))
    await machine.setup()
    await machine.write('/etc/asterisk/rpt.conf', '[general]\n')
    await rm(machine.at(INI))
    const before = await machine.tree()
    const { code, out, web } = await machine.setup()
    expect([code, web, await machine.tree()]).toEqual([3, [], before])
    expect(out).toBe(`Found    no ${INI}, and no nodes in /etc/asterisk/rpt.conf\nNothing was changed. ${CONF} names ${INI}: put nodes there, or name another file.\n`)
  })
})

describe('the user for manager.conf', () => {
  it('is not added where one is that may do what is needed and no more, and whoever asked for it is told so', async () => {
    const machine = await on(Machine.make({ '/etc/asterisk/rpt.conf': '[546051]\n', [MANAGER]: '[general]\nenabled = yes\n[watch]\nsecret = made-up\nread = call\n' }))
    const before = await machine.read(MANAGER)
    const { code, out } = await machine.setup('--manager apply')
    expect([code, await machine.read(MANAGER)]).toEqual([0, before])
    expect(out).toContain('AMI user watch in manager.conf may do what the gateway needs. Nothing is added.\n')
    expect((await machine.setup()).out).not.toContain('AMI user')
  })
})

describe('a dry run', () => {
  it.each([['asl3', ''], ['asl3', ' --manager apply'], ['hamvoip', ' --control']] as const)('on %s%s shows every file, no secret, and changes nothing', async (fixture, words) => {
    const machine = await on(Machine.withAsterisk(fixture, APACHE_FILES))
    const before = await machine.tree()
    const { code, out, web } = await machine.setup(`--dry-run${words}`, { answer: true })
    expect([code, await machine.tree()]).toEqual([0, before])
    expect(out).toContain(`Would write ${CONF}:\n    # Settings of Supermon Live`)
    expect(out).toContain(`Would write ${INI}:\n    ; Written by supermon-live setup`)
    expect(out).toContain('    passwd = "[secret]"\n')
    expect(out).not.toMatch(/made-up|secret = [^[]/)
    expect(web[0]?.argv).toBe('apache --base /supermon-live --port 8105 --root ROOT --dry-run')
  })
})
