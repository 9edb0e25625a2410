import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [vue()],
  test: {
    // Most tests wait for sockets: three at a time also on two cores, where the default would be one.
    maxWorkers: 3,
    // A slow machine is no failure: what must be quick is measured in bench/.
    testTimeout: 20_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          environment: 'node',
          include: ['frontend/tests/unit/**/*.test.ts', 'server/tests/**/*.test.ts', 'protocol/**/*.test.ts'],
        },
      },
      { extends: true, test: { name: 'dom', environment: 'happy-dom', include: ['frontend/tests/dom/**/*.test.ts'] } },
      {
        // Whole pages: the built gateway, the fake Asterisk and Chromium, driven from outside.
        extends: true,
        test: {
          name: 'page',
          environment: 'node',
          include: ['frontend/tests/page/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
