/**
 * npm run test:faults [-- options]
 *
 * Builds the gateway if it is missing or stale, then lets things fail around it for a while; `--help` tells the options. Ends with 1
 * when something was found.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { BuildError, buildStale } from './build.mjs'
import { ensureInstalled, fail, forwardSignals, nodeVersionCheck, root, start } from './lib.mjs'

nodeVersionCheck()
await ensureInstalled()
try {
  await buildStale(['server'])
} catch (error) {
  fail(error.message, error instanceof BuildError ? error.code : 1)
}

// By its path: the bare name would be looked up from the folder npm was called in.
const tsx = pathToFileURL(createRequire(join(root, 'package.json')).resolve('tsx')).href
const args = process.argv.slice(process.argv[2] === '--' ? 3 : 2)
const soak = start(process.execPath, ['--import', tsx, join(root, 'server/tests/soak/cli.ts'), ...args])
const stop = forwardSignals(() => [soak.child])
process.exitCode = await soak.done
stop()
