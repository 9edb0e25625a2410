/** A machine in a folder: what setup finds on it, and what it says and leaves behind. */
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ProgramEnd } from '../../src/env/runProgram.ts'
import { setupCommand } from '../../src/setup/command.ts'
import type { SetupTools } from '../../src/setup/tools.ts'

const FIXTURES = join(import.meta.dirname, '../fixtures/asterisk')

export const SUPERMON = '/var/www/html/supermon-ng'
export const ALLMON = '[546051]\nhost = 127.0.0.1:5038\nuser = admin\npasswd = "not-to-be-seen"\nmenu = yes\n'

export interface Outcome {
  readonly code: number
  readonly out: string
  /** What the web server's command was told. */
  readonly web: readonly { readonly argv: string; readonly env: Readonly<Record<string, string | undefined>> }[]
  readonly asked: readonly string[]
}

export class Machine {
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  static async make(files: Readonly<Record<string, string>> = {}): Promise<Machine> {
    const machine = new Machine(await mkdtemp(join(tmpdir(), 'supermon-live-')))
    for (const [path, text] of Object.entries(files)) await machine.write(path, text)
    return machine
  }

  /** With the configuration of a fixture's Asterisk. */
  static async withAsterisk(fixture: 'asl3' | 'hamvoip', files: Readonly<Record<string, string>> = {}): Promise<Machine> {
    const machine = await Machine.make(files)
    await cp(join(FIXTURES, fixture), machine.at('/etc/asterisk'), { recursive: true })
    return machine
  }

  at(path: string): string {
    return join(this.root, path)
  }

  async write(path: string, text: string, mode?: number): Promise<void> {
    await mkdir(dirname(this.at(path)), { recursive: true })
    await writeFile(this.at(path), text)
    if (mode !== undefined) await chmod(this.at(path), mode)
  }

  read(path: string): Promise<string> {
    return readFile(this.at(path), 'utf8')
  }

  /** The settings of the settings file, as they are read. */
  async settings(): Promise<Record<string, string>> {
    const lines = (await this.read('/etc/supermon-live/supermon-live.conf')).split('\n').filter((line) => line.includes(' = '))
    return Object.fromEntries(lines.map((line) => line.split(' = ') as [string, string]))
  }

  /** Everything below: names, modes, owners, content and time of each file. */
  async tree(): Promise<string[]> {
    const names = (await readdir(this.root, { recursive: true })).sort()
    return Promise.all(names.map(async (name) => {
      const path = join(this.root, name)
      const { mode, uid, gid, mtimeMs } = await lstat(path)
      const content = (mode & 0o170000) === 0o120000 ? await readlink(path) : await readFile(path, 'utf8').catch(() => '')
      return [name, mode.toString(8), uid, gid, mtimeMs, content].join(' ')
    }))
  }

  async setup(line: string | readonly string[] = '', tools: Partial<SetupTools> & { answer?: boolean; webCode?: number; env?: Readonly<Record<string, string>> } = {}): Promise<Outcome> {
    let out = ''
    const web: { argv: string; env: Readonly<Record<string, string | undefined>> }[] = []
    const asked: string[] = []
    const { answer, webCode, env = {} } = tools
    const code = await setupCommand([...(typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line), '--root', this.root], {
      env, now: 0, write: (text) => { out += text },
    }, {
      run: (): Promise<ProgramEnd> => Promise.reject(new Error('in another root nothing is run')),
      web: (argv, { env }) => {
        web.push({ argv: argv.join(' ').replaceAll(this.root, 'ROOT'), env })
        return Promise.resolve(webCode)
      },
      ask: answer === undefined ? null : (question) => {
        asked.push(question)
        return Promise.resolve(answer)
      },
      hostName: 'node.example',
      uid: process.getuid?.() ?? null,
      ...tools,
    })
    return { code, out: out.replaceAll(this.root, 'ROOT'), web, asked }
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true })
  }
}

/** The machine for this test, gone with it. */
export async function on(made: Promise<Machine>): Promise<Machine> {
  const machine = await made
  onTestFinished(() => machine.remove())
  return machine
}

/** Supermon-NG as its package lays it out. */
export const SUPERMON_FILES = {
  [`${SUPERMON}/user_files/allmon.ini`]: ALLMON,
  [`${SUPERMON}/user_files/.htpasswd`]: '',
  [`${SUPERMON}/user_files/privatenodes.txt`]: '',
  [`${SUPERMON}/user_files/global.inc`]: '',
  [`${SUPERMON}/astdb.txt`]: '',
  [`${SUPERMON}/.env`]: 'APP_ENV=production\nAPP_BASE_PATH=/supermon-ng\n',
  '/lib/systemd/system/supermon-ng-websocket.service': '[Service]\nExecStart=/usr/bin/php bin/websocket-server.php\n',
}
export const APACHE_FILES = { '/etc/apache2/apache2.conf': '', '/usr/sbin/apache2': '' }
export const NGINX_FILES = { '/etc/nginx/nginx.conf': '', '/usr/sbin/nginx': '' }
