/** The command line of the browsers' scenarios: what it does not know it does not play, and what does not start has failed. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'

const CLI = fileURLToPath(new URL('../../browsers/cli.ts', import.meta.url))

function browsers(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<{ code: number; said: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['--import', 'tsx', CLI, ...words], { env: { ...process.env, ...env } }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, said: stdout + stderr })
    })
  })
}

it.each([
  { words: ['--only', 'typo'], says: 'no scenario has "typo" in its name; there are first row; key-up;' },
  { words: ['lynx'], says: 'there is no browser "lynx"; there are chromium, firefox, webkit' },
  { words: ['--fast'], says: "Unknown option '--fast'" },
  { words: ['--quick', '--only', '30 nodes, none'], says: 'no scenario has "30 nodes, none"' },
])('ends with 2 and says what there is: $words', async ({ words, says }) => {
  const { code, said } = await browsers(words)
  expect(said).toContain(says)
  expect(code).toBe(2)
})

it('writes down that a browser did not start, and goes on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'browsers.json')
  const { code, said } = await browsers(['chromium', 'firefox', '--parallel', '--only', 'two tabs', '--json', file], { CHROMIUM: '/bin/false', FIREFOX: '/bin/false' })
  expect(code, said).toBe(1)
  const { results } = JSON.parse(await readFile(file, 'utf8')) as { results: unknown[] }
  expect(results).toMatchObject(['chromium', 'firefox'].map((browser) => ({ browser, scenario: 'two tabs', outcome: 'failed', says: expect.stringContaining('it did not start') as string })))
})
