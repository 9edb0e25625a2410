/** The built gateway by a settings file and an environment that it does not understand, as a downgrade leaves them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runProgram } from '../../src/env/runProgram.ts'
import { BUILT, needBuilt } from '../support/built.ts'

let folder: string
beforeEach(async () => {
  needBuilt()
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

it('takes the same commands, whatever variables there are; it does not run by one that it does not know', async () => {
  const env = { PATH: process.env['PATH'], SUPERMON_LIVE_USER: 'not-to-be-seen', SUPERMON_LIVE_URL: 'nowhere', SUPERMON_LIVE_SETTINGS: join(folder, 'none.conf') }
  const commands = [['--help'], ['--version'], ['setup', '--help'], ['web', '--remove', '--root', folder], ['rollout', 'off', '--rollout', join(folder, 'rollout.json')]]
  const ends = await Promise.all([...commands, []].map((words) => runProgram(process.execPath, [BUILT, ...words], { env })))
  expect(ends.map(({ code, stderr }) => `${code} ${stderr}`)).toEqual([
    ...commands.map(() => '0 '), '2 supermon-live: unknown variable "SUPERMON_LIVE_USER"; write SUPERMON_LIVE_USERS, or take it out of the environment; see --help for all\n',
  ])
})

it('takes what Kubernetes tells of a service called supermon-live for no port of its own, and the one that the settings name', async () => {
  const settings = join(folder, 'supermon-live.conf')
  await writeFile(settings, `port = 1\nconfig = ${join(folder, 'none.ini')}\n`)
  const env = { PATH: process.env['PATH'], SUPERMON_LIVE_SETTINGS: settings, SUPERMON_LIVE_PORT: 'tcp://10.0.0.9:8105', SUPERMON_LIVE_SERVICE_HOST: '10.0.0.9' }
  const ends = await Promise.all([[], ['rollout', 'report']].map((words) => runProgram(process.execPath, [BUILT, ...words], { env })))
  expect(ends.map(({ code, stderr }) => `${code} ${stderr}`)).toEqual([expect.stringMatching(/^1 .*none\.ini/), expect.stringMatching(/^1 .*127\.0\.0\.1:1\b/)])
})
