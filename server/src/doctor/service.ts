/** Does the gateway run, and is it the one that was installed? */
import { existsSync } from 'node:fs'
import { DEFAULT_OPTIONS } from '../config/options.ts'
import { SERVICE_UNIT } from '../config/settingsFile.ts'
import { Place } from '../setup/place.ts'
import { ask, jsonOf } from './ask.ts'
import { Report, word } from './finding.ts'
import type { Finding } from './finding.ts'
import type { Patient, Tools } from './patient.ts'

const LOG = 'journalctl -u supermon-live -n 20 --no-pager'
const RESTART = 'sudo systemctl restart supermon-live'
const ENABLE = 'sudo systemctl enable --now supermon-live'
/** Below what the Debian package puts its files, and install.sh unless told otherwise. */
const PACKAGE = '/usr'
const BY_HAND = '/usr/local'

export async function lookAtService(patient: Patient, tools: Tools): Promise<Finding[]> {
  const managed = tools.systemd ? await lookAtUnit(tools) : null
  return [...(managed === null ? [] : [managed]), await lookAtGateway(patient, tools, managed)]
}

async function lookAtUnit({ run, root }: Tools): Promise<Finding> {
  const report = new Report('service', 'Service')
  const { code, stdout } = await run('systemctl', ['show', '-p', 'LoadState,ActiveState,SubState,Result,NRestarts,UnitFileState,FragmentPath,ExecStart', SERVICE_UNIT])
  const { LoadState, ActiveState, SubState, Result, NRestarts, UnitFileState, FragmentPath = '', ExecStart = '' } = propertiesOf(stdout)
  if (code !== 0 || ActiveState === undefined) return report.unknown('systemd does not say whether the service runs.')
  if (LoadState === 'not-found') return report.skipped('There is no systemd service; whoever started the gateway looks after it.')
  const twice = lookForSecond(report, new Place(root ?? '/'), FragmentPath, ExecStart)
  if (twice !== null) return twice
  if (ActiveState === 'failed') return report.wrong('service-failed', `The service ended with an error (${Result ?? 'unknown'}) and will not be restarted.`, LOG)
  // Its unit sets no limit to starts, so one that ends over and over never fails: it waits for the next start, or is at it.
  if (SubState?.startsWith('auto-restart') === true || (ActiveState === 'activating' && (NRestarts ?? '0') !== '0')) {
    return report.wrong('service-restarting', `The service keeps ending (${Result ?? 'unknown'}) and is restarted each time.`, LOG)
  }
  if (ActiveState !== 'active') return report.wrong('service-down', `The service is not running (${ActiveState}).`, UnitFileState === 'disabled' ? ENABLE : 'sudo systemctl start supermon-live')
  if (UnitFileState === 'disabled') return report.wrong('service-disabled', 'The service is running, but will not start with this machine.', ENABLE)
  return report.ok('systemd runs it.')
}

function propertiesOf(text: string): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(text.split('\n').map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]))
}

/** What install.sh made stands in front of what the Debian package brings: its unit in /etc, and by the search path its command. */
function lookForSecond(report: Report, machine: Place, unitFile: string, start: string): Finding | null {
  const isBelow = (prefix: string) => existsSync(machine.at(`${prefix}/lib/supermon-live/main.js`))
  const [, runs = PACKAGE] = /path=(\/\S*)\/bin\/supermon-live /.exec(start) ?? []
  const byHand = runs === PACKAGE ? BY_HAND : runs
  if (!isBelow(PACKAGE) || (runs === PACKAGE && !isBelow(BY_HAND))) return null
  const sentence = `Supermon Live is installed twice: below ${byHand} by install.sh and below ${PACKAGE} by the Debian package; systemd runs the one below ${runs}, by ${unitFile}.`
  return report.wrong('installed-twice', sentence, `sudo sh install.sh --uninstall${byHand === BY_HAND ? '' : ` --prefix ${word(byHand, 'DIR')}`}`)
}

async function lookAtGateway({ options, gateway: address }: Patient, { version }: Tools, unit: Finding | null): Promise<Finding> {
  const report = new Report('gateway', 'Gateway')
  const disabled = unit?.id === 'service-disabled'
  if (unit?.state === 'wrong' && !disabled) return report.skipped('Fix the service first.')
  const bySystemd = unit?.state === 'ok' || disabled
  const answer = await ask(new URL(`http://${address}${options.base}/healthz`))
  const command = bySystemd ? RESTART : 'supermon-live'
  if (!answer.ok && !answer.code.startsWith('HPE_')) return report.wrong('gateway-silent', `No gateway answers at ${address} (${answer.code}).`, bySystemd ? LOG : command)
  // Node's parser names what is no HTTP so.
  const health = !answer.ok || answer.status !== 200 ? null : jsonOf(answer.body) as { status?: unknown; version?: unknown; hosts?: unknown } | null
  if (typeof health !== 'object' || health === null || !('hosts' in health)) {
    const port = String(options.port)
    return report.wrong('port-taken', `Something other than Supermon Live answers on port ${port}; Supermon-NG's own daemon uses ${DEFAULT_OPTIONS.port} as well.`, `sudo ss -ltnp 'sport = :${port}'`)
  }
  if (health.version !== version) return report.wrong('version-differs', `Version ${String(health.version)} is running, but ${version} is installed.`, command)
  return report.ok(`Version ${version} answers at ${address}.`)
}
