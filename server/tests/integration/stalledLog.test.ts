/** Whoever reads the log may stand still, and a disk be full: viewers must not notice, and the gateway must come to its end. */
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { BUILT, needBuilt } from '../support/built.ts'
import { openSocket } from '../support/club.ts'
import { freePorts, listen } from '../support/freePorts.ts'
import { fullPipe } from '../support/fullPipe.ts'
import { until } from '../support/running.ts'
import { ownAddress } from '../support/tcpProxy.ts'

const PATIENCE_MS = 30_000
/** A port that is free here is given to nobody else meanwhile. */
const HOST = ownAddress()

let folder: string
const closers: (() => unknown)[] = []
beforeEach(async () => {
  needBuilt()
  folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  closers.push(() => rm(folder, { recursive: true }))
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

interface How {
  /** In the shell's own words: `$0` is the gateway, `$@` what it is told. */
  readonly shell?: string
  readonly env?: Readonly<Record<string, string>>
}

/** @param stdout its standard output */
function start(stdout: number, args: readonly string[], { shell = 'exec "$0" "$@"', env = {} }: How = {}) {
  const child = spawn('/bin/sh', ['-c', shell, process.execPath, BUILT, ...args], { stdio: ['ignore', stdout, 'pipe'], env: { PATH: process.env['PATH'] ?? '', ...env } })
  closers.push(() => child.kill('SIGKILL'))
  let err = ''
  child.stderr?.on('data', (data: Buffer) => { err += data.toString() })
  const ended = new Promise<number | null>((resolve) => { child.on('close', resolve) })
  return { child, ended, stderr: () => err }
}

/** One that logs, with an Asterisk. */
async function startServing(stdout: number, how: How = {}) {
  const fake = await startFakeAsterisk({ nodes: ['546051'], links: 2 })
  closers.push(() => fake.close())
  const ini = join(folder, 'allmon.ini')
  await writeFile(ini, `[546051]\nhost=127.0.0.1:${fake.port}\nuser=admin\npasswd=demo\n`)
  const port = await freePorts(1, HOST)
  const gateway = start(stdout, ['--config', ini, '--host', HOST, '--port', String(port), '--log-level', 'trace'], how)
  const url = `http://${HOST}:${port}/`
  const state = () => fetch(`${url}healthz/live`).then(({ ok }) => (ok ? 'up' : 'unwell'), () => `away ${gateway.stderr()}`)
  await expect.poll(state, { timeout: PATIENCE_MS }).toBe('up')
  return { ...gateway, url }
}

async function serves({ url }: { readonly url: string }): Promise<void> {
  const viewer = openSocket({ url }, 'ws/546051')
  await until(() => viewer.types.includes('snapshot'), 'watching')
  viewer.socket.terminate()
}

/** Of its own accord, however slow the machine: what it waits for at most is for a test with a clock. */
async function ends({ child, ended, stderr }: ReturnType<typeof start>): Promise<void> {
  child.kill('SIGTERM')
  expect([await ended, stderr()]).toEqual([0, ''])
}

const messages = (text: string) => text.split('\n').filter((line) => line !== '').map((line) => (JSON.parse(line) as { msg: string }).msg)

it('serves while whoever reads its log stands still with a full pipe, and comes to its end', async () => {
  const pipe = fullPipe(folder)
  closers.push(() => { pipe.close() })
  const gateway = await startServing(pipe.fd)
  await serves(gateway)
  await ends(gateway)
})

it('tells a reader that goes on all that it had to say meanwhile, to the last word', async () => {
  const pipe = fullPipe(folder)
  closers.push(() => { pipe.close() })
  const gateway = await startServing(pipe.fd)
  await until(() => pipe.read().includes('listening on'), 'told')
  await ends(gateway)
  const told = messages(pipe.read())
  expect(told.some((line) => line.startsWith('listening on'))).toBe(true)
  expect(told.at(-1)).toBe('stopping')
})

it('serves on a full disk, and comes to its end', async () => {
  const full = openSync('/dev/full', 'w')
  closers.push(() => { closeSync(full) })
  const gateway = await startServing(full)
  await serves(gateway)
  await ends(gateway)
})

it('writes a log that is a file, to the last word', async () => {
  const path = join(folder, 'log')
  const file = openSync(path, 'w')
  closers.push(() => { closeSync(file) })
  const gateway = await startServing(file)
  await ends(gateway)
  const told = messages(await readFile(path, 'utf8'))
  expect([told.some((line) => line.startsWith('listening on')), told.at(-1)]).toEqual([true, 'stopping'])
})

it('tells once there is room again that lines were lost', async () => {
  const path = join(folder, 'log')
  await writeFile(path, ' '.repeat(8_192))
  const file = openSync(path, 'a')
  closers.push(() => { closeSync(file) })
  const gateway = await startServing(file, { shell: 'ulimit -f 8; exec "$0" "$@"' })
  await serves(gateway)
  expect(await readFile(path, 'utf8')).toBe(' '.repeat(8_192))
  await truncate(path)
  await ends(gateway)
  expect(await readFile(path, 'utf8')).toMatch(/"msg":"\d+ lines? of this log (?:was|were) lost since the start: /)
})

/** A disk that writes nothing before the process has thrown, which SIGUSR2 makes it do. */
const SLOW_DISK = `const fs = require('node:fs')
const { write } = fs
let held = []
fs.write = (fd, ...rest) => (fd === 1 && held !== null ? held.push(() => write(fd, ...rest)) : write(fd, ...rest))
process.on('uncaughtExceptionMonitor', () => setImmediate(() => {
  for (const go of held) go()
  held = null
}))
process.on('SIGUSR2', () => { throw new Error('a fault') })
`

it('of a fault writes first what led up to it', async () => {
  const path = join(folder, 'log')
  const file = openSync(path, 'w')
  closers.push(() => { closeSync(file) })
  await writeFile(join(folder, 'slowDisk.cjs'), SLOW_DISK)
  const gateway = await startServing(file, { env: { NODE_OPTIONS: `--require ${join(folder, 'slowDisk.cjs')}` } })
  expect(await readFile(path, 'utf8')).toBe('')
  gateway.child.kill('SIGUSR2')
  expect([await gateway.ended, gateway.stderr()]).toEqual([1, expect.stringMatching(/^supermon-live: Unexpected: Error: a fault\n/)])
  expect(messages(await readFile(path, 'utf8')).some((line) => line.startsWith('listening on'))).toBe(true)
})

it('says why it cannot run, although nobody reads its standard output', async () => {
  const pipe = fullPipe(folder)
  closers.push(() => { pipe.close() })
  const port = await freePorts(1, HOST)
  const taken = await listen(port, HOST)
  closers.push(() => taken.close())
  const { ended, stderr } = start(pipe.fd, ['--host', HOST, '--port', String(port)])
  expect(await ended).toBe(1)
  expect(stderr()).toBe(`supermon-live: Port ${port} is in use: stop what uses it, or choose another with --port.\n`)
})
