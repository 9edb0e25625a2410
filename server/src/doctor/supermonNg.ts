/** Does the Supermon-NG that is asked who is signed in say so? While it does not, everybody is a visitor, and the page shows no error. */
import { randomBytes } from 'node:crypto'
import { SupermonClient, SupermonError } from '../access/supermonClient.ts'
import { Secret } from '../config/secret.ts'
import { systemClock } from '../env/clock.ts'
import { Report, word } from './finding.ts'
import type { Finding } from './finding.ts'
import type { Patient } from './patient.ts'

export async function lookAtSupermonNg({ options }: Patient): Promise<Finding[]> {
  if (options.supermon === null) return []
  const { origin, host, pathname } = new URL(options.supermon)
  const url = origin + pathname.replace(/\/+$/, '')
  const report = new Report('supermon-ng', `Supermon-NG ${host}`)
  const more = `curl -sS ${word(url, 'ADDRESS')}/api/v1/auth/me`
  try {
    // Nobody's: it is asked about as any visitor's would be.
    await new SupermonClient({ clock: systemClock, url, fetch }).ask(new Secret(randomBytes(13).toString('hex')), true)
    return [report.ok('It says who is signed in.')]
  } catch (error) {
    if (!(error instanceof SupermonError)) throw error
    const said = `It does not say who is signed in, ${error.message}`
    // It serves one request at a time, and some of its own take seconds.
    if (error.code === 'slow' || error.code === 'busy') return [report.unknown(`${said}: it may be busy.`, more)]
    return [report.wrong('supermon-ng-silent', `${said}: everybody counts as a visitor.`, more)]
  }
}
