/** `supermon-live setup`: an installation without editing files. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no nodes. */
import { dirname, join } from 'node:path'
import { CommandError } from '../config/commandError.ts'
import { ConfigError } from '../config/errors.ts'
import { loadConfig } from '../config/loadConfig.ts'
import { OPTION_VARIABLES } from '../config/options.ts'
import { parseSettings, SETTINGS_FILE } from '../config/settingsFile.ts'
import type { Surroundings } from '../config/surroundings.ts'
import { prepareAmi } from './amiStep.ts'
import { Changes } from './changes.ts'
import { findAsterisk, look, RPT_CONF } from './findings.ts'
import type { Findings } from './findings.ts'
import { mustBeSeen } from './hiddenFolders.ts'
import { identitiesOf } from './identities.ts'
import { readSetupOptions, SETUP_HELP } from './options.ts'
import type { SetupOptions } from './options.ts'
import { Place } from './place.ts'
import { startService } from './service.ts'
import { grantRights } from './serviceRights.ts'
import { leavesDaemon, OWN_ALLMON, replacesDaemon, settingsFor, settingsText } from './settings.ts'
import type { Setup, SettingLine } from './settings.ts'
import { SUPERMON_ALLMON } from './supermonNg.ts'
import { DEFAULT_TOOLS } from './tools.ts'
import type { SetupTools } from './tools.ts'
import { tellWebServer } from './webStep.ts'

const NO_NODES = 3

/**
 * @param argv what stands behind `setup`
 * @returns the exit code
 * @throws UsageError, CommandError, ConfigError
 */
export async function setupCommand(argv: readonly string[], surroundings: Surroundings, tools: SetupTools = DEFAULT_TOOLS): Promise<number> {
  const options = readSetupOptions(argv)
  if (options === null) {
    surroundings.write(SETUP_HELP)
    return 0
  }
  const place = new Place(options.root)
  if (!(await place.isFolder('/'))) throw new CommandError(`There is no folder ${options.root}: name one with --root that holds a machine's files.`)
  const say = (line: string) => { surroundings.write(`${line}\n`) }
  const findings = await withNodes(await look(place), options, place, say)
  const decision = await decide(options, findings, place, say)
  if (decision === null) return NO_NODES
  const { lines, settings } = decision

  const identities = await identitiesOf(place)
  const root = tools.uid === 0 ? { uid: 0, gid: 0 } : null
  const changes = new Changes({ place, dryRun: options.dryRun, root, serviceGroup: identities.serviceGroup, say })
  if (settings.get('config') === OWN_ALLMON) await prepareAmi({ options, tools, place, changes, settings, env: surroundings.env, say })
  if (lines === null) say(`Kept     ${SETTINGS_FILE}`)
  await grantRights(settings, { place, identities, changes, say })
  const webDone = await tellWebServer({ options, found: findings.webServer, settings, place, web: tools.web, surroundings, say, hostName: tools.hostName })
  // Last of the files: by them everybody knows that a machine is set up, and what broke off before is done by the next run.
  if (lines !== null) await changes.write({ path: SETTINGS_FILE, text: () => settingsText(lines), secret: false })
  const serviceDone = await startService({
    place, run: tools.run, env: surroundings.env, dryRun: options.dryRun, say, changed: changes.made > 0,
    replacesDaemon: replacesDaemon(settings, findings.supermon), leavesDaemon: leavesDaemon(settings, findings.supermon),
  })
  return webDone && serviceDone ? 0 : 1
}

/** A Supermon-NG that has no nodes yet is there all the same; those of this machine's Asterisk go into an allmon.ini of our own. */
async function withNodes(findings: Findings, { config }: SetupOptions, place: Place, say: (line: string) => void): Promise<Findings> {
  const { supermon } = findings
  if (supermon === null || config !== null || !(await isWithoutNodes(supermon.allmonIni, place)) || (await findAsterisk(place)) === null) return findings
  if (!(await place.isFile(SETTINGS_FILE))) say(`Note     ${supermon.allmonIni} has no nodes yet: ours come from ${RPT_CONF}`)
  return { ...findings, supermon: { ...supermon, allmonIni: OWN_ALLMON } }
}

async function isWithoutNodes(allmonIni: string, place: Place): Promise<boolean> {
  try {
    await loadConfig(place.at(allmonIni))
    return false
  } catch (error) {
    return error instanceof ConfigError && error.code === 'no-nodes'
  }
}

interface Decision {
  /** To be written; null = the settings are there. */
  readonly lines: readonly SettingLine[] | null
  readonly settings: ReadonlyMap<string, string>
}

/** null = there are no nodes here, which has been said. */
async function decide(options: SetupOptions, findings: Findings, place: Place, say: (line: string) => void): Promise<Decision | null> {
  const existing = await place.textOf(SETTINGS_FILE)
  if (existing !== null) {
    const settings = new Map([...parseSettings(existing, SETTINGS_FILE, [...OPTION_VARIABLES.keys()])].map(([name, { value }]) => [name, value]))
    await mustAgree(options, findings, place, settings)
    if (!(await checkNodes(settings.get('config'), place, say))) {
      say(`Nothing was changed. ${SETTINGS_FILE} names ${settings.get('config') ?? ''}: put nodes there, or name another file.`)
      return null
    }
    if (!settings.has('config')) say(`Note     For your own nodes remove ${SETTINGS_FILE}, and run setup again`)
    return { lines: null, settings }
  }
  if (options.setup !== 'demo' && options.config === null && findings.supermon === null && (await findAsterisk(place)) === null) return noNodes(say)
  if (options.config !== null) await mustBeSeen(options.config, place)
  const lines = await wished(options, findings, place)
  const settings = new Map(lines.map(({ name, value }) => [name, value]))
  return (await checkNodes(settings.get('config'), place, say)) ? { lines, settings } : noNodes(say)
}

async function wished(options: SetupOptions, findings: Findings, place: Place): Promise<SettingLine[]> {
  const { config, base } = options
  const setup = options.setup ?? usualSetup(options, findings)
  if ((setup === 'beside' || setup === 'under') && findings.supermon === null && config === null) {
    throw new CommandError(`--${setup} needs Supermon-NG, and ${SUPERMON_ALLMON} is not there. Name its allmon.ini with --config, or leave --${setup} out.`)
  }
  const accountsBeside = config !== null && (await place.isFile(join(dirname(config), '.htpasswd')))
  return settingsFor({ setup, config, base, accountsBeside }, findings)
}

function usualSetup({ config }: SetupOptions, { supermon }: Findings): Setup {
  return supermon === null || (config !== null && config !== supermon.allmonIni) ? 'alone' : 'beside'
}

/** Settings are kept. Who asks for others is told so, and not left to believe that he has them. */
async function mustAgree(options: SetupOptions, findings: Findings, place: Place, settings: ReadonlyMap<string, string>): Promise<void> {
  const names = [
    ...(options.config !== null || options.setup === 'demo' ? ['config'] : []),
    ...(options.base === null ? [] : ['base']),
    ...(options.setup === null ? [] : ['dialect']),
    // Under its page the dialect alone makes the setup: whether somebody is asked who is signed in, and where, is the operator's.
    ...(options.setup === null || options.setup === 'under' ? [] : ['auth']),
  ]
  if (names.length === 0) return
  const wish = new Map((await wished(options, findings, place)).map(({ name, value }) => [name, value]))
  const other = names.filter((name) => (wish.get(name) ?? '') !== (settings.get(name) ?? ''))
  // Which ones is the operator's own business; whether there are any makes the setup.
  if (options.setup !== null) other.push(...['config', 'users'].filter((name) => wish.has(name) !== settings.has(name) && !isOfTheOperator(name, wish, options)))
  const [name] = other
  if (name === undefined) return
  const says = settings.has(name) ? `says ${name} = ${settings.get(name) ?? ''}` : `says nothing about ${name}`
  throw new CommandError(`${SETTINGS_FILE} ${says}, and is kept. Change it there, or remove it and run setup again. Nothing was changed.`)
}

/** A page alone without accounts may be given some later, and is the same setup. */
function isOfTheOperator(name: string, wish: ReadonlyMap<string, string>, { setup }: SetupOptions): boolean {
  return name === 'users' && setup === 'alone' && !wish.has('users')
}

/**
 * Says which nodes there are.
 *
 * @returns false when there are none
 * @throws ConfigError for a configuration that cannot be understood, so that no service is started with it
 */
async function checkNodes(config: string | undefined, place: Place, say: (line: string) => void): Promise<boolean> {
  if (config === undefined) {
    say('Found    simulated nodes: this is the demo')
    return true
  }
  if (config === OWN_ALLMON && !(await place.isFile(config))) {
    const asterisk = await findAsterisk(place)
    say(asterisk === null ? `Found    no ${config}, and no nodes in ${RPT_CONF}` : `Found    Asterisk with ${count(asterisk.nodes.length)}, by ${RPT_CONF}`)
    return asterisk !== null
  }
  try {
    const { nodes, warnings } = await loadConfig(place.at(config))
    say(`Found    ${count(nodes.length)} in ${config}`)
    if (warnings.length > 0) say(`Note     ${warnings.length === 1 ? 'One line' : `${warnings.length} lines`} there may not be what was meant: ${warnings[0] ?? ''}`)
    return true
  } catch (error) {
    if (!(error instanceof ConfigError && error.code === 'no-nodes')) throw error
    say(`Found    ${error.message}`)
    return false
  }
}

function count(nodes: number): string {
  return nodes === 1 ? '1 node' : `${nodes} nodes`
}

function noNodes(say: (line: string) => void): null {
  say('No nodes were found, and nothing was written.')
  say(`Looked for: ${SUPERMON_ALLMON} (Supermon-NG) and ${RPT_CONF} (Asterisk with app_rpt).`)
  say('Once there are nodes, or with an allmon.ini from elsewhere: sudo supermon-live setup --config FILE')
  say('To look around with simulated nodes: sudo supermon-live setup --demo')
  return null
}
