/** Commands, and a gateway, that find no room: for what they say, and for what they write. */
import { spawn, spawnSync } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Figures } from '../../src/rollout/figures.ts'
import { BUILT, needBuilt } from '../support/built.ts'
import { report } from '../support/report.ts'
import { until } from '../support/running.ts'

let folder: string
beforeEach(async () => {
  needBuilt()
  folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** @param how the shell's own words: `$0` is the gateway, `$@` what it is told */
function shell(how: string, ...words: string[]) {
  const child = spawn('/bin/sh', ['-c', how, process.execPath, BUILT, ...words], { cwd: folder, env: { PATH: process.env['PATH'] ?? '' }, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (data: Buffer) => { out += data.toString() })
  child.stderr.on('data', (data: Buffer) => { err += data.toString() })
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) => { child.on('close', (code) => { resolve({ code, out, err }) }) })
  return { child, ended, output: () => out }
}

const rollout = async () => JSON.parse(await readFile(join(folder, 'rollout.json'), 'utf8')) as object

describe('where standard output has no room', () => {
  const TO_A_FULL_DISK = 'exec "$0" "$@" > /dev/full'
  const UNHEARD = 'supermon-live: Standard output cannot be written (ENOSPC), so what is said there is lost: make room, or send it elsewhere.\n'

  it.each(['--help', '--version', 'rollout --help'])('%s is one sentence, and 1', async (words) => {
    expect(await shell(TO_A_FULL_DISK, ...words.split(' ')).ended).toEqual({ code: 1, out: '', err: UNHEARD })
  })

  it('a command does all the same what it is asked for', async () => {
    expect(await shell(TO_A_FULL_DISK, 'rollout', 'off', '--rollout', 'rollout.json').ended).toEqual({ code: 1, out: '', err: UNHEARD })
    expect(await rollout()).toMatchObject({ enabled: false })
    expect(await shell(TO_A_FULL_DISK, 'setup', '--demo', '--yes', '--root', folder).ended).toEqual({ code: 1, out: '', err: UNHEARD })
    expect(await readFile(join(folder, 'etc/supermon-live/supermon-live.conf'), 'utf8')).not.toBe('')
  })

  it('and Node throws that in place of telling it, it does so as well', async () => {
    await writeFile(join(folder, 'throws.cjs'), "process.stdout.write = () => { throw Object.assign(new Error('no space'), { code: 'ENOSPC' }) }")
    expect(await shell('exec "$0" --require ./throws.cjs "$@"', 'setup', '--demo', '--yes', '--root', folder).ended).toEqual({ code: 1, out: '', err: UNHEARD })
    expect(await readFile(join(folder, 'etc/supermon-live/supermon-live.conf'), 'utf8')).not.toBe('')
  })

  it('nor standard error, it does so too', async () => {
    expect(await shell(`${TO_A_FULL_DISK} 2>&1`, 'setup', '--demo', '--yes', '--root', folder).ended).toEqual({ code: 1, out: '', err: '' })
    expect(await readFile(join(folder, 'etc/supermon-live/supermon-live.conf'), 'utf8')).not.toBe('')
  })

  it('nor is there any, it does so and ends well', async () => {
    expect(await shell('exec "$0" "$@" >&- 2>&-', 'rollout', 'set', '10', '--rollout', 'rollout.json').ended).toEqual({ code: 0, out: '', err: '' })
    expect(await rollout()).toMatchObject({ percent: 10 })
  })
})

describe('where no file may grow', () => {
  const WITHOUT_ROOM = 'ulimit -f 0; exec "$0" "$@"'

  it('a command leaves the file that is there as it is, says why, and leaves nothing behind', async () => {
    await shell('exec "$0" "$@"', 'rollout', 'set', '10', '--rollout', 'rollout.json').ended
    const before = await rollout()
    for (const words of [['off'], ['set', '50']]) {
      expect(await shell(WITHOUT_ROOM, 'rollout', ...words, '--rollout', 'rollout.json').ended).toEqual({
        code: 1, out: '', err: 'supermon-live: rollout.json cannot be changed: no file may be so big. Nothing was changed; raise the limit of ulimit -f.\n',
      })
    }
    expect([await rollout(), await readdir(folder)]).toEqual([before, ['rollout.json']])
  })

  it('setup says which file it cannot write, and leaves none that is half', async () => {
    const { code, err } = await shell(WITHOUT_ROOM, 'setup', '--demo', '--yes', '--root', folder).ended
    expect([code, err]).toEqual([1, 'supermon-live: /etc/supermon-live/supermon-live.conf cannot be written: no file may be so big. Raise the limit of ulimit -f.\n'])
    expect(await readdir(join(folder, 'etc/supermon-live'))).toEqual([])
  })

  it('the web server is told nothing, and the file is named that stood in the way', async () => {
    await mkdir(join(folder, 'etc/nginx'), { recursive: true })
    await writeFile(join(folder, 'etc/nginx/nginx.conf'), '')
    const { code, err } = await shell(WITHOUT_ROOM, 'web', 'nginx', '--name', 'club.example', '--root', folder).ended
    expect(code).toBe(1)
    expect(err).toMatch(/^supermon-live: \S+\/etc\/nginx\/conf\.d\/[a-z-]+\.conf cannot be changed \(EFBIG\): raise the limit of ulimit -f\. Everything is as it was before\.\n$/)
    expect(await readdir(join(folder, 'etc/nginx/conf.d'))).toEqual([])
  })

  it('the gateway goes on, says that its figures are not kept, and ends well', async () => {
    await writeFile(join(folder, 'allmon.ini'), '[2000]\nhost=127.0.0.1:1\nuser=u\npasswd=p\n')
    await writeFile(join(folder, 'rollout-figures.json'), new Figures().text)
    const { child, ended, output } = shell(WITHOUT_ROOM, '--config', 'allmon.ini', '--port', '0')
    await until(() => output().includes('listening on'), output, 30_000)
    const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(output())?.[0] ?? ''
    expect((await fetch(`${url}api/v1/rollout/figures`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: JSON.stringify(report({ percent: 100 })) })).status).toBe(204)
    child.kill('SIGTERM')
    const { code, out, err } = await ended
    expect([code, err]).toEqual([0, ''])
    expect(out.match(/"msg":"[^"]*rollout-figures\.json: the figures cannot be written.*?"/g)).toEqual([
      '"msg":"rollout-figures.json: the figures cannot be written (EFBIG), and are kept in memory only; raise the limit of ulimit -f"',
    ])
    expect((await readdir(folder)).toSorted()).toEqual(['allmon.ini', 'rollout-figures.json'])
    expect(await readFile(join(folder, 'rollout-figures.json'), 'utf8')).toBe(new Figures().text)
  })
})

describe('in a folder into which nobody may look', () => {
  it('what was written is told as written', async ({ skip }) => {
    // Root may look into any.
    const as = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
    skip(spawnSync(process.execPath, ['--version'], as).status !== 0, `${process.execPath} is where only root may run it`)
    const place = join(folder, 'place')
    await mkdir(place)
    await chmod(place, 0o333)
    await chmod(folder, 0o755)
    await copyFile(BUILT, join(folder, 'main.mjs'))
    const child = spawn(process.execPath, [join(folder, 'main.mjs'), 'rollout', 'set', '10', '--rollout', join(place, 'rollout.json')], { stdio: ['ignore', 'pipe', 'pipe'], env: {}, ...as })
    const [code, out, err] = await Promise.all([new Promise((resolve) => { child.on('close', resolve) }), text(child.stdout), text(child.stderr)])
    expect([code, out, err]).toEqual([0, '10 percent hold sockets. Open pages follow within 10 s.\n', ''])
    expect(JSON.parse(await readFile(join(place, 'rollout.json'), 'utf8'))).toMatchObject({ percent: 10 })
  })
})
