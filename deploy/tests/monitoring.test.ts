/** deploy/monitoring in the hands of the real tools: promtool, and a Prometheus that asks a real gateway. Needs Debian's package prometheus. */
import { execFile, spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePorts } from '../../server/tests/support/freePorts.ts'
import { nodeConfig, runApp, Watcher } from '../../server/tests/support/running.ts'

const SOURCES = fileURLToPath(new URL('../monitoring', import.meta.url))
const run = promisify(execFile)
const closers: (() => unknown)[] = []
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  closers.push(() => rm(folder, { recursive: true, force: true }))
  await cp(SOURCES, folder, { recursive: true })
})
afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** Fails with what promtool said. */
const promtool = async (...words: string[]) => (await run('promtool', words, { cwd: folder })).stdout

describe('promtool', () => {
  it('understands the rules and both configurations', async () => {
    expect(await promtool('check', 'rules', 'alerts.yml')).toContain('SUCCESS: 11 rules found')
    expect(await promtool('check', 'config', 'prometheus.yml')).toContain('SUCCESS')
    const remote = await readFile(join(folder, 'prometheus-remote.yml'), 'utf8')
    const token = /credentials_file: (\S+)/.exec(remote)?.[1] ?? ''
    await expect(promtool('check', 'config', 'prometheus-remote.yml')).rejects.toThrow(token)
    // It looks whether the token is there, which no machine but an operator's has.
    await writeFile(join(folder, 'token'), 'a-token-of-the-club-2026\n')
    await writeFile(join(folder, 'with-token.yml'), remote.replace(token, join(folder, 'token')))
    expect(await promtool('check', 'config', 'with-token.yml')).toContain('SUCCESS')
  })

  it('finds that each alert speaks of its trouble and not of an evening, a restart or a quiet night', async () => {
    expect(await promtool('test', 'rules', 'alerts.test.yml')).toContain('SUCCESS')
  })
})

describe('a Prometheus with this configuration', () => {
  it('reads a running gateway, and sees its Asterisk go down', async () => {
    // Port 1 of loopback: nothing is there.
    const app = await runApp([nodeConfig('546051', 1)])
    closers.push(() => app.close(0))
    const watcher = new Watcher(app, '546051')
    closers.push(() => { watcher.close() })
    await watcher.until(({ reach }) => reach === 'down', 'down')
    const port = await freePorts(1)
    const config = (await readFile(join(folder, 'prometheus.yml'), 'utf8')).replace('127.0.0.1:8105', `127.0.0.1:${app.port}`).replace('scrape_interval: 30s', 'scrape_interval: 1s')
    await writeFile(join(folder, 'here.yml'), config)
    const prometheus = spawn('prometheus', ['--config.file=here.yml', `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`], { cwd: folder, stdio: 'ignore' })
    const ended = new Promise((resolve) => prometheus.once('close', resolve))
    closers.push(() => { prometheus.kill('SIGTERM'); return ended })
    const query = async (expr: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> => {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?${new URLSearchParams({ query: expr }).toString()}`).catch(() => null)
      return response?.ok === true ? ((await response.json()) as { data: { result: { metric: Record<string, string>; value: [number, string] }[] } }).data.result : []
    }
    await expect.poll(async () => (await query('up{job="supermon-live"}'))[0]?.value[1], { timeout: 30_000 }).toBe('1')
    const rules = await readFile(join(folder, 'alerts.yml'), 'utf8')
    const expr = /alert: SupermonLiveAmiDown[^]*?expr: (.*)/.exec(rules)?.[1] ?? ''
    const down = await query(expr)
    expect(down.map(({ metric }) => metric)).toEqual([{ instance: `127.0.0.1:${app.port}`, node: '546051' }])
    const alerts = (await (await fetch(`http://127.0.0.1:${port}/api/v1/rules`)).json()) as { data: { groups: { rules: { name: string; health: string }[] }[] } }
    expect(alerts.data.groups.flatMap((group) => group.rules.map(({ name }) => name))).toContain('SupermonLiveAmiDown')
  })
})
