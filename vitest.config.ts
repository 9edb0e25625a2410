import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { BaseSequencer } from 'vitest/node'
import type { TestSpecification } from 'vitest/node'

/** What these tests judge is the process: its heap, what is left on it, or time on the processor. */
const ALONE = ['server/tests/hostile/**/*.test.ts', 'frontend/tests/unit/simulation/**/*.test.ts', 'frontend/tests/unit/services/leaks.test.ts']
/** What has a script of its own: `npm run test:package`, the library as it is packed; `npm run test:asterisk` and `npm run test:supermon-ng`, real ones; `npm run test:long`, proof of what proves: faults, benches, browsers. */
const SUITES: Readonly<Record<string, readonly string[]>> = {
  package: ['frontend/tests/page/consumer.test.ts', 'frontend/tests/page/entries.test.ts', 'frontend/tests/page/socketOnly.test.ts'],
  asterisk: ['server/tests/asterisk/*.test.ts'],
  'supermon-ng': ['server/tests/supermon-ng/*.test.ts'],
  long: ['server/tests/soak/*.test.ts', 'server/tests/integration/benches.test.ts', 'frontend/tests/unit/browsers/cli.test.ts'],
}
const SUITE = process.env['SUITE']
const OTHERS = Object.values(SUITES).flat()
/** msw wants a global that vitest's virtual machines lack. */
const DOM_ALONE = ['frontend/tests/dom/services/browser.test.ts']
const ORDER = ['page', 'alone', 'dom-alone', 'node', 'dom']

/** Pages first, as they take longest; last what never waits, so that no core is idle at the end. Files of one project share processes. */
class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ project }: TestSpecification) => ORDER.indexOf(project.name)
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b))
  }
}

export default defineConfig({
  plugins: [vue()],
  test: {
    // Most tests wait for sockets: four at a time also on two cores, where the default would be one.
    maxWorkers: 4,
    // Each file starts Asterisks of its own, which use a core.
    fileParallelism: SUITE !== 'asterisk',
    // A slow machine is no failure: what must be quick is measured in bench/.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    sequence: { sequencer: SlowestFirst },
    projects: SUITE !== undefined ? [
      { extends: true, test: { name: SUITE, environment: 'node', setupFiles: ['server/tests/support/leavesNothing.ts'], include: [...(SUITES[SUITE] ?? [])] } },
    ] : [
      {
        // One process and one copy of each module for many files: starting both anew took longer than the tests.
        extends: true,
        test: {
          name: 'node',
          environment: 'node',
          isolate: false,
          setupFiles: ['server/tests/support/leavesNothing.ts'],
          include: ['frontend/tests/unit/**/*.test.ts', 'server/tests/**/*.test.ts', 'protocol/**/*.test.ts'],
          exclude: [...ALONE, ...OTHERS],
        },
      },
      { extends: true, test: { name: 'alone', environment: 'node', include: ALONE } },
      {
        // A fresh window and fresh modules for each file, but not a fresh process.
        extends: true,
        test: { name: 'dom', environment: 'happy-dom', pool: 'vmForks', include: ['frontend/tests/dom/**/*.test.ts'], exclude: DOM_ALONE },
      },
      { extends: true, test: { name: 'dom-alone', environment: 'happy-dom', include: DOM_ALONE } },
      {
        // Whole pages: the built gateway, the fake Asterisk and Chromium, driven from outside.
        extends: true,
        test: {
          name: 'page',
          environment: 'node',
          isolate: false,
          setupFiles: ['server/tests/support/leavesNothing.ts'],
          include: ['frontend/tests/page/**/*.test.ts'],
          exclude: OTHERS,
        },
      },
    ],
  },
})
