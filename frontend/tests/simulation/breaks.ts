import { run } from './run.ts'

/** Breaks of `count` seeds from `from`, as lines that say how to replay them; stops at the first seeds that fail. */
export async function breaks(from: number, count: number): Promise<string[]> {
  const lines: string[] = []
  for (let seed = from; seed < from + count && lines.length < 5; seed++) {
    const { violations } = await run(seed)
    for (const { invariant, text, at } of violations.slice(0, 2)) {
      lines.push(`seed ${seed} breaks ${invariant} at ${at} ms: ${text.slice(0, 300)}; npm run simulate -- --seed ${seed}`)
    }
  }
  return lines
}
