import { join } from 'node:path'
import { describeProblem } from '../config/errors.ts'
import { glance } from '../env/glance.ts'
import { SaidOnce } from './saidOnce.ts'
import type { AccessLog } from './trouble.ts'

/**
 * Does the Supermon-NG beside this gateway keep to the rights that it tells? Without `authusers.inc` it does not: its `auth/me` says that
 * whoever signed in may do everything (AuthController), and its actions refuse everybody (UserPermissionService, in production).
 *
 * @param folder where its files may be; one without `.htpasswd` is another folder than that by which people sign in there
 * @returns asks as of now, and says what is wrong once
 */
export function rightsBeside(folder: string, log: AccessLog): () => boolean {
  const file = join(folder, 'authusers.inc')
  const said = new SaidOnce((line) => { log.warn({}, line) })
  const warning = describeProblem({ file, line: null, reason: 'there is no such file', whatToDo: 'nobody may control a node, as on the pages of Supermon-NG: copy the one that it comes with' })
  return () => {
    const kept = !isThere(join(folder, '.htpasswd')) || isThere(file)
    said.tell(kept ? [] : [warning])
    return kept
  }
}

/** What may not be looked at may be there. */
function isThere(path: string): boolean {
  try {
    return glance(path) !== null
  } catch {
    return true
  }
}
