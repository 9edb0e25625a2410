/** Are the files there that the settings name, may the service's user read them, and nobody else what is secret? */
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AccessFiles, accessPaths, userIni } from '../access/accessFiles.ts'
import { loadConfig } from '../config/loadConfig.ts'
import { parseOrderFronts } from '../config/orderFronts.ts'
import { OPTION_VARIABLES } from '../config/options.ts'
import { CONFIG_FOLDER, SERVICE_UNIT, STATE_FOLDER } from '../config/settingsFile.ts'
import { codeOf } from '../env/wholeFile.ts'
import { hidingFolder } from '../setup/hiddenFolders.ts'
import { Place } from '../setup/place.ts'
import { RIGHTS_FILE } from '../setup/serviceRights.ts'
import { file, wantedBy } from '../setup/wantedFiles.ts'
import { textAt } from '../web/steps.ts'
import { Report, word } from './finding.ts'
import type { Finding } from './finding.ts'
import { settingsPath } from './patient.ts'
import type { Patient, Tools } from './patient.ts'

const USER = 'supermon-live'
/** Call signs are fetched anew each day, by Supermon-NG as by ASL3. */
const OLD_DAYS = 31
const DAY_MS = 86_400_000

export async function lookAtFiles(patient: Patient, tools: Tools): Promise<Finding[]> {
  const report = new Report('files', 'Files')
  const secrets = await lookAtSecrets(patient, tools, report)
  if (secrets !== null) return [secrets]
  const names = await lookAtNamed(patient, tools, report) ?? await lookAtOrders(patient, report)
  if (names !== null) return [names]
  const { run, uid } = tools
  if ((await run('getent', ['passwd', USER])).code !== 0) return [await lookAtAccounts(patient, report) ?? report.skipped(`There is no user ${USER}; the gateway runs as whoever started it.`)]
  if (uid !== 0) return [report.unknown(`Only root can see whether ${USER} may read its files.`, 'sudo supermon-live doctor')]
  const groups = await groupsOf(tools)
  const test = async (flag: '-r' | '-w' | '-x', path: string) =>
    (await run('setpriv', [`--reuid=${USER}`, `--regid=${USER}`, ...(groups === '' ? ['--clear-groups'] : [`--groups=${groups}`]), 'test', flag, path])).code === 0
  const settings = settingsPath(patient.env)
  const wanted = [...(settings === '' ? [] : [file(settings)]), ...(await wantedBy(settingsOf(patient), new Place('/')))]
  for (const { path, kind } of wanted.filter((each) => existsSync(each.path))) {
    const folder = await hiddenIn(path, tools)
    if (folder !== null) return [report.wrong('file-hidden', `The service cannot see ${path}, whatever its mode: its unit hides ${folder}.`, 'sudo supermon-live setup')]
    const may = (await test('-r', path)) && (kind === 'file' || (await test('-x', path)))
    if (!may) return [report.wrong('not-readable', `The service's user ${USER} may not read ${path}.`, 'sudo supermon-live setup')]
  }
  const state = patient.options.figures === null ? STATE_FOLDER : dirname(patient.options.figures)
  if (existsSync(state) && !(await test('-w', state))) {
    return [report.wrong('state-not-writable', `The service's user ${USER} may not write to ${state}.`, `sudo chown ${USER}: ${word(state, STATE_FOLDER)}`)]
  }
  return [await lookAtAccounts(patient, report) ?? report.ok(`${USER} can read its files${existsSync(state) ? `, and write to ${state}` : ''}.`)]
}

/** A nodes' file of ours holds passwords of AMI; that of Supermon-NG has rights of its own. */
async function lookAtSecrets({ options: { config } }: Patient, { root = '/' }: Tools, report: Report): Promise<Finding | null> {
  if (config === null || !config.startsWith(new Place(root).at(`${CONFIG_FOLDER}/`))) return null
  const mode = await stat(config).then((info) => info.mode, () => 0)
  if ((mode & 0o004) === 0) return null
  return report.wrong('secrets-open', `Everybody on this machine can read ${config}, and with it the AMI password.`, `sudo chmod o= ${word(config, 'FILE')}`)
}

/** Without one of them the gateway runs, and names or accounts are missing. */
async function lookAtNamed(patient: Patient, { now }: Tools, report: Report): Promise<Finding | null> {
  for (const path of namedFiles(patient)) {
    const code = await stat(path).then(() => '', codeOf)
    if (code === 'ENOENT') return report.wrong('file-missing', `The settings name ${path}, which is not there.`, 'sudo supermon-live setup --dry-run')
  }
  const { astdb } = patient.options
  const writtenAt = astdb === null ? null : await stat(astdb).then(({ mtimeMs }) => mtimeMs, () => null)
  if (astdb === null || writtenAt === null) return null
  const days = Math.floor((now() - writtenAt) / DAY_MS)
  if (days <= OLD_DAYS) return null
  return report.wrong('names-old', `${astdb} has not been updated for ${days} days, so newer nodes have no call sign.`, `ls -l ${word(astdb, 'FILE')}`)
}

/** A gateway that runs keeps to what it said before it was broken; one that is started with it stays down. */
async function lookAtOrders({ options: { mqttOrders } }: Patient, report: Report): Promise<Finding | null> {
  // Whether it may be read is looked at as of all files.
  const text = mqttOrders === null ? null : await textAt(mqttOrders).catch(() => null)
  if (mqttOrders === null || text === null) return null
  const [warning] = parseOrderFronts(text, mqttOrders).warnings
  return warning === undefined ? null : report.wrong('orders-broken', warning, `sudo nano ${word(mqttOrders, 'FILE')}`)
}

/** The gateway tells its log; whoever cannot sign in does not see that. */
async function lookAtAccounts({ options: { users, config, anonymous } }: Patient, report: Report): Promise<Finding | null> {
  if (users === null) return null
  const paths = accessPaths(users, config ?? '')
  const loadNodes = async (name: string) => (await loadConfig(userIni(users, name))).nodes.map(({ id }) => id)
  const { warnings: [warning] } = await new AccessFiles({ paths, loadNodes, anonymous }).reload()
  if (warning === undefined) return null
  return report.wrong('accounts-broken', warning, existsSync(paths.htpasswd) ? `ls -la ${word(users, 'FOLDER')}` : `sudo htpasswd -B -c ${word(paths.htpasswd, 'FILE')} NAME`)
}

function namedFiles({ options: { config, users, astdb, privateNodes, site, metricsTokenFile, mqttPasswordFile, mqttCa, mqttCert, mqttKey, mqttSignKey, mqttOrders } }: Patient): string[] {
  return [config, users, astdb, privateNodes, site, metricsTokenFile, mqttPasswordFile, mqttCa, mqttCert, mqttKey, mqttSignKey, mqttOrders].filter((path) => path !== null)
}

function settingsOf({ env }: Patient): ReadonlyMap<string, string> {
  const said = [...OPTION_VARIABLES].map(([name, variable]) => [name, env[variable]?.trim() ?? ''] as const)
  return new Map(said.filter(([, value]) => value !== ''))
}

/** The folder that the service's unit hides a file in; null = it sees the file, be it that the operator opened the unit. */
async function hiddenIn(path: string, { run, systemd, root = '/' }: Tools): Promise<string | null> {
  const place = new Place(root)
  if (!systemd || !path.startsWith(`${place.root}/`)) return null
  const folder = await hidingFolder(path.slice(place.root.length), place)
  if (folder === null) return null
  const { stdout } = await run('systemctl', ['show', '-p', 'ProtectHome,PrivateTmp', SERVICE_UNIT])
  const opened = folder.endsWith('/tmp') ? /^PrivateTmp=no$/m : /^ProtectHome=(?:no|read-only)$/m
  return opened.test(stdout) ? null : folder
}

/** Ids of the service's groups, as its unit gives them. */
async function groupsOf({ run, root = '/' }: Tools): Promise<string> {
  const own = (await run('id', ['-G', USER])).stdout.trim().split(/\s+/).filter((id) => id !== '')
  const text = await textAt(new Place(root).at(RIGHTS_FILE)).catch(() => null)
  const names = [...(text ?? '').matchAll(/^SupplementaryGroups=(.*)$/gm)].flatMap(([, value = '']) => value.trim().split(/\s+/)).filter((name) => name !== '')
  const more = await Promise.all(names.map(async (name) => (await run('getent', ['group', name])).stdout.split(':')[2] ?? ''))
  return [...new Set([...own, ...more.filter((id) => id !== '')])].join(',')
}
