/** The soak's command line. Ends with 1 when something was found, with 2 when it was told something it does not know. */
import { parseArgs } from 'node:util'
import { isPlant, plant, PLANTS } from './plants.ts'
import type { Planted } from './plants.ts'
import { quietOf, run } from './run.ts'
import type { Report } from './run.ts'
import { FAULTS } from './schedule.ts'
import { SoakFailure } from './soak.ts'
import type { Outcome } from './soak.ts'

const HELP = `npm run test:faults -- [options]

  --minutes N   of faults; 10 unless given, and two quiet minutes besides
  --hours N     the same in hours
  --seed N      what fails when: how to replay what failed; drawn unless given
  --viewers N   50 unless given
  --only WORDS  faults with these words in their names, and no others
  --plant NAME  with a mistake put in (${Object.keys(PLANTS).join(', ')}), and only those faults that bring it to light
  --help        this

Ends with 1 when something was found. docs/faults.md says what is done and what must hold.
`

/** Somebody asked for what there is not. */
class WordError extends Error {}

function positive(name: string, text: string | undefined): number | null {
  if (text === undefined) return null
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) throw new WordError(`--${name} wants a number above 0, not ${JSON.stringify(text)}`)
  return value
}

function tell({ faults, socketsMs, pollingMs }: Outcome): void {
  const s = (ms: number) => `${(ms / 1_000).toFixed(1)} s`
  console.log(`${new Date().toISOString().slice(11, 19)}  right after ${s(socketsMs)} by sockets, ${s(pollingMs)} by polling: ${faults.join(' and ')}`)
}

function sum({ outcomes, changes, before, after }: Report): void {
  const worst = (of: (outcome: Outcome) => number) => (Math.max(...outcomes.map(of)) / 1_000).toFixed(1)
  console.log(`${outcomes.length} acts, ${changes} changes; longest until right: ${worst((o) => o.socketsMs)} s by sockets, ${worst((o) => o.pollingMs)} s by polling`)
  if (before !== null && after !== null) {
    console.log(`gateway: ${before.liveKib} → ${after.liveKib} KiB in use, ${before.rssKib} → ${after.rssKib} resident, ${before.files} → ${after.files} open files, ${before.sockets} → ${after.sockets} sockets`)
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' }, hours: { type: 'string' }, seed: { type: 'string' }, viewers: { type: 'string' }, only: { type: 'string' },
      plant: { type: 'string' }, help: { type: 'boolean' },
    },
  })
  if (values.help === true) {
    process.stdout.write(HELP)
    return
  }
  const minutes = (positive('hours', values.hours) ?? 0) * 60 || (positive('minutes', values.minutes) ?? 10)
  const seed = positive('seed', values.seed) ?? 1 + Math.floor(Math.random() * 999_999)
  const planted = await plantNamed(values.plant)
  const only = values.only ?? (values.plant !== undefined && isPlant(values.plant) ? PLANTS[values.plant].faults : undefined)
  const among = only === undefined ? FAULTS : FAULTS.filter(({ name }) => name.includes(only))
  if (among.length === 0) throw new WordError(`no fault has ${JSON.stringify(only)} in its name; there are ${FAULTS.map(({ name }) => name).join(', ')}`)
  console.log(`seed ${seed}, ${minutes} minutes`)
  try {
    sum(await run({
      seed, among, viewers: positive('viewers', values.viewers) ?? 50, actsMs: minutes * 60_000,
      quietMs: quietOf(minutes), onOutcome: tell,
      ...(planted?.main == null ? {} : { main: planted.main }),
    }))
  } catch (error) {
    if (!(error instanceof SoakFailure)) throw error
    console.error(`${error.message}\nreplay: npm run test:faults -- --minutes ${minutes} --seed ${seed}`)
    process.exitCode = 1
  } finally {
    await planted?.remove()
  }
}

async function plantNamed(name: string | undefined): Promise<Planted | null> {
  if (name === undefined) return null
  if (!isPlant(name)) throw new WordError(`there is no plant ${JSON.stringify(name)}; there are ${Object.keys(PLANTS).join(', ')}`)
  console.log(`planted: ${PLANTS[name].what}`)
  return plant(name)
}

await main().catch((error: unknown) => {
  const isWord = error instanceof WordError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true
  console.error(isWord ? (error as Error).message : error)
  process.exitCode = isWord ? 2 : 1
})
