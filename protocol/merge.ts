/**
 * What JSON merge patches (RFC 7396) are made of: differences of flat objects and of maps, and their way back. All share
 * structure: what did not change keeps its identity.
 */

type Fields = Readonly<Record<string, unknown>>

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same((a as Fields)[key], (b as Fields)[key]))
  )
}

/** The fields of `next` that differ from `prev`; undefined when none does. Nested values go whole; what is undefined is not said. */
export function changedFields<T extends object>(prev: T, next: T, skip: readonly string[] = []): Partial<T> | undefined {
  let out: Record<string, unknown> | undefined
  for (const [key, value] of Object.entries(next)) {
    if (value !== undefined && !skip.includes(key) && !same((prev as Fields)[key], value)) (out ??= {})[key] = value
  }
  return out as Partial<T> | undefined
}

/** Entry-wise difference of two maps: null for what left. */
export function changedEntries<T, P>(
  prev: Readonly<Record<string, T>>,
  next: Readonly<Record<string, T>>,
  entry: (was: T | undefined, is: T) => P | undefined,
): Record<string, P | null> | undefined {
  if (prev === next) return undefined
  let out: Record<string, P | null> | undefined
  for (const key of Object.keys(prev)) if (!Object.hasOwn(next, key)) (out ??= {})[key] = null
  for (const [key, value] of Object.entries(next)) {
    const part = entry(Object.hasOwn(prev, key) ? prev[key] : undefined, value)
    if (part !== undefined) (out ??= {})[key] = part
  }
  return out
}

/** `base` with the given fields of `part`; `base` itself when nothing differs. */
export function mergeFields<T extends object>(base: T, part: object | undefined): T {
  if (part === undefined) return base
  const changed = changedFields(base, part as T)
  return changed === undefined ? base : { ...base, ...changed }
}

export function mergeEntries<T, P>(
  base: Readonly<Record<string, T>>,
  part: Readonly<Record<string, P | null>> | undefined,
  merge: (was: T | undefined, is: P) => T,
): Readonly<Record<string, T>> {
  if (part === undefined) return base
  let out: Record<string, T> | undefined
  for (const [key, value] of Object.entries(part)) {
    const was = Object.hasOwn(base, key) ? base[key] : undefined
    if (value === null) {
      if (was !== undefined) {
        out ??= { ...base }
        // A dynamic delete keeps the map free of dead keys; links leave rarely.
        Reflect.deleteProperty(out, key)
      }
      continue
    }
    const is = merge(was, value)
    if (is !== was) (out ??= { ...base })[key] = is
  }
  return out ?? base
}
