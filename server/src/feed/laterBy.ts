/** A `NodeState`, or a patch of one. */
interface Part {
  readonly telemetry?: object | undefined
  readonly links?: Readonly<Record<string, object | null>> | undefined
}

const TIMES: ReadonlySet<string> = new Set(['reachSince', 'lastKeyedAt', 'lastUnkeyedAt', 'connectedSince', 'changedAt'])

/** All times of a state, or of a part of one, later by so much, or earlier: when a clock is set, ages stay what they are. */
export function laterBy<P extends Part>(part: P, ms: number): P {
  if (ms === 0) return part
  const later = <T extends object>(it: T): T =>
    Object.fromEntries(Object.entries(it).map(([name, value]: [string, unknown]) => [name, TIMES.has(name) && typeof value === 'number' ? value + ms : value])) as T
  const { links, telemetry } = part
  return {
    ...later(part),
    ...(telemetry === undefined ? {} : { telemetry: later(telemetry) }),
    ...(links === undefined ? {} : { links: Object.fromEntries(Object.entries(links).map(([name, link]) => [name, link === null ? null : later(link)])) }),
  }
}
