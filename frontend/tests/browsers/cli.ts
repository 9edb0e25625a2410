/**
 * `npm run test:browsers [-- chromium firefox webkit] [--only NAME] [--quick] [--parallel] [--json FILE]`: every scenario in every
 * browser, one after the other; `--parallel`: the browsers at the same time, in a third of it. `--quick` leaves out what takes minutes.
 * Exit code 1 = something did not hold, or a browser did not start; 2 = words that mean nothing here.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { BROWSERS } from './driver.ts'
import type { BrowserDriver, BrowserName } from './driver.ts'
import { NETWORK } from './network.ts'
import { PEOPLE, TOPOLOGIES } from './people.ts'
import { play } from './play.ts'
import { launchPuppeteer } from './puppeteerDriver.ts'
import type { Result } from './result.ts'
import type { Scenario } from './scenario.ts'
import { launchWebKit } from './webkitDriver.ts'

const SCENARIOS: readonly Scenario[] = [...NETWORK, ...PEOPLE, ...TOPOLOGIES]

const launch = (name: BrowserName): Promise<BrowserDriver> => (name === 'webkit' ? launchWebKit() : launchPuppeteer(name))

async function tell(driver: BrowserDriver, scenario: Scenario): Promise<Result> {
  const { name, claim } = scenario
  const told = { browser: `${driver.name} (${driver.version})`, scenario: name, claim }
  const reason = scenario.cannot?.(driver) ?? null
  if (reason !== null) return { ...told, outcome: 'cannot', says: reason }
  try {
    return { ...told, outcome: 'held', says: await play(driver, scenario) }
  } catch (error) {
    return { ...told, outcome: 'failed', says: (error as Error).message.slice(0, 2_000) }
  }
}

interface Wanted {
  readonly browsers: readonly BrowserName[]
  readonly scenarios: readonly Scenario[]
  readonly parallel: boolean
  readonly json: string | null
}

/** Somebody asked for what there is not. */
class WordError extends Error {}

/** @throws WordError */
function wantedOf(argv: readonly string[]): Wanted {
  const { values, positionals } = parseArgs({
    args: argv[0] === '--' ? argv.slice(1) : [...argv],
    allowPositionals: true,
    options: { only: { type: 'string', default: '' }, quick: { type: 'boolean', default: false }, parallel: { type: 'boolean', default: false }, json: { type: 'string' } },
  })
  const unknown = positionals.find((word) => !(BROWSERS as readonly string[]).includes(word))
  if (unknown !== undefined) throw new WordError(`there is no browser ${JSON.stringify(unknown)}; there are ${BROWSERS.join(', ')}`)
  const named = SCENARIOS.filter(({ name }) => name.includes(values.only))
  if (named.length === 0) throw new WordError(`no scenario has ${JSON.stringify(values.only)} in its name; there are ${SCENARIOS.map(({ name }) => name).join('; ')}`)
  const scenarios = named.filter(({ long }) => !(values.quick && long === true))
  if (scenarios.length === 0) throw new WordError(`${named.map(({ name }) => name).join('; ')}: takes minutes, and --quick leaves that out`)
  return {
    browsers: positionals.length === 0 ? BROWSERS : BROWSERS.filter((name) => positionals.includes(name)),
    scenarios, parallel: values.parallel, json: values.json ?? null,
  }
}

function wantedOrEnd(): Wanted {
  try {
    return wantedOf(process.argv.slice(2))
  } catch (error) {
    const isWord = error instanceof WordError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true
    if (!isWord) throw error
    console.error((error as Error).message)
    process.exit(2)
  }
}

const { browsers, scenarios, parallel, json } = wantedOrEnd()
const results: Result[] = []

function note(name: BrowserName, result: Result): void {
  results.push(result)
  console.log(`  ${{ held: 'ok    ', failed: 'FAILED', cannot: '-     ' }[result.outcome]} ${parallel ? `${name} ` : ''}${result.scenario}: ${result.says}`)
}

async function through(name: BrowserName): Promise<void> {
  const driver = await launch(name).catch((error: unknown) => {
    // The others go on: one that does not start is a result.
    for (const scenario of scenarios) {
      note(name, { browser: name, scenario: scenario.name, claim: scenario.claim, outcome: 'failed', says: `it did not start: ${(error as Error).message.slice(0, 500)}` })
    }
    return null
  })
  if (driver === null) return
  console.log(`${driver.name}: ${driver.version}`)
  try {
    for (const scenario of scenarios) note(name, await tell(driver, scenario))
  } finally {
    await driver.close()
  }
}

if (parallel) await Promise.all(browsers.map(through))
else for (const name of browsers) await through(name)
results.sort((a, b) => BROWSERS.findIndex((name) => a.browser.startsWith(name)) - BROWSERS.findIndex((name) => b.browser.startsWith(name)))
if (json !== null) {
  mkdirSync(dirname(json), { recursive: true })
  writeFileSync(json, `${JSON.stringify({ results }, null, 2)}\n`)
}
const failed = results.filter(({ outcome }) => outcome === 'failed').length
console.log(`\n${results.filter(({ outcome }) => outcome === 'held').length} held, ${failed} failed, ${results.filter(({ outcome }) => outcome === 'cannot').length} cannot be played`)
process.exitCode = failed > 0 ? 1 : 0
