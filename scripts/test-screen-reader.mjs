/**
 * npm run test:screen-reader [-- --only WORDS]
 *
 * What a screen reader says of the dashboard: Orca reads Firefox on a display of its own, beside whatever runs on this machine. Installs
 * and builds what is missing.
 */
import { buildStale } from './build.mjs'
import { ensureFiles } from './debian.mjs'
import { bin, ensureInstalled, fail, forwardSignals, nodeVersionCheck, start } from './lib.mjs'

const WANTED = {
  '/usr/bin/orca': 'orca',
  '/usr/libexec/at-spi-bus-launcher': 'at-spi2-core',
  '/usr/bin/dbus-daemon': 'dbus-daemon',
  '/usr/bin/Xvfb': 'xvfb',
  '/usr/bin/xdotool': 'xdotool',
  ...(process.env.FIREFOX === undefined ? { '/usr/bin/firefox-esr': 'firefox-esr' } : {}),
}

nodeVersionCheck()
await ensureInstalled()
try {
  await ensureFiles(WANTED)
  await buildStale(['app', 'server'])
} catch (error) {
  fail(error.message)
}
const run = start(process.execPath, [bin('tsx'), 'frontend/tests/screen-reader/cli.ts', ...process.argv.slice(2)])
const stop = forwardSignals(() => [run.child])
process.exitCode = await run.done
stop()
