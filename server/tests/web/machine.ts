/** A folder that stands for a machine, and what its programs were asked. */
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { RunProgram } from '../../src/env/runProgram.ts'
import { webCommand } from '../../src/web/command.ts'

export const NGINX_SITE = 'server {\n\tlisten 80 default_server;\n\troot /var/www/html;\n}\n'

export class FakeMachine {
  readonly root: string
  /** Each as it would be typed on the machine itself. */
  readonly ran: string[] = []
  /** By command, what it answers; others do well and say nothing. */
  readonly answers = new Map<string, { code: number; stdout?: string; stderr?: string }>()

  private constructor(root: string) {
    this.root = root
  }

  static async make(files: Readonly<Record<string, string>>): Promise<FakeMachine> {
    const machine = new FakeMachine(await mkdtemp(join(tmpdir(), 'supermon-live-root-')))
    for (const [path, text] of Object.entries(files)) await machine.write(path, text)
    return machine
  }

  at(path: string): string {
    return join(this.root, path)
  }

  async write(path: string, text: string): Promise<void> {
    await mkdir(dirname(this.at(path)), { recursive: true })
    await writeFile(this.at(path), text)
  }

  async link(path: string, target: string): Promise<void> {
    await mkdir(dirname(this.at(path)), { recursive: true })
    await symlink(target, this.at(path))
  }

  text(path: string): Promise<string> {
    return readFile(this.at(path), 'utf8')
  }

  /** All files and links, with their content or target. */
  async everything(): Promise<Record<string, string>> {
    const all: Record<string, string> = {}
    for (const entry of await readdir(this.root, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      if (entry.isSymbolicLink()) all[path.slice(this.root.length)] = `-> ${await readlink(path)}`
      else if (entry.isFile()) all[path.slice(this.root.length)] = await readFile(path, 'utf8')
    }
    return all
  }

  readonly run: RunProgram = (command, args) => {
    const typed = (command === 'chroot' && args[0] === this.root ? args.slice(1) : [command, ...args]).join(' ')
    this.ran.push(typed)
    return Promise.resolve({ code: 0, stdout: '', stderr: '', ...this.answers.get(typed) })
  }

  /** What the command says. */
  async web(line: string, env: Record<string, string> = {}): Promise<string> {
    let out = ''
    const words = line.split(' ').filter((word) => word !== '')
    await webCommand([...words, '--root', this.root], { env, write: (text) => { out += text }, now: 0 }, this.run)
    return out
  }

  remove(): Promise<void> {
    return rm(this.root, { recursive: true, force: true })
  }
}
