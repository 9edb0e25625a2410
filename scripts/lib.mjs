/**
 * What the npm scripts share. Plain JavaScript with nothing but Node: it runs in a fresh clone, before anything is
 * installed, and its syntax is old enough for an old Node to reach the sentence that asks for a newer one.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The repository's root folder. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** Is this module the one that Node was started with? */
export function isMain(url) {
  // Node gives modules their real path, but argv the path as typed, symbolic links and all.
  return process.argv[1] !== undefined && url === pathToFileURL(realpathSync(process.argv[1])).href
}

/** One line for the person at the terminal. To stderr: stdout belongs to the program that is started. */
export function say(line) {
  process.stderr.write(`${line}\n`)
}

/** Ends the script with one line that says what is wrong and what to do. */
export function fail(line, code = 1) {
  say(line)
  process.exit(code)
}

export function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}

/** Does `version` ("20.19.1") fit an `engines` range made of `^a.b.c` and `>=a.b.c` joined by `||`? */
export function fitsEngines(version, range) {
  const actual = version.split('.').map(Number)
  return range.split('||').some((part) => {
    const [, sign, wanted] = /^\s*(\^|>=)(\d+\.\d+\.\d+)\s*$/.exec(part) || []
    if (wanted === undefined) throw new Error(`engines range ${JSON.stringify(part)} is not understood`)
    const least = wanted.split('.').map(Number)
    const difference = [0, 1, 2].map((i) => actual[i] - least[i]).find((d) => d !== 0) || 0
    return difference >= 0 && (sign === '>=' || actual[0] === least[0])
  })
}

/** Ends the script on a Node that the tools do not run on. */
export function nodeVersionCheck() {
  const range = readJson(join(root, 'package.json')).engines.node
  if (fitsEngines(process.versions.node, range)) return
  fail(`Node ${process.versions.node} does not fit: this needs Node ${range}; install one from https://nodejs.org`)
}

/**
 * Does node_modules hold what package-lock.json asks for? Compares names and versions, not times: a checkout gives every
 * file a new time. Optional packages (other platforms' binaries) may be missing.
 */
export function isInstalled(folder = root) {
  const installedPath = join(folder, 'node_modules', '.package-lock.json')
  if (!existsSync(installedPath)) return false
  try {
    const installed = readJson(installedPath).packages
    return Object.entries(readJson(join(folder, 'package-lock.json')).packages).every(([path, entry]) => {
      if (path === '') return true
      const found = installed[path]
      return found === undefined ? entry.optional === true : found.version === entry.version
    })
  } catch {
    return false
  }
}

/** Installs the dependencies when they are missing or are not those of package-lock.json. */
export async function ensureInstalled() {
  if (isInstalled()) return
  say('Installing dependencies (npm ci); this takes about half a minute …')
  // --include=dev: the tools are needed under NODE_ENV=production too.
  const args = ['ci', '--no-audit', '--no-fund', '--include=dev', '--loglevel=error']
  const npm = process.env.npm_execpath
  const viaNode = npm !== undefined && /npm-cli\.c?js$/.test(npm)
  const options = { stdio: ['ignore', 'ignore', 'inherit'] }
  const code = viaNode ? await run(process.execPath, [npm, ...args], options) : await run('npm', args, options)
  if (code !== 0) fail('npm ci failed, see above; check the network or the registry and run the command again', code)
}

/** Path of the script behind a package's command, to be run with this same Node and no shell. */
export function bin(packageName, command = packageName) {
  const folder = join(root, 'node_modules', packageName)
  const entry = readJson(join(folder, 'package.json')).bin
  return join(folder, typeof entry === 'string' ? entry : entry[command])
}

/**
 * Starts a process and gives it together with a promise of its exit code. A death by signal counts as 128 + its number,
 * a command that is not there as 127.
 */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options })
  const done = new Promise((settle) => {
    child.on('error', (error) => {
      say(`${command} cannot be started: ${error.message}`)
      settle(127)
    })
    child.on('exit', (code, signal) => settle(code === null ? 128 + constants.signals[signal] : code))
  })
  return { child, done }
}

/** Runs a command to its end. Resolves with its exit code. */
export function run(command, args, options) {
  return start(command, args, options).done
}

/**
 * Like {@link run}, but keeps what it prints: `{ code, output }`, both streams in the order they came. `onStart` is given the
 * child.
 */
export async function capture(command, args, { onStart = () => {}, ...options } = {}) {
  const color = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}
  const env = { ...process.env, ...color, ...options.env }
  const { child, done } = start(command, args, { ...options, env, stdio: ['ignore', 'pipe', 'pipe'] })
  onStart(child)
  const closed = new Promise((settle) => child.on('close', settle).on('error', settle))
  const parts = []
  for (const stream of [child.stdout, child.stderr]) if (stream) stream.on('data', (part) => parts.push(part))
  const code = await done
  await closed
  return { code, output: Buffer.concat(parts).toString() }
}

/** SIGHUP: the terminal was closed. */
const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Hands the wish to end on to the children, so that it makes no difference which process was told. Returns a function
 * that stops this. `onAsked` is called once, when the wish first comes.
 *
 * Ctrl-C and a closed terminal reach every process by themselves, and npm repeats what it gets: so each signal is handed
 * on once and late, and mostly the child is gone by then. Told to end by SIGTERM, npm ends the shell between itself and
 * this script but not the script (`sh -c` of Debian does not exec): under npm, a lost parent counts as SIGTERM.
 */
export function forwardSignals(children, onAsked = () => {}) {
  const timers = new Map()
  const handOn = (signal) => {
    for (const child of children()) if (child.exitCode === null && child.signalCode === null) child.kill(signal)
  }
  const handler = (signal) => {
    if (timers.has(signal)) return
    if (timers.size === 0) onAsked()
    const late = signal !== 'SIGTERM' && process.stdin.isTTY ? 2000 : 100
    timers.set(signal, setTimeout(handOn, late, signal === 'SIGHUP' ? 'SIGTERM' : signal))
  }
  for (const signal of ENDINGS) process.on(signal, handler)
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.env.npm_lifecycle_event !== undefined && process.ppid !== parent) handler('SIGTERM')
  }, 250)
  return () => {
    clearInterval(watch)
    timers.forEach(clearTimeout)
    for (const signal of ENDINGS) process.off(signal, handler)
  }
}

/** One short text that changes when any file under `paths` is changed, added or removed. Folders named `tests` do not count. */
export function fingerprint(paths, folder = root) {
  const hash = createHash('sha256')
  const visit = (path) => {
    const info = statSync(join(folder, path), { throwIfNoEntry: false })
    if (info === undefined) return
    if (info.isDirectory()) {
      for (const name of readdirSync(join(folder, path)).sort()) if (name !== 'tests') visit(join(path, name))
    } else hash.update(`${path}\0${info.size}\0${info.mtimeMs}\n`)
  }
  paths.forEach(visit)
  return hash.digest('hex')
}

/** Where the fingerprint of the last successful build of `name` is kept. */
function stampPath(name) {
  return join(root, 'node_modules', '.cache', 'supermon-live', name)
}

export function readStamp(name) {
  return existsSync(stampPath(name)) ? readFileSync(stampPath(name), 'utf8') : ''
}

export function writeStamp(name, text) {
  mkdirSync(dirname(stampPath(name)), { recursive: true })
  writeFileSync(stampPath(name), text)
}
