import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { BaseSequencer } from 'vitest/node'
import type { TestSpecification } from 'vitest/node'

/** What these tests judge is the process: its heap, what is left on it, or time on the processor. */
const ALONE = ['server/tests/hostile/**/*.test.ts', 'frontend/tests/unit/simulation/**/*.test.ts', 'frontend/tests/unit/services/leaks.test.ts']
/** Proof that takes its minutes, of what proves other things: faults that are made and found, and benches. `npm run test:long` runs these alone. */
const LONG = ['server/tests/soak/*.test.ts', 'server/tests/integration/benches.test.ts']
const LONG_ALONE = process.env['LONG'] !== undefined
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
    // Most tests wait for sockets: three at a time also on two cores, where the default would be one.
    maxWorkers: 3,
    // A slow machine is no failure: what must be quick is measured in bench/.
    testTimeout: 60_000,
    sequence: { sequencer: SlowestFirst },
    projects: LONG_ALONE ? [
      { extends: true, test: { name: 'long', environment: 'node', setupFiles: ['server/tests/support/leavesNothing.ts'], include: LONG } },
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
          exclude: [...ALONE, ...LONG],
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
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
