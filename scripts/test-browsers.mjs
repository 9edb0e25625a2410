/**
 * npm run test:browsers [-- chromium firefox webkit] [--only NAME] [--quick] [--parallel] [--json FILE]
 *
 * The dashboard in real browsers, against the built gateway and the fake Asterisk. Installs and builds what is missing;
 * browsers come from Debian's packages.
 */
import { existsSync } from 'node:fs'
import { ensureBrowser } from './browsers.mjs'
import { buildStale } from './build.mjs'
import { ensureFiles } from './debian.mjs'
import { bin, ensureInstalled, fail, forwardSignals, nodeVersionCheck, start } from './lib.mjs'

/** Where puppeteerDriver.ts looks. */
const FIREFOXES = [process.env.FIREFOX ?? '', '/usr/bin/firefox-esr', '/usr/bin/firefox']

const BROWSERS = {
  chromium: () => ensureBrowser(),
  firefox: () => FIREFOXES.some((path) => existsSync(path)) || ensureFiles({ '/usr/bin/firefox-esr': 'firefox-esr' }),
  webkit: () => ensureFiles({ '/usr/bin/WebKitWebDriver': 'webkit2gtk-driver', '/usr/bin/Xvfb': 'xvfb' }),
}

nodeVersionCheck()
await ensureInstalled()
const args = process.argv.slice(2)
const named = Object.keys(BROWSERS).filter((name) => args.includes(name))
try {
  for (const name of named.length > 0 ? named : Object.keys(BROWSERS)) await BROWSERS[name]()
  await buildStale(['app', 'server'])
} catch (error) {
  fail(error.message)
}
const run = start(process.execPath, [bin('tsx'), 'frontend/tests/browsers/cli.ts', ...args])
const stop = forwardSignals(() => [run.child])
process.exitCode = await run.done
stop()
