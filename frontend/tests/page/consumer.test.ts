/**
 * The package as somebody else gets it: packed, installed into an app of its own, type-checked, built, and opened. Both examples
 * live in one folder, so that one installation, one type check and one browser do for both; only Vite, TypeScript and their like
 * are this repository's.
 */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
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
/** Tools, and what the package wants for its rollout alone. */
const TOOLS = ['vite', '@vitejs/plugin-vue', 'typescript', '@openfeature/web-sdk']
const run = promisify(execFile)
const ends: (() => unknown)[] = []

let tarball: string
let consumer: string
let migrated: string
/** What takes long, under way from the beginning. */
let work: { readonly types: Promise<unknown>; readonly consumer: Promise<unknown>; readonly migrated: Promise<unknown>; readonly browser: Promise<Browser> }

/** What one entry makes, another takes. */
const ACROSS = `
import { createSupermonLive, createUseRealTimeStore, useNode } from 'supermon-live'
import { useRealTimeStore } from 'supermon-live/compat'
import { bindRollout } from 'supermon-live/rollout'
import { createSupermonLive as withSocketsOnly } from 'supermon-live/socket-only'
import { createFakeGateway } from 'supermon-live/testing'

export const { decided } = bindRollout(createSupermonLive())
export const useOther = createUseRealTimeStore({ id: 'other', client: () => withSocketsOnly({ base: '/other' }).client })
export const useFake = createUseRealTimeStore({ id: 'fake', client: () => createFakeGateway({ nodes: ['546051'] }).plugin.client })
export const shared = () => useNode('546051', { store: useRealTimeStore() })
`

/** Runs a tool of this repository in a folder. Vitest's own NODE_ENV would make builds for development. */
async function tool(script: string, args: readonly string[], cwd: string): Promise<void> {
  const { NODE_ENV: _test, ...env } = process.env
  await run(process.execPath, [join(ROOT, 'node_modules', script), ...args], { cwd, env }).catch((error: unknown) => {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${script} failed: ${stdout}${stderr}`)
  })
}

/** The examples side by side, with nothing but the package and what it wants around it. */
async function install(folder: string): Promise<void> {
  consumer = join(folder, 'consumer')
  migrated = join(consumer, 'supermon-ng')
  await cp(join(ROOT, 'examples/consumer'), consumer, { recursive: true })
  await cp(join(ROOT, 'examples/supermon-ng'), migrated, { recursive: true })
  const { devDependencies: _tools, ...manifest } = JSON.parse(await readFile(join(consumer, 'package.json'), 'utf8')) as { devDependencies: object }
  await writeFile(join(consumer, 'package.json'), JSON.stringify(manifest))
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock']
  await run('npm', ['install', ...flags, tarball], { cwd: consumer })
  for (const name of TOOLS) {
    const place = join(consumer, 'node_modules', name)
    await mkdir(dirname(place), { recursive: true })
    await rm(place, { recursive: true, force: true })
    await symlink(join(ROOT, 'node_modules', name), place)
  }
  // One check for both: each file is read by the strict options that both examples have.
  const both = { extends: './supermon-ng/tsconfig.json', include: ['src/**/*', 'supermon-ng/src/**/*'] }
  await writeFile(join(consumer, 'tsconfig.both.json'), JSON.stringify(both))
  await writeFile(join(consumer, 'src/across.ts'), ACROSS)
  // The example's own test, as a second page of the same build.
  await writeFile(join(consumer, 'spec.html'), '<script type="module">import { showsWhoTalks } from "/src/App.spec.ts"; window.spec = showsWhoTalks()</script>')
  const pages = `import config from './vite.config.ts'\nexport default { ...config, build: { rolldownOptions: { input: ['index.html', 'spec.html'] } } }\n`
  await writeFile(join(consumer, 'vite.pages.config.ts'), pages)
}

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  ends.push(() => rm(folder, { recursive: true, force: true }))
  const { stdout } = await run('npm', ['pack', '--pack-destination', folder, '--silent'], { cwd: ROOT })
  tarball = join(folder, stdout.trim())
  await install(folder)
  const build = (cwd: string, ...args: string[]) => tool('vite/bin/vite.js', ['build', '--logLevel', 'error', ...args], cwd)
  work = {
    types: tool('vue-tsc/bin/vue-tsc.js', ['--noEmit', '-p', 'tsconfig.both.json'], consumer),
    consumer: build(consumer, '--config', 'vite.pages.config.ts'),
    migrated: build(migrated),
    browser: launchChromium(),
  }
  ends.push(async () => { await (await work.browser).close() })
  // Whoever waits for one of them is told; nobody waits for all at once.
  for (const each of Object.values(work)) each.catch(() => undefined)
}, 120_000)
afterAll(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

describe('the package', () => {
  it('has no fault that publint knows', async () => {
    const file = await readFile(tarball)
    const { messages } = await publint({ strict: true, pack: { tarball: new Uint8Array(file).buffer } })
    expect(messages).toEqual([])
  })

  it('gives its types to everybody who can import it: ES modules, by bundler and by Node (attw: esm-only)', async () => {
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
    expect(files.filter((path) => !/^(dist\/|docs\/(?:errors\/)?[\w-]+\.md$|docs\/pictures\/|docs\/screenshots\/net-desktop-light\.png$|(?:README|CHANGELOG|CONTRIBUTING)\.md$|LICENSE$|package\.json$)/.test(path))).toEqual([])
  })

  /** What the frontend of Supermon-NG 4.3.3 asks for; its lock file has Pinia 2.3.1. A resolved tree is all that is wanted, so nothing is unpacked. */
  it("is installed into Supermon-NG's own frontend", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'supermon-ng-'))
    ends.push(() => rm(folder, { recursive: true, force: true }))
    const dependencies = { pinia: '^2.1.7', vue: '^3.4.0', 'vue-router': '^4.2.5' }
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'supermon-ng-frontend', private: true, dependencies }))
    const npm = (...what: string[]) => run('npm', ['install', '--package-lock-only', '--prefer-offline', '--no-audit', '--no-fund', ...what], { cwd: folder })
    await npm()
    await npm(tarball)
    const { packages } = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8')) as { packages: Record<string, { version: string }> }
    expect(packages['node_modules/pinia']?.version).toMatch(/^2\./)
    expect(packages['node_modules/supermon-live']).toBeDefined()
  })
})

describe('pages that installed it', { timeout: 120_000 }, () => {
  let fake: FakeAsterisk
  let browser: Browser
  const errors: string[] = []

  beforeAll(async () => {
    fake = await startFakeAsterisk({ nodes: ['546051', '546055'], links: { '546051': [{ name: '48752' }] } })
    ends.push(() => fake.close())
    browser = await work.browser
  })

  async function open(url: string): Promise<Page> {
    const page = await browser.newPage()
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(url)
    return page
  }

  it('pass the strictest type check, the library included: one of its own kind, and one of Supermon-NG\'s with its import lines as they were', async () => {
    await work.types
  })

  it('an app has a live node on screen, and devtools only where it is developed', async () => {
    await work.consumer
    const app = await runApp([nodeConfig('546051', fake.port)], { files: join(consumer, 'dist') })
    ends.push(() => app.close(0))
    const page = await open(app.url)
    await until(() => page.getByText('48752').first().isVisible())
    await until(async () => (await page.locator('h1').textContent())?.includes('silent'))
    await fake.key({ node: '546051', on: true })
    await until(async () => (await page.locator('h1').textContent())?.includes('talking'))
    await fake.key({ node: '546051', on: false })
    const assets = join(consumer, 'dist/assets')
    const scripts = await Promise.all((await readdir(assets)).filter((name) => name.endsWith('.js')).map((name) => readFile(join(assets, name), 'utf8')))
    expect(scripts.filter((script) => script.includes('treeFilterPlaceholder'))).toEqual([])

    // Its own test over the fake gateway, run for once.
    const spec = await open(`${app.url}spec.html`)
    await until(() => spec.evaluate(() => 'spec' in window))
    expect(await spec.evaluate(() => (window as unknown as { spec: Promise<string[]> }).spec)).toEqual([
      '546051: silent', 'W5GLE: silent', 'W5GLE: talking', 'W5GLE: silent',
    ])
    expect(errors.splice(0)).toEqual([])
  })

  /** The member uses of Supermon-NG's pages; only an alias says where the modules come from. */
  it("a page of Supermon-NG's kind is live over the compat entry, under Supermon-NG's dialect too", async () => {
    await work.migrated
    const app = await runApp(['546051', '546055'].map((id) => nodeConfig(id, fake.port)), { files: join(migrated, 'dist'), dialect: 'supermon-ng' })
    ends.push(() => app.close(0))
    const page = await open(app.url)
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
    expect(errors.splice(0)).toEqual([])
  })
})
