/** The command for Apache on folders that stand for machines; its programs are asked for real in the deploy tests. */
import { afterEach, describe, expect, it } from 'vitest'
import { CommandError } from '../../src/config/commandError.ts'
import { A2, APACHE, CONF, PROGRAMS, SETTINGS, WEB_CONF, machine, removeMachines } from './machines.ts'

afterEach(removeMachines)

describe('web apache', () => {
  it('enables modules and file by the programs of Debian, looks at the whole, and then has nothing to do', async () => {
    const debian = await machine({ ...APACHE, ...PROGRAMS })
    const said = await debian.web('apache')
    expect(debian.ran).toEqual(['apache2ctl -v', 'a2enmod -q proxy', 'a2enmod -q proxy_http', 'a2enmod -q headers', 'a2enconf -q supermon-live', 'apache2ctl configtest'])
    expect(await debian.text(CONF)).toContain('ProxyPass "/supermon-live/ws" "http://127.0.0.1:8105/supermon-live/ws" upgrade=websocket')
    expect(said).toContain('Supermon Live is at /supermon-live/ of your site.')
    expect(await debian.text(WEB_CONF)).toBe('# What "supermon-live web" was told.\nserver = apache\n')

    for (const mod of ['proxy', 'proxy_http', 'headers']) await debian.write(`${A2}/mods-enabled/${mod}.load`, '')
    await debian.link(`${A2}/conf-enabled/supermon-live.conf`, '../conf-available/supermon-live.conf')
    debian.ran.length = 0
    expect(await debian.web('apache')).toContain('Apache: everything is so already.')
    expect(debian.ran).toEqual(['apache2ctl -v'])
  })

  it('asks for the old way with sockets where Apache is old, and for TLS where there is a certificate', async () => {
    const debian = await machine({ ...APACHE, ...PROGRAMS })
    const mods = async (version: string, words: string) => {
      debian.answers.set('apache2ctl -v', { code: 0, stdout: `Server version: Apache/${version} (Debian)\n` })
      debian.ran.length = 0
      await debian.web(words)
      return debian.ran.filter((command) => command.startsWith('a2enmod')).map((command) => command.split(' ').at(-1)).join(' ')
    }
    expect(await mods('2.4.38', 'apache')).toBe('proxy proxy_http headers proxy_wstunnel')
    expect(await mods('2.4.46', 'apache')).toContain('proxy_wstunnel')
    for (const version of ['2.4.47', '2.4.71', '2.6.0', '3.0.1']) expect(await mods(version, 'apache'), version).toBe('proxy proxy_http headers')
    expect(await mods('2.4.71', 'apache --name node.example --certificate /c.pem --key /k.pem')).toBe('proxy proxy_http headers ssl')
  })

  it('takes everything back and says why when Apache does not like it', async () => {
    const debian = await machine({ ...APACHE, ...PROGRAMS })
    const before = await debian.everything()
    debian.answers.set('apache2ctl configtest', { code: 1, stderr: 'AH00526: Syntax error on line 3 of /etc/apache2/x.conf:\nInvalid command \'Foo\'\nAction \'configtest\' failed.\n' })
    const failure = await debian.web('apache').catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(CommandError)
    expect((failure as Error).message).toBe("apache2ctl configtest failed: AH00526: Syntax error on line 3 of /etc/apache2/x.conf: Invalid command 'Foo'. Everything is as it was before.")
    expect(debian.ran.slice(-4)).toEqual(['a2disconf -q -f supermon-live', 'a2dismod -q -f headers', 'a2dismod -q -f proxy_http', 'a2dismod -q -f proxy'])
    expect(await debian.everything()).toEqual(before)
  })

  it('makes the links itself in a folder that has the files of an Apache and none of its programs', async () => {
    const image = await machine(APACHE)
    const before = await image.everything()
    await image.web('apache')
    expect(image.ran).toEqual([])
    const after = await image.everything()
    expect(after[`${A2}/mods-enabled/proxy_http.load`]).toBe('-> ../mods-available/proxy_http.load')
    expect(after[`${A2}/conf-enabled/supermon-live.conf`]).toBe('-> ../conf-available/supermon-live.conf')
    await image.web('apache --remove')
    // Modules stay: others may use them by now.
    expect(Object.keys(await image.everything()).filter((path) => !(path in before)).sort()).toEqual(['headers', 'proxy', 'proxy_http'].map((mod) => `${A2}/mods-enabled/${mod}.load`))
  })

  it('moves from a folder to a host of its own, and remembers it for the next time', async () => {
    const image = await machine(APACHE)
    await image.web('apache')
    const said = await image.web('apache --name Node.Example')
    expect(said).toContain('http://node.example/supermon-live/, without TLS')
    expect(said).toContain('certbot certonly --apache -d node.example')
    const files = Object.keys(await image.everything())
    expect(files).toContain(`${A2}/sites-enabled/supermon-live.conf`)
    expect(files.filter((path) => path.includes('/conf-'))).toEqual([])
    await image.write(SETTINGS, 'base = /supermon-live\nport = 8115\n')
    await image.web('--refresh')
    expect(await image.text(`${A2}/sites-available/supermon-live.conf`)).toContain('ProxyPass "/" "http://127.0.0.1:8115/"')
  })

  it('leads nothing but the sockets to a gateway that speaks as Supermon-NG does', async () => {
    const image = await machine({ ...APACHE, [SETTINGS]: 'base = /supermon-ng\ndialect = supermon-ng\n' })
    expect(await image.web('apache')).toContain('The sockets of the page below /supermon-ng/ lead to Supermon Live.')
    const rules = (await image.text(CONF)).split('\n').filter((line) => line.includes('ProxyPass '))
    expect(rules).toHaveLength(2)
    for (const rule of rules) expect(rule).toMatch(/ProxyPass "\/supermon-ng\/ws" "(?:http|ws):\/\/127\.0\.0\.1:8105\/supermon-ng\/ws"/)
  })

  it('leaves a file alone that certbot or somebody else changed, unless it is told not to', async () => {
    const image = await machine(APACHE)
    await image.web('apache --name node.example')
    const site = `${A2}/sites-available/supermon-live.conf`
    const theirs = `${await image.text(site)}# RewriteRule of certbot\n`
    await image.write(site, theirs)
    expect(await image.web('--refresh')).toContain('was changed since it was made, so it is left alone')
    await expect(image.web('apache --name node.example')).rejects.toThrow(/left alone\. See what --print would write, or overwrite it with --force/)
    expect(await image.text(site)).toBe(theirs)
    await image.web('apache --name node.example --force')
    expect(await image.text(site)).not.toContain('certbot')
  })

  it.each([['--remove'], ['apache']])('leaves no copy of its site behind that certbot made for TLS: web %s', async (line) => {
    const copy = `${A2}/sites-available/supermon-live-le-ssl.conf`
    const link = copy.replace('available', 'enabled')
    const image = await machine(APACHE)
    await image.web('apache --name node.example')
    await image.write(copy, '<VirtualHost *:443>')
    await image.link(link, '../sites-available/supermon-live-le-ssl.conf')
    await image.web(line)
    expect(Object.keys(await image.everything()).filter((path) => path.includes('/sites-'))).toEqual([])

    const debian = await machine({ ...APACHE, ...PROGRAMS, [copy]: '', [WEB_CONF]: 'server = apache\nname = node.example\n' })
    await debian.link(link, '../sites-available/supermon-live-le-ssl.conf')
    await debian.web(line)
    expect(debian.ran).toContain('a2dissite -q supermon-live-le-ssl')

    const fedora = await machine({ '/etc/httpd/conf.d/supermon-live-le-ssl.conf': '', [WEB_CONF]: 'server = apache\nname = node.example\n' })
    await fedora.web(line)
    expect(Object.keys(await fedora.everything())).not.toContain('/etc/httpd/conf.d/supermon-live-le-ssl.conf')
  })

  it('keeps that copy with the site', async () => {
    const copy = `${A2}/sites-available/supermon-live-le-ssl.conf`
    const image = await machine({ ...APACHE, [copy]: '' })
    await image.web('apache --name node.example')
    expect(Object.keys(await image.everything())).toContain(copy)
  })

  it('shows the files, or says what it would do, and changes nothing', async () => {
    const debian = await machine({ ...APACHE, ...PROGRAMS })
    const before = await debian.everything()
    expect(await debian.web('apache --print')).toContain(`${CONF}\n# Made by`)
    const said = await debian.web('apache --dry-run')
    expect(said).toContain(`Would write ${debian.at(CONF)}\n`)
    expect(said).toContain('Would run a2enmod -q proxy\n')
    expect(said).toContain('Would then run apache2ctl configtest')
    expect(await debian.everything()).toEqual(before)
    expect(debian.ran.filter((command) => command !== 'apache2ctl -v')).toEqual([])
  })

  it('lends two thirds of the threads to sockets, however many there are', async () => {
    const image = await machine({ ...APACHE, [`${A2}/mods-enabled/mpm_event.conf`]: 'StartServers 2\nThreadLimit 64\nThreadsPerChild 64\n' })
    expect(await image.web('apache --print')).toContain('upgrade=websocket timeout=90 disablereuse=On max=42 acquire=200')
    expect(await (await machine(APACHE)).web('apache --print')).toContain('max=16 acquire=200')
    expect(await image.web('apache')).not.toContain('mpm_prefork')
    expect(await (await machine({ ...APACHE, [`${A2}/mods-enabled/mpm_prefork.load`]: '' })).web('apache')).toContain('for many viewers switch to mpm_event')
  })

  it('knows the layout of Fedora', async () => {
    const fedora = await machine({ '/etc/httpd/conf.d/README': '' })
    const before = await fedora.everything()
    await fedora.web('apache')
    expect(await fedora.text('/etc/httpd/conf.d/supermon-live.conf')).toContain('ProxyPass')
    await fedora.web('--remove')
    expect(await fedora.everything()).toEqual(before)
  })
})
