/**
 * One of Supermon-NG's pages over a scripted network, without any plug-in installed. Time is held: undo with `world.end()`.
 * The test file mocks `browserEnv.ts`, with `{ spy: true }`: from here it could come too late for what is imported already.
 */
import { createPinia, disposePinia, setActivePinia } from 'pinia'
import { vi } from 'vitest'
import { forgetOwnClient } from '../../../src/compat/client.ts'
import { browserEnv } from '../../../src/env/browserEnv.ts'
import { holdTime, scriptedEnv } from '../../unit/support/scriptedEnv.ts'

export const A = '546051'

export class CompatWorld {
  readonly env = scriptedEnv()
  readonly pinia = createPinia()
  readonly #browser = vi.mocked(browserEnv)

  constructor() {
    holdTime()
    this.#browser.mockClear().mockImplementation(() => this.env)
    this.env.respond = (url) =>
      Promise.resolve(
        url.endsWith('csrf-token')
          ? Response.json({ success: true, csrf_token: 'b'.repeat(64) })
          : Response.json({ success: true, data: [{ id: A }], url }),
      )
    setActivePinia(this.pinia)
  }

  /** Clients that were made, not counting a plug-in's: each asks the browser for its outside world once. */
  get made(): number {
    return this.#browser.mock.calls.length
  }

  end(): void {
    disposePinia(this.pinia)
    forgetOwnClient()
    vi.useRealTimers()
  }
}
