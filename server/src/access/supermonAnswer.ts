/** What Supermon-NG says about a visitor, as far as it is understood. Shapes: its `auth/me` and `nodes`. */
import * as v from 'valibot'

/** Who a cookie belongs to. */
export interface SupermonAnswer {
  /** null = nobody signed in with it. */
  readonly user: string | null
  /** By name; all that Supermon-NG knows, granted or not. Empty without a user. */
  readonly permissions: ReadonlyMap<string, boolean>
  /** That this user may know of. Empty without a user. */
  readonly nodes: ReadonlySet<string>
}

export type SupermonUser = Pick<SupermonAnswer, 'user' | 'permissions'>

/** The name goes into logs and messages. */
const userName = v.pipe(v.string(), v.regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]{1,128}$/u))
const permissionName = v.pipe(v.string(), v.regex(/^\w{1,64}$/))

/** PHP writes an empty map as `[]`. */
const permissionMap = v.union([v.record(permissionName, v.boolean()), v.pipe(v.array(v.never()), v.transform(() => ({})))])

const meSchema = v.object({
  success: v.literal(true),
  data: v.object({
    user: v.nullable(v.object({ name: userName })),
    authenticated: v.boolean(),
    permissions: permissionMap,
  }),
})

/** PHP makes numbers of numeric section names. */
const nodeId = v.union([v.pipe(v.string(), v.maxLength(64)), v.pipe(v.number(), v.safeInteger(), v.transform(String))])

const nodesSchema = v.object({ success: v.literal(true), data: v.pipe(v.array(v.object({ id: nodeId })), v.maxLength(5_000)) })

const NOBODY: SupermonUser = { user: null, permissions: new Map() }

/** `auth/me`; null = not understood. */
export function readMe(json: unknown): SupermonUser | null {
  const read = v.safeParse(meSchema, json)
  if (!read.success) return null
  const { user, authenticated, permissions } = read.output.data
  // Whatever else it says: who did not sign in has no rights here.
  if (user === null || !authenticated) return NOBODY
  return { user: user.name, permissions: new Map(Object.entries(permissions)) }
}

/** `nodes`, which lists those of the user's own ini file; null = not understood. */
export function readNodes(json: unknown): ReadonlySet<string> | null {
  const read = v.safeParse(nodesSchema, json)
  return read.success ? new Set(read.output.data.map(({ id }) => id)) : null
}

/** Do both give the same rights? null = nothing is known, which gives those of nobody. */
export function sameRights(a: SupermonAnswer | null, b: SupermonAnswer | null): boolean {
  const [one, two] = [a?.user == null ? null : a, b?.user == null ? null : b]
  if (one === null || two === null) return one === two
  return one.user === two.user && sameSet(granted(one), granted(two)) && sameSet(one.nodes, two.nodes)
}

function granted({ permissions }: SupermonAnswer): ReadonlySet<string> {
  return new Set([...permissions].filter(([, has]) => has).map(([name]) => name))
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item))
}
