/**
 * Makes sure that there is a Chromium for the tests in real browsers: $CHROMIUM or one of the usual places; as root on
 * Debian or Ubuntu it is installed.
 */
import { existsSync } from 'node:fs'
import { capture, fail, isMain, nodeVersionCheck, say } from './lib.mjs'

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
  const mayInstall = typeof process.getuid === 'function' && process.getuid() === 0 && existsSync('/usr/bin/apt-get')
  if (!mayInstall) {
    throw new Error(
      'no Chromium found; install the package "chromium" (apt-get install chromium), or set CHROMIUM to its path',
    )
  }
  say('Installing Chromium (apt-get install chromium) …')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [
    ['-qq', 'update'],
    ['-qq', 'install', '-y', '--no-install-recommends', 'chromium'],
  ]) {
    const { code, output } = await capture('apt-get', args, { env })
    if (code === 0) continue
    process.stderr.write(output)
    throw new Error(`apt-get ${args.join(' ')} failed, see above; install the package "chromium" by hand`)
  }
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
