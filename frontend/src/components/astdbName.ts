/** A node's entry in a node database: Supermon-NG hands objects, its older pages `[id, call, description, location]`. */
export function astdbName(astdb: Readonly<Record<string, unknown>>, id: string): string {
  const entry = Object.hasOwn(astdb, id) ? astdb[id] : undefined
  if (typeof entry !== 'object' || entry === null) return ''
  const parts = Array.isArray(entry)
    ? (entry as unknown[]).slice(1, 4)
    : ['callsign', 'description', 'location'].map((key) => (entry as Record<string, unknown>)[key])
  return parts.flatMap((part) => (typeof part === 'string' && part.trim() !== '' ? [part.trim()] : [])).join(' ')
}
