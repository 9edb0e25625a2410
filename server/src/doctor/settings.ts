/** Can the settings be read and understood, and the nodes' file that they name? */
import { existsSync } from 'node:fs'
import { ConfigError } from '../config/errors.ts'
import { loadConfig } from '../config/loadConfig.ts'
import { parseOptions, UsageError } from '../config/options.ts'
import type { Options } from '../config/options.ts'
import { withSettings } from '../config/settingsFile.ts'
import type { Variables } from '../config/settingsFile.ts'
import { Place } from '../setup/place.ts'
import { gatewayOf } from '../web/plan.ts'
import { parseWebConf, WEB_CONF } from '../web/webConf.ts'
import type { WebConf } from '../web/webConf.ts'
import { textAt } from '../web/steps.ts'
import { Report, word } from './finding.ts'
import type { Finding } from './finding.ts'
import { settingsPath } from './patient.ts'
import type { Patient, Tools } from './patient.ts'

const report = new Report('settings', 'Settings')

/** @param url what was said with `--url`; null = nothing */
export async function lookAtSettings(variables: Variables, url: URL | null, tools: Tools): Promise<{ finding: Finding; patient: Patient | null }> {
  const path = settingsPath(variables)
  if (path !== '' && !existsSync(path)) {
    return { finding: report.wrong('settings-missing', `There are no settings yet: ${path} is not there.`, 'sudo supermon-live setup'), patient: null }
  }
  let options: Options
  let web: WebConf | null
  let env: Variables
  try {
    const environment = await withSettings(variables)
    env = environment.env
    options = parseOptions([], env, tools.limits, environment.sourceOf)
    const text = await textAt(new Place(tools.root ?? '/').at(WEB_CONF))
    web = text === null ? null : parseWebConf(text, WEB_CONF)
  } catch (error) {
    return { finding: broken(error, path), patient: null }
  }
  if (options.config === null) return { finding: report.ok('No node is configured, so the demo is shown.'), patient: { env, options, config: null, web, ...addressOf(url, web, options) } }
  try {
    const config = await loadConfig(options.config)
    const patient = { env, options, config, web, ...addressOf(url, web, options) }
    const count = config.nodes.length
    return { finding: report.ok(`${count} ${count === 1 ? 'node' : 'nodes'} in ${options.config}, answered at ${gatewayOf(options)}${options.base}/.`), patient }
  } catch (error) {
    return { finding: broken(error, options.config), patient: null }
  }
}

function broken(error: unknown, path: string): Finding {
  const edit = `sudo nano ${word(path, 'the file')}`
  if (error instanceof ConfigError) {
    if (error.code === 'not-readable') return report.wrong('config-unreadable', error.message, 'sudo supermon-live doctor')
    if (error.code === 'not-found' || error.code === 'no-nodes') return report.wrong(error.code === 'no-nodes' ? 'no-nodes' : 'config-missing', error.message, 'sudo supermon-live setup')
    return report.wrong('config-broken', error.message, edit)
  }
  const message = error instanceof Error ? error.message : String(error)
  if (/cannot be read \((?:EACCES|EPERM)\)|cannot be changed/.test(message)) return report.wrong('settings-unreadable', message, 'sudo supermon-live doctor')
  return report.wrong(error instanceof UsageError ? 'settings-broken' : 'settings-unreadable', message, edit)
}

function addressOf(url: URL | null, web: WebConf | null, { base }: Options): Pick<Patient, 'url' | 'named'> {
  if (url !== null) return { url, named: true }
  const origin = web?.name == null ? 'http://127.0.0.1' : `${web.tls === null ? 'http' : 'https'}://${web.name}`
  return { url: new URL(`${origin}${base}/`), named: false }
}
