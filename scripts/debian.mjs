/** Debian packages that tests need, installed by the scripts themselves where they may. */
import { existsSync } from 'node:fs'
import { capture, say } from './lib.mjs'

const APT = '/usr/bin/apt-get'

/** May this process install packages: root, on a system that has apt? */
export function mayInstall() {
  return typeof process.getuid === 'function' && process.getuid() === 0 && existsSync(APT)
}

/** Installs packages. Throws with one line that says what to do; what apt had to say is on stderr by then. */
export async function installPackages(names) {
  say(`Installing ${names.join(', ')} (apt-get install) …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [
    ['-qq', 'update'],
    ['-qq', 'install', '-y', '--no-install-recommends', ...names],
  ]) {
    const { code, output } = await capture(APT, args, { env })
    if (code === 0) continue
    process.stderr.write(output)
    throw new Error(`apt-get ${args.join(' ')} failed, see above; install ${names.join(', ')} by hand`)
  }
}

/**
 * Makes sure that files are there, and installs the packages that bring those that are not.
 * @param wanted path → package
 */
export async function ensureFiles(wanted) {
  const missing = () => Object.keys(wanted).filter((path) => !existsSync(path))
  if (missing().length === 0) return
  const packages = [...new Set(missing().map((path) => wanted[path]))]
  if (!mayInstall()) throw new Error(`${missing().join(', ')} missing; as root: apt-get install ${packages.join(' ')}`)
  await installPackages(packages)
  if (missing().length > 0) throw new Error(`${packages.join(', ')} installed, but there is no ${missing().join(', ')}`)
}
