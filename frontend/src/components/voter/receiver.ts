/** A receiver as words and a shape. Pure: what goes in is all they depend on. */
import type { VoterReading } from '../../services/VoterService.ts'
import type { Shape } from '../shapes.ts'
import { words } from '../words.ts'

export type Receiver = VoterReading['receivers'][number]

/** `silent` hears nothing, `unknown` is not told of; the others are Asterisk's own. */
export const LOOKS = ['voted', 'voting', 'mix', 'silent', 'inactive', 'unknown'] as const
export type Look = (typeof LOOKS)[number]

const SHAPE: Readonly<Record<Look, Shape>> = { voted: 'ok', voting: 'talk', mix: 'mix', silent: 'idle', inactive: 'bad', unknown: 'unknown' }

/** Whoever hears nothing votes for nothing: to call a silent receiver "voting" would be Asterisk's word, not the truth. */
export function lookOf({ state, rssi }: Receiver): Look {
  if (state === 'inactive') return 'inactive'
  if (rssi === null || state === null) return 'unknown'
  if (state === 'voting' && rssi === 0) return 'silent'
  return state
}

export function shapeOf(look: Look): Shape {
  return SHAPE[look]
}

export function wordOf(look: Look): string {
  return look === 'unknown' ? words.notKnown : words.voter[look]
}
