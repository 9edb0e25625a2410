/** File names with `*`, `?` and `[a-z]`, as a shell knows them. */

export function hasWildcard(name: string): boolean {
  return /[*?[]/.test(name)
}

/** Does a file's name match? Names that begin with a dot want one written. */
export function matchesWildcard(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false
  const parts = partsOf(pattern)
  // Only the last star is gone back to: earlier ones could not match more by it, and the time stays bounded.
  let star = -1
  let resume = 0
  let part = 0
  let at = 0
  while (at < name.length) {
    const wanted = parts[part]
    if (wanted === '*') {
      star = part
      resume = at
      part += 1
    } else if (wanted !== undefined && matchesOne(wanted, name[at] ?? '')) {
      part += 1
      at += 1
    } else if (star >= 0) {
      part = star + 1
      resume += 1
      at = resume
    } else {
      return false
    }
  }
  return parts.slice(part).every((rest) => rest === '*')
}

/** Characters, stars, question marks and whole sets. A `[` without its end is a character. */
function partsOf(pattern: string): string[] {
  return pattern.match(/\[[!^]?\]?[^\]]*\]|[^]/g) ?? []
}

function matchesOne(part: string, character: string): boolean {
  if (part === '?') return true
  if (part.length === 1) return part === character
  const negated = /^\[[!^]/.test(part)
  const set = part.slice(negated ? 2 : 1, -1)
  const ranges = set.match(/[^]-[^]|[^]/g) ?? []
  const inside = ranges.some((range) => (range.length === 3 ? range.slice(0, 1) <= character && character <= range.slice(2) : range === character))
  return inside !== negated
}
