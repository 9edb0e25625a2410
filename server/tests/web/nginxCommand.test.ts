/** The command for nginx on folders that stand for machines; it is asked for real in the deploy tests. */
import { chmod, chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { NGINX_SITE } from './machine.ts'
import { SITE, WEB_CONF, machine, nginxMachine, removeMachines } from './machines.ts'

afterEach(removeMachines)

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
