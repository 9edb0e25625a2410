/** What was measured, kept as data: when, on what, of which commit, by which command. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Evidence<T> {
  /** ISO 8601. */
  readonly at: string
  readonly commit: string
  /** To be typed by whoever wants to see it himself. */
  readonly command: string
  readonly machine: string
  /** Load average when it began and ended: other work makes everything slower. */
  readonly load: readonly [number, number]
  readonly data: T
}

export const FOLDER = fileURLToPath(new URL('../../docs/evidence', import.meta.url))
const pathOf = (name: string) => join(FOLDER, `${name}.json`)

export async function gather<T>(name: string, command: string, measure: () => Promise<T>): Promise<void> {
  const before = load()
  // Of the commit that was measured: somebody may go on working meanwhile.
  const measured = commit()
  const data = await measure()
  const evidence: Evidence<T> = { at: new Date().toISOString(), commit: measured, command, machine: machine(), load: [before, load()], data }
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(pathOf(name), `${JSON.stringify(evidence, null, 1)}\n`)
}

/** null = it was never measured. */
export function recall<T>(name: string): Evidence<T> | null {
  try {
    return JSON.parse(readFileSync(pathOf(name), 'utf8')) as Evidence<T>
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return null
    throw error
  }
}

function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim()
  // What is rendered from figures is no code that they could depend on.
  return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--', '.', ':!docs') === '' ? '' : ' and changes')
}

function machine(): string {
  const [first] = cpus()
  const model = first?.model.replace(/\(R\)|\(TM\)|CPU|Processor|@.*$/g, ' ').replace(/\s+/g, ' ').trim() ?? 'unknown'
  return `Node ${process.version}, ${availableParallelism()} cores of ${model === '' ? process.arch : model}, ${Math.round(totalmem() / 2 ** 30)} GiB`
}

const load = () => Math.round((loadavg()[0] ?? 0) * 10) / 10
