/** The built gateway as people start it: one file, from any folder. Starts cost most, so what can share one does. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { BUILT, needBuilt } from '../support/built.ts'
import { cookieFor, HASH, openSocket } from '../support/club.ts'
import { report } from '../support/report.ts'
import { until } from '../support/running.ts'

/** Runs a command on a terminal of its own. */
const SCRIPT = '/usr/bin/script'
/** A start may have to wait for a busy machine. */
const PATIENCE_MS = 60_000
let folder: string
let main: string

beforeAll(async () => {
  needBuilt()
  folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  main = join(folder, 'main.mjs')
  await copyFile(BUILT, main)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function run(command: string, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(command, args, { cwd: folder, env: { PATH: process.env['PATH'] ?? '', ...env } })
  let out = ''
  let err = ''
  const watchers = new Set<() => void>()
  child.stdout.on('data', (data: Buffer) => { out += data.toString(); for (const watcher of watchers) watcher() })
  child.stderr.on('data', (data: Buffer) => { err += data.toString() })
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.on('close', (code) => { resolve({ code, out, err }) })
  })
  /** Waits for it to say so; `from`: only what comes after so many characters counts. */
  const said = (pattern: RegExp, from = 0) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(out.slice(from))
        if (match) resolve(match)
      }
      watchers.add(look)
      look()
      void ended.then(() => { reject(new Error(`ended without ${pattern.source}: ${out}${err}`)) })
    })
  return { child, ended, said, output: () => out }
}
const start = (args: readonly string[], env: Record<string, string> = {}) => run(process.execPath, [main, ...args], env)

const oneLine = (text: string) => expect(text.trim().split('\n')).toHaveLength(1)
const section = (id: string) => `[${id}]\nhost=127.0.0.1:1\nuser=u\npasswd="not-to-be-seen"\n`

describe('the gateway as a command', { timeout: PATIENCE_MS }, () => {
  it('prints its help and its version', async () => {
    const [help, version] = await Promise.all([start(['--help']).ended, start(['--version']).ended])
    expect(help.code).toBe(0)
    for (const option of ['--config', '--port', '--host', '--base', '--astdb']) expect(help.out).toContain(option)
    expect(version).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string })
  })

  it('runs the demo without a configuration, tells scrapers with the token the figures, and a signal ends it with 0', async () => {
    const token = join(folder, 'token')
    await writeFile(token, 'a-token-of-the-club-2026\n')
    await Promise.all((['SIGINT', 'SIGTERM'] as const).map(async (signal) => {
      const { child, ended, said } = start(['--port', '0', '--metrics-token-file', token])
      const [, url] = await said(/(http:\/\/127\.0\.0\.1:\d+\/)/)
      await said(/Ctrl-C/)
      const nodes = (await (await fetch(`${url as string}api/v1/nodes`)).json()) as { config_source: string; count: number }
      expect(nodes).toMatchObject({ config_source: 'demo', count: 3 })
      const ask = (shown: string) => fetch(`${url as string}metrics`, { headers: { authorization: `Bearer ${shown}`, 'x-forwarded-for': '192.0.2.1' } })
      expect([(await ask('a-token-of-the-club-2026')).status, (await ask('another-token-2026')).status]).toEqual([200, 403])
      child.kill(signal)
      expect((await ended).code).toBe(0)
    }))
  })

  it('ends with 1 and the reason when something happens that nobody foresaw', async () => {
    const late = 'data:text/javascript,setTimeout(() => { Promise.reject(new Error("unforeseen")) }, 300)'
    const { code, err } = await start(['--port', '0'], { NODE_OPTIONS: `--import=${encodeURI(late)}` }).ended
    expect(code).toBe(1)
    expect(err).toContain('unforeseen')
  })

  it('says in one line what is wrong: with 1 a port in use or a file it cannot read or understand, with 2 an option', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    const { port } = server.address() as AddressInfo
    const [broken, empty] = [join(folder, 'broken.ini'), join(folder, 'no-token')]
    await writeFile(broken, '[2000]\nhost=127.0.0.1:99999\n')
    await writeFile(empty, 'short\n')
    const wrong: readonly (readonly [number, RegExp, ...string[]])[] = [
      [1, new RegExp(`Port ${port} is in use`), '--port', String(port)],
      [1, /nowhere\.ini/, '--config', join(folder, 'nowhere.ini')],
      [1, /broken\.ini:2/, '--config', broken],
      [2, /see --help/, '--prot', '1'],
      [2, /token/, '--port', '0', '--metrics-token-file', empty],
      [2, /token/, '--port', '0', '--metrics-token-file', join(folder, 'nowhere')],
    ]
    for (const [expected, reason, ...args] of wrong) {
      const { code, err } = await start(args).ended
      expect(code, args.join(' ')).toBe(expected)
      expect(err).toMatch(reason)
      oneLine(err)
    }
    server.close()
  })

  it('warns, with what to do, when it listens on a network and there are no accounts, and not otherwise', async () => {
    const ini = join(folder, 'open.ini')
    await writeFile(ini, section('2000'))
    const open = start(['--config', ini, '--port', '0', '--host', '0.0.0.0'])
    await open.said(/listening on/)
    expect(open.output()).toMatch(/"level":40.*no accounts.*--users.*--auth/)
    const closed = start(['--config', ini, '--port', '0', '--host', '127.0.0.1'])
    await closed.said(/listening on/)
    expect(closed.output()).not.toMatch(/"level":40/)
    for (const { child, ended } of [open, closed]) {
      child.kill('SIGTERM')
      await ended
    }
  })

  it.skipIf(!existsSync(SCRIPT))('reads its files again on SIGHUP in a terminal, too; one that is closed ends it, its viewers told', async () => {
    const ini = join(folder, 'terminal.ini')
    await writeFile(ini, section('2000'))
    const terminal = run(SCRIPT, ['-qfec', `sh -c 'echo "pid $$"; exec "${process.execPath}" "${main}" --config "${ini}" --port 0'`, '/dev/null'])
    const pid = Number((await terminal.said(/pid (\d+)/))[1])
    const [, url] = await terminal.said(/listening on (http:\/\/127\.0\.0\.1:\d+\/)/)
    process.kill(pid, 'SIGHUP')
    await terminal.said(/SIGHUP: all files read again/)
    const viewer = openSocket({ url: url as string }, 'ws/2000')
    await until(() => viewer.types.includes('snapshot'), 'watching')
    terminal.child.kill('SIGKILL')
    await until(() => viewer.code !== null, 'told', PATIENCE_MS)
    expect([viewer.types.at(-1), viewer.code]).toEqual(['goaway', 1012])
    await until(() => !isAlive(pid), 'ended', PATIENCE_MS)
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('the rollout, by the command beside a gateway that runs', { timeout: PATIENCE_MS }, () => {
  it('moves open pages within 10 s, is refused when it makes no sense, and keeps figures over a restart', async () => {
    const place = join(folder, 'rollout')
    await mkdir(place)
    const ini = join(place, 'allmon.ini')
    await writeFile(ini, section('2000'))
    const rollout = (...words: string[]) => start(['rollout', ...words, '--config', ini]).ended
    const run = async () => {
      const gateway = start(['--config', ini, '--port', '0'])
      const [, url = ''] = await gateway.said(/"msg":"listening on (http:\/\/127\.0\.0\.1:\d+\/)"/)
      return { gateway, url, flag: async () => ((await (await fetch(`${url}api/v1/config/realtime`)).json()) as { data: { enabled: boolean; percent: number } }).data }
    }
    const { gateway, url, flag } = await run()
    expect(await flag()).toMatchObject({ enabled: true, percent: 100 })
    expect(await rollout('set', '10')).toMatchObject({ code: 0, out: '10 percent hold sockets. Open pages follow within 10 s.\n' })
    const viewer = openSocket({ url }, 'ws/2000')
    await until(() => viewer.types.includes('snapshot'), 'watching')
    for (const percent of [10, 50]) {
      await rollout('set', String(percent))
      await vi.waitFor(async () => { expect((await flag()).percent).toBe(percent) }, PATIENCE_MS)
    }
    await until(() => viewer.types.at(-1) === 'flag', 'told', PATIENCE_MS)
    expect((await fetch(`${url}api/v1/rollout/figures`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: JSON.stringify(report({ percent: 50 })) })).status).toBe(204)
    expect((await rollout('off')).code).toBe(0)
    await until(() => viewer.code !== null, 'sent to polling', PATIENCE_MS)
    expect([viewer.code, viewer.types.at(-1)]).toEqual([4030, 'goaway'])
    for (const words of [['set', '101'], ['set'], ['sett', '10'], []]) {
      const { code, err } = await rollout(...words)
      expect([code, words]).toEqual([2, words])
      oneLine(err)
    }
    expect((await rollout('status')).out).toContain('Nobody holds a socket: the kill switch is thrown, at 50 percent.')
    expect((await start(['rollout', 'report', '--url', url]).ended).out).toMatch(/^viewer-minutes +1 +0$/m)
    gateway.child.kill('SIGTERM')
    expect((await gateway.ended).code).toBe(0)

    const again = await run()
    const late = openSocket({ url: again.url }, 'ws/2000')
    await until(() => late.code !== null, 'refused')
    expect([late.code, await again.flag()]).toEqual([4030, expect.objectContaining({ enabled: false, percent: 50 })])
    expect((await start(['rollout', 'report'], { SUPERMON_LIVE_URL: again.url }).ended).out).toMatch(/^viewer-minutes +1 +0$/m)
    again.gateway.child.kill('SIGTERM')
    await again.gateway.ended
  })
})

/** W5GLE has the nodes of the general file, WB6NIL those of his own. */
describe('a gateway that runs', { timeout: PATIENCE_MS }, () => {
  let gateway: ReturnType<typeof start>
  let app: { readonly url: string }
  let users: string
  const file = (name: string) => join(folder, name)
  const listed = async (cookie: string) =>
    ((await (await fetch(`${app.url}api/v1/nodes`, { headers: { cookie } })).json()) as { data: { id: string; info: string }[] }).data
  const ids = async (cookie: string) => (await listed(cookie)).map(({ id }) => id)
  const readAgain = async () => {
    const from = gateway.output().length
    gateway.child.kill('SIGHUP')
    await gateway.said(/SIGHUP: all files read again/, from)
  }

  beforeAll(async () => {
    users = file('users')
    await mkdir(users)
    await writeFile(file('allmon.ini'), section('2000') + section('1998'))
    await writeFile(file('astdb.txt'), '2000|WB6NIL|ASL Public Hub|Los Angeles, CA\n1998|X|wrong|\n')
    await writeFile(file('private.txt'), '1998|N0CALL|Bench radio|Example Town, XX')
    await writeFile(file('global.inc'), '<?php $CALL = "W5GLE"; $LOGO_NAME = "club.gif";')
    await writeFile(file('club.gif'), 'GIF89a')
    await writeFile(join(users, '.htpasswd'), `W5GLE:${HASH}\nWB6NIL:${HASH}\nKJ6AAA:${HASH}\n`)
    await writeFile(join(users, 'authusers.inc'), '<?php\n$CONNECTUSER = array("W5GLE");\n')
    await writeFile(join(users, 'authini.inc'), '<?php\n$ININAME[\'WB6NIL\'] = "own.ini";\n')
    await writeFile(join(users, 'own.ini'), section('2001'))
    gateway = start(['--base', '/live', '--users', users, '--astdb', file('astdb.txt'), '--private-nodes', file('private.txt')], {
      SUPERMON_LIVE_CONFIG: file('allmon.ini'), SUPERMON_LIVE_PORT: '0', SUPERMON_LIVE_BASE: '/other', SUPERMON_LIVE_ANONYMOUS: 'none',
    })
    const [, url] = await gateway.said(/"msg":"listening on (http:\/\/127\.0\.0\.1:\d+\/live\/)"/)
    app = { url: url as string }
  }, PATIENCE_MS)

  afterAll(async () => {
    gateway.child.kill('SIGTERM')
    const { code, out } = await gateway.ended
    expect(code).toBe(0)
    expect(out).not.toContain('not-to-be-seen')
  }, PATIENCE_MS)

  it('has read options from the environment, where arguments win', async () => {
    expect(await ids('')).toEqual([])
    expect((await fetch(new URL('/healthz', app.url))).status).toBe(200)
  })

  it('gives nodes their names from --astdb and --private-nodes, and tells how old those are', async () => {
    expect((await listed(await cookieFor(app, 'W5GLE'))).map(({ id, info }) => `${id} ${info}`)).toEqual([
      '2000 WB6NIL ASL Public Hub Los Angeles, CA', '1998 N0CALL Bench radio Example Town, XX',
    ])
    const { names } = (await (await fetch(`${app.url}healthz`)).json()) as { names: { file: string; entries: number; writtenAt: number }[] }
    expect(names.map(({ file: name, entries }) => `${name} ${entries}`)).toEqual(['private.txt 1', 'astdb.txt 2'])
    expect(Math.abs((names[1]?.writtenAt ?? 0) - Date.now())).toBeLessThan(600_000)
  })

  it("tells a page what its header says, from Supermon-NG's file beside the configuration, and follows it", async () => {
    const info = async () => ((await (await fetch(`${app.url}api/v1/config/system-info`)).json()) as { data: Record<string, string> }).data
    const { callsign, logoImage = '' } = await info()
    expect(callsign).toBe('W5GLE')
    expect(await (await fetch(`${app.url}api/v1/${logoImage}`)).text()).toBe('GIF89a')
    await writeFile(file('global.inc'), '<?php $CALL = "WB6NIL";')
    await readAgain()
    expect(await info()).toMatchObject({ callsign: 'WB6NIL', logoImage: null })
  })

  it("has the nodes of users' own ini files, for them and nobody else", async () => {
    const [general, own] = [await cookieFor(app, 'W5GLE'), await cookieFor(app, 'WB6NIL')]
    expect([await ids(general), await ids(own)]).toEqual([['2000', '1998'], ['2001']])
    const mine = openSocket(app, 'ws/2001', { cookie: own })
    const other = openSocket(app, 'ws/2001', { cookie: general })
    await until(() => mine.types.includes('snapshot') && other.code !== null, 'both know')
    expect(other.code).toBe(4504)
    mine.socket.terminate()
  })

  it('reads all files again on SIGHUP: a broken one is told and changes nothing, good ones count at once', async () => {
    const [general, own] = [await cookieFor(app, 'W5GLE'), await cookieFor(app, 'WB6NIL')]
    await writeFile(file('allmon.ini'), '[2000]\nhost=127.0.0.1:99999\n')
    await readAgain()
    expect(gateway.output()).toMatch(/allmon\.ini:2.*stays in force/)
    expect(await ids(general)).toEqual(['2000', '1998'])
    await writeFile(file('allmon.ini'), section('2000') + section('2002'))
    await writeFile(file('private.txt'), '2002|W5GLE|Another|')
    await writeFile(file('rollout.json'), '{"percent": 50}')
    await writeFile(join(users, 'own.ini'), section('2001') + section('2003'))
    await writeFile(join(users, '.htpasswd'), `W5GLE:${HASH}\nWB6NIL:${HASH}\n`)
    const gone = openSocket(app, 'ws/2000', { cookie: await cookieFor(app, 'W5GLE') })
    await until(() => gone.types.includes('snapshot'), 'watching')
    await readAgain()
    expect((await listed(general)).map(({ id, info }) => `${id} ${info}`)).toEqual([
      '2000 WB6NIL ASL Public Hub Los Angeles, CA', '2002 W5GLE Another',
    ])
    expect(await ids(own)).toEqual(['2001', '2003'])
    expect(await (await fetch(`${app.url}api/v1/config/realtime`)).json()).toMatchObject({ data: { percent: 50 } })
    expect((await fetch(`${app.url}api/v1/auth/login`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username: 'KJ6AAA', password: 'correct horse' }),
    })).status).toBe(401)
    expect(gone.code).toBeNull()
    gone.socket.terminate()
  })

  it('takes a right away from an open socket by itself, soon after a change on disk', async () => {
    const seen = openSocket(app, 'ws/2000', { cookie: await cookieFor(app, 'W5GLE') })
    await until(() => seen.types.includes('snapshot'), 'watching')
    await writeFile(join(users, '.htpasswd'), `WB6NIL:${HASH}\n`)
    await until(() => seen.code !== null, 'closed', PATIENCE_MS)
    expect(seen.code).toBe(4401)
  })
})
