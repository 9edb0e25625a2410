/** Pictures of the running demo for the documentation: `node scripts/screenshots.mjs [folder]`. Needs `npm run build`. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = process.argv[2] ?? `${root}/docs/screenshots`
const port = 8197
await mkdir(folder, { recursive: true })
const gateway = spawn(process.execPath, [`${root}/dist-server/main.js`, '--port', String(port)], { stdio: 'inherit' })
const executablePath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path))
const browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: ['--no-sandbox'] })
try {
  for (const [name, options] of Object.entries({
    dashboard: { viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
    'dashboard-dark': { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
    phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, colorScheme: 'light' },
    'phone-dark': { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, colorScheme: 'dark' },
  })) {
    const page = await browser.newPage(options)
    await page.goto(`http://127.0.0.1:${port}/`)
    await page.locator('tr.link[data-state="talking"]').first().waitFor({ timeout: 30_000 })
    // The talk timer has counted a little: a picture at 0:00 shows nothing.
    await page.waitForTimeout(900)
    await page.screenshot({ path: `${folder}/${name}.png` })
    await page.close()
  }
} finally {
  await browser.close()
  gateway.kill('SIGTERM')
}
