/** `npm run test:screen-reader [-- --only WORDS]`: what Orca says of the dashboard in Firefox, against the built gateway and the fake Asterisk. */
import { parseArgs } from 'node:util'
import { openHouse } from '../browsers/house.ts'
import { SCENARIOS, toTop } from './scenarios.ts'
import { ScreenReader } from './screenReader.ts'

const { only } = parseArgs({ options: { only: { type: 'string', default: '' } } }).values
const scenarios = SCENARIOS.filter(({ name }) => name.includes(only))
const closers: (() => Promise<unknown>)[] = []
let failed = 0

async function close(): Promise<void> {
  for (const each of closers.splice(0).reverse()) await each()
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => { void close().finally(() => process.exit(1)) })
}

async function play(): Promise<void> {
  const house = await openHouse({ nodes: 2, accounts: true })
  closers.push(() => house.close())
  const reader = await ScreenReader.start()
  closers.push(() => reader.close())
  for (const scenario of scenarios) {
    const { name } = scenario
    const from = Date.now()
    try {
      await reader.open(house.url)
      await toTop(reader)
      await scenario.run(reader, house)
      console.log(`  ok     ${name} (${((Date.now() - from) / 1_000).toFixed(0)} s)`)
    } catch (error) {
      failed++
      console.log(`  FAILED ${name}: ${(error as Error).message}`)
    }
  }
}

try {
  await play()
} finally {
  await close()
}
console.log(`\n${scenarios.length - failed} held, ${failed} failed`)
process.exitCode = failed > 0 || scenarios.length === 0 ? 1 : 0
