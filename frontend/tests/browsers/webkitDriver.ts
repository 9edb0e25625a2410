/** WebKitGTK's MiniBrowser by W3C WebDriver, on a display of its own (Xvfb). */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, until } from '../page/stage.ts'
import type { BrowserDriver, Tab } from './driver.ts'

const DRIVER = '/usr/bin/WebKitWebDriver'
const XVFB = '/usr/bin/Xvfb'

/** What WebDriver calls an element. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'

/** A browser that does not start leaves the driver waiting for it for ever, ms. */
const ANSWER_MS = 30_000

interface Answer {
  readonly value: unknown
}

class Session {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  async ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body: object = {}): Promise<T> {
    const response = await fetch(this.#url + path, { method, signal: AbortSignal.timeout(ANSWER_MS), ...(method === 'POST' ? { body: JSON.stringify(body) } : {}) })
    const { value } = (await response.json()) as Answer
    if (response.ok) return value as T
    throw new Error(`${method} ${path}: ${JSON.stringify(value)}`)
  }
}

class WebKitTab implements Tab {
  readonly handle: string
  readonly #session: Session
  readonly #others: () => string | null

  /** @param others a window to go to when this one is gone */
  constructor(session: Session, handle: string, others: () => string | null) {
    this.#session = session
    this.handle = handle
    this.#others = others
  }

  async goto(url: string): Promise<void> {
    await this.#ask('POST', '/url', { url })
  }

  look<T>(expression: string): Promise<T> {
    return this.#ask('POST', '/execute/sync', { script: `return (${expression})`, args: [] })
  }

  async click(selector: string): Promise<void> {
    await this.#ask('POST', `/element/${await this.#find(selector)}/click`)
  }

  async type(selector: string, text: string): Promise<void> {
    await this.#ask('POST', `/element/${await this.#find(selector)}/value`, { text })
  }

  async back(): Promise<void> {
    await this.#ask('POST', '/back')
  }

  async picture(): Promise<Buffer> {
    return Buffer.from(await this.#ask<string>('GET', '/screenshot'), 'base64')
  }

  async close(): Promise<void> {
    await this.#ask('DELETE', '/window')
    const other = this.#others()
    if (other !== null) await this.#session.ask('POST', '/window', { handle: other })
  }

  /** Commands go to one window at a time. */
  async #ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body: object = {}): Promise<T> {
    await this.#session.ask('POST', '/window', { handle: this.handle })
    return this.#session.ask(method, path, body)
  }

  async #find(selector: string): Promise<string> {
    const found = await this.#ask<Record<string, string>>('POST', '/element', { using: 'css selector', value: selector })
    return found[ELEMENT] as string
  }
}

/** @throws when it is not installed, with the packages' names */
export async function launchWebKit(): Promise<BrowserDriver> {
  const binary = miniBrowser()
  if (binary === undefined || !existsSync(DRIVER) || !existsSync(XVFB)) throw new Error('no WebKit found; apt-get install webkit2gtk-driver xvfb')
  const processes: ChildProcess[] = []
  const end = async () => { await Promise.all(processes.map(ended)) }
  try {
    return await connect(binary, processes, end)
  } catch (error) {
    await end()
    throw error
  }
}

async function connect(binary: string, processes: ChildProcess[], end: () => Promise<void>): Promise<BrowserDriver> {
  const display = freeDisplay()
  processes.push(spawn(XVFB, [display, '-screen', '0', '1400x1000x24', '-nolisten', 'tcp'], { stdio: 'ignore' }))
  await until(() => existsSync(`/tmp/.X11-unix/X${display.slice(1)}`))
  const port = await freePort()
  processes.push(spawn(DRIVER, ['--host=127.0.0.1', `--port=${port}`], { stdio: 'ignore', env: { ...process.env, DISPLAY: display } }))
  const url = `http://127.0.0.1:${port}`
  await until(async () => (await fetch(`${url}/status`)).ok)
  const options = { binary, args: ['--automation'] }
  const started = await new Session(url).ask<{ sessionId: string; capabilities: { browserVersion: string } }>('POST', '/session', {
    capabilities: { alwaysMatch: { browserName: 'MiniBrowser', 'webkitgtk:browserOptions': options } },
  })
  const session = new Session(`${url}/session/${started.sessionId}`)
  const first = await session.ask<string>('GET', '/window')
  const tabOf = (handle: string) => new WebKitTab(session, handle, () => (handle === first ? null : first))
  const openWindow = async (type: 'window' | 'tab', size = { width: 1280, height: 900 }) => {
    await session.ask('POST', '/window', { handle: first })
    const { handle } = await session.ask<{ handle: string }>('POST', '/window/new', { type })
    await session.ask('POST', '/window', { handle })
    if (type === 'window') await session.ask('POST', '/window/rect', size)
    return tabOf(handle)
  }
  return {
    name: 'webkit',
    version: `WebKitGTK ${started.capabilities.browserVersion}`,
    // Its windows have no touch, and the narrowest is as narrow as its tool bar.
    open: ({ phone = false } = {}) => openWindow('window', phone ? { width: 390, height: 844 } : { width: 1280, height: 900 }),
    async openHidden(address) {
      // A tab opens behind the one that is there, and nothing brings it to the front but that one's end.
      const cover = await openWindow('window')
      await session.ask('POST', '/window', { handle: cover.handle })
      const { handle } = await session.ask<{ handle: string }>('POST', '/window/new', { type: 'tab' })
      const tab = tabOf(handle)
      await tab.goto(address)
      return { tab, cover, show: () => cover.close() }
    },
    freeze: null,
    async close() {
      await session.ask('DELETE', '').catch(() => undefined)
      await end()
    },
  }
}

/** Debian keeps it in a folder that is named after the machine and the version of the interface. */
function miniBrowser(): string | undefined {
  return readdirSync('/usr/lib')
    .flatMap((machine) => ['4.1', '4.0'].map((version) => join('/usr/lib', machine, `webkit2gtk-${version}`, 'MiniBrowser')))
    .find((path) => existsSync(path))
}

function freeDisplay(): string {
  const taken = existsSync('/tmp/.X11-unix') ? readdirSync('/tmp/.X11-unix') : []
  for (let n = 90; ; n += 1) if (!taken.includes(`X${n}`)) return `:${n}`
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve()
      return
    }
    child.once('exit', () => { resolve() })
    child.kill()
  })
}
