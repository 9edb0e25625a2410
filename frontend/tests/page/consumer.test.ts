/** The package as somebody else gets it: packed, installed into an app of its own, type-checked, built, and opened. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import type { Browser, Page } from 'playwright'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFakeAsterisk } from '../../../server/src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../../server/src/fake-asterisk/fakeAsterisk.ts'
import { nodeConfig, runApp } from '../../../server/tests/support/running.ts'
import { launchChromium, until } from './stage.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const run = promisify(execFile)
const ends: (() => unknown)[] = []

let tarball: string
let consumer: string

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  ends.push(() => rm(folder, { recursive: true, force: true }))
  const { stdout } = await run('npm', ['pack', '--pack-destination', folder, '--silent'], { cwd: ROOT })
  tarball = join(folder, stdout.trim())
  consumer = join(folder, 'consumer')
  await cp(join(ROOT, 'examples/consumer'), consumer, { recursive: true })
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock', tarball], { cwd: consumer })
}, 120_000)
afterAll(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

describe('the package', () => {
  it('has no fault that publint knows', async () => {
    const { messages } = await publint({ pkgDir: ROOT, strict: true })
    expect(messages).toEqual([])
  })

  it('gives its types to everybody who can import it: ES modules, by bundler and by Node', async () => {
    const result = await checkPackage(createPackageFromTarballData(await readFile(tarball)))
    if (result.types === false) throw new Error('the package has no types')
    const byOthers = result.problems.filter(
      (problem) => !('resolutionKind' in problem) || problem.resolutionKind === 'node16-esm' || problem.resolutionKind === 'bundler',
    )
    expect(byOthers).toEqual([])
  })

  it('holds what it should, and nothing of the gateway', async () => {
    const { stdout } = await run('tar', ['-tzf', tarball])
    const files = stdout.split('\n').map((path) => path.replace(/^package\//, '')).filter((path) => path !== '')
    for (const path of ['dist/index.js', 'dist/index.d.ts', 'dist/compat.js', 'dist/compat.d.ts', 'dist/style.css', 'README.md', 'LICENSE']) {
      expect(files).toContain(path)
    }
    expect(files.filter((path) => !/^(dist\/|docs\/protocol\.md|README\.md|LICENSE|package\.json)/.test(path))).toEqual([])
  })
})

describe('an app that installed it', { timeout: 60_000 }, () => {
  let fake: FakeAsterisk
  let browser: Browser
  let page: Page

  it('passes the strictest type check, its library included, and builds', async () => {
    const tools = join(consumer, 'node_modules/.bin')
    await run(join(tools, 'vue-tsc'), ['--noEmit'], { cwd: consumer })
    await run(join(tools, 'vite'), ['build', '--logLevel', 'error'], { cwd: consumer })
  })

  it('has a live node on screen', async () => {
    fake = await startFakeAsterisk({ nodes: ['546051'], links: { '546051': [{ name: '48752' }] } })
    ends.push(() => fake.close())
    const app = await runApp([nodeConfig('546051', fake.port)], { files: join(consumer, 'dist') })
    ends.push(() => app.close(0))
    browser = await launchChromium()
    ends.push(() => browser.close())
    page = await browser.newPage()
    await page.goto(app.url)
    await until(() => page.getByText('48752').first().isVisible())
    await until(async () => (await page.locator('h1').textContent())?.includes('silent'))
    await fake.key({ node: '546051', on: true })
    await until(async () => (await page.locator('h1').textContent())?.includes('talking'))
  })
})

/** The member uses of Supermon-NG's pages, import lines and all; only an alias says where the modules come from. */
describe('a page of Supermon-NG\'s kind', { timeout: 60_000 }, () => {
  it('builds over the compat entry with its import lines as they were, strictly typed, and is live, under Supermon-NG\'s dialect too', async () => {
    const folder = join(consumer, 'supermon-ng')
    await cp(join(ROOT, 'examples/supermon-ng'), folder, { recursive: true })
    const tools = join(consumer, 'node_modules/.bin')
    await run(join(tools, 'vue-tsc'), ['--noEmit'], { cwd: folder })
    await run(join(tools, 'vite'), ['build', '--logLevel', 'error'], { cwd: folder })
    const fake = await startFakeAsterisk({ nodes: ['546051'], links: { '546051': [{ name: '48752' }] } })
    ends.push(() => fake.close())
    const app = await runApp([nodeConfig('546051', fake.port)], { files: join(folder, 'dist'), dialect: 'supermon-ng' })
    ends.push(() => app.close(0))
    const browser = await launchChromium()
    ends.push(() => browser.close())
    const page = await browser.newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(app.url)
    const text = (selector: string) => page.locator(selector).first().textContent()
    await until(async () => (await text('[role=status]'))?.includes('live, connected'))
    await until(async () => (await text('[data-sockets]')) === '546051')
    await until(() => page.locator('[data-link="48752"]').isVisible())
    await fake.key({ node: '546051', on: true })
    await until(async () => (await text('[data-local]'))?.includes('COS-Detected'))
    await fake.linkKey({ node: '546051', link: '48752', on: true })
    await until(() => page.locator('[data-link="48752"][data-keyed="yes"]').isVisible())
    // There are no accounts here: the page is told so, in words.
    await page.getByRole('button', { name: '48752' }).click()
    await until(async () => ((await text('[data-said]')) ?? '') !== '')
    expect(await text('[data-said]')).toMatch(/accounts|sign/i)
    await page.getByRole('button', { name: 'Log out' }).click()
    await until(async () => (await text('[role=status]'))?.includes('offline'))
    expect(errors).toEqual([])
  })
})
