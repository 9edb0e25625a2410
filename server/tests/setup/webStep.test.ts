/** Which web server setup tells, and what it then says of the page. */
import { symlink } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/config/optionValues.ts'
import { APACHE_FILES, Machine, NGINX_FILES, SUPERMON, SUPERMON_FILES, on } from './machine.ts'

describe('the web server', () => {
  it.each([
    ['Apache of both', { ...APACHE_FILES, ...NGINX_FILES }, 'apache'],
    ['nginx, when it alone starts with the machine', { ...APACHE_FILES, ...NGINX_FILES, '/etc/systemd/system/multi-user.target.wants/nginx.service': '' }, 'nginx'],
    ['nginx alone', NGINX_FILES, 'nginx'],
  ])('is %s', async (_, files, server) => {
    const machine = await on(Machine.make({ ...SUPERMON_FILES, ...files }))
    expect((await machine.setup()).web[0]?.argv).toMatch(new RegExp(`^${server} `))
  })

  it('counts as starting with the machine by a link that leads out of its folder', async () => {
    const machine = await on(Machine.make({ ...SUPERMON_FILES, ...APACHE_FILES, ...NGINX_FILES, '/etc/systemd/system/multi-user.target.wants/x': '' }))
    await symlink('/no/such/nginx.service', machine.at('/etc/systemd/system/multi-user.target.wants/nginx.service'))
    expect((await machine.setup()).web[0]?.argv).toMatch(/^nginx /)
  })

  it('may be left alone, or named', async () => {
    const machine = await on(Machine.make({ ...SUPERMON_FILES, ...APACHE_FILES }))
    expect((await machine.setup('--web none')).web).toEqual([])
    expect((await machine.setup('--web nginx')).web[0]?.argv).toMatch(/^nginx /)
  })

  it('that could not be told is a failure, and the settings are there all the same', async () => {
    const machine = await on(Machine.make({ ...SUPERMON_FILES, ...APACHE_FILES }))
    expect((await machine.setup('', { webCode: 1 })).code).toBe(1)
    const { code, out } = await machine.setup('', { web: () => Promise.reject(new UsageError('this is wrong; do that')) })
    expect([code, out.includes('Failed   The web server was not set up: this is wrong; do that\n')]).toEqual([1, true])
    expect(await machine.settings()).toMatchObject({ port: '8115' })
  })

  it('leaves a host of its own to what the web server was told before', async () => {
    const machine = await on(Machine.make({ ...SUPERMON_FILES, ...APACHE_FILES, '/etc/supermon-live/web.conf': 'server = nginx\nname = club.example\ncertificate = /etc/ssl/club.pem\nkey = /etc/ssl/club.key\n' }))
    const { web, out } = await machine.setup()
    expect(web[0]?.argv).toBe('--refresh --base /supermon-ng/live --port 8115 --root ROOT')
    expect(out).toContain('Page     https://club.example/supermon-ng/live/\n')
  })

  it('says what is wrong with what it was told, and leaves the web server alone', async () => {
    const machine = await on(Machine.make({ ...SUPERMON_FILES, ...APACHE_FILES, '/etc/supermon-live/web.conf': 'server = lighttpd\n' }))
    const { web, out, code } = await machine.setup()
    expect([web, code]).toEqual([[], 1])
    expect(out).toContain('Failed   The web server was not set up: /etc/supermon-live/web.conf:1: server "lighttpd" is not known')
  })

  it.each(['apache', 'nginx'] as const)('%s is told nothing under a Supermon-NG at the root of its own site, and what it was told before goes', async (server) => {
    const files = { ...SUPERMON_FILES, ...APACHE_FILES, ...NGINX_FILES, [`${SUPERMON}/.env`]: 'APP_BASE_PATH=/\n' }
    const machine = await on(Machine.make(files))
    const { code, out, web } = await machine.setup(`--under --web ${server}`)
    expect([code, web]).toEqual([0, []])
    expect(out).toContain('Note     Supermon-NG has a site of its own, so no web server is set up: its own rule for /ws/ has to lead to port 8105\nPage     http://node.example/\n')
    await machine.write('/etc/supermon-live/web.conf', `server = ${server}\n`)
    const again = await machine.setup(`--under --web ${server}`)
    expect([again.code, again.web[0]?.argv]).toEqual([0, '--remove --port 8105 --root ROOT'])
    expect((await machine.setup('--under', { webCode: 1 })).code).toBe(1)
    await machine.write('/etc/supermon-live/web.conf', `server = ${server}\nname = club.example\n`)
    expect((await machine.setup('--under')).web[0]?.argv).toBe('--refresh --port 8105 --root ROOT')
  })

  it('is told nothing there either where the settings write that root as a slash', async () => {
    const machine = await on(Machine.make({ ...SUPERMON_FILES, ...APACHE_FILES, [`${SUPERMON}/.env`]: 'APP_BASE_PATH=/\n' }))
    await machine.setup('--under')
    const settings = '/etc/supermon-live/supermon-live.conf'
    await machine.write(settings, `${await machine.read(settings)}base = /\n`)
    expect(await machine.setup('')).toMatchObject({ code: 0, web: [], out: expect.stringContaining('Page     http://node.example/\n') as string })
  })

  it('named again keeps the host that it has, and another one has what that one was told', async () => {
    const files = { ...SUPERMON_FILES, ...APACHE_FILES, '/etc/supermon-live/web.conf': 'server = nginx\nname = club.example\ncertificate = /etc/ssl/club.pem\nkey = /etc/ssl/club.key\n' }
    const machine = await on(Machine.make(files))
    const same = await machine.setup('--web nginx')
    expect([same.web[0]?.argv.split(' ')[0], same.out]).toEqual(['--refresh', expect.stringContaining('Page     https://club.example/supermon-ng/live/\n')])
    expect((await machine.setup('--web apache --dry-run')).out).toContain('Page     http://node.example/supermon-ng/live/\n')
    // As the web server's command does it.
    const web = () => machine.write('/etc/supermon-live/web.conf', 'server = apache\n')
    expect((await machine.setup('--web apache', { web })).out).toContain('Page     http://node.example/supermon-ng/live/\n')
  })

  it.each([
    ['', 'http://127.0.0.1:8105/ from this machine only'],
    ['host = localhost\nport = 9000\nbase = /live\n', 'http://localhost:9000/live/ from this machine only'],
    ['host = ::1\n', 'http://[::1]:8105/ from this machine only'],
    ['host = 0.0.0.0\n', 'http://node.example:8105/'],
    ['host = 192.0.2.7\n', 'http://192.0.2.7:8105/'],
  ])('where there is none, the page is where the gateway listens: %j', async (settings, page) => {
    const machine = await on(Machine.make({ ...SUPERMON_FILES, '/etc/supermon-live/supermon-live.conf': `config = /var/www/html/supermon-ng/user_files/allmon.ini\n${settings}` }))
    expect((await machine.setup()).out).toMatch(new RegExp(`^Page {5}${page.replace(/[.[\]]/g, '\\$&')}$`, 'm'))
  })
})
