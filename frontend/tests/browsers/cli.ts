/**
 * `npm run test:browsers [-- chromium firefox webkit] [--only NAME] [--quick] [--parallel] [--json FILE]`: every scenario in every
 * browser, one after the other; `--parallel`: the browsers at the same time, in a third of it. `--quick` leaves out what takes minutes.
 * Exit code 1 = something did not hold.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
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
  readonly only: string
  readonly quick: boolean
  readonly parallel: boolean
  readonly json: string | null
}

function wantedOf(argv: readonly string[]): Wanted {
  const after = (option: string) => argv[argv.indexOf(option) + 1] ?? ''
  const named = BROWSERS.filter((name) => argv.includes(name))
  return {
    browsers: named.length > 0 ? named : BROWSERS,
    only: argv.includes('--only') ? after('--only') : '',
    quick: argv.includes('--quick'),
    parallel: argv.includes('--parallel'),
    json: argv.includes('--json') ? after('--json') : null,
  }
}

const { browsers, only, quick, parallel, json } = wantedOf(process.argv.slice(2))
const results: Result[] = []

async function through(name: BrowserName): Promise<void> {
  const driver = await launch(name)
  console.log(`${driver.name}: ${driver.version}`)
  try {
    for (const scenario of SCENARIOS) {
      if ((quick && scenario.long) || !scenario.name.includes(only)) continue
      const result = await tell(driver, scenario)
      results.push(result)
      console.log(`  ${{ held: 'ok    ', failed: 'FAILED', cannot: '-     ' }[result.outcome]} ${parallel ? `${name} ` : ''}${result.scenario}: ${result.says}`)
    }
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
