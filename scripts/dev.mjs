/**
 * npm run dev [-- gateway options]
 *
 * The dashboard from sources with hot reload (vite), and the gateway from sources with restart on change (tsx). Both end
 * together.
 */
import { bin, ensureInstalled, forwardSignals, nodeVersionCheck, start } from './lib.mjs'

nodeVersionCheck()
await ensureInstalled()

const args = process.argv.slice(process.argv[2] === '--' ? 3 : 2)
// Only vite reads keys.
const gateway = start(process.execPath, [bin('tsx'), 'watch', '--clear-screen=false', 'server/src/main.ts', ...args], {
  stdio: ['ignore', 'inherit', 'inherit'],
})
const page = start(process.execPath, [bin('vite'), '--mode', 'development', '--clearScreen', 'false'])
const both = [gateway, page]
let asked = false
const stop = forwardSignals(
  () => both.map(({ child }) => child),
  () => (asked = true),
)
const first = await Promise.race(both.map(({ done }) => done))
// One of them fell over: end the other. After Ctrl-C the other is on its way already, and a second signal would be rude.
const end = () => both.forEach(({ child }) => child.kill('SIGTERM'))
const timer = setTimeout(end, asked ? 5000 : 0)
await Promise.all(both.map(({ done }) => done))
clearTimeout(timer)
stop()
process.exitCode = asked ? 0 : first
