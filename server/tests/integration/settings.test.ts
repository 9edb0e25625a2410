/** The built gateway by a settings file that it does not understand, as a downgrade leaves it. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runProgram } from '../../src/env/runProgram.ts'

const BUILT = fileURLToPath(new URL('../../../dist-server/main.js', import.meta.url))

let folder: string
beforeEach(async () => {
  if (!existsSync(BUILT)) throw new Error('dist-server/main.js is missing: npm run build')
  folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
})
afterEach(() => rm(folder, { recursive: true }))

it('prints help and version, and takes commands that need no settings, whatever they say; it does not run by them', async () => {
  const settings = join(folder, 'supermon-live.conf')
  await writeFile(settings, 'of-a-later-version = yes\n')
  const ends = await Promise.all([['--help'], ['--version'], ['web', '--remove', '--root', folder], ['rollout', 'off', '--rollout', join(folder, 'rollout.json')], []].map((words) =>
    runProgram(process.execPath, [BUILT, ...words], { env: { PATH: process.env['PATH'], SUPERMON_LIVE_SETTINGS: settings } })))
  expect(ends.map(({ code, stderr }) => `${code} ${stderr}`)).toEqual(
    ['0 ', '0 ', '0 ', '0 ', expect.stringMatching(/^2 supermon-live: .*supermon-live\.conf:1: there is no setting "of-a-later-version"/)],
  )
})
