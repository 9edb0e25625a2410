/** Users and groups of the machine, by its own files: an image's are not this machine's. */
import type { Place } from './place.ts'

export const SERVICE = 'supermon-live'

export interface Identity {
  readonly uid: number
  /** Its own group and those it is a member of. */
  readonly gids: ReadonlySet<number>
}

export interface Identities {
  /** The service's user; null = there is none yet. */
  readonly service: Identity | null
  /** Number of the service's group; null = there is none yet. */
  readonly serviceGroup: number | null
  readonly groupName: (gid: number) => string | null
}

export async function identitiesOf(place: Place): Promise<Identities> {
  const [passwd, group] = await Promise.all([place.textOf('/etc/passwd'), place.textOf('/etc/group')])
  const users = rowsOf(passwd)
  const groups = rowsOf(group)
  const user = users.find(([name]) => name === SERVICE)
  const memberOf = groups.filter(([, , , members = '']) => members.split(',').includes(SERVICE)).map(([, , gid]) => Number(gid))
  const own = groups.find(([name]) => name === SERVICE)
  return {
    service: user === undefined ? null : { uid: Number(user[2]), gids: new Set([Number(user[3]), ...memberOf]) },
    serviceGroup: own === undefined ? null : Number(own[2]),
    groupName: (gid) => groups.find(([, , number]) => Number(number) === gid)?.[0] ?? null,
  }
}

function rowsOf(text: string | null): string[][] {
  return (text ?? '').split('\n').map((line) => line.split(':')).filter(({ length }) => length >= 4)
}
