/** What the site says about itself, as its files were last understood: `global.inc` and the picture it names. */
import { dirname, join } from 'node:path'
import { readText } from '../access/readText.ts'
import { SaidOnce } from '../access/saidOnce.ts'
import { WatchedFile } from '../access/watchedFile.ts'
import { describeProblem, quoteName } from '../config/errors.ts'
import type { Clock } from '../env/clock.ts'
import { lookEvery } from '../env/looks.ts'
import { NO_FACTS, parseGlobalInc } from './globalInc.ts'
import type { SiteFacts } from './globalInc.ts'
import { readLogo } from './logo.ts'
import type { Logo } from './logo.ts'

/** What pages are told. */
export interface SiteTexts {
  readonly facts: SiteFacts
  readonly logo: Logo | null
}
export const NO_TEXTS: SiteTexts = { facts: NO_FACTS, logo: null }

export interface SiteWatchOptions {
  readonly path: string
  /** Did somebody name this file? One that is only looked for may be missing. */
  readonly named: boolean
  /** One line each, each said once. */
  readonly warn: (message: string) => void
}

/** How often the files are looked at, ms. A change counts at the second look that finds it. */
const LOOK_MS = 4_000

export class SiteWatch implements SiteTexts {
  readonly #options: SiteWatchOptions
  readonly #file: WatchedFile<SiteFacts>
  #logo: { readonly logo: Logo; readonly stamp: string } | null = null
  readonly #warnings: SaidOnce
  #refreshing: Promise<void> = Promise.resolve()

  constructor(options: SiteWatchOptions) {
    this.#options = options
    this.#warnings = new SaidOnce(options.warn)
    this.#file = new WatchedFile<SiteFacts>({
      path: options.path,
      read: readText,
      parse: parseGlobalInc,
      empty: NO_FACTS,
      vanished: 'empty',
      missing: options.named ? { reason: 'there is no such file', whatToDo: 'check --site' } : null,
    })
  }

  get facts(): SiteFacts {
    return this.#file.value
  }

  get logo(): Logo | null {
    return this.#logo?.logo ?? null
  }

  /** Reads again what changed. Never rejects. */
  refresh(settledOnly = false): Promise<void> {
    this.#refreshing = this.#refreshing.then(() => this.#refresh(settledOnly))
    return this.#refreshing
  }

  /** Looks for changes until what is returned is called. */
  watch(clock: Clock): () => void {
    return lookEvery(clock, LOOK_MS, () => this.refresh(true))
  }

  async #refresh(settledOnly: boolean): Promise<void> {
    await this.#file.refresh(settledOnly)
    const warnings = [...this.#file.warnings, ...(await this.#look())]
    this.#warnings.tell(warnings)
  }

  /** @returns what is wrong with the picture */
  async #look(): Promise<string[]> {
    const name = this.facts.logoName
    if (name === null) {
      this.#logo = null
      return []
    }
    const news = await readLogo(join(dirname(this.#options.path), name), this.#logo?.stamp ?? null)
    if (news.kind === 'same') return []
    this.#logo = news.kind === 'logo' ? news : null
    if (news.kind === 'logo') return []
    return [describeProblem({ file: this.#options.path, line: null, reason: `the logo ${quoteName(name)} ${news.reason}`, whatToDo: 'put the picture beside this file' })]
  }
}
