/** Folders and files of their own, on a real disk. */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { makeFolder } from '../../src/env/wholeFile.ts'

it('makes a folder and those on the way to it, for everybody to look into, whatever the mask', async () => {
  const root = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  onTestFinished(() => rm(root, { recursive: true }))
  const before = process.umask(0o077)
  onTestFinished(() => { process.umask(before) })
  for (const path of ['one', 'one/two/three', 'one/two/three']) await makeFolder(join(root, path))
  for (const path of ['one', 'one/two', 'one/two/three']) expect((await stat(join(root, path))).mode & 0o777).toBe(0o755)
  expect((await stat(root)).mode & 0o777).toBe(0o700)
})

it('says of which folder it cannot be made', async () => {
  // Nobody makes folders there.
  await expect(makeFolder('/proc/nothing/inside')).rejects.toMatchObject({ syscall: 'mkdir', path: '/proc/nothing' })
})

it('takes it for made where another makes it at the same time', async () => {
  const root = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  onTestFinished(() => rm(root, { recursive: true }))
  await Promise.all(Array.from({ length: 8 }, () => makeFolder(join(root, 'one/two/three'))))
  expect((await stat(join(root, 'one/two/three'))).mode & 0o777).toBe(0o755)
})
