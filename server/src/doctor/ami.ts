/** Does each Asterisk let us in, know its nodes, and tell events? */
import { AmiClosedError, isClosedOver } from '../ami/closeReason.ts'
import type { AmiCloseCode } from '../ami/closeReason.ts'
import { AmiSession } from '../ami/session.ts'
import { endsXStat, parseXStat } from '../ami/xstat.ts'
import type { NodeConfig } from '../config/allmonIni.ts'
import { systemClock } from '../env/clock.ts'
import { lookAtEvents } from './events.ts'
import { Report, word } from './finding.ts'
import type { Finding } from './finding.ts'
import type { Patient, Tools } from './patient.ts'

const SETTINGS = 'sudo asterisk -rx "manager show settings"'

export async function lookAtAsterisks({ config, options }: Patient, tools: Tools): Promise<Finding[]> {
  if (options.fromMqtt !== null) return [new Report('ami', 'AMI').skipped('The nodes are those of other gateways: no Asterisk is asked from here.')]
  if (config === null) return [new Report('ami', 'AMI').skipped('The demo brings its own Asterisk.')]
  const groups = new Map<string, NodeConfig[]>()
  for (const node of config.nodes) {
    const key = JSON.stringify([node.host, node.port, node.user, node.secret.reveal()])
    groups.set(key, [...(groups.get(key) ?? []), node])
  }
  return (await Promise.all([...groups.values()].map((nodes) => lookAtHost(nodes, options.users !== null || options.supermon !== null, tools)))).flat()
}

/** @param commands people sign in here, so that some may command nodes */
async function lookAtHost(nodes: readonly NodeConfig[], commands: boolean, tools: Tools): Promise<Finding[]> {
  const [first] = nodes
  if (first === undefined) return []
  const { host, port, user, secret } = first
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const report = new Report('ami', `AMI ${where}`)
  const session = new AmiSession({ host, port, user, secret: secret.reveal(), clock: systemClock })
  let found: Finding[] = []
  try {
    await session.open()
    const looks = await Promise.allSettled(nodes.map((node) => lookAtNode(node, session)))
    found = looks.flatMap((look) => (look.status === 'fulfilled' && look.value !== null ? [look.value] : []))
    const lost = looks.find((look) => look.status === 'rejected')
    // Where one node ends the session, nothing is known of those that were to be asked after it.
    if (lost !== undefined && !found.some(({ id }) => id === 'node-ends-session')) throw lost.reason
    const ids = nodes.map(({ id }) => id).join(', ')
    return [...(found.length > 0 ? found : [report.ok(`Asterisk accepts ${user} and runs ${ids}.`)]), await lookAtEvents(first, { where, commands }, tools)]
  } catch (error) {
    if (!(error instanceof AmiClosedError)) throw error
    const { code, message, inUse } = error.reason
    if (inUse === true) {
      // By the gateway, as a rule: it holds a session while somebody watches.
      const sentence = `${user} is signed in already, and manager.conf lets it in only once (allowmultiplelogin = no): the doctor cannot look for itself while the gateway is signed in.`
      return [report.unknown(sentence, 'sudo asterisk -rx "manager show connected"'), await lookAtEvents(first, { where, commands }, tools)]
    }
    return [...found, report.wrong(`ami-${code}`, message, await fixOf(code, first, tools)), new Report('events', `Events ${where}`).skipped('Fix AMI first.')]
  } finally {
    session.close()
  }
}

/** null = nothing is wrong with it. */
async function lookAtNode({ id }: NodeConfig, session: AmiSession): Promise<Finding | null> {
  const report = new Report('node', `Node ${id}`)
  const reply = await session.request('RptStatus', { COMMAND: 'XStat', NODE: id }, { ends: endsXStat }).catch((error: unknown) => {
    if (isClosedOver(error)) return null
    throw error
  })
  if (reply === null) {
    return report.wrong('node-ends-session', `Asterisk ends the session when it is asked about node ${id}: it is a remote base, which must not be in allmon.ini, or has not started.`, 'sudo asterisk -rx "rpt localnodes"')
  }
  const answer = parseXStat(reply)
  if (answer.ok) return null
  if (answer.code === 'no-such-node') return report.wrong('node-unknown', `This Asterisk does not run node ${id}: rpt.conf and the nodes' file do not agree.`, 'sudo asterisk -rx "rpt localnodes"')
  if (answer.code === 'unknown-action') return report.wrong('no-app-rpt', 'This Asterisk has no app_rpt, so it has no nodes.', 'sudo asterisk -rx "module load app_rpt.so"')
  return report.wrong('node-not-told', `Asterisk gives no status for node ${id}. ${answer.message}`, 'sudo asterisk -rx "rpt localnodes"')
}

async function fixOf(code: AmiCloseCode, { host, user }: NodeConfig, tools: Tools): Promise<string> {
  switch (code) {
    case 'refused':
      if (!isHere(host)) return `ssh ${word(host, 'HOST')} sudo systemctl start asterisk`
      return (await isRunning(tools)) ? SETTINGS : 'sudo systemctl start asterisk'
    case 'unreachable':
      return `ping -c 3 ${word(host, 'HOST')}`
    case 'login-refused':
    case 'closed':
      return `sudo asterisk -rx "manager show user ${word(user, 'USER')}"`
    case 'no-greeting':
    case 'no-answer':
    case 'protocol':
    case 'too-many':
      return 'sudo asterisk -rx "core show uptime"'
    case 'not-ami':
      return SETTINGS
  }
}

/** Does an Asterisk run on this machine, whatever becomes of its AMI? */
async function isRunning({ run }: Tools): Promise<boolean> {
  return (await run('asterisk', ['-rx', 'core show uptime'], { timeoutMs: 5_000 })).code === 0
}

export function isHere(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
