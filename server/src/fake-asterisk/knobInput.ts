import { ControlError } from './controlError.ts'
import { makeKnobs } from './knobs.ts'
import type { Fault, Knobs } from './knobs.ts'

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  dialect: ['asterisk', 'asl2'],
  headerOrder: ['response-first', 'actionid-first'],
  commandFormat: ['output', 'follows'],
}

/** Knobs that came as JSON. Unknown names and wrong types are refused, by name. */
export function readKnobs(input: Readonly<Record<string, unknown>>): Partial<Knobs> {
  const known: Readonly<Record<string, unknown>> = { ...makeKnobs({}) }
  for (const [name, value] of Object.entries(input)) {
    if (!Object.hasOwn(known, name)) {
      throw new ControlError(400, 'bad-knob', `there is no knob ${name}, only ${Object.keys(known).join(', ')}`)
    }
    const choice = CHOICES[name]
    if (!fits(name, value, known[name])) {
      throw new ControlError(
        400,
        'bad-knob',
        `knob ${name} must be ${choice?.join(' or ') ?? `like ${JSON.stringify(known[name])}`}`,
      )
    }
  }
  return input
}

function fits(name: string, value: unknown, known: unknown): boolean {
  if (Array.isArray(known)) return Array.isArray(value) && value.every(name === 'faults' ? isFault : isText)
  const choice = CHOICES[name]
  if (choice !== undefined) return isText(value) && choice.includes(value)
  return typeof value === typeof known && !(typeof value === 'number' && !(value >= 0))
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isFault(value: unknown): value is Fault {
  if (typeof value !== 'object' || value === null) return false
  const { kind, ms, message } = value as { kind?: unknown; ms?: unknown; message?: unknown }
  if (kind === 'delay') return typeof ms === 'number' && ms >= 0
  if (kind === 'refuse') return typeof message === 'string' && !/[\r\n]/.test(message)
  return kind === 'cut' || kind === 'never' || kind === 'stall' || kind === 'wrong-id'
}
