/** The service itself: where systemd runs, it is started with what was written. */
import { SERVICE_UNIT } from '../config/settingsFile.ts'
import type { RunProgram } from '../env/runProgram.ts'
import type { Place } from './place.ts'
import { DAEMON } from './supermonNg.ts'

export interface ServiceStep {
  readonly place: Place
  readonly run: RunProgram
  readonly env: Readonly<Record<string, string | undefined>>
  readonly dryRun: boolean
  readonly say: (line: string) => void
  /** Was anything written that it has to be told? */
  readonly changed: boolean
  /** Supermon-NG's daemon has to go, as its port is needed. */
  readonly replacesDaemon: boolean
  /** It is to run beside us. */
  readonly leavesDaemon: boolean
}

/** @returns whether all went well */
export async function startService(step: ServiceStep): Promise<boolean> {
  const { place, say, env } = step
  if (!place.isThisMachine) return true
  if (!(await place.isFolder('/run/systemd/system'))) {
    say('Note     systemd is not running here: start the gateway with: supermon-live')
    return true
  }
  // Before anything that runs is stopped for its sake.
  if (!(await isInstalled(step))) {
    say('Note     The service is not installed here: start the gateway with: supermon-live')
    return true
  }
  if (step.replacesDaemon && !(await replaceDaemon(step))) return false
  if (step.leavesDaemon) await missDaemon(step)
  // A package's scripts start what they install, by rules of their own.
  if ((env['DPKG_MAINTSCRIPT_PACKAGE'] ?? '') !== '') return true
  if (!step.changed && (await isActive(step))) return true
  return (await systemctl(step, ['daemon-reload'])) && (await systemctl(step, ['enable', SERVICE_UNIT])) && (await systemctl(step, ['restart', SERVICE_UNIT]))
}

async function replaceDaemon(step: ServiceStep): Promise<boolean> {
  const { run, say } = step
  const { code } = await run('systemctl', ['is-enabled', '--quiet', DAEMON])
  const { code: notActive } = await run('systemctl', ['is-active', '--quiet', DAEMON])
  if (code !== 0 && notActive !== 0) return true
  const done = await systemctl(step, ['disable', '--now', DAEMON])
  if (done) say(`Note     Supermon-NG's own daemon was on that port. Back to it: sudo systemctl disable --now ${SERVICE_UNIT} && sudo systemctl enable --now ${DAEMON}`)
  return done
}

/** A setup before may have disabled it, or its operator for reasons of his own: only he knows. */
async function missDaemon({ run, say }: ServiceStep): Promise<void> {
  const { stdout } = await run('systemctl', ['is-enabled', DAEMON])
  if (stdout.trim() === 'disabled') say(`Note     Supermon-NG's own daemon is disabled, so its page has no sockets. To have it back: sudo systemctl enable --now ${DAEMON.replace('.service', '')}`)
}

async function isInstalled({ run }: ServiceStep): Promise<boolean> {
  return (await run('systemctl', ['cat', SERVICE_UNIT])).code === 0
}

async function isActive({ run }: ServiceStep): Promise<boolean> {
  return (await run('systemctl', ['is-active', '--quiet', SERVICE_UNIT])).code === 0
}

async function systemctl({ run, say, dryRun }: ServiceStep, words: readonly string[]): Promise<boolean> {
  const line = `systemctl ${words.join(' ')}`
  if (dryRun) {
    say(`Would run ${line}`)
    return true
  }
  const { code, stderr } = await run('systemctl', words, { timeoutMs: 60_000 })
  if (code === 0) return true
  const why = stderr.trim().split('\n')[0]?.replace(/\.$/, '') ?? ''
  const unit = words.find((word) => word.endsWith('.service')) ?? SERVICE_UNIT
  say(`Failed   ${line}: ${why === '' ? '' : `${why}. `}See: sudo journalctl -u ${unit} -n 20`)
  return false
}
