/** Everything a page test needs for real: a fake Asterisk, the built gateway as a process of its own, and Chromium. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright'
import type { Browser, Page } from 'playwright'
import { freePorts } from '../../../server/tests/support/freePorts.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

export const freePort = () => freePorts(1)

/** Waits until `check` gives something, up to `ms`. The last error is told when it does not. */
export async function until<T>(check: () => Promise<T | false | null | undefined> | T | false | null | undefined, ms = 20_000): Promise<T> {
  const end = Date.now() + ms
  let last: Error | null = null
  for (;;) {
    try {
      const got = await check()
      if (got !== false && got !== null && got !== undefined) return got
    } catch (error) {
      last = error as Error
    }
    if (Date.now() > end) throw new Error(`not within ${ms} ms${last === null ? '' : `: ${last.message}`}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export interface AmiTarget {
  readonly id: string
  readonly port: number
  readonly user: string
  readonly secret: string
}

/** An allmon.ini for these nodes, in a folder of its own. */
export async function writeConfig(nodes: readonly AmiTarget[]): Promise<{ path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  const path = join(folder, 'allmon.ini')
  const text = nodes
    .map(({ id, port, user, secret }) => `[${id}]\nhost=127.0.0.1:${port}\nuser=${user}\npasswd="${secret}"\nmenu=yes\nsystem=Nodes\n`)
    .join('\n')
  await writeFile(path, text)
  return { path, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** A process is loaded and compiled meanwhile, on a machine that may have more to do. */
const START_MS = 45_000

export class GatewayProcess {
  readonly url: string
  readonly #args: readonly string[]
  readonly #env: Readonly<Record<string, string>>
  #child: ChildProcess | null = null
  #ready = false
  output = ''

  /** @param options `main`: another bundle than the built one; `nodeArgs`: for Node, before it; `env`: besides this process's own */
  constructor(options: {
    port: number; config?: string; base?: string; args?: readonly string[]
    main?: string; nodeArgs?: readonly string[]; env?: Readonly<Record<string, string>>
  }) {
    const base = options.base ?? ''
    this.url = `http://127.0.0.1:${options.port}${base}/`
    this.#env = options.env ?? {}
    this.#args = [
      ...(options.nodeArgs ?? []), options.main ?? join(ROOT, 'dist-server/main.js'), '--port', String(options.port), '--host', '127.0.0.1',
      ...(options.config === undefined ? [] : ['--config', options.config]),
      ...(base === '' ? [] : ['--base', base]),
      ...(options.args ?? []),
    ]
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, this.#args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...this.#env } })
    this.#child = child
    child.stdout.on('data', (data: Buffer) => { this.output += data.toString() })
    child.stderr.on('data', (data: Buffer) => { this.output += data.toString() })
    await until(async () => child.exitCode !== null || (await fetch(`${this.url}healthz`)).ok, START_MS)
    if (child.exitCode !== null) throw new Error(`gateway ended: ${this.output}`)
    this.#ready = true
  }

  /** @throws when it does not run */
  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the gateway does not run')
    return this.#child.pid
  }

  /** Has it answered, and neither ended nor been told to? A signal that comes sooner would find no handler. */
  get runs(): boolean {
    return this.#ready && this.#child !== null && !this.died
  }

  /** Was it started, and ended without being asked to? */
  get died(): boolean {
    return this.#child !== null && (this.#child.exitCode !== null || this.#child.signalCode !== null)
  }

  /** @returns the exit code, or the signal that ended it */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string | null> {
    const child = this.#child
    this.#child = null
    this.#ready = false
    if (child === null || child.exitCode !== null) return child?.exitCode ?? null
    const ended = new Promise<number | string | null>((resolve) => {
      child.once('exit', (code, by) => { resolve(code ?? by) })
    })
    child.kill(signal)
    return ended
  }
}

export function launchChromium(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path))
  return chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking', '--no-first-run'],
  })
}

/** The time of a page that is still empty stands until a test lets it pass, over every load: what a busy machine takes between two steps counts for nothing. */
export async function holdTime(page: Page): Promise<void> {
  const now = Date.now()
  // It goes on from when it is installed until it is held, and cannot be held at what is past.
  await page.clock.install({ time: now - 3_600_000 })
  await page.clock.pauseAt(now)
}
