/** install.sh in a checkout; on a machine with systemd it is tried in machineInstall.test.ts. */
import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runProgram } from '../../server/src/env/runProgram.ts'
import { root } from './machineBase.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  for (const name of ['deploy', 'scripts', 'image/etc']) await mkdir(join(folder, name), { recursive: true })
  await cp(join(root, 'deploy/install.sh'), join(folder, 'deploy/install.sh'))
  // Stands for the real one, which takes a minute where nothing is built: it says that it was asked.
  await writeFile(join(folder, 'scripts/package.mjs'), "console.log('was asked', process.argv[2]); process.exit(9)\n")
  await writeFile(join(folder, 'image/etc/passwd'), 'supermon-live:x:990:990::/var/lib/supermon-live:/usr/sbin/nologin\n')
})
afterEach(() => rm(folder, { recursive: true }))

const install = (words: readonly string[]) => runProgram('sh', [join(folder, 'deploy/install.sh'), '--root', join(folder, 'image'), ...words])

it('builds nothing on a dry run, and tells where all goes', async () => {
  const before = (await readdir(folder, { recursive: true })).sort()
  const { code, stdout, stderr } = await install(['--dry-run'])
  expect([code, stderr, (await readdir(folder, { recursive: true })).sort()]).toEqual([0, '', before])
  expect(stdout).not.toContain('was asked')
  for (const path of ['/usr/local/lib/supermon-live', '/usr/local/bin/supermon-live', '/etc/systemd/system/supermon-live.service']) expect(stdout).toContain(`writes ${folder}/image${path} where`)
  expect(stdout).toContain(`would run: supermon-live setup --yes --root ${folder}/image\n`)
})

it.skipIf(process.getuid?.() !== 0)('has the files laid out where nothing is built yet (only root may install)', async () => {
  expect(await install([])).toMatchObject({ code: 9, stdout: 'was asked --tree\n' })
})

it('takes the rights that setup gave away again, and leaves what an operator wrote beside them', async () => {
  const rights = join(folder, 'image/etc/systemd/system/supermon-live.service.d')
  await mkdir(rights, { recursive: true })
  await writeFile(join(rights, 'rights.conf'), '')
  const dry = await install(['--uninstall', '--dry-run'])
  expect([dry.stdout, await readdir(rights)]).toEqual([expect.stringContaining(`removes ${rights}/rights.conf\n`), ['rights.conf']])
  if (process.getuid?.() !== 0) return
  await writeFile(join(rights, 'own.conf'), '')
  expect((await install(['--uninstall'])).code).toBe(0)
  expect(await readdir(rights)).toEqual(['own.conf'])
  await rm(join(rights, 'own.conf'))
  expect((await install(['--uninstall'])).code).toBe(0)
  expect(await readdir(dirname(rights))).toEqual([])
})

/** A unit that runs what is there, switched on, of install.sh or a copy of the package's; null = none, and the package's own is switched on. */
async function unitOf(prefix: string | null): Promise<{ readonly unit: string; readonly wants: string }> {
  const units = join(folder, 'image/etc/systemd/system')
  const [unit, wants] = [join(units, 'supermon-live.service'), join(units, 'multi-user.target.wants/supermon-live.service')]
  await mkdir(dirname(wants), { recursive: true })
  await symlink(`${prefix === null ? '/usr/lib' : '/etc'}/systemd/system/supermon-live.service`, wants)
  if (prefix !== null) await writeFile(unit, `[Service]\nExecStart=${prefix}/bin/supermon-live\n`)
  return { unit, wants }
}

async function packageIsThere(): Promise<void> {
  const info = join(folder, 'image/var/lib/dpkg/info')
  await mkdir(info, { recursive: true })
  await writeFile(join(info, 'supermon-live.list'), '/usr/bin/supermon-live\n')
}

it.skipIf(process.getuid?.() !== 0)('changes nothing beside a package alone, and says so: there is nothing of its own to take away', async () => {
  const { wants } = await unitOf(null)
  await packageIsThere()
  const { code, stdout } = await install(['--uninstall'])
  expect([code, stdout]).toEqual([0, 'Nothing below /usr/local is of install.sh. What is installed is the Debian package; to remove that: apt remove supermon-live\n'])
  expect(await readlink(wants)).toBe('/usr/lib/systemd/system/supermon-live.service')
})

it.skipIf(process.getuid?.() !== 0)("takes away its unit beside a package, which switches on the package's; not one that somebody made from that", async () => {
  const { unit, wants } = await unitOf('/usr/local')
  await packageIsThere()
  expect(await install(['--uninstall'])).toMatchObject({ code: 0, stdout: expect.stringContaining('The Debian package is installed as well.') as string })
  expect([await readdir(dirname(unit)), await readlink(wants)]).toEqual([['multi-user.target.wants'], '/lib/systemd/system/supermon-live.service'])
  await writeFile(unit, 'ExecStart=/usr/bin/supermon-live\n')
  expect(await install(['--uninstall'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Nothing below/) as string })
  expect(await readFile(unit, 'utf8')).toBe('ExecStart=/usr/bin/supermon-live\n')
})

it.each(['beside a package', 'alone'])('is not taken away from another place than its unit names, and says which that is: %s', async (how) => {
  const { unit } = await unitOf('/opt/live')
  if (how !== 'alone') await packageIsThere()
  const before = (await readdir(folder, { recursive: true })).sort()
  for (const words of [[], ['--prefix', '/srv/live']]) {
    const { code, stdout, stderr } = await install(['--uninstall', '--dry-run', ...words])
    expect([code, stdout, stderr]).toEqual([1, '', `install.sh: what install.sh put here is below /opt/live, as ${unit} says; write --uninstall --prefix /opt/live\n`])
  }
  expect(await install(['--uninstall', '--dry-run', '--prefix', '/opt/live/'])).toMatchObject({ code: 0, stdout: expect.stringContaining(`removes ${unit}\n`) as string })
  expect((await readdir(folder, { recursive: true })).sort()).toEqual(before)
})
