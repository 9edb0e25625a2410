import { EVERYBODY } from '../../src/config/rolloutFile.ts'
import type { Rollout } from '../../src/config/rolloutFile.ts'
import type { RolloutSource } from '../../src/rollout/rolloutWatch.ts'

/** A rollout that changes when the test says so, without a file. */
export class HeldRollout implements RolloutSource {
  readonly #listeners = new Set<() => void>()
  rollout: Rollout

  constructor(rollout: Partial<Rollout> = {}) {
    this.rollout = { ...EVERYBODY, ...rollout }
  }

  set(change: Partial<Rollout>): void {
    this.rollout = { ...this.rollout, ...change }
    for (const listener of [...this.#listeners]) listener()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }
}
