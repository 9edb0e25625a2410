/** A short soak: a few faults of each kind that need no long wait, two at a time. `npm run test:faults` is the long one. */
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import type { Fault } from './fault.ts'
import { changed, GATEWAY_PLANTS } from './plants.ts'
import { run } from './run.ts'
import { FAULTS } from './schedule.ts'
import type { Act, Blow } from './schedule.ts'
import { SoakFailure } from './soak.ts'

function blow(name: string, lastsMs: number, afterMs = 0): Blow {
  const fault = FAULTS.find((each) => each.name === name)
  if (fault === undefined) throw new Error(`no fault is called ${name}`)
  return { fault, afterMs, lastsMs }
}

const ACTS: readonly Act[] = [
  [blow('Asterisk killed', 1_500), blow('path to viewers cut', 100, 300)],
  [blow('gateway killed', 200), blow('Asterisk with other links', 500)],
  [blow('gateway frozen', 2_000), blow("viewers' clocks set", 2_500)],
  [blow('allmon.ini broken', 4_500), blow('path to viewers slow', 3_000), blow('disk full as the node list is written', 2_000, 500)],
  [blow('path to viewers refused', 700), blow("gateway's clock set", 1_000)],
].map((blows) => ({ blows, restMs: 300 }))

it('twenty pages are right within the bound after each fault, and nothing is held in the end', async () => {
  const { outcomes, changes } = await run({ seed: 9, viewers: 20, actsMs: 0, quietMs: 0, acts: ACTS })
  expect(outcomes).toHaveLength(ACTS.length)
  expect(changes).toBeGreaterThan(ACTS.length * 3)
}, 180_000)

it('a fault that cannot be ended is told with the seed that lets it come again', async () => {
  const fault: Fault = { name: 'a gateway that does not start', area: 'gateway', lasts: [1, 1], strike: () => Promise.resolve(() => Promise.reject(new Error('it ended with 1'))) }
  const failing = run({ seed: 9, viewers: 2, actsMs: 0, quietMs: 0, acts: [{ blows: [{ fault, afterMs: 0, lastsMs: 1 }], restMs: 0 }] })
  await expect(failing).rejects.toThrow(SoakFailure)
  await expect(failing).rejects.toThrow(/^seed 9, minute .*: a gateway that does not start\n  fault: .*it ended with 1$/)
}, 60_000)

it('each mistake that can be put into the gateway still fits it', async () => {
  const bundle = await readFile(new URL('../../../dist-server/main.js', import.meta.url), 'utf8')
  for (const name of Object.keys(GATEWAY_PLANTS) as (keyof typeof GATEWAY_PLANTS)[]) expect(changed(bundle, name)).not.toBe(bundle)
})
