/** Figures outlive a restart, on a clock that the test moves. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FiguresStore } from '../../src/rollout/figuresStore.ts'
import { ManualClock } from '../support/manualClock.ts'
import { report } from '../support/report.ts'
import { until } from '../support/running.ts'

let folder: string
let clock: ManualClock
let warnings: string[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  clock = new ManualClock()
  warnings = []
})
afterEach(() => rm(folder, { recursive: true }))

const path = (...names: string[]) => join(folder, ...(names.length > 0 ? names : ['rollout-figures.json']))
const open = (where = path()) => FiguresStore.open({ path: where, clock, warn: (message) => { warnings.push(message) } })
async function minute() {
  clock.advance(60_000)
  await until(() => clock.pending === 1, 'written')
}

it('writes at most once a minute, only if anything came, and at the end', async () => {
  const store = await open()
  store.figures.enter(10, clock.now())
  for (let i = 0; i < 5; i += 1) store.figures.take(report(), clock.now())
  expect(await readdir(folder)).toEqual([])
  await minute()
  const first = await readFile(path(), 'utf8')
  expect(JSON.parse(first)).toMatchObject({ v: 1, percent: 10, stages: { '10': { on: { reports: 5 } } } })
  const { mtimeMs } = await stat(path())
  await minute()
  expect((await stat(path())).mtimeMs).toBe(mtimeMs)
  store.figures.take(report(), clock.now())
  await store.close()
  expect([JSON.parse(await readFile(path(), 'utf8')), clock.pending]).toMatchObject([{ stages: { '10': { on: { reports: 6 } } } }, 0])

  const again = await open()
  again.figures.enter(10, clock.now() + 5_000)
  expect(again.figures.stages['10']).toMatchObject({ since: clock.now() - 120_000, on: { reports: 6 } })
  await again.close()
  expect([await readdir(folder), warnings]).toEqual([['rollout-figures.json'], []])
})

it('that ends while it writes writes one after the other', async () => {
  const store = await open()
  store.figures.enter(10, clock.now())
  clock.advance(60_000)
  store.figures.take(report(), clock.now())
  await store.close()
  expect(JSON.parse(await readFile(path(), 'utf8'))).toMatchObject({ stages: { '10': { on: { reports: 1 } } } })
  expect([await readdir(folder), warnings]).toEqual([['rollout-figures.json'], []])
})

it('puts a file that it does not understand aside, says so, and begins anew', async () => {
  await writeFile(path(), '{"v": 1, "perc')
  const store = await open()
  expect(warnings).toEqual([expect.stringMatching(/rollout-figures\.json: the figures cannot be understood and begin anew; what there was is in .*rollout-figures\.json\.broken/)])
  store.figures.enter(10, clock.now())
  await store.close()
  expect((await readdir(folder)).toSorted()).toEqual(['rollout-figures.json', 'rollout-figures.json.broken'])
  expect(await readFile(path('rollout-figures.json.broken'), 'utf8')).toBe('{"v": 1, "perc')
})

it('writes over nothing that was put aside before, nor over what cannot be put aside', async () => {
  for (const text of ['the first', 'the second']) {
    await writeFile(path(), text)
    const store = await open()
    store.figures.enter(10, clock.now())
    await store.close()
  }
  expect(await Promise.all(['', '.2'].map((count) => readFile(path(`rollout-figures.json.broken${count}`), 'utf8')))).toEqual(['the first', 'the second'])

  // A name that can be written, and that of what would be put aside is too long.
  const long = 'f'.repeat(249)
  await writeFile(path(long), 'the third')
  const store = await open(path(long))
  store.figures.enter(10, clock.now())
  await minute()
  await store.close()
  expect(await readFile(path(long), 'utf8')).toBe('the third')
  expect(warnings.at(-1)).toMatch(/: the figures cannot be understood and begin anew, in memory only, as they cannot be put aside \(ENAMETOOLONG\); move that file away and restart the gateway$/)
})

it('goes on in memory where it cannot write, says so once, and writes once it can', async () => {
  const store = await open(path('none', 'figures.json'))
  store.figures.enter(10, clock.now())
  for (let i = 0; i < 3; i += 1) {
    store.figures.take(report(), clock.now())
    await minute()
  }
  expect(warnings).toEqual([expect.stringMatching(/the figures cannot be written \(ENOENT\), and are kept in memory only; name a file where the gateway may write, with --figures/)])
  await mkdir(path('none'))
  await minute()
  expect(JSON.parse(await readFile(path('none', 'figures.json'), 'utf8'))).toMatchObject({ stages: { '10': { on: { reports: 3 } } } })
  await store.close()
})

it('does not write over what it could not read', async () => {
  await mkdir(path())
  await chmod(path(), 0o755)
  const store = await open()
  expect(warnings).toEqual([expect.stringContaining('the figures cannot be read (EISDIR), and are kept in memory only')])
  store.figures.enter(10, clock.now())
  await minute()
  await store.close()
  expect([await readdir(folder), warnings.length]).toEqual([['rollout-figures.json'], 1])
})

it('tells nobody to move his figures away where what is in the way is the file that they would be written into', async () => {
  await mkdir(path('.rollout-figures.json.new'))
  const store = await open()
  store.figures.enter(10, clock.now())
  await store.close()
  expect(warnings).toEqual([expect.stringMatching(/the figures cannot be written \(EEXIST\), and are kept in memory only; name a file where the gateway may write, with --figures$/)])
})
