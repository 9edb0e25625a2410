/**
 * Does the time of a sign-in tell whether an account exists? Right and wrong passwords of an account, and a name that has none, in turn,
 * against a file of bcrypt hashes of cost 10. What counts is this process's CPU time: a busy machine stretches waiting, not work.
 */
import { Accounts } from '../server/src/access/accounts.ts'
import { parseHtpasswd } from '../server/src/access/htpasswd.ts'

export interface SignInFigures {
  readonly attempts: number
  /** Median CPU time of one attempt, ms. */
  readonly rightMs: number
  readonly wrongMs: number
  readonly unknownMs: number
  /** The share of pairs (unknown, wrong) in which the unknown name took longer: 0.5 = the time tells nothing. */
  readonly unknownLonger: number
}

const PASSWORD = 'correct horse'
const HASH = '$2b$10$I2/u5xBNUhGfLGV3WR2/eu/cRB5NyTC4jB7EbDwZk1HLyJq3FX4c6'

export async function measureSignIn(attempts: number): Promise<SignInFigures> {
  const accounts = new Accounts(parseHtpasswd(`W5GLE:${HASH}\nN0CALL:${HASH}\n`).value)
  const kinds = { right: ['W5GLE', PASSWORD], wrong: ['W5GLE', 'correct horsf'], unknown: ['WB6NIL', 'correct horsf'] } as const
  const times = { right: [] as number[], wrong: [] as number[], unknown: [] as number[] }
  // Unmeasured, until the code is compiled.
  for (let i = 0; i < 3; i += 1) await accounts.verify('W5GLE', 'warm')
  for (let i = 0; i < attempts; i += 1) {
    for (const kind of ['right', 'unknown', 'wrong'] as const) {
      const [user, password] = kinds[kind]
      const before = process.cpuUsage()
      await accounts.verify(user, password)
      const { user: own, system } = process.cpuUsage(before)
      times[kind].push((own + system) / 1000)
    }
  }
  const longer = times.unknown.filter((ms, i) => ms > (times.wrong[i] ?? 0)).length
  return {
    attempts,
    rightMs: median(times.right),
    wrongMs: median(times.wrong),
    unknownMs: median(times.unknown),
    unknownLonger: Math.round((longer / attempts) * 100) / 100,
  }
}

function median(values: number[]): number {
  return Math.round((values.sort((a, b) => a - b)[values.length >> 1] ?? 0) * 100) / 100
}
