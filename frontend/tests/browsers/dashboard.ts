/** What stands on the dashboard, read in the page by expressions. */
import { until } from '../page/stage.ts'
import type { Tab } from './driver.ts'
import type { House } from './house.ts'

/** How one node stands there. */
export interface Panel {
  /** The state of its connection: `live`, `waiting` … */
  readonly connection: string
  /** It says that what it shows may no longer be true. */
  readonly stale: boolean
  /** Of the node: `idle`, `down` … */
  readonly status: string
  /** States of its rows by id: `talking`, `quiet` … */
  readonly rows: Readonly<Record<string, string>>
  readonly text: string
}

/** Notes when each row changes its state, epoch ms: the moment of the change and not of somebody's look. */
const RECORDER = `(() => {
  if (globalThis.proof !== undefined) return true
  globalThis.proof = { changes: [], persisted: null, reloaded: false }
  addEventListener('pageshow', (event) => { globalThis.proof.persisted = event.persisted })
  new MutationObserver((records) => {
    for (const { target } of records) {
      if (!target.matches('tr.link')) continue
      const change = { at: Date.now(), frameAt: null, id: target.querySelector('.id').textContent.trim(), state: target.dataset.state }
      globalThis.proof.changes.push(change)
      // A frame is asked for before it is drawn; the task behind it runs when it is.
      requestAnimationFrame(() => { setTimeout(() => { change.frameAt = Date.now() }) })
    }
  }).observe(document.body, { subtree: true, attributes: true, attributeFilter: ['data-state'] })
  return true
})()`

/** Sets one timer after the other and notes how late the latest came: a hidden page's are held back. */
const TIMER = `(() => {
  const timer = globalThis.lateTimer = { setAt: Date.now(), latestMs: 0 }
  const tick = () => {
    timer.latestMs = Math.max(timer.latestMs, Date.now() - timer.setAt)
    timer.setAt = Date.now()
    setTimeout(tick, 100)
  }
  setTimeout(tick, 100)
  return true
})()`

const panelExpression = (node: string) => `(() => {
  const panel = document.querySelector('section[data-node="${node}"]')
  if (panel === null) return null
  const rows = {}
  for (const row of panel.querySelectorAll('tr.link')) rows[row.querySelector('.id').textContent.trim()] = row.dataset.state
  return { connection: panel.querySelector('[data-connection]')?.dataset.connection ?? '', stale: panel.dataset.stale === 'true', status: panel.querySelector('.status')?.dataset.state ?? '', rows, text: panel.innerText }
})()`

export class Dashboard {
  readonly tab: Tab
  readonly house: House

  constructor(tab: Tab, house: House) {
    this.tab = tab
    this.house = house
  }

  /** Opens the page and waits until the node is live. @returns how long that took, ms */
  async open(query = ''): Promise<number> {
    const from = Date.now()
    await this.tab.goto(`${this.house.url}${query}#${this.house.node}`)
    await this.live()
    const took = Date.now() - from
    await this.record()
    return took
  }

  async record(): Promise<void> {
    await this.tab.look(RECORDER)
  }

  async watchTimers(): Promise<void> {
    await this.tab.look(TIMER)
  }

  /** The longest that a timer of 100 ms took since then, or takes by now, ms. */
  latestTimer(): Promise<number> {
    return this.tab.look('Math.max(lateTimer.latestMs, Date.now() - lateTimer.setAt)')
  }

  panel(node = this.house.node): Promise<Panel | null> {
    return this.tab.look(panelExpression(node))
  }

  /** Waits until the panel is as asked for. @returns how long that took, ms */
  async until(check: (panel: Panel) => boolean, ms = 15_000): Promise<number> {
    const from = Date.now()
    let last: Panel | null = null
    await until(async () => {
      last = await this.panel()
      return last !== null && check(last)
    }, ms).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}; the panel: ${JSON.stringify(last)}`)
    })
    return Date.now() - from
  }

  /** Waits until the node is live and shows all its links. */
  live(ms?: number): Promise<number> {
    return this.until((panel) => panel.connection === 'live' && !panel.stale && Object.keys(panel.rows).length > 0, ms)
  }

  /** Waits until the page shows its link talk, or not. */
  talking(on: boolean, ms?: number): Promise<number> {
    return this.until(({ rows, stale }) => !stale && (rows[this.house.link] === 'talking') === on, ms)
  }

  /** Waits until the page admits that what it shows may be old. */
  stale(ms?: number): Promise<number> {
    return this.until((panel) => panel.stale && panel.connection !== 'live', ms)
  }

  /**
   * Keys a link up `count` times, each after `before`, and down again when that is shown.
   * @returns from each key-up to the changed row, and to the frame that shows it, ms each; releases do not count
   */
  async keyUps(count: number, before: () => Promise<void> = () => Promise.resolve(), link = this.house.link): Promise<{ readonly documentMs: number; readonly frameMs: number }[]> {
    const taken: { documentMs: number; frameMs: number }[] = []
    for (let i = 0; i < count; i += 1) {
      await before()
      taken.push(await this.#key(true, link))
      await this.#key(false, link)
    }
    return taken
  }

  async #key(on: boolean, link: string): Promise<{ readonly documentMs: number; readonly frameMs: number }> {
    const seen = await this.tab.look<number>('globalThis.proof.changes.length')
    const from = await this.house.key(on, link)
    const change = await until(async () => (await this.#changes(seen)).find(({ id, state, frameAt }) => frameAt !== null && id === link && (state === 'talking') === on))
    return { documentMs: change.at - from, frameMs: (change.frameAt ?? Number.NaN) - from }
  }

  #changes(from: number): Promise<readonly { at: number; frameAt: number | null; id: string; state: string }[]> {
    return this.tab.look(`globalThis.proof.changes.slice(${from})`)
  }
}
