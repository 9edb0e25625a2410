import type { Identity, LinkKind } from './nodeState.ts'

/** What Supermon-NG calls a node that stands in no list. */
export const NOT_LISTED = 'Node not in database'

/** The one display-name rule: "CALL Description Location", parts that are empty left out; '' when nothing is known. */
export function displayName(identity: Identity): string {
  return [identity.callsign, identity.description, identity.location]
    .map((part) => part?.trim() ?? '')
    .filter((part) => part !== '')
    .join(' ')
}

/**
 * What a link's name tells about its kind. Source: app_rpt chan_echolink.c (`3` + six digits), rpt_exec (call signs of
 * web transceivers and IaxRpt, `-P` for phones), Supermon's convention for IRLP (`8` + four digits).
 */
export function linkKind(name: string): LinkKind {
  if (/^3\d{6}$/.test(name)) return 'echolink'
  if (/^8\d{4}$/.test(name)) return 'irlp'
  if (/^\d+$/.test(name)) return Number(name) < 2000 ? 'private' : 'allstar'
  if (/-P$/i.test(name)) return 'phone'
  return 'client'
}

/** Does the command that disconnects all end this link? Source: app_rpt function_ilink 6, names that begin with 1 to 9; clients and phones stay. */
export function endsWithAll(name: string): boolean {
  return /^[1-9]/.test(name)
}
