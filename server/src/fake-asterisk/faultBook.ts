import type { AmiRequest } from './amiRequest.ts'
import type { Fault } from './knobs.ts'

/** Which fault hits a request. Counts how often each rule was applied. */
export class FaultBook {
  readonly #rules: () => readonly Fault[]
  readonly #used = new WeakMap<Fault, number>()

  constructor(rules: () => readonly Fault[]) {
    this.#rules = rules
  }

  take(request: AmiRequest): Fault | null {
    for (const rule of this.#rules()) {
      if (!fits(rule.action, request.get('Action')) || !fits(rule.command, request.get('COMMAND'))) continue
      if (rule.node !== undefined && rule.node !== request.get('NODE')) continue
      const used = this.#used.get(rule) ?? 0
      if (rule.times !== undefined && used >= rule.times) continue
      this.#used.set(rule, used + 1)
      return rule
    }
    return null
  }
}

function fits(wanted: string | undefined, given: string): boolean {
  return wanted === undefined || wanted.toLowerCase() === given.toLowerCase()
}
