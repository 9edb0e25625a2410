import { defineConfig } from 'vitest/config'

/** `npm run test:deploy`: real packages, web servers and machines. One file at a time, as they share ports, apt and the processor. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['deploy/tests/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 600_000,
  },
})
