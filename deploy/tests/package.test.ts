/** The packages themselves: what is in them, that it is the same each time, and what Debian's own tools have to say. */
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OPTION_VARIABLES } from '../../server/src/config/options.ts'
import { runProgram } from '../../server/src/env/runProgram.ts'
import { root } from './machineBase.ts'
import { buildPackage } from './machinePackage.ts'

const VERSION = '1.0.0'
/** By systemd-analyze; docs/security.md says what it is made of. */
const EXPOSURE = 1.6

let built: Awaited<ReturnType<typeof buildPackage>>
/** What the .deb would put on a disk. */
let tree: string

beforeAll(async () => {
  built = await buildPackage(VERSION)
  tree = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  await said('dpkg-deb', ['--extract', built.deb, tree])
})
afterAll(async () => {
  for (const folder of [tree, built.folder]) await rm(folder, { recursive: true })
})

/** What a program says on both streams; it has to end well. */
async function said(command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(command, args, { timeoutMs: 120_000 })
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`)
  return stdout + stderr
}

const sum = async (path: string) => (await said('sha256sum', [path])).split(' ')[0]

describe('npm run package', () => {
  it('makes the same bytes from the same commit', async () => {
    const again = await buildPackage(VERSION)
    try {
      expect([await sum(again.deb), await sum(again.tar)]).toEqual([await sum(built.deb), await sum(built.tar)])
    } finally {
      await rm(again.folder, { recursive: true })
    }
  })

  it('makes a .deb of which lintian has nothing to say', async () => {
    expect(await said('lintian', ['--allow-root', '--fail-on', 'error,warning', '--info', built.deb])).toBe('')
  })

  it('gives both packages the same files, and the archive what installs them', async () => {
    const [deb, tar] = [await said('dpkg-deb', ['--contents', built.deb]), await said('tar', ['-tzf', built.tar])]
    const names = (text: string, from: RegExp) => text.split('\n').flatMap((line) => from.exec(line)?.[1] ?? []).filter((name) => !name.endsWith('/')).sort()
    const inDeb = names(deb, / \.\/(\S+)$/)
    const inTar = names(tar, /^supermon-live-1\.0\.0\/(\S+)$/)
    expect(inDeb.filter((name) => !inTar.includes(name))).toEqual(['usr/share/doc/supermon-live/changelog.gz'])
    expect(inTar.filter((name) => !inDeb.includes(name))).toEqual(['LICENSES', 'install.sh'])
    for (const name of ['usr/bin/supermon-live', 'usr/lib/supermon-live/main.js', 'usr/lib/supermon-live/app/index.html', 'usr/share/doc/supermon-live/docs/security.md']) {
      expect(inDeb).toContain(name)
    }
    expect(inDeb.filter((name) => name.endsWith('.map'))).toEqual([])
  })

  it('names the licence of what is bundled', async () => {
    const copyright = await readFile(join(tree, 'usr/share/doc/supermon-live/copyright'), 'utf8')
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object }
    for (const name of [...Object.keys(dependencies), 'ws', 'hono', 'pino', '@vue/runtime-core', 'pinia']) expect(copyright).toMatch(new RegExp(`^${name} \\d`, 'm'))
  })

  it('refuses what is no version', async () => {
    expect(await runProgram(process.execPath, [join(root, 'scripts/package.mjs'), '--version', 'next'])).toMatchObject({ code: 1, stderr: '"next" is no version; give one such as 1.2.3\n' })
  })
})

describe('the man page', () => {
  it('tells of every option, and of each command that --help names', async () => {
    const page = (await said('sh', ['-c', `zcat ${tree}/usr/share/man/man1/supermon-live.1.gz | MANWIDTH=200 man -l -`])).replaceAll('‐', '-')
    for (const [name, variable] of OPTION_VARIABLES) {
      expect(page).toContain(`--${name} `)
      expect(page).toContain(variable)
    }
    const help = await said(process.execPath, [join(tree, 'usr/lib/supermon-live/main.js'), '--help'])
    const commands = [...help.matchAll(/^ +supermon-live ([a-z]+)(?: \.\.\.)?, /gm)].map(([, name]) => name ?? '')
    expect(commands.sort()).toEqual(['doctor', 'rollout', 'setup', 'web'])
    for (const name of commands) expect(page).toMatch(new RegExp(`^ +supermon-live ${name}$`, 'm'))
    expect(page).not.toMatch(/@[A-Z]+@/)
  })

  it('is right by groff', async () => {
    expect(await said('sh', ['-c', `zcat ${tree}/usr/share/man/man1/supermon-live.1.gz | groff -man -ww -z`])).toBe('')
  })
})

describe('the unit', () => {
  /** As installed, but for programs: that of this machine stands for ours, so that the unit is judged and not the disk. */
  let unit: string
  beforeAll(async () => {
    unit = join(tree, 'supermon-live.service')
    const text = await readFile(join(tree, 'usr/lib/systemd/system/supermon-live.service'), 'utf8')
    await writeFile(unit, text.replace('/usr/bin/supermon-live', '/bin/true').replace(/^Documentation=.*$/m, ''))
  })

  it('is right by systemd', async () => {
    expect(await said('systemd-analyze', ['verify', unit])).toBe('')
  })

  it('exposes as little as the documents say', async () => {
    const [, level] = /Overall exposure level for \S+: ([\d.]+) /.exec(await said('systemd-analyze', ['security', '--no-pager', '--offline=true', unit])) ?? []
    expect(Number(level)).toBeLessThanOrEqual(EXPOSURE)
    expect(await readFile(join(root, 'docs/security.md'), 'utf8')).toContain(`systemd-analyze security\` gives ${EXPOSURE}`)
  })
})

it('all scripts are clean by shellcheck', async () => {
  const scripts = ['install.sh', 'bin/supermon-live', 'debian/preinst', 'debian/postinst', 'debian/prerm', 'debian/postrm', 'tests/machineBoot.sh']
  expect(await said('shellcheck', scripts.map((name) => join(root, 'deploy', name)))).toBe('')
})
