import { existsSync } from 'node:fs'
import vue from '@vitejs/plugin-vue'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'

const executablePath = process.env['CHROMIUM'] ?? ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((p) => existsSync(p))
const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking', '--no-first-run', '--disable-sync']

export default defineConfig({
  plugins: [vue()],
  test: {
    coverage: {
      provider: 'v8',
      include: ['protocol/**', 'frontend/src/**', 'server/src/**'],
      exclude: ['**/*.d.ts', '**/main.ts', '**/index.ts'],
      reporter: ['text-summary', 'lcov'],
    },
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
          fileParallelism: false,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['frontend/tests/browser/**/*.test.ts'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { ...(executablePath ? { executablePath } : {}), args } }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
})
