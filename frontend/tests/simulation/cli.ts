/**
 * npm run simulate -- [--seeds N] [--seed S] [--plant name] [--raw-clock]
 *
 *   --seed S             one run, with its trace
 *   --seeds N            N runs from seed S (1 unless given)
 *   --cores C            on so many cores; all of them unless given
 *   --plant name         with a planted fault of those in plants.ts; says after how many seeds it is found
 *   --plants             all of them, from several seeds, as the table of docs/simulation.md
 *   --raw-clock          the page's clock may go back
 *
 * Ends with 1 when an invariant was broken.
 */
import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isPlant, plant, PLANTS, seedsToCatch } from './plants.ts'
import type { PlantName } from './plants.ts'
import { run } from './run.ts'
import type { Report, RunOptions } from './run.ts'

interface Share {
  readonly from: number
  readonly count: number
  readonly rawClock: boolean
  readonly plantName: string | null
}

interface Result {
  readonly done: number
  readonly failed: readonly Report[]
  readonly longest: number
}

const STOP_AFTER = 5
/** A long run says now and then how far it is. */
const TELL_EACH = 5_000
const PLANT_SEEDS = [1, 1_000_001, 2_000_001]
const MOST_SEEDS = 2_000

/** Runs seeds one after another; stops after a few failures. */
async function runShare({ from, count, rawClock, plantName }: Share): Promise<Result> {
  const planted = plantName !== null && isPlant(plantName) ? plant(plantName) : null
  const options: RunOptions = { rawClock, ...planted?.options }
  const failed: Report[] = []
  let done = 0
  let longest = 0
  for (; done < count && failed.length < (planted === null ? STOP_AFTER : 1); done++) {
    const report = await run(from + done, options)
    longest = Math.max(longest, ...report.recoveries)
    if (report.violations.length > 0) {
      failed.push(report)
      // At once, as a long run may be cut short.
      console.error(`seed ${report.seed} breaks ${report.violations[0]?.invariant ?? ''}`)
    }
    if ((done + 1) % TELL_EACH === 0) console.error(`${done + 1} seeds from ${from} done, ${failed.length} failed`)
  }
  planted?.remove()
  return { done, failed, longest }
}

function runElsewhere(share: Share): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), ['--share', JSON.stringify(share)])
    child.once('message', (result) => {
      resolve(result as Result)
    })
    child.once('error', reject)
    child.once('exit', (code) => {
      reject(new Error(`a share of the seeds ended with ${code ?? 'a signal'}`))
    })
  })
}

function tell({ seed, violations }: Report): void {
  console.log(`seed ${seed} breaks ${[...new Set(violations.map(({ invariant }) => invariant))].join(', ')}`)
  for (const { invariant, text, at } of violations.slice(0, 5))
    console.log(`  ${invariant} at ${(at / 1000).toFixed(3)} s: ${text}`)
  console.log(`  replay: npm run simulate -- --seed ${seed}`)
}

/** How many seeds each plant takes, from several seeds on. */
async function tellPlants(names: readonly PlantName[]): Promise<void> {
  console.log(`| plant | what is planted | breaks | ${PLANT_SEEDS.map((from) => `from seed ${from.toLocaleString('en')}`).join(' | ')} |`)
  console.log(`| --- | --- | --- |${PLANT_SEEDS.map(() => ' ---: |').join('')}`)
  for (const name of names) {
    const counts: string[] = []
    for (const from of PLANT_SEEDS) {
      const count = await seedsToCatch(name, from, MOST_SEEDS)
      if (count === null) process.exitCode = 1
      counts.push(count === null ? `not in ${MOST_SEEDS}` : String(count))
    }
    const { fault, breaks } = PLANTS[name]
    console.log(`| ${name} | ${fault} | ${breaks} | ${counts.join(' | ')} |`)
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      plant: { type: 'string' },
      plants: { type: 'boolean' },
      cores: { type: 'string' },
      'raw-clock': { type: 'boolean' },
      share: { type: 'string' },
    },
  })
  if (values.share !== undefined) {
    const result = await runShare(JSON.parse(values.share) as Share)
    process.send?.(result, () => {
      process.disconnect()
    })
    return
  }
  const plantName = values.plant ?? null
  if (plantName !== null && !isPlant(plantName)) throw new Error(`there is no plant ${plantName}; there are: ${Object.keys(PLANTS).join(', ')}`)
  if (values.plants === true || plantName === 'jitter') {
    await tellPlants(plantName === null ? (Object.keys(PLANTS) as PlantName[]) : [plantName])
    return
  }
  const rawClock = values['raw-clock'] ?? false
  const from = Number(values.seed ?? 1)
  if (values.seed !== undefined && values.seeds === undefined) {
    const planted = plantName === null ? null : plant(plantName)
    const report = await run(from, {
      rawClock,
      ...planted?.options,
      trace: (line) => {
        console.log(line)
      },
    })
    if (report.violations.length > 0) tell(report)
    else console.log(`seed ${from} holds`)
    process.exitCode = report.violations.length > 0 ? 1 : 0
    return
  }
  const count = Number(values.seeds ?? 10_000)
  const started = performance.now()
  const cores = plantName === null && count >= 200 ? Math.max(1, Number(values.cores ?? availableParallelism())) : 1
  const each = Math.ceil(count / cores)
  const shares = Array.from({ length: cores }, (_, i): Share => ({
    from: from + i * each,
    count: Math.min(each, count - i * each),
    rawClock,
    plantName,
  }))
  const results = cores === 1 ? [await runShare(shares[0] as Share)] : await Promise.all(shares.map(runElsewhere))
  const failed = results.flatMap((result) => result.failed)
  for (const report of failed) tell(report)
  const done = results.reduce((sum, result) => sum + result.done, 0)
  const seconds = (performance.now() - started) / 1000
  const longest = Math.max(...results.map((result) => result.longest))
  console.log(
    `${done} seeds from ${from} in ${seconds.toFixed(1)} s (${(done / seconds).toFixed(0)} per second), ${failed.length} failed; longest recovery ${(longest / 1000).toFixed(1)} s`,
  )
  process.exitCode = failed.length > 0 ? 1 : 0
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 2
})
