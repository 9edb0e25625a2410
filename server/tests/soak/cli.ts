/**
 * The soak's command line. Ends with 1 when something was found, or nothing where a mistake was put in; with 2 when it was told
 * something it does not know.
 */
import { parseArgs } from 'node:util'
import type { Fault } from './fault.ts'
import { isPlant, plant, PLANTS } from './plants.ts'
import type { PlantName } from './plants.ts'
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

Ends with 1 when something was found; with --plant it is the other way round. docs/faults.md says what is done and what must hold.
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
  if (outcomes.length === 0) {
    console.log('no act came to its end')
    return
  }
  console.log(`${outcomes.length} acts, ${changes} changes; longest until right: ${worst((o) => o.socketsMs)} s by sockets, ${worst((o) => o.pollingMs)} s by polling`)
  if (before !== null && after !== null) {
    console.log(`gateway: ${before.liveKib} → ${after.liveKib} KiB in use, ${before.rssKib} → ${after.rssKib} resident, ${before.files} → ${after.files} open files, ${before.sockets} → ${after.sockets} sockets`)
  }
}

interface Wanted {
  readonly minutes: number
  readonly seed: number
  readonly viewers: number
  readonly only: string | null
  readonly plant: PlantName | null
}

/** @throws WordError; null = help is all that was asked for */
function wantedOf(argv: readonly string[]): Wanted | null {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      minutes: { type: 'string' }, hours: { type: 'string' }, seed: { type: 'string' }, viewers: { type: 'string' }, only: { type: 'string' },
      plant: { type: 'string' }, help: { type: 'boolean' },
    },
  })
  if (values.help === true) return null
  const { plant: name } = values
  if (name !== undefined && !isPlant(name)) throw new WordError(`there is no plant ${JSON.stringify(name)}; there are ${Object.keys(PLANTS).join(', ')}`)
  return {
    minutes: (positive('hours', values.hours) ?? 0) * 60 || (positive('minutes', values.minutes) ?? 10),
    seed: positive('seed', values.seed) ?? 1 + Math.floor(Math.random() * 999_999),
    viewers: positive('viewers', values.viewers) ?? 50,
    only: values.only ?? null,
    plant: name ?? null,
  }
}

function amongOf({ only, plant: name }: Wanted): readonly Fault[] {
  const words = only ?? (name === null ? '' : PLANTS[name].faults)
  const among = FAULTS.filter((fault) => fault.name.includes(words))
  if (among.length === 0) throw new WordError(`no fault has ${JSON.stringify(words)} in its name; there are ${FAULTS.map((fault) => fault.name).join(', ')}`)
  return among
}

/** What lets the same things fail again. */
function replayOf({ minutes, seed, viewers, only, plant: name }: Wanted): string {
  const quoted = (text: string) => (/^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`)
  return [
    `npm run test:faults -- --minutes ${minutes} --seed ${seed} --viewers ${viewers}`,
    ...(only === null ? [] : [`--only ${quoted(only)}`]),
    ...(name === null ? [] : [`--plant ${name}`]),
  ].join(' ')
}

/** @returns the exit code: with a mistake put in, 0 is that it was found */
async function tellOf(wanted: Wanted, work: () => Promise<Report>): Promise<number> {
  const { plant: name } = wanted
  try {
    sum(await work())
    if (name === null) return 0
    console.error(`not found: ${PLANTS[name].what}\nreplay: ${replayOf(wanted)}`)
    return 1
  } catch (error) {
    if (!(error instanceof SoakFailure)) throw error
    const isFound = name !== null && error.findings.some(({ rule }) => PLANTS[name].breaks.includes(rule))
    if (isFound) console.log(`${error.message}\nfound, as it must be: ${PLANTS[name].what}`)
    else console.error(`${error.message}\nreplay: ${replayOf(wanted)}`)
    return isFound ? 0 : 1
  }
}

async function main(): Promise<number> {
  const wanted = wantedOf(process.argv.slice(2))
  if (wanted === null) {
    process.stdout.write(HELP)
    return 0
  }
  const { minutes, seed, viewers, plant: name } = wanted
  const among = amongOf(wanted)
  const stop = new AbortController()
  // A terminal tells all processes at once, and so does whoever started this one: twice is not more than once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => { stop.abort(signal) })
  console.log(`seed ${seed}, ${minutes} minutes`)
  if (name !== null) console.log(`planted: ${PLANTS[name].what}`)
  const planted = name === null ? null : await plant(name)
  try {
    const code = await tellOf(wanted, () => run({
      seed, among, viewers, actsMs: minutes * 60_000, quietMs: quietOf(minutes), onOutcome: tell, signal: stop.signal,
      ...(planted?.main == null ? {} : { main: planted.main }),
    }))
    if (!stop.signal.aborted) return code
    console.log(`ended by ${String(stop.signal.reason)}`)
    return stop.signal.reason === 'SIGINT' ? 130 : 143
  } finally {
    await planted?.remove()
  }
}

// At once: an act that was broken off has timers for what was still to come.
process.exit(await main().catch((error: unknown) => {
  const isWord = error instanceof WordError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true
  console.error(isWord ? (error as Error).message : error)
  return isWord ? 2 : 1
}))
