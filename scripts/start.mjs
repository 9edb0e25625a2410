/**
 * npm start [-- gateway options]
 *
 * Installs and builds what is missing or stale, then runs the gateway with the given options; without any it is the demo.
 * Ends when the gateway ends, with its exit code.
 */
import { join } from 'node:path'
import { BuildError, buildStale } from './build.mjs'
import { ensureInstalled, fail, forwardSignals, nodeVersionCheck, root, start } from './lib.mjs'

nodeVersionCheck()
await ensureInstalled()
try {
  await buildStale(['app', 'server'])
} catch (error) {
  fail(error.message, error instanceof BuildError ? error.code : 1)
}

const args = process.argv.slice(process.argv[2] === '--' ? 3 : 2)
// Relative paths among the options are meant from where npm was called, and npm has moved to the root.
const cwd = (process.env.npm_lifecycle_event === 'start' && process.env.INIT_CWD) || process.cwd()
const gateway = start(process.execPath, [join(root, 'dist-server/main.js'), ...args], { cwd })
const stop = forwardSignals(() => [gateway.child])
process.exitCode = await gateway.done
stop()
