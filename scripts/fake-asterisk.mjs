/**
 * npm run fake-asterisk [-- options]
 *
 * Runs the simulated Asterisk from its sources. Ends when it ends, with its exit code; --help tells the options.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureInstalled, forwardSignals, nodeVersionCheck, root, start } from './lib.mjs'

nodeVersionCheck()
await ensureInstalled()

// By its path: the bare name would be looked up from the folder npm was called in.
const tsx = pathToFileURL(createRequire(join(root, 'package.json')).resolve('tsx')).href
const args = process.argv.slice(process.argv[2] === '--' ? 3 : 2)
const server = start(process.execPath, ['--import', tsx, join(root, 'server/src/fake-asterisk/cli.ts'), ...args])
const stop = forwardSignals(() => [server.child])
process.exitCode = await server.done
stop()
