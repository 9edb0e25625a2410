/** Is the clock right? Certificates, sessions and all times on the page depend on it. */
import { ask } from './ask.ts'
import { Report } from './finding.ts'
import type { Finding } from './finding.ts'
import type { Patient, Tools } from './patient.ts'

const DAY_MS = 86_400_000
/** Further apart than any answer is late, ms. */
const APART_MS = 60_000

export async function lookAtClock(patient: Patient, { run, now, builtAt, systemd }: Tools): Promise<Finding> {
  const report = new Report('clock', 'Clock')
  const sync = 'sudo timedatectl set-ntp true'
  if (now() < builtAt - DAY_MS) return report.wrong('clock-past', `The clock says ${day(now())}, which is before this version was built.`, sync)
  const other = await dateOf(patient)
  if (other !== null && Math.abs(other - now()) > APART_MS) {
    return report.wrong('clock-differs', `The clock of ${patient.url.hostname} differs from this one by ${Math.round(Math.abs(other - now()) / 1000)} s.`, sync)
  }
  const { code, stdout } = systemd ? await run('timedatectl', ['show', '-p', 'NTPSynchronized']) : { code: 1, stdout: '' }
  if (code !== 0) return report.unknown('Cannot tell whether the clock is set by the network.', 'timedatectl')
  if (/=yes/.test(stdout)) return report.ok('It is set by the network.')
  return report.wrong('clock-free', 'The clock is not set by the network, so sooner or later it will be wrong.', sync)
}

async function dateOf(patient: Patient): Promise<number | null> {
  // This machine's own web server goes by this clock.
  if (!patient.named) return null
  const answer = await ask(patient.url, { method: 'HEAD' })
  const date = answer.ok ? Date.parse(answer.headers.date ?? '') : Number.NaN
  return Number.isNaN(date) ? null : date
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
