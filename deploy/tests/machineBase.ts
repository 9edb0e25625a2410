/** The root of a Debian machine that scratch machines start from. Made by debootstrap once, and kept. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from '../../server/src/env/runProgram.ts'

/** bookworm has Node 18 and systemd 252, trixie Node 20 and systemd 257. */
export const SUITES = ['bookworm', 'trixie'] as const
export type Suite = (typeof SUITES)[number]

/** What a node's machine has: no package is fetched after this. */
const PACKAGES = ['systemd', 'systemd-sysv', 'dbus', 'nodejs', 'adduser', 'apache2', 'nginx', 'procps', 'ca-certificates']

/** Run in the root once. nginx would want Apache's port, nobody sits at a terminal, and the kernel is not this machine's to set up. */
const FINISH = `
rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin
systemctl disable nginx
systemctl mask getty@.service serial-getty@.service console-getty.service apt-daily.timer apt-daily-upgrade.timer \\
  systemd-sysctl.service systemd-modules-load.service systemd-remount-fs.service
echo machine > /etc/hostname
echo '127.0.0.1 localhost machine' > /etc/hosts
`

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const cache = join(root, 'node_modules/.cache/supermon-live')

export function suite(): Suite {
  const name = process.env['SUPERMON_LIVE_SUITE'] ?? 'bookworm'
  const found = SUITES.find((known) => known === name)
  if (found === undefined) throw new Error(`there is no suite ${JSON.stringify(name)}; give one of ${SUITES.join(', ')}`)
  return found
}

/** @returns its folder; not to be written to */
export async function machineBase(name: Suite): Promise<string> {
  if (process.getuid?.() !== 0) throw new Error('a scratch machine needs root: run npm run test:deploy as root')
  const mark = createHash('sha256').update(JSON.stringify([PACKAGES, FINISH])).digest('hex').slice(0, 8)
  const folder = join(cache, 'machine', `${name}-${mark}`)
  if (existsSync(folder)) return folder
  await mkdir(dirname(folder), { recursive: true })
  const making = await mkdtemp(join(dirname(folder), 'making-'))
  try {
    await must('debootstrap', ['--variant=minbase', `--include=${PACKAGES.join(',')}`, name, making, await mirror()])
    await writeFile(join(making, 'finish.sh'), FINISH)
    await must('chroot', [making, 'sh', '-e', '/finish.sh'])
    await rm(join(making, 'finish.sh'))
    await rename(making, folder)
  } catch (error) {
    await rm(making, { recursive: true, force: true })
    throw error
  }
  return folder
}

async function must(command: string, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await runProgram(command, args, { timeoutMs: 900_000 })
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${(stderr + stdout).trim().slice(-1_000)}`)
}

/** Where this machine has its own packages from. */
async function mirror(): Promise<string> {
  const folder = '/etc/apt/sources.list.d'
  const names = existsSync(folder) ? (await readdir(folder)).map((name) => join(folder, name)) : []
  for (const path of ['/etc/apt/sources.list', ...names]) {
    const text = existsSync(path) ? await readFile(path, 'utf8') : ''
    const [, url] = /^(?:URIs:|deb (?:\[[^\]]*\] )?)\s*(https?:\/\/\S+\/debian\/?)(?:\s|$)/m.exec(text) ?? []
    if (url !== undefined) return url
  }
  throw new Error('/etc/apt names no mirror of Debian: debootstrap needs one')
}
