/** Commands that find no room for what they say. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const BUILT = fileURLToPath(new URL('../../../dist-server/main.js', import.meta.url))

let folder: string
beforeEach(async () => {
  if (!existsSync(BUILT)) throw new Error('dist-server/main.js is missing: npm run build')
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
  return { ended }
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

  it('nor standard error, it does so too', async () => {
    expect(await shell(`${TO_A_FULL_DISK} 2>&1`, 'setup', '--demo', '--yes', '--root', folder).ended).toEqual({ code: 1, out: '', err: '' })
    expect(await readFile(join(folder, 'etc/supermon-live/supermon-live.conf'), 'utf8')).not.toBe('')
  })

  it('nor is there any, it does so and ends well', async () => {
    expect(await shell('exec "$0" "$@" >&- 2>&-', 'rollout', 'set', '10', '--rollout', 'rollout.json').ended).toEqual({ code: 0, out: '', err: '' })
    expect(await rollout()).toMatchObject({ percent: 10 })
  })
})
