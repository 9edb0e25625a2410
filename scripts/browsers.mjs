/**
 * Makes sure that there is a Chromium for the tests in real browsers: $CHROMIUM or one of the usual places; as root on
 * Debian or Ubuntu it is installed.
 *
 * Its headless shell is the same engine without windows, tabs and menus around the page: it takes a fifth of the processor and has
 * no tab that could be hidden. The tests of pages use it, and `npm run test:browsers` the whole browser.
 */
import { existsSync } from 'node:fs'
import { ensureFiles, installPackages, mayInstall } from './debian.mjs'
import { fail, isMain, nodeVersionCheck, say } from './lib.mjs'

const PLACES = ['/usr/bin/chromium', '/usr/bin/google-chrome']
const SHELL = { path: '/usr/bin/chromium-headless-shell', package: 'chromium-headless-shell' }

/** Path of a Chromium, or null. A $CHROMIUM that is set but not there is an error: somebody meant that one. */
export function findBrowser(env = process.env, places = PLACES) {
  if (env.CHROMIUM) {
    if (existsSync(env.CHROMIUM)) return env.CHROMIUM
    throw new Error(`CHROMIUM is ${env.CHROMIUM}, but there is no such file; correct the variable or unset it`)
  }
  return places.find((path) => existsSync(path)) || null
}

/** Path of a Chromium, installed if need be. Throws with one line that says what to do. */
export async function ensureBrowser() {
  const found = findBrowser()
  if (found !== null) return found
  if (!mayInstall()) {
    throw new Error(
      'no Chromium found; install the package "chromium" (apt-get install chromium), or set CHROMIUM to its path',
    )
  }
  await installPackages(['chromium'])
  const installed = findBrowser()
  if (installed === null)
    throw new Error(`Chromium was installed but is not at ${PLACES.join(' or ')}; set CHROMIUM to its path`)
  return installed
}

/**
 * The same for pages that nobody puts away: the headless shell, and a whole Chromium where there is none.
 * @param others further files that tests need, by path, and the packages that bring them: one visit to apt does for all
 */
export async function ensureShell(others) {
  if (!process.env.CHROMIUM && mayInstall()) {
    await ensureFiles({ ...others, [SHELL.path]: SHELL.package }).catch(() => say(`No ${SHELL.package} is to be had here, so the whole Chromium is taken.`))
  }
  await ensureFiles(others)
  return findBrowser(process.env, [SHELL.path]) ?? ensureBrowser()
}

if (isMain(import.meta.url)) {
  nodeVersionCheck()
  try {
    console.log(await ensureBrowser())
  } catch (error) {
    fail(error.message)
  }
}
