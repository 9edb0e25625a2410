/** Beside a Supermon-NG without authusers.inc, whose auth/me grants everything and whose actions are refused. */
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { PERMISSION_NAMES } from '../../src/access/permissions.ts'
import { watchAuthority } from '../../src/accounts.ts'
import { DEFAULT_OPTIONS } from '../../src/config/options.ts'
import { ManualClock } from '../support/manualClock.ts'
import { startSupermon } from '../support/supermonStandIn.ts'

const NODE = '546051'
const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** Its auth/me grants everything to who signed in. */
async function stage(files: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  closers.push(() => rm(folder, { recursive: true, force: true }))
  const write = (name: string) => writeFile(join(folder, name), '<?php\n')
  for (const name of files) await write(name)
  const supermon = await startSupermon({ W5GLE: { permissions: PERMISSION_NAMES, nodes: [NODE] } })
  closers.push(() => supermon.stop())
  const cookie = await supermon.signIn('W5GLE')
  const warnings: string[] = []
  const log = { info: () => undefined, warn: (_fields: object, message: string) => { warnings.push(message) } }
  const may = async (config = join(folder, 'allmon.ini'), clock = new ManualClock()) => {
    const { access, stop } = await watchAuthority({ ...DEFAULT_OPTIONS, supermon: supermon.url, config }, () => new Set([NODE]), log, clock)
    closers.push(stop)
    return async () => {
      const identity = await access?.identify({ cookie })
      return identity === undefined ? null : [access?.canWatch(identity, NODE), access?.canControl(identity, NODE, 'dtmf'), access?.canSeePeers(identity, NODE), identity.permissions.size > 0]
    }
  }
  return { folder, write, may, warnings }
}
const ALL = [true, true, true, true]
const WATCH_ONLY = [true, false, false, false]

it('who may do nothing there may do nothing here, which is said once, until there is a file', async () => {
  const { write, folder, may, warnings } = await stage(['allmon.ini', '.htpasswd'])
  const clock = new ManualClock()
  const ask = await may(undefined, clock)
  expect(await ask()).toEqual(WATCH_ONLY)
  clock.advance(5_000)
  expect(await ask()).toEqual(WATCH_ONLY)
  const said = () => warnings.filter((line) => line.includes('authusers.inc'))
  expect(said()).toEqual([`${folder}/authusers.inc: there is no such file; nobody may control a node, as on the pages of Supermon-NG: copy the one that it comes with`])
  await write('authusers.inc')
  clock.advance(5_000)
  expect(await ask()).toEqual(ALL)
  await rm(join(folder, 'authusers.inc'))
  clock.advance(5_000)
  expect(await ask()).toEqual(WATCH_ONLY)
  expect(said()).toHaveLength(2)
})

it('takes no right where its files are not to be seen: those of another machine, an allmon.ini of our own', async () => {
  const { folder, may, warnings } = await stage(['allmon.ini'])
  expect(await (await may())()).toEqual(ALL)
  expect(await (await may('/nowhere/allmon.ini'))()).toEqual(ALL)
  const unseen = join(folder, 'unseen')
  // A look at what is in it ends in an error, whoever looks.
  await symlink(unseen, unseen)
  expect(await (await may(join(unseen, 'allmon.ini')))()).toEqual(ALL)
  expect(warnings.filter((line) => line.includes('authusers.inc'))).toEqual([])
})
