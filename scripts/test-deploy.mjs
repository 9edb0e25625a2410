/**
 * npm run test:deploy [-- --suite trixie] [-- vitest arguments]
 *
 * What needs Debian packages, root and minutes: the package on a scratch machine with systemd, real web servers, Prometheus' own tools.
 * On Debian as root it installs what is missing; elsewhere it says what that is. The last line is `N passed, N failed`.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureShell } from './browsers.mjs'
import { buildStale } from './build.mjs'
import { bin, ensureInstalled, fail, forwardSignals, isMain, nodeVersionCheck, readJson, root, start } from './lib.mjs'
import { summarize } from './test.mjs'

/** Programs that tests run, and the packages that bring them. */
const PROGRAMS = {
  '/usr/sbin/apache2': 'apache2', '/usr/sbin/nginx': 'nginx', '/usr/bin/promtool': 'prometheus', '/usr/sbin/debootstrap': 'debootstrap', '/usr/bin/openssl': 'openssl',
  '/usr/bin/lintian': 'lintian', '/usr/bin/groff': 'groff', '/usr/bin/man': 'man-db', '/usr/bin/shellcheck': 'shellcheck', '/usr/bin/systemd-analyze': 'systemd', '/usr/bin/unshare': 'util-linux',
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
  process.env.CHROMIUM = await ensureShell(PROGRAMS)
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
