/** Variables of a node's receive channel. Asterisk puts the one written last first (pbx_variables.c). */
export class Variables {
  readonly #values = new Map<string, string>()

  set(name: string, value: string): void {
    this.#values.delete(name)
    this.#values.set(name, value)
  }

  get(name: string): string | undefined {
    return this.#values.get(name)
  }

  /** Name and value, the one written last first. */
  list(): readonly (readonly [string, string])[] {
    return [...this.#values].reverse()
  }
}
