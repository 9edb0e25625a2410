/** Can the settings be read and understood, and the nodes' file that they name? */
import { existsSync } from 'node:fs'
import { CommandError } from '../config/commandError.ts'
import { ConfigError } from '../config/errors.ts'
import { loadConfig } from '../config/loadConfig.ts'
import { parseOptions, UsageError } from '../config/options.ts'
import type { Options } from '../config/options.ts'
import { withSettings } from '../config/settingsFile.ts'
import type { Variables } from '../config/settingsFile.ts'
import { codeOf } from '../env/wholeFile.ts'
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
    return { finding: report.wrong('settings-missing', `There are no settings yet: ${path} does not exist.`, 'sudo supermon-live setup'), patient: null }
  }
  const said = await reading(path, async () => {
    const { env, sourceOf } = await withSettings(variables)
    const options = parseOptions([], env, tools.limits, sourceOf)
    return { env, options, gateway: gatewayOf(options) }
  })
  if (!said.ok) return { finding: said.finding, patient: null }
  const { env, options, gateway } = said.value
  const webFile = new Place(tools.root ?? '/').at(WEB_CONF)
  const web = await reading(webFile, async () => {
    const text = await textAt(webFile)
    return text === null ? null : parseWebConf(text, webFile)
  })
  if (!web.ok) return { finding: web.finding, patient: null }
  const patient = { env, options, gateway, web: web.value, ...addressOf(url, web.value, options) }
  const file = options.config
  if (file === null) {
    const shown = options.fromMqtt === null ? 'No node is configured, so the demo is shown.' : 'Whatever nodes the broker tells of are shown.'
    return { finding: report.ok(shown), patient: { ...patient, config: null } }
  }
  const nodes = await reading(file, () => loadConfig(file))
  if (!nodes.ok) return { finding: nodes.finding, patient: null }
  const count = nodes.value.nodes.length
  return { finding: report.ok(`${count} ${count === 1 ? 'node' : 'nodes'} in ${file}, served at ${gateway}${options.base}/.`), patient: { ...patient, config: nodes.value } }
}

type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly finding: Finding }

/** @param path the file that is to be mended when `read` throws */
async function reading<T>(path: string, read: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { ok: true, value: await read() }
  } catch (error) {
    return { ok: false, finding: broken(error, path) }
  }
}

function broken(error: unknown, path: string): Finding {
  const edit = `sudo nano ${word(path, 'FILE')}`
  if (error instanceof ConfigError) {
    if (error.code === 'not-readable') return report.wrong('config-unreadable', error.message, 'sudo supermon-live doctor')
    if (error.code === 'not-found' || error.code === 'no-nodes') return report.wrong(error.code === 'no-nodes' ? 'no-nodes' : 'config-missing', error.message, 'sudo supermon-live setup')
    return report.wrong('config-broken', error.message, edit)
  }
  if (error instanceof UsageError && error.cause === undefined) return report.wrong('settings-broken', error.message, edit)
  if (!(error instanceof UsageError || error instanceof CommandError)) throw error
  const rights = ['EACCES', 'EPERM'].includes(codeOf(error.cause))
  return report.wrong('settings-unreadable', error.message, rights ? 'sudo supermon-live doctor' : `ls -ld ${word(path, 'FILE')}`)
}

function addressOf(url: URL | null, web: WebConf | null, { base }: Options): Pick<Patient, 'url' | 'named'> {
  if (url !== null) return { url, named: true }
  const origin = web?.name == null ? 'http://127.0.0.1' : `${web.tls === null ? 'http' : 'https'}://${web.name}`
  return { url: new URL(`${origin}${base}/`), named: false }
}
