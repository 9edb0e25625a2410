/** Users' own ini files: the gateway has their nodes, whoever says who may see them. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { watchAuthority } from '../../src/accounts.ts'
import { DEFAULT_OPTIONS } from '../../src/config/options.ts'
import { systemClock } from '../../src/env/clock.ts'
import type { Clock } from '../../src/env/clock.ts'
import { ManualClock } from '../support/manualClock.ts'
import { runApp, until, Watcher } from '../support/running.ts'

const section = (id: string, secret = 'demo') => `[${id}]\nhost=127.0.0.1:1\npasswd=${secret}\n`
const ends: (() => unknown)[] = []
let folder: string
let warnings: string[]
const write = (name: string, text: string) => writeFile(join(folder, name), text)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  ends.push(() => rm(folder, { recursive: true, force: true }))
  warnings = []
  await write('allmon.ini', section('546051'))
  await write('authini.inc', '<?php\n$ININAME[\'WB6NIL\'] = "one.ini";\n$ININAME[\'KJ6AAA\'] = "two.ini";\n')
  await write('one.ini', section('546055') + section('546051'))
  await write('two.ini', section('546056') + section('546055', 'another'))
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function watching(how: 'own accounts' | 'beside Supermon-NG', clock: Clock = systemClock) {
  const config = join(folder, 'allmon.ini')
  const who = how === 'own accounts' ? { users: folder } : { supermon: 'http://127.0.0.1:9' }
  const watch = await watchAuthority({ ...DEFAULT_OPTIONS, config, ...who }, () => new Set(['546051']), {
    info: () => undefined,
    warn: (_fields, message) => { warnings.push(message) },
  }, clock)
  ends.push(() => { watch.stop() })
  let told = 0
  watch.onNodes(() => { told += 1 })
  return { ...watch, told: () => told, ids: () => watch.nodes().map(({ id }) => id) }
}

it.each(['own accounts', 'beside Supermon-NG'] as const)('%s: each node of theirs is there, the first file that names it counts', async (how) => {
  await write('nolog.ini', section('2000'))
  const { ids, nodes, access } = await watching(how)
  expect(ids()).toEqual(['2000', '546055', '546051', '546056'])
  expect(nodes().map(({ secret }) => secret.reveal())).toEqual(['demo', 'demo', 'demo', 'demo'])
  // Visitors have the general list.
  expect([...(access?.nodesOf({ user: null, session: null, permissions: new Set() }) ?? [])]).toEqual(['546051'])
})

it.each(['own accounts', 'beside Supermon-NG'] as const)('%s: a file that changes is told of, once, a new password too', async (how) => {
  const { ids, told, nodes, reload } = await watching(how)
  await reload()
  expect(told()).toBe(0)
  await write('one.ini', section('546055', 'new'))
  await reload()
  expect([told(), nodes()[0]?.secret.reveal()]).toEqual([1, 'new'])
  await write('authini.inc', '<?php\n$ININAME[\'WB6NIL\'] = "one.ini";\n$ININAME[\'W5GLE\'] = "one.ini";\n')
  await reload()
  await reload()
  expect([told(), ids()]).toEqual([2, ['546055']])
})

it.each(['own accounts', 'beside Supermon-NG'] as const)('%s: a file that breaks or goes keeps what it said, and is warned of once', async (how) => {
  const { ids, told, reload } = await watching(how)
  const before = warnings.length
  await write('one.ini', '[546055]\nhost=127.0.0.1:99999\n')
  await rm(join(folder, 'two.ini'))
  await reload()
  await reload()
  expect(ids()).toEqual(['546055', '546051', '546056'])
  expect(told()).toBe(0)
  expect(warnings.slice(before).filter((line) => line.includes('one.ini'))).toHaveLength(1)
  expect(warnings.slice(before).filter((line) => line.includes('two.ini'))).toHaveLength(1)
})

it.each(['own accounts', 'beside Supermon-NG'] as const)('%s: a file that is being written takes no node from who watches it, and counts once it rests', async (how) => {
  const clock = new ManualClock()
  const watch = await watching(how, clock)
  const app = await runApp(watch.nodes())
  ends.push(() => app.close(0))
  // As main.ts does.
  watch.onNodes(() => { app.reconfigure(watch.nodes()) })
  const look = async () => {
    clock.advance(2_000)
    await until(() => clock.pending === 1, 'a look')
  }
  await write('one.ini', section('546055') + section('546057'))
  await look()
  await look()
  expect(watch.ids()).toEqual(['546055', '546057', '546056'])
  const watcher = new Watcher(app, '546057')
  ends.push(() => { watcher.close() })
  await until(() => watcher.snapshots === 1, 'a snapshot')
  for (const text of [section('546055'), '', section('546055'), section('546055') + section('546057') + '; a remark\n']) {
    await write('one.ini', text)
    await look()
    expect(watch.ids()).toEqual(['546055', '546057', '546056'])
  }
  await write('one.ini', section('546055'))
  await look()
  expect([watcher.closed, watch.ids()]).toEqual([null, ['546055', '546057', '546056']])
  await look()
  await until(() => watcher.closed !== null, 'the end of it')
  expect([watcher.closed?.code, watch.ids()]).toEqual([4504, ['546055', '546056']])
})

it('a file that comes to be is there at the next look', async () => {
  const clock = new ManualClock()
  await rm(join(folder, 'one.ini'))
  const { ids, told } = await watching('own accounts', clock)
  expect(ids()).toEqual(['546056', '546055'])
  await write('one.ini', section('546057'))
  clock.advance(2_000)
  await until(() => clock.pending === 1, 'a look')
  expect([ids(), told()]).toEqual([['546057', '546056', '546055'], 1])
})

it('--config without its folder is the file it is for nodes, not one of that name beside the accounts', async () => {
  const users = join(folder, 'users')
  await mkdir(users)
  await write('users/allmon.ini', section('546056'))
  await write('users/authini.inc', '<?php\n$ININAME[\'WB6NIL\'] = "allmon.ini";\n')
  const cwd = vi.spyOn(process, 'cwd').mockReturnValue(folder)
  ends.push(() => { cwd.mockRestore() })
  const watch = await watchAuthority({ ...DEFAULT_OPTIONS, config: 'allmon.ini', users }, () => new Set(['546051']), { info: () => undefined, warn: () => undefined })
  ends.push(() => { watch.stop() })
  expect([...(watch.access?.nodesOf({ user: null, session: null, permissions: new Set() }) ?? [])]).toEqual(['546051'])
  expect(watch.nodes().map(({ id }) => id)).toEqual(['546056'])
})

it('nobody signs in: only the general file counts', async () => {
  const watch = await watchAuthority({ ...DEFAULT_OPTIONS, config: join(folder, 'allmon.ini') }, () => new Set(), { info: () => undefined, warn: () => undefined })
  expect([watch.access, watch.nodes()]).toEqual([null, []])
})
