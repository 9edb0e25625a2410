/**
 * Makes sure that there is a Chromium for the tests in real browsers: $CHROMIUM or one of the usual places; as root on
 * Debian or Ubuntu it is installed.
 */
import { existsSync } from 'node:fs'
import { installPackages, mayInstall } from './debian.mjs'
import { fail, isMain, nodeVersionCheck } from './lib.mjs'

const PLACES = ['/usr/bin/chromium', '/usr/bin/google-chrome']

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

if (isMain(import.meta.url)) {
  nodeVersionCheck()
  try {
    console.log(await ensureBrowser())
  } catch (error) {
    fail(error.message)
  }
}
