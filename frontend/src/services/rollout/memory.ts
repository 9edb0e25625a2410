/** What the rollout remembers in this browser: an id that says nothing, the last flag without a name, and a wish for support. */
import * as v from 'valibot'
import { flagSchema } from '../../../../protocol/rollout.ts'
import type { Flag } from '../../../../protocol/rollout.ts'
import type { PageMemory } from '../../env/pageMemory.ts'
import type { Override } from './decide.ts'

export type RolloutMemory = PageMemory

const INSTALL = 'rollout.install'
const OVERRIDE = 'rollout.override'
const FLAG_HELD = 'rollout.flag'
/** The query that sets the override, and takes it back with `auto`. */
const QUERY = 'realtime'

const heldSchema = v.object({ flag: flagSchema, bucket: v.pipe(v.number(), v.minValue(0), v.maxValue(100)) })
export type HeldFlag = v.InferOutput<typeof heldSchema>

/** The id of this browser; where nothing can be remembered it lasts as long as the page. @param random as in `Env` */
export function installId(memory: RolloutMemory, random: () => number): string {
  const held = memory.recall(INSTALL)
  if (held !== null && /^[0-9a-z]{16,64}$/.test(held)) return held
  const made = Array.from({ length: 24 }, () => Math.floor(random() * 36).toString(36)).join('')
  memory.remember(INSTALL, made)
  return made
}

/** What the address says, else what it said some time before. */
export function overrideOf(memory: RolloutMemory): Override | null {
  const said = memory.query(QUERY)
  if (said === 'on' || said === 'off') memory.remember(OVERRIDE, said)
  else if (said === 'auto') memory.remember(OVERRIDE, null)
  else {
    const held = memory.recall(OVERRIDE)
    return held === 'on' || held === 'off' ? held : null
  }
  return said === 'auto' ? null : said
}

/** The flag as it was last read here; null = never, or not understood. */
export function recallFlag(memory: RolloutMemory): HeldFlag | null {
  try {
    const held = v.safeParse(heldSchema, JSON.parse(memory.recall(FLAG_HELD) ?? 'null'))
    return held.success ? held.output : null
  } catch {
    return null
  }
}

/** Whose it was is left out; where that user stood is not: the name is known only after the next read, and nobody should be moved twice. */
export function rememberFlag(memory: RolloutMemory, flag: Flag, bucket: number): void {
  const held: HeldFlag = { flag: { ...flag, user: null, listed: null }, bucket }
  memory.remember(FLAG_HELD, JSON.stringify(held))
}
