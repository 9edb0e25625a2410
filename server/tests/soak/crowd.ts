/** The viewers, and what people do at their pages: sign in again when they are asked to, move the mouse, tap Retry. */
import { Jar } from './jar.ts'
import { Page } from './page.ts'
import type { PageKind } from './page.ts'
import { MEMBERS } from './rights.ts'
import type { Rights } from './rights.ts'

/** How often somebody looks whether his page wants him, ms. */
const LOOK_MS = 500
const TOUCH_MS = 10_000
const TAP_MS = 2_000

export class Crowd {
  readonly pages: readonly Page[]
  /** People have seen "no such node", and now and then try whether it is back. */
  tapsRetry = false
  readonly #jars: readonly Jar[]
  readonly #base: string
  readonly #nodes: readonly string[]
  readonly #rights: Rights
  #timers: NodeJS.Timeout[] = []

  /** @param base where pages are loaded from */
  constructor(count: number, base: string, nodes: readonly string[], rights: Rights) {
    this.#base = base
    this.#nodes = nodes
    this.#rights = rights
    this.#jars = MEMBERS.map((name) => new Jar(name))
    this.pages = Array.from({ length: count }, (_, i) => new Page(i, kindOf(i, this.#jars), base, nodes))
  }

  begin(): void {
    this.#timers = [
      setInterval(() => { void this.#signIn() }, LOOK_MS),
      setInterval(() => { for (const page of this.pages) page.touch() }, TOUCH_MS),
      setInterval(() => { if (this.tapsRetry) for (const page of this.pages) page.retry() }, TAP_MS),
    ]
  }

  async #signIn(): Promise<void> {
    for (const jar of this.#jars) {
      if (!this.#rights.takesPassword(jar.user)) continue
      // Signing in once more would give him no other nodes.
      const his = this.#nodes.filter((node) => this.#rights.maySee(jar.user, node))
      const waiting = this.pages.filter((page) => page.kind.jar === jar && page.wantsSignIn(his))
      if (waiting.length === 0 || !(await jar.signIn(this.#base))) continue
      for (const page of waiting) page.client.userChanged()
    }
  }

  end(): void {
    for (const timer of this.#timers) clearInterval(timer)
    for (const page of this.pages) page.dispose()
  }
}

/** Of ten: four with sockets per node, three with a common one, two that poll, one for whom it is chosen. */
const WAYS = ['per-node', 'shared', 'polling', 'per-node', 'shared', 'auto', 'per-node', 'polling', 'shared', 'per-node'] as const

/** Each ninth is a stranger, each seventh has the account with one node: neither shares a divisor with ten, so that both come by every way. */
export function kindOf(i: number, [all, one]: readonly Jar[]): PageKind {
  const jar = i % 9 === 8 ? undefined : i % 7 === 1 ? one : all
  return { way: WAYS[i % WAYS.length] ?? 'auto', jar: jar ?? null, used: i % 4 !== 3 }
}
