/**
 * Supermon-NG's `global.inc`: what a page says about the site in its header. Its values may hold markup there, and styles; here they
 * become plain text and a few forms that can do no harm in any page.
 */
import type { Parsed } from '../access/parsed.ts'
import { parsePhpInc } from '../access/phpInc.ts'
import { describeProblem } from '../config/errors.ts'
import { isWebUrl, splitTarget } from '../config/webUrl.ts'
import { readNote } from '../feed/telemetry.ts'

/** What a text becomes; null = it is of no such form, and not told. */
type Read = (written: string) => string | null

/** Pages of Supermon-NG set some of these as markup, so no bracket survives that could begin a tag. */
const text: Read = (written) => readNote(written)?.text.replace(/[<>]/g, '').trim() || null
/** As written: a `>` at the end means a new tab, to pages of Supermon-NG too. */
const url: Read = (written) => (isWebUrl(splitTarget(written).url) ? written : null)
const like = (form: RegExp): Read => (written) => (form.test(written) ? written : null)
const colour = like(/^(?:#[0-9a-f]{3,8}|[a-z]{3,30}|(?:rgb|hsl)a?\([\d.,%\s/]{1,40}\))$/i)
const size = like(/^\d{1,4}(?:\.\d{1,3})?(?:px|%|em|rem|vh|vw)?$/i)
const word = like(/^[\w-]{1,30}$/)
/** One name in the folder of the file itself, so never `..` and nothing hidden. */
const fileName = like(/^[A-Za-z0-9][\w. -]{0,99}$/)

/** `config/system-info`'s fields, the variable of each and its form. Source: Supermon-NG's documentation of the file. */
const FIELDS = {
  callsign: ['CALL', text],
  maintainer: ['NAME', text],
  location: ['LOCATION', text],
  title2: ['TITLE2', text],
  title3: ['TITLE3', text],
  smServerName: ['SMSERVERNAME', text],
  welcomeMsg: ['WELCOME_MSG', text],
  welcomeMsgLogged: ['WELCOME_MSG_LOGGED', text],
  myUrl: ['MY_URL', url],
  dvmUrl: ['DVM_URL', url],
  logoName: ['LOGO_NAME', fileName],
  logoUrl: ['LOGO_URL', url],
  logoSize: ['LOGO_SIZE', size],
  logoPositionRight: ['LOGO_POSITION_RIGHT', size],
  logoPositionTop: ['LOGO_POSITION_TOP', size],
  backgroundColor: ['BACKGROUND_COLOR', colour],
  backgroundHeight: ['BACKGROUND_HEIGHT', size],
  displayBackground: ['DISPLAY_BACKGROUND', word],
  callsignColor: ['CALLSIGN_COLOR', colour],
  titleLoggedColor: ['TITLE_LOGGED_COLOR', colour],
  titleNotLoggedColor: ['TITLE_NOT_LOGGED_COLOR', colour],
} as const satisfies Readonly<Record<string, readonly [variable: string, read: Read]>>

/** By the names of `config/system-info`; null = the file does not say. `logoName` is a file beside it. */
export type SiteFacts = { readonly [name in keyof typeof FIELDS]: string | null }

type Field = keyof typeof FIELDS
const fieldsOf = (read: (field: Field) => string | null): SiteFacts =>
  Object.fromEntries((Object.keys(FIELDS) as Field[]).map((field) => [field, read(field)])) as SiteFacts

/** The file's variables, each with the name it is told as. */
export const VARIABLES: readonly (readonly [variable: string, toldAs: string])[] = Object.entries(FIELDS).map(([field, [variable]]) => [variable, field])

export const NO_FACTS: SiteFacts = fieldsOf(() => null)

/** Never throws. A value of a strange form is a warning, and left out. */
export function parseGlobalInc(source: string, file: string): Parsed<SiteFacts> {
  const { value: variables, warnings, broken } = parsePhpInc(source, file)
  const refused: string[] = []
  const value = fieldsOf((field) => {
    const [variable, read] = FIELDS[field]
    const written = variables.get(variable)
    if (typeof written !== 'string' || written.trim() === '') return null
    const understood = read(written.trim())
    if (understood === null && read !== text) {
      refused.push(describeProblem({ file, line: null, reason: `$${variable} is not what it should be`, whatToDo: 'it is ignored: see the table of docs/configuration.md' }))
    }
    return understood
  })
  return { value, warnings: [...warnings, ...refused], broken }
}
