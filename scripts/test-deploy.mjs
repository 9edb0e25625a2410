/**
 * npm run test:deploy [-- --suite trixie] [-- vitest arguments]
 *
 * What needs Debian packages, root and minutes: the package on a scratch machine with systemd, real web servers, Prometheus' own tools.
 * On Debian as root it installs what is missing; elsewhere it says what that is. The last line is `N passed, N failed`.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildStale } from './build.mjs'
import { bin, ensureInstalled, fail, forwardSignals, isMain, nodeVersionCheck, readJson, root, run, say, start } from './lib.mjs'
import { summarize } from './test.mjs'

/** By package, a program that it brings. */
const PROGRAMS = {
  apache2: '/usr/sbin/apache2', nginx: '/usr/sbin/nginx', prometheus: '/usr/bin/promtool', debootstrap: '/usr/sbin/debootstrap', openssl: '/usr/bin/openssl',
  lintian: '/usr/bin/lintian', groff: '/usr/bin/groff', 'man-db': '/usr/bin/man', shellcheck: '/usr/bin/shellcheck', systemd: '/usr/bin/systemd-analyze', 'util-linux': '/usr/bin/unshare',
}

async function ensurePackages() {
  const missing = Object.keys(PROGRAMS).filter((name) => !existsSync(PROGRAMS[name]))
  if (missing.length === 0) return
  if (process.getuid() !== 0 || !existsSync('/usr/bin/apt-get')) {
    fail(`these programs are missing: ${missing.map((name) => PROGRAMS[name]).join(', ')}; on Debian: sudo apt install ${missing.join(' ')}`)
  }
  say(`Installing ${missing.join(', ')} …`)
  const options = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  await run('apt-get', ['-qq', 'update'], options)
  const code = await run('apt-get', ['-qq', 'install', '-y', '--no-install-recommends', ...missing], options)
  if (code !== 0) fail('apt-get failed, see above; install them and run this again', code)
}

/** Takes `--suite NAME` out of the words; the rest is vitest's. */
export function sortOut(words) {
  const at = words.indexOf('--suite')
  if (at < 0) return { suite: 'bookworm', rest: words }
  const suite = words[at + 1]
  if (suite !== 'bookworm' && suite !== 'trixie') throw new Error(`--suite ${suite ?? ''} is no Debian that is tested; give bookworm or trixie`)
  return { suite, rest: [...words.slice(0, at), ...words.slice(at + 2)] }
}

async function main() {
  nodeVersionCheck()
  const { suite, rest } = sortOut(process.argv.slice(2).filter((word) => word !== '--'))
  await ensureInstalled()
  await ensurePackages()
  await buildStale(['app', 'server'])
  const folder = mkdtempSync(join(tmpdir(), 'supermon-live-test-'))
  const report = join(folder, 'report.json')
  try {
    const args = [bin('vitest'), 'run', '--config', join(root, 'deploy/tests/vitest.config.ts'), '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...rest]
    const { child, done } = start(process.execPath, args, { env: { ...process.env, SUPERMON_LIVE_SUITE: suite } })
    const stop = forwardSignals(() => [child])
    const code = await done
    stop()
    if (!existsSync(report)) fail('vitest left no report, so nothing is counted; see above', code || 1)
    const summary = summarize(readJson(report))
    console.log(summary.line)
    process.exitCode = code === 0 && summary.failed > 0 ? 1 : code
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (isMain(import.meta.url)) main().catch((error) => { fail(error.message) })
