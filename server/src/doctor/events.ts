/** May the AMI user read app_rpt's events, and command its nodes? AMI does not say it, so Asterisk's console or its configuration is asked. */
import type { NodeConfig } from '../config/allmonIni.ts'
import { findManager } from '../setup/findings.ts'
import { Place } from '../setup/place.ts'
import { isHere } from './ami.ts'
import { Report } from './finding.ts'
import type { Finding } from './finding.ts'
import type { Tools } from './patient.ts'

const MANAGER_CONF = '/etc/asterisk/manager.conf'
/** Names of users that may stand in a command of Asterisk's console. */
const PLAIN_USER = /^[0-9A-Za-z_.-]+$/

interface Rights {
  readonly read: string
  readonly write: string
}

/** What is looked at. */
export interface EventsOf {
  /** Address of its AMI, for people. */
  readonly where: string
  /** Do people sign in here, so that some may command nodes? */
  readonly commands: boolean
}

export async function lookAtEvents({ host, user }: NodeConfig, { where, commands }: EventsOf, tools: Tools): Promise<Finding> {
  const report = new Report('events', `Events ${where}`)
  if (!isHere(host)) return report.unknown('Whether the user may read events can only be seen on that machine; without them everything is polled once a second.')
  const rights = (await rightsByConsole(user, tools)) ?? (await rightsByFile(user, tools))
  if (rights === null) return report.unknown('Neither the Asterisk console nor manager.conf says what the user may read.', 'sudo supermon-live doctor')
  const classes = list(rights.read)
  if (!classes.some((name) => name === 'call' || name === 'all')) {
    const sentence = `${user} may not read call events, so key-ups are only seen by polling once a second: add call to its read= line in manager.conf.`
    return report.wrong('events-missing', sentence, `sudo nano ${MANAGER_CONF} && sudo asterisk -rx "manager reload"`)
  }
  return report.ok([`${user} reads call events.`, ...remarks(list(rights.write), commands)].join(' '))
}

/** What is no fault of what the user may write, and worth knowing. */
function remarks(write: readonly string[], commands: boolean): string[] {
  const more = write.filter((name) => name !== 'command' && name !== 'none')
  const lacks = commands && !write.some((name) => name === 'command' || name === 'all')
  return [
    ...(lacks ? ['It may not command nodes, so whoever signs in can only watch: add command to its write= line in manager.conf.'] : []),
    ...(more.length === 0 ? [] : [`It may write ${more.join(', ')} as well, which Supermon Live never needs.`]),
  ]
}

async function rightsByConsole(user: string, { run }: Tools): Promise<Rights | null> {
  if (!PLAIN_USER.test(user)) return null
  const { code, stdout } = await run('asterisk', ['-rx', `manager show user ${user}`], { timeoutMs: 5_000 })
  const right = (name: string) => new RegExp(`^\\s*${name} perm:[ \\t]*(.*)$`, 'm').exec(stdout)?.[1]
  const read = right('read')
  return code === 0 && read !== undefined ? { read, write: right('write') ?? '' } : null
}

async function rightsByFile(user: string, { root = '/' }: Tools): Promise<Rights | null> {
  const manager = await findManager(new Place(root)).catch(() => null)
  const own = manager?.users.find(({ name }) => name === user)
  return own === undefined ? null : { read: [...own.read].join(','), write: [...own.write].join(',') }
}

function list(text: string): string[] {
  return text.toLowerCase().split(',').map((each) => each.trim()).filter((each) => each !== '' && each !== '<none>')
}
