/** The built gateway as people start it: one file, from any folder. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cookieFor, HASH, openSocket } from '../support/club.ts'
import { until } from '../support/running.ts'

const BUILT = fileURLToPath(new URL('../../../dist-server/main.js', import.meta.url))
let folder: string
let main: string

beforeAll(async () => {
  if (!existsSync(BUILT)) throw new Error('dist-server/main.js is missing: npm run build')
  folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  main = join(folder, 'main.mjs')
  await copyFile(BUILT, main)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function start(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, env: { PATH: process.env['PATH'] ?? '', ...env } })
  let out = ''
  let err = ''
  const watchers = new Set<() => void>()
  child.stdout.on('data', (data: Buffer) => { out += data.toString(); for (const watcher of watchers) watcher() })
  child.stderr.on('data', (data: Buffer) => { err += data.toString() })
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.on('close', (code) => { resolve({ code, out, err }) })
  })
  const said = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(out)
        if (match) resolve(match)
      }
      watchers.add(look)
      look()
      void ended.then(() => { reject(new Error(`ended without ${pattern.source}: ${out}${err}`)) })
    })
  return { child, ended, said }
}

const oneLine = (text: string) => expect(text.trim().split('\n')).toHaveLength(1)

describe('the gateway as a command', () => {
  it('prints its help and its version', async () => {
    const help = await start(['--help']).ended
    expect(help.code).toBe(0)
    for (const option of ['--config', '--port', '--host', '--base', '--astdb']) expect(help.out).toContain(option)
    const version = await start(['--version']).ended
    expect(version).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string })
  })

  it('runs the demo without a configuration, and a signal ends it with 0', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const { child, ended, said } = start(['--port', '0'])
      const [, url] = await said(/(http:\/\/127\.0\.0\.1:\d+\/)/)
      await said(/Ctrl-C/)
      const nodes = (await (await fetch(`${url as string}api/v1/nodes`)).json()) as { config_source: string; count: number }
      expect(nodes).toMatchObject({ config_source: 'demo', count: 3 })
      child.kill(signal)
      expect((await ended).code).toBe(0)
    }
  })

  it('reads options from the environment, arguments win, and one line tells that it listens', async () => {
    const ini = join(folder, 'allmon.ini')
    await writeFile(ini, '[2000]\nhost=127.0.0.1:1\nuser=u\npasswd="not-to-be-seen"\n')
    const { child, ended, said } = start(['--base', '/live'], {
      SUPERMON_LIVE_CONFIG: ini, SUPERMON_LIVE_PORT: '0', SUPERMON_LIVE_BASE: '/other',
    })
    const [, url] = await said(/"msg":"listening on (http:\/\/127\.0\.0\.1:\d+\/live\/)"/)
    expect((await fetch(`${url as string}healthz`)).status).toBe(200)
    child.kill('SIGTERM')
    const { code, out } = await ended
    expect(code).toBe(0)
    expect(out).not.toContain('not-to-be-seen')
  })

  it('gives nodes and links their names from --astdb and --private-nodes', async () => {
    const [ini, astdb, priv] = ['names.ini', 'astdb.txt', 'private.txt'].map((name) => join(folder, name)) as [string, string, string]
    await writeFile(ini, '[2000]\nhost=127.0.0.1:1\n[1998]\nhost=127.0.0.1:1\n')
    await writeFile(astdb, '2000|WB6NIL|ASL Public Hub|Los Angeles, CA\n1998|X|wrong|\n')
    await writeFile(priv, '1998|N0CALL|Bench radio|Example Town, XX')
    const { child, ended, said } = start(['--config', ini, '--port', '0', '--astdb', astdb, '--private-nodes', priv])
    const [, url] = await said(/listening on (http:\/\/127\.0\.0\.1:\d+\/)/)
    const { data } = (await (await fetch(`${url as string}api/v1/nodes`)).json()) as { data: { id: string; info: string }[] }
    expect(data.map(({ id, info }) => `${id} ${info}`)).toEqual([
      '2000 WB6NIL ASL Public Hub Los Angeles, CA', '1998 N0CALL Bench radio Example Town, XX',
    ])
    child.kill('SIGTERM')
    expect((await ended).code).toBe(0)
  })

  it('reads its configuration again on SIGHUP: a broken one is told and changes nothing, a good one counts at once', async () => {
    const ini = join(folder, 'hangup.ini')
    const section = (id: string) => `[${id}]\nhost=127.0.0.1:1\n`
    await writeFile(ini, section('2000'))
    const { child, ended, said } = start(['--config', ini, '--port', '0'])
    const [, url] = await said(/listening on (http:\/\/127\.0\.0\.1:\d+\/)/)
    const listed = async () => ((await (await fetch(`${url as string}api/v1/nodes`)).json()) as { data: { id: string }[] }).data.map(({ id }) => id)
    await writeFile(ini, '[2000]\nhost=127.0.0.1:99999\n')
    child.kill('SIGHUP')
    await said(/hangup\.ini:2.*stays in force/)
    expect(await listed()).toEqual(['2000'])
    await writeFile(ini, section('2000') + section('2001'))
    child.kill('SIGHUP')
    await said(/configuration read again/)
    expect(await listed()).toEqual(['2000', '2001'])
    child.kill('SIGTERM')
    expect((await ended).code).toBe(0)
  })

  it('takes a right away from an open socket within 5 s of a change on disk, by itself', async () => {
    const users = join(folder, 'users')
    await mkdir(users, { recursive: true })
    const ini = join(folder, 'rights.ini')
    await writeFile(ini, '[2000]\nhost=127.0.0.1:1\n')
    await writeFile(join(users, '.htpasswd'), `W5GLE:${HASH}\nWB6NIL:${HASH}\n`)
    const { child, ended, said } = start(['--config', ini, '--port', '0', '--users', users, '--anonymous', 'none'])
    const [, url] = await said(/listening on (http:\/\/127\.0\.0\.1:\d+\/)/)
    const app = { url: url as string }
    const seen = openSocket(app, 'ws/2000', { cookie: await cookieFor(app, 'W5GLE') })
    await until(() => seen.types.includes('snapshot'), 'watching')
    const from = Date.now()
    await writeFile(join(users, '.htpasswd'), `WB6NIL:${HASH}\n`)
    await until(() => seen.code !== null, 'closed')
    expect(seen.code).toBe(4401)
    expect(Date.now() - from).toBeLessThan(5_000)
    child.kill('SIGTERM')
    expect((await ended).code).toBe(0)
  })

  it('tells scrapers with the token of the file the figures, and refuses a file that holds none', async () => {
    const [good, empty] = [join(folder, 'token'), join(folder, 'no-token')]
    await writeFile(good, 'a-token-of-the-club-2026\n')
    await writeFile(empty, 'short\n')
    const { child, ended, said } = start(['--port', '0', '--metrics-token-file', good])
    const [, url] = await said(/(http:\/\/127\.0\.0\.1:\d+\/)/)
    const ask = (token: string) => fetch(`${url as string}metrics`, { headers: { authorization: `Bearer ${token}`, 'x-forwarded-for': '192.0.2.1' } })
    expect([(await ask('a-token-of-the-club-2026')).status, (await ask('another-token-2026')).status]).toEqual([200, 403])
    child.kill('SIGTERM')
    await ended
    for (const file of [empty, join(folder, 'nowhere')]) {
      const { code, err } = await start(['--port', '0', '--metrics-token-file', file]).ended
      expect(code).toBe(2)
      oneLine(err)
    }
  })

  it('ends with 1 and the reason when something happens that nobody foresaw', async () => {
    const late = 'data:text/javascript,setTimeout(() => { Promise.reject(new Error("unforeseen")) }, 800)'
    const { code, err } = await start(['--port', '0'], { NODE_OPTIONS: `--import=${encodeURI(late)}` }).ended
    expect(code).toBe(1)
    expect(err).toContain('unforeseen')
  })

  it('says in one line that a port is in use, and ends with 1', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    const { port } = server.address() as AddressInfo
    const { code, err } = await start(['--port', String(port)]).ended
    expect(code).toBe(1)
    expect(err).toContain(`Port ${port} is in use`)
    oneLine(err)
    server.close()
  })

  it('says in one line which file it cannot read or understand, and ends with 1', async () => {
    const missing = await start(['--config', join(folder, 'nowhere.ini')]).ended
    expect(missing.code).toBe(1)
    expect(missing.err).toContain('nowhere.ini')
    oneLine(missing.err)
    const broken = join(folder, 'broken.ini')
    await writeFile(broken, '[2000]\nhost=127.0.0.1:99999\n')
    const bad = await start(['--config', broken]).ended
    expect(bad.code).toBe(1)
    expect(bad.err).toMatch(/broken\.ini:2/)
    oneLine(bad.err)
  })

  it('says in one line which option is wrong, and ends with 2', async () => {
    for (const args of [['--prot', '1'], ['--port', 'x'], ['--port', '70000'], ['stray'], ['--base', 'a b']]) {
      const { code, err } = await start(args).ended
      expect(code, args.join(' ')).toBe(2)
      oneLine(err)
    }
  })
})
