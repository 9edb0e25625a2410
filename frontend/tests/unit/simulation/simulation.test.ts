import { describe, expect, it } from 'vitest'
import { plant, PLANTS } from '../../simulation/plants.ts'
import type { PlantName } from '../../simulation/plants.ts'
import { run } from '../../simulation/run.ts'
import type { RunOptions } from '../../simulation/run.ts'

/** Breaks of seeds `from` up to `to`, as lines that say how to replay them; stops at the first seeds that fail. */
async function breaks(from: number, to: number, options: RunOptions = {}): Promise<string[]> {
  const lines: string[] = []
  for (let seed = from; seed <= to && lines.length < 5; seed++) {
    const { violations } = await run(seed, options)
    for (const { invariant, text, at } of violations.slice(0, 2)) {
      lines.push(
        `seed ${seed} breaks ${invariant} at ${at} ms: ${text.slice(0, 300)}; npm run simulate -- --seed ${seed}`,
      )
    }
  }
  return lines
}

describe('the client and the hubs, in a world that obeys a seed', () => {
  it.each([1, 501, 1001, 1501])('hold all invariants for 500 seeds from %i', { timeout: 60_000 }, async (from) => {
    expect(await breaks(from, from + 499)).toEqual([])
  })

  it('give the same run for the same seed', async () => {
    const traceOf = async () => {
      const lines: string[] = []
      await run(17, { trace: (line) => lines.push(line) })
      return lines
    }
    const first = await traceOf()
    expect(first.length).toBeGreaterThan(100)
    expect(await traceOf()).toEqual(first)
  })
})

/** What each plant breaks first of all. */
const BROKEN: Record<PlantName, string> = { generation: 'I-1', epoch: 'I-2', leak: 'I-4', poll: 'I-2' }

describe('a planted fault is found', () => {
  const named = Object.entries(PLANTS) as [PlantName, string][]
  it.each(named)('%s: %s', { timeout: 60_000 }, async (name) => {
    const { options, remove } = plant(name)
    try {
      expect(await breaks(1, 300, options)).toContainEqual(expect.stringContaining(`breaks ${BROKEN[name]}`))
    } finally {
      remove()
    }
  })
})
