/** The command on folders that stand for machines; its programs are asked for real in the deploy tests. */
import { chmod, chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { CommandError } from '../../src/config/commandError.ts'
import { UsageError } from '../../src/config/optionValues.ts'
import { FakeMachine, NGINX_SITE } from './machine.ts'

const machines: FakeMachine[] = []
afterEach(async () => { await Promise.all(machines.splice(0).map((machine) => machine.remove())) })
async function machine(files: Readonly<Record<string, string>>): Promise<FakeMachine> {
  const made = await FakeMachine.make({ [SETTINGS]: 'base = /supermon-live\n', ...files })
  machines.push(made)
  return made
}

const SETTINGS = '/etc/supermon-live/supermon-live.conf'
const WEB_CONF = '/etc/supermon-live/web.conf'
const A2 = '/etc/apache2'
const CONF = `${A2}/conf-available/supermon-live.conf`
const MODS = Object.fromEntries(['proxy', 'proxy_http', 'headers', 'alias', 'ssl', 'proxy_wstunnel'].map((mod) => [`${A2}/mods-available/${mod}.load`, `LoadModule ${mod}\n`]))
const APACHE = { ...MODS, [`${A2}/mods-enabled/alias.load`]: '' }
const PROGRAMS = { '/usr/sbin/a2enmod': '', '/usr/sbin/apache2ctl': '' }
const SITE = '/etc/nginx/sites-available/default'
const NGINX = { '/etc/nginx/nginx.conf': '', [SITE]: NGINX_SITE }
const nginxMachine = async (more: Readonly<Record<string, string>> = {}) => {
  const made = await machine({ ...NGINX, ...more })
  // As Debian has it: from `/` on.
  await made.link('/etc/nginx/sites-enabled/default', SITE)
  return made
}

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

describe('web nginx', () => {
  it('puts its line into the one site that there is, and takes it out again byte for byte', async () => {
    const debian = await nginxMachine({ '/usr/sbin/nginx': '' })
    const before = await debian.everything()
    await debian.web('nginx')
    expect(await debian.text(SITE)).toBe('server {\n    include snippets/supermon-live.conf; # supermon-live web\n\tlisten 80 default_server;\n\troot /var/www/html;\n}\n')
    expect(await debian.text('/etc/nginx/snippets/supermon-live.conf')).toContain('location ^~ /supermon-live/ {')
    expect(await debian.text('/etc/nginx/conf.d/supermon-live.conf')).toContain('map $http_upgrade $supermon_live_connection')
    expect(Object.keys(await debian.everything()).filter((path) => path.startsWith('/etc/supermon-live/')).sort()).toEqual(['/etc/supermon-live/supermon-live.conf', WEB_CONF])
    expect(debian.ran).toEqual(['nginx -t'])
    expect(await debian.web('nginx')).toContain('nginx: everything is so already.')
    await debian.web('nginx --remove')
    expect(await debian.everything()).toEqual(before)
  })

  it('takes everything back and says why when nginx does not like it', async () => {
    const debian = await nginxMachine({ '/usr/sbin/nginx': '' })
    const before = await debian.everything()
    debian.answers.set('nginx -t', { code: 1, stderr: 'nginx: [emerg] duplicate location "/supermon-live/"\nnginx: configuration file /etc/nginx/nginx.conf test failed\n' })
    await expect(debian.web('nginx')).rejects.toThrow(/nginx -t failed: nginx: \[emerg\] duplicate location .* Everything is as it was before\./)
    expect(await debian.everything()).toEqual(before)
  })

  it('leaves each byte of the site as it is, whatever its encoding, also where it takes all back', async () => {
    const debian = await nginxMachine({ '/usr/sbin/nginx': '' })
    // As some wrote it in 2005, and behind it in UTF-8.
    const site = Buffer.concat([Buffer.from('# M\xfcnchen\nserver {\n\troot /var/www/K\xf6ln;\n}\n', 'latin1'), Buffer.from('# Köln\n')])
    await writeFile(debian.at(SITE), site)
    await debian.web('nginx')
    const text = (await readFile(debian.at(SITE))).toString('latin1')
    expect(text).toContain('include snippets/supermon-live.conf;')
    expect(text.replace(/\n *include.*/, '')).toBe(site.toString('latin1'))
    expect(await debian.web('nginx')).toContain('nginx: everything is so already.')
    await debian.web('nginx --remove')
    expect(await readFile(debian.at(SITE))).toEqual(site)
    debian.answers.set('nginx -t', { code: 1, stderr: 'nginx: [emerg] no\n' })
    await expect(debian.web('nginx')).rejects.toThrow('Everything is as it was before.')
    expect(await readFile(debian.at(SITE))).toEqual(site)
  })

  it('gives what it takes back the owner and the mode that it had, also what it had removed', async () => {
    const host = '/etc/nginx/sites-available/supermon-live'
    const debian = await nginxMachine({ '/usr/sbin/nginx': '', [host]: 'of another time' })
    const owner = process.getuid?.() === 0 ? 40_001 : (process.getuid?.() ?? 0)
    const kept = async () => Promise.all([SITE, host].map(async (path) => { const { uid, mode } = await stat(debian.at(path)); return [uid, (mode & 0o777).toString(8)] }))
    for (const path of [SITE, host]) {
      await chown(debian.at(path), owner, process.getgid?.() ?? 0)
      await chmod(debian.at(path), 0o640)
    }
    debian.answers.set('nginx -t', { code: 1, stderr: 'nginx: [emerg] no\n' })
    await expect(debian.web('nginx --force')).rejects.toThrow('Everything is as it was before.')
    expect([await kept(), await debian.text(host)]).toEqual([[[owner, '640'], [owner, '640']], 'of another time'])
  })

  it('asks which site it is for where there are several, and remembers the answer', async () => {
    const debian = await nginxMachine({ '/etc/nginx/conf.d/club.conf': NGINX_SITE })
    const before = await debian.everything()
    await expect(debian.web('nginx')).rejects.toThrow('nginx has several sites ("/etc/nginx/sites-available/default", "/etc/nginx/conf.d/club.conf"): say which with supermon-live web nginx --into FILE')
    expect(await debian.everything()).toEqual(before)
    await debian.web('nginx --into /etc/nginx/conf.d/club.conf')
    expect(await debian.text('/etc/nginx/conf.d/club.conf')).toContain('include snippets/supermon-live.conf')
    expect(await debian.text(SITE)).toBe(NGINX_SITE)
    expect(await debian.web('nginx')).toContain('everything is so already')
    // Another answer takes the first one back.
    await debian.web(`nginx --into ${SITE}`)
    expect(await debian.text('/etc/nginx/conf.d/club.conf')).toBe(NGINX_SITE)
    await debian.web('--remove')
    expect(await debian.everything()).toEqual(before)
  })

  it('takes its line out of any file that it was put into, wherever that is', async () => {
    const own = `http {\n\t${NGINX_SITE.replaceAll('\n', '\n\t')}\n}\n`
    for (const next of [`nginx --into ${SITE}`, 'nginx --name node.example']) {
      const debian = await nginxMachine({ '/etc/nginx/nginx.conf': own })
      await debian.web('nginx --into /etc/nginx/nginx.conf')
      expect(await debian.text('/etc/nginx/nginx.conf')).toContain('include snippets/supermon-live.conf')
      await debian.web(next)
      expect(await debian.text('/etc/nginx/nginx.conf'), next).toBe(own)
    }
  })

  it.each(['--remove', 'nginx --name node.example'])('takes its line out of a site that was switched off meanwhile, which could not be switched on again: web %s', async (line) => {
    for (const site of [SITE, '/etc/nginx/conf.d/club.conf']) {
      const debian = await machine({ '/etc/nginx/nginx.conf': '', [site]: NGINX_SITE, '/etc/nginx/sites-available/old/club': NGINX_SITE })
      const linked = site === SITE
      if (linked) await debian.link('/etc/nginx/sites-enabled/default', SITE)
      await debian.web('nginx')
      expect(await debian.text(site)).toContain('include snippets/supermon-live.conf')
      if (linked) await rm(debian.at('/etc/nginx/sites-enabled/default'))
      else await rename(debian.at(site), debian.at(`${site}.off`))
      await debian.web(line)
      expect(await debian.text(linked ? site : `${site}.off`), site).toBe(NGINX_SITE)
    }
  })

  it.each([
    ['sites-enabled is one to sites-available', SITE, { '/etc/nginx/sites-enabled': 'sites-available' }],
    ['sites-available is one to another folder', '/srv/sites/default', { '/etc/nginx/sites-available': '../../srv/sites', '/etc/nginx/sites-enabled/default': '/srv/sites/default' }],
    ['it begins at the root', '/srv/sites/default', { '/etc/nginx/sites-available': '/srv/sites', '/etc/nginx/sites-enabled/default': SITE }],
    ['both are one in two steps', '/srv/sites/default', { '/srv/on': 'sites', '/etc/nginx/sites-enabled': '/srv/on', '/etc/nginx/sites-available': '../../srv/on' }],
  ] as const)('knows a site by any of its names where a folder of sites is a link: %s', async (_, site, links) => {
    for (const into of ['', ' --into /etc/nginx/sites-enabled/default', ` --into ${SITE}`]) {
      const debian = await machine({ '/etc/nginx/nginx.conf': '', [site]: NGINX_SITE })
      for (const [path, target] of Object.entries(links)) await debian.link(path, target)
      const before = await debian.everything()
      await debian.web(`nginx${into}`)
      const made = await debian.text(site)
      expect(made).toContain('include snippets/supermon-live.conf')
      expect(await debian.web('--refresh')).toContain('nginx: everything is so already.')
      expect(await debian.text(site), into).toBe(made)
      await debian.web('--remove')
      expect(await debian.everything()).toEqual(before)
    }
  })

  it.each([
    ['sites-enabled is one to sites-available', { '/etc/nginx/sites-enabled': 'sites-available' }, '/etc/nginx/sites-available/supermon-live', {}],
    ['both are one to the same folder', { '/etc/nginx/sites-enabled': '/srv/sites', '/etc/nginx/sites-available': '../../srv/sites' }, '/srv/sites/supermon-live', {}],
    ['sites-enabled is one to another folder', { '/etc/nginx/sites-enabled': '/srv/web/on' }, '/etc/nginx/sites-available/supermon-live', { '/srv/web/on/supermon-live': '-> /etc/nginx/sites-available/supermon-live' }],
    ['sites-available is one to another folder', { '/etc/nginx/sites-available': '../../srv/sites' }, '/srv/sites/supermon-live', { '/etc/nginx/sites-enabled/supermon-live': '-> /srv/sites/supermon-live' }],
    ['neither is', {}, '/etc/nginx/sites-available/supermon-live', { '/etc/nginx/sites-enabled/supermon-live': '-> ../sites-available/supermon-live' }],
  ] as const)('enables a host of its own where a folder of sites is a link, and leaves nothing of it behind: %s', async (_, links, file, enabled) => {
    const debian = await machine({ '/etc/nginx/nginx.conf': '', '/srv/sites/other': NGINX_SITE, '/srv/web/on/other': NGINX_SITE })
    for (const [path, target] of Object.entries(links)) await debian.link(path, target)
    for (const folder of ['available', 'enabled']) if (!(`/etc/nginx/sites-${folder}` in links)) await mkdir(debian.at(`/etc/nginx/sites-${folder}`))
    const before = await debian.everything()
    const ours = async () => Object.entries(await debian.everything()).filter(([path]) => /\/supermon-live$/.test(path))
    await debian.web('nginx --name node.example')
    const text = await debian.text(file)
    expect(text).toContain('server_name node.example;')
    expect(Object.fromEntries(await ours())).toEqual({ [file]: text, ...enabled })
    expect(await debian.web('--refresh')).toContain('nginx: everything is so already.')
    await debian.write(file, 'by hand\n')
    await expect(debian.web('nginx --name node.example')).rejects.toThrow('/etc/nginx/sites-available/supermon-live was changed since it was made')
    await debian.web('nginx --remove')
    expect(await debian.everything()).toEqual(before)
  })

  it.each(['nginx --name node.example', 'nginx --remove'])('gets over a link to itself in the place of its host: web %s', async (line) => {
    const debian = await machine({ '/etc/nginx/nginx.conf': '', '/etc/nginx/sites-available/other': NGINX_SITE })
    await debian.link('/etc/nginx/sites-enabled', 'sites-available')
    await debian.link('/etc/nginx/sites-available/supermon-live', '../sites-available/supermon-live')
    await debian.web(line)
    const made = (await debian.everything())['/etc/nginx/sites-available/supermon-live']
    if (line.endsWith('--remove')) expect(made).toBeUndefined()
    else expect(made).toContain('server_name node.example;')
  })

  it('says what to do where there is no site, or none in the file that was named', async () => {
    const bare = await machine({ '/etc/nginx/nginx.conf': '' })
    await expect(bare.web('nginx')).rejects.toThrow(/has no site into which Supermon Live could go: name its file/)
    await bare.link('/etc/nginx/circle', 'circle')
    for (const name of ['none', 'circle']) await expect(bare.web(`nginx --into /etc/nginx/${name}`)).rejects.toThrow(`${name} is not there: name a file`)
    await expect(bare.web('nginx --into /etc/nginx/nginx.conf')).rejects.toThrow(/has no server \{ … \} of a site/)
  })

  it('moves to a host of its own, out of the other site', async () => {
    const debian = await nginxMachine()
    const before = await debian.everything()
    await debian.web('nginx')
    await debian.web('nginx --name node.example --certificate /c.pem --key /k.pem')
    expect(await debian.text(SITE)).toBe(NGINX_SITE)
    expect(await debian.text('/etc/nginx/sites-enabled/supermon-live')).toContain('ssl_certificate "/c.pem";')
    await debian.web('nginx --remove')
    expect(await debian.everything()).toEqual(before)
  })
})

describe('the words of web', () => {
  it('says what is wrong and what to do', async () => {
    const image = await machine({ ...APACHE, ...NGINX })
    for (const [line, sentence] of [
      ['', /web needs the name of a web server; write supermon-live web apache/],
      ['lighttpd', /web "lighttpd" is not known; give one of apache, nginx/],
      ['apache nginx', /takes one web server/],
      ['apache --nmae x', /web has no option "--nmae"/],
      ['apache --name', /--name has no value/],
      ['apache --name http://node.example', /is not a host name; give one like node.example/],
      ['apache --name node.example --key /k.pem', /certificate and key belong together/],
      ['apache --certificate /c.pem --key /k.pem', /a certificate is for a host of its own/],
      ['apache --into /x', /--into is for nginx/],
      ['nginx --into /x --name node.example', /cannot be combined/],
      ['apache --remove --print', /--print and --remove cannot be combined; to see what would be removed, write --remove --dry-run/],
      ['--remove --print', /cannot be combined/],
      ['nginx --refresh', /--refresh makes anew what was told before, and takes neither a web server nor its site/],
      ['--refresh --name node.example', /takes neither a web server nor its site/],
      ['--refresh --remove', /--refresh and --remove cannot be combined/],
      ['apache --port 0', /the gateway has any free port/],
      ['apache --base /', /has no base path/],
    ] as const) {
      const failure = await image.web(line).catch((error: unknown) => error)
      expect(failure, line).toBeInstanceOf(UsageError)
      expect((failure as Error).message, line).toMatch(sentence)
    }
    await expect((await machine({})).web('apache')).rejects.toThrow(/Apache is not installed here: install it \(apt install apache2\)/)
    await expect((await machine({})).web('nginx')).rejects.toThrow(/nginx is not installed here/)
  })

  it('has a help, and nothing to make anew or take away where nothing was made', async () => {
    const image = await machine(APACHE)
    expect(await image.web('--help')).toContain('Usage: supermon-live web apache|nginx')
    for (const words of ['--refresh', '--remove']) expect(await image.web(words)).toContain('there is nothing to do')
    expect(Object.keys(await image.everything())).not.toContain(WEB_CONF)
  })

  it('takes all of it out again whatever the settings say, and writes nothing by settings that it does not understand', async () => {
    const image = await machine(APACHE)
    await image.web('apache')
    await image.write(SETTINGS, 'base = /supermon-live\nof-a-later-version = yes\n')
    await expect(image.web('apache')).rejects.toThrow(/supermon-live\.conf:2: there is no setting "of-a-later-version"/)
    await image.web('--remove')
    expect(Object.keys(await image.everything()).filter((path) => path === CONF || path === WEB_CONF)).toEqual([])
  })

  it('says that it needs root where it may not write', async () => {
    const image = await machine(APACHE)
    // A file where a folder belongs: root itself may not write there either.
    await rm(image.at(`${A2}/conf-available`), { recursive: true, force: true })
    await writeFile(image.at(`${A2}/conf-available`), '')
    await expect(image.web('apache')).rejects.toThrow(CommandError)
    await rm(image.at(`${A2}/conf-available`))
    await mkdir(image.at(`${A2}/conf-available`))
    await image.web('apache')
    expect((await stat(image.at(WEB_CONF))).mode & 0o777).toBe(0o644)
    expect(await readFile(image.at(CONF), 'utf8')).toContain('ProxyPass')
  })
})
