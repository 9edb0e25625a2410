/** Everything that docs/evidence.md tells, each with the command that measures it alone. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Result } from '../../frontend/tests/browsers/result.ts'
import { missingAsterisk } from '../../server/tests/asterisk/realAsterisk.ts'
import { quietOf, run as runSoak } from '../../server/tests/soak/run.ts'
import type { Report } from '../../server/tests/soak/run.ts'
import { SoakFailure } from '../../server/tests/soak/soak.ts'
import { measureFirstPaint } from '../firstPaint.ts'
import type { FirstPaintFigures } from '../firstPaint.ts'
import { FLEET, measureFleet } from '../fleet/fleet.ts'
import type { FleetFigures } from '../fleet/fleet.ts'
import { measureGateway } from '../gateway.ts'
import { measureRadio } from '../radio.ts'
import type { RadioFigures } from '../radio.ts'
import { measureScreen } from '../screen.ts'
import type { ScreenFigures } from '../screen.ts'
import { measureRollout } from '../rollout.ts'
import type { RolloutFigures } from '../rollout.ts'
import { measureSignIn } from '../signIn.ts'
import type { SignInFigures } from '../signIn.ts'
import { measureTable, TABLE_CASES } from '../table.ts'
import type { TableFigures } from '../table.ts'

export interface FaultsFigures {
  readonly minutes: number
  readonly viewers: number
  /** By seed: what came of it, or what was found. */
  readonly seeds: readonly { readonly seed: number; readonly report: Report | null; readonly found: string | null }[]
}

export interface Data {
  readonly browsers: { readonly results: readonly Result[] }
  readonly faults: FaultsFigures
  readonly gateway: Awaited<ReturnType<typeof measureGateway>>
  readonly radio: RadioFigures
  readonly screen: readonly ScreenFigures[]
  readonly page: readonly TableFigures[]
  readonly start: FirstPaintFigures
  readonly fleet: FleetFigures
  readonly rollout: Pick<RolloutFigures, 'clients' | 'stages'>
  readonly 'sign-in': SignInFigures
}
export type Name = keyof Data

interface Source<T> {
  readonly command: string
  /** About so long. */
  readonly minutes: number
  readonly measure: () => Promise<T>
  /** Can it be measured on this machine? A sentence that says what is missing, or null. Absent: everywhere. */
  readonly missing?: () => string | null
}

/** So long that every kind of fault comes. */
const FAULTS_RUN = { seed: 1, minutes: 10 } as const

export const SOURCES: { readonly [N in Name]: Source<Data[N]> } = {
  browsers: { command: 'npm run test:browsers -- --parallel', minutes: 12, measure: browsers },
  faults: { command: `npm run test:faults -- --minutes ${FAULTS_RUN.minutes} --seed ${FAULTS_RUN.seed}`, minutes: 13, measure: () => faults([FAULTS_RUN.seed], FAULTS_RUN.minutes) },
  gateway: { command: 'npm run bench -- gateway 30 ABCDEHK', minutes: 50, measure: () => measureGateway(30, 'ABCDEHK') },
  radio: { command: 'npm run bench -- radio 200', minutes: 3, measure: () => measureRadio(200), missing: missingAsterisk },
  screen: { command: 'npm run bench -- screen 500', minutes: 5, measure: () => measureScreen(500) },
  page: { command: 'npm run bench -- table 20', minutes: 3, measure: () => inTurn(TABLE_CASES, (which) => measureTable(which, 20)) },
  start: { command: 'npm run bench -- first-paint 7', minutes: 1, measure: () => measureFirstPaint(7) },
  rollout: { command: 'npm run bench -- rollout 500 20', minutes: 4, measure: () => measureRollout(500, 20).then(({ clients, stages }) => ({ clients, stages })) },
  fleet: { command: 'npm run bench -- fleet', minutes: 20, measure: () => measureFleet(FLEET) },
  'sign-in': { command: 'npm run bench -- sign-in 100', minutes: 1, measure: () => measureSignIn(100) },
}

async function inTurn<A, B>(all: readonly A[], work: (one: A) => Promise<B>): Promise<B[]> {
  const done: B[] = []
  for (const one of all) done.push(await work(one))
  return done
}

async function faults(seeds: readonly number[], minutes: number, viewers = 50): Promise<FaultsFigures> {
  const told = await inTurn(seeds, async (seed) => {
    try {
      return { seed, report: await runSoak({ seed, viewers, actsMs: minutes * 60_000, quietMs: quietOf(minutes), onOutcome: (outcome) => { console.log(JSON.stringify(outcome)) } }), found: null }
    } catch (error) {
      if (!(error instanceof SoakFailure)) throw error
      return { seed, report: null, found: error.message }
    }
  })
  return { minutes, viewers, seeds: told }
}

/** In a process of its own; what failed is evidence too. */
async function browsers(): Promise<Data['browsers']> {
  const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  const file = join(folder, 'browsers.json')
  try {
    await new Promise<void>((resolve) => {
      const child = execFile('npm', ['run', '-s', 'test:browsers', '--', '--parallel', '--json', file], { maxBuffer: 2 ** 24 }, () => { resolve() })
      child.stdout?.pipe(process.stdout)
      child.stderr?.pipe(process.stderr)
    })
    return JSON.parse(await readFile(file, 'utf8')) as Data['browsers']
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
