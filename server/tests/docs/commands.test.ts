/** Commands of the documents that need nothing but the built gateway, typed as they stand there, in files and at ports of their own. */
import { spawn } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { load } from '../scripts/support.ts'
import { until } from '../support/running.ts'
import { COMMANDS } from './commands.ts'
import { commandsOf, read, ROOT_PATH } from './markdown.ts'

const { isStale } = await load<{ isStale(target: string): boolean }>('build.mjs')
const FIXTURES = join(ROOT_PATH, 'server/tests/fixtures/config')
let folder: string
const closers: (() => void)[] = []

beforeAll(async () => {
  // `npm start` builds what is old, under the feet of others who read it.
  if (isStale('app') || isStale('server')) throw new Error('dist-app or dist-server is missing or old: npm run build')
  folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  // Port 1: no Asterisk is there, which the log then says.
  await writeFile(join(folder, 'allmon.ini'), '[546051]\nhost = 127.0.0.1:1\nuser = u\npasswd = "not-to-be-seen"\na line that says nothing\n')
  await copyFile(join(FIXTURES, 'astdb.sample.txt'), join(folder, 'astdb.txt'))
})
afterAll(async () => {
  for (const close of closers) close()
  await rm(folder, { recursive: true, force: true })
})

/** The same words, about files and ports that are here. */
function here(command: string): string {
  const words = command.replaceAll('/path/to/', `${folder}/`).replace('--port 8105', '--port 0')
  if (!words.startsWith('npm start')) return words
  return words.includes(' -- ') ? `${words} --port 0` : `${words} -- --port 0`
}

/** As a shell runs it for somebody at a terminal: Ctrl-C reaches all of its processes. */
function typed(command: string, env: Record<string, string> = {}) {
  const child = spawn('sh', ['-c', command], { cwd: ROOT_PATH, detached: true, env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...env } })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { out += text })
  let over = false
  const ended = new Promise<number | null>((resolve) => { child.on('close', (status) => { over = true; resolve(status) }) })
  const signal = (name: NodeJS.Signals) => { if (child.pid !== undefined && !over) process.kill(-child.pid, name) }
  closers.push(() => { signal('SIGKILL') })
  return { ended, said: () => out, hasEnded: () => over, ctrlC: () => { signal('SIGINT') } }
}

const proofs = Object.entries(COMMANDS).flatMap(([command, proof]) => (proof.by === 'gateway' ? [{ command, ...proof }] : []))

it('run until Ctrl-C, or do what they say and end', { timeout: 120_000 }, async () => {
  const running = await Promise.all(proofs.filter(({ ends }) => !ends).map(async ({ command, says }) => {
    // A shell that is interrupted beside its command has no exit code to tell.
    const run = typed(`exec ${here(command)}`)
    await until(() => says?.test(run.said()) === true || run.hasEnded(), () => `${command} says ${String(says)}: ${run.said()}`, 60_000)
    expect(run.said(), command).toMatch(says ?? /./)
    return { command, ...run }
  }))
  // What asks the gateway asks the one that serves below a base path, by its variables in place of options.
  const [, port = '', base = ''] = /listening on http:\/\/127\.0\.0\.1:(\d+)(\/supermon-ng)\//.exec(running.map(({ said }) => said()).join('\n')) ?? []
  const env = { SUPERMON_LIVE_CONFIG: join(folder, 'allmon.ini'), SUPERMON_LIVE_PORT: port, SUPERMON_LIVE_BASE: base }
  for (const { command, code = [0], says } of proofs.filter(({ ends }) => ends)) {
    const run = typed(here(command), command.includes('--config') ? {} : env)
    expect(code, `${command}: ${run.said()}`).toContain(await run.ended)
    expect(run.said(), command).toMatch(says ?? /./)
  }
  const url = `http://127.0.0.1:${port}${base}`
  await (await fetch(`${url}/api/v1/nodes/546051/status`)).text()
  const gateway = running.find(({ said }) => said().includes(`:${port}${base}`))
  await until(() => gateway?.said().includes('AMI down') === true, 'that Asterisk is down')
  for (const { ctrlC } of running) ctrlC()
  for (const { command, ended } of running) expect(await ended, command).toBe(0)
  await writeFile(join(folder, 'log'), gateway?.said() ?? '')
  expect(await readFile(join(folder, 'rollout.json'), 'utf8')).toContain('"enabled": false')
})

it('read the log as docs/monitoring.md has it, out of lines that a gateway wrote', async () => {
  const guide = commandsOf(read('docs/monitoring.md')).filter((command) => command.startsWith('journalctl'))
  const read3 = await Promise.all(guide.map(async (command) => {
    const run = typed(command.replace(/^journalctl .* -o cat/, `cat ${join(folder, 'log')}`))
    await run.ended
    return run.said().trim().split('\n')
  }))
  const [all = [], sentences = [], wrong = []] = read3
  expect(all.every((line) => /^\{"level":\d0,"time":\d{13},.*"msg":".*"\}$/.test(line))).toBe(true)
  expect(sentences).toHaveLength(all.length)
  expect(sentences.filter((line) => line.startsWith('listening on http://'))).toHaveLength(1)
  expect(sentences.filter((line) => line.startsWith('WARNING AMI down: '))).toHaveLength(1)
  expect(sentences.find((line) => line.startsWith('{'))).toBeUndefined()
  expect(wrong.map((line) => (JSON.parse(line) as { level: number }).level)).toEqual(expect.arrayContaining([40]))
  expect(wrong).toHaveLength(all.filter((line) => line.startsWith('{"level":40')).length)
  expect(all.join()).not.toContain('not-to-be-seen')
})
