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
const { summarize } = await load<{ summarize(report: unknown): Summary }>('test.mjs')
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
