/** Does the gateway run, and is it the one that was installed? */
import { DEFAULT_OPTIONS } from '../config/options.ts'
import { SERVICE_UNIT } from '../config/settingsFile.ts'
import { ask, jsonOf } from './ask.ts'
import { Report } from './finding.ts'
import type { Finding } from './finding.ts'
import type { Patient, Tools } from './patient.ts'
import { gatewayOf } from '../web/plan.ts'

const LOG = 'journalctl -u supermon-live -n 50 --no-pager'
const START = 'sudo systemctl restart supermon-live'

export async function lookAtService(patient: Patient, tools: Tools): Promise<Finding[]> {
  const managed = tools.systemd ? await lookAtUnit(tools) : null
  return [...(managed === null ? [] : [managed]), await lookAtGateway(patient, tools, managed)]
}

async function lookAtUnit({ run }: Tools): Promise<Finding> {
  const report = new Report('service', 'Service')
  const { code, stdout } = await run('systemctl', ['show', '-p', 'LoadState,ActiveState,Result,UnitFileState', SERVICE_UNIT])
  const { LoadState, ActiveState, Result, UnitFileState } = Object.fromEntries(stdout.split('\n').map((line) => line.split('=', 2))) as Record<string, string | undefined>
  if (code !== 0 || ActiveState === undefined) return report.unknown('systemd does not say whether the service runs.')
  if (LoadState === 'not-found') return report.skipped('There is no service of systemd; whoever started the gateway looks after it.')
  if (ActiveState === 'failed') return report.wrong('service-failed', `The service ended with an error (${Result ?? 'unknown'}) and is not started again.`, LOG)
  if (ActiveState !== 'active') return report.wrong('service-down', `The service does not run (${ActiveState}).`, 'sudo systemctl start supermon-live')
  if (UnitFileState === 'disabled') return report.wrong('service-disabled', 'The service runs, but will not after the next start of this machine.', 'sudo systemctl enable supermon-live')
  return report.ok('systemd runs it.')
}

async function lookAtGateway({ options }: Patient, { version }: Tools, unit: Finding | null): Promise<Finding> {
  const report = new Report('gateway', 'Gateway')
  if (unit?.state === 'wrong' && unit.id !== 'service-disabled') return report.skipped('The service comes first.')
  const address = gatewayOf(options)
  const answer = await ask(new URL(`http://${address}${options.base}/healthz`))
  const command = unit?.state === 'ok' ? START : 'supermon-live'
  if (!answer.ok) return report.wrong('gateway-silent', `No gateway answers at ${address} (${answer.code}).`, unit?.state === 'ok' ? LOG : command)
  const health = jsonOf(answer.body) as { status?: unknown; version?: unknown; hosts?: unknown } | null
  if (answer.status !== 200 || health === null || !('hosts' in health)) {
    const port = String(options.port)
    return report.wrong('port-taken', `Something else than Supermon Live answers at port ${port}; Supermon-NG's own daemon uses ${DEFAULT_OPTIONS.port} as well.`, `sudo ss -ltnp 'sport = :${port}'`)
  }
  if (health.version !== version) return report.wrong('version-differs', `Version ${String(health.version)} runs, and ${version} is installed.`, command)
  return report.ok(`Version ${version} answers at ${address}.`)
}
