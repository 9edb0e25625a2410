/** The rollout follows its file, on a clock that the test moves. */
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { EVERYBODY, NOBODY } from '../../src/config/rolloutFile.ts'
import { RolloutWatch } from '../../src/rollout/rolloutWatch.ts'
import { ManualClock } from '../support/manualClock.ts'
import { until } from '../support/running.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function scene({ named = false, content = null as string | null } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  ends.push(() => rm(folder, { recursive: true }))
  const path = join(folder, 'rollout.json')
  const write = async (text: string) => {
    await writeFile(`${path}.new`, text)
    await rename(`${path}.new`, path)
  }
  if (content !== null) await write(content)
  const warnings: string[] = []
  const watch = new RolloutWatch({ path, named, warn: (message) => { warnings.push(message) } })
  await watch.refresh()
  let changes = 0
  watch.onChange(() => { changes += 1 })
  const clock = new ManualClock()
  ends.push(watch.watch(clock))
  /** One look, done. */
  const look = async () => {
    clock.advance(2_000)
    await until(() => clock.pending === 1, 'the look is over')
  }
  return { path, watch, warnings, write, look, changes: () => changes }
}

it('takes a change at the first look, two seconds later, and tells of it once', async () => {
  const { watch, write, look, changes } = await scene()
  expect([watch.rollout, changes()]).toEqual([EVERYBODY, 0])
  await write('{"enabled": false, "percent": 50}')
  await look()
  expect(watch.rollout).toMatchObject({ enabled: false, percent: 50 })
  await look()
  await write('{"enabled": false, "percent": 50, "history": [{"at": "2026-08-01T12:00:00Z", "by": "W5GLE", "did": "off"}]}')
  await look()
  expect(watch.rollout.history).toHaveLength(1)
  expect(changes()).toBe(1)
})

it('keeps what was in force while the file is broken or gone, and says each once', async () => {
  const { path, watch, warnings, write, look } = await scene({ content: '{"enabled": false}' })
  await write('{"enabled": ')
  for (let i = 0; i < 3; i += 1) await look()
  expect(watch.rollout.enabled).toBe(false)
  expect(warnings).toEqual([expect.stringContaining('this is no JSON'), expect.stringContaining('the file is broken; correct it; until then what it said before counts')])
  await rm(path)
  for (let i = 0; i < 3; i += 1) await look()
  expect(watch.rollout.enabled).toBe(false)
  expect(warnings.slice(2)).toEqual([expect.stringContaining('the file is gone')])
  await write('{"percent": 10}')
  await look()
  expect(watch.rollout).toMatchObject({ enabled: true, percent: 10 })
})

it('gives nobody a socket while it never understood the file: broken, or not to be read', async () => {
  expect((await scene({ content: '{"percent": 1000}' })).watch.rollout).toEqual(NOBODY)
  const { path, watch, warnings, look } = await scene()
  await mkdir(path)
  const other = new RolloutWatch({ path, named: false, warn: () => undefined })
  await other.refresh()
  expect(other.rollout).toEqual(NOBODY)
  await look()
  expect(watch.rollout).toEqual(EVERYBODY)
  expect(warnings).toEqual([expect.stringContaining('this is no file')])
})

it('tells that the file is understood at last, also when it switches everything off', async () => {
  const { watch, write, look, changes } = await scene({ content: '{"enabled": ' })
  await write('{"enabled": false,}')
  await look()
  expect(changes()).toBe(0)
  await write('{"enabled": false}')
  await look()
  expect([watch.rollout === NOBODY, watch.rollout.enabled, changes()]).toEqual([false, false, 1])
})

it('says so when a file that somebody named is not there, and nothing of one that nobody named', async () => {
  expect((await scene()).warnings).toEqual([])
  expect((await scene({ named: true })).warnings).toEqual([expect.stringContaining('there is no such file, so everybody holds sockets; check --rollout')])
})
