/** Firefox as somebody hears it who does not look, read by Orca: keys go in, what is said comes out. */
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import puppeteer from 'puppeteer-core'
import type { Browser, Page } from 'puppeteer-core'
import { until } from '../page/stage.ts'

const ORCA = fileURLToPath(new URL('reader.py', import.meta.url))
const FIREFOX = process.env['FIREFOX'] ?? '/usr/bin/firefox-esr'
/** Reading a page takes its time, ms. */
const PATIENCE = 30_000
/** The first look at the focus, and the wait between two of the keys that bring it, ms. */
const FOCUS_MS = 3_000
/** Orca has taken in a page when it has said nothing for so long, ms: until then its own place still moves. */
const QUIET_MS = 3_000
const run = promisify(execFile)

export class ScreenReader {
  readonly #home: string
  readonly #env: NodeJS.ProcessEnv
  readonly #said: string[] = []
  #from = 0
  #lastSaid = 0
  #orca: ChildProcess | null = null
  #browser: Browser | null = null
  #tab: Page | null = null

  private constructor(home: string) {
    const { WAYLAND_DISPLAY: _, XDG_CONFIG_HOME: _config, XDG_DATA_HOME: _data, ...env } = process.env
    this.#home = home
    this.#env = { ...env, HOME: home, XDG_RUNTIME_DIR: join(home, 'run'), LC_ALL: 'C.UTF-8', GNOME_ACCESSIBILITY: '1', LIBGL_ALWAYS_SOFTWARE: '1' }
  }

  /** On a display, a bus and a home of its own. `close` ends all of it. @throws when one of them does not start */
  static async start(): Promise<ScreenReader> {
    const reader = new ScreenReader(await mkdtemp(join(tmpdir(), 'supermon-live-heard-')))
    try {
      await reader.#start()
      return reader
    } catch (error) {
      await reader.close()
      throw error
    }
  }

  async #start(): Promise<void> {
    await mkdir(join(this.#home, 'run'), { mode: 0o700 })
    this.#env['DISPLAY'] = `:${await this.#firstLine('Xvfb', '-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp')}`
    this.#env['DBUS_SESSION_BUS_ADDRESS'] = await this.#firstLine('dbus-daemon', '--session', '--nofork', '--print-address=1')
    this.#spawn('/usr/libexec/at-spi-bus-launcher', '--launch-immediately')
    const orca = this.#spawn('/usr/bin/python3', ORCA)
    this.#orca = orca
    createInterface({ input: orca.stdout }).on('line', (line) => {
      if (!line.startsWith('"')) return
      this.#lastSaid = performance.now()
      this.#said.push((JSON.parse(line) as string).trim())
    })
    await this.hears('Screen reader on.')
    this.#browser = await puppeteer.launch({
      browser: 'firefox', executablePath: FIREFOX, headless: false, env: this.#env, defaultViewport: null, args: ['--width=1280', '--height=1000'],
      // As people have it: a window without the focus is not treated as if it had it.
      extraPrefsFirefox: { 'accessibility.force_disabled': -1, 'focusmanager.testmode': false },
    })
    this.#tab = (await this.#browser.pages())[0] ?? null
    const { stdout } = await this.#xdotool('search', '--sync', '--onlyvisible', '--class', 'firefox')
    await this.#xdotool('windowfocus', '--sync', stdout.split('\n')[0] ?? '')
  }

  #spawn(command: string, ...args: readonly string[]) {
    return spawn(command, args, { env: this.#env, stdio: ['ignore', 'pipe', 'ignore'] })
  }

  async #firstLine(command: string, ...args: readonly string[]): Promise<string> {
    const child = this.#spawn(command, ...args)
    return new Promise((resolve, reject) => {
      child.once('error', reject).once('exit', (code) => { reject(new Error(`${command} ended: ${code ?? 'killed'}`)) })
      createInterface({ input: child.stdout }).once('line', resolve)
    })
  }

  #xdotool(...args: string[]) {
    return run('xdotool', args, { env: this.#env })
  }

  get tab(): Page {
    if (this.#tab === null) throw new Error('no tab is open')
    return this.#tab
  }

  /** Goes to a page, and has the focus on it. What is said from then on counts. */
  async open(url: string): Promise<void> {
    this.listen()
    await this.tab.goto(url, { waitUntil: 'domcontentloaded' })
    // Who wrote or chose something on the page before hears of the other mode alone: Orca leaves that one with its page.
    await this.hears(/Finished loading|Browse mode/)
    const isOnPage = async () => (await this.tab.evaluate('document.hasFocus()')) as boolean
    await until(async () => {
      if (await isOnPage()) return true
      // From the browser's own bars to the page, as people go there.
      await this.#xdotool('key', 'F6')
      return until(isOnPage, FOCUS_MS).catch(() => false)
    }, PATIENCE)
  }

  /** Only what is said from now on counts. */
  listen(): void {
    this.#from = this.#said.length
  }

  /** Presses a key; only what is said from then on counts. `Return`, `ctrl+Home`, as xdotool calls them. */
  async press(key: string): Promise<void> {
    this.listen()
    await this.#xdotool('key', '--clearmodifiers', key)
  }

  /** Types where the focus is. */
  async type(text: string): Promise<void> {
    this.listen()
    await this.#xdotool('type', '--delay', '50', text)
  }

  /** Orca has something else to do while that happens, as on a slow machine: it hears of all of it afterwards. */
  async whileBusy(happens: () => Promise<unknown>): Promise<void> {
    this.#orca?.kill('SIGSTOP')
    await happens().finally(() => this.#orca?.kill('SIGCONT'))
  }

  /** What was said, in order. */
  heard(): readonly string[] {
    return this.#said.slice(this.#from)
  }

  #lately(): string {
    return this.heard().slice(-12).join(' | ') || 'nothing'
  }

  /** Waits until something is said. @throws with what was said instead */
  async hears(what: string | RegExp): Promise<string> {
    const fits = (said: string) => (typeof what === 'string' ? said.includes(what) : what.test(said))
    return until(() => this.heard().find(fits), PATIENCE).catch(() => {
      throw new Error(`not heard: ${String(what)}; but: ${this.#lately()}`)
    })
  }

  /** Waits until Orca has nothing more to say. */
  async isQuiet(): Promise<void> {
    await until(() => performance.now() - this.#lastSaid > QUIET_MS, PATIENCE)
  }

  /** Presses a key again and again until something is said. @throws with what was said last */
  async pressUntil(key: string, what: string | RegExp, most = 20): Promise<void> {
    for (let times = 1; ; times++) {
      await this.press(key)
      // A key that comes while a page is taken in is lost.
      if (await until(() => this.heard().some((said) => (typeof what === 'string' ? said.includes(what) : what.test(said))), 3_000).catch(() => false)) return
      if (times === most) throw new Error(`not heard by ${key}: ${String(what)}; but: ${this.#lately()}`)
    }
  }

  /** Ends everything that was started, and what that has started. */
  async close(): Promise<void> {
    await this.#browser?.close().catch(() => undefined)
    await until(async () => {
      const mine = await this.#mine()
      for (const pid of mine) process.kill(pid, 'SIGKILL')
      return mine.length === 0
    }, PATIENCE)
    await rm(this.#home, { recursive: true, force: true })
  }

  /** Whoever has this home. A bus starts others, which outlive it. */
  async #mine(): Promise<number[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
    const environments = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')))
    return pids.filter((_, i) => environments[i]?.split('\0').includes(`HOME=${this.#home}`) === true).map(Number)
  }
}
