/**
 * npm run package [-- --version V] [-- --out DIR]
 *
 * dist-package/supermon-live_<version>_all.deb     for Debian
 * dist-package/supermon-live-<version>.tar.gz      for other systems: the same files, and install.sh
 *
 * Two builds of one commit are the same to the byte. `--version` is for tests of upgrades; `--tree DIR` lays out the files and makes no
 * package, for deploy/install.sh in a checkout.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { buildServer, buildStale, BuildError } from './build.mjs'
import { ensureInstalled, fail, isMain, nodeVersionCheck, readJson, root, say } from './lib.mjs'
import { layOut, licences } from './packageTree.mjs'

const MAINTAINER = 'Supermon Live maintainers <maintainers@supermon-live.invalid>'

/** Debian orders 1.0.0-rc.1 after 1.0.0, and 1.0.0~rc.1 before it. */
export function debianVersion(version) {
  return version.replace('-', '~')
}

/** Seconds since 1970 that all files of the package are given: those of the last commit, so that they say nothing about this machine. */
function sourceDate() {
  const told = process.env.SOURCE_DATE_EPOCH
  if (told !== undefined) {
    if (/^\d{1,11}$/.test(told)) return Number(told)
    fail(`SOURCE_DATE_EPOCH ${JSON.stringify(told)} is no time; give seconds since 1970`)
  }
  try {
    return Number(execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' }))
  } catch {
    return Math.floor(statSync(join(root, 'package.json')).mtimeMs / 1000)
  }
}

function control(version, tree) {
  return [
    'Package: supermon-live',
    `Version: ${debianVersion(version)}`,
    'Architecture: all',
    `Maintainer: ${MAINTAINER}`,
    `Installed-Size: ${installedSize(tree)}`,
    'Depends: nodejs (>= 18), adduser',
    'Recommends: apache2 | nginx',
    'Suggests: prometheus, grafana',
    'Section: hamradio',
    'Priority: optional',
    'Description: live dashboard and gateway for AllStarLink nodes',
    ' Shows who is talking on AllStarLink nodes the moment they key up. A gateway',
    ' speaks to Asterisk with app_rpt on one side, and WebSocket and HTTP to browsers',
    ' on the other. It stands beside Supermon-NG, under its page, or alone.',
    '',
  ].join('\n')
}

/** KiB, each file rounded up, as dpkg-gencontrol counts. */
function installedSize(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .reduce((sum, entry) => sum + (entry.isFile() ? Math.ceil(statSync(join(entry.parentPath, entry.name)).size / 1024) : 1), 0)
}

function debianChangelog(version, date) {
  const entry = `supermon-live (${debianVersion(version)}) unstable; urgency=medium\n\n  * What changed is told in CHANGELOG.md in this folder.\n\n`
  return `${entry} -- ${MAINTAINER}  ${new Date(date * 1000).toUTCString().replace('GMT', '+0000')}\n`
}

/** What only a .deb has: its scripts, and a changelog as Debian writes it. */
function debianFiles(tree, version, date) {
  const control_ = join(tree, 'DEBIAN')
  mkdirSync(control_)
  writeFileSync(join(control_, 'control'), control(version, tree))
  for (const script of ['preinst', 'postinst', 'prerm', 'postrm']) copyFileSync(join(root, 'deploy/debian', script), join(control_, script))
  copyFileSync(join(root, 'deploy/debian/triggers'), join(control_, 'triggers'))
  const doc = join(tree, 'usr/share/doc/supermon-live')
  writeFileSync(join(doc, 'changelog.gz'), gzipSync(debianChangelog(version, date), { level: 9 }))
  writeFileSync(join(control_, 'md5sums'), execFileSync('sh', ['-c', "find usr -type f | LC_ALL=C sort | xargs -d '\\n' md5sum"], { cwd: tree, encoding: 'utf8' }))
}

/** Modes and times as every machine gives them, whatever this one's umask is. */
function settle(folder, date) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const runs = entry.isDirectory() || /\/(bin\/supermon-live|install\.sh|DEBIAN\/(preinst|postinst|prerm|postrm))$/.test(path)
    chmodSync(path, runs ? 0o755 : 0o644)
    utimesSync(path, date, date)
  }
  chmodSync(folder, 0o755)
  utimesSync(folder, date, date)
}

/** @returns the package's path */
function makeDeb(tree, out, version, date) {
  const path = join(out, `supermon-live_${debianVersion(version)}_all.deb`)
  debianFiles(tree, version, date)
  settle(tree, date)
  execFileSync('dpkg-deb', ['--root-owner-group', '--uniform-compression', '-Zxz', '--build', tree, path], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(date) }, stdio: ['ignore', 'ignore', 'inherit'],
  })
  return path
}

/** @returns the archive's path */
function makeTar(tree, out, work, { server, app, version, date }) {
  const name = `supermon-live-${version}`
  const folder = join(work, name)
  cpSync(tree, folder, { recursive: true })
  copyFileSync(join(root, 'deploy/install.sh'), join(folder, 'install.sh'))
  writeFileSync(join(folder, 'LICENSES'), licences([server, app], { whole: true }))
  settle(folder, date)
  const path = join(out, `${name}.tar.gz`)
  const tar = execFileSync('tar', ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', `--mtime=@${date}`, '--format=gnu', '-c', name], { cwd: work, maxBuffer: 2 ** 28 })
  writeFileSync(path, gzipSync(tar, { level: 9 }))
  return path
}

async function main() {
  const { values } = parseArgs({
    args: process.argv.slice(2).filter((word) => word !== '--'),
    options: { version: { type: 'string' }, out: { type: 'string', default: 'dist-package' }, tree: { type: 'string' } },
  })
  nodeVersionCheck()
  await ensureInstalled()
  const version = values.version ?? readJson(join(root, 'package.json')).version
  if (!/^\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?$/.test(version)) fail(`${JSON.stringify(version)} is no version; give one such as 1.2.3`)
  await buildStale(['app'])
  const cache = join(root, 'node_modules/.cache/supermon-live')
  mkdirSync(cache, { recursive: true })
  const work = mkdtempSync(join(cache, 'package-'))
  try {
    const server = join(work, 'server')
    await buildServer(undefined, server, version)
    const date = sourceDate()
    const parts = { server, app: join(root, 'dist-app'), version, date }
    if (values.tree !== undefined) {
      layOut(resolve(values.tree), parts)
      return
    }
    const out = resolve(values.out)
    mkdirSync(out, { recursive: true })
    const tree = join(work, 'tree')
    layOut(tree, parts)
    for (const path of [makeTar(tree, out, work, parts), makeDeb(tree, out, version, date)]) say(`${path} ${readFileSync(path).length} bytes`)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

if (isMain(import.meta.url)) {
  main().catch((error) => {
    fail(error.code === 'ENOENT' && error.path === 'dpkg-deb' ? 'dpkg-deb is not there; install dpkg' : error.message, error instanceof BuildError ? error.code : 1)
  })
}
