/** The step for an Asterisk without Supermon-NG: our allmon.ini, and the user for manager.conf. */
import type { Variables } from '../config/settingsFile.ts'
import { planAmi } from './amiUser.ts'
import type { AmiPlan } from './amiUser.ts'
import type { Changes } from './changes.ts'
import { told } from './changes.ts'
import { findAsterisk, MANAGER_CONF } from './findings.ts'
import type { SetupOptions } from './options.ts'
import type { Place } from './place.ts'
import { OWN_ALLMON } from './settings.ts'
import { appendStanza, stanzaText } from './stanza.ts'
import type { Stanza } from './stanza.ts'
import type { SetupTools } from './tools.ts'

export interface AmiStep {
  readonly options: SetupOptions
  readonly tools: SetupTools
  readonly place: Place
  readonly changes: Changes
  readonly settings: ReadonlyMap<string, string>
  readonly env: Variables
  readonly say: (line: string) => void
}

const RELOAD = 'sudo asterisk -rx "manager reload"'

/** @throws ConfigError, CommandError */
export async function prepareAmi(step: AmiStep): Promise<void> {
  const { options, place, changes, settings, say } = step
  const asterisk = await findAsterisk(place)
  if (asterisk === null) return
  for (const warning of asterisk.warnings) say(`Note     ${warning}`)
  const control = options.control || settings.has('users') || settings.has('auth')
  const plan = planAmi(asterisk, await place.textOf(OWN_ALLMON), control)
  // Who asked for the user is told why there is none.
  if (plan.stanza === null && options.manager !== null && plan.because !== '') say(`AMI user ${plan.because} Nothing is added.`)
  const applied = plan.stanza !== null && (await propose(plan.stanza, plan, step))
  const text = applied ? plan.withStanza : plan.now
  if (text === null) say(`Kept     ${OWN_ALLMON}`)
  else await changes.write({ path: OWN_ALLMON, text, secret: true })
  if (applied && text === null && !plan.waitsForIt) say(`Note     ${OWN_ALLMON} is not ours to change: put user = supermon-live and its secret from ${MANAGER_CONF} there`)
  for (const note of plan.notes) say(`Note     ${note}`)
}

/** @returns whether the user is in manager.conf now */
async function propose(stanza: Stanza, plan: AmiPlan, step: AmiStep): Promise<boolean> {
  const { options, tools, env, say } = step
  // What is no terminal is kept somewhere, and so is all that a package's scripts say at one: by apt, in its log.
  const isSeenOnce = tools.ask !== null && (env['DPKG_MAINTSCRIPT_PACKAGE'] ?? '') === ''
  const mayAsk = tools.ask !== null && !options.yes && !options.dryRun && options.manager === null
  say(`AMI user ${plan.because}`)
  if (options.manager === 'apply') return apply(stanza, step)
  say(`         These lines at the end of ${MANAGER_CONF} make it:`)
  say('')
  // Whoever may run this may read manager.conf. What was asked for as a look only is masked all the same.
  const shown = isSeenOnce && !options.dryRun
  for (const line of stanzaText(stanza, (secret) => (shown ? secret.reveal() : String(secret))).trimEnd().split('\n')) say(`    ${line}`)
  say('')
  if (mayAsk && (await tools.ask?.(`Add them to ${MANAGER_CONF} now? [y/N] `)) === true) return apply(stanza, step)
  const control = stanza.control && options.control ? ' --control' : ''
  if (shown) say(`         Add them, then: ${RELOAD}${plan.waitsForIt ? '' : ' && sudo supermon-live setup'}`)
  else say(`         To see the secret, at a terminal: sudo supermon-live setup --manager print${control}`)
  say(`         Or let setup add them: sudo supermon-live setup --manager apply${control}`)
  return false
}

async function apply(stanza: Stanza, { options, tools, place, say }: AmiStep): Promise<boolean> {
  if (!(await place.isFile(MANAGER_CONF))) {
    say(`Note     There is no ${MANAGER_CONF} to add it to.`)
    return false
  }
  if (options.dryRun) {
    say(`Would write ${MANAGER_CONF}, with these lines at its end:`)
    for (const line of stanzaText(stanza, String).trimEnd().split('\n')) say(`    ${line}`)
    return true
  }
  const copy = await told(MANAGER_CONF, () => appendStanza(place.at(MANAGER_CONF), stanza))
  say(`Wrote    ${MANAGER_CONF}: added [supermon-live]; the previous file is ${copy.slice(place.root.length)}`)
  if (!place.isThisMachine) return true
  const { code } = await tools.run('asterisk', ['-rx', 'manager reload'])
  if (code !== 0) say(`Note     Asterisk has not loaded it yet: ${RELOAD}`)
  return true
}
