/**
 * npm test [-- vitest arguments]
 *
 * Types, builds, all tests. Types are checked beside builds and tests, with what these leave of the processor: many tests wait, and two
 * cores are busy throughout. A step that fails ends the others, and what its tool said is shown. The last line of what came to its end
 * is `N passed, N failed`, counted from vitest's own report.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { constants, setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureShell } from './browsers.mjs'
import { buildStale } from './build.mjs'
import {
  bin,
  capture,
  ensureInstalled,
  fail,
  forwardSignals,
  isMain,
  nodeVersionCheck,
  readJson,
  say,
  start,
} from './lib.mjs'

/**
 * Counts of a vitest JSON report. A file that could not even be loaded has no tests to count and is one failure.
 * `line` is the closing line.
 */
export function summarize(report) {
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length
  const failed = report.numFailedTests + unloaded
  const skipped = report.numPendingTests + report.numTodoTests
  const line = `${report.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
  return { passed: report.numPassedTests, failed, skipped, unloaded, line }
}

const timings = []

/** Runs a step and notes how long it took. `work` throws to stop everything. */
async function step(name, work) {
  const started = Date.now()
  try {
    return await work()
  } finally {
    timings.push(`${name} ${((Date.now() - started) / 1000).toFixed(1)} s`)
  }
}

/** Processes under way, to be told when somebody wants to end. */
const running = new Set()

/** Fails with the tool's output, which is not shown otherwise. */
async function quietly(name, args) {
  const { code, output } = await capture(process.execPath, args, {
    onStart: (child) => {
      running.add(child)
      // Tests that wait leave room for it, and those that are timed are not disturbed.
      if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW)
    },
  })
  if (code === 0) return
  // Above 128: by a signal.
  throw Object.assign(new Error(code > 128 ? `${name} was ended` : `${name} failed, see above`), { output, code })
}

/** It leaves more behind than Node reckons with: with room for it, it takes a sixth less of the processor. */
const ROOMY = ['--min-semi-space-size=64', '--max-semi-space-size=128']

/** All files are in the second, so that a build of the library finds no more than what is not a browser's. */
const checks = () => step('types', () => quietly('types', [...ROOMY, bin('vue-tsc'), '-b', 'tsconfig.server.json', 'tsconfig.test.json']))

/**
 * Waits for a process and for the checks beside it. A check that fails ends the process at once.
 * @param checked promise of the checks
 * @returns the exit code of the process, which is `{ child, done }` of `start`
 * @throws what the checks threw, once the process is gone
 */
export async function beside(checked, { child, done }) {
  checked.catch(() => child.kill('SIGTERM'))
  const code = await done
  await checked
  return code
}

async function tests(args, browser, checked) {
  const folder = mkdtempSync(join(tmpdir(), 'supermon-live-test-'))
  const reportPath = join(folder, 'report.json')
  const reporters = args.some((arg) => arg.startsWith('--reporter')) ? [] : ['--reporter=default']
  try {
    const vitest = start(
      process.execPath,
      [bin('vitest'), 'run', ...reporters, '--reporter=json', `--outputFile.json=${reportPath}`, ...args],
      {
        env: { ...process.env, CHROMIUM: browser },
      },
    )
    running.add(vitest.child)
    const stop = forwardSignals(() => [...running])
    const code = await beside(checked, { child: vitest.child, done: step('tests', () => vitest.done) })
    stop()
    return { code, report: existsSync(reportPath) ? readJson(reportPath) : null }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function main() {
  nodeVersionCheck()
  const tools = step('tools', () => ensureShell({ '/usr/sbin/mosquitto': 'mosquitto' }))
  tools.catch(() => undefined)
  await step('install', ensureInstalled)
  const browser = await tools
  const checked = checks()
  let fault = null
  checked.catch((error) => { fault = error })
  await step('build', () => buildStale(process.env.SUITE === 'package' ? ['app', 'server', 'lib'] : ['app', 'server']))
  if (fault !== null) throw fault
  const { code, report } = await tests(process.argv.slice(2), browser, checked)

  console.log(timings.join(', '))
  if (report === null) fail('vitest left no report, so nothing is counted; see above', code || 1)
  const summary = summarize(report)
  if (summary.unloaded > 0) console.log(`test files that could not be run, one failure each: ${summary.unloaded}`)
  if (code !== 0 && summary.failed === 0) console.log('vitest failed although no test did, see above')
  console.log(summary.line)
  process.exitCode = code === 0 && summary.failed > 0 ? 1 : code
}

if (isMain(import.meta.url)) {
  main().catch((error) => {
    if (error.output !== undefined) process.stdout.write(error.output)
    if (timings.length > 0) say(timings.join(', '))
    for (const child of running) child.kill('SIGTERM')
    fail(error.message, typeof error.code === 'number' ? error.code : 1)
  })
}
