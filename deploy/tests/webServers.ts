/** Debian's Apache and nginx as processes of the test's own: their modules, folders of ours, ports of loopback. */
import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { webCommand } from '../../server/src/web/command.ts'
import { until } from '../../server/tests/support/running.ts'

/** What Debian's Apache has enabled when it was just installed. */
const DEBIAN_MODULES = [
  'access_compat', 'alias', 'auth_basic', 'authn_core', 'authn_file', 'authz_core', 'authz_host', 'authz_user', 'autoindex', 'deflate', 'dir', 'env',
  'filter', 'mime', 'mpm_event', 'negotiation', 'reqtimeout', 'setenvif', 'status',
]

export interface Certificate {
  readonly certificate: string
  readonly key: string
}

/** A self-made certificate for a name or an address. */
export async function makeCertificate(folder: string, days = 30, name = 'node.example'): Promise<Certificate> {
  const [certificate, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)]
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', String(days), '-subj', `/CN=${name}`, '-addext', `subjectAltName=${isIP(name) === 0 ? 'DNS' : 'IP'}:${name}`,
    '-keyout', key, '-out', certificate,
  ], { stdio: 'ignore' })
  await chmod(key, 0o644)
  return { certificate, key }
}

export abstract class WebServerProcess {
  readonly root: string
  #child: ChildProcess | null = null
  #said = ''

  protected constructor(root: string) {
    this.root = root
  }

  protected static async folder(name: string): Promise<string> {
    const root = await mkdtemp(join(tmpdir(), `supermon-live-${name}-`))
    // The web server's own user reads it.
    await chmod(root, 0o755)
    return root
  }

  at(path: string): string {
    return join(this.root, path)
  }

  async write(path: string, text: string): Promise<void> {
    await mkdir(dirname(this.at(path)), { recursive: true })
    await writeFile(this.at(path), text)
  }

  unlink(path: string): Promise<void> {
    return rm(this.at(path))
  }

  text(path: string): Promise<string> {
    return readFile(this.at(path), 'utf8')
  }

  /** `supermon-live web …` for this folder. */
  async web(line: string): Promise<string> {
    let out = ''
    await webCommand([...line.split(' '), '--root', this.root], { env: {}, write: (text) => { out += text }, now: Date.now() })
    return out
  }

  protected abstract command(): readonly [string, readonly string[], Record<string, string>]

  /** Waits until `port` answers. */
  async start(port: number): Promise<void> {
    const [command, args, env] = this.command()
    const child = spawn(command, args, { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => { this.#said += data.toString() })
    let up = false
    const look = setInterval(() => { fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' }).then(() => { up = true }, () => undefined) }, 50)
    try {
      await until(() => up || child.exitCode !== null, () => `${command} does not answer: ${this.#said}`)
    } finally {
      clearInterval(look)
    }
    if (child.exitCode !== null) throw new Error(`${command} ended: ${this.#said}${await readFile(this.at('error.log'), 'utf8').catch(() => '')}`)
  }

  async close(): Promise<void> {
    const child = this.#child
    if (child !== null && child.exitCode === null) {
      const end = new Promise((resolve) => child.on('close', resolve))
      child.kill('SIGTERM')
      await end
    }
    await rm(this.root, { recursive: true, force: true })
  }
}

export class ApacheProcess extends WebServerProcess {
  /** @param ports what it listens on @param modules besides those that Debian has on @param threads of its one process; Debian has 25 in each of six */
  static async make(ports: readonly number[], site: string, modules: readonly string[] = [], threads = 64): Promise<ApacheProcess> {
    const apache = new ApacheProcess(await this.folder('apache'))
    await apache.write('www/index.html', '<title>The site</title>')
    await apache.write('etc/apache2/apache2.conf', `
ServerRoot "${apache.at('etc/apache2')}"
ServerName node.example
PidFile "${apache.at('apache.pid')}"
DefaultRuntimeDir "${apache.at('run')}"
Mutex file:${apache.at('run')} default
ErrorLog "${apache.at('error.log')}"
User www-data
Group www-data
${ports.map((port) => `Listen 127.0.0.1:${port}\n`).join('')}
<Directory />
  Options FollowSymLinks
  AllowOverride None
  Require all denied
</Directory>
<Directory "${apache.at('www')}">
  Require all granted
</Directory>
IncludeOptional mods-enabled/*.load
IncludeOptional mods-enabled/*.conf
IncludeOptional conf-enabled/*.conf
IncludeOptional sites-enabled/*.conf
`)
    await mkdir(apache.at('run'), { recursive: true, mode: 0o777 })
    await chmod(apache.at('run'), 0o777)
    await symlink('/etc/apache2/mods-available', apache.at('etc/apache2/mods-available'))
    for (const folder of ['mods-enabled', 'conf-available', 'conf-enabled', 'sites-available', 'sites-enabled']) await mkdir(apache.at(`etc/apache2/${folder}`), { recursive: true })
    for (const module of [...DEBIAN_MODULES, ...modules]) {
      for (const ending of ['load', 'conf']) await symlink(`../mods-available/${module}.${ending}`, apache.at(`etc/apache2/mods-enabled/${module}.${ending}`))
    }
    await apache.unlink('etc/apache2/mods-enabled/mpm_event.conf')
    await apache.write('etc/apache2/mods-enabled/mpm_event.conf', `StartServers 1\nThreadLimit 64\nThreadsPerChild ${threads}\nMaxRequestWorkers ${threads}\n`)
    await apache.write('etc/apache2/sites-enabled/000-site.conf', site.replaceAll('@WWW@', apache.at('www')))
    return apache
  }

  protected command() {
    const dir = this.at('etc/apache2')
    const env = { APACHE_RUN_USER: 'www-data', APACHE_RUN_GROUP: 'www-data', APACHE_LOG_DIR: this.root, APACHE_RUN_DIR: this.at('run'), APACHE_PID_FILE: this.at('apache.pid') }
    return ['/usr/sbin/apache2', ['-d', dir, '-f', join(dir, 'apache2.conf'), '-D', 'FOREGROUND'], env] as const
  }
}

export class NginxProcess extends WebServerProcess {
  static async make(site: string): Promise<NginxProcess> {
    const nginx = new NginxProcess(await this.folder('nginx'))
    await nginx.write('www/index.html', '<title>The site</title>')
    await nginx.write('etc/nginx/nginx.conf', `
pid "${nginx.at('nginx.pid')}";
error_log "${nginx.at('error.log')}";
events { worker_connections 768; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((what) => `${what}_temp_path "${nginx.at('temp')}/${what}";`).join('\n  ')}
  include /etc/nginx/mime.types;
  gzip on;
  include conf.d/*.conf;
  include sites-enabled/*;
}
`)
    await mkdir(nginx.at('temp'))
    for (const folder of ['conf.d', 'sites-available', 'sites-enabled', 'snippets']) await mkdir(nginx.at(`etc/nginx/${folder}`), { recursive: true })
    await nginx.write('etc/nginx/sites-available/default', site.replaceAll('@WWW@', nginx.at('www')))
    await symlink('/etc/nginx/sites-available/default', nginx.at('etc/nginx/sites-enabled/default'))
    return nginx
  }

  /** Debian's link begins at `/`, which is another folder for the process. */
  override async start(port: number): Promise<void> {
    const link = this.at('etc/nginx/sites-enabled/default')
    await rm(link, { force: true })
    await symlink('../sites-available/default', link)
    await super.start(port)
  }

  protected command() {
    return ['/usr/sbin/nginx', ['-c', this.at('etc/nginx/nginx.conf'), '-g', 'daemon off;'], {}] as const
  }
}
