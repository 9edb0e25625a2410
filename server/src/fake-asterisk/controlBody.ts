import { ControlError } from './controlError.ts'

/** Longest time that can be asked for: a day. */
const LONGEST_MS = 86_400_000

/** The JSON body of a control request, each field checked when it is read. */
export class ControlBody {
  readonly #fields: Readonly<Record<string, unknown>>

  constructor(text: string) {
    let value: unknown
    try {
      value = text.trim() === '' ? {} : JSON.parse(text)
    } catch {
      throw new ControlError(400, 'bad-json', 'the body is not JSON')
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ControlError(400, 'bad-json', 'the body must be a JSON object')
    }
    this.#fields = value as Record<string, unknown>
  }

  get all(): Readonly<Record<string, unknown>> {
    return this.#fields
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined
  }

  /** The id of a node or a link. Numbers are taken as their digits. */
  id(name: string): string {
    const value = this.#fields[name]
    const text = typeof value === 'number' && Number.isInteger(value) ? String(value) : value
    if (typeof text === 'string' && /^[0-9A-Za-z*][0-9A-Za-z*/_-]{0,39}$/.test(text)) return text
    throw this.#bad(name, 'a node number or call sign')
  }

  text(name: string): string {
    const value = this.#fields[name]
    if (typeof value === 'string') return value
    throw this.#bad(name, 'text')
  }

  flag(name: string): boolean {
    const value = this.#fields[name]
    if (typeof value === 'boolean') return value
    throw this.#bad(name, 'true or false')
  }

  ms(name: string): number {
    const value = this.#fields[name]
    if (typeof value === 'number' && value >= 0 && value <= LONGEST_MS) return value
    throw this.#bad(name, `milliseconds from 0 to ${LONGEST_MS}`)
  }

  oneOf<T extends string>(name: string, words: readonly T[]): T {
    const value = this.#fields[name]
    const found = words.find((word) => typeof value === 'string' && word.toLowerCase() === value.toLowerCase())
    if (found !== undefined) return found
    throw this.#bad(name, words.join(', '))
  }

  /** 0 to 255, or null. */
  rssi(name: string): number | null {
    const value = this.#fields[name]
    if (value === null || (typeof value === 'number' && value >= 0 && value <= 255)) return value
    throw this.#bad(name, 'a number from 0 to 255, or null')
  }

  tokens(name: string): readonly string[] {
    const value = this.#fields[name]
    if (Array.isArray(value) && value.every((v): v is string => typeof v === 'string' && /^[TRC][\w/*-]+$/.test(v))) {
      return value
    }
    throw this.#bad(name, 'a list such as ["T2001", "R2002"]')
  }

  #bad(name: string, wanted: string): ControlError {
    return new ControlError(400, 'bad-field', `${name} must be ${wanted}`)
  }
}
