/** `rollout.json`: who holds sockets. Pure: what its text says, and the text that says it. docs/configuration.md has it field by field. */
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import { NODE_ID } from '../../../protocol/nodeState.ts'
import { flagSchema } from '../../../protocol/rollout.ts'
import { describeProblem, quoteName } from './errors.ts'
import { isSlipOf } from './slip.ts'

const userName = v.pipe(v.string(), v.minLength(1), v.maxLength(256))
const list = <T extends v.GenericSchema<string, string>>(entry: T) => v.optional(v.pipe(v.array(entry), v.maxLength(1_000)), [])
/** A field or list that is left out says nothing. Valibot takes an array for an object. */
const lists = v.optional(v.pipe(v.unknown(), v.check((value) => !Array.isArray(value)), v.object({ users: list(userName), nodes: list(v.pipe(v.string(), v.regex(NODE_ID))) })), {})
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1))
const historyEntry = v.looseObject({ at: v.pipe(v.string(), v.isoTimestamp()), by: v.string(), did: v.string() })

const { percent, salt, minVersion, topology } = flagSchema.entries

const rolloutSchema = v.object({
  enabled: v.optional(v.boolean(), true),
  percent: v.optional(percent, 100),
  salt: v.optional(salt, 'supermon-live'),
  allow: lists,
  deny: lists,
  minVersion: v.optional(minVersion, null),
  topology: v.optional(topology, null),
  shadow: v.optional(v.union([v.boolean(), share]), true),
  history: v.optional(v.array(historyEntry), []),
})
/** What an operator decided, in full. */
export type Rollout = Readonly<v.InferOutput<typeof rolloutSchema>>

/** What became of the file's text. */
export interface RolloutReading {
  readonly value: Rollout
  /** Nothing can be made of it; `value` is {@link NOBODY} then. */
  readonly broken: boolean
  /** One line each, with what to do. */
  readonly warnings: readonly string[]
}

/** Without a file: who never heard of rollouts gets sockets. */
export const EVERYBODY: Rollout = v.parse(rolloutSchema, {})
/** While nobody knows what the file says: it may have been the kill switch, and polling harms nobody. No stage is in force: its percent is nobody's word. */
export const NOBODY: Rollout = { ...EVERYBODY, enabled: false }

const WHAT_TO_DO: Readonly<Record<keyof Rollout, string>> = {
  enabled: 'write true or false',
  percent: 'write a whole number from 0 to 100',
  salt: 'write 1 to 64 characters',
  allow: 'write {"users": ["W5GLE"], "nodes": ["546051"]}, 1,000 of each at most',
  deny: 'write {"users": ["W5GLE"], "nodes": ["546051"]}, 1,000 of each at most',
  minVersion: 'write a version like "1.2.3", or null',
  topology: 'write "auto", "per-node", "shared" or null',
  shadow: 'write true, false or a share from 0 to 1',
  history: 'write [], or leave it to the rollout command',
}

const FIELDS = Object.keys(WHAT_TO_DO)
const LISTS = ['users', 'nodes']

/**
 * The file's text, parsed. Never throws; who holds something older keeps that where it is broken. A field that this version does not
 * know counts for nothing, as a later one may have written it; one that is all but the name of ours is a slip, and was meant to count.
 */
export function parseRollout(text: string, file = 'rollout.json'): RolloutReading {
  const problem = (reason: string, whatToDo: string) => describeProblem({ file, line: null, reason, whatToDo })
  const broken = (reason: string, whatToDo: string) => ({ value: NOBODY, broken: true, warnings: [problem(reason, whatToDo)] })
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return broken('this is no JSON', 'write {"enabled": true, "percent": 100} and the like')
  }
  if (!isObject(json)) return broken('this is no object', 'write {"enabled": true, "percent": 100} and the like')
  const read = v.safeParse(rolloutSchema, json)
  if (!read.success) {
    const path = v.getDotPath(read.issues[0]) ?? ''
    return broken(`${quoteName(path)} cannot be used`, WHAT_TO_DO[path.split('.')[0] as keyof Rollout])
  }
  const unknown = unknownIn(json)
  const slip = unknown.find(({ name, known }) => known.some((field) => isSlipOf(name, field)))
  if (slip !== undefined) return broken(`there is no field ${quoteName(slip.path)}`, `those there are: ${slip.known.join(', ')}`)
  const names = unknown.slice(0, 5).map(({ path }) => quoteName(path)).join(', ')
  const warnings = names === '' ? [] : [problem(`what this version does not know counts for nothing: ${names}`, 'remove it unless a later version wrote it')]
  return { value: read.output, broken: false, warnings }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Fields that this version does not have, each with those that stand in its place. */
function unknownIn(json: Readonly<Record<string, unknown>>) {
  const beside = (fields: unknown, known: readonly string[], before: string) =>
    (isObject(fields) ? Object.keys(fields) : []).filter((name) => !known.includes(name)).map((name) => ({ name, path: before + name, known }))
  return [...beside(json, FIELDS, ''), ...beside(json['allow'], LISTS, 'allow.'), ...beside(json['deny'], LISTS, 'deny.')]
}

/**
 * The file that says it, for people to read.
 *
 * @param before what the file says until now, understood: what only a later version knows of it stays; null = nothing that counts
 */
export function rolloutText(rollout: Rollout, before: string | null = null): string {
  const old = JSON.parse(before ?? '{}') as { readonly allow?: object; readonly deny?: object }
  const whole = { ...old, ...rollout, allow: { ...old.allow, ...rollout.allow }, deny: { ...old.deny, ...rollout.deny } }
  return `${JSON.stringify(whole, null, 2)}\n`
}

/** At this stage and below, pages on sockets compare what they hold with what polling says, unless the file names a share. */
const SHADOW_PERCENT = 10
const SHADOW_SHARE = 0.1

/** The share of pages on sockets that compare, 0 to 1. */
export function shadowShare({ enabled, percent, shadow }: Rollout): number {
  if (typeof shadow === 'number') return shadow
  return shadow && enabled && percent <= SHADOW_PERCENT ? SHADOW_SHARE : 0
}

/** The same for the same decision, whoever made it and when. */
export function revisionOf({ history: _history, ...rollout }: Rollout): string {
  const sorted = ({ users, nodes }: Rollout['allow']) => [[...users].sort(), [...nodes].sort()]
  const counts = { ...rollout, allow: sorted(rollout.allow), deny: sorted(rollout.deny), shadow: shadowShare({ ...rollout, history: [] }) }
  return createHash('sha256').update(JSON.stringify(counts)).digest('hex').slice(0, 12)
}

/** Where figures are kept: named, or beside the rollout's file; null = nowhere, as in the demo. */
export function figuresPath({ figures, rollout, config }: Parameters<typeof rolloutPath>[0] & { readonly figures: string | null }): string | null {
  const path = rolloutPath({ rollout, config })
  return figures ?? (path === null || config === null ? null : join(dirname(path), 'rollout-figures.json'))
}

/** Where it is: named, or beside the configuration; null = nowhere. */
export function rolloutPath({ rollout, config }: { readonly rollout: string | null; readonly config: string | null }): string | null {
  return rollout ?? (config === null ? null : join(dirname(config), 'rollout.json'))
}
