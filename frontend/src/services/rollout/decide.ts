import { FLAG } from '../../../../protocol/rollout.ts'
import type { Flag } from '../../../../protocol/rollout.ts'
import { bucketOf } from './bucket.ts'

/** Said for one browser, for support: `?realtime=on`, `?realtime=off`. */
export type Override = 'on' | 'off'

export interface Subject {
  /** The id that a browser goes by while nobody is signed in. */
  readonly installId: string
  /** The page's own version, `1.2.3`. */
  readonly version: string
  /** null = nothing was said. */
  readonly override: Override | null
  /** The node that is asked about; absent or null = the page as a whole. */
  readonly node?: string | null
  /** Where this browser stood under the same salt when it last read the flag; known before the user's name is. */
  readonly bucket?: number | null
}

/** What decided: `disabled` = the kill switch, `version` = the page is too old, `listed` = its user is on a list, `node` = the node is. */
export type Why = 'disabled' | 'override' | 'version' | 'listed' | 'node' | 'bucket'

export interface Decision {
  /** Hold sockets? */
  readonly on: boolean
  readonly why: Why
  /** 0 ≤ bucket < 100, whatever decided. */
  readonly bucket: number
}

/** What the flag means for this page, or for one node of it. The first rule that says anything decides; the kill switch is the first. */
export function decide(flag: Flag, subject: Subject): Decision {
  const bucket = subject.bucket ?? bucketOf(FLAG, flag.salt, flag.user ?? subject.installId)
  const decided = (on: boolean, why: Why): Decision => ({ on, why, bucket })
  const node = subject.node ?? null
  const names = (nodes: readonly string[]) => node !== null && nodes.includes(node)
  if (!flag.enabled) return decided(false, 'disabled')
  if (subject.override !== null) return decided(subject.override === 'on', 'override')
  if (flag.minVersion !== null && isOlder(subject.version, flag.minVersion)) return decided(false, 'version')
  if (flag.listed === 'deny') return decided(false, 'listed')
  if (names(flag.nodes.deny)) return decided(false, 'node')
  if (flag.listed === 'allow') return decided(true, 'listed')
  if (names(flag.nodes.allow)) return decided(true, 'node')
  return decided(bucket < flag.percent, 'bucket')
}

/** By numbers, as far as either goes; what is missing is 0. */
function isOlder(version: string, than: string): boolean {
  const [mine, theirs] = [numbersOf(version), numbersOf(than)]
  for (let at = 0; at < Math.max(mine.length, theirs.length); at += 1) {
    const difference = (mine[at] ?? 0) - (theirs[at] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

const numbersOf = (version: string) => version.split('.').map((part) => Number.parseInt(part, 10) || 0)
