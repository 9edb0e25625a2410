import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { load, root } from './support.ts'

interface Summary {
  passed: number
  failed: number
  skipped: number
  unloaded: number
  line: string
}
interface Running {
  child: ChildProcess
  done: Promise<number>
}
const { summarize, beside } = await load<{ summarize(report: unknown): Summary; beside(checked: Promise<unknown>, running: Running): Promise<number> }>('test.mjs')
const { start } = await load<{ start(command: string, args: string[]): Running }>('lib.mjs')
const { findBrowser } = await load<{ findBrowser(env: object, places: readonly string[]): string | null }>(
  'browsers.mjs',
)

const report = (numbers: object, files: unknown[] = []): unknown => ({
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: files,
  ...numbers,
})

it('closes with the counts of the report', () => {
  const file = { status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed' }] }
  expect(summarize(report({ numPassedTests: 41, numFailedTests: 1 }, [file])).line).toBe('41 passed, 1 failed')
  expect(summarize(report({ numPassedTests: 41 })).line).toBe('41 passed, 0 failed')
})

it('names skipped tests only when there are some', () => {
  expect(summarize(report({ numPassedTests: 4, numPendingTests: 2, numTodoTests: 1 })).line).toBe(
    '4 passed, 0 failed, 3 skipped',
  )
})

it('counts a file that could not be loaded as a failure', () => {
  const files = [
    { status: 'failed', assertionResults: [] },
    { status: 'passed', assertionResults: [{ status: 'passed' }] },
  ]
  expect(summarize(report({ numPassedTests: 1 }, files))).toMatchObject({
    unloaded: 1,
    failed: 1,
    line: '1 passed, 1 failed',
  })
})

it('finds Chromium where it was told, where it usually is, or not at all', () => {
  const here = join(root, 'package.json')
  expect(findBrowser({ CHROMIUM: here }, [])).toBe(here)
  expect(findBrowser({}, ['/no/such', here])).toBe(here)
  expect(findBrowser({}, ['/no/such'])).toBeNull()
  expect(() => findBrowser({ CHROMIUM: '/no/such' }, [here])).toThrow('CHROMIUM is /no/such, but there is no such file')
})

const program = (text: string) => start(process.execPath, ['-e', text])

it('ends the tests at once when a check beside them fails, and fails with what the check said', async () => {
  const tests = program('setInterval(() => {}, 1000)')
  await expect(beside(Promise.reject(new Error('lint failed, see above')), tests)).rejects.toThrow('lint failed')
  expect(tests.child.signalCode).toBe('SIGTERM')
})

it('waits for a check that takes longer than the tests, whatever these say', async () => {
  /** Ends after the tests. */
  const late = async (tests: Running, error?: string) => {
    await tests.done
    if (error !== undefined) throw new Error(error)
  }
  const good = program('')
  await expect(beside(late(good, 'lint failed'), good)).rejects.toThrow('lint failed')
  const bad = program('process.exit(3)')
  expect(await beside(late(bad), bad)).toBe(3)
})
