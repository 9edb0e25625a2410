/**
 * `npm run bench -- keyup [count]`, `gateway [seconds] [cases, e.g. ABK] [rounds]`, `storm`, `first-paint [loads]`, `table [seconds]`, `screen [key-ups]`,
 * `sign-in [attempts]`, `radio [key-ups]` (needs a real Asterisk), `rollout [clients] [seconds]` or `fleet [--viewers n] [--seconds n] [--rounds n]`: figures to read, never a test.
 * Build first (`npm run build`).
 */
import { parseArgs } from 'node:util'
import { measureFirstPaint } from './firstPaint.ts'
import { FLEET, measureFleet } from './fleet/fleet.ts'
import { printFleet } from './fleet/print.ts'
import { measureGateway } from './gateway.ts'
import { measureKeyups } from './keyup.ts'
import { measureRadio } from './radio.ts'
import { measureScreen } from './screen.ts'
import { measureRollout } from './rollout.ts'
import { measureSignIn } from './signIn.ts'
import { printStorm } from './storm.ts'
import { measureTable, TABLE_CASES } from './table.ts'
import type { TableFigures } from './table.ts'

const [what = 'keyup', first, second, third] = process.argv.slice(2)
switch (what) {
  case 'keyup':
    console.log(JSON.stringify(await measureKeyups(Number(first ?? 300)), null, 2))
    break
  case 'gateway':
    console.log('floor of the socket library, KiB each:', (await measureGateway(Number(first ?? 15), second, Number(third ?? 1))).floorKibPerSocket)
    break
  case 'storm':
    printStorm()
    break
  case 'first-paint':
    console.log(JSON.stringify(await measureFirstPaint(Number(first ?? 7)), null, 2))
    break
  case 'table': {
    const cases: TableFigures[] = []
    for (const which of TABLE_CASES) cases.push(await measureTable(which, Number(first ?? 20)))
    console.table(cases)
    break
  }
  case 'screen':
    console.table(await measureScreen(Number(first ?? 500)))
    break
  case 'sign-in':
    console.log(JSON.stringify(await measureSignIn(Number(first ?? 100)), null, 2))
    break
  case 'radio': {
    const { asterisk, keyups, delays } = await measureRadio(Number(first ?? 200))
    console.log(`${asterisk}, ${keyups} key-ups and releases`)
    console.table(delays)
    break
  }
  case 'rollout': {
    const { stages, report } = await measureRollout(Number(first ?? 500), Number(second ?? 30))
    console.table(stages)
    console.log(report)
    break
  }
  case 'fleet': {
    const number = { type: 'string' } as const
    const { values } = parseArgs({ args: process.argv.slice(3), options: { viewers: number, seconds: number, rounds: number } })
    const { viewers = FLEET.viewers, seconds = FLEET.seconds, rounds = FLEET.rounds } = values
    printFleet(await measureFleet({ ...FLEET, viewers: Number(viewers), seconds: Number(seconds), rounds: Number(rounds) }))
    break
  }
  default:
    console.error(`There is no bench called ${what}; there are: keyup, gateway, storm, first-paint, table, screen, sign-in, radio, rollout, fleet.`)
    process.exitCode = 2
}
