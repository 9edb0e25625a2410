/**
 * npm run build [-- lib | app | server …]
 *
 * lib    → dist/            the browser library, with types
 * app    → dist-app/        the dashboard
 * server → dist-server/     the gateway: main.js holds every dependency and runs anywhere with nothing but Node
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import {
  bin,
  ensureInstalled,
  fail,
  fingerprint,
  isMain,
  nodeVersionCheck,
  readJson,
  readStamp,
  root,
  run,
  say,
  writeStamp,
} from './lib.mjs'

const COMMON = ['protocol', 'package.json', 'package-lock.json']

/** Per target: what it is made of, and the file that shows that it is there. */
const TARGETS = {
  server: {
    sources: ['server/src', 'scripts/build.mjs', ...COMMON],
    product: 'dist-server/main.js',
    make: () => buildServer(),
  },
  app: {
    sources: ['frontend', 'vite.config.ts', ...COMMON],
    product: 'dist-app/index.html',
    make: async (level) => {
      await vite(['--mode', 'app'], level)
      compress(join(root, 'dist-app'))
    },
  },
  lib: {
    sources: ['frontend/src', 'vite.config.ts', 'tsconfig.base.json', 'tsconfig.lib.json', ...COMMON],
    product: 'dist/index.js',
    make: async (level) => {
      await vite([], level)
      // TypeScript asks for the types of what is imported for its effect alone.
      writeFileSync(join(root, 'dist/style.css.d.ts'), 'export {}\n')
    },
  },
}

/** Builds one target. Throws when that fails; what the tools had to say is on stderr by then. */
export async function build(name, logLevel = 'info') {
  const target = TARGETS[name]
  // Taken before the build: what is edited meanwhile must count as not yet built.
  const print = fingerprint(target.sources)
  writeStamp(name, '')
  await target.make(logLevel)
  writeStamp(name, print)
}

export function isStale(name) {
  const target = TARGETS[name]
  return !existsSync(join(root, target.product)) || readStamp(name) !== fingerprint(target.sources)
}

/** Builds those targets that are missing or older than their sources, at the same time. Quiet but for warnings. */
export async function buildStale(names) {
  const stale = names.filter(isStale)
  if (stale.length === 0) return
  say(`Building ${stale.join(' and ')} …`)
  const results = await Promise.allSettled(stale.map((name) => build(name, 'warn')))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}

async function vite(args, logLevel) {
  const code = await run(process.execPath, [bin('vite'), 'build', ...args, '--logLevel', logLevel], {
    stdio: ['ignore', process.stderr, process.stderr],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  if (code !== 0) throw new BuildError(`vite build ${args.join(' ')} failed, see above`, code)
}

/** Beside each file that is worth it a smaller one: a phone far from a mast waits for bytes. */
function compress(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(?:js|css|html)$/.test(entry.name)) continue
    const path = join(entry.parentPath, entry.name)
    const bytes = readFileSync(path)
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
    writeFileSync(`${path}.br`, brotliCompressSync(bytes))
  }
}

/** `message` is for people; `code` is the exit code to end with. */
export class BuildError extends Error {
  constructor(message, code) {
    super(message)
    this.code = code
  }
}

/**
 * Bundles the gateway into one file that needs no node_modules. `import.meta.url` stays that of the file, and
 * `__VERSION__` becomes package.json's version, or the one given. A package.json beside it says that it is an ES module, for a Node that
 * would have to guess when the folder is copied elsewhere.
 */
export async function buildServer(entry = join(root, 'server/src/main.ts'), folder = join(root, 'dist-server'), asVersion = undefined) {
  // rolldown comes with vite, which need not have it at the top of node_modules.
  const fromVite = createRequire(join(root, 'node_modules/vite/package.json'))
  const { build: rolldown } = await import(pathToFileURL(fromVite.resolve('rolldown')).href)
  const { name, version: ours } = readJson(join(root, 'package.json'))
  const version = asVersion ?? ours
  rmSync(folder, { recursive: true, force: true })
  try {
    await rolldown({
      input: entry,
      platform: 'node',
      external: [/^node:/],
      transform: {
        target: 'node18',
        define: {
          __VERSION__: JSON.stringify(version),
          // Keep ws from trying its two optional native packages: whatever lies near the file is not ours.
          'process.env.WS_NO_BUFFER_UTIL': '"1"',
          'process.env.WS_NO_UTF_8_VALIDATE': '"1"',
        },
      },
      logLevel: 'warn',
      onLog: (level, log, print) => {
        // Left to itself, a package that is not there becomes an import in the bundle, and fails on somebody else's machine.
        if (log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message)
        print(level, log)
      },
      output: { file: join(folder, 'main.js'), format: 'esm', sourcemap: true, codeSplitting: false },
    })
  } catch (error) {
    throw new BuildError(`bundling the gateway failed: ${error.message}`, 1)
  }
  writeFileSync(
    join(folder, 'package.json'),
    `${JSON.stringify({ name: `${name}-gateway`, version, private: true, type: 'module' }, null, 2)}\n`,
  )
}

if (isMain(import.meta.url)) {
  nodeVersionCheck()
  const wanted = process.argv.slice(2).filter((word) => word !== '--')
  const unknown = wanted.find((word) => !Object.keys(TARGETS).includes(word))
  if (unknown !== undefined)
    fail(`there is no build target ${JSON.stringify(unknown)}; give any of ${Object.keys(TARGETS).join(', ')}`)
  await ensureInstalled()
  try {
    for (const name of wanted.length > 0 ? wanted : Object.keys(TARGETS)) {
      say(`Building ${name} …`)
      await build(name)
    }
  } catch (error) {
    fail(error.message, error instanceof BuildError ? error.code : 1)
  }
}
