/**
 * A real Supermon-NG with files of its own: a copy of the folder that SUPERMON_NG names, its backend as its service runs it and its
 * WebSocket daemon, on loopback. What is installed here is left alone.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { freePorts } from '../support/freePorts.ts'

const FOLDER = process.env['SUPERMON_NG'] ?? '/var/www/html/supermon-ng'

/** A copy holds its program, and nothing that people or its services wrote. */
const NOT_COPIED = /^(?:\.git|user_files|frontend|logs|cache|database|\.env)(?:\/|$)/
/** PHP compiles all of it anew for the first question, ms. */
const START_MS = 30_000

export class RealSupermonNg {
  /** Origin and path. */
  readonly url: string
  /** Of its daemon, likewise. */
  readonly sockets: string
  readonly #folder: string
  readonly #ports: { readonly backend: number; readonly daemon: number }
  #children: ChildProcess[] = []

  private constructor(folder: string, ports: { backend: number; daemon: number }) {
    this.#folder = folder
    this.#ports = ports
    this.url = `http://127.0.0.1:${ports.backend}/supermon-ng`
    this.sockets = `ws://127.0.0.1:${ports.daemon}/supermon-ng`
  }

  /**
   * @param files of its `user_files`, by name
   * @param astdb the list of nodes
   * @throws where there is none, or it does not answer in time
   */
  static async start(files: Readonly<Record<string, string>>, astdb: string): Promise<RealSupermonNg> {
    if (!existsSync(join(FOLDER, 'public/index.php'))) throw new Error(`there is no Supermon-NG in ${FOLDER}: say in SUPERMON_NG where one is`)
    const folder = await mkdtemp(join(tmpdir(), 'supermon-live-ng-'))
    const real = new RealSupermonNg(folder, { backend: await freePorts(1), daemon: await freePorts(1) })
    try {
      await cp(FOLDER, folder, { recursive: true, filter: (path) => !NOT_COPIED.test(relative(FOLDER, path)) })
      for (const name of ['user_files', 'logs', 'cache', 'database', 'sessions']) await mkdir(join(folder, name), { recursive: true })
      await cp(astdb, join(folder, 'astdb.txt'))
      for (const [name, text] of Object.entries(files)) await real.put(name, text)
      await real.up()
    } catch (error) {
      await real.close()
      throw error
    }
    return real
  }

  /** Writes one of its `user_files`, which it reads with the next question. */
  put(name: string, text: string): Promise<void> {
    return writeFile(this.path(name), text)
  }

  /** Of one of its `user_files`. */
  path(name: string): string {
    return join(this.#folder, 'user_files', name)
  }

  /** Starts it, again if need be: sessions are files and outlive it. */
  async up(): Promise<void> {
    const { backend, daemon } = this.#ports
    const php = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
      this.#children.push(spawn('php', args, { cwd: this.#folder, stdio: 'ignore', env: { ...process.env, ...env } }))
    }
    php(['-d', `session.save_path=${join(this.#folder, 'sessions')}`, '-S', `127.0.0.1:${backend}`, '-t', 'public', 'public/index.php'])
    php(['bin/websocket-server.php'], { WEBSOCKET_BASE_PORT: `${daemon}` })
    const end = Date.now() + START_MS
    for (const port of [backend, daemon]) {
      while (!(await fetch(`http://127.0.0.1:${port}/health`).then(() => true, () => false))) {
        if (Date.now() > end) throw new Error('Supermon-NG does not answer: is PHP 8.1 installed here, with its extensions?')
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
  }

  /** SIGSTOP: it is there and does nothing. SIGCONT: it goes on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    for (const child of this.#children) child.kill(signal)
  }

  async down(): Promise<void> {
    const running = this.#children.splice(0).filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
    await Promise.all(running.map((child) => new Promise((resolve) => {
      child.once('exit', resolve)
      child.kill('SIGKILL')
    })))
  }

  /** As when PHP clears up old ones. */
  async forget(cookie: string): Promise<void> {
    await unlink(join(this.#folder, 'sessions', `sess_${cookie.split('=')[1]}`))
  }

  async close(): Promise<void> {
    await this.down()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
