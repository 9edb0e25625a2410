/**
 * npm test [-- vitest arguments]
 *
 * Everything that must hold: lint, types, builds, then all tests. Stops at the first step that fails. The last line is
 * `N passed, N failed`, counted from vitest's own report.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBrowser } from './browsers.mjs'
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

/** Fails with the tool's output, which is not shown otherwise. */
async function quietly(name, args) {
  const { code, output } = await capture(process.execPath, args)
  if (code === 0) return
  process.stdout.write(output)
  throw new Error(`${name} failed, see above; no test was run`)
}

function lint() {
  // No cache: it goes by each file alone, and rules that know types judge a file by others as well.
  return quietly('lint', [bin('eslint'), '.', '--max-warnings', '0'])
}

async function tests(args, browser) {
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
    const stop = forwardSignals(() => [vitest.child])
    const code = await vitest.done
    stop()
    return { code, report: existsSync(reportPath) ? readJson(reportPath) : null }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function main() {
  nodeVersionCheck()
  await step('install', ensureInstalled)
  const browser = await step('browser', ensureBrowser)
  // Side by side: they take ten seconds each when nothing is cached, and each fills one core.
  const checks = [step('lint', lint), step('types', () => quietly('types', [bin('vue-tsc'), '-b']))]
  const failed = (await Promise.allSettled(checks)).filter((result) => result.status === 'rejected')
  if (failed.length > 0) throw new Error(failed.map((result) => result.reason.message).join('\n'))
  await step('build', () => buildStale(['app', 'server', 'lib']))
  const { code, report } = await step('tests', () => tests(process.argv.slice(2), browser))

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
    if (timings.length > 0) say(timings.join(', '))
    fail(error.message)
  })
}
