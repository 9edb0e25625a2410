/** Runs a listener; what it throws is rethrown outside, where it is seen but can't harm the caller's own work. */
export function callSafely(fn: () => void): void {
  try {
    fn()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

/** Those who want to know. */
export class Listeners<T> {
  readonly #all = new Set<(value: T) => void>()

  /** @returns how to stop listening */
  add(listener: (value: T) => void): () => void {
    this.#all.add(listener)
    return () => {
      this.#all.delete(listener)
    }
  }

  tell(value: T): void {
    for (const listener of [...this.#all]) {
      callSafely(() => {
        listener(value)
      })
    }
  }
}
